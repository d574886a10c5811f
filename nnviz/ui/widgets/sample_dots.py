"""The samples of a batch as dots along a number line, heaped up where many are alike; their mean as a line."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.curves import Ticks
from nnviz.ui.widgets.small_plot import Axes, SmallPlot, room_around

Array = NDArray[np.float64]
COLUMNS = 24
LARGEST_DOT, SMALLEST_DOT = 4.5, 1.5  # radii; where dots would be smaller, a column is painted as a bar


class SampleDots(SmallPlot):
    """One dot for each sample's own gradient: green where it is positive, magenta where it is negative."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("sample_dots", "", parent)
        self.setAccessibleName(self.tr("Each sample's own gradient of this weight"))
        self._values = np.zeros(0)
        self._chosen: int | None = None
        self.setMinimumHeight(self.sizeHint().height())  # in a lower one there is no room for dots, nor for the ring

    def show_values(self, values: Array, chosen: int | None) -> None:
        """Show these numbers, shape (samples,); that of the sample `chosen` gets a ring."""
        self._values, self._chosen = values[np.isfinite(values)], chosen
        finite = len(self._values) == len(values) > 0
        if not finite:
            self._chosen = None
        low, high = room_around(np.append(self._values, 0.0))
        self.show_axes(Axes((low, high), (0.0, 1.0), "", ""))

    def value_ticks(self, low: float, high: float, most: int) -> Ticks:
        """Leave the heights unnamed: they only heap up dots."""
        return []

    def paint_inside(self, painter: QPainter) -> None:
        """Paint the dots column by column, and the mean."""
        if not len(self._values) or self._axes is None:
            return
        low, high = self._axes.x
        columns = np.clip(((self._values - low) / (high - low) * COLUMNS).astype(int), 0, COLUMNS - 1)
        counts = np.bincount(columns, minlength=COLUMNS)
        width = self.area.width() / COLUMNS
        room = self.area.height() - 8
        radius = min(LARGEST_DOT, width / 2 - 0.5, room / counts.max() / 2)
        if radius >= SMALLEST_DOT:
            self._paint_dots(painter, columns, width, radius)
        else:
            self._paint_bars(painter, columns, counts, width)
        self._paint_mean(painter)

    def _paint_dots(self, painter: QPainter, columns: NDArray[np.int64], width: float, radius: float) -> None:
        theme = theme_manager().theme
        heights = [0] * COLUMNS
        for sample in np.argsort(self._values, kind="stable").tolist():
            column, value = int(columns[sample]), self._values[sample]
            x = self.area.left() + (column + 0.5) * width
            y = self.area.bottom() - 4 - (2 * heights[column] + 1) * radius
            heights[column] += 1
            is_chosen = sample == self._chosen
            painter.setPen(QPen(theme.color("text"), 1.5) if is_chosen else Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(_color(float(value))))
            painter.drawEllipse(QPointF(x, y), radius - 0.4, radius - 0.4)

    def _paint_bars(
        self, painter: QPainter, columns: NDArray[np.int64], counts: NDArray[np.int64], width: float
    ) -> None:
        theme = theme_manager().theme
        sums = np.bincount(columns, weights=self._values, minlength=COLUMNS)
        unit = (self.area.height() - 8) / counts.max()
        painter.setPen(Qt.PenStyle.NoPen)
        for column in range(COLUMNS):
            height = float(counts[column] * unit)
            painter.setBrush(theme.color(_color(float(sums[column]))))
            left = self.area.left() + column * width + 0.5
            painter.drawRect(QRectF(left, self.area.bottom() - 1 - height, width - 1, height))

    def _paint_mean(self, painter: QPainter) -> None:
        theme, mean = theme_manager().theme, float(self._values.mean())
        if math.isfinite(mean):
            x = self.point(mean, 0.0).x()
            painter.setPen(QPen(theme.color("text"), 2))
            painter.drawLine(QLineF(x, self.area.top(), x, self.area.bottom()))
            painter.drawText(
                QRectF(x - 200, self.area.top() + 1, 196, 20)
                if x > self.area.center().x()
                else QRectF(x + 4, self.area.top() + 1, 196, 20),
                int(Qt.AlignmentFlag.AlignRight if x > self.area.center().x() else Qt.AlignmentFlag.AlignLeft),
                self.tr("mean"),
            )


def _color(value: float) -> str:
    if value == 0:
        return "unknown"
    return "gradient_positive" if value > 0 else "gradient_negative"
