"""What crosses the threads: commands to the trainer, and the facts it reports back. All are frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from nnviz.core.data import DataSummary, FloatArray
from nnviz.core.devices import Devices
from nnviz.core.history import BatchPoints, EpochResult, Mark
from nnviz.core.questions import Question
from nnviz.core.spec import DataSpec, NetworkSpec, Preset, TrainingSpec
from nnviz.core.trace import Trace

# --- commands, window → trainer ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LoadPreset:
    """Start afresh with this data, network and training."""

    preset: Preset


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
class Reset:
    """Go back to the initial weights; with `new_weights`, to newly drawn ones."""

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
    """Pass one input forward. Answered by `Predicted`."""

    inputs: FloatArray


@dataclass(frozen=True)
class ProposeDrawing:
    """Record a step on a batch of one, the drawing with its label. Answered by `Recorded`."""

    inputs: FloatArray
    label: int


@dataclass(frozen=True)
class Ask:
    """Answer a question (see `core.questions`) about the network as it is now; nothing changes."""

    question: Question


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
    | RecoverFromDivergence
    | SetMemoryLimit
    | SetDataFolder
    | SetDevice
)

LOADING_COMMANDS = (LoadPreset, OpenFile, ChangeNetwork, ChangeData, Reset, SetDevice)

# --- facts, trainer → window ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Loaded:
    """There is a (new) network, its weights are set, and the data is there.

    `fresh` says that the training starts anew (step 0, empty curves).
    """

    preset: Preset
    summary: DataSummary
    revision: int
    step: int
    epochs: tuple[EpochResult, ...] = ()
    fresh: bool = True
    devices: Devices = field(default_factory=Devices)


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
    """The answer to a question; None where it is about something that is not there (any more)."""

    question: Question
    answer: object


@dataclass(frozen=True)
class TrainingChanged:
    """The training settings in force are now these."""

    training: TrainingSpec
    revision: int


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
    | Progress
    | Recorded
    | Predicted
    | Answered
    | TrainingChanged
    | Stopped
    | LoadingEnded
    | Saved
    | Rewound
    | Working
    | DataMissing
    | Failed
    | Diverged
)


class RunState(StrEnum):
    """What the trainer is doing."""

    LOADING = "loading"
    PAUSED = "paused"
    RUNNING = "running"
