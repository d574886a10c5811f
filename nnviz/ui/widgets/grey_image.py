"""Arrays as images in greys and back, and a small labelled picture of one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnviz.ui.theme import theme_manager

PICTURE_SIDE = 40
GAP = 6
WRAPPED = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
SCREEN_GREYS = np.arange(256, dtype=np.uint32) * 0x010101 + 0xFF000000


def array_of(image: QImage) -> NDArray[np.uint8]:
    """Return the pixels of a ``Format_Grayscale8`` image, shape (rows, columns). A copy."""
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].copy()


def greys(values: NDArray[np.float32] | NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return uint8 as it is, and floats 0 (black) … 1 (white) as 0 … 255."""
    if values.dtype == np.uint8:
        return values
    return (np.clip(values, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


def screen_pixels(values: NDArray[np.float32] | NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return the greys of a batch of images in the format of the screen, which is painted four times as fast."""
    return SCREEN_GREYS[greys(values)]


def screen_image(pixels: NDArray[np.uint32]) -> QImage:
    """Wrap one image of `screen_pixels`, shape (rows, columns). Not a copy: it lives only as long as the array."""
    rows, columns = pixels.shape
    return QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32)


def grey_image(values: NDArray[np.float32] | NDArray[np.uint8]) -> QImage:
    """Make an image in greys of an array of shape (rows, columns); see `greys`."""
    pixels = np.ascontiguousarray(greys(values))
    rows, columns = pixels.shape
    return QImage(pixels.data, columns, rows, columns, QImage.Format.Format_Grayscale8).copy()


class LabelledImage(QWidget):
    """A small image in greys, white on black, with a label on its right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._label = ""
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme_manager().changed.connect(self.update)

    def show_image(self, label: str, values: NDArray[np.uint8] | NDArray[np.float32] | None) -> None:
        """Show an array of shape (rows, columns), or an empty place."""
        self._label = label
        self._image = QImage() if values is None else grey_image(values)
        if label != self.accessibleName():
            self.setAccessibleName(label)
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for the picture and two lines of text."""
        return QSize(PICTURE_SIDE + 90, self.heightForWidth(PICTURE_SIDE + 90))

    def hasHeightForWidth(self) -> bool:
        """Whether it needs to be higher where it is narrower: then the label takes more lines."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of the picture, or of a label that is higher."""
        room = QRect(0, 0, width - PICTURE_SIDE - GAP, 1)
        label = self.fontMetrics().boundingRect(room, int(WRAPPED), self._label)
        return max(PICTURE_SIDE, label.height()) + 2

    def minimumSizeHint(self) -> QSize:
        """Return room for the picture and short words."""
        return QSize(PICTURE_SIDE + 60, self.heightForWidth(PICTURE_SIDE + 60))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture, its pixels sharp where they are few, and the label."""
        theme = theme_manager().theme
        square = QRectF(0.5, (self.height() - PICTURE_SIDE) / 2, PICTURE_SIDE - 1, PICTURE_SIDE - 1)
        painter = QPainter(self)
        if not self._image.isNull():
            painter.fillRect(square, Qt.GlobalColor.black)
            size = self._image.size().toSizeF().scaled(square.size(), Qt.AspectRatioMode.KeepAspectRatio)
            inner = QRectF(QPointF(0, 0), size)
            inner.moveCenter(square.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._image.height() > PICTURE_SIDE)
            painter.drawImage(inner, self._image)
        painter.setPen(theme.color("line"))
        painter.drawRect(square)
        painter.setPen(theme.color("muted"))
        beside = QRectF(PICTURE_SIDE + GAP, 0, self.width() - PICTURE_SIDE - GAP, self.height())
        painter.drawText(beside, int(WRAPPED), self._label)
