"""Parts of the picture that are painted once, and copied until they would look different."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from math import ceil, floor

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF
from PySide6.QtGui import QImage, QPainter

from nnviz.ui.graph.layout import Rect


@dataclass(frozen=True)
class _Kept:
    looks: tuple[object, ...]
    place: QRect
    image: QImage


class KeptPictures:
    """Images of what takes long to paint and seldom changes, for one device.

    Parameters
    ----------
    ratio : float
        Device pixels to a logical one.
    """

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio
        self._kept: dict[Hashable, _Kept] = {}

    def draw(
        self,
        painter: QPainter,
        part: Hashable,
        area: QRectF,
        looks: tuple[object, ...],
        paint: Callable[[QPainter], None],
        opaque: bool = False,
    ) -> None:
        """Copy a part to where it belongs, as far as that is in view.

        Parameters
        ----------
        part
            Names it: of each part one image is kept.
        area
            What it covers, in logical pixels.
        looks
            All that its looks depend on; the image is kept as long as these are equal. Arrays are given as bytes.
        paint
            Paints it in the coordinates of the picture.
        opaque
            Whether it covers all of `area`, so that nothing shines through.
        """
        view = area.intersected(QRectF(painter.window()))
        if view.isEmpty():
            return
        place = self._device_rect(view)
        kept = self._kept.get(part)
        if kept is None or kept.place != place or kept.looks != looks:
            kept = self._kept[part] = _Kept(looks, place, self._painted(place, paint, opaque))
        painter.drawImage(QPointF(place.topLeft()) / self._ratio, kept.image)

    def _device_rect(self, area: QRectF) -> QRect:
        k = self._ratio
        corner = QPoint(floor(area.left() * k), floor(area.top() * k))
        return QRect(corner, QPoint(ceil(area.right() * k) - 1, ceil(area.bottom() * k) - 1))

    def _painted(self, place: QRect, paint: Callable[[QPainter], None], opaque: bool) -> QImage:
        form = QImage.Format.Format_RGB32 if opaque else QImage.Format.Format_ARGB32_Premultiplied
        image = QImage(place.size(), form)
        image.fill(0)
        image.setDevicePixelRatio(self._ratio)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(-QPointF(place.topLeft()) / self._ratio)
        paint(painter)
        painter.end()
        return image


def area_of(rect: Rect, margin: float = 0.0) -> QRectF:
    """Return a rectangle of the layout as one of Qt's, with room around it."""
    return QRectF(rect.x - margin, rect.y - margin, rect.width + 2 * margin, rect.height + 2 * margin)
