"""A square sheet to draw on: white on black, with a soft round brush."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPointingDevice,
    QResizeEvent,
    QTabletEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnviz.ui.theme import DARK, theme_manager
from nnviz.ui.widgets.grey_image import array_of

SIDE = 280
MOST_UNDOS = 100
ERASER_FACTOR = 2.0
LOW_SHOWN = 130
SMALLEST_SHOWN = 140
COMFORTABLE_SHOWN = 210
LARGEST_SHOWN = 420


class PixelCanvas(QWidget):
    """A sheet of `SIDE` × `SIDE` greys, shown as the largest square that fits.

    The left button draws, the right one erases; `erasing` turns the left one (and the pen of a tablet) into an eraser.

    Signals
    -------
    changed()
        The drawing is different now.
    undo_available(bool)
        There is (not) a stroke to undo.
    """

    changed = Signal()
    undo_available = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.erasing = False
        self.brush_share = 0.075  # width of the brush as a share of the sheet
        self._image = _black_sheet()
        self._earlier: list[QImage] = []
        self._hint = ""
        self._points: list[QPointF] = []
        self._stroke_erases = False
        self.setObjectName("drawing_pad")
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._height = COMFORTABLE_SHOWN
        self.setMinimumSize(SMALLEST_SHOWN, SMALLEST_SHOWN)
        theme_manager().changed.connect(self.update)

    # --- what is drawn ------------------------------------------------------------------------------------------------

    def pixels(self) -> NDArray[np.uint8]:
        """Return the drawing, shape (SIDE, SIDE), 0 (black) to 255 (white). A copy."""
        return array_of(self._image)

    @property
    def is_blank(self) -> bool:
        """Whether nothing is drawn."""
        return not self.pixels().any()

    @property
    def can_undo(self) -> bool:
        """Whether there is a stroke to undo."""
        return bool(self._earlier)

    def set_hint(self, text: str) -> None:
        """Say on the empty sheet what it is for."""
        self._hint = text
        self.update()

    def clear(self) -> None:
        """Wipe the sheet; can be undone."""
        if not self.is_blank:
            self._remember()
            self._image = _black_sheet()
            self.update()
            self._announce()

    def undo(self) -> None:
        """Take back the last stroke, or the last wiping."""
        if self._earlier and not self._points:
            self._image = self._earlier.pop()
            self.update()
            self._announce()

    def forget(self) -> None:
        """Wipe the sheet, for good."""
        self._earlier.clear()
        self._image = _black_sheet()
        self.update()
        self._announce()

    def _remember(self) -> None:
        self._earlier.append(self._image.copy())
        del self._earlier[:-MOST_UNDOS]

    def _announce(self) -> None:
        self.undo_available.emit(self.can_undo)
        self.changed.emit()

    # --- strokes ------------------------------------------------------------------------------------------------------

    def _begin(self, position: QPointF, erases: bool) -> None:
        self._remember()
        self._stroke_erases = erases
        point = self._on_sheet(position)
        self._points = [point]
        self._paint(_line(point, point + QPointF(0.01, 0.0)))  # a dot

    def _go_on(self, position: QPointF) -> None:
        """Continue to the middle of the newest piece, in a curve whose control point is the pen's last place.

        So the corners between mouse events become round, and the pieces join without a kink.
        """
        before, point = self._points[-1], self._on_sheet(position)
        if point == before:
            return
        start = before if len(self._points) == 1 else (self._points[-2] + before) / 2
        path = QPainterPath(start)
        path.quadTo(before, (before + point) / 2)
        self._points = [before, point]
        self._paint(path)

    def _end(self, position: QPointF) -> None:
        self._go_on(position)
        if len(self._points) == 2:
            before, point = self._points
            self._paint(_line((before + point) / 2, point))
        self._points = []

    def _paint(self, path: QPainterPath) -> None:
        width = SIDE * self.brush_share * (ERASER_FACTOR if self._stroke_erases else 1.0)
        ink = Qt.GlobalColor.black if self._stroke_erases else Qt.GlobalColor.white
        painter = QPainter(self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(ink, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(path, pen)
        painter.end()
        square = self._square()
        scale = square.width() / SIDE
        touched = path.boundingRect().adjusted(-width, -width, width, width)
        self.update(
            QRectF(square.topLeft() + touched.topLeft() * scale, touched.size() * scale).toAlignedRect() & self.rect()
        )
        self._announce()

    # --- events -------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stroke."""
        if self._points or event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            return
        self._begin(event.position(), self.erasing or event.button() is Qt.MouseButton.RightButton)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with the stroke."""
        if self._points:
            self._go_on(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the stroke."""
        if self._points and not event.buttons():
            self._end(event.position())

    def tabletEvent(self, event: QTabletEvent) -> None:
        """Draw with a pen; its other end erases."""
        eraser = event.pointerType() is QPointingDevice.PointerType.Eraser
        if event.type() is QEvent.Type.TabletPress:
            self._begin(event.position(), self.erasing or eraser)
        elif event.type() is QEvent.Type.TabletMove and self._points:
            self._go_on(event.position())
        elif event.type() is QEvent.Type.TabletRelease and self._points:
            self._end(event.position())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Wipe with Delete."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear()
        else:
            super().keyPressEvent(event)

    # --- looks --------------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(COMFORTABLE_SHOWN, self._height)

    def make_low(self, low: bool) -> None:
        """Leave room for others, or not."""
        self._height = LOW_SHOWN if low else COMFORTABLE_SHOWN
        self.setMinimumHeight(min(self._height, SMALLEST_SHOWN))
        self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Never be higher than wide, so that no room is lost above and below."""
        self.setMaximumHeight(max(SMALLEST_SHOWN, min(LARGEST_SHOWN, event.size().width())))
        super().resizeEvent(event)

    def _square(self) -> QRectF:
        side = min(self.width(), self.height())
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def _on_sheet(self, position: QPointF) -> QPointF:
        square = self._square()
        return (position - square.topLeft()) * (SIDE / square.width())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the sheet."""
        theme = theme_manager().theme
        square = self._square()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(1.0 if self.isEnabled() else 0.25)
        painter.drawImage(square, self._image)
        if self._hint and not self._points and self.isEnabled() and self.is_blank:
            painter.setPen(DARK.color("muted"))  # the sheet is black in either theme
            painter.drawText(square.adjusted(16, 16, -16, -16), int(_HINT_FLAGS), self._hint)
        focused = self.hasFocus()
        painter.setOpacity(1.0)
        painter.setPen(QPen(theme.color("accent" if focused else "line"), 2.0 if focused else 1.0))
        painter.drawRect(square.adjusted(0.5, 0.5, -0.5, -0.5))


_HINT_FLAGS = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap


def _black_sheet() -> QImage:
    image = QImage(SIDE, SIDE, QImage.Format.Format_Grayscale8)
    image.fill(Qt.GlobalColor.black)
    return image


def _line(start: QPointF, end: QPointF) -> QPainterPath:
    path = QPainterPath(start)
    path.lineTo(end)
    return path
