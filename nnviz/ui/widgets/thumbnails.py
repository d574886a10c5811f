"""Thumbnails of samples: the delegate that paints one, and the list that fills its width with them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from nnviz.core.data import FloatArray
from nnviz.ui.theme import Theme, number_font, theme_manager
from nnviz.ui.widgets.grey_image import screen_image
from nnviz.ui.widgets.sample_model import Index, SampleModel, Thumbnail, ThumbnailRole, Verdict, captions_for

PICTURE_SIDE = 56
PADDING = 5
WIDEST_CELL = 150
RIGHT = Qt.TextElideMode.ElideRight
MARKS = {Verdict.RIGHT: ("✓", "good"), Verdict.WRONG: ("✗", "error")}


class _Style:
    """Pens and fonts in the colours of a theme, and the widths of texts, each measured once."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.font = number_font()
        self.bold = QFont(self.font)
        self.bold.setBold(True)
        metrics = QFontMetricsF(self.font)
        self.ascent, self.line_spacing = metrics.ascent(), metrics.lineSpacing()
        # a function of our own: wrapping that of Qt would make it load all its signatures, which takes 40 ms
        self.width = lru_cache(maxsize=512)(lambda text: metrics.horizontalAdvance(text))
        self.elided = lru_cache(maxsize=512)(lambda text, room: metrics.elidedText(text, RIGHT, room))
        self.text, self.muted, self.line = (QPen(theme.color(name)) for name in ("text", "muted", "line"))
        self.marks = {verdict: QPen(theme.color(color)) for verdict, (_, color) in MARKS.items()}


class ThumbnailDelegate(QStyledItemDelegate):
    """Paints a sample: its picture, target → prediction with a mark, its loss."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.limit = 1.0  # of the coordinates, for points in the plane
        self._narrowest = PICTURE_SIDE + 24.0
        self._width = self._narrowest
        self._rows = 2
        self._take_theme()
        theme_manager().changed.connect(self._take_theme)

    def _take_theme(self) -> None:
        self._style = _Style(theme_manager().theme)

    def measure(self, names: Sequence[str]) -> None:
        """Make all cells wide and high enough for predictions of these names."""
        all_captions = [captions_for(name, name) for name in names]
        self._rows = 1 + max((len(captions) for captions in all_captions), default=1)
        captions = [caption for pair in all_captions for caption in pair]
        widest = max((self._style.width(f"{caption} ✗") for caption in captions), default=0.0)
        self._narrowest = max(PICTURE_SIDE + 24.0, min(widest + 2 * PADDING + 6, WIDEST_CELL))

    def fill(self, width: int) -> None:
        """Make the cells as wide as it takes to fill rows of this width."""
        self._width = max(self._narrowest, width // max(1, int(width // self._narrowest)))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the same size for all."""
        return QSize(int(self._width), round(PICTURE_SIDE + self._rows * self._style.line_spacing + 3 * PADDING + 2))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one cell."""
        thumbnail = index.data(ThumbnailRole)
        if thumbnail is None:
            return
        painter.save()
        cell = QRectF(option.rect).adjusted(2, 2, -2, -2)
        if option.state & QStyle.StateFlag.State_Selected:
            self._paint_ground(painter, cell, bool(option.state & QStyle.StateFlag.State_HasFocus))
        top = cell.top() + PADDING - 1
        picture = QRectF(cell.center().x() - PICTURE_SIDE / 2, top, PICTURE_SIDE, PICTURE_SIDE)
        self._paint_picture(painter, picture, thumbnail)
        self._paint_texts(painter, cell, picture.bottom() + 3, thumbnail)
        painter.restore()

    def _paint_ground(self, painter: QPainter, cell: QRectF, focused: bool) -> None:
        theme = self._style.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("accent"), 2.0 if focused else 1.5))
        painter.setBrush(theme.color("accent", 0.14))
        painter.drawRoundedRect(cell, 5, 5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_picture(self, painter: QPainter, box: QRectF, thumbnail: Thumbnail) -> None:
        inputs, style = thumbnail.inputs, self._style
        painter.setPen(style.line)
        if thumbnail.pixels is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)  # pixels are to be seen
            painter.drawImage(box.toAlignedRect(), screen_image(thumbnail.pixels))
            painter.drawRect(box)
        elif inputs.size == 2:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(style.theme.color("canvas"))
            painter.drawRect(box)
            self._paint_point(painter, box, inputs, thumbnail.hue)
        else:
            painter.setPen(style.muted)
            painter.setFont(style.font)
            numbers = "\n".join(f"{value:.2f}" for value in inputs.ravel()[:3])
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), numbers)

    def _paint_point(self, painter: QPainter, box: QRectF, point: FloatArray, hue: float | None) -> None:
        theme, middle = self._style.theme, box.center()
        painter.drawLine(QPointF(box.left(), middle.y()), QPointF(box.right(), middle.y()))
        painter.drawLine(QPointF(middle.x(), box.top()), QPointF(middle.x(), box.bottom()))
        reach = box.width() / 2 - 5
        x, y = np.clip(np.nan_to_num(point / self.limit), -1.0, 1.0) * reach
        painter.setPen(QPen(theme.color("text"), 1.0))
        painter.setBrush(theme.color("unknown") if hue is None else _point_color(hue, theme))
        painter.drawEllipse(middle + QPointF(float(x), -float(y)), 4.5, 4.5)

    def _paint_texts(self, painter: QPainter, cell: QRectF, top: float, thumbnail: Thumbnail) -> None:
        """Write, from the top: the captions, with a mark behind the last one, and the note."""
        style, room, middle = self._style, cell.width() - 2 * PADDING, cell.center().x()
        mark = MARKS.get(thumbnail.verdict, ("", ""))[0]
        behind = f" {mark}" if mark else ""
        baseline = top + style.ascent
        painter.setFont(style.font)
        painter.setPen(style.text)
        for number, caption in enumerate(thumbnail.captions, start=1):
            tail = behind if number == len(thumbnail.captions) else ""
            text = style.elided(caption, room - style.width(tail))
            width = style.width(text)
            left = middle - (width + style.width(tail)) / 2
            painter.drawText(QPointF(left, baseline), text)
            baseline += style.line_spacing
        painter.setPen(style.muted)
        painter.drawText(QPointF(middle - style.width(thumbnail.note) / 2, baseline), thumbnail.note)
        if mark:
            painter.setFont(style.bold)
            painter.setPen(style.marks[thumbnail.verdict])
            painter.drawText(QPointF(left + width, baseline - style.line_spacing), behind)


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
