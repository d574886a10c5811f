"""How much of each pixel each edge covers: geometry that stays the same while the numbers on the edges change.

It is kept as sparse matrices, pixels × edges, so that all edges are painted by two products. Neighbours that are
closer to each other than the eye can tell share one column, and the more edges there are, the closer they have to be:
no edge is left out, and the matrices never take more than `MOST_BYTES`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_BYTES = 120_000_000
BYTES = 8  # of an entry: a float32 and the int32 that says where it belongs
REACH = 0.75  # px: neighbours within this distance are seen as one
AT_ONCE = 400_000  # places on edges that are looked at together: their arrays fit into the cache
STEEPEST = 64

Points = NDArray[np.float32]
Numbers = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Bundles:
    """Ends of edges, bundled with their neighbours.

    Attributes
    ----------
    order : ndarray of int, shape (n,)
        Sorts them so that bundles are contiguous.
    firsts : ndarray of int, shape (bundles,)
        Where in that order each bundle begins.
    middles : ndarray, shape (bundles, 2)
    """

    order: NDArray[np.intp]
    firsts: NDArray[np.intp]
    middles: Points

    def sums(self, numbers: Numbers, axis: int) -> Numbers:
        """Add up what belongs to one bundle, along an axis of a matrix."""
        if len(self.firsts) == len(self.order):
            return np.take(numbers, self.order, axis)
        if (np.diff(self.order) < 0).any():
            numbers = np.take(numbers, self.order, axis)
        sums: Numbers = np.add.reduceat(numbers, self.firsts, axis)
        return sums


def bundles(points: Points, reach: float) -> Bundles:
    """Bundle points that stand on top of each other, no farther apart than `reach`.

    The first of a bundle decides who else belongs to it, not a fixed grid: evenly spaced points give bundles of one
    size, and so no moiré.
    """
    order = np.lexsort((points[:, 1], points[:, 0]))
    firsts: list[int] = []
    x_first = y_first = -np.inf
    for index, (x, y) in enumerate(points[order].tolist()):
        if x != x_first or y - y_first > reach:
            firsts.append(index)
            x_first, y_first = x, y
    starts = np.array(firsts, np.intp)
    if not len(starts):
        return Bundles(order, starts, points)
    sizes = np.diff(starts, append=len(points))
    return Bundles(order, starts, np.add.reduceat(points[order], starts, axis=0) / sizes[:, None].astype(np.float32))


class Fan:
    """All bundled edges between two columns, as lines in an image of `height` pixels.

    Attributes
    ----------
    starts, ends : Bundles
    """

    def __init__(self, starts: Bundles, ends: Bundles, height: int) -> None:
        self.starts, self.ends, self._height = starts, ends, height
        shape = (len(ends.middles), len(starts.middles))
        x, y = (np.broadcast_to(starts.middles[:, axis], shape).ravel() for axis in (0, 1))
        x_end, y_end = (np.repeat(ends.middles[:, axis], shape[1]) for axis in (0, 1))
        slope = (y_end - y) / np.maximum(x_end - x, 1e-3)
        steps = np.clip(np.ceil(np.abs(slope)), 1, STEEPEST)
        self._order = np.argsort(steps, kind="stable")  # those with as many steps are looked at together
        self._x, self._y, self._x_end, self._slope, self._steps = (
            each[self._order] for each in (x, y, x_end, slope, steps)
        )

    def numbers(self, numbers: Numbers) -> Numbers:
        """Bring a matrix (outputs, inputs) into the order of the bundled edges, adding up what is bundled."""
        return np.take(self.ends.sums(self.starts.sums(numbers, 1), 0), self._order)

    def entries(self, width: int) -> int:
        """Count about how many entries the matrix will have."""
        steep = np.where(np.abs(self._slope) < 1e-6, 1e-6, self._slope)
        at_edges = np.stack([-self._y, self._height - self._y]) / steep + self._x
        left = np.maximum(np.maximum(at_edges.min(axis=0), self._x), 0.0)
        right = np.minimum(np.minimum(at_edges.max(axis=0), self._x_end), width)
        return int((2 * self._steps * np.maximum(right - left, 0.0)).sum(dtype=float))

    def coverage(self, first: int, end: int, thickness: float) -> csr_array:
        """Cover pixels in columns `first` to `end` by lines of `thickness` pixels.

        Each step along a line is shared by the two pixels above each other that it lies between; steep lines take
        several steps per column, so that they leave no hole.

        Returns
        -------
        csr_array of float32, shape ((end − first) · height, edges)
            Pixels column by column.
        """
        from scipy.sparse import csc_array

        counts = np.zeros(len(self._x), np.int32)
        rows, shares = [], []
        for chosen in self._chunks(self._seen_between(first, end), AT_ONCE // (end - first)):
            row, share, counts[chosen] = self._entries_of(chosen, first, end, thickness)
            rows.append(row)
            shares.append(share)
        where = np.concatenate([np.zeros(1, np.int32), np.cumsum(counts, dtype=np.int32)])
        shape = ((end - first) * self._height, len(self._x))
        return csc_array((_joined(shares, np.float32), _joined(rows, np.int32), where), shape=shape).tocsr()

    def _seen_between(self, first: int, end: int) -> NDArray[np.intp]:
        """Which edges reach into these columns, and there into the image."""
        left, right = np.maximum(self._x, first), np.minimum(self._x_end, end)
        ends = self._y + self._slope * np.stack([left - self._x, right - self._x])
        return np.flatnonzero((left < right) & (ends.max(axis=0) > -1) & (ends.min(axis=0) < self._height + 1))

    def _chunks(self, chosen: NDArray[np.intp], size: int) -> Iterator[NDArray[np.intp]]:
        """Parts of at most `size` edges that take as many steps each."""
        for equal in np.split(chosen, np.flatnonzero(np.diff(self._steps[chosen])) + 1):
            yield from (equal[start : start + size] for start in range(0, len(equal), size))

    def _entries_of(
        self, chosen: NDArray[np.intp], first: int, end: int, thickness: float
    ) -> tuple[NDArray[np.int32], Numbers, NDArray[np.int32]]:
        """Rows, shares and number of entries of edges with as many steps."""
        steps = int(self._steps[chosen[0]])
        x_start, slope = self._x[chosen, None], self._slope[chosen, None]
        x = (first + (np.arange((end - first) * steps, dtype=np.float32) + 0.5) / steps).astype(np.float32)
        y = self._y[chosen, None] - 0.5 + slope * (x - x_start)
        upper = np.floor(y)
        y -= upper
        strength = thickness / steps * np.sqrt(1.0 + slope * slope)
        share = np.stack([(1.0 - y) * strength, y * strength], axis=-1)
        level = upper.astype(np.int32)[:, :, None] + np.array([0, 1], np.int32)
        inside = (level >= 0) & (level < self._height)
        inside &= ((x >= x_start) & (x < self._x_end[chosen, None]))[:, :, None]
        level += (np.arange(len(x), dtype=np.int32) // steps * self._height)[:, None]
        return level[inside], share[inside], np.count_nonzero(inside, axis=(1, 2)).astype(np.int32)


def _joined(parts: list[NDArray[Any]], dtype: type) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype), *parts])


def fans(ends: tuple[tuple[Points, Points], ...], width: int, height: int) -> tuple[Fan, ...]:
    """Bundle all edges so far that their matrices stay within the memory that is allowed.

    Parameters
    ----------
    ends : tuple
        Starts and ends for each pair of columns, shape (inputs, 2) and (outputs, 2), in pixels of an image of
        `width` × `height`.
    """
    reach = REACH
    while True:
        found = tuple(Fan(bundles(one, reach), bundles(two, reach), height) for one, two in ends)
        if sum(fan.entries(width) for fan in found) * BYTES <= MOST_BYTES:
            return found
        reach *= 1.1


@dataclass(frozen=True, eq=False)
class Band:
    """Columns `first` to `end` of an image `height` pixels high, and the fans that reach into them."""

    first: int
    end: int
    height: int
    parts: tuple[tuple[int, csr_array], ...]

    @property
    def nbytes(self) -> int:
        """Memory of the matrices."""
        return sum(part.data.nbytes + part.indices.nbytes + part.indptr.nbytes for _, part in self.parts)

    def total(self, numbers: list[Numbers]) -> Numbers:
        """Sum of coverage · number over all edges, for each pixel, column by column; `numbers` are given per fan."""
        total = np.zeros((self.end - self.first) * self.height, np.float32)
        for index, part in self.parts:
            total += part @ numbers[index]
        return total


def make_band(all_fans: tuple[Fan, ...], first: int, end: int, height: int, thickness: float) -> Band:
    """Cover some columns of pixels."""
    parts = ((index, fan.coverage(first, end, thickness)) for index, fan in enumerate(all_fans))
    return Band(first, end, height, tuple((index, part) for index, part in parts if part.nnz))
