"""What an edit replaced, brought back in the session: the curves of all runs; and what goes with a new network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.pokes import NO_POKES, SwitchOff, UnitPlace
from nnviz.core.race import Racer, RacerTaken, TakeRacer
from nnviz.core.runs import MOST_KEPT
from nnviz.core.spec import DataSpec, OptimizerSpec, TrainingSpec
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces, load_dataset
from nnviz.engine.run import Run
from nnviz.engine.trainer import Trainer
from nnviz.session.session import Session
from nnviz.session.time_machine import TimeMachine

CIRCLE = catalogue().presets["circle"]
NOISY = replace(CIRCLE.data, settings={"noise": 0.2})


class ImpossibleRacing:
    """Gives a racer away that learns from data that there are not."""

    running = False

    def execute(self, command: object) -> Iterator[RacerTaken]:
        assert isinstance(command, TakeRacer)
        preset = replace(CIRCLE, data=DataSpec("nothing"))
        yield RacerTaken(
            preset, (), Run(CIRCLE, load_dataset(CIRCLE.data, 0, DataPlaces.from_environment()), 1).checkpoint()
        )

    def advance(self, seconds: float) -> Iterator[object]:
        yield from ()

    def stop(self) -> None:
        """Nothing runs."""


@pytest.fixture
def session(qtbot: QtBot, tmp_path) -> Iterator[Session]:
    session = Session(lambda: Trainer(catalogue(), DataPlaces(None, tmp_path)), make_racing=ImpossibleRacing)
    session.load_preset(CIRCLE)
    qtbot.waitUntil(lambda: session.can_step, timeout=20_000)
    yield session
    session.close()


@pytest.fixture
def machine(session: Session) -> TimeMachine:
    return session.time_machine


class Driver:
    def __init__(self, qtbot: QtBot, session: Session) -> None:
        self.qtbot, self.session = qtbot, session

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: self.session.can_step and not self.session.pokes.under_way)

    def take(self, steps: int) -> None:
        for _ in range(steps):
            self.session.next_batch()
            self.settle()

    def go_back(self, steps: int) -> None:
        for _ in range(steps):
            self.session.previous_batch()
            self.settle()

    def look(self, step: int) -> None:
        self.session.time_machine.look(step)
        self.settle()

    def load(self, act) -> f.Loaded:
        """Do what ends with another network."""
        with self.qtbot.waitSignal(self.session.loaded) as loaded:
            act()
        self.settle()
        return loaded.args[0]

    def bring_back(self, revision: int) -> f.Loaded:
        return self.load(lambda: self.session.bring_back(revision, c.LoadPreset(CIRCLE, is_edit=True)))

    def curves(self) -> list[tuple[int, int]]:
        return [(run.info.number, len(run.history.batch_losses)) for run in self.session.time_machine.runs]


@pytest.fixture
def drive(qtbot: QtBot, session: Session) -> Driver:
    return Driver(qtbot, session)


def slower(training: TrainingSpec) -> TrainingSpec:
    return replace(training, optimizer=OptimizerSpec("sgd", {"lr": 0.01}))


def test_what_another_run_goes_on_to_do_does_not_change_its_curves_of_then(session, machine, drive) -> None:
    drive.take(8)
    drive.look(3)
    machine.continue_from_here()
    drive.settle()
    drive.take(2)
    revision = session.revision
    drive.load(lambda: session.load_preset(CIRCLE.with_training(slower(CIRCLE.training))))
    machine.switch_to(1)
    drive.settle()
    drive.go_back(4)
    drive.bring_back(revision)
    assert drive.curves() == [(1, 8), (2, 5)]


def test_the_first_run_at_its_first_step_is_no_new_subject(session, machine, drive) -> None:
    drive.take(4)
    drive.look(2)
    machine.continue_from_here()
    drive.settle()
    drive.take(3)
    machine.switch_to(1)
    drive.settle()
    machine.rename(2, "second")
    drive.go_back(4)
    revision = session.revision
    drive.load(lambda: session.set_data(NOISY))
    drive.bring_back(revision)
    assert [run.name for run in machine.runs] == ["", "second"]
    assert drive.curves() == [(1, 0), (2, 5)]


def test_the_curves_of_the_oldest_come_back_too(session, drive) -> None:
    drive.take(3)
    revision = session.revision
    for _ in range(MOST_KEPT):
        drive.load(lambda: session.reset(new_weights=True))
    assert drive.bring_back(revision).brought_back == revision
    assert len(session.history.batch_losses) == 3


def test_what_there_is_no_memory_for_cannot_be_brought_back(session, drive) -> None:
    drive.take(3)
    session.set_memory_limit(1)
    revision = session.revision
    drive.load(lambda: session.set_data(NOISY))
    assert not session.can_bring_back(revision)


def test_a_run_that_begins_while_a_look_is_on_the_way_begins_where_that_leads(session, machine, drive) -> None:
    session.run_epoch()
    drive.qtbot.waitUntil(lambda: session.run_state is f.RunState.PAUSED and session.cursor.overview)
    drive.settle()
    machine.look(2, position=0)
    machine.continue_from_here()
    drive.qtbot.waitUntil(lambda: machine.present == 2)
    assert machine.runs[1].info.begun == 2


def test_a_sample_that_is_no_more_is_not_drawn_any_more(session, drive) -> None:
    def is_drawn() -> bool:
        drive.qtbot.waitUntil(lambda: session.frame is not None and session.frame.trace.revision == session.revision)
        return session.frame.trace.is_drawing

    with drive.qtbot.waitSignal(session.prediction_made):
        session.show_drawing(session.trace.inputs[0], int(session.trace.sample_indices[0]))
    drive.load(session.reset)
    assert is_drawn()
    drive.load(lambda: session.reset(new_weights=True))
    assert not is_drawn()


def test_a_branch_keeps_the_mark_it_was_born_with_when_what_was_poked_there_is_taken_back(
    session, machine, drive
) -> None:
    neuron = UnitPlace(1, 0)
    drive.take(3)
    session.pokes.poke(SwitchOff(neuron, True))
    drive.settle()
    drive.take(2)
    drive.look(3)
    machine.continue_from_here()
    drive.settle()
    session.pokes.poke(SwitchOff(neuron, False))
    drive.qtbot.waitUntil(lambda: session.pokes.present == NO_POKES and session.can_step)
    assert [mark.label for mark in session.history.marks] == ["poke"]
    with drive.qtbot.waitSignal(machine.runs_changed):
        session.set_training(slower(CIRCLE.training))
    assert "lr 0.01" in machine.runs[1].change


def test_the_colour_of_a_racer_that_was_refused_is_not_given_to_another_run(session, machine, drive) -> None:
    drive.take(2)
    session.race.racers = [Racer(OptimizerSpec("sgd"), 5)]
    with drive.qtbot.waitSignal(session.failed):
        session.race.take_over(0)
    drive.settle()
    drive.load(session.reset)
    assert machine.runs[-1].color != 5
