"""Paints all edges on the processor, from the coverage of pixels by edges."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from nnviz.ui.graph.coverage import Band, Fan, Numbers, fans, make_band
from nnviz.ui.graph.faint_edges import BALANCES, DENSEST, DENSITIES, DenseGap, EdgePicture, tone_table

COARSENESS = 2  # device pixels per pixel that is computed: a quarter of the work, and faint lines hide no detail
BAND = 64  # columns of pixels that are painted between two questions whether to go on


def opacities(gap: DenseGap) -> tuple[Numbers, Numbers]:
    """Opacity of each edge, and the same with the sign of its number; shape (outputs, inputs)."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        strength = gap.values[:] / np.float32(gap.limit)
    strength = np.clip(np.nan_to_num(strength, copy=False), -1.0, 1.0).astype(np.float32, copy=False)
    opacity = gap.faintest + (gap.strongest - gap.faintest) * np.abs(strength) ** gap.contrast
    return opacity, opacity * np.sign(strength)


def tones(density: Numbers, tint: Numbers, table: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Look colours up; see `tone_table`."""
    row = np.sqrt(np.minimum(density, DENSEST) * ((DENSITIES - 1) ** 2 / DENSEST)) + 0.5
    column = tint / np.maximum(density, 1e-12)
    column = (np.clip(column, -1.0, 1.0) + 1.0) * ((BALANCES - 1) / 2) + 0.5
    return np.take(table, row.astype(np.int32) * BALANCES + column.astype(np.int32))


class CoveragePainter:
    """Paints through `Band`s of coverage, which it keeps as long as the geometry stays the same.

    See `nnviz.ui.graph.faint_edges.AllEdgesPainter`. The first picture of a geometry takes longer, by what it takes to
    work out the coverage; what was worked out before a cancellation is kept.
    """

    def __init__(self) -> None:
        self._size = (0, 0)
        self._ends: tuple[tuple[Numbers, Numbers], ...] = ()
        self._fans: tuple[Fan, ...] = ()
        self._bands: dict[int, Band] = {}

    @property
    def nbytes(self) -> int:
        """Memory that is kept for the next picture."""
        return sum(band.nbytes for band in self._bands.values())

    def paint(self, picture: EdgePicture, cancelled: Callable[[], bool]) -> QImage | None:
        """Paint at half the resolution; see `AllEdgesPainter.paint`."""
        if cancelled():
            return None
        image = QImage(
            -(-picture.width // COARSENESS), -(-picture.height // COARSENESS), QImage.Format.Format_ARGB32_Premultiplied
        )
        self._lay_out(image.width(), image.height(), picture.gaps)
        pairs = [opacities(gap) for gap in picture.gaps]
        densities, tints = ([fan.numbers(pair[i]) for fan, pair in zip(self._fans, pairs, strict=True)] for i in (0, 1))
        table = tone_table(picture.negative, picture.positive).ravel()
        pixels = np.frombuffer(image.bits(), np.uint32).reshape(image.height(), image.width())

        for first in range(0, image.width(), BAND):
            if cancelled():
                return None
            band = self._band(first)
            colors = tones(band.total(densities), band.total(tints), table)
            pixels[:, band.first : band.end] = colors.reshape(-1, image.height()).T
        return image

    def _lay_out(self, width: int, height: int, gaps: tuple[DenseGap, ...]) -> None:
        """Forget all that was worked out for another geometry."""
        ends = tuple((gap.starts / np.float32(COARSENESS), gap.ends / np.float32(COARSENESS)) for gap in gaps)
        same = len(ends) == len(self._ends) and all(
            np.array_equal(one, two)
            for old, new in zip(self._ends, ends, strict=True)
            for one, two in zip(old, new, strict=True)
        )
        if (width, height) != self._size or not same:
            self._bands = {}
            self._size, self._ends, self._fans = (width, height), ends, fans(ends, width, height)

    def _band(self, first: int) -> Band:
        if first not in self._bands:
            width, height = self._size
            end = min(first + BAND, width)
            self._bands[first] = make_band(self._fans, first, end, height, 1.0 / COARSENESS)
        return self._bands[first]
