"""The race as the window sees it: its states, and what happens when something does not work."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnviz.core.commands import Ask, Command, TakeOver
from nnviz.core.facts import Answered, Failed
from nnviz.core.race import (
    AskForStart,
    BeginRace,
    ContinueRace,
    MeasureSurface,
    RaceLooked,
    RacerNews,
    RacerTaken,
    StartFrom,
    StartingPoint,
    StopRace,
    SurfaceMeasured,
    TakeRacer,
)
from nnviz.core.spec import OptimizerSpec
from nnviz.core.surface import Plane, Surface
from nnviz.session.inquiries import Inquiries
from nnviz.session.race import Race, RaceState, no_racing
from tests.support.reference import example_preset

SGD, ADAM = OptimizerSpec("sgd"), OptimizerSpec("adam")
POINT = StartingPoint(example_preset(), 3, 5, (), None, None)


class FakeRacing:
    """Counts steps; `refusal`, if set, answers the next command."""

    def __init__(self) -> None:
        self.commands: list[object] = []
        self.refusal: Failed | Exception | None = None
        self.racing = False
        self.racers = 0
        self.step = self.number = 0
        self.thread = 0

    @property
    def running(self) -> bool:
        return self.racing

    def execute(self, command: object) -> Iterator[object]:
        self.commands.append(command)
        self.thread = threading.get_ident()
        refusal, self.refusal = self.refusal, None
        if isinstance(refusal, Exception):
            raise refusal
        if refusal is not None:
            self.racers, self.number = 0, getattr(command, "number", self.number)
            yield refusal
        else:
            match command:
                case BeginRace():
                    self.racing, self.number, self.racers = True, command.number, len(command.optimizers)
                case StopRace():
                    self.racing = False
                case ContinueRace():
                    self.racing = True
                case TakeRacer():
                    yield RacerTaken(POINT.preset, (), "checkpoint")
                case MeasureSurface():
                    yield SurfaceMeasured(Surface(1, Plane.RANDOM, np.ones((5, 5)), (-1, 1), (-1, 1), 9, None, True))
        news = RacerNews(self.step, 0, 0.1, 1.0, None, (), (), None, None)
        yield RaceLooked(self.number, self.racing, (news,) * self.racers, None)

    def advance(self, seconds: float) -> Iterator[object]:
        self.step += 1
        yield from ()

    def stop(self) -> None:
        self.racing = False


class FakeColors:
    """Run 1 has colour 0."""

    def __init__(self) -> None:
        self.left: tuple[int, ...] = ()
        self.expected: list[int] = []

    def racers_colors(self, count: int) -> tuple[int, ...]:
        return tuple(range(1, count + 1))

    def leave_to_racers(self, colors: tuple[int, ...]) -> None:
        self.left = colors

    def expect_racer(self, color: int) -> None:
        self.expected.append(color)


class Bench:
    def __init__(self) -> None:
        self.sent: list[Command] = []
        self.loads: list[Command] = []
        self.failures: list[Failed] = []
        self.engine = FakeRacing()
        self.inquiries = Inquiries(self.sent.append)
        self.colors = FakeColors()
        self.race = Race(lambda: self.engine, self.inquiries, self.loads.append, self.colors)
        self.race.failed.connect(self.failures.append)

    def answer(self) -> None:
        """Let the trainer answer the newest question."""
        ask = self.sent[-1]
        assert isinstance(ask, Ask)
        self.inquiries.receive(Answered(ask.question, POINT))

    def begin(self, qtbot: QtBot) -> None:
        self.race.start((SGD, ADAM), 4, StartFrom.INITIAL)
        self.answer()
        qtbot.waitUntil(lambda: self.race.racers[0].step > 3)


@pytest.fixture
def bench(qapp: object) -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.race.close()


def test_a_race_begins_with_a_copy_and_runs_on_a_thread_of_its_own(qtbot: QtBot, bench: Bench) -> None:
    bench.race.start((SGD, ADAM), 4, StartFrom.INITIAL)
    assert bench.sent == [Ask(AskForStart(StartFrom.INITIAL))]
    assert bench.race.state is RaceState.STARTING
    assert not bench.race.can_start
    bench.answer()
    assert bench.race.state is RaceState.RUNNING
    qtbot.waitUntil(lambda: bench.race.racers[1].step > 3)
    assert bench.engine.thread != threading.get_ident()
    assert bench.engine.commands[0] == BeginRace(1, POINT, (SGD, ADAM), 4)


def test_stop_and_go_on(qtbot: QtBot, bench: Bench) -> None:
    bench.begin(qtbot)
    bench.race.stop()
    qtbot.waitUntil(lambda: bench.race.state is RaceState.STOPPED)
    bench.race.go_on(2)
    qtbot.waitUntil(lambda: bench.race.state is RaceState.RUNNING)
    assert ContinueRace(2) in bench.engine.commands


def test_two_wishes_for_a_copy_do_not_mix(qtbot: QtBot, bench: Bench) -> None:
    bench.race.start((SGD,), 4, StartFrom.PRESENT)
    bench.race.measure(Plane.RANDOM)
    bench.race.start((ADAM,), 4, StartFrom.PRESENT)
    bench.answer()
    qtbot.waitUntil(lambda: len(bench.engine.commands) > 1)
    assert bench.engine.commands[0] == BeginRace(1, POINT, (SGD,), 4)
    assert not any(isinstance(each, MeasureSurface) for each in bench.engine.commands)


def test_a_question_that_failed_does_not_hold_up_the_race(qtbot: QtBot, bench: Bench) -> None:
    bench.race.start((SGD,), 4, StartFrom.PRESENT)
    bench.race.expect_nothing()
    bench.inquiries.expect_nothing()
    assert bench.race.state is RaceState.NONE
    bench.begin(qtbot)
    bench.race.expect_nothing()  # something else failed
    assert bench.race.state is RaceState.RUNNING


def test_a_race_that_is_refused_is_none(qtbot: QtBot, bench: Bench) -> None:
    bench.engine.refusal = Failed("too large")
    bench.race.start((SGD,), 4, StartFrom.PRESENT)
    bench.answer()
    qtbot.waitUntil(lambda: bench.race.state is RaceState.NONE)
    assert [failure.message for failure in bench.failures] == ["too large"]
    assert bench.race.racers == []


def test_an_error_stops_the_race_and_is_told(qtbot: QtBot, bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.begin(qtbot)
    bench.engine.refusal = ValueError("out of tea")
    qtbot.waitUntil(lambda: bench.race.state is RaceState.STOPPED)
    assert "out of tea" in bench.failures[0].message
    assert "out of tea" in caplog.text
    assert bench.race.can_start


def test_what_is_taken_is_loaded_by_the_trainer(qtbot: QtBot, bench: Bench) -> None:
    bench.begin(qtbot)
    bench.race.take_over(1)
    qtbot.waitUntil(lambda: bench.loads != [])
    assert bench.loads == [TakeOver(RacerTaken(POINT.preset, (), "checkpoint"))]
    assert bench.colors.left == (1, 2)
    assert bench.colors.expected == [2]


def test_a_surface_around_the_weights(qtbot: QtBot, bench: Bench) -> None:
    bench.race.measure(Plane.RANDOM)
    bench.answer()
    qtbot.waitUntil(lambda: bench.race.surface is not None and bench.race.measured is None)
    assert bench.engine.commands == [MeasureSurface(Plane.RANDOM, POINT, 1)]
    assert bench.race.state is RaceState.NONE


def test_the_directions_stay_until_others_are_asked_for(qtbot: QtBot, bench: Bench) -> None:
    seeds, commands = [], bench.engine.commands
    for measure, seed in ((bench.race.measure, 1), (bench.race.measure, 1), (bench.race.measure_elsewhere, 2)):
        measure(*([Plane.RANDOM] if measure == bench.race.measure else []))
        bench.answer()
        seeds.append(seed)
        qtbot.waitUntil(lambda: [each.seed for each in commands if isinstance(each, MeasureSurface)] == seeds)


def test_without_an_engine_it_is_said(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    race = Race(no_racing, bench.inquiries, bench.loads.append, bench.colors)
    race.failed.connect(bench.failures.append)
    race.measure(Plane.PATHS)
    qtbot.waitUntil(lambda: bench.failures != [])
    assert "no engine" in caplog.text
    race.close()
    bench.race.close()
