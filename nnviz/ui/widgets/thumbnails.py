"""The samples of a batch as a model, and the delegate that paints one of them as a thumbnail."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPalette, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from nnviz.core.data import FloatArray, Task
from nnviz.core.trace import Trace
from nnviz.ui.theme import Theme, number_font, theme_manager
from nnviz.ui.widgets.grey_image import grey_image

PICTURE_SIDE = 52
PADDING = 5
WIDEST_CELL = 150
Index = QModelIndex | QPersistentModelIndex


class Verdict(IntEnum):
    """What is to be said of a prediction."""

    UNKNOWN = 0
    RIGHT = 1
    WRONG = 2
    NONE = 3


@dataclass(frozen=True)
class Thumbnail:
    """What is painted of one sample. `row` is None for the mean of the batch."""

    row: int | None
    inputs: FloatArray
    caption: str
    note: str
    verdict: Verdict
    hue: float | None


ThumbnailRole = Qt.ItemDataRole.UserRole + 1


class SampleModel(QAbstractListModel):
    """The mean of the batch (row 0), and the samples of a trace (row i + 1).

    Predictions and losses are told only as far as the learner has walked: see `show_progress`.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.trace: Trace | None = None
        self._classes: tuple[str, ...] = ()
        self._task = Task.CLASSES
        self._predicted: np.ndarray = np.zeros(0)
        self._forward_done = self._loss_known = False

    def set_trace(self, trace: Trace | None, classes: tuple[str, ...], task: Task) -> None:
        """Show another batch."""
        count = 0 if trace is None else trace.batch_size + 1
        resized = count != self.rowCount()
        if resized:
            self.beginResetModel()
        self.trace, self._classes, self._task = trace, classes, task
        if trace is not None:
            self._predicted = _predictions(trace, task)
        if resized:
            self.endResetModel()

    def show_progress(self, forward_done: bool, loss_known: bool) -> bool:
        """Tell predictions from the end of the forward pass on, and losses from the loss on; return what changed."""
        changed = (forward_done, loss_known) != (self._forward_done, self._loss_known)
        self._forward_done, self._loss_known = forward_done, loss_known
        return changed

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        """Count the entries."""
        return 0 if self.trace is None or parent.isValid() else self.trace.batch_size + 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the thumbnail, or the sentence for tool tips and screen readers."""
        if not index.isValid() or self.trace is None:
            return None
        if role == ThumbnailRole:
            return self._thumbnail(index.row() - 1)
        if role in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.AccessibleTextRole,
        ):
            return self._sentence(index.row() - 1)
        return None

    # --- one entry ----------------------------------------------------------------------------------------------------

    def _thumbnail(self, row: int) -> Thumbnail:
        trace = self.trace
        assert trace is not None
        if row < 0:
            note = f"{trace.loss:.4f}" if self._loss_known and trace.loss is not None else ""
            return Thumbnail(None, trace.inputs.mean(axis=0), self.tr("mean"), note, Verdict.NONE, None)
        verdict = self._verdict(row)
        caption = f"{self._target_name(row)} → {self._prediction_name(row)}"
        return Thumbnail(row, trace.inputs[row], caption, self._loss(row), verdict, self._hue(row))

    def _sentence(self, row: int) -> str:
        trace = self.trace
        assert trace is not None
        if row < 0:
            return self.tr("The mean of the {count} samples of this batch").format(count=trace.batch_size)
        parts = [self.tr("Sample {row}").format(row=row + 1)]
        if trace.is_drawing:
            parts = [self.tr("Your drawing")]
        if trace.targets is not None:
            parts.append(self.tr("target {name}").format(name=self._target_name(row)))
        if self._forward_done:
            parts.append(self.tr("predicted {name}").format(name=self._prediction_name(row)))
        parts += {Verdict.RIGHT: [self.tr("right")], Verdict.WRONG: [self.tr("wrong")]}.get(self._verdict(row), [])
        if loss := self._loss(row):
            parts.append(self.tr("loss {loss}").format(loss=loss))
        return ", ".join(parts)

    def _class_name(self, index: int) -> str:
        return self._classes[index] if 0 <= index < len(self._classes) else str(index)

    def _target_name(self, row: int) -> str:
        targets = self.trace.targets if self.trace is not None else None
        if targets is None:
            return "?"
        if self._task is Task.VALUES:
            return f"{float(np.ravel(targets[row])[0]):.2f}"
        return self._class_name(int(targets[row]))

    def _prediction_name(self, row: int) -> str:
        if not self._forward_done:
            return "?"
        predicted = self._predicted[row]
        return f"{predicted:.2f}" if self._task is Task.VALUES else self._class_name(int(predicted))

    def _verdict(self, row: int) -> Verdict:
        trace = self.trace
        if trace is None or trace.targets is None or self._task is Task.VALUES:
            return Verdict.NONE
        if not self._forward_done:
            return Verdict.UNKNOWN
        return Verdict.RIGHT if int(self._predicted[row]) == int(trace.targets[row]) else Verdict.WRONG

    def _loss(self, row: int) -> str:
        losses = self.trace.sample_losses if self.trace is not None else None
        return "" if losses is None or not self._loss_known else f"{float(losses[row]):.4f}"

    def _hue(self, row: int) -> float | None:
        """Where the target lies between −1 and 1, for the colour of a point."""
        targets = self.trace.targets if self.trace is not None else None
        if targets is None:
            return None
        if self._task is Task.VALUES:
            return float(np.clip(np.ravel(targets[row])[0], -1.0, 1.0))
        return 2.0 * int(targets[row]) / max(1, len(self._classes) - 1) - 1.0


def _predictions(trace: Trace, task: Task) -> np.ndarray:
    """Return the class (or the number) that each sample is taken for, shape (batch,)."""
    outputs = trace.outputs.reshape(trace.batch_size, -1)
    if task is Task.VALUES:
        return outputs[:, 0]
    return (outputs[:, 0] > 0.5).astype(np.int64) if outputs.shape[1] == 1 else outputs.argmax(axis=1)


class ThumbnailDelegate(QStyledItemDelegate):
    """Paints a sample: its picture, target → prediction with a mark, its loss."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.limit = 1.0  # of the coordinates, for points in the plane
        self._cell = QSize(84, 100)

    def measure(self, captions: list[str]) -> None:
        """Make all cells wide enough for these captions."""
        metrics = QFontMetricsF(number_font())
        widest = max((metrics.horizontalAdvance(caption + " ✗") for caption in captions), default=0)
        width = max(PICTURE_SIDE + 24.0, min(widest + 2 * PADDING + 4, WIDEST_CELL))
        self._cell = QSize(round(width), round(PICTURE_SIDE + 2 * metrics.lineSpacing() + 3 * PADDING))

    @property
    def cell(self) -> QSize:
        """Size of a cell."""
        return self._cell

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the same size for all."""
        return self._cell

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one cell."""
        thumbnail = index.data(ThumbnailRole)
        if thumbnail is None:
            return
        theme = theme_manager().theme
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        cell = QRectF(option.rect).adjusted(2, 2, -2, -2)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        self._paint_ground(painter, cell, selected, bool(option.state & QStyle.StateFlag.State_HasFocus), theme)
        top = cell.top() + PADDING - 1
        picture = QRectF(cell.center().x() - PICTURE_SIDE / 2, top, PICTURE_SIDE, PICTURE_SIDE)
        self._paint_picture(painter, picture, thumbnail, theme)
        self._paint_texts(painter, cell, picture.bottom() + 3, thumbnail, theme, option.palette)
        painter.restore()

    def _paint_ground(self, painter: QPainter, cell: QRectF, selected: bool, focused: bool, theme: Theme) -> None:
        painter.setPen(QPen(theme.color("accent"), 2.0 if focused else 1.5) if selected else Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent", 0.14) if selected else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(cell, 5, 5)

    def _paint_picture(self, painter: QPainter, box: QRectF, thumbnail: Thumbnail, theme: Theme) -> None:
        inputs = thumbnail.inputs
        painter.setPen(theme.color("line"))
        if inputs.ndim == 2:
            painter.drawImage(box, grey_image(inputs))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box)
        elif inputs.size == 2:
            painter.setBrush(theme.color("canvas"))
            painter.drawRect(box)
            self._paint_point(painter, box, inputs, thumbnail.hue, theme)
        else:
            painter.setPen(theme.color("muted"))
            painter.setFont(number_font())
            numbers = "\n".join(f"{value:.2f}" for value in inputs.ravel()[:3])
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), numbers)

    def _paint_point(self, painter: QPainter, box: QRectF, point: FloatArray, hue: float | None, theme: Theme) -> None:
        middle = box.center()
        painter.drawLine(QPointF(box.left(), middle.y()), QPointF(box.right(), middle.y()))
        painter.drawLine(QPointF(middle.x(), box.top()), QPointF(middle.x(), box.bottom()))
        reach = box.width() / 2 - 5
        x, y = np.clip(np.nan_to_num(point / self.limit), -1.0, 1.0) * reach
        painter.setPen(QPen(theme.color("text"), 1.0))
        painter.setBrush(theme.color("unknown") if hue is None else _point_color(hue, theme))
        painter.drawEllipse(middle + QPointF(float(x), -float(y)), 4.5, 4.5)

    def _paint_texts(
        self, painter: QPainter, cell: QRectF, top: float, thumbnail: Thumbnail, theme: Theme, palette: QPalette
    ) -> None:
        font = number_font()
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        mark, name = {
            Verdict.RIGHT: ("✓", "good"),
            Verdict.WRONG: ("✗", "error"),
        }.get(thumbnail.verdict, ("", "text"))
        mark_width = metrics.horizontalAdvance(" " + mark) if mark else 0.0
        room = cell.width() - 2 * PADDING - mark_width
        caption = metrics.elidedText(thumbnail.caption, Qt.TextElideMode.ElideRight, room)
        width = metrics.horizontalAdvance(caption)
        left = cell.center().x() - (width + mark_width) / 2
        baseline = top + metrics.ascent()
        painter.setPen(theme.color("text"))
        painter.drawText(QPointF(left, baseline), caption)
        if mark:
            font.setBold(True)
            painter.setFont(font)
            painter.setPen(theme.color(name))
            painter.drawText(QPointF(left + width, baseline), " " + mark)
            font.setBold(False)
            painter.setFont(font)
        painter.setPen(theme.color("muted"))
        line = QRectF(cell.left(), top + metrics.lineSpacing(), cell.width(), metrics.lineSpacing())
        painter.drawText(line, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop), thumbnail.note)


def _point_color(hue: float, theme: Theme) -> QColor:
    return QColor(*theme.scale()[round(hue * 127 + 127)].tolist())
