"""Saliency as a picture: the gradient in its colours, and the outline of the image that it is for."""

from __future__ import annotations

import numpy as np
import shiboken6
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from nnviz.core.data import FloatArray
from nnviz.ui.theme import Theme, diverging_index
from nnviz.ui.widgets.grey_image import screen_image
from nnviz.ui.widgets.plane_contour import zero_lines

INK = 0.4  # of white: what is brighter lies within the outline


def saliency_limit(gradient: FloatArray) -> float:
    """The |∂score/∂x| that gets the full colour."""
    return float(np.abs(gradient).max(initial=0.0))


def draw_saliency(painter: QPainter, area: QRectF, gradient: FloatArray, image: FloatArray, theme: Theme) -> None:
    """Draw into `area`; both arrays of shape (rows, columns), `image` from 0 (black) to 1 (white)."""
    pixels = theme.pixels(True)[diverging_index(gradient, saliency_limit(gradient))]
    painter.drawImage(area, screen_image(np.ascontiguousarray(pixels)))
    lines = zero_lines(np.pad(image, 1) - INK)
    if not len(lines):
        return
    rows, columns = image.shape
    scale = np.array([area.width() / columns, area.height() / rows] * 2)
    lines = np.ascontiguousarray((lines - 0.5) * scale + np.array([area.x(), area.y()] * 2))
    first = shiboken6.wrapInstance(lines.ctypes.data, QLineF)
    painter.save()
    painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for color, width in ((theme.color("canvas", 0.8), 3.6), (theme.color("text"), 1.6)):
        painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap))
        painter.drawLines(first, len(lines))
    painter.restore()
