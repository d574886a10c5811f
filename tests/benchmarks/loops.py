"""The loops that people write: what nnviz is measured against."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.spec import Preset
from nnviz.engine.datasets import DataPlaces, load_dataset
from nnviz.engine.trainer import Trainer

SECONDS = 1.0

Loop = Iterator[Any]  # trains on, a batch at a time, and says how many samples it had


def tensors(preset: Preset, places: DataPlaces) -> tuple[torch.Tensor, torch.Tensor]:
    """Training inputs, flat, and labels."""
    dataset = load_dataset(preset.data, preset.training.seed, places)
    inputs = torch.from_numpy(dataset.raw.astype(np.float32) / np.float32(dataset.divisor)).flatten(1)
    count = round(len(inputs) * (1 - preset.data.validation_split))
    return inputs[:count], torch.from_numpy(np.array(dataset.targets))[:count]


def plain_network(preset: Preset) -> nn.Sequential:
    """The same network as a tutorial writes it, up to the logits, and with weights drawn alike."""
    size = int(np.prod(preset.network.output_shapes()[0]))
    pieces: list[nn.Module] = []
    for layer in preset.network.layers:
        if layer.activation_name is not None:
            linear = nn.Linear(size, layer.units)  # type: ignore[attr-defined]
            nn.init.xavier_uniform_(linear.weight)
            nn.init.zeros_(linear.bias)
            pieces.append(linear)
            size = layer.units  # type: ignore[attr-defined]
            pieces.append({"relu": nn.ReLU, "tanh": nn.Tanh}.get(layer.activation_name, nn.Identity)())
    return nn.Sequential(*pieces)


def _setting(preset: Preset, targets: torch.Tensor) -> tuple[nn.Module, nn.Module, torch.Tensor, torch.optim.Optimizer]:
    network = plain_network(preset)
    is_binary = preset.training.loss == "binary_crossentropy"
    spec = preset.training.optimizer
    make = torch.optim.Adam if spec.name == "adam" else torch.optim.SGD
    return (
        network,
        nn.BCEWithLogitsLoss() if is_binary else nn.CrossEntropyLoss(),
        targets.float()[:, None] if is_binary else targets,
        make(network.parameters(), lr=spec.settings.get("lr", 1e-3)),
    )


def tutorial_loop(preset: Preset, inputs: torch.Tensor, targets: torch.Tensor) -> Loop:
    """As tutorials teach it: DataLoader, and the loss read after each batch."""
    network, judge, wanted, optimizer = _setting(preset, targets)
    loader = DataLoader(TensorDataset(inputs, wanted), batch_size=preset.training.batch_size, shuffle=True)
    while True:
        for x, y in loader:
            optimizer.zero_grad()
            loss = judge(network(x), y)
            loss.backward()
            optimizer.step()
            loss.item()
            yield len(x)


def indexed_loop(preset: Preset, inputs: torch.Tensor, targets: torch.Tensor, judged: bool = False) -> Loop:
    """As people write it who have measured: a batch is an index into two tensors. `judged`: count right ones."""
    network, judge, wanted, optimizer = _setting(preset, targets)
    size = preset.training.batch_size
    while True:
        order = torch.randperm(len(inputs))
        for first in range(0, len(inputs), size):
            rows = order[first : first + size]
            optimizer.zero_grad()
            scores = network(inputs[rows])
            judge(scores, wanted[rows]).backward()
            optimizer.step()
            right = int((scores.argmax(1) == wanted[rows]).sum()) if judged else 0
            yield (len(rows), right) if judged else len(rows)


def samples_per_second(loop: Loop, seconds: float = SECONDS) -> Callable[[], float]:
    """Measure a loop that says after each batch how many samples it had."""

    def measure() -> float:
        samples, started = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - started) < seconds:
            samples += next(loop)
        return samples / elapsed

    next(loop)
    return measure


def trainer_loop(trainer: Trainer, preset: Preset, places: DataPlaces) -> Loop:
    """nnviz without a window: slices of the trainer, as on its thread."""
    count = len(tensors(preset, places)[0])
    per_epoch = -(-count // preset.training.batch_size)

    def steps() -> int:
        return next(fact.step for fact in trainer.execute(c.Look()) if isinstance(fact, f.Progress))

    list(trainer.execute(c.LoadPreset(preset)))
    list(trainer.execute(c.Run()))
    before = steps()
    while True:
        for _ in range(4):
            list(trainer.advance(0.010))
        now = steps()
        yield round((now - before) * count / per_epoch)
        before = now
