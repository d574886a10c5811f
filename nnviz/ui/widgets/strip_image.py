"""Histograms over time as an image: time to the right, values upwards, the more numbers the stronger the colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from nnviz.core.data import FloatArray

BINS = 24
POINTS = 97  # that stand for a distribution, between its quantiles
FULL = 6.0  # times the density of numbers that are spread evenly, at which the colour has its full strength
FEWEST_DECADES, MOST_DECADES = 3, 9
SOFTER = 0.6  # exponent: what is rare can be seen, too


@dataclass(frozen=True, eq=False)
class Course:
    """Quantiles of some numbers over the steps: `steps` (n,) rising, `quantiles` (n, k), rising along each row.

    A row that is not a number stands for a moment at which there was nothing to be seen; not all rows are such.
    """

    steps: NDArray[np.float64]
    quantiles: FloatArray

    def inner_range(self) -> tuple[float, float]:
        """Smallest and largest number of all times, but for the outermost few."""
        return float(np.nanmin(self.quantiles[:, 1])), float(np.nanmax(self.quantiles[:, -2]))


def course_of(steps: Sequence[int], quantiles: Sequence[FloatArray | None]) -> Course | None:
    """Put the quantiles of several snapshots together, with gaps where there are none; None if there are only gaps."""
    known = next((each for each in quantiles if each is not None and np.isfinite(each).all()), None)
    if known is None:
        return None
    gap = np.full_like(known, np.nan)
    return Course(np.asarray(steps, np.float64), np.stack([gap if each is None else each for each in quantiles]))


def densities(course: Course, low: float, high: float, first: float, last: float, columns: int) -> FloatArray:
    """Shares of the numbers, shape (BINS, columns); the first row is the uppermost bin.

    Parameters
    ----------
    low, high : float
        Range of the values; what lies beyond is counted in the outermost bins.
    first, last : float
        Range of the steps. A column shows the newest snapshot there was at its step; before the first, and where that
        is a gap, it is empty.
    """
    at = np.linspace(first, last, columns)
    newest = np.searchsorted(course.steps, at, side="right") - 1
    known = course.quantiles[np.maximum(newest, 0)]
    is_gap = (newest < 0) | np.isnan(known[:, 0])
    known = np.nan_to_num(known)
    place = np.linspace(0, known.shape[1] - 1, POINTS)
    below = np.minimum(place.astype(int), known.shape[1] - 2)
    share = (place - below).astype(np.float32)
    values = known[:, below] * (1 - share) + known[:, below + 1] * share
    bins = np.clip((values - low) * (BINS / ((high - low) or 1.0)), 0, BINS - 1).astype(int)
    counts = np.bincount((np.arange(columns)[:, None] * BINS + bins).ravel(), minlength=columns * BINS)
    found = counts.reshape(columns, BINS).astype(np.float32) / POINTS
    found[is_gap] = 0.0
    return found.T[::-1]


def strip_image(shares: FloatArray, high: QColor, low: QColor, turn: int, ground: QColor) -> QImage:
    """Paint densities: the rows above row `turn` in the one colour, the others in the other."""
    levels = np.minimum(shares * (255 * BINS / FULL), 255.0).astype(np.uint8)
    pixels = np.empty(shares.shape, np.uint32)
    pixels[:turn] = _inks(high, ground)[levels[:turn]]
    pixels[turn:] = _inks(low, ground)[levels[turn:]]
    rows, columns = shares.shape
    return QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()


def _inks(ink: QColor, ground: QColor) -> NDArray[np.uint32]:
    """256 mixtures of two colours, in the format of the screen."""
    strength = (np.arange(256, dtype=np.float32) / 255)[:, None] ** SOFTER
    paper = np.array(ground.getRgb()[:3], np.float32)
    red, green, blue = (paper + (np.array(ink.getRgb()[:3], np.float32) - paper) * strength).astype(np.uint32).T
    return red << 16 | green << 8 | blue | 0xFF000000


def nice_range(low: float, high: float) -> tuple[float, float]:
    """A range around the numbers with round ends (1, 2, 5, 10 …), so that it seldom changes; it has 0 in it."""
    largest = max(abs(low), abs(high))
    if not largest > 1e-12:
        return -1.0, 1.0
    power = 10.0 ** math.floor(math.log10(largest))
    limit = next(power * step for step in (1.0, 2.0, 5.0, 10.0) if largest <= power * step * (1 + 1e-6))
    return (0.0 if low >= 0 else -limit), (0.0 if high <= 0 else limit)


def decades_around(ranges: list[tuple[float, float]]) -> tuple[int, int]:
    """Whole powers of ten around all ranges."""
    high = math.ceil(max(high for _, high in ranges) + 1e-9)
    low = math.floor(min(low for low, _ in ranges))
    return max(min(low, high - FEWEST_DECADES), high - MOST_DECADES), high
