"""The race: several optimizers from the same weights, on the same batches. What crosses its thread, and who is ahead.

What only the engine can make (runs and checkpoints, with their tensors) is passed on by the window without a look
into it, and typed as ``object`` here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf, isfinite

from nnviz.core.data import FloatArray
from nnviz.core.history import BatchPoints, Curve, EpochResult
from nnviz.core.questions import Question
from nnviz.core.spec import OptimizerSpec, Preset
from nnviz.core.surface import Plane, Surface

MOST_RACERS = 8

FIRST_RACERS = ("sgd", "momentum", "rmsprop", "adam")  # at their usual learning rates


class StartFrom(StrEnum):
    """Which weights the racers start with."""

    PRESENT = "present"
    INITIAL = "initial"


@dataclass(frozen=True)
class AskForStart(Question):
    """Ask for a copy of the network, to race from or to measure around. Answered by `StartingPoint`."""

    start: StartFrom


@dataclass(frozen=True)
class StartingPoint:
    """Everything a racer needs, apart from its optimizer.

    Attributes
    ----------
    preset : Preset
        Data, network and the training settings in force.
    step : int
        Optimizer steps that were taken before; the place in the data follows from it.
    batches : int
        How many there are in an epoch.
    epochs : tuple of EpochResult
        What was measured before.
    run, checkpoint : object
        The engine's: a run that nobody else has, sharing its samples with the present one, and where it begins.
    """

    preset: Preset
    step: int
    batches: int
    epochs: tuple[EpochResult, ...]
    run: object
    checkpoint: object


# --- commands, window → race ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BeginRace:
    """Start a new race, for so many epochs; the one before is forgotten. `number` comes back with every report."""

    number: int
    start: StartingPoint
    optimizers: tuple[OptimizerSpec, ...]
    epochs: int


@dataclass(frozen=True)
class ContinueRace:
    """Go on after a stop; for so many epochs more, if all have arrived."""

    epochs: int


@dataclass(frozen=True)
class StopRace:
    """Stop where they are."""


@dataclass(frozen=True)
class LookAtRace:
    """Ask how far they are. Answered by `RaceLooked`."""


@dataclass(frozen=True)
class TakeRacer:
    """Ask for the state of a racer, to go on with it. Answered by `RacerTaken`."""

    index: int


@dataclass(frozen=True)
class MeasureSurface:
    """Measure the loss on a plane through the space of all weights.

    The plane lies through the paths of the race, or, with a `start`, around those weights along random directions that
    follow from `seed`.
    """

    plane: Plane
    start: StartingPoint | None = None
    seed: int = 0


@dataclass(frozen=True)
class CancelSurface:
    """Stop measuring; what has been measured stays."""


RaceCommand = BeginRace | ContinueRace | StopRace | LookAtRace | TakeRacer | MeasureSurface | CancelSurface

# --- facts, race → window ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RacerNews:
    """How far a racer is, and what is new for its curves.

    Attributes
    ----------
    loss, accuracy : float or None
        Running means over the epoch so far.
    seconds : float
        Computing time of its steps, without that of others and of measuring.
    diverged_at : int or None
        The step whose loss was not finite; it has dropped out.
    path : ndarray, shape (points, 2), or None
        Its way on the plane of the surface, from the start to where it is; None without a plane.
    moved : float
        How far its weights are from where they began: the length of the difference.
    stride : float
        Mean length of its steps, from some in every epoch, each of which stands for those up to the next.
    """

    step: int
    epoch: int
    seconds: float
    loss: float | None
    accuracy: float | None
    points: tuple[BatchPoints, ...]
    epochs: tuple[EpochResult, ...]
    diverged_at: int | None
    path: FloatArray | None
    moved: float = 0.0
    stride: float = 0.0


@dataclass(frozen=True)
class RaceLooked:
    """How far the race is. `measured` is the share of the surface that is done, None while none is measured."""

    number: int
    running: bool
    racers: tuple[RacerNews, ...]
    measured: float | None


@dataclass(frozen=True)
class RacerTaken:
    """The state of a racer: data, network and settings, what was measured, and the engine's checkpoint."""

    preset: Preset
    epochs: tuple[EpochResult, ...]
    checkpoint: object


@dataclass(frozen=True)
class SurfaceMeasured:
    """The surface as far as it is measured; each time it comes with finer cells."""

    surface: Surface


RaceFact = RaceLooked | RacerTaken | SurfaceMeasured

# --- who is ahead -----------------------------------------------------------------------------------------------------


@dataclass
class Racer:
    """An optimizer in the race with its colour (counted from 0, as those of the runs), and what it has reached."""

    optimizer: OptimizerSpec
    color: int = 0
    losses: Curve = field(default_factory=lambda: Curve(1024))
    epochs: list[EpochResult] = field(default_factory=list)
    step: int = 0
    seconds: float = 0.0
    loss: float | None = None
    accuracy: float | None = None
    diverged_at: int | None = None
    path: FloatArray | None = None
    moved: float = 0.0
    stride: float = 0.0

    def take(self, news: RacerNews) -> None:
        """Follow what was reported."""
        self.step, self.seconds, self.diverged_at, self.path = news.step, news.seconds, news.diverged_at, news.path
        self.loss, self.accuracy = news.loss, news.accuracy
        self.moved, self.stride = news.moved, news.stride
        for points in news.points:
            self.losses.append(points.losses, points.first_step)
        self.epochs.extend(news.epochs)


@dataclass(frozen=True)
class Figures:
    """What is compared; None where it is not known."""

    loss: float | None
    accuracy: float | None
    val_loss: float | None
    val_accuracy: float | None
    seconds: float


class Criterion(StrEnum):
    """What racers can be ranked by: the names of the fields of `Figures`."""

    VAL_LOSS = "val_loss"
    LOSS = "loss"
    VAL_ACCURACY = "val_accuracy"
    ACCURACY = "accuracy"
    SECONDS = "seconds"


def common_epoch(racers: Sequence[Racer]) -> int:
    """Count the epochs that all who are still in the race have finished."""
    return min((len(racer.epochs) for racer in racers if racer.diverged_at is None), default=0)


def figures_of(racer: Racer, epochs: int) -> Figures:
    """Take the figures after so many epochs of the race; before the first, the running means of the batches."""
    if not 0 < epochs <= len(racer.epochs):
        return Figures(racer.loss, racer.accuracy, None, None, racer.seconds)
    result = racer.epochs[epochs - 1]
    return Figures(result.train_loss, result.train_accuracy, result.val_loss, result.val_accuracy, racer.seconds)


def ranking(racers: Sequence[Racer], by: Criterion) -> list[int]:
    """Put the racers in order, the best first: all after the same number of epochs, so that the comparison is fair.

    Those who have diverged come last, whoever held out longest first. Equals keep their order.
    """
    epochs = common_epoch(racers)
    more_is_better = by in (Criterion.ACCURACY, Criterion.VAL_ACCURACY)

    def place(index: int) -> tuple[bool, float]:
        racer = racers[index]
        if racer.diverged_at is not None:
            return True, -racer.diverged_at
        value: float | None = getattr(figures_of(racer, epochs), by)
        if value is None or not isfinite(value):
            return False, inf
        return False, -value if more_is_better else value

    return sorted(range(len(racers)), key=place)
