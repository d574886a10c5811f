"""What happens to one image before the network sees it, as a row of small pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnviz.core.data import DataSummary
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.grey_image import grey_image

PICTURE = 50
STRIP_WIDTH = 12
GAP = 4
FEWEST_PIXELS = 240


@dataclass(frozen=True)
class _Step:
    """A picture, painted into a rectangle, and two short lines under it."""

    paint: Callable[[QPainter, QRectF], None]
    title: str
    note: str


class PreprocessingStrip(QWidget):
    """Image → flattened → divided, and the label → one-hot, of a real sample."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[_Step, ...] = ()
        self.setObjectName("preprocessing_strip")
        self.setAccessibleName(self.tr("Preprocessing"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_manager().changed.connect(self.update)

    def show_sample(self, summary: DataSummary, index: int) -> None:
        """Show what happens to the sample at `index` of the preview."""
        scaled = summary.preview_raw[index].astype(np.float32) / summary.divisor
        label = int(summary.preview_targets[index])
        image, column = grey_image(scaled), grey_image(scaled.reshape(-1, 1))
        low, high = summary.value_range
        rows, columns = summary.sample_shape

        def paint_image(painter: QPainter, room: QRectF) -> None:
            painter.drawImage(room, image)
            painter.drawRect(room)

        def paint_column(painter: QPainter, room: QRectF) -> None:
            narrow = QRectF(room.center().x() - STRIP_WIDTH / 2, room.top(), STRIP_WIDTH, room.height())
            painter.drawImage(narrow, column)
            painter.drawRect(narrow)

        def paint_one_hot(painter: QPainter, room: QRectF) -> None:
            self._paint_one_hot(painter, room, label, len(summary.classes))

        self._steps = (
            _Step(paint_image, f"{rows}×{columns}", f"{low:g} … {high:g}"),
            _Step(paint_column, f"{rows * columns}", self.tr("in a row")),
            _Step(paint_column, f"÷ {summary.divisor:g}", f"{low / summary.divisor:g} … {high / summary.divisor:g}"),
            _Step(paint_one_hot, self.tr("one-hot"), self.tr("label {name}").format(name=summary.classes[label])),
        )
        self.setAccessibleDescription(", ".join(f"{step.title} ({step.note})" for step in self._steps))
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for the pictures and two lines."""
        return QSize(FEWEST_PIXELS, PICTURE + 2 * GAP + 2 * self.fontMetrics().lineSpacing())

    def minimumSizeHint(self) -> QSize:
        """Return the same size."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint all steps, with arrows between those that follow from each other."""
        if not self._steps:
            return
        theme = theme_manager().theme
        painter = QPainter(self)
        width = self.width() / len(self._steps)
        line = self.fontMetrics().lineSpacing()
        for index, step in enumerate(self._steps):
            middle = (index + 0.5) * width
            painter.setPen(theme.color("line"))
            step.paint(painter, QRectF(middle - PICTURE / 2, 1, PICTURE, PICTURE - 2))
            for row, (text, color) in enumerate(((step.title, "text"), (step.note, "muted"))):
                painter.setPen(theme.color(color))
                below = QRectF(index * width - GAP, PICTURE + GAP + row * line, width + 2 * GAP, line)
                painter.drawText(below, Qt.AlignmentFlag.AlignCenter, text)
            if 0 < index < len(self._steps) - 1:
                self._paint_arrow(painter, QPointF(index * width + (GAP if index == 1 else 0), PICTURE / 2))
            elif index:  # the label goes its own way
                painter.setPen(theme.color("line"))
                painter.drawLine(QPointF(index * width, 2), QPointF(index * width, self.height() - 2))

    def _paint_arrow(self, painter: QPainter, middle: QPointF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme_manager().theme.color("muted"), 1.5))
        tip = middle + QPointF(6, 0)
        painter.drawLine(middle - QPointF(6, 0), tip)
        painter.drawPolyline([tip + QPointF(-4, -4), tip, tip + QPointF(-4, 4)])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_one_hot(self, painter: QPainter, room: QRectF, label: int, classes: int) -> None:
        theme = theme_manager().theme
        height = room.height() / classes
        painter.setPen(theme.color("muted", 0.6))
        for index in range(classes):
            cell = QRectF(room.center().x() - STRIP_WIDTH / 2, room.top() + index * height, STRIP_WIDTH, height)
            painter.fillRect(cell, theme.color("accent" if index == label else "canvas"))
            painter.drawRect(cell)
