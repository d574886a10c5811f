"""Thumbnails of samples: the delegate that paints one, and the list that fills its width with them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from nnviz.core.data import FloatArray
from nnviz.ui.theme import Theme, number_font, theme_manager
from nnviz.ui.widgets.grey_image import grey_image
from nnviz.ui.widgets.sample_model import Index, SampleModel, Thumbnail, ThumbnailRole, Verdict, captions_for

PICTURE_SIDE = 56
PADDING = 5
WIDEST_CELL = 150
MARKS = {Verdict.RIGHT: ("✓", "good"), Verdict.WRONG: ("✗", "error")}


class ThumbnailDelegate(QStyledItemDelegate):
    """Paints a sample: its picture, target → prediction with a mark, its loss."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.limit = 1.0  # of the coordinates, for points in the plane
        self._narrowest = PICTURE_SIDE + 24.0
        self._width = self._narrowest
        self._rows = 2

    def measure(self, names: Sequence[str]) -> None:
        """Make all cells wide and high enough for predictions of these names."""
        metrics = QFontMetricsF(number_font())
        all_captions = [captions_for(name, name) for name in names]
        self._rows = 1 + max((len(captions) for captions in all_captions), default=1)
        captions = [caption for pair in all_captions for caption in pair]
        widest = max((metrics.horizontalAdvance(f"{caption} ✗") for caption in captions), default=0.0)
        self._narrowest = max(PICTURE_SIDE + 24.0, min(widest + 2 * PADDING + 6, WIDEST_CELL))

    def fill(self, width: int) -> None:
        """Make the cells as wide as it takes to fill rows of this width."""
        self._width = max(self._narrowest, width // max(1, int(width // self._narrowest)))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the same size for all."""
        text_height = self._rows * QFontMetricsF(number_font()).lineSpacing()
        return QSize(int(self._width), round(PICTURE_SIDE + text_height + 3 * PADDING + 2))

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
        self._paint_texts(painter, cell, picture.bottom() + 3, thumbnail, theme)
        painter.restore()

    def _paint_ground(self, painter: QPainter, cell: QRectF, selected: bool, focused: bool, theme: Theme) -> None:
        painter.setPen(QPen(theme.color("accent"), 2.0 if focused else 1.5) if selected else Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent", 0.14) if selected else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(cell, 5, 5)

    def _paint_picture(self, painter: QPainter, box: QRectF, thumbnail: Thumbnail, theme: Theme) -> None:
        inputs = thumbnail.inputs
        painter.setPen(theme.color("line"))
        if inputs.ndim == 2:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)  # pixels are to be seen
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # four times as fast
            painter.drawImage(box.toAlignedRect(), grey_image(inputs))
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

    def _paint_texts(self, painter: QPainter, cell: QRectF, top: float, thumbnail: Thumbnail, theme: Theme) -> None:
        font = number_font()
        metrics = QFontMetricsF(font)
        mark, color = MARKS.get(thumbnail.verdict, ("", "text"))
        line = QRectF(cell.left() + PADDING, top, cell.width() - 2 * PADDING, metrics.lineSpacing())
        centred = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        for caption in thumbnail.captions:
            is_last = caption is thumbnail.captions[-1]
            room = line.width() - (metrics.horizontalAdvance(f" {mark}") if is_last and mark else 0.0)
            text = metrics.elidedText(caption, Qt.TextElideMode.ElideRight, room)
            if is_last and mark:
                self._paint_marked(painter, line, text, mark, color, theme)
            else:
                painter.drawText(line, centred, text)
            line.translate(0.0, metrics.lineSpacing())
        painter.setPen(theme.color("muted"))
        painter.drawText(line, centred, thumbnail.note)

    def _paint_marked(self, painter: QPainter, line: QRectF, text: str, mark: str, color: str, theme: Theme) -> None:
        """Paint a caption and, in its own colour and bold, the mark behind it."""
        metrics = QFontMetricsF(painter.font())
        width = metrics.horizontalAdvance(text)
        left = line.center().x() - (width + metrics.horizontalAdvance(f" {mark}")) / 2
        baseline = line.top() + metrics.ascent()
        painter.drawText(QPointF(left, baseline), text)
        painter.save()
        bold = painter.font()
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(theme.color(color))
        painter.drawText(QPointF(left + width, baseline), f" {mark}")
        painter.restore()


def _point_color(hue: float, theme: Theme) -> QColor:
    return QColor(*theme.scale()[round(hue * 127 + 127)].tolist())


class ThumbnailList(QListView):
    """Thumbnails in rows that fill the width; only those in sight are painted."""

    def __init__(self, model: SampleModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.delegate = ThumbnailDelegate(self)
        self.setObjectName("sample_list")
        self.setAccessibleName(self.tr("Samples of this batch"))
        self.setModel(model)
        self.setItemDelegate(self.delegate)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        theme_manager().changed.connect(self.lay_out)

    def lay_out(self) -> None:
        """Fit the cells into the width."""
        self.delegate.fill(self.viewport().width() - 1)
        self.scheduleDelayedItemsLayout()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fill the new width."""
        self.lay_out()
        super().resizeEvent(event)
