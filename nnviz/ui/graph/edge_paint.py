"""Painting edges that are meant to be seen one by one, from arrays, without a Python loop over them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from nnviz.core.data import FloatArray
from nnviz.core.playback import EdgeValues
from nnviz.ui.graph.layout import Points

BLOCK = 1 << 16  # values that are compared at a time: they fit into the cache
SPARE = 12  # of a sample: even by bad luck, no fewer values than wanted are found
LEVELS = 16  # steps of opacity per sign
CHUNK = 100  # lines of one colour that are painted in one go, before the other sign has its turn
SEAM = 0.8  # px between the lines that make up a thick one: Qt paints lines up to one pixel ten times as fast


def line_array(starts: Points, ends: Points, chosen: NDArray[np.intp]) -> NDArray[np.float64]:
    """Lines of the chosen edges of a dense layer.

    Parameters
    ----------
    starts, ends : ndarray, shape (inputs, 2) and (outputs, 2)
    chosen : ndarray of int
        Positions in the flattened (outputs, inputs) matrix.

    Returns
    -------
    ndarray, shape (n, 4)
    """
    outs, sources = np.divmod(chosen, len(starts))
    lines = np.empty((len(chosen), 4))
    np.take(starts, sources, axis=0, out=lines[:, :2])
    np.take(ends, outs, axis=0, out=lines[:, 2:])
    return lines


def at(values: EdgeValues, positions: NDArray[np.intp]) -> FloatArray:
    """Values at positions of the flattened (outputs, inputs) matrix."""
    numbers: FloatArray = values[np.divmod(positions, values.shape[1])]
    return numbers


def strongest(values: EdgeValues, count: int) -> NDArray[np.intp]:
    """Positions of the `count` values of largest size, in the flattened matrix, weakest first."""
    if count >= values.size:
        return np.argsort(np.abs(np.ravel(values[:])), kind="stable")
    candidates = np.arange(values.size) if values.size <= BLOCK else _strong_ones(values, count)
    sizes = _sizes(at(values, candidates))
    best = np.argpartition(sizes, sizes.size - count)[sizes.size - count :]
    return candidates[best[np.argsort(sizes[best], kind="stable")]]


def _sizes(values: FloatArray) -> FloatArray:
    """Absolute values; what is not a number counts for nothing."""
    sizes: FloatArray = np.fmax(np.abs(values), np.float32(0.0))
    return sizes


def _strong_ones(values: EdgeValues, count: int) -> NDArray[np.intp]:
    """Positions of some more than `count` values, the strongest among them.

    A sample tells which size about twice as many values exceed; one pass over the matrix then finds them, in blocks
    that fit into the cache.
    """
    outs, sources = values.shape
    sample = _sizes(at(values, spread(values.size, BLOCK // 4)))
    above = min(2 * count * sample.size // values.size + SPARE, sample.size)
    size = np.partition(sample, sample.size - above)[sample.size - above]
    found, missing = [], count
    rows = max(1, BLOCK // sources)
    for first in range(0, outs, rows):
        sizes = np.abs(values[first : first + rows])
        found.append(np.flatnonzero(sizes > size) + first * sources)
        if missing:  # very many may be of just this size, say zero
            found.append(np.flatnonzero(sizes == size)[:missing] + first * sources)
            missing -= len(found[-1])
    candidates = np.concatenate(found)
    if len(candidates) < count:  # a network that has diverged: almost nothing is a number
        candidates = np.concatenate([candidates, np.flatnonzero(np.isnan(values[:]))[: count - len(candidates)]])
    return candidates


def spread(size: int, count: int) -> NDArray[np.intp]:
    """`count` positions out of `size`, evenly spread by a stride that hits all rows and columns alike."""
    if count >= size:
        return np.arange(size)
    return np.sort((np.arange(count) * 0.6180339887498949 % 1.0 * size).astype(np.intp))


def shares(sizes: list[int], total: int) -> list[int]:
    """Divide `total` edges among gaps with so many edges each: equally, but nobody gets more than it has."""
    result = [0] * len(sizes)
    for rank, index in enumerate(sorted(range(len(sizes)), key=lambda i: sizes[i])):
        result[index] = min(sizes[index], total // (len(sizes) - rank))
        total -= result[index]
    return result


@dataclass(frozen=True)
class EdgeGroup:
    """Edges that are painted alike: those of one gap.

    Attributes
    ----------
    lines : ndarray, shape (n, 4)
        In device pixels.
    strengths : ndarray, shape (n,)
        Value through limit, within −1 … 1, no NaN.
    negative, positive : QColor
    faintest, strongest : float
        Opacity of an edge of strength 0 and 1.
    thickness : float
        Width of an edge of strength ±1, in device pixels.
    contrast : float
        Exponent from strength to opacity: above 1, the strong ones stand out of the crowd.
    """

    lines: NDArray[np.float64]
    strengths: FloatArray
    negative: QColor
    positive: QColor
    faintest: float
    strongest: float
    thickness: float = 1.0
    contrast: float = 1.5


def _thickened(
    lines: NDArray[np.float64], strengths: FloatArray, thickness: float
) -> tuple[NDArray[np.float64], FloatArray]:
    """Add parallel lines beside the strong ones, up to `thickness` pixels."""
    copies = np.floor(np.abs(strengths) * (thickness - 1.0) / SEAM + 0.5).astype(np.intp)
    if not copies.any():
        return lines, strengths
    source = np.repeat(np.arange(len(lines)), copies + 1)
    number = np.arange(len(source)) - np.repeat(np.cumsum(copies + 1) - (copies + 1), copies + 1)
    shift = (number - copies[source] / 2) * SEAM
    thick = lines[source]
    # a line is one pixel wide along its minor axis, so that is where its neighbour goes
    flat = np.abs(thick[:, 2] - thick[:, 0]) >= np.abs(thick[:, 3] - thick[:, 1])
    thick[:, 1::2] += (shift * flat)[:, None]
    thick[:, 0::2] += (shift * ~flat)[:, None]
    return thick, strengths[source]


def _in_turns(level: NDArray[np.intp], positive: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Order lines by level, and within a level let the signs take turns, or one colour would hide the other.

    Returns
    -------
    order : ndarray, shape (lines,)
    bounds : ndarray
        Where, in that order, runs of one level and sign begin and end; a run has at most `CHUNK` lines.
    """
    bucket = 2 * level + positive
    order = np.argsort(bucket, kind="stable")
    sorted_buckets = bucket[order]
    run = (np.arange(len(order)) - np.searchsorted(sorted_buckets, sorted_buckets)) // CHUNK
    turns = np.lexsort((sorted_buckets % 2, run, sorted_buckets // 2))
    keys = np.stack([sorted_buckets[turns], run[turns]])
    changes = np.flatnonzero((keys[:, 1:] != keys[:, :-1]).any(axis=0)) + 1
    ends = [len(order)] if len(order) else []
    return order[turns], np.concatenate([np.array([0]), changes, np.array(ends, np.intp)]).astype(np.intp)


@lru_cache(maxsize=16 * LEVELS)
def _pen(rgb: int, opacity: float) -> QPen:
    """Return a pen one pixel wide; making one takes longer than painting ten lines with it."""
    color = QColor(rgb)
    color.setAlphaF(opacity)
    return QPen(color, 1.0)


class LinePainter:
    """Paints with Qt's raster engine: one pen for each step of opacity and sign, weak edges first."""

    def paint(self, width: int, height: int, groups: tuple[EdgeGroup, ...]) -> QImage:
        """Paint into a transparent image of `width` × `height` device pixels."""
        image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(0)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(QRectF(0, 0, width, height))
        for group in groups:
            self._paint_group(painter, group)
        painter.end()
        return image

    def _paint_group(self, painter: QPainter, group: EdgeGroup) -> None:
        lines, strengths = _thickened(group.lines, group.strengths, group.thickness)
        level = np.minimum((np.abs(strengths) * LEVELS).astype(np.intp), LEVELS - 1)
        order, bounds = _in_turns(level, strengths > 0)
        shares = ((level[order[bounds[:-1]]] + 0.5) / LEVELS) ** group.contrast
        opacities = (group.faintest + (group.strongest - group.faintest) * shares).tolist()
        positive = (strengths[order[bounds[:-1]]] > 0).tolist()
        lines = np.ascontiguousarray(lines[order], np.float64)  # Qt reads this memory while it paints
        address = lines.ctypes.data
        for opacity, is_positive, (first, end) in zip(opacities, positive, pairwise(bounds.tolist()), strict=True):
            painter.setPen(_pen((group.positive if is_positive else group.negative).rgb(), opacity))
            painter.drawLines(shiboken6.wrapInstance(address + first * lines.strides[0], QLineF), end - first)


def draw_lines(painter: QPainter, lines: NDArray[np.float64]) -> None:
    """Paint the rows of a C-contiguous float64 array of shape (n, 4) with the painter's pen."""
    if len(lines):
        painter.drawLines(shiboken6.wrapInstance(lines.ctypes.data, QLineF), len(lines))
