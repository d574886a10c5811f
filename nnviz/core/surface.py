"""A slice through the loss surface: which plane, and what was measured on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Plane(StrEnum):
    """Which plane through the space of all weights."""

    PATHS = "paths"
    RANDOM = "random"


@dataclass(frozen=True, eq=False)  # compared by identity: an array cannot be
class Surface:
    """The loss on a grid of points of a plane.

    Attributes
    ----------
    number : int
        Counts the surfaces; the same while one becomes finer.
    losses : ndarray, shape (n, n)
        Rows go along the second direction, columns along the first. May hold infinities, no not-a-numbers.
    x, y : tuple of float
        Coordinates of the first and the last column, and of the first and the last row.
    samples : int
        On how many training samples the loss was measured.
    held : float or None
        Share of the paths' movement (their variance) that lies in the plane; None without paths.
    complete : bool
        Whether this is the finest grid.
    """

    number: int
    plane: Plane
    losses: NDArray[np.float64]
    x: tuple[float, float]
    y: tuple[float, float]
    samples: int
    held: float | None
    complete: bool

    def loss_at(self, x: float, y: float) -> float | None:
        """Loss at a point between the points of the grid (bilinear); None outside."""
        n = len(self.losses) - 1
        column = (x - self.x[0]) / (self.x[1] - self.x[0]) * n
        row = (y - self.y[0]) / (self.y[1] - self.y[0]) * n
        if not (0 <= column <= n and 0 <= row <= n):
            return None
        left, low = min(int(column), n - 1), min(int(row), n - 1)
        cell = self.losses[low : low + 2, left : left + 2]
        along = np.array([1 - (column - left), column - left])
        up = np.array([1 - (row - low), row - low])
        return float(up @ cell @ along)
