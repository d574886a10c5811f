"""Samples that stand in the preset file itself: for a worksheet, a handful that a teacher has written down."""

from __future__ import annotations

import numpy as np

from nnviz.core.catalogue import DatasetEntry
from nnviz.core.data import Dataset, Task
from nnviz.core.given import GivenSamples
from nnviz.core.trace import frozen

ENTRY = DatasetEntry(
    "given",
    "Given samples",
    "The samples that are written down in the preset file itself, for worksheets; without any, the truth table of XOR.",
    {},
    {},
    (2,),
    ("0", "1"),
)
XOR_TABLE = GivenSamples(
    ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)), ((0.0,), (1.0,), (1.0,), (0.0,)), ("x₁", "x₂"), ENTRY.classes
)
AS_WRITTEN = {"validation_split": 0.0, "shuffle": False}
"""What a file means that says nothing else: all samples are learned, in the order in which they are written down."""


def load(given: GivenSamples | None) -> Dataset:
    """Make the data set of a preset's own samples; of the truth table, where it has none."""
    given = given or XOR_TABLE
    targets = np.array(given.targets, np.float32)
    return Dataset(
        name=ENTRY.name,
        title=ENTRY.label,
        raw=frozen(np.array(given.inputs, np.float32)),
        divisor=1,
        targets=frozen(targets[:, 0].astype(np.int64) if given.classes else targets),
        classes=given.classes,
        task=Task.CLASSES if given.classes else Task.VALUES,
        feature_names=given.features or tuple(f"x{_low(number)}" for number in range(1, len(given.inputs[0]) + 1)),
    )


def _low(number: int) -> str:
    """Write a number as an index."""
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
