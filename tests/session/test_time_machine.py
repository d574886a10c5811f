"""The time machine over the real engine: what is shown, what comes back, and which curves there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnviz.core import facts as f
from nnviz.core.health import Illness
from nnviz.core.playback import Phase
from nnviz.core.pokes import SwitchOff, UnitPlace
from nnviz.core.runs import Memory
from nnviz.core.spec import OptimizerSpec, TrainingSpec
from nnviz.core.trace import Trace
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.layers import Dense
from nnviz.engine.trainer import Trainer
from nnviz.session.session import Session
from nnviz.session.time_machine import TimeMachine

DIGITS = catalogue().presets["digits"]


@pytest.fixture
def session(qtbot: QtBot, tmp_path) -> Iterator[Session]:
    session = Session(lambda: Trainer(catalogue(), DataPlaces(None, tmp_path)))
    session.load_preset(DIGITS)
    qtbot.waitUntil(lambda: session.can_step, timeout=20_000)
    yield session
    session.close()


@pytest.fixture
def machine(session: Session) -> TimeMachine:
    return session.time_machine


def settle(qtbot: QtBot, session: Session) -> Trace:
    qtbot.waitUntil(lambda: session.can_step)
    assert session.trace is not None
    return session.trace


def take(qtbot: QtBot, session: Session, steps: int) -> list[Trace]:
    """Take steps by hand; return the batches that were shown, from the present one on."""
    shown = [settle(qtbot, session)]
    for _ in range(steps):
        session.next_batch()
        shown.append(settle(qtbot, session))
    return shown


def look(qtbot: QtBot, session: Session, step: int) -> Trace:
    session.time_machine.look(step)
    return settle(qtbot, session)


def train(qtbot: QtBot, session: Session) -> Trace:
    session.run_epoch()
    qtbot.waitUntil(lambda: session.run_state is f.RunState.PAUSED)
    qtbot.waitUntil(lambda: session.progress.batch == 0 and session.trace.step + 1 == session.progress.step)
    return settle(qtbot, session)


def weights(trace: Trace) -> np.ndarray:
    return np.concatenate([p.before.ravel() for layer in trace.layers for p in layer.parameters.values()])


def names(machine: TimeMachine) -> list[tuple[int, str]]:
    return [(run.info.number, run.change) for run in machine.runs]


def slower(training: TrainingSpec) -> TrainingSpec:
    return replace(training, optimizer=OptimizerSpec("adam", {"lr": 1e-4}))


def test_a_look_shows_the_moment_and_the_present_comes_back(qtbot, session, machine) -> None:
    shown = take(qtbot, session, 8)
    session.go_to_position(3)
    cursor, points = session.cursor, len(session.history.batch_losses)
    past = look(qtbot, session, 2)
    np.testing.assert_array_equal(weights(past), weights(shown[2]))
    np.testing.assert_array_equal(past.inputs, shown[2].inputs)
    assert machine.looking
    assert session.cursor.position == 3
    assert session.frame is not None
    assert session.frame.trace is past
    machine.back_to_now()
    assert not machine.looking
    assert session.trace is shown[8]
    assert session.cursor == cursor
    assert len(session.history.batch_losses) == points == 8
    more = take(qtbot, session, 1)
    assert more[-1].step == 9


def test_one_walks_through_the_past_without_changing_it(qtbot, session, machine) -> None:
    shown = take(qtbot, session, 6)
    look(qtbot, session, 2)
    session.go_to_position(len(session.walk) - 1)
    assert session.frame is not None
    assert session.frame.phase is Phase.UPDATE
    session.step_forward()
    assert settle(qtbot, session).step == 3
    assert session.cursor.position == 0
    session.step_back()
    assert settle(qtbot, session).step == 2
    assert session.frame.phase is Phase.UPDATE
    session.next_batch()
    assert settle(qtbot, session).step == 3
    for _ in range(3):
        session.next_batch()
        settle(qtbot, session)
    assert not machine.looking
    assert session.trace is shown[6]
    assert session.progress is not None
    assert session.progress.step == 6


def test_the_newest_of_many_wishes_wins(qtbot, session, machine) -> None:
    take(qtbot, session, 12)
    seen: list[int] = []
    session.trace_recorded.connect(lambda trace: seen.append(trace.step))
    for step in (11, 9, 7, 5, 3, 1):
        machine.look(step)
    assert machine.step == 1
    assert settle(qtbot, session).step == 1
    assert len(seen) < 6


def test_the_present_can_be_wished_while_a_look_is_under_way(qtbot, session, machine) -> None:
    shown = take(qtbot, session, 4)
    machine.look(1)
    machine.look(4)
    assert settle(qtbot, session) is shown[4]
    assert not machine.looking
    session.next_batch()
    assert settle(qtbot, session).step == 5
    assert not machine.looking


def test_a_look_while_it_runs_pauses_it(qtbot, session, machine) -> None:
    session.run()
    qtbot.waitUntil(lambda: session.trace is not None and session.trace.step > 20)
    machine.look(7)
    assert settle(qtbot, session).step == 7
    assert machine.looking
    assert session.run_state is f.RunState.PAUSED
    assert session.cursor.overview
    machine.back_to_now()
    assert session.trace is not None
    assert session.trace.step > 20
    session.step_back()
    session.next_batch()
    settle(qtbot, session)


def test_continuing_from_the_past_is_a_branch_that_keeps_the_old_curves(qtbot, session, machine) -> None:
    shown = take(qtbot, session, 10)
    look(qtbot, session, 4)
    assert machine.continue_from_here()
    assert settle(qtbot, session).step == 4
    assert not machine.looking
    assert machine.present == 2
    assert [len(run.history.batch_losses) for run in machine.runs] == [10, 4]
    again = take(qtbot, session, 6)
    np.testing.assert_array_equal(weights(again[-1]), weights(shown[10]))
    assert len(session.history.batch_losses) == 10
    one, two = (run.history.batch_losses.points() for run in machine.runs)
    np.testing.assert_array_equal(one, two)


def test_other_settings_in_the_past_begin_a_run_that_is_named_after_them(qtbot, session, machine) -> None:
    take(qtbot, session, 10)
    look(qtbot, session, 4)
    session.set_training(slower(DIGITS.training))
    assert settle(qtbot, session).step == 4
    assert session.preset is not None
    assert session.preset.training == slower(DIGITS.training)
    assert names(machine) == [(1, ""), (2, "lr 0.0001")]
    assert machine.runs[1].info.begun == 4
    take(qtbot, session, 2)
    machine.switch_to(1)
    assert settle(qtbot, session).step == 10
    assert session.preset.training == DIGITS.training
    assert len(session.history.batch_losses) == 10
    assert [mark.label for mark in session.history.marks] == []


def test_settings_changed_right_after_a_branch_name_it_too(qtbot, session, machine) -> None:
    take(qtbot, session, 6)
    look(qtbot, session, 3)
    machine.continue_from_here()
    settle(qtbot, session)
    with qtbot.waitSignal(machine.runs_changed):
        session.set_training(slower(DIGITS.training))
    qtbot.waitUntil(lambda: session.trace is not None and session.trace.optimizer.settings == {"lr": 1e-4})
    take(qtbot, session, 1)
    session.set_training(replace(session.preset.training, batch_size=16))
    qtbot.waitUntil(lambda: len(session.history.marks) == 2)
    assert names(machine) == [(1, ""), (2, "lr 0.0001")]


def test_run_from_the_past_trains_a_branch(qtbot, session, machine) -> None:
    end = train(qtbot, session)
    look(qtbot, session, 10)
    branch_end = train(qtbot, session)
    assert machine.present == 2
    assert branch_end.step == end.step == 44
    np.testing.assert_array_equal(weights(branch_end), weights(end))
    assert [run.history.epochs[-1].train_loss for run in machine.runs] == [session.history.epochs[-1].train_loss] * 2


def test_one_can_continue_an_old_run_and_go_back_in_it(qtbot, session, machine) -> None:
    shown = take(qtbot, session, 10)
    look(qtbot, session, 4)
    machine.continue_from_here()
    take(qtbot, session, 3)
    machine.switch_to(1)
    back = settle(qtbot, session)
    np.testing.assert_array_equal(weights(back), weights(shown[10]))
    np.testing.assert_array_equal(weights(look(qtbot, session, 6)), weights(shown[6]))
    machine.back_to_now()
    take(qtbot, session, 1)
    assert [run.info.number for run in machine.runs] == [1, 2]
    assert len(machine.runs[0].history.batch_losses) == 11


def test_each_run_has_its_own_row_of_snapshots(qtbot, session, machine) -> None:
    def steps() -> list[int]:
        return [each.step for each in session.health.row]

    def norms() -> dict[int, float | None]:
        return {each.step: each.layers[0].gradient_norm for each in session.health.row}

    take(qtbot, session, 8)
    first = norms()
    assert list(first) == list(range(9))
    look(qtbot, session, 3)
    session.set_training(slower(DIGITS.training))
    settle(qtbot, session)
    assert steps() == [0, 1, 2, 3]
    take(qtbot, session, 2)
    second = norms()
    assert list(second) == [0, 1, 2, 3, 4, 5]
    assert second[5] != first[5]
    machine.switch_to(1)
    settle(qtbot, session)
    assert norms() == first
    machine.switch_to(2)
    settle(qtbot, session)
    assert norms() == second
    session.reset()
    qtbot.waitUntil(lambda: machine.present == 3 and session.can_step)
    assert steps() == [0]
    session.load_preset(catalogue().presets["xor"])
    qtbot.waitUntil(lambda: machine.present == 1 and session.can_step)
    take(qtbot, session, 2)
    look(qtbot, session, 1)
    machine.continue_from_here()
    settle(qtbot, session)
    assert machine.present == 2
    assert steps() == [0, 1]


def test_what_was_wrong_in_one_run_is_not_told_of_another(qtbot, session, machine) -> None:
    def told() -> list[Illness]:
        return [each.illness for each in session.health.findings]

    zeros = Dense(20, initialisation="zeros"), Dense(10, "softmax", initialisation="zeros")
    session.set_network(replace(DIGITS.network, layers=(*DIGITS.network.layers[:2], *zeros)))
    qtbot.waitUntil(lambda: session.trace is not None and len(session.trace.layers) == 4)
    take(qtbot, session, 4)
    qtbot.waitUntil(lambda: told() == [Illness.VANISHING])
    look(qtbot, session, 2)
    machine.continue_from_here()
    settle(qtbot, session)
    assert told() == []
    take(qtbot, session, 1)
    qtbot.waitUntil(lambda: told() == [Illness.VANISHING])


def test_runs_are_named_hidden_and_deleted(qtbot, session, machine) -> None:
    take(qtbot, session, 6)
    look(qtbot, session, 3)
    machine.continue_from_here()
    settle(qtbot, session)
    take(qtbot, session, 1)
    machine.rename(1, "  my first  ")
    assert machine.runs[0].name == "my first"
    assert [run.info.number for run in machine.others] == [1]
    machine.show_run(1, False)
    assert machine.others == ()
    with qtbot.waitSignal(machine.runs_changed):
        machine.delete(1)
    assert [run.info.number for run in machine.runs] == [2]


def test_saving_and_the_memory_limit_leave_the_moment_on_the_screen(qtbot, session, machine, tmp_path) -> None:
    shown = take(qtbot, session, 6)
    look(qtbot, session, 3)
    with qtbot.waitSignal(session.saved):
        session.save_file(tmp_path / "now.nnviz")
    session.set_memory_limit(10**8)
    past = settle(qtbot, session)
    assert machine.looking
    assert past.step == 3
    np.testing.assert_array_equal(weights(past), weights(shown[3]))
    session.open_file(tmp_path / "now.nnviz")
    qtbot.waitUntil(lambda: session.preset is not None and not machine.looking and session.can_step)
    np.testing.assert_array_equal(weights(settle(qtbot, session)), weights(shown[6]))
    assert [run.info.number for run in machine.runs] == [1]


def test_a_drawing_is_recognised_by_the_network_of_the_moment(qtbot, session, machine) -> None:
    train(qtbot, session)
    drawn = np.full((8, 8), 0.5, np.float32)
    outputs = []
    for step in (2, 40):
        look(qtbot, session, step)
        with qtbot.waitSignal(session.prediction_made) as made:
            session.show_drawing(drawn)
        outputs.append(made.args[0].outputs)
        assert made.args[0].step == step
        session.show_drawing(None)
    assert not np.allclose(*outputs)
    session.show_drawing(drawn)
    qtbot.waitUntil(lambda: session.frame is not None and session.frame.trace.is_drawing)
    session.learn_drawing(3)
    assert settle(qtbot, session).is_drawing
    assert not machine.looking
    assert session.trace.step == 45


def test_a_reset_keeps_the_curves_of_the_run_before(qtbot, session, machine) -> None:
    take(qtbot, session, 5)
    look(qtbot, session, 2)
    session.reset()
    qtbot.waitUntil(lambda: machine.present == 2)
    assert settle(qtbot, session).step == 0
    assert not machine.looking
    assert [len(run.history.batch_losses) for run in machine.runs] == [5, 0]


def test_another_network_leaves_only_the_curves_and_another_subject_nothing(qtbot, session, machine) -> None:
    take(qtbot, session, 5)
    look(qtbot, session, 2)
    machine.continue_from_here()
    settle(qtbot, session)
    take(qtbot, session, 2)
    layers = DIGITS.network.layers
    session.set_network(replace(DIGITS.network, layers=(*layers[:-1], Dense(12), layers[-1])))
    qtbot.waitUntil(lambda: machine.runs[0].info.memory is Memory.CURVES)
    settle(qtbot, session)
    assert len(session.history.batch_losses) == 4
    machine.rename(1, "old")
    session.load_preset(catalogue().presets["xor"])
    qtbot.waitUntil(lambda: len(machine.runs) == 1)
    assert machine.runs[0].name == ""
    assert settle(qtbot, session).step == 0


def test_divergence_is_recovered_from_the_present(qtbot, session, machine) -> None:
    layers = DIGITS.network.layers
    linear = (*layers[:2], Dense(20, "linear"), Dense(14, "linear"), layers[4])
    session.set_network(replace(DIGITS.network, layers=linear))
    settle(qtbot, session)
    take(qtbot, session, 4)
    session.set_training(replace(DIGITS.training, optimizer=OptimizerSpec("sgd", {"lr": 100.0})))
    settle(qtbot, session)
    with qtbot.waitSignal(session.diverged, timeout=20_000):
        session.run()
    settle(qtbot, session)
    look(qtbot, session, 2)
    with qtbot.waitSignal(session.training_changed):
        session.recover_from_divergence()
    qtbot.waitUntil(lambda: session.trace is not None and np.isfinite(session.trace.loss))
    assert not machine.looking


def begin_to_run(session: Session) -> None:
    session.run()


def switch_off(session: Session) -> None:
    session.pokes.poke(SwitchOff(UnitPlace(2, 0), True))


@pytest.mark.parametrize("act", [begin_to_run, switch_off])
def test_what_one_does_at_a_moment_that_is_forgotten_does_not_happen_in_the_present(
    qtbot, session, machine, act
) -> None:
    take(qtbot, session, 60)
    look(qtbot, session, 3)
    session.set_memory_limit(1)
    act(session)
    qtbot.waitUntil(lambda: machine.present == 2)
    session.pause()
    settle(qtbot, session)
    old, new = (run.info for run in machine.runs)
    assert (old.number, old.step, new.parent) == (1, 60, 1)
    assert 3 < new.begun < 60
    assert not machine.looking


def test_the_earliest_moment_is_shown_in_the_place_of_one_that_is_forgotten(qtbot, session, machine) -> None:
    take(qtbot, session, 60)
    look(qtbot, session, 3)
    session.set_memory_limit(1)
    assert settle(qtbot, session).step == machine.oldest > 3
    assert machine.looking
    machine.continue_from_here()
    settle(qtbot, session)
    assert machine.runs[1].info.begun == machine.oldest


def test_where_nothing_before_the_present_is_remembered_it_is_the_present(qtbot, session, machine) -> None:
    session.run()
    qtbot.waitUntil(lambda: session.progress is not None and session.progress.step > 20)
    session.pause()
    settle(qtbot, session)
    look(qtbot, session, 3)
    session.set_memory_limit(1)
    qtbot.waitUntil(lambda: not machine.looking)
    assert settle(qtbot, session).step == machine.oldest


def test_moments_that_are_forgotten_end_the_wish_and_not_the_session(qtbot, session, machine) -> None:
    take(qtbot, session, 60)
    session.set_memory_limit(1)
    qtbot.waitUntil(lambda: machine.oldest > 0)
    assert look(qtbot, session, 0).step == machine.oldest
