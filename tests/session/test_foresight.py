"""While somebody reads, the frames that the next keys lead to are told, and the next batch is recorded ahead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from nnviz.core import commands as c
from nnviz.core.playback import Frame, next_layer_position
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.trainer import Trainer
from nnviz.session.session import Session


class Listening(Trainer):
    """Remembers what it was told."""

    told: list[c.Command]

    def execute(self, command: c.Command):
        self.told.append(command)
        return super().execute(command)


@pytest.fixture
def told() -> list[c.Command]:
    return []


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path, told: list[c.Command]) -> Iterator[Session]:
    def make() -> Trainer:
        trainer = Listening(catalogue(), DataPlaces(None, tmp_path))
        trainer.told = told
        return trainer

    session = Session(make)
    session.load_preset(catalogue().presets["circle"])
    qtbot.waitUntil(lambda: session.can_step)
    yield session
    session.close()


def expected(qtbot: QtBot, session: Session) -> tuple[Frame, ...]:
    """What is told once the next batch is recorded."""
    found: list[tuple[Frame, ...]] = []
    session.foresight.expected.connect(found.append)
    qtbot.waitUntil(lambda: bool(found) and found[-1][-1].trace is not session.trace)
    session.foresight.expected.disconnect(found.append)
    return found[-1]


def test_the_next_stage_the_next_layer_and_the_next_batch_are_told(qtbot: QtBot, session: Session) -> None:
    session.step_forward()
    here, walk = session.cursor.position, session.walk
    frames = expected(qtbot, session)
    layer = next_layer_position(walk, here)
    assert [frame.cursor.position for frame in frames[:-1]] == sorted({here + 1, layer})
    assert all(frame.trace is session.trace for frame in frames[:-1])
    session.next_batch()
    qtbot.waitUntil(lambda: session.can_step)
    assert session.frame is not None
    assert session.trace is frames[-1].trace
    assert session.cursor == frames[-1].cursor
    assert session.progress is not None
    assert session.progress.step == 1


def test_at_the_end_of_the_walk_there_is_only_the_next_batch(qtbot: QtBot, session: Session) -> None:
    session.go_to_position(len(session.walk) - 1)
    (frame,) = expected(qtbot, session)
    session.step_forward()
    qtbot.waitUntil(lambda: session.can_step)
    assert session.trace is frame.trace


def test_changed_settings_are_learned_with_all_the_same(qtbot: QtBot, session: Session) -> None:
    frames = expected(qtbot, session)
    assert session.preset is not None
    training = session.preset.training
    with qtbot.waitSignal(session.trace_recorded):
        session.set_training(replace(training, optimizer=replace(training.optimizer, settings={"lr": 0.5})))
    session.next_batch()
    qtbot.waitUntil(lambda: session.can_step)
    assert session.trace is not None
    assert session.trace.step == 1
    assert session.trace is not frames[-1].trace
    assert session.trace.optimizer.settings["lr"] == 0.5


def test_the_past_is_not_recorded_ahead(qtbot: QtBot, session: Session, told: list[c.Command]) -> None:
    session.next_batch()
    qtbot.waitUntil(lambda: session.can_step)
    expected(qtbot, session)
    session.time_machine.look(0, 0)
    qtbot.waitUntil(lambda: session.can_step and session.time_machine.looking)
    known = len(told)
    with qtbot.waitSignal(session.foresight.expected) as told_frames:
        session.step_forward()
    assert all(frame.trace is session.trace for frame in told_frames.args[0])
    assert c.Foresee() not in told[known:]


def test_while_it_runs_nothing_is_foreseen(
    qtbot: QtBot, session: Session, told: list[c.Command], monkeypatch: pytest.MonkeyPatch
) -> None:
    frames: list[tuple[Frame, ...]] = []
    session.foresight.expected.connect(frames.append)
    session.run()
    told.clear()
    frames.clear()
    with monkeypatch.context() as patch:  # as if painting took so long that nothing else changed meanwhile
        patch.setattr(QTimer, "start", lambda timer, *interval: QTimer.singleShot(0, timer.timeout.emit))
        qtbot.waitUntil(lambda: sum(isinstance(each, c.Look) for each in told) > 10)
    session.pause()
    assert c.Foresee() not in told
    assert frames == []
    qtbot.waitUntil(lambda: session.can_step)


def test_after_a_change_of_settings_it_looks_ahead_again(qtbot: QtBot, session: Session) -> None:
    session.go_to_position(len(session.walk) - 1)  # taken already: a change makes no other proposal
    expected(qtbot, session)
    assert session.preset is not None
    training = session.preset.training
    session.set_training(replace(training, optimizer=replace(training.optimizer, settings={"lr": 0.5})))
    (frame,) = expected(qtbot, session)
    assert frame.trace.optimizer.settings["lr"] == 0.5
    session.next_batch()
    qtbot.waitUntil(lambda: session.can_step)
    assert session.trace is frame.trace


def test_after_a_look_at_the_past_it_looks_ahead_again(qtbot: QtBot, session: Session) -> None:
    for _ in range(2):
        session.next_batch()
        qtbot.waitUntil(lambda: session.can_step)
    expected(qtbot, session)
    session.time_machine.look(0, 0)
    qtbot.waitUntil(lambda: session.can_step and session.time_machine.looking)
    session.time_machine.back_to_now()
    qtbot.waitUntil(lambda: session.can_step and not session.time_machine.looking)
    frames = expected(qtbot, session)
    session.next_batch()
    qtbot.waitUntil(lambda: session.can_step)
    assert session.trace is frames[-1].trace
