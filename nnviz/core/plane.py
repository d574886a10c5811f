"""What the network makes of every place in the plane."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nnviz.core.added_points import FARTHEST
from nnviz.core.data import FloatArray
from nnviz.core.memo import Memo
from nnviz.core.questions import Question

GRID_SIDE = 64
LEAST_REACH = 6.0  # the presets lie within −6 … 6
MOST_UNITS = 64  # of a layer whose neurons are shown as maps: more would be too small to see


@Memo
def plane_reach(points: FloatArray) -> float:
    """How far the shown square goes from 0 in each direction: a whole number, so that it seldom changes."""
    farthest = float(np.abs(points).max(initial=0.0))
    return max(LEAST_REACH, float(math.ceil(min(farthest, FARTHEST) * 1.03)))


@dataclass(frozen=True)
class AskPlane(Question):
    """What does the network answer for every place in the square −reach … reach? Answered by `PlaneAnswer`."""

    reach: float


@dataclass(frozen=True, eq=False)
class PlaneAnswer:
    """What every neuron answers for the middles of the cells of a square grid.

    Row 0 is the top one, with the largest x₂; column 0 has the smallest x₁.

    Attributes
    ----------
    revision, step : int
        The network that was asked.
    outputs : ndarray, shape (outputs, side, side)
        What the network answers: probabilities, where it gives some.
    low : float
        Where a single output tells two classes apart, what it should be for the first one; it is 1 for the second.
    layers : tuple of mapping of part name to ndarray, shape (units, side, side)
        The parts of every layer; empty for layers of more than `MOST_UNITS` neurons.
    """

    revision: int
    step: int
    reach: float
    outputs: FloatArray
    low: float
    layers: tuple[Mapping[str, FloatArray], ...]

    def class_shares(self, classes: int) -> FloatArray:
        """How sure the network is of each class, 0 … 1; shape (classes, side, side)."""
        return self.class_shares_of(self.outputs, classes)

    def class_shares_of(self, outputs: FloatArray, classes: int) -> FloatArray:
        """The same for some outputs, shape (outputs, …)."""
        if len(outputs) == 1 and classes == 2:
            second = (outputs[0] - self.low) / (1.0 - self.low)
            outputs = np.stack([1.0 - second, second])
        return np.asarray(np.clip(outputs, 0.0, 1.0), np.float32)

    def at(self, x1: float, x2: float) -> FloatArray:
        """The outputs for a place in the square: those of its cell; shape (outputs,)."""
        side = self.outputs.shape[-1]
        column, row = ((np.array([x1, -x2]) + self.reach) / (2 * self.reach) * side).astype(int).clip(0, side - 1)
        return np.asarray(self.outputs[:, row, column])


def grid_points(reach: float, side: int) -> FloatArray:
    """Coordinates of the middles of the cells, row by row from the top; shape (side², 2)."""
    middles = (np.arange(side, dtype=np.float32) + np.float32(0.5)) * np.float32(2 * reach / side) - np.float32(reach)
    x1, x2 = np.meshgrid(middles, -middles)
    return np.stack([x1.ravel(), x2.ravel()], axis=1)


def lead(shares: FloatArray) -> FloatArray:
    """By how much the surest class is ahead of the next one, 0 … 1; shape (side, side)."""
    ordered = np.sort(shares, axis=0)
    return np.asarray(ordered[-1] - ordered[-2])
