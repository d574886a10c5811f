"""Images in greys, the strip that a flattened image becomes, and the bands that lead from one to the other."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from nnviz.core.data import FloatArray
from nnviz.ui.graph.items.brush import Brush, paint_ground
from nnviz.ui.graph.items.kept import area_of
from nnviz.ui.graph.layout import Column
from nnviz.ui.graph.look import LayerLook
from nnviz.ui.widgets.grey_image import SCREEN_GREYS, screen_image

SMALLEST_GRID_CELL = 7.0
MOST_BANDS = 32


def greys(values: FloatArray) -> NDArray[np.uint8]:
    """Black for 0 and white for 1; wider ranges are squeezed in."""
    finite = np.nan_to_num(values)
    low, high = min(0.0, float(finite.min())), max(1.0, float(finite.max()))
    return ((finite - low) * (255.0 / (high - low))).astype(np.uint8)


def _draw_scaled(painter: QPainter, area: QRectF, pixels: NDArray[np.uint8]) -> None:
    """Draw an image in greys with sharp pixels."""
    colors = SCREEN_GREYS[pixels]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # it would take ten times as long, for the rim alone
    painter.drawImage(area, screen_image(colors))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def _draw_kept(
    painter: QPainter,
    brush: Brush,
    column: Column,
    look: LayerLook,
    opacity: float,
    paint: Callable[[QPainter, Brush, Column, LayerLook, float], None],
) -> None:
    """Scaling an image takes long, and the numbers are the same from stage to stage; the lines over it even longer."""
    values = None if look.values is None else look.values.tobytes()
    area, place = area_of(column.body, 1.0), (column.body, column.shape)
    brush.kept.draw(
        painter,
        (paint, column.index, opacity),
        area,
        (*place, values),
        lambda painter: paint(painter, brush, column, look, opacity),
    )
    painter.setOpacity(opacity)
    brush.kept.draw(
        painter, (_paint_lines, column.index), area, place, lambda painter: _paint_lines(painter, brush, column)
    )
    painter.setOpacity(1.0)


def _paint_lines(painter: QPainter, brush: Brush, column: Column) -> None:
    """Paint a grid between cells that are large enough, and the rim."""
    body, (rows, columns) = column.body, (*column.shape, 1)[:2]
    if column.diameter >= SMALLEST_GRID_CELL:
        painter.setPen(QPen(brush.theme.color("muted", 0.35), 1.0))
        step_x, step_y = body.width / columns, body.height / rows
        painter.drawLines(
            [QLineF(body.x + i * step_x, body.y, body.x + i * step_x, body.bottom) for i in range(1, columns)]
            + [QLineF(body.x, body.y + i * step_y, body.right, body.y + i * step_y) for i in range(1, rows)]
        )
    painter.setPen(QPen(brush.theme.color("muted", 0.8), 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(area_of(body))


class ImageItem:
    """Paints an image, with a grid between pixels that are large enough."""

    def paint(self, painter: QPainter, brush: Brush, column: Column, look: LayerLook, opacity: float) -> None:
        """Paint the column as it is seen."""
        _draw_kept(painter, brush, column, look, opacity, _paint_image)


def _paint_image(painter: QPainter, brush: Brush, column: Column, look: LayerLook, opacity: float) -> None:
    body = column.body
    area = area_of(body)
    paint_ground(painter, brush, area, look.values is not None, opacity)
    if look.values is not None:
        _draw_scaled(painter, area, greys(look.values).reshape(column.shape))


class StripItem:
    """Paints one cell per value, from top to bottom."""

    def paint(self, painter: QPainter, brush: Brush, column: Column, look: LayerLook, opacity: float) -> None:
        """Paint the column as it is seen."""
        _draw_kept(painter, brush, column, look, opacity, _paint_strip)


def _paint_strip(painter: QPainter, brush: Brush, column: Column, look: LayerLook, opacity: float) -> None:
    body = column.body
    area = area_of(body)
    paint_ground(painter, brush, area, look.values is not None, opacity)
    if look.values is not None:
        pixels = greys(look.values)[:, None]
        # squeezing many cells into few rows of the screen: the mean, not whichever is hit
        merge = ceil(len(pixels) / max(body.height * brush.ratio, 1.0))
        if merge > 1:
            padded = np.pad(pixels, ((0, -len(pixels) % merge), (0, 0)), mode="edge")
            pixels = padded.reshape(-1, merge).mean(axis=1).astype(np.uint8)[:, None]
        _draw_scaled(painter, area, pixels)


def _band(image: Column, strip: Column, first: int, last: int) -> QPolygonF:
    rows, left, right = image.shape[0], image.body, strip.body
    return QPolygonF(
        [
            QPointF(left.right, left.y + left.height * first / rows),
            QPointF(right.x, right.y + right.height * first / rows),
            QPointF(right.x, right.y + right.height * last / rows),
            QPointF(left.right, left.y + left.height * last / rows),
        ]
    )


def paint_bands(painter: QPainter, brush: Brush, image: Column, strip: Column) -> None:
    """Lead from each row of an image to its segment of the strip, so that one sees how it is laid out."""
    rows = image.shape[0]
    together = ceil(rows / MOST_BANDS)
    painter.setPen(Qt.PenStyle.NoPen)
    for number, first in enumerate(range(0, rows, together)):
        painter.setBrush(brush.theme.color("muted", 0.08 if number % 2 else 0.20))
        painter.drawConvexPolygon(_band(image, strip, first, min(first + together, rows)))


def paint_lit_band(painter: QPainter, brush: Brush, image: Column, strip: Column, row: int) -> None:
    """Show where one row of the image goes."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(brush.theme.color("accent", 0.5))
    painter.drawConvexPolygon(_band(image, strip, row, row + 1))
