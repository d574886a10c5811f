"""The pictures that make up a plane: what the network answers, and the points."""

from __future__ import annotations

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPixmap

from nnviz.core.data import DataSummary, FloatArray, Task
from nnviz.core.plane import PlaneAnswer, lead
from nnviz.ui.theme import Theme, diverging_index
from nnviz.ui.widgets.plane_contour import zero_lines

STRENGTH = 0.5  # of the colours of the ground: the points stand out from it
SHADES = 17  # of points that have a number instead of a class
FRAGMENT_FIELDS = 10  # of QPainter.PixmapFragment


def class_colors(theme: Theme, count: int) -> list[QColor]:
    """One colour for each class: the diverging pair for two, those of runs for more."""
    if count <= 2:
        return [theme.color("negative"), theme.color("positive")]
    return [theme.run_color(index) for index in range(count)]


def value_limit(summary: DataSummary) -> float:
    """The number that gets the full colour, where numbers are to be predicted."""
    targets = summary.point_targets
    return float(np.abs(targets).max(initial=0.0)) if targets is not None and len(targets) else 1.0


def _channels(colors: list[QColor]) -> NDArray[np.float32]:
    return np.array([color.getRgb()[:3] for color in colors], np.float32)


def ground_pixels(answer: PlaneAnswer, summary: DataSummary, theme: Theme) -> NDArray[np.uint32]:
    """What the network answers as colours 0xffRRGGBB, shape (side, side).

    Of two classes the diverging scale, of more the colour of the surest one, which is paler the less it is ahead; of
    numbers the diverging scale.
    """
    canvas = _channels([theme.color("canvas")])[0]
    if summary.task is Task.VALUES:
        colors = _on_scale(answer.outputs[0] / (value_limit(summary) or 1.0), theme)
    else:
        shares = answer.class_shares(len(summary.classes))
        if len(shares) == 2:
            colors = _on_scale(shares[1] - shares[0], theme)
        else:
            pure = _channels(class_colors(theme, len(shares)))[shares.argmax(axis=0)]
            colors = canvas + (pure - canvas) * lead(shares)[..., None]
    red, green, blue = np.moveaxis((canvas + (colors - canvas) * STRENGTH).astype(np.uint32), -1, 0)
    return np.ascontiguousarray(np.uint32(0xFF000000) | red << 16 | green << 8 | blue)


def _on_scale(values: FloatArray, theme: Theme) -> NDArray[np.float32]:
    return theme.scale()[diverging_index(values, 1.0), :3].astype(np.float32)


def boundaries(answer: PlaneAnswer, summary: DataSummary) -> NDArray[np.float64]:
    """Lines between the classes, as shares of the square from its top left corner; shape (segments, 4)."""
    if summary.task is Task.VALUES:
        return np.empty((0, 4))
    shares = answer.class_shares(len(summary.classes))
    if len(shares) == 2:
        lines = [zero_lines(_framed(shares[1] - shares[0]))]
    else:
        rivals = [np.delete(shares, own, axis=0).max(axis=0) for own in range(len(shares))]
        lines = [zero_lines(_framed(share - rival)) for share, rival in zip(shares, rivals, strict=True)]
    return (np.concatenate(lines) - 0.5) / shares.shape[-1]


def _framed(values: FloatArray) -> FloatArray:
    """With one more cell on each side, so that lines reach the edge of the square."""
    return np.pad(values, 1, mode="edge")


class PointPictures:
    """Discs and rings in the colours of classes, or of numbers, ready to be copied to where the points are.

    Parameters
    ----------
    diameter : float
        In logical pixels; rings are as large.
    ratio : float
        Device pixels to a logical one.
    """

    def __init__(self, colors: list[QColor], theme: Theme, diameter: float, ratio: float) -> None:
        self._count, self._ratio = len(colors), ratio
        self._side = int(np.ceil((diameter + 2.0) * ratio))
        image = QImage(self._side * len(colors), 2 * self._side, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row in range(2):
            for column, color in enumerate(colors):
                middle = QPointF((column + 0.5) * self._side, (row + 0.5) * self._side)
                self._disc(painter, middle, color, theme, diameter, is_ring=row == 1)
        painter.end()
        self._atlas = QPixmap.fromImage(image)

    def _disc(
        self, painter: QPainter, middle: QPointF, color: QColor, theme: Theme, diameter: float, is_ring: bool
    ) -> None:
        width = self._ratio
        radius = diameter / 2 * self._ratio
        painter.setPen(QPen(theme.color("canvas", 0.85), width * 0.9))
        painter.setBrush(color)
        painter.drawEllipse(middle, radius, radius)
        if is_ring:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("canvas"))
            painter.drawEllipse(middle, radius * 0.5, radius * 0.5)

    def draw(
        self, painter: QPainter, places: NDArray[np.float64], colors: NDArray[np.intp], rings: NDArray[np.bool_]
    ) -> None:
        """Draw points at `places`, shape (n, 2); `colors` are indices, `rings` says which are rings."""
        fragments = np.zeros((len(places), FRAGMENT_FIELDS))
        fragments[:, :2] = places
        fragments[:, 2] = colors * self._side
        fragments[:, 3] = rings * self._side
        fragments[:, 4:6] = self._side
        fragments[:, 6:8] = 1.0 / self._ratio
        fragments[:, 9] = 1.0
        if len(fragments):
            first = shiboken6.wrapInstance(fragments.ctypes.data, QPainter.PixmapFragment)
            painter.drawPixmapFragments(first, len(fragments), self._atlas)


def point_colors(summary: DataSummary, theme: Theme) -> tuple[list[QColor], NDArray[np.intp]]:
    """The colours there are for points, and which of them each point has."""
    targets = np.asarray(summary.point_targets).reshape(len(summary.points), -1)[:, 0]
    if summary.task is Task.CLASSES:
        return class_colors(theme, len(summary.classes)), targets.astype(np.intp)
    scale = theme.scale()[np.linspace(0, 254, SHADES).round().astype(int)]
    shades = np.rint(diverging_index(targets, value_limit(summary)) * ((SHADES - 1) / 254)).astype(np.intp)
    return [QColor(*row) for row in scale.tolist()], shades
