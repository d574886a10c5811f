"""Points in the plane: the learners' classics, drawn by the formulas of TensorFlow Playground.

Coordinates lie in about −6 … 6, as in Playground (tensorflow/playground, src/dataset.ts), whose defaults (tanh,
learning rate 0.03) are made for that scale: so the divisor is 1. Class 0 is Playground's −1 (orange), 1 its +1 (blue).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnviz.core.added_points import AddedPoint
from nnviz.core.catalogue import DatasetEntry
from nnviz.core.data import Dataset, Task
from nnviz.core.settings import Number
from nnviz.core.spec import SpecError
from nnviz.core.trace import frozen
from nnviz.engine.datasets.places import DataPlaces

SETTINGS = {
    "samples": Number("Samples", "How many points there are.", 10, 10_000, integer=True, step=50),
    "noise": Number("Noise", "How much chance blurs the pattern: 0 is clean, 0.5 hardly recognisable.", 0.0, 0.5,
                    step=0.05),
}  # fmt: skip
DEFAULTS = {"samples": 500, "noise": 0.0}
CLASSES = ("negative", "positive")
FEATURES = ("x₁", "x₂")

Points = NDArray[np.float64]
# in quotation marks: the name alone would make NumPy import its generators at every start
Maker: TypeAlias = "Callable[[int, float, np.random.Generator], tuple[Points, NDArray[Any]]]"
"""Takes samples, noise and chance; gives points, shape (samples, 2), and for each its class (bool) or its value."""


def _halves(samples: int) -> tuple[int, int]:
    return (samples + 1) // 2, samples // 2


def circle(samples: int, noise: float, rng: np.random.Generator) -> tuple[Points, NDArray[Any]]:
    """A disc (radius 0 … 2.5) within a ring (3.5 … 5)."""
    inside, outside = _halves(samples)
    radius = np.concatenate([rng.uniform(0, 2.5, inside), rng.uniform(3.5, 5, outside)])
    angle = rng.uniform(0, 2 * np.pi, samples)
    points = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
    judged = points + rng.uniform(-5, 5, points.shape) * noise
    return points, np.hypot(*judged.T) < 2.5


def xor(samples: int, noise: float, rng: np.random.Generator) -> tuple[Points, NDArray[Any]]:
    """Four quadrants with a gap of 0.6 between them; positive where the signs are equal."""
    points = rng.uniform(-5, 5, (samples, 2))
    points += np.where(points > 0, 0.3, -0.3)
    judged = points + rng.uniform(-5, 5, points.shape) * noise
    return points, judged[:, 0] * judged[:, 1] >= 0


def gaussians(samples: int, noise: float, rng: np.random.Generator) -> tuple[Points, NDArray[Any]]:
    """Two clouds around (2, 2) and (−2, −2), with a variance of 0.5 (noise 0) to 4 (noise 0.5)."""
    positive, negative = _halves(samples)
    labels = np.repeat([True, False], [positive, negative])
    spread = np.sqrt(0.5 + 7 * noise)
    return rng.normal(np.where(labels, 2.0, -2.0)[:, None], spread, (samples, 2)), labels


def spiral(samples: int, noise: float, rng: np.random.Generator) -> tuple[Points, NDArray[Any]]:
    """Two arms, each of 1.75 turns out to radius 5."""
    counts = _halves(samples)
    along = np.concatenate([np.arange(count) / count for count in counts])
    labels = np.repeat([True, False], counts)
    angle = 1.75 * 2 * np.pi * along + np.where(labels, 0.0, np.pi)
    points = 5 * along[:, None] * np.column_stack([np.sin(angle), np.cos(angle)])
    return points + rng.uniform(-1, 1, points.shape) * noise, labels


def moons(samples: int, noise: float, rng: np.random.Generator) -> tuple[Points, NDArray[Any]]:
    """Two half moons that reach into each other: scikit-learn's, centred and three times as large."""
    from sklearn.datasets import make_moons

    points, labels = make_moons(samples, noise=noise, random_state=int(rng.integers(2**31)))
    return 3 * (points - (0.5, 0.25)), labels == 1


def plane(samples: int, noise: float, rng: np.random.Generator) -> tuple[Points, NDArray[Any]]:
    """A slope to be predicted as a number: (x₁ + x₂)/12, which is −1 … 1 without noise."""
    points = rng.uniform(-6, 6, (samples, 2))
    judged = points + rng.uniform(-6, 6, points.shape) * noise
    return points, judged.sum(axis=1) / 12


def with_points(dataset: Dataset, points: Sequence[AddedPoint]) -> Dataset:
    """Append points that a person has added.

    Raises
    ------
    SpecError
        If the samples are not points in the plane, or a point is of a class that there is not.
    """
    if dataset.sample_shape != (2,) or dataset.targets[0].size != 1:
        raise SpecError(f"{dataset.title} is not a data set of points in the plane: no points can be added.")
    added = np.array(points, np.float64)
    answers = added[:, 2]
    if dataset.task is Task.CLASSES and not np.isin(answers, np.arange(len(dataset.classes))).all():
        raise SpecError(f"An added point is of a class that there is not: there are 0 … {len(dataset.classes) - 1}.")
    targets = answers.astype(dataset.targets.dtype).reshape(-1, *dataset.targets.shape[1:])
    return replace(
        dataset,
        raw=frozen(np.concatenate([dataset.raw, added[:, :2].astype(np.float32)])),
        targets=frozen(np.concatenate([dataset.targets, targets])),
        added=len(points),
    )


@dataclass(frozen=True)
class _Loader:
    """Makes the data set of one entry."""

    entry: DatasetEntry
    make: Maker

    def __call__(self, settings: Mapping[str, Any], seed: int, places: DataPlaces) -> Dataset:
        """Draw the points; `places` are not needed."""
        del places
        points, answers = self.make(int(settings["samples"]), float(settings["noise"]), np.random.default_rng(seed))
        has_classes = bool(self.entry.classes)
        return Dataset(
            name=self.entry.name,
            title=self.entry.label,
            raw=frozen(points.astype(np.float32)),
            divisor=1,
            targets=frozen(answers.astype(np.int64) if has_classes else answers.astype(np.float32)[:, None]),
            classes=self.entry.classes,
            task=Task.CLASSES if has_classes else Task.VALUES,
            feature_names=FEATURES,
        )


def _source(make: Maker, label: str, help: str, classes: tuple[str, ...] = CLASSES) -> tuple[DatasetEntry, _Loader]:
    entry = DatasetEntry(make.__name__, label, help, SETTINGS, DEFAULTS, (2,), classes)
    return entry, _Loader(entry, make)


SOURCES = (
    _source(circle, "Circle", "A disc within a ring: one neuron cannot separate them, a few together can."),
    _source(xor, "XOR", "Four quadrants, opposite ones alike: the smallest problem that needs a hidden layer."),
    _source(gaussians, "Gaussians", "Two clouds of points: a single neuron separates them by a line."),
    _source(spiral, "Spiral", "Two spirals wound into each other: needs more neurons, or better features."),
    _source(moons, "Moons", "Two half moons that reach into each other."),
    _source(plane, "Plane", "A slope: predict a number, not a class. A single linear neuron is enough.", ()),
)
