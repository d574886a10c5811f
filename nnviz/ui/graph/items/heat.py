"""Neurons as small maps: what each of them answers for every place in the plane, as in TensorFlow Playground."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen, QPixmap

from nnviz.core.data import FloatArray
from nnviz.ui.graph.items.brush import FRAGMENT_FIELDS, Brush
from nnviz.ui.graph.items.kept import area_of
from nnviz.ui.graph.layout import Column, Points
from nnviz.ui.graph.look import LayerLook
from nnviz.ui.graph.wording import short_number
from nnviz.ui.theme import Theme, diverging_index

SMALLEST = 22.0  # px across: below this, a plain circle says more
COARSE = 44.0  # px across: every second cell is enough for smaller ones
RIM_SHARE = 0.045
ROUNDING = 0.14  # radius of the corners as a share of the side
MARK = 5.0  # px across the place of the shown sample
BADGE_DROP = 6.0  # px that the middle of a badge lies below the lower edge
REACH = 24.0  # px that badges and marks may stand out of the body of a column


@dataclass(frozen=True, eq=False)
class HeatLook:
    """The maps of one layer.

    Attributes
    ----------
    maps : ndarray, shape (units, side, side)
    version : int
        Another one for other maps.
    place : tuple of float or None
        Where the shown sample lies, as shares of the side from the left and from the top.
    has_numbers : bool
        Whether each map bears the number of its neuron.
    """

    maps: FloatArray
    version: int
    place: tuple[float, float] | None
    has_numbers: bool


def fits_column(column: Column) -> bool:
    """Whether the neurons of a column are large enough for maps."""
    return len(column.circles) > 0 and column.diameter >= SMALLEST


def paint_heat_maps(
    painter: QPainter, brush: Brush, column: Column, look: LayerLook, heat: HeatLook, opacity: float, keep: bool
) -> None:
    """Paint the neurons of a column as maps; with `keep` as one image that is copied until it would look different."""
    if not keep:
        _paint(painter, brush, column, look, heat, opacity)
        return
    values = None if look.values is None else look.values[column.circles].tobytes()
    maps = (heat.version, heat.place, heat.has_numbers, look.part.name, look.limit, values)
    brush.kept.draw(
        painter,
        ("heat", column.index),
        area_of(column.body, REACH),
        (column.points.tobytes(), column.diameter, opacity, *maps),
        lambda painter: _paint(painter, brush, column, look, heat, opacity),
    )


def _paint(painter: QPainter, brush: Brush, column: Column, look: LayerLook, heat: HeatLook, opacity: float) -> None:
    points = column.points[column.circles]
    every = 2 if column.diameter * brush.ratio < COARSE else 1  # cells that are smaller than pixels would be wasted
    atlas = _atlas(heat.maps[column.circles, ::every, ::every], look, column, brush.theme)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    if opacity < 1.0:  # edges do not shine through
        painter.setOpacity(1.0)
        _fill_squares(painter, brush, points, column.diameter)
    _draw_tiles(painter, points, column.diameter, atlas, opacity)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    if look.dead is not None:
        _hatch(painter, brush, points[look.dead[column.circles]], column.diameter, opacity)
    if look.partial and look.values is not None:
        unknown = points[np.isnan(look.values[column.circles])]
        _fill_squares(painter, brush, unknown, column.diameter)
        _hatch(painter, brush, unknown, column.diameter, opacity)
    painter.setOpacity(opacity)
    if heat.place is not None:
        _mark(painter, brush, points, column.diameter, heat.place)
    if heat.has_numbers and look.values is not None:
        _paint_numbers(painter, brush, column, look)
    painter.setOpacity(1.0)


@lru_cache(maxsize=8)
def _masks(side: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which pixels of a tile are its rim, and which lie outside of its round corners; each of shape (side, side)."""
    offset = np.abs(np.arange(side) - (side - 1) / 2)
    half, radius = side / 2 - 1.0, ROUNDING * side
    beyond = np.maximum(offset - (half - radius), 0.0)
    depth = np.minimum(radius - np.hypot(beyond[:, None], beyond[None, :]), half - np.maximum.outer(offset, offset))
    return (depth >= 0) & (depth < RIM_SHARE * side), depth < 0


