"""A plot small enough for a dock: a frame, a few round numbers along two axes, and whatever a subclass paints.

Painted by hand: it has neither zoom nor legend, changes while one steps, and is ready before pyqtgraph is imported.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.curves import Ticks, linear_ticks

Array = NDArray[np.float64]
HEIGHT = 148
TICK_WIDTH, TICK_HEIGHT = 46, 27
GAP = 4.0
DOT = 4.0


@dataclass(frozen=True)
class Axes:
    """What the plot covers: from where to where, and how the two axes are called. Both ranges are not empty.

    `y_name_side` is where the name of the vertical axis is not in the way.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    x_name: str
    y_name: str
    y_name_side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft


class SmallPlot(QWidget):
    """Paints frame and axes; subclasses give `axes` and paint the inside."""

    def __init__(self, name: str, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._area = QRectF()
        self._axes: Axes | None = None
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_manager().changed.connect(self.update)

    def show_axes(self, axes: Axes | None) -> None:
        """Cover another range; None shows nothing at all."""
        self._axes = axes
        self.update()

    def sizeHint(self) -> QSize:
        """Return a size that fits into a narrow dock."""
        return QSize(240, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Return the same height."""
        return QSize(160, HEIGHT)

    # --- painting -----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the axes, and then the inside."""
        if self._axes is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_axes(painter, self._axes)
        painter.setClipRect(self._area)
        self.paint_inside(painter)
        painter.setClipping(False)

    def paint_inside(self, painter: QPainter) -> None:
        """Paint what the plot is about, clipped to the inside of the frame."""
        raise NotImplementedError

    def value_ticks(self, low: float, high: float, most: int) -> Ticks:
        """Choose the round values along the vertical axis."""
        return linear_ticks(low, high, most)

    def _paint_axes(self, painter: QPainter, axes: Axes) -> None:
        theme, metrics = theme_manager().theme, QFontMetricsF(self.font())
        line = metrics.height()
        room = max(1.0, self.height() - line - 2 * GAP)
        ys = self.value_ticks(*axes.y, max(2, int(room / TICK_HEIGHT)))
        left = max((metrics.horizontalAdvance(text) for _, text in ys), default=0.0) + 2 * GAP
        self._area = QRectF(left, GAP, max(1.0, self.width() - left - 1), room)
        xs = linear_ticks(*axes.x, max(2, int(self._area.width() / TICK_WIDTH)))
        painter.fillRect(self._area, theme.color("canvas"))
        painter.setFont(self.font())
        for value, text in ys:
            y = self.point(axes.x[0], value).y()
            self._rule(painter, QLineF(self._area.left(), y, self._area.right(), y), value)
            top = min(max(y - line / 2, 0.0), self._area.bottom() - line / 2)
            painter.setPen(theme.color("muted"))
            painter.drawText(QRectF(0, top, left - GAP, line), int(Qt.AlignmentFlag.AlignRight), text)
        for value, text in xs:
            x = self.point(value, axes.y[0]).x()
            self._rule(painter, QLineF(x, self._area.top(), x, self._area.bottom()), value)
            width = metrics.horizontalAdvance(text)
            place = min(max(x - width / 2, self._area.left()), self._area.right() - width)
            painter.setPen(theme.color("muted"))
            painter.drawText(QPointF(place, self._area.bottom() + GAP + metrics.ascent()), text)
        inside = self._area.adjusted(GAP, 1, -GAP, -1)
        painter.drawText(inside, int(axes.y_name_side | Qt.AlignmentFlag.AlignTop), axes.y_name)
        painter.drawText(inside, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom), axes.x_name)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self._area)

    def _rule(self, painter: QPainter, line: QLineF, value: float) -> None:
        """Paint one line of the grid; that of zero is stronger."""
        theme = theme_manager().theme
        painter.setPen(QPen(theme.color("muted", 0.7) if value == 0 else theme.color("line", 0.7), 1))
        painter.drawLine(line)

    # --- for subclasses -----------------------------------------------------------------------------------------------

    @property
    def area(self) -> QRectF:
        """The inside of the frame, in pixels."""
        return self._area

    def point(self, x: float, y: float) -> QPointF:
        """Where a point of the plot lies, in pixels."""
        assert self._axes is not None
        (left, right), (low, high) = self._axes.x, self._axes.y
        across, up = (x - left) / (right - left), (y - low) / (high - low)
        return QPointF(self._area.left() + across * self._area.width(), self._area.bottom() - up * self._area.height())

    def paint_line(self, painter: QPainter, xs: Array, ys: Array, pen: QPen) -> None:
        """Paint a curve through at most a few hundred points; it breaks where a number is not finite."""
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        run: list[QPointF] = []
        for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
            if math.isfinite(y):
                run.append(self.point(x, y))
            else:
                painter.drawPolyline(QPolygonF(run))
                run = []
        painter.drawPolyline(QPolygonF(run))

    def paint_dot(self, painter: QPainter, x: float, y: float, color: QColor, radius: float = DOT) -> None:
        """Paint a round mark with a rim that parts it from the curve under it."""
        if math.isfinite(x) and math.isfinite(y):
            painter.setPen(QPen(theme_manager().theme.color("canvas"), 1.5))
            painter.setBrush(color)
            painter.drawEllipse(self.point(x, y), radius, radius)


def room_around(values: Array, share: float = 0.08) -> tuple[float, float]:
    """Range of the finite ones of these values with some room around it; never empty."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    least = 1e-6 * max(abs(low), abs(high), 1e-6)
    margin = max(share * (high - low), least)
    return low - margin, high + margin
