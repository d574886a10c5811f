"""Facts: what the trainer reports to the window, across the threads. All are frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from nnviz.core.data import DataSummary
from nnviz.core.devices import Devices
from nnviz.core.history import BatchPoints, EpochResult, Mark
from nnviz.core.pokes import NO_POKES, Pokes
from nnviz.core.questions import Question
from nnviz.core.race import RaceFact
from nnviz.core.runs import RunInfo
from nnviz.core.spec import Preset, TrainingSpec
from nnviz.core.trace import Trace


@dataclass(frozen=True)
class Loaded:
    """There is a (new) network, its weights are set, and the data is there.

    `fresh` says that this is no continuation of what was trained before: its curves begin anew. `brought_back` is the
    revision whose network this is again, as it was left; None for another one. `is_new_start` says that it is no edit
    of what was there before (the first network, another preset, a file). `kept` are the revisions that `BringBack`
    brings back; with little memory, fewer than were put away.
    """

    preset: Preset
    summary: DataSummary
    revision: int
    step: int
    epochs: tuple[EpochResult, ...] = ()
    fresh: bool = True
    devices: Devices = field(default_factory=Devices)
    pokes: Pokes = NO_POKES
    brought_back: int | None = None
    is_new_start: bool = False
    kept: frozenset[int] = frozenset()


@dataclass(frozen=True)
class PutAway:
    """The network of this revision is about to be replaced; `Loaded.kept` says whether it can be brought back.

    Sent before `RunsChanged`.
    """

    revision: int


@dataclass(frozen=True)
class Progress:
    """How far the training is, and what has been added to the curves since the last report.

    `step` counts the optimizer steps taken; `epoch` and `batch` say which comes next.
    `oldest_step` is the earliest step one can go back to. `epoch_loss` and `epoch_accuracy` are running means over the
    epoch so far; None before its first batch, and where there are no classes.
    """

    revision: int
    step: int
    epoch: int
    batch: int
    batches: int
    oldest_step: int
    samples_per_second: float
    points: tuple[BatchPoints, ...] = ()
    epochs: tuple[EpochResult, ...] = ()
    marks: tuple[Mark, ...] = ()
    trace: Trace | None = None
    epoch_loss: float | None = None
    epoch_accuracy: float | None = None


@dataclass(frozen=True)
class Recorded:
    """A step was recorded. `committed` says whether it has been taken (the weights are those after it).

    `serial` is the number of this proposal: one that has been replaced meanwhile can be neither taken nor taken back.
    """

    trace: Trace
    committed: bool
    serial: int = 0


@dataclass(frozen=True)
class Foreseen:
    """What will be recorded next, unless something changes before; answers `Foresee`."""

    trace: Trace


@dataclass(frozen=True)
class Predicted:
    """A forward pass of the drawing; answers `Predict`."""

    trace: Trace


@dataclass(frozen=True)
class Answered:
    """The answer to a question; None where it is about something that is not there (any more).

    A long answer takes several pieces of work: until it is `complete`, the very same question has to be asked again.
    """

    question: Question
    answer: object
    complete: bool = True


@dataclass(frozen=True)
class Visited:
    """A moment of the past; answers `Visit` (to `step`).

    Far ways take several visits: until it has `arrived`, `trace` is that of an earlier step nearby, or None where
    there is nothing new to show, and the same visit has to be asked for again.
    """

    trace: Trace | None
    step: int
    arrived: bool


@dataclass(frozen=True)
class Poked:
    """What is changed by hand now; answers `Poke`.

    `unmarked` is the mark on the curves that means nothing any more, if all that was changed there is taken back.
    """

    pokes: Pokes
    unmarked: Mark | None = None


@dataclass(frozen=True)
class RunsChanged:
    """These runs there are now, in the order of their numbers, and `present` is the one that is trained.

    `is_new_subject` says that it has nothing to do with any run that was there before, whatever its number.
    """

    runs: tuple[RunInfo, ...]
    present: int
    is_new_subject: bool = False


@dataclass(frozen=True)
class TrainingChanged:
    """The training settings in force are now these.

    `restored` says that the optimizer remembers what it did when they were in force before: at an earlier moment, or
    in another run.
    """

    training: TrainingSpec
    revision: int
    restored: bool = False


@dataclass(frozen=True)
class Stopped:
    """Free running has ended (paused, end of the epoch, or a failure)."""


@dataclass(frozen=True)
class LoadingEnded:
    """One of `LOADING_COMMANDS` has been carried out, or refused."""


@dataclass(frozen=True)
class Saved:
    """A file was written."""

    path: Path


@dataclass(frozen=True)
class Rewound:
    """The engine stands at `step` again; whatever lay ahead is forgotten."""

    step: int


@dataclass(frozen=True)
class Working:
    """Something that takes a moment has begun, said for the status bar; empty when it is over."""

    text: str


@dataclass(frozen=True)
class DataMissing:
    """The data of `preset` are not on this machine yet: download them, or open a folder that has them."""

    preset: Preset
    title: str
    message: str


class Place(StrEnum):
    """Where a message belongs in the window."""

    WINDOW = "window"
    DATA = "data"
    TRAINING = "training"
    ARCHITECTURE = "architecture"


@dataclass(frozen=True)
class Failed:
    """Something went wrong, in the user's words, with what to do. `details` goes to the log."""

    message: str
    place: Place = Place.WINDOW
    details: str = ""


@dataclass(frozen=True)
class Diverged:
    """The loss is not finite any more; training is paused."""

    step: int
    layer_name: str
    what: str
    can_recover: bool


Fact = (
    Loaded
    | PutAway
    | Progress
    | Recorded
    | Foreseen
    | Predicted
    | Answered
    | Visited
    | Poked
    | RunsChanged
    | TrainingChanged
    | Stopped
    | LoadingEnded
    | Saved
    | Rewound
    | Working
    | DataMissing
    | Failed
    | Diverged
    | RaceFact
)


class RunState(StrEnum):
    """What the trainer is doing."""

    LOADING = "loading"
    PAUSED = "paused"
    RUNNING = "running"
