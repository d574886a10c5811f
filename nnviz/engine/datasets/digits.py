"""The 1,797 handwritten 8×8 digits that are part of scikit-learn, shipped with nnviz: they need no download.

They are the test set of Alpaydin & Kaynak, "Optical Recognition of Handwritten Digits" (UCI, 1998). The copy in
``resources/data/digits.npz`` spares every start the import of scikit-learn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnviz.core.catalogue import DatasetEntry
from nnviz.core.data import Dataset, Task
from nnviz.core.resources import resources
from nnviz.core.trace import frozen
from nnviz.engine.datasets.places import DataPlaces

ENTRY = DatasetEntry(
    name="digits",
    label="Digits 8×8",
    help="1,797 handwritten digits of 8×8 grey pixels. Small enough to see every weight; comes with nnviz.",
    settings={},
    defaults={},
    sample_shape=(8, 8),
    classes=tuple("0123456789"),
)

LARGEST_COUNT = 16


def load(settings: Mapping[str, Any], seed: int, places: DataPlaces) -> Dataset:
    """Load the digits; there is nothing to set and nothing left to chance."""
    del settings, seed, places
    with resources().joinpath("data", "digits.npz").open("rb") as file, np.load(file) as arrays:
        images, targets = arrays["images"], arrays["targets"]
    return Dataset(
        name=ENTRY.name,
        title=ENTRY.label,
        raw=frozen(images),
        divisor=LARGEST_COUNT,
        targets=frozen(targets.astype(np.int64)),
        classes=ENTRY.classes,
        task=Task.CLASSES,
    )
