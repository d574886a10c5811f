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
    added : int
        How many of the samples, the last ones, were added by hand: all of them are trained on.
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
    added: int = 0

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


def split_indices(count: int, validation_split: float, seed: int, added: int = 0) -> tuple[IntArray, IntArray]:
    """Divide `count` samples into training and validation indices, by chance, but always alike for one seed.

    The last `added` ones are all in training, and do not change how the others are divided.

    Returns
    -------
    training, validation : ndarray of int64
        At least one sample stays in training.
    """
    drawn = count - added
    order = np.random.default_rng([seed, 1]).permutation(drawn).astype(np.int64)
    held_out = min(round(drawn * validation_split), drawn - 1)
    return np.concatenate([order[held_out:], np.arange(drawn, count)]), order[:held_out]


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
        All samples, for data sets of points in the plane; those added by hand come last.
    held_out : ndarray of int64 or None
        Which of the points are for validation.
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
    held_out: IntArray | None = None

    @property
    def is_image(self) -> bool:
        """Whether a sample is a picture in greys."""
        return len(self.sample_shape) == 2

    @property
    def has_plane(self) -> bool:
        """Whether the samples are points in the plane that have one answer each: a class, or a number."""
        return self.points is not None and self.point_targets is not None and self.point_targets[:1].size == 1
