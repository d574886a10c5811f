"""Walking through stages and batches, samples and drawings, with a trainer that only counts."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.playback import Phase
from nnviz.session.session import Session
from tests.support.fake_trainer import FakeTrainer, faster
from tests.support.reference import example_preset


def go_to(session: Session, phase: Phase) -> None:
    session.go_to_position(next(i for i, stage in enumerate(session.walk) if stage.phase is phase))


def settle(qtbot: QtBot, session: Session) -> None:
    qtbot.waitUntil(lambda: session.can_step)


def test_shows_the_first_batch_at_its_first_stage(session: Session) -> None:
    assert session.frame is not None
    assert session.frame.phase is Phase.FORWARD
    assert session.cursor.position == 0
    assert session.trace is not None
    assert session.trace.step == 0


def test_steps_inside_a_trace_without_asking_the_trainer(session: Session, trainer: FakeTrainer) -> None:
    before = len(trainer.commands)
    for _ in range(5):
        session.step_forward()
    session.step_back()
    assert session.cursor.position == 4
    assert len(trainer.commands) == before


def test_commits_on_entering_the_update_and_reverts_on_leaving_it(
    qtbot: QtBot, session: Session, trainer: FakeTrainer
) -> None:
    go_to(session, Phase.UPDATE)
    qtbot.waitUntil(lambda: trainer.step == 1)
    assert session.frame is not None
    assert session.frame.layers[-1].parameter_updates
    session.step_back()
    qtbot.waitUntil(lambda: trainer.step == 0)
    assert session.frame.phase is Phase.BACKWARD
    assert not session.frame.layers[-1].parameter_updates


def test_goes_on_to_the_next_batch_and_back_to_the_end_of_the_previous_one(qtbot: QtBot, session: Session) -> None:
    go_to(session, Phase.UPDATE)
    session.step_forward()
    assert not session.can_step  # until it is recorded
    settle(qtbot, session)
    assert session.trace is not None
    assert session.trace.step == 1
    assert session.cursor.position == 0
    session.step_back()
    settle(qtbot, session)
    assert session.trace.step == 0
    assert session.frame is not None
    assert session.frame.phase is Phase.UPDATE


def test_next_and_previous_batch_keep_the_stage(qtbot: QtBot, session: Session, trainer: FakeTrainer) -> None:
    go_to(session, Phase.LOSS)
    session.next_batch()
    settle(qtbot, session)
    assert session.trace is not None
    assert (session.trace.step, trainer.step) == (1, 1)
    assert session.frame is not None
    assert session.frame.phase is Phase.LOSS
    session.previous_batch()
    settle(qtbot, session)
    assert (session.trace.step, trainer.step) == (0, 0)
    assert session.frame.phase is Phase.LOSS


def test_next_batch_in_the_update_takes_its_step_too(qtbot: QtBot, session: Session, trainer: FakeTrainer) -> None:
    go_to(session, Phase.UPDATE)
    session.next_batch()
    settle(qtbot, session)
    qtbot.waitUntil(lambda: trainer.step == 2)
    assert session.trace is not None
    assert session.trace.step == 1


def test_knows_how_far_back_it_can_go(qtbot: QtBot, session: Session, trainer: FakeTrainer) -> None:
    assert not session.can_step_back
    assert not session.can_go_to_previous_batch
    session.step_forward()
    assert session.can_step_back
    assert not session.can_go_to_previous_batch
    trainer.oldest_step = 1
    session.next_batch()
    settle(qtbot, session)
    assert not session.can_go_to_previous_batch
    session.previous_batch()
    assert not trainer.told(c.GoTo)


def test_layers_are_skipped_as_a_whole(session: Session) -> None:
    session.next_layer()
    assert session.frame is not None
    assert session.frame.stage.layer == 1
    session.next_layer()
    session.step_forward()
    assert session.frame.stage.part == "activation"
    session.previous_layer()
    assert (session.frame.stage.layer, session.frame.stage.part) == (2, "pre_activation")


# --- samples and drawings ---------------------------------------------------------------------------------------------


def test_selects_samples_and_their_mean(session: Session) -> None:
    assert session.trace is not None
    session.select_sample(2)
    assert session.frame is not None
    np.testing.assert_array_equal(session.frame.layers[0].values["output"], session.trace.inputs[2])
    session.select_sample(None)
    np.testing.assert_allclose(session.frame.layers[0].values["output"], session.trace.inputs.mean(axis=0), rtol=1e-6)
    session.select_sample(session.trace.batch_size)
    assert session.cursor.sample is None


def test_shows_the_drawing_until_it_is_taken_away(qtbot: QtBot, session: Session) -> None:
    with qtbot.waitSignal(session.prediction_made):
        session.show_drawing(np.ones((8, 8), np.float32))
    assert session.frame is not None
    assert session.frame.trace is not session.trace
    with qtbot.waitSignal(session.prediction_made) as made:
        session.show_drawing(None)
    assert made.args == [None]
    assert session.frame.trace is session.trace


def test_a_quick_pen_sends_only_the_newest_drawing(qtbot: QtBot, session: Session, trainer: FakeTrainer) -> None:
    trainer.hold.clear()
    for value in range(10):
        session.show_drawing(np.full((8, 8), value, np.float32))
    trainer.hold.set()
    qtbot.waitUntil(lambda: len(trainer.told(c.Predict)) == 2)
    last = trainer.told(c.Predict)[-1]
    assert isinstance(last, c.Predict)
    assert last.inputs[0, 0] == 9


def test_a_drawing_is_learned_as_a_batch_of_one_and_left_again(
    qtbot: QtBot, session: Session, trainer: FakeTrainer
) -> None:
    session.show_drawing(np.ones((8, 8), np.float32))
    session.learn_drawing(3)
    qtbot.waitUntil(lambda: session.trace is not None and session.trace.is_drawing)
    assert session.trace is not None
    assert session.trace.batch_size == 1
    assert session.can_go_to_previous_batch
    session.previous_batch()
    qtbot.waitUntil(lambda: session.trace is not None and not session.trace.is_drawing)
    assert not trainer.told(c.GoTo)


def test_nothing_can_be_stepped_before_there_is_a_trace(qtbot: QtBot, trainer: FakeTrainer) -> None:
    session = Session(lambda: trainer)
    for intent in (session.step_forward, session.next_layer, session.previous_layer, session.next_batch, session.run):
        intent()
    session.set_training(faster(example_preset().training))
    assert session.walk == ()
    assert session.run_state is f.RunState.LOADING
    assert not trainer.commands
    session.close()
