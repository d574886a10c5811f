"""A run in a project file: everything that is needed to continue bit-exactly."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from nnviz.core.history import EpochResult
from nnviz.core.spec import Preset
from nnviz.engine.checkpoint import Checkpoint, EpochSums
from nnviz.engine.files import FileError, Project, read_project, write_project
from nnviz.engine.run import Run

OPTIMIZER = "optimizer/"


def save_project(path: Path, preset: Preset, run: Run, epochs: Sequence[EpochResult]) -> None:
    """Write `run` as it stands; raises `FileError`."""
    weights: list[dict[str, np.ndarray]] = [{} for _ in preset.network.layers]
    for index, name, parameter in run.network.named_layer_parameters():
        weights[index][name] = parameter.detach().numpy()
    checkpoint = run.checkpoint()
    extra = {
        OPTIMIZER + name: value.numpy()
        for name, value in checkpoint.optimizer_state.items()
        if isinstance(value, Tensor)
    }
    metadata = {
        "step": str(run.step),
        "epoch": str(run.epoch),
        "offset": str(run.offset),
        "sums": json.dumps(asdict(run.sums)),
        "epochs": json.dumps([asdict(result) for result in epochs]),
    }
    write_project(path, Project(preset, weights, extra, metadata))


def load_project(path: Path, new_run: Callable[[Preset], Run]) -> tuple[Run, Preset, list[EpochResult]]:
    """Read a project and build its run with `new_run`; raises `FileError`, and what `new_run` raises."""
    project = read_project(path)
    run = new_run(project.preset)
    try:
        run.restore(_checkpoint(project, run))
        epochs = [EpochResult(**result) for result in json.loads(project.metadata["epochs"])]
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise FileError(f"{path.name} is not a complete nnviz project ({error}): nothing was opened.") from error
    return run, project.preset, epochs


def _checkpoint(project: Project, run: Run) -> Checkpoint:
    """The state in the file, checked against the sizes that the run has."""
    flat = [
        torch.from_numpy(np.array(project.weights[index][name], np.float32)).reshape(-1)
        for index, name, _ in run.network.named_layer_parameters()
    ]
    state = {
        name.removeprefix(OPTIMIZER): torch.from_numpy(np.array(value))
        for name, value in project.extra.items()
        if name.startswith(OPTIMIZER)
    }
    if any(tensor.dim() > 0 and tensor.shape != run.network.flat.shape for tensor in state.values()):
        raise ValueError("the optimizer's state does not fit")
    sums = EpochSums(**json.loads(project.metadata["sums"]))
    step, epoch, offset = (int(project.metadata[name]) for name in ("step", "epoch", "offset"))
    if min(step, epoch, offset) < 0 or offset >= run.samples[0]:
        raise ValueError("its place in the data is impossible")
    return Checkpoint(
        step=step,
        epoch=epoch,
        offset=offset,
        training=run.training,
        weights=torch.cat(flat),
        optimizer_state=state,
        sums=sums,
        loss=float("nan"),
    )
