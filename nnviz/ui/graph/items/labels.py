"""Beside the first and the last column: names of the features; classes, probabilities and the target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from nnviz.core.data import DataSummary, FloatArray
from nnviz.core.spec import NetworkSpec
from nnviz.ui.graph.items.brush import Brush
from nnviz.ui.graph.layout import Column
from nnviz.ui.graph.wording import number, percentage

PROBABILITIES = frozenset({"softmax", "sigmoid"})
LONGEST_NAME = 110.0
MARK = 15.0  # px for the mark of the target
SPACE = 6.0


def input_names(network: NetworkSpec, summary: DataSummary | None) -> tuple[str, ...]:
    """Names of the features of a flat input; none for an image."""
    shape = network.output_shapes()[0]
    if len(shape) != 1:
        return ()
    if summary is not None and len(summary.feature_names) == shape[0]:
        return summary.feature_names
    return tuple(f"x{_subscript(i)}" for i in range(1, shape[0] + 1))


def output_names(network: NetworkSpec, summary: DataSummary | None) -> tuple[str, ...]:
    """Names of the outputs: the classes, or the class that a single output stands for."""
    count = network.output_shapes()[-1][-1]
    classes = summary.classes if summary is not None else ()
    if len(classes) == count:
        return classes
    if count == 1 and len(classes) == 2:
        return (classes[1],)
    return tuple(f"y{_subscript(i)}" if count > 1 else "y" for i in range(count))


def _subscript(value: int) -> str:
    return str(value).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def widest(brush: Brush, names: tuple[str, ...]) -> float:
    """Width of the widest name, within reason."""
    return min(max((brush.metrics.horizontalAdvance(name) for name in names[:200]), default=0.0), LONGEST_NAME)


def input_label_width(brush: Brush, names: tuple[str, ...]) -> float:
    """Space left of the input column."""
    return widest(brush, names) + 2 * SPACE if names else 0.0


def bar_width(view_width: float) -> float:
    """Length of a bar that stands for 100 %."""
    return min(max(view_width * 0.06, 40.0), 110.0)


def output_label_width(brush: Brush, names: tuple[str, ...], view_width: float, probabilities: bool) -> float:
    """Space right of the output column."""
    if probabilities:
        values = bar_width(view_width) + SPACE + brush.metrics.horizontalAdvance("100 %")
    else:
        values = brush.metrics.horizontalAdvance("target −0.000")
    return SPACE + MARK + widest(brush, names) + SPACE + values


def paint_input_labels(painter: QPainter, brush: Brush, column: Column, names: tuple[str, ...]) -> None:
    """Write the name of each feature left of its circle."""
    painter.setFont(brush.font)
    painter.setPen(brush.theme.color("text"))
    height = brush.metrics.height()
    room = column.points[1, 1] - column.points[0, 1] if len(column.circles) > 1 else height
    if room < height * 0.9:
        return
    width = column.body.x - column.block.x - SPACE
    for unit in column.circles.tolist():
        text = brush.metrics.elidedText(names[unit], Qt.TextElideMode.ElideRight, width)
        area = QRectF(column.body.x - SPACE - width, column.points[unit, 1] - height / 2, width, height)
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)


@dataclass(frozen=True)
class OutputLabels:
    """Class names, bars and percentages right of the output column.

    Attributes
    ----------
    name_width : float
        Of the widest name, in pixels.
    values, target : ndarray, shape (outputs,), or None
        What the network answers and what it should answer, as far as they are known.
    """

    names: tuple[str, ...]
    name_width: float
    values: FloatArray | None
    target: FloatArray | None
    are_probabilities: bool
    bar: float

    def rows(self, column: Column, height: float) -> list[tuple[int, float]]:
        """Outputs that are labelled, and where; if not all have room, the target and the strongest.

        Where these two are too near to each other, their labels give way.
        """
        circles = column.circles.tolist()
        places = column.points[:, 1]
        if len(circles) < 2 or places[circles[1]] - places[circles[0]] >= height * 0.9:
            return [(unit, float(places[unit])) for unit in circles]
        known = (array for array in (self.target, self.values) if array is not None)
        units = sorted({int(np.argmax(array)) for array in known})
        rows = [(unit, float(places[unit])) for unit in units]
        if len(rows) == 2 and (lacking := height - (rows[1][1] - rows[0][1])) > 0:
            (upper, above), (lower, below) = rows
            return [(upper, above - lacking / 2), (lower, below + lacking / 2)]
        return rows

    def paint(self, painter: QPainter, brush: Brush, column: Column, opacity: float) -> None:
        """Paint all labels that have room."""
        height = brush.metrics.height()
        one_hot = self.target is not None and len(self.target) > 1 and float(np.max(self.target)) > 0.999
        painter.setOpacity(opacity)
        for unit, y in self.rows(column, height):
            x = column.body.right + SPACE
            is_target = one_hot and float(self.target[unit]) > 0.5
            if is_target:
                self._paint_target(painter, brush, x + MARK / 2 - 1.5, y)
            self._paint_row(painter, brush, unit, x + MARK, y, height, is_target)
        painter.setOpacity(1.0)

    def _paint_row(
        self, painter: QPainter, brush: Brush, unit: int, x: float, y: float, height: float, is_target: bool
    ) -> None:
        theme, name_width = brush.theme, self.name_width
        vertical = Qt.AlignmentFlag.AlignVCenter
        font, metrics = (brush.bold, brush.bold_metrics) if is_target else (brush.font, brush.metrics)
        painter.setFont(font)
        painter.setPen(theme.color("good" if is_target else "text"))
        name = metrics.elidedText(self.names[unit], Qt.TextElideMode.ElideRight, name_width + 2)
        painter.drawText(QRectF(x, y - height / 2, name_width + 4, height), vertical, name)
        x += name_width + SPACE
        painter.setFont(brush.font)
        painter.setPen(theme.color("text"))
        if not self.are_probabilities:
            self._paint_value(painter, brush, unit, x, y, height)
            return
        thickness = min(max(height * 0.55, 6.0), 12.0)
        bar = QRectF(x, y - thickness / 2, self.bar, thickness)
        is_alone = self.target is not None and len(self.target) == 1
        self._paint_bar(painter, brush, unit, bar, marks_zero=is_alone)
        if is_alone:
            self._paint_target(painter, brush, x - name_width - SPACE - MARK / 2 - 1.5, y + height)
            painter.setPen(theme.color("good"))
            area = QRectF(x - name_width - SPACE, y + height / 2, name_width + SPACE + self.bar + MARK, height)
            painter.drawText(area, vertical, _target_text(percentage(float(self.target[unit]))))
        if self.values is not None:
            width = brush.metrics.horizontalAdvance("100 %") + 2
            area = QRectF(bar.right() + SPACE, y - height / 2, width, height)
            painter.setPen(theme.color("text"))
            painter.drawText(area, vertical, percentage(float(self.values[unit])))

    def _paint_bar(self, painter: QPainter, brush: Brush, unit: int, bar: QRectF, marks_zero: bool) -> None:
        theme = brush.theme
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("zero") if self.values is not None else brush.hatch())
        painter.drawRoundedRect(bar, 2, 2)
        if self.values is not None:
            share = min(float(np.fmax(self.values[unit], 0.0)), 1.0)
            if share * bar.width() >= 0.5:
                painter.setBrush(theme.color("positive"))
                painter.drawRoundedRect(QRectF(bar.x(), bar.y(), share * bar.width(), bar.height()), 2, 2)
        if self.target is not None and (float(self.target[unit]) > 0 or marks_zero):
            x = bar.x() + float(self.target[unit]) * bar.width()
            painter.setPen(QPen(theme.color("good"), 2.0))
            painter.drawLine(QPointF(x, bar.y() - 2), QPointF(x, bar.bottom() + 2))

    def _paint_value(self, painter: QPainter, brush: Brush, unit: int, x: float, y: float, height: float) -> None:
        texts = []
        if self.values is not None:
            texts.append(number(float(self.values[unit])))
        if self.target is not None:
            texts.append(_target_text(number(float(self.target[unit]))))
        for place, text in enumerate(texts):
            top = y - height * len(texts) / 2 + place * height
            painter.setPen(brush.theme.color("good" if place or self.values is None else "text"))
            width = brush.metrics.horizontalAdvance(text) + 2
            painter.drawText(QRectF(x, top, width, height), Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_target(self, painter: QPainter, brush: Brush, x: float, y: float) -> None:
        paint_target_mark(painter, brush, x, y)


def _target_text(value: str) -> str:
    return QCoreApplication.translate("NetworkView", "target {value}").format(value=value)


def paint_target_mark(painter: QPainter, brush: Brush, x: float, y: float) -> None:
    """Paint a bull's-eye."""
    color = brush.theme.color("good")
    painter.setPen(QPen(color, 1.6))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(x, y), 5.0, 5.0)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawEllipse(QPointF(x, y), 2.2, 2.2)


def paint_loss(painter: QPainter, brush: Brush, column: Column, loss: float, is_mean: bool) -> None:
    """Write the loss of the sample that is shown, or the mean over the batch, under the output column."""
    translate = QCoreApplication.translate
    mean, single = translate("NetworkView", "batch loss {value}"), translate("NetworkView", "sample loss {value}")
    text = (mean if is_mean else single).format(value=number(loss, 4))
    width, height = brush.bold_metrics.horizontalAdvance(text) + 16, brush.metrics.height() + 3
    area = QRectF(column.block.x + (column.block.width - width) / 2, column.block.bottom + 12, width, height)
    area.moveRight(min(area.right(), painter.window().width() - 4.0))
    painter.setPen(QPen(brush.theme.color("line"), 1.0))
    painter.setBrush(brush.theme.color("panel"))
    painter.drawRoundedRect(area, height / 2, height / 2)
    painter.setFont(brush.bold)
    painter.setPen(brush.theme.color("text"))
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
