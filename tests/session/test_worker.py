"""The worker, driven directly: its timer, its guard, its order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.session.worker import TrainingWorker
from tests.support.fake_trainer import FakeTrainer
from tests.support.reference import example_preset


class Bench:
    """A worker, on the thread of the test, and what it has reported."""

    def __init__(self, trainer: FakeTrainer) -> None:
        self.made = 0
        self.trainer = trainer
        self.facts: list[f.Fact] = []
        self.worker = TrainingWorker(self._make)
        self.worker.reported.connect(self.facts.append)

    def _make(self) -> FakeTrainer:
        self.made += 1
        return self.trainer


@pytest.fixture
def bench(qapp: object) -> Iterator[Bench]:
    bench = Bench(FakeTrainer())
    bench.worker.start()
    yield bench
    bench.worker.stop()


def test_the_trainer_is_made_by_the_first_command_and_once(bench: Bench) -> None:
    assert bench.made == 0
    bench.worker.execute(c.LoadPreset(example_preset()))
    bench.worker.execute(c.Propose())
    assert bench.made == 1


def test_reports_every_fact_in_order(bench: Bench) -> None:
    bench.worker.execute(c.LoadPreset(example_preset()))
    assert [type(fact) for fact in bench.facts] == [f.Working, f.Loaded, f.Progress, f.Recorded, f.LoadingEnded]


def test_trains_in_slices_between_commands(qtbot: QtBot, bench: Bench) -> None:
    bench.worker.execute(c.Run())
    qtbot.waitUntil(lambda: bench.trainer.step >= 5)
    bench.worker.execute(c.Pause())
    reached = bench.trainer.step
    bench.worker.execute(c.Propose())
    qtbot.waitUntil(lambda: isinstance(bench.facts[-1], f.Recorded))
    assert bench.trainer.step == reached


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


def test_a_trainer_that_cannot_be_made_is_told(qapp: object) -> None:
    def broken() -> FakeTrainer:
        raise ImportError("no torch here")

    worker = TrainingWorker(broken)
    facts: list[f.Fact] = []
    worker.reported.connect(facts.append)
    worker.start()
    worker.execute(c.Propose())
    worker.stop()
    assert isinstance(facts[0], f.Failed)
    assert "no torch here" in facts[0].message
