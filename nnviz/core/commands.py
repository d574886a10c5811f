"""Commands: what the window tells the trainer to do, across the threads. All are frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nnviz.core.added_points import AddedPoint
from nnviz.core.data import FloatArray
from nnviz.core.pokes import Change
from nnviz.core.questions import Question
from nnviz.core.race import RaceCommand, RacerTaken
from nnviz.core.spec import DataSpec, NetworkSpec, Preset, TrainingSpec


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
class Foresee:
    """Record the step after the proposed one ahead of time, where that is quickly done; nothing changes.

    Answered by `Foreseen`, or not at all. `Propose` takes it from there.
    """


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
    | Foresee
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
