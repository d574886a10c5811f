"""A data set in memory, its split, and what the window needs to know about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from nnviz.core.spec import Shape

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]


class Task(StrEnum):
    """What is to be learned: one of several classes, or a number."""

    CLASSES = "classes"
    VALUES = "values"


@dataclass(frozen=True)
class Dataset:
    """Samples and what they are.

    Attributes
    ----------
    raw : ndarray, shape (samples, *sample_shape)
        As stored: uint8 pixels or float32 coordinates. Read-only.
    divisor : float
        What `raw` is divided by before the network sees it (MNIST 255, digits 16, points 1).
    targets : ndarray
        ``Task.CLASSES``: int64 class indices, shape (samples,). ``Task.VALUES``: float32, shape (samples, outputs).
    classes : tuple of str
        Names of the classes; empty for ``Task.VALUES``.
    test_raw, test_targets : ndarray or None
        A separate test set, for data sets that come with one.
    """

    name: str
    title: str
    raw: NDArray[np.uint8] | FloatArray
    divisor: float
    targets: IntArray | FloatArray
    classes: tuple[str, ...]
    task: Task
    feature_names: tuple[str, ...] = ()
    test_raw: NDArray[np.uint8] | FloatArray | None = None
    test_targets: IntArray | FloatArray | None = None

    def __len__(self) -> int:
        """Count the samples."""
        return len(self.raw)

    @property
    def sample_shape(self) -> Shape:
        """Shape of one sample, as stored."""
        return tuple(self.raw.shape[1:])

    @property
    def is_image(self) -> bool:
        """Whether a sample is a picture in greys."""
        return len(self.sample_shape) == 2


def split_indices(count: int, validation_split: float, seed: int) -> tuple[IntArray, IntArray]:
    """Divide `count` samples into training and validation indices, by chance, but always alike for one seed.

    Returns
    -------
    training, validation : ndarray of int64
        At least one sample stays in training.
    """
    order = np.random.default_rng([seed, 1]).permutation(count).astype(np.int64)
    held_out = min(round(count * validation_split), count - 1)
    return order[held_out:], order[:held_out]


@dataclass(frozen=True)
class DataSummary:
    """What the data panel shows of a loaded data set; small enough to be handed between threads.

    Attributes
    ----------
    preview_raw : ndarray, shape (few, *sample_shape)
        The first samples as stored.
    preview_targets : ndarray
        Their targets.
    points, point_targets : ndarray or None
        All samples, for data sets of points in the plane.
    value_range : tuple of float
        Smallest and largest stored value.
    """

    name: str
    title: str
    sample_shape: Shape
    training_samples: int
    validation_samples: int
    test_samples: int
    divisor: float
    classes: tuple[str, ...]
    task: Task
    feature_names: tuple[str, ...]
    value_range: tuple[float, float]
    stored_type: str
    preview_raw: NDArray[np.uint8] | FloatArray
    preview_targets: IntArray | FloatArray
    points: FloatArray | None = None
    point_targets: IntArray | FloatArray | None = None

    @property
    def is_image(self) -> bool:
        """Whether a sample is a picture in greys."""
        return len(self.sample_shape) == 2
