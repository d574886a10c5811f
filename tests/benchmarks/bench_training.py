"""Free running without a window, against the loops that tutorials teach.

Every figure is a ratio against a baseline of the same run: the contestants take turns, and the medians are compared.
Run it alone, on a machine that does nothing else::

    pytest tests/benchmarks/bench_training.py -s -o addopts=
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from nnviz.core import commands as c
from nnviz.core.spec import Preset
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces, load_dataset
from nnviz.engine.trainer import Trainer

ROUNDS = 5
SECONDS = 1.0

Contestant = Callable[[float], float]


def tensors(preset: Preset, places: DataPlaces) -> tuple[torch.Tensor, torch.Tensor]:
    dataset = load_dataset(preset.data, preset.training.seed, places)
    inputs = torch.from_numpy(dataset.raw.astype(np.float32) / np.float32(dataset.divisor)).flatten(1)
    count = round(len(inputs) * (1 - preset.data.validation_split))
    return inputs[:count], torch.from_numpy(np.array(dataset.targets))[:count]


def plain_network(preset: Preset) -> nn.Sequential:
    """The same network as a tutorial writes it, up to the logits."""
    sizes = [int(np.prod(preset.network.output_shapes()[0]))]
    pieces: list[nn.Module] = []
    for layer in preset.network.layers:
        if layer.activation_name is not None:
            pieces.append(nn.Linear(sizes[-1], layer.units))  # type: ignore[attr-defined]
            sizes.append(layer.units)  # type: ignore[attr-defined]
            pieces.append({"relu": nn.ReLU, "tanh": nn.Tanh}.get(layer.activation_name, nn.Identity)())
    return nn.Sequential(*pieces)


def tutorial_loop(preset: Preset, inputs: torch.Tensor, targets: torch.Tensor) -> Contestant:
    network = plain_network(preset)
    is_binary = preset.training.loss == "binary_crossentropy"
    judge: nn.Module = nn.BCEWithLogitsLoss() if is_binary else nn.CrossEntropyLoss()
    wanted = targets.float()[:, None] if is_binary else targets
    optimizer = make_optimizer(preset, network)
    loader = DataLoader(TensorDataset(inputs, wanted), batch_size=preset.training.batch_size, shuffle=True)

    def run(seconds: float) -> float:
        samples, started = 0, time.perf_counter()
        while True:
            for x, y in loader:
                optimizer.zero_grad()
                loss = judge(network(x), y)
                loss.backward()
                optimizer.step()
                loss.item()
                samples += len(x)
                if time.perf_counter() - started >= seconds:
                    return samples / (time.perf_counter() - started)

    return run


def indexed_loop(preset: Preset, inputs: torch.Tensor, targets: torch.Tensor) -> Contestant:
    network = plain_network(preset)
    is_binary = preset.training.loss == "binary_crossentropy"
    judge: nn.Module = nn.BCEWithLogitsLoss() if is_binary else nn.CrossEntropyLoss()
    wanted = targets.float()[:, None] if is_binary else targets
    optimizer = make_optimizer(preset, network)
    size = preset.training.batch_size

    def run(seconds: float) -> float:
        samples, started = 0, time.perf_counter()
        while True:
            order = torch.randperm(len(inputs))
            for first in range(0, len(inputs), size):
                rows = order[first : first + size]
                optimizer.zero_grad()
                judge(network(inputs[rows]), wanted[rows]).backward()
                optimizer.step()
                samples += len(rows)
                if time.perf_counter() - started >= seconds:
                    return samples / (time.perf_counter() - started)

    return run


def make_optimizer(preset: Preset, network: nn.Module) -> torch.optim.Optimizer:
    spec = preset.training.optimizer
    lr = spec.settings.get("lr", 1e-3)
    return (torch.optim.Adam if spec.name == "adam" else torch.optim.SGD)(network.parameters(), lr=lr)


def nnviz_loop(preset: Preset, places: DataPlaces) -> Contestant:
    trainer = Trainer(catalogue(), places)
    list(trainer.execute(c.LoadPreset(preset)))
    list(trainer.execute(c.Run()))

    def steps() -> int:
        return next(fact.step for fact in trainer.execute(c.Look()) if isinstance(fact, c.Progress))

    per_epoch = -(-tensors(preset, places)[0].shape[0] // preset.training.batch_size)
    count = tensors(preset, places)[0].shape[0]

    def run(seconds: float) -> float:
        before, started = steps(), time.perf_counter()
        while time.perf_counter() - started < seconds:
            list(trainer.advance(0.010))
        return (steps() - before) * count / per_epoch / (time.perf_counter() - started)

    return run


def compare(title: str, contestants: dict[str, Contestant]) -> dict[str, float]:
    """Let them take turns, and print medians of samples per second, and nnviz's ratio to each."""
    results: dict[str, list[float]] = {name: [] for name in contestants}
    for contestant in contestants.values():
        contestant(0.3)
    for _ in range(ROUNDS):
        for name, contestant in contestants.items():
            results[name].append(contestant(SECONDS))
    medians = {name: float(np.median(values)) for name, values in results.items()}
    print(f"\n{title}")
    for name, value in medians.items():
        print(f"  {name:10} {value:12,.0f} samples/s   nnviz / {name}: {medians['nnviz'] / value:.2f}")
    return medians


@pytest.mark.parametrize("batch_size", [32, 128])
def test_article_network_on_mnist(mnist_folder: Path, tmp_path: Path, batch_size: int) -> None:
    torch.set_num_threads(1)
    places = DataPlaces(mnist_folder, tmp_path)
    preset = catalogue().presets["mnist"]
    preset = preset.with_training(replace(preset.training, batch_size=batch_size))
    data = tensors(preset, places)
    medians = compare(
        f"784-20-14-10, Adam, batch {batch_size}",
        {
            "tutorial": tutorial_loop(preset, *data),
            "indexed": indexed_loop(preset, *data),
            "nnviz": nnviz_loop(preset, places),
        },
    )
    assert medians["nnviz"] >= 1.5 * medians["tutorial"]


def test_playground_network(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    places = DataPlaces(None, tmp_path)
    preset = catalogue().presets["circle"]
    data = tensors(preset, places)
    medians = compare(
        "2-4-2-1 tanh, SGD, batch 10, 250 points",
        {"indexed": indexed_loop(preset, *data), "nnviz": nnviz_loop(preset, places)},
    )
    print(f"  {medians['nnviz'] / 250:.0f} epochs/s")
    assert medians["nnviz"] >= medians["indexed"]
