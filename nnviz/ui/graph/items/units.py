"""Neurons: circles in the colour of their value; the middle of a wide layer as a strip of their colours."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QCoreApplication, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from nnviz.core.data import FloatArray
from nnviz.ui.graph.items.brush import (
    BLANK_TILE,
    UNKNOWN_TILE,
    Brush,
    blended,
    draw_circles,
    image_of,
    paint_ground,
    tile_index,
)
from nnviz.ui.graph.items.kept import area_of
from nnviz.ui.graph.layout import Column
from nnviz.ui.graph.look import LayerLook
from nnviz.ui.graph.wording import short_number
from nnviz.ui.theme import diverging, diverging_index

DIMMED = 0.4
PILL = 14.0  # px that a button is wider than its text
FITTING = 0.94  # of the diameter, for a number inside a circle
LEAST_TEXT = 0.8  # opacity of numbers in faint circles: they are to be read all the same


class UnitsItem:
    """Paints a layer of neurons."""

    def paint(self, painter: QPainter, brush: Brush, column: Column, look: LayerLook, opacity: float) -> None:
        """Paint the column as it is seen."""
        opacity *= DIMMED if look.dim else 1.0
        if look.values is None:
            tiles = np.full(len(column.circles), UNKNOWN_TILE)
        else:
            tiles = tile_index(look.values[column.circles], look.limit, look.is_gradient)
            if look.dead is not None:
                tiles[look.dead[column.circles]] = UNKNOWN_TILE
        points = column.points[column.circles]
        if opacity < 1.0:
            draw_circles(painter, brush, points, column.diameter, np.full(len(points), BLANK_TILE), 1.0)
        draw_circles(painter, brush, points, column.diameter, tiles, opacity)
        if column.fold is not None:
            self._draw_fold(painter, brush, column, look, opacity)
        if look.values is not None:
            self._paint_numbers(painter, brush, column, look, opacity)

    def _draw_fold(self, painter: QPainter, brush: Brush, column: Column, look: LayerLook, opacity: float) -> None:
        values = None if look.values is None else look.values[column.folded].tobytes()
        brush.kept.draw(
            painter,
            ("fold", column.index),
            area_of(column.fold, 1.0),
            (column.fold, opacity, values, look.limit, look.is_gradient),
            lambda painter: self._paint_fold(painter, brush, column, look, opacity),
        )

    def _paint_fold(self, painter: QPainter, brush: Brush, column: Column, look: LayerLook, opacity: float) -> None:
        area = area_of(column.fold)
        paint_ground(painter, brush, area, look.values is not None, opacity)
        if look.values is not None:
            colors = diverging(look.values[column.folded], look.limit, brush.theme, look.is_gradient)
            painter.drawImage(area, image_of(colors[:, None, :]))
        painter.setPen(QPen(brush.theme.color("muted", 0.7), 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area)

    def _paint_numbers(self, painter: QPainter, brush: Brush, column: Column, look: LayerLook, opacity: float) -> None:
        if column.diameter * FITTING < brush.metrics.horizontalAdvance("0.00"):
            return
        clip = painter.clipBoundingRect()
        seen = np.abs(column.points[:, 1] - clip.center().y()) < clip.height() / 2 + column.diameter
        chosen = column.circles[seen[column.circles]]  # circles this large: only a screenful has room
        scale = brush.theme.scale(look.is_gradient)
        levels = diverging_index(look.values[chosen], look.limit)
        half, canvas = column.diameter / 2, brush.theme.color("canvas")
        room = column.diameter * FITTING
        texts = _numbers_within(brush, look.values[chosen], room, look.partial)
        if any(brush.metrics.horizontalAdvance(text) > room for text in texts):
            return  # rather none than some
        painter.setOpacity(max(opacity, LEAST_TEXT))
        painter.setFont(brush.font)
        for (x, y), text, level in zip(column.points[chosen].tolist(), texts, levels.tolist(), strict=True):
            painter.setPen(brush.text_on(blended(QColor(*scale[level].tolist()), canvas, opacity)))
            area = QRectF(x - half, y - half, 2 * half, 2 * half)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
        painter.setOpacity(1.0)


def _numbers_within(brush: Brush, values: FloatArray, room: float, partial: bool) -> list[str]:
    """Write numbers into circles: with one decimal less all over, where that makes room for them."""
    known = ["" if partial and value != value else value for value in values.tolist()]
    for most in (3, 2):
        texts = [value if isinstance(value, str) else short_number(value, most) for value in known]
        if all(brush.metrics.horizontalAdvance(text) <= room for text in texts):
            break
    return texts


def paint_toggle(painter: QPainter, brush: Brush, column: Column, hovered: bool) -> None:
    """Paint the button that folds or unfolds a wide layer."""
    if column.toggle is None:
        return
    if column.fold is not None:
        count = f"{len(column.folded):,}"
        text = QCoreApplication.translate("NetworkView", "… {count} more").format(count=count)
        if brush.metrics.horizontalAdvance(text) + PILL > column.header.width:  # or it would cover that of a neighbour
            text = f"+{count}"
    else:
        text = QCoreApplication.translate("NetworkView", "show fewer")
    width = brush.metrics.horizontalAdvance(text) + PILL
    height = brush.metrics.height() + 3
    area = QRectF(column.toggle[0] - width / 2, column.toggle[1] - height / 2, width, height)
    painter.setPen(QPen(brush.theme.color("accent" if hovered else "line"), 1.0))
    painter.setBrush(brush.theme.color("panel"))
    painter.drawRoundedRect(area, height / 2, height / 2)
    painter.setPen(brush.theme.color("accent" if hovered else "text"))
    painter.setFont(brush.font)
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
