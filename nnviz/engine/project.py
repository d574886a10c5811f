"""A run in a project file: everything that is needed to continue bit-exactly."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Json, ValidationError
from torch import Tensor

from nnviz.core.history import EpochResult
from nnviz.core.spec import OptimizerSpec, Preset
from nnviz.engine.checkpoint import Checkpoint, EpochSums
from nnviz.engine.files import FileError, Project, read_project, write_project
from nnviz.engine.optimizers import build_optimizer, optimizer_row
from nnviz.engine.poke_form import PokesForm, written
from nnviz.engine.pokes import check_pokes
from nnviz.engine.run import Run

OPTIMIZER = "optimizer/"
LARGEST_COUNT = 2**32 - 1  # of steps: the seed of what dropout draws has so much room for them


def _not_negative(value: float) -> float:
    """Refuse a negative loss. One that is not a number passes: a run that has diverged can be saved, too."""
    if value < 0:
        raise ValueError("must not be negative")
    return value


_Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
_Loss = Annotated[float, AfterValidator(_not_negative)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Form(BaseModel):
    """Nothing is converted, nothing unknown is taken."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _SumsForm(_Form):
    samples: _Count
    loss: _Loss
    correct: _Count
    seconds: _Seconds


class _EpochForm(_Form):
    epoch: _Count
    step: _Count
    train_loss: _Loss
    train_accuracy: _Share | None
    val_loss: _Loss | None
    val_accuracy: _Share | None
    seconds: _Seconds


class _Metadata(BaseModel):
    """The metadata of a project: texts, some of them JSON. Older files lack the loss and the pokes."""

    step: _Count
    epoch: _Count
    offset: _Count
    sums: Json[_SumsForm]
    epochs: Json[list[_EpochForm]]
    loss: _Loss = math.nan
    pokes: Json[PokesForm] = PokesForm()

    def check(self, samples: int) -> None:
        """Raise `ValueError` if this cannot be a place in a training on so many samples."""
        if self.offset >= samples or self.sums.samples > self.offset or self.sums.correct > self.offset:
            raise ValueError("its place in the data is impossible")
        if any(result.epoch > self.epoch or result.step > self.step for result in self.epochs):
            raise ValueError("its epochs lie ahead of its step")


def save_project(path: Path, preset: Preset, run: Run, epochs: Sequence[EpochResult]) -> None:
    """Write `run` as it stands; raises `FileError`."""
    weights: list[dict[str, np.ndarray]] = [{} for _ in preset.network.layers]
    for index, name, parameter in run.network.named_layer_parameters():
        weights[index][name] = parameter.numpy(force=True)
    checkpoint = run.checkpoint()
    extra = {
        OPTIMIZER + name: value.numpy(force=True)
        for name, value in checkpoint.optimizer_state.items()
        if isinstance(value, Tensor)
    }
    metadata = {
        "step": str(run.step),
        "epoch": str(run.epoch),
        "offset": str(run.offset),
        "loss": str(run.loss),
        "pokes": written(run.pokes),
        "sums": json.dumps(asdict(run.sums)),
        "epochs": json.dumps([asdict(result) for result in epochs]),
    }
    write_project(path, Project(preset, weights, extra, metadata))


def load_project(path: Path, new_run: Callable[[Preset], Run]) -> tuple[Run, Preset, list[EpochResult]]:
    """Read a project and build its run with `new_run`; raises `FileError`, and what `new_run` raises.

    Everything in the file is checked before anything is returned: what is opened can go on.
    """
    project = read_project(path)
    run = new_run(project.preset)
    try:
        metadata = _Metadata.model_validate(project.metadata)
        metadata.check(run.samples[0])
        run.restore(_checkpoint(project, metadata, run))
    except ValueError as error:
        reason = _first_problem(error) if isinstance(error, ValidationError) else str(error)
        raise FileError(f"{path.name} is not a complete nnviz project ({reason}): nothing was opened.") from error
    return run, project.preset, [EpochResult(**result.model_dump()) for result in metadata.epochs]


def _first_problem(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{' '.join(str(part) for part in first['loc'])}: {first['msg']}"


def _checkpoint(project: Project, metadata: _Metadata, run: Run) -> Checkpoint:
    """The state in the file, checked against what the run and its optimizer keep."""
    weights = [project.weights[index][name].reshape(-1) for index, name, _ in run.network.named_layer_parameters()]
    state = {name.removeprefix(OPTIMIZER): value for name, value in project.extra.items() if name.startswith(OPTIMIZER)}
    _check_optimizer_state(state, run.training.optimizer, tuple(run.network.flat.shape))
    pokes = metadata.pokes.pokes()
    check_pokes(run.network, pokes)
    return Checkpoint(
        step=metadata.step,
        epoch=metadata.epoch,
        offset=metadata.offset,
        training=run.training,
        weights=torch.from_numpy(np.concatenate(weights)),
        optimizer_state={name: torch.from_numpy(value) for name, value in state.items()},
        sums=EpochSums(**metadata.sums.model_dump()),
        loss=metadata.loss,
        pokes=pokes,
    )


def _check_optimizer_state(state: Mapping[str, np.ndarray], spec: OptimizerSpec, flat: tuple[int, ...]) -> None:
    """Raise `ValueError` unless this optimizer can go on from `state`: all that it keeps, or nothing yet."""
    if not state:
        return
    needed = possible = _kept_shapes(spec, flat)
    if "momentum" in optimizer_row(spec.name).settings:  # its buffer outlives a change of the momentum to 0
        possible = _kept_shapes(replace(spec, settings={**spec.settings, "momentum": 0.5}), flat)
    if not needed.keys() <= state.keys() <= possible.keys():
        raise ValueError(f"the state of the optimizer is not that of {spec.name}")
    for name, value in state.items():
        if value.shape != possible[name] or value.dtype != np.float32:
            raise ValueError(f"the optimizer's {name} does not fit the network")


def _kept_shapes(spec: OptimizerSpec, flat: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """What this optimizer keeps of weights of shape `flat`, found by a step on two of them."""
    weights = torch.zeros(2)
    weights.grad = torch.zeros(2)
    optimizer = build_optimizer(spec, [weights])
    optimizer.step()
    kept = optimizer.state[weights].items()
    return {name: flat if value.dim() else () for name, value in kept if isinstance(value, Tensor)}
