"""What crosses the threads: commands to the trainer, and the facts it reports back. All are frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from nnviz.core.added_points import AddedPoint
from nnviz.core.data import DataSummary, FloatArray
from nnviz.core.devices import Devices
from nnviz.core.history import BatchPoints, EpochResult, Mark
from nnviz.core.pokes import NO_POKES, Change, Pokes
from nnviz.core.questions import Question
from nnviz.core.race import RaceCommand, RaceFact, RacerTaken
from nnviz.core.runs import RunInfo
from nnviz.core.spec import DataSpec, NetworkSpec, Preset, TrainingSpec
from nnviz.core.trace import Trace

# --- commands, window → trainer ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LoadPreset:
    """Start afresh with this data, network and training.

    That is an edit of what was there before where it has the same title, or `is_edit` says so; else a new start.
    """

    preset: Preset
    is_edit: bool = False


@dataclass(frozen=True)
class OpenFile:
    """Open a preset (.json) or a saved project with its weights (.nnviz)."""

    path: Path


@dataclass(frozen=True)
class SaveFile:
    """Save everything, weights included, to a .nnviz file; or the description alone to a .json file."""

    path: Path


@dataclass(frozen=True)
class ExportStep:
    """Write the proposed or last step to an .npz file."""

    path: Path


@dataclass(frozen=True)
class ChangeTraining:
    """Go on with other training settings, from the same weights."""

    training: TrainingSpec


@dataclass(frozen=True)
class ChangeNetwork:
    """Rebuild the network; `keep_weights` copies the layers whose shapes are equal."""

    network: NetworkSpec
    keep_weights: bool


@dataclass(frozen=True)
class ChangeData:
    """Load other data. The input layer and, where needed, output layer and loss follow; training starts afresh."""

    data: DataSpec


@dataclass(frozen=True)
class SetPoints:
    """Let these be the points added to the data in the plane, and go on from the same weights, in a new epoch."""

    points: tuple[AddedPoint, ...]


@dataclass(frozen=True)
class BringBack:
    """Go back to the network of another revision, as it was when an edit replaced it: trained, and with its past.

    Where that is not kept (any more), this does what is asked for `otherwise`. Answered by `Loaded`.
    """

    revision: int
    otherwise: LoadPreset | ChangeNetwork | SetPoints


@dataclass(frozen=True)
class Reset:
    """Go back to the initial weights; with `new_weights`, to newly drawn ones. What was learned can be brought back."""

    new_weights: bool = False


@dataclass(frozen=True)
class Propose:
    """Record the next step, and do not take it yet. Answered by `Recorded`."""


@dataclass(frozen=True)
class Commit:
    """Take the step that was proposed; with a `serial`, only if that is still the one that is proposed."""

    serial: int | None = None


@dataclass(frozen=True)
class Revert:
    """Go back to before the step that was committed last; with a `serial`, only if that is the one."""

    serial: int | None = None


@dataclass(frozen=True)
class GoTo:
    """Go to the moment before optimizer step `step`; then take it, if `commit`. Answered by `Recorded`."""

    step: int
    commit: bool = False


@dataclass(frozen=True)
class Run:
    """Train freely: until `Pause`, or to the end of the epoch."""

    to_end_of_epoch: bool = False


@dataclass(frozen=True)
class Pause:
    """Stop training freely, and record the last step. Answered by `Recorded`."""


@dataclass(frozen=True)
class Look:
    """Ask, while it runs, how far it is. Answered by one `Progress` with a trace of the newest step."""


@dataclass(frozen=True)
class Predict:
    """Pass one input forward: a drawing, or a sample of the data set. Answered by `Predicted`.

    `label` is its class, where that is known: nothing is computed from it.
    """

    inputs: FloatArray
    sample: int = -1
    label: int | None = None


@dataclass(frozen=True)
class ProposeDrawing:
    """Record a step on a batch of one, a drawing or a sample of the data set with its label; answered by `Recorded`."""

    inputs: FloatArray
    label: int
    sample: int = -1


@dataclass(frozen=True)
class Ask:
    """Answer a question (see `core.questions`) about the network as it is now; nothing changes."""

    question: Question


@dataclass(frozen=True)
class Visit:
    """Look at the moment before step `step`, and stay there; nothing that came later is forgotten.

    Where that is not remembered (any more), it is the earliest moment that is. Answered by `Visited`. Questions,
    predictions and exports are about that moment from then on; every command that changes something comes back to the
    present first.
    """

    step: int


@dataclass(frozen=True)
class Return:
    """Come back to the present after `Visit`."""


@dataclass(frozen=True)
class Branch:
    """Begin a new run at the moment before step `step`, with the settings of then or with others.

    Where that is not remembered (any more), it is the earliest moment that is: what one meant to do from there must
    not happen in the present. The present run is kept, as far as there is memory. Answered by `RunsChanged` and
    `Recorded`.
    """

    step: int
    training: TrainingSpec | None = None


@dataclass(frozen=True)
class SwitchRun:
    """Go to the end of another run, to continue it. Answered by `RunsChanged` and `Recorded`."""

    number: int


@dataclass(frozen=True)
class DeleteRun:
    """Forget a run that is not the present one. Answered by `RunsChanged`."""

    number: int


@dataclass(frozen=True)
class TakeOver:
    """Make a racer the present run: its data, network and settings, its weights and what its optimizer remembers."""

    racer: RacerTaken


@dataclass(frozen=True)
class Poke:
    """Change the network by hand. Answered by `Poked` and, while it does not run, by `Recorded`."""

    changes: tuple[Change, ...]


@dataclass(frozen=True)
class RecoverFromDivergence:
    """Go back to the last good checkpoint and divide the learning rate by ten."""


@dataclass(frozen=True)
class SetMemoryLimit:
    """Bound the memory for going back, in bytes."""

    limit: int


@dataclass(frozen=True)
class SetDevice:
    """Compute on this device (one of `core.devices.CHOICES`), from the same weights."""

    name: str


@dataclass(frozen=True)
class SetDataFolder:
    """Look for data files in this folder, too."""

    folder: Path


Command = (
    LoadPreset
    | OpenFile
    | SaveFile
    | ExportStep
    | ChangeTraining
    | ChangeNetwork
    | ChangeData
    | SetPoints
    | BringBack
    | Reset
    | Propose
    | Commit
    | Revert
    | GoTo
    | Run
    | Pause
    | Look
    | Predict
    | Ask
    | ProposeDrawing
    | Visit
    | Return
    | Branch
    | SwitchRun
    | DeleteRun
    | RecoverFromDivergence
    | SetMemoryLimit
    | SetDataFolder
    | SetDevice
    | TakeOver
    | Poke
    | RaceCommand
)

LOADING_COMMANDS = (LoadPreset, OpenFile, ChangeNetwork, ChangeData, SetPoints, BringBack, Reset, SetDevice, TakeOver)

RUN_CHANGES = (Visit, Branch, SwitchRun)
WHILE_VISITING = (Visit, DeleteRun, Ask, Predict, ExportStep, SetDataFolder)

# --- facts, trainer → window ------------------------------------------------------------------------------------------


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
