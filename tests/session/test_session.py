"""The session, with a trainer that only counts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.playback import Phase
from nnviz.session.pace import LOOK_INTERVAL_MS
from nnviz.session.session import Session
from tests.support.fake_trainer import FakeTrainer, faster
from tests.support.reference import example_preset


@pytest.fixture
def trainer() -> FakeTrainer:
    return FakeTrainer()


@pytest.fixture
def session(qtbot: QtBot, trainer: FakeTrainer) -> Iterator[Session]:
    session = Session(lambda: trainer)
    session.load_preset(example_preset())
    qtbot.waitUntil(lambda: session.can_step)
    yield session
    trainer.hold.set()
    session.close()


def go_to(session: Session, phase: Phase) -> None:
    session.go_to_position(next(i for i, stage in enumerate(session.walk) if stage.phase is phase))


def let_time_pass(qtbot: QtBot) -> None:
    """Several of the session's looks, counted by a slower timer."""
    ticks: list[None] = []
    timer = QTimer(interval=2 * LOOK_INTERVAL_MS)
    timer.timeout.connect(lambda: ticks.append(None))
    timer.start()
    qtbot.waitUntil(lambda: len(ticks) >= 3)


def settle(qtbot: QtBot, session: Session) -> None:
    qtbot.waitUntil(lambda: session.can_step)


def test_shows_the_first_batch_at_its_first_stage(session: Session) -> None:
    assert session.frame is not None
    assert session.frame.phase is Phase.FORWARD
    assert session.cursor.position == 0
    assert session.trace is not None
    assert session.trace.step == 0


def test_works_on_another_thread(session: Session, trainer: FakeTrainer) -> None:
    assert threading.get_ident() not in trainer.threads
    assert len(trainer.threads) == 1


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


def test_drops_traces_of_a_former_network(qtbot: QtBot, session: Session, trainer: FakeTrainer) -> None:
    shown = session.trace
    trainer.trace_revision = 99
    with qtbot.waitSignal(session.training_changed):
        session.set_training(faster(session.preset.training))  # type: ignore[union-attr]
    trainer.trace_revision = None
    with qtbot.waitSignal(session.trace_recorded):
        session.set_training(faster(session.preset.training, "adagrad"))  # type: ignore[union-attr]
    assert session.trace is not shown


def test_a_change_of_training_keeps_the_place(qtbot: QtBot, session: Session) -> None:
    go_to(session, Phase.BACKWARD)
    position = session.cursor.position
    with qtbot.waitSignal(session.trace_recorded):
        session.set_training(faster(session.preset.training))  # type: ignore[union-attr]
    assert session.cursor.position == position
    assert session.preset is not None
    assert session.preset.training.optimizer.name == "sgd"


def test_an_equal_training_changes_nothing(session: Session, trainer: FakeTrainer) -> None:
    assert session.preset is not None
    session.set_training(session.preset.training)
    assert not trainer.told(c.ChangeTraining)


def test_runs_shows_traces_meanwhile_and_ends_with_a_committed_step(
    qtbot: QtBot, session: Session, trainer: FakeTrainer
) -> None:
    with qtbot.waitSignals([session.trace_recorded, session.history_changed]):
        session.run()
    assert session.frame is not None
    assert session.frame.cursor.overview
    assert not session.can_step
    session.pause()
    settle(qtbot, session)
    assert session.run_state is f.RunState.PAUSED
    assert session.frame.phase is Phase.UPDATE
    assert session.trace is not None
    assert session.trace.step == trainer.step - 1
    looks = len(trainer.told(c.Look))
    session.step_back()
    qtbot.waitUntil(lambda: bool(trainer.told(c.Revert)))
    assert len(trainer.told(c.Look)) == looks


def test_asks_for_one_look_at_a_time(qtbot: QtBot, session: Session, trainer: FakeTrainer) -> None:
    session.run()
    qtbot.waitUntil(lambda: len(trainer.told(c.Look)) >= 2)
    trainer.hold.clear()
    qtbot.waitUntil(lambda: trainer.commands[-1] in trainer.told(c.Look))
    held = len(trainer.told(c.Look))
    let_time_pass(qtbot)
    session.pause()
    trainer.hold.set()
    qtbot.waitUntil(lambda: bool(trainer.told(c.Pause)))
    assert len(trainer.told(c.Look)) <= held + 1
    settle(qtbot, session)


def test_toggle_run(qtbot: QtBot, session: Session) -> None:
    session.toggle_run()
    assert session.run_state is f.RunState.RUNNING
    session.toggle_run()
    settle(qtbot, session)
    assert session.run_state is f.RunState.PAUSED


def test_run_epoch_stops_by_itself(qtbot: QtBot, session: Session, trainer: FakeTrainer) -> None:
    session.run_epoch()
    qtbot.waitUntil(lambda: bool(trainer.told(c.Run)))
    assert trainer.told(c.Run) == [c.Run(to_end_of_epoch=True)]


