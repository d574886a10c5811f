"""The session, with a trainer that only counts."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

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


def test_works_on_another_thread(session: Session, trainer: FakeTrainer) -> None:
    assert threading.get_ident() not in trainer.threads
    assert len(trainer.threads) == 1


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
