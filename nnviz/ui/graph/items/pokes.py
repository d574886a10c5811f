"""Marks on what was changed by hand: a lock on what is frozen, a cross over what is off, a diamond on what was set."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from nnviz.core.pokes import BIAS, Pokes, UnitPlace, WeightPlace
from nnviz.ui.graph.items.brush import Brush
from nnviz.ui.graph.layout import Column, NetworkLayout

BADGE, SMALL_BADGE = 17.0, 13.0
LARGE_UNIT = 26.0  # diameter of a neuron that has room for badges at its rim
SMALLEST_CROSS = 9.0
WAY = 0.55  # where on an edge its mark is, from 0 at the source to 1
APART = 19.0  # two marks of one edge
CORNER = 0.72  # of the radius, from the middle of a neuron to its badges


def paint_poked_edges(painter: QPainter, brush: Brush, layout: NetworkLayout, pokes: Pokes) -> None:
    """Draw the edges whose weights are set or frozen boldly, with their marks."""
    frozen = [what for what in pokes.frozen if isinstance(what, WeightPlace) and what.source != BIAS]
    edited = [each.weight for each in pokes.edited if each.weight.source != BIAS]
    lines = {weight: _line(layout, weight) for weight in {*frozen, *edited}}
    for color, width in (("canvas", 4.5), ("accent", 2.0)):
        painter.setPen(QPen(brush.theme.color(color), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLines(list(lines.values()))
    for weight in edited:
        _paint_diamond(painter, brush, lines[weight].pointAt(WAY))
    for weight in frozen:
        shift = APART if weight in edited else 0.0
        _paint_lock(painter, brush, lines[weight].pointAt(WAY) + QPointF(shift, 0.0))


def _line(layout: NetworkLayout, weight: WeightPlace) -> QLineF:
    start = layout.columns[weight.layer - 1].starts()[weight.source]
    end = layout.columns[weight.layer].ends()[weight.unit]
    return QLineF(*start.tolist(), *end.tolist())


def paint_poked_units(painter: QPainter, brush: Brush, column: Column, pokes: Pokes) -> None:
    """Mark the neurons of a column that are off or frozen, or whose bias was set."""
    large, radius = column.diameter >= LARGE_UNIT, column.diameter / 2
    size = BADGE if large else SMALL_BADGE
    rim = QPointF(CORNER * radius, CORNER * radius) if large else QPointF(radius + size / 2 + 1.0, 0.0)
    for unit in (place.unit for place in pokes.off if place.layer == column.index):
        _paint_cross(painter, brush, _middle(column, unit), max(column.diameter, SMALLEST_CROSS))
    for what in pokes.frozen:
        if isinstance(what, UnitPlace) and what.layer == column.index:
            _paint_lock(painter, brush, _middle(column, what.unit) + rim, size)
    for weight in (each.weight for each in pokes.edited):
        if weight.source == BIAS and weight.layer == column.index:
            _paint_diamond(painter, brush, _middle(column, weight.unit) - rim, size)


def _middle(column: Column, unit: int) -> QPointF:
    return QPointF(*np.asarray(column.points[unit], np.float64).tolist())


def _paint_cross(painter: QPainter, brush: Brush, middle: QPointF, extent: float) -> None:
    half = extent * 0.42
    strokes = [
        QLineF(middle.x() - half, middle.y() - half, middle.x() + half, middle.y() + half),
        QLineF(middle.x() - half, middle.y() + half, middle.x() + half, middle.y() - half),
    ]
    for color, width in (("canvas", 6.0), ("text", 2.6)):
        painter.setPen(QPen(brush.theme.color(color), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLines(strokes)


def _paint_badge(painter: QPainter, brush: Brush, middle: QPointF, size: float) -> None:
    """Paint a disc of this size, and let the middle of the badge be the origin and `BADGE` its size from then on."""
    painter.translate(middle)
    painter.scale(size / BADGE, size / BADGE)
    painter.setPen(QPen(brush.theme.color("accent"), 1.2))
    painter.setBrush(brush.theme.color("panel"))
    painter.drawEllipse(QPointF(), BADGE / 2, BADGE / 2)


def _paint_lock(painter: QPainter, brush: Brush, middle: QPointF, size: float = BADGE) -> None:
    painter.save()
    _paint_badge(painter, brush, middle, size)
    accent = brush.theme.color("accent")
    painter.setPen(QPen(accent, 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(QRectF(-2.5, -5.5, 5.0, 6.0), 0, 180 * 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(accent)
    painter.drawRoundedRect(QRectF(-4.0, -1.8, 8.0, 6.0), 1.2, 1.2)
    painter.restore()


def _paint_diamond(painter: QPainter, brush: Brush, middle: QPointF, size: float = BADGE) -> None:
    painter.save()
    _paint_badge(painter, brush, middle, size)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(brush.theme.color("accent"))
    corners = ((0.0, -5.0), (5.0, 0.0), (0.0, 5.0), (-5.0, 0.0))
    painter.drawConvexPolygon(QPolygonF([QPointF(dx, dy) for dx, dy in corners]))
    painter.restore()
