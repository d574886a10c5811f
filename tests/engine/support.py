"""Small data sets and runs for tests of the engine; no files, no network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nnviz.core.data import Dataset, Task
from nnviz.core.questions import Question
from nnviz.core.spec import DataSpec, NetworkSpec, OptimizerSpec, Preset, TrainingSpec
from nnviz.engine.inquiries import Inquirer
from nnviz.engine.layers import Dense, Dropout, Flatten, Input
from nnviz.engine.run import Run
from nnviz.engine.stepper import Stepper


def picture_data(count: int = 60, side: int = 4, classes: int = 3) -> Dataset:
    rng = np.random.default_rng(5)
    return Dataset(
        "pictures",
        "Pictures",
        rng.integers(0, 17, (count, side, side)).astype(np.uint8),
        16.0,
        rng.integers(0, classes, count),
        tuple(str(i) for i in range(classes)),
        Task.CLASSES,
    )


def point_data(count: int = 40, task: Task = Task.CLASSES) -> Dataset:
    rng = np.random.default_rng(6)
    raw = rng.uniform(-1, 1, (count, 2)).astype(np.float32)
    sums = raw.sum(axis=1)
    targets = (sums > 0).astype(np.int64) if task is Task.CLASSES else sums[:, None].astype(np.float32)
    classes = ("negative", "positive") if task is Task.CLASSES else ()
    return Dataset("points", "Points", raw, 1.0, targets, classes, task, ("x₁", "x₂"))


def picture_preset(
    *,
    hidden: str = "tanh",
    output: str = "softmax",
    loss: str = "categorical_crossentropy",
    optimizer: OptimizerSpec | None = None,
    dropout: float | None = None,
    batch_size: int = 7,
    units: int = 3,
) -> Preset:
    middle = () if dropout is None else (Dropout(dropout),)
    network = NetworkSpec((Input((4, 4)), Flatten(), Dense(6, hidden), *middle, Dense(5, hidden), Dense(units, output)))
    training = TrainingSpec(optimizer=optimizer or OptimizerSpec("sgd", {"lr": 0.1}), loss=loss, batch_size=batch_size)
    return Preset("Pictures", "", DataSpec("pictures", validation_split=0.2), network, training)


def point_preset(*, output: str = "sigmoid", loss: str = "binary_crossentropy", hidden: str = "tanh") -> Preset:
    network = NetworkSpec((Input((2,)), Dense(4, hidden), Dense(1, output)))
    return replace(picture_preset(), network=network, training=TrainingSpec(loss=loss, batch_size=8))


def stepper(preset: Preset, dataset: Dataset | None = None, memory_limit: int = 10**8) -> Stepper:
    return Stepper(Run(preset, dataset or picture_data(), revision=1), memory_limit)


def answer(stepper: Stepper, question: Question) -> object:
    """The answer to a question, in as many pieces as that takes."""
    inquirer = Inquirer()
    while not (found := inquirer.answer(stepper, question)).complete:
        pass
    return found.answer
