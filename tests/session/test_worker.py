"""The worker, driven directly: its guard, its order; and the thread it works on."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.session.link import TrainerLink
from nnviz.session.worker import TrainingWorker
from tests.support.fake_trainer import FakeTrainer
from tests.support.reference import example_preset


class Bench:
    """A worker, on the thread of the test, and what it has reported."""

    def __init__(self, trainer: FakeTrainer) -> None:
        self.made = 0
        self.trainer = trainer
        self.facts: list[f.Fact] = []
        self.worker = TrainingWorker(self._make, self.facts.append)

    def _make(self) -> FakeTrainer:
        self.made += 1
        return self.trainer


@pytest.fixture
def bench() -> Bench:
    return Bench(FakeTrainer())


def test_the_trainer_is_made_by_the_first_command_and_once(bench: Bench) -> None:
    assert bench.made == 0
    bench.worker.execute(c.LoadPreset(example_preset()))
    bench.worker.execute(c.Propose())
    assert bench.made == 1


def test_reports_every_fact_in_order(bench: Bench) -> None:
    bench.worker.execute(c.LoadPreset(example_preset()))
    assert [type(fact) for fact in bench.facts] == [f.Working, f.Loaded, f.Progress, f.Recorded, f.LoadingEnded]


def test_it_trains_while_the_trainer_runs(bench: Bench) -> None:
    assert not bench.worker.running
    bench.worker.execute(c.Run())
    assert bench.worker.running
    bench.worker.advance()
    assert bench.trainer.step > 0
    bench.worker.execute(c.Pause())
    assert not bench.worker.running


def test_the_thread_trains_in_slices_between_commands(qtbot: QtBot) -> None:
    trainer = FakeTrainer()
    facts: list[f.Fact] = []
    link = TrainerLink(lambda: trainer)
    link.reported.connect(facts.append)
    link.send(c.Run())
    qtbot.waitUntil(lambda: trainer.step >= 5)
    link.send(c.Pause())
    link.send(c.Propose())
    qtbot.waitUntil(lambda: bool(facts) and isinstance(facts[-1], f.Recorded))
    link.close()
    link.close()
    assert len(trainer.threads) == 1
    assert threading.get_ident() not in trainer.threads


def test_nothing_is_reported_after_the_end(qtbot: QtBot) -> None:
    trainer = FakeTrainer()
    facts: list[f.Fact] = []
    link = TrainerLink(lambda: trainer)
    link.reported.connect(facts.append)
    link.send(c.LoadPreset(example_preset()))
    link.send(c.Run())
    link.close()
    seen = len(facts)
    QCoreApplication.sendPostedEvents()
    assert len(facts) == seen


def test_an_exception_becomes_a_fact_and_ends_the_run(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.worker.execute(c.Run())
    bench.trainer.answer = ValueError("out of tea")
    bench.worker.execute(c.Look())
    failed, stopped = bench.facts[-2:]
    assert isinstance(failed, f.Failed)
    assert "out of tea" in failed.message
    assert "Show log" in failed.message
    assert isinstance(stopped, f.Stopped)
    assert not bench.trainer.running
    assert "out of tea" in caplog.text


def test_a_trainer_that_cannot_be_made_is_told() -> None:
    def broken() -> FakeTrainer:
        raise ImportError("no torch here")

    facts: list[f.Fact] = []
    TrainingWorker(broken, facts.append).execute(c.Propose())
    assert isinstance(facts[0], f.Failed)
    assert "no torch here" in facts[0].message
