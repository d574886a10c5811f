"""Saliency over the image of the input."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPen

from nnviz.core.data import FloatArray
from nnviz.ui.graph.items.brush import Brush
from nnviz.ui.graph.items.kept import area_of
from nnviz.ui.graph.layout import Column
from nnviz.ui.widgets.saliency_paint import draw_saliency


def paint_saliency(painter: QPainter, brush: Brush, column: Column, gradient: FloatArray, values: FloatArray) -> None:
    """Paint it in the place of the image, never faded: somebody has asked for it."""
    body = area_of(column.body)

    def paint(painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        draw_saliency(painter, body, gradient, values.reshape(column.shape), brush.theme)
        painter.setPen(QPen(brush.theme.color("muted", 0.8), 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(body)

    looks = (column.body, gradient.tobytes(), values.tobytes())
    brush.kept.draw(painter, "saliency", area_of(column.body, 1.0), looks, paint)
