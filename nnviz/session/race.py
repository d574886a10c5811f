"""The race and the surface, as the window sees them: intents, and what has become true. On a thread of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

from PySide6.QtCore import QObject, Signal, Slot

from nnviz.core.commands import Command, TakeOver
from nnviz.core.facts import Failed, Stopped
from nnviz.core.questions import Question
from nnviz.core.race import (
    AskForStart,
    BeginRace,
    CancelSurface,
    ContinueRace,
    LookAtRace,
    MeasureSurface,
    RaceCommand,
    RaceLooked,
    Racer,
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
from nnviz.session.link import TrainerLink
from nnviz.session.pace import Pace
from nnviz.session.worker import Trainer


class RaceState(StrEnum):
    """What the race is doing. `STOPPED`: there is something to look at, and to go on with."""

    NONE = "none"
    STARTING = "starting"
    RUNNING = "running"
    STOPPED = "stopped"


def no_racing() -> Trainer:
    """Stand in where nobody is going to race."""
    raise NotImplementedError("there is no engine to race with")


class Colors(Protocol):
    """What the race needs of the time machine: colours for the racers that are not those of runs."""

    def racers_colors(self, count: int) -> tuple[int, ...]:
        """Choose some."""

    def leave_to_racers(self, colors: tuple[int, ...]) -> None:
        """Give them to no run."""

    def expect_racer(self, color: int) -> None:
        """Give this one to the next run."""


class Race(QObject):
    """Asks the training for a copy of its network, and lets a second thread race with it.

    Signals
    -------
    state_changed()
        See `state`.
    looked()
        `racers` have gone on, or there are others.
    surface_changed()
        `surface` is another one or a finer one, or `measured` has changed.
    failed(Failed)
    """

    state_changed = Signal()
    looked = Signal()
    surface_changed = Signal()
    failed = Signal(object)

    def __init__(
        self,
        make_racing: Callable[[], Trainer],
        inquiries: Inquiries,
        load: Callable[[Command], None],
        colors: Colors,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.state = RaceState.NONE
        self.racers: list[Racer] = []
        self.start_point: StartingPoint | None = None
        self.epochs = 0
        self.surface: Surface | None = None
        self.measured: float | None = None
        self._make_racing = make_racing
        self._inquiries = inquiries
        self._load = load
        self._colors = colors
        self._link: TrainerLink | None = None
        self._number = 0
        self._optimizers: tuple[OptimizerSpec, ...] = ()
        self._when_copied: Callable[[StartingPoint], None] | None = None
        self._seed = 1
        self._taken = 0
        self._pace = Pace(self)
        self._pace.due.connect(lambda: self._send(LookAtRace()))
        inquiries.answered.connect(self._on_answered)

    def close(self) -> None:
        """Stop everything, end the thread and wait for it."""
        self._pace.stop()
        if self._link is not None:
            self._link.close()

    def expect_nothing(self) -> None:
        """Know that an answer that is still under way may not come."""
        self._when_copied = None
        if self.state is RaceState.STARTING:
            self._set_state(self._state_at_rest)

    @property
    def can_start(self) -> bool:
        """Whether nothing runs or is about to."""
        return self.state in (RaceState.NONE, RaceState.STOPPED) and self._when_copied is None

    # --- intents ------------------------------------------------------------------------------------------------------

    def start(self, optimizers: Sequence[OptimizerSpec], epochs: int, start: StartFrom) -> None:
        """Start a new race from the present or the initial weights of the network; the one before is forgotten."""
        if self.can_start:
            self._optimizers, self.epochs = tuple(optimizers), epochs
            self._set_state(RaceState.STARTING)
            self._copy_network(start, self._begin)

    def stop(self) -> None:
        """Stop the racers where they are."""
        if self.state is RaceState.RUNNING:
            self._send(StopRace())

    def go_on(self, epochs: int) -> None:
        """Go on after a stop; for so many epochs more, if all have arrived."""
        if self.state is RaceState.STOPPED:
            self._send(ContinueRace(epochs))

    def take_over(self, index: int) -> None:
        """Make a racer the present run: data, network, settings, weights and what its optimizer remembers."""
        self._taken = self.racers[index].color
        self._send(TakeRacer(index))

    def measure(self, plane: Plane) -> None:
        """Measure the loss on a plane: through the paths, or around the present weights, along the same directions."""
        if plane is Plane.PATHS:
            self._begin_measuring(MeasureSurface(plane))
        elif self._when_copied is None:
            self._copy_network(
                StartFrom.PRESENT,
                lambda point: self._begin_measuring(MeasureSurface(plane, point, self._seed)),
            )

    def measure_elsewhere(self) -> None:
        """Measure around the present weights along two other random directions, which are kept from then on."""
        if self._when_copied is None:
            self._seed += 1
            self.measure(Plane.RANDOM)

    def cancel_measuring(self) -> None:
        """Stop measuring; what has been measured stays."""
        self._send(CancelSurface())

    # --- behind the intents -------------------------------------------------------------------------------------------

    def _copy_network(self, start: StartFrom, then: Callable[[StartingPoint], None]) -> None:
        self._when_copied = then
        self._inquiries.ask(AskForStart(start))

    def _begin(self, point: StartingPoint) -> None:
        self._number += 1
        self.start_point = point
        colors = self._colors.racers_colors(len(self._optimizers))
        self._colors.leave_to_racers(colors)
        self.racers = [Racer(spec, color) for spec, color in zip(self._optimizers, colors, strict=True)]
        self.surface, self.measured = None, None
        self._send(BeginRace(self._number, point, self._optimizers, self.epochs))
        self._set_state(RaceState.RUNNING)
        self.looked.emit()
        self.surface_changed.emit()

    def _begin_measuring(self, command: MeasureSurface) -> None:
        self.measured = 0.0
        self._send(command)
        self.surface_changed.emit()

    def _send(self, command: RaceCommand) -> None:
        if self._link is None:
            self._link = TrainerLink(self._make_racing, self, "race")
            self._link.reported.connect(self._receive)
        self._link.send(command)

    @property
    def _state_at_rest(self) -> RaceState:
        return RaceState.STOPPED if self.racers else RaceState.NONE

    def _set_state(self, state: RaceState) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()

    # --- facts --------------------------------------------------------------------------------------------------------

    @Slot(object, object)
    def _on_answered(self, question: Question, answer: object) -> None:
        if isinstance(question, AskForStart) and self._when_copied is not None:
            then, self._when_copied = self._when_copied, None
            assert isinstance(answer, StartingPoint)
            then(answer)

    @Slot(object)
    def _receive(self, fact: object) -> None:
        match fact:
            case RaceLooked():
                self._on_looked(fact)
            case SurfaceMeasured():
                self.surface = fact.surface
                self.surface_changed.emit()
            case RacerTaken():
                self._colors.expect_racer(self._taken)
                self._load(TakeOver(fact))
            case Stopped():  # something went wrong on that thread
                self._on_refused()
            case Failed():
                self._on_refused()
                self.failed.emit(fact)

    def _on_refused(self) -> None:
        """Wait for nothing; a report that says more may follow."""
        self._pace.stop()
        self.measured = None
        self._set_state(self._state_at_rest)
        self.surface_changed.emit()

    def _on_looked(self, fact: RaceLooked) -> None:
        if fact.number == self._number:
            if not fact.racers:  # refused
                self.racers = []
            for racer, news in zip(self.racers, fact.racers, strict=True):
                racer.take(news)
            if self.state is not RaceState.STARTING:
                self._set_state(RaceState.RUNNING if fact.running else self._state_at_rest)
            self.looked.emit()
        if fact.measured != self.measured:
            self.measured = fact.measured
            self.surface_changed.emit()
        if fact.running or fact.measured is not None:
            self._pace.answered()
        else:
            self._pace.stop()
