"""Free running without a window, against the loops that tutorials teach: samples per second.

Same network, data, optimizer and batches; all on one thread, as the program trains.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.spec import Preset
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.trainer import Trainer
from tests.benchmarks.conftest import Bench
from tests.benchmarks.loops import indexed_loop, samples_per_second, tensors, trainer_loop, tutorial_loop

ACCURACY_EPOCHS = 2


def training_accuracy(preset: Preset, places: DataPlaces) -> float:
    """Of nnviz, over its last epoch."""
    trainer = Trainer(catalogue(), places)
    list(trainer.execute(c.LoadPreset(preset)))
    results = []
    for _ in range(ACCURACY_EPOCHS):
        list(trainer.execute(c.Run(to_end_of_epoch=True)))
        while trainer.running:
            for fact in trainer.advance(1.0):
                results += [each.train_accuracy for each in fact.epochs] if isinstance(fact, f.Progress) else []
    return results[-1]


def loop_accuracy(preset: Preset, data: tuple[torch.Tensor, torch.Tensor]) -> float:
    """Of the indexed loop, over its last epoch."""
    loop = indexed_loop(preset, *data, judged=True)
    samples = right = 0
    while samples < ACCURACY_EPOCHS * len(data[0]):
        count, correct = next(loop)
        right += correct if samples >= (ACCURACY_EPOCHS - 1) * len(data[0]) else 0
        samples += count
    return right / len(data[0])


@pytest.mark.parametrize("batch_size", [32, 128])
def test_article_network_on_mnist(bench: Bench, mnist_folder: Path, tmp_path: Path, batch_size: int) -> None:
    torch.set_num_threads(1)
    places = DataPlaces(mnist_folder, tmp_path)
    preset = catalogue().presets["mnist"]
    preset = preset.with_training(replace(preset.training, batch_size=batch_size))
    data = tensors(preset, places)
    found = bench.take_turns(
        {
            "tutorial": samples_per_second(tutorial_loop(preset, *data)),
            "indexed": samples_per_second(indexed_loop(preset, *data)),
            "nnviz": samples_per_second(trainer_loop(Trainer(catalogue(), places), preset, places)),
        }
    )
    for name, title, wanted in (("tutorial", "tutorial's loop", 3.0), ("indexed", "indexed loop", 1.8)):
        bench.at_least(
            f"training 784-20-14-10, Adam, batch {batch_size}, against the {title}",
            f"{found['nnviz']:,.0f} samples/s",
            f"{found[name]:,.0f} samples/s",
            found["nnviz"] / found[name],
            wanted,
        )
    own, other = training_accuracy(preset, places), loop_accuracy(preset, data)
    bench.at_most(
        f"… difference in training accuracy of epoch {ACCURACY_EPOCHS}, batch {batch_size}",
        f"{own:.2%}",
        f"{other:.2%}",
        abs(own - other) * 100,
        1.0,
        "points",
    )


def test_playground_network(bench: Bench, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    places = DataPlaces(None, tmp_path)
    preset = catalogue().presets["circle"]
    data = tensors(preset, places)
    points = len(data[0])
    found = bench.take_turns(
        {
            "indexed": samples_per_second(indexed_loop(preset, *data)),
            "nnviz": samples_per_second(trainer_loop(Trainer(catalogue(), places), preset, places)),
        }
    )
    bench.at_least(
        f"training 2-4-2-1 tanh, SGD, batch {preset.training.batch_size}, {points} points, against the indexed loop",
        f"{found['nnviz'] / points:,.0f} epochs/s",
        f"{found['indexed'] / points:,.0f} epochs/s",
        found["nnviz"] / found["indexed"],
        3.0,
    )