def test_reset_voids_what_was_shown(qtbot: QtBot, session: Session) -> None:
    session.next_batch()
    settle(qtbot, session)
    with qtbot.waitSignal(session.loaded):
        session.reset()
    settle(qtbot, session)
    assert session.trace is not None
    assert session.trace.step == 0
    assert len(session.history.batch_losses) == 0


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


# --- failures ---------------------------------------------------------------------------------------------------------


def test_a_failure_is_told_and_one_can_go_on(qtbot: QtBot, session: Session, trainer: FakeTrainer) -> None:
    trainer.answer = [f.Failed("no", f.Place.TRAINING)]
    with qtbot.waitSignal(session.failed) as failed:
        session.next_batch()
    assert failed.args[0].place is f.Place.TRAINING
    assert session.can_step


def test_an_exception_is_told_with_the_run_paused(
    qtbot: QtBot, session: Session, trainer: FakeTrainer, caplog: pytest.LogCaptureFixture
) -> None:
    session.run()
    qtbot.waitUntil(lambda: trainer.running)
    trainer.answer = RuntimeError("boom")
    with qtbot.waitSignal(session.failed) as failed:
        session.pause()
    assert "boom" in failed.args[0].message
    qtbot.waitUntil(lambda: session.run_state is f.RunState.PAUSED)
    assert not trainer.running
    assert "boom" in caplog.text


def test_a_load_that_fails_leaves_the_network_there_is(qtbot: QtBot, session: Session, trainer: FakeTrainer) -> None:
    trainer.answer = [f.Failed("cannot read that")]
    with qtbot.waitSignal(session.failed):
        session.load_preset(example_preset())
    qtbot.waitUntil(lambda: session.run_state is f.RunState.PAUSED)
    assert session.can_step


def test_missing_data_are_told(qtbot: QtBot, session: Session, trainer: FakeTrainer) -> None:
    trainer.answer = [f.DataMissing(example_preset(), "MNIST", "not here")]
    with qtbot.waitSignal(session.data_missing):
        session.load_preset(example_preset())
    qtbot.waitUntil(lambda: session.can_step)


def test_it_stays_at_rest_until_the_last_of_several_loads_has_ended(
    qtbot: QtBot, session: Session, trainer: FakeTrainer
) -> None:
    states: list[f.RunState] = []
    session.run_state_changed.connect(states.append)
    session.reset()
    session.load_preset(example_preset())
    session.run()
    qtbot.waitUntil(lambda: session.can_step)
    assert states == [f.RunState.LOADING, f.RunState.PAUSED]
    assert not trainer.told(c.Run)


def test_divergence_is_told_and_recovered_from(qtbot: QtBot, session: Session, trainer: FakeTrainer) -> None:
    trainer.answer = [f.Diverged(3, "Hidden 1", "weights", can_recover=True)]
    with qtbot.waitSignal(session.diverged):
        session.reset()
    session.recover_from_divergence()
    qtbot.waitUntil(lambda: bool(trainer.told(c.RecoverFromDivergence)))


def test_files_are_handed_on(qtbot: QtBot, session: Session, trainer: FakeTrainer, tmp_path: Path) -> None:
    with qtbot.waitSignal(session.saved) as saved:
        session.save_file(tmp_path / "a.nnviz")
    assert saved.args == [tmp_path / "a.nnviz"]
    session.export_step(tmp_path / "a.npz")
    session.open_file(tmp_path / "a.nnviz")
    session.use_data_folder(tmp_path)
    session.set_memory_limit(5)
    session.set_data(example_preset().data)
    session.set_network(example_preset().network)
    qtbot.waitUntil(lambda: bool(trainer.told(c.ChangeNetwork)))
    kinds = [type(command) for command in trainer.commands]
    assert kinds[-6:] == [
        c.ExportStep,
        c.OpenFile,
        c.SetDataFolder,
        c.SetMemoryLimit,
        c.ChangeData,
        c.ChangeNetwork,
    ]


def test_nothing_can_be_stepped_before_there_is_a_trace(qtbot: QtBot, trainer: FakeTrainer) -> None:
    session = Session(lambda: trainer)
    for intent in (session.step_forward, session.next_layer, session.previous_layer, session.next_batch, session.run):
        intent()
    session.set_training(faster(example_preset().training))
    assert session.walk == ()
    assert session.run_state is f.RunState.LOADING
    assert not trainer.commands
    session.close()


def test_closes_while_training(qtbot: QtBot, trainer: FakeTrainer) -> None:
    session = Session(lambda: trainer)
    session.load_preset(example_preset())
    settle(qtbot, session)
    session.run()
    qtbot.waitUntil(lambda: trainer.step > 3)
    session.close()
    reached = trainer.step
    let_time_pass(qtbot)
    assert trainer.step == reached


def test_progress_of_another_network_is_ignored(qtbot: QtBot, session: Session, trainer: FakeTrainer) -> None:
    shown = session.progress
    assert shown is not None
    trainer.answer = [replace(shown, revision=99, step=77), f.Stopped()]
    session.set_memory_limit(1)
    with qtbot.waitSignal(session.saved):
        session.save_file(Path("x.nnviz"))
    assert session.progress is shown
