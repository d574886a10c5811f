"""The weights of a neuron as an image, in the colours of the diverging scale, with the scale beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnviz.ui.formula.numbers import significant
from nnviz.ui.theme import diverging, number_font, theme_manager

SIDE = 132
BAR_WIDTH = 14
GAP = 12


class WeightImage(QWidget):
    """A small heat map, −limit … 0 … +limit, where the limit is the largest |weight|."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: NDArray[np.float32] | None = None
        self._limit = 0.0
        self.setObjectName("weight_image")
        self.setAccessibleName(self.tr("Incoming weights as an image"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_manager().changed.connect(self.update)

    def show_weights(self, values: NDArray[np.float32]) -> None:
        """Show weights, shape (rows, columns); unchanged ones cost nothing."""
        if self._values is not None and np.array_equal(values, self._values):
            return
        self._values = values
        self._limit = float(np.max(np.abs(np.nan_to_num(values))))
        self.update()

    def sizeHint(self) -> QSize:
        """Return a size that fits into a narrow dock."""
        return QSize(240, SIDE + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the image and its scale."""
        if self._values is None:
            return
        theme = theme_manager().theme
        painter = QPainter(self)
        rows, columns = self._values.shape
        size = QSize(columns, rows).scaled(SIDE, SIDE, Qt.AspectRatioMode.KeepAspectRatio)
        box = QRectF(0.5, 0.5, size.width(), size.height())
        painter.drawImage(box, _rgba(diverging(self._values, self._limit, theme)))
        bar = QRectF(box.right() + GAP, 0.5, BAR_WIDTH, SIDE)
        painter.drawImage(bar, _rgba(theme.scale()[::-1][:, None, :]))
        painter.setPen(theme.color("line"))
        painter.drawRect(box)
        painter.drawRect(bar)
        self._paint_numbers(painter, bar)

    def _paint_numbers(self, painter: QPainter, bar: QRectF) -> None:
        theme = theme_manager().theme
        painter.setFont(number_font())
        painter.setPen(theme.color("text"))
        height = QFontMetricsF(number_font()).height()
        left = bar.right() + 6
        for share, value in ((0.0, self._limit), (0.5, 0.0), (1.0, -self._limit)):
            top = min(max(bar.top() + share * bar.height() - height / 2, bar.top()), bar.bottom() - height)
            line = QRectF(left, top, self.width() - left, height)
            text = significant(value) if value <= 0 else f"+{significant(value)}"
            painter.drawText(line, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)


def _rgba(pixels: NDArray[np.uint8]) -> QImage:
    held = np.ascontiguousarray(pixels)
    rows, columns, _ = held.shape
    return QImage(held.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()
