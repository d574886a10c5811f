"""What a network takes for what: the confusion matrix, and the samples behind it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from nnviz.core.data import FloatArray, IntArray
from nnviz.core.questions import Question
from nnviz.core.trace import frozen


class Samples(StrEnum):
    """Which part of a data set is judged."""

    VALIDATION = "validation"
    TRAINING = "training"


@dataclass(frozen=True)
class AskMistakes(Question):
    """What does the network take the samples for? Answered by `Mistakes`.

    Attributes
    ----------
    samples : Samples
    cell : tuple of int, or None
        Class and predicted class of the samples that are wanted; None for all that are taken for something else.
    most : int
        How many samples are wanted, the highest loss first.
    """

    samples: Samples
    cell: tuple[int, int] | None = None
    most: int = 60


@dataclass(frozen=True, eq=False)
class Mistakes:
    """The confusion matrix of all samples judged, and those samples that were asked for.

    Attributes
    ----------
    counts : ndarray of int64, shape (classes, classes)
        How often a sample of the class of the row is taken for the class of the column.
    available : int
        How many samples there are: `judged` may be fewer, so that the answer does not take too long.
    indices : ndarray of int64, shape (n,)
        Places in the data set of the samples that were asked for; of them, too:
    inputs : ndarray, shape (n, *sample_shape)
        Preprocessed.
    targets, predictions : ndarray of int64, shape (n,)
        Classes.
    outputs : ndarray, shape (n,)
        Output of the network for the predicted class: with softmax or sigmoid its probability.
    losses : ndarray, shape (n,)
    """

    counts: IntArray
    available: int
    indices: IntArray
    inputs: FloatArray
    targets: IntArray
    predictions: IntArray
    outputs: FloatArray
    losses: FloatArray

    @property
    def judged(self) -> int:
        """How many samples the matrix counts."""
        return int(self.counts.sum())

    @property
    def wrong(self) -> int:
        """How many of them are taken for something else."""
        return self.judged - int(np.trace(self.counts))

    def shares(self) -> FloatArray:
        """Each row as shares of its sum, shape (classes, classes); rows without samples are zero."""
        sums = self.counts.sum(axis=1, keepdims=True)
        return frozen((self.counts / np.maximum(sums, 1)).astype(np.float32))