def _atlas(maps: FloatArray, look: LayerLook, column: Column, theme: Theme) -> QPixmap:
    """All maps of a column, one above the other; each has a rim in the colour of its neuron's value."""
    scale = theme.pixels()
    margin = round(RIM_SHARE * maps.shape[-1]) + 1
    side = maps.shape[-1] + 2 * margin
    tiles = np.empty((len(maps), side, side), np.uint32)
    tiles[:, margin:-margin, margin:-margin] = scale[diverging_index(maps, look.limit)]
    rim, outside = _masks(side)
    shown = np.zeros(len(maps)) if look.values is None else look.values[column.circles]
    tiles[:, rim] = _darker(scale, theme)[diverging_index(shown, look.limit)][:, None]
    tiles[:, outside] = 0
    image = QImage(tiles.data, side, len(maps) * side, 4 * side, QImage.Format.Format_ARGB32_Premultiplied)
    return QPixmap.fromImage(image.copy())


def _darker(scale: NDArray[np.uint32], theme: Theme) -> NDArray[np.uint32]:
    """The scale, moved towards the colour of text, as the rims of circles are."""
    text = theme.color("text")
    channels = scale.view(np.uint8).reshape(-1, 4).astype(np.float64)
    mixed = channels * 0.6 + np.array([text.blue(), text.green(), text.red(), 255]) * 0.4
    return np.ascontiguousarray(mixed.astype(np.uint8)).view(np.uint32).ravel()


def _draw_tiles(painter: QPainter, points: Points, diameter: float, atlas: QPixmap, opacity: float) -> None:
    side = atlas.width()
    fragments = np.zeros((len(points), FRAGMENT_FIELDS))
    fragments[:, :2] = points
    fragments[:, 3] = np.arange(len(points)) * side
    fragments[:, 4:6] = side
    fragments[:, 6:8] = diameter / side
    fragments[:, 9] = opacity
    first = shiboken6.wrapInstance(fragments.ctypes.data, QPainter.PixmapFragment)
    painter.drawPixmapFragments(first, len(fragments), atlas)


def _squares(points: Points, diameter: float) -> list[QRectF]:
    inner = diameter - 3.0
    return [QRectF(x - inner / 2, y - inner / 2, inner, inner) for x, y in points.tolist()]


def _fill_squares(painter: QPainter, brush: Brush, points: Points, diameter: float) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(brush.theme.color("canvas"))
    painter.drawRects(_squares(points, diameter))


def _hatch(painter: QPainter, brush: Brush, points: Points, diameter: float, opacity: float) -> None:
    painter.setOpacity(opacity)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(brush.hatch())
    painter.drawRects(_squares(points, diameter))


def _mark(painter: QPainter, brush: Brush, points: Points, diameter: float, place: tuple[float, float]) -> None:
    """Show where the sample lies whose numbers the picture shows."""
    inner = diameter * (1.0 - 2 * RIM_SHARE)
    marks = np.ascontiguousarray(points + (np.clip(place, 0.02, 0.98) - 0.5) * inner)
    for color, width in (("text", MARK + 2.0), ("canvas", MARK)):
        painter.setPen(QPen(brush.theme.color(color), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawPoints(shiboken6.wrapInstance(marks.ctypes.data, QPointF), len(marks))


def _paint_numbers(painter: QPainter, brush: Brush, column: Column, look: LayerLook) -> None:
    """Write the value of each neuron on a badge at the lower edge of its map."""
    values = look.values[column.circles].tolist()
    texts = ["" if look.partial and value != value else short_number(value) for value in values]
    width = max(brush.metrics.horizontalAdvance(text) for text in texts) + 8.0
    height = brush.metrics.height()
    heights = np.diff(column.points[column.circles, 1])
    if column.diameter < height * 1.8 or (len(heights) and heights.min() < column.diameter + height * 0.7):
        return
    painter.setFont(brush.font)
    for (x, y), text in zip(column.points[column.circles].tolist(), texts, strict=True):
        if not text:
            continue
        area = QRectF(x - width / 2, y + column.diameter / 2 + BADGE_DROP - height / 2, width, height)
        painter.setPen(QPen(brush.theme.color("line"), 1.0))
        painter.setBrush(brush.theme.color("panel"))
        painter.drawRoundedRect(area, height / 2, height / 2)
        painter.setPen(brush.theme.color("text"))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
