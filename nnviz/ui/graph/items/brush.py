"""What all items paint with: theme, fonts, and an atlas of circles in every colour."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from nnviz.ui.graph.items.kept import KeptPictures
from nnviz.ui.graph.layout import Points
from nnviz.ui.theme import Theme, theme_manager

STEPS = 65  # colours from −1 to 1 in an atlas
UNKNOWN_TILE = 2 * STEPS
BLANK_TILE = UNKNOWN_TILE + 1  # the colour of the canvas: keeps edges from shining through faint circles
TILES_PER_ROW = 16
FRAGMENT_FIELDS = 10  # x, y, source left and top, width, height, scale x and y, rotation, opacity


@dataclass(frozen=True)
class Brush:
    """Everything an item needs besides its column and its numbers; it lasts as long as theme, fonts and resolution."""

    theme: Theme
    font: QFont
    bold: QFont
    ratio: float
    metrics: QFontMetricsF = field(init=False)
    bold_metrics: QFontMetricsF = field(init=False)
    kept: KeptPictures = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Measure the fonts once, and begin to keep pictures."""
        object.__setattr__(self, "metrics", QFontMetricsF(self.font))
        object.__setattr__(self, "bold_metrics", QFontMetricsF(self.bold))
        object.__setattr__(self, "kept", KeptPictures(self.ratio))

    def hatch(self) -> QBrush:
        """Fill for what is not known yet."""
        return QBrush(self.theme.color("unknown"), Qt.BrushStyle.BDiagPattern)

    def text_on(self, background: QColor) -> QColor:
        """The colour of text that is easier to read on `background`."""
        text, canvas = self.theme.color("text"), self.theme.color("canvas")
        return max((text, canvas), key=lambda color: contrast(color, background))


def make_brush(widget: QWidget) -> Brush:
    """Return the brush for a widget: its font and resolution, and the colours of the theme."""
    bold = QFont(widget.font())
    bold.setWeight(QFont.Weight.DemiBold)
    return Brush(theme_manager().theme, widget.font(), bold, widget.devicePixelRatioF())


def blended(color: QColor, below: QColor, opacity: float) -> QColor:
    """What is seen where `color` lies over `below`."""
    mixed = [a * opacity + b * (1.0 - opacity) for a, b in zip(color.getRgbF()[:3], below.getRgbF()[:3], strict=True)]
    return QColor.fromRgbF(*mixed)


def luminance(color: QColor) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = np.array([color.redF(), color.greenF(), color.blueF()])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio of two colours, 1 … 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def image_of(pixels: NDArray[np.uint8]) -> QImage:
    """Make an image of greys, shape (rows, columns), or of colours, shape (rows, columns, 4) RGBA."""
    pixels = np.ascontiguousarray(pixels)
    form = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else QImage.Format.Format_RGBA8888
    return QImage(pixels.data, pixels.shape[1], pixels.shape[0], pixels.strides[0], form).copy()


def paint_ground(painter: QPainter, brush: Brush, area: QRectF, is_known: bool, opacity: float) -> None:
    """Cover the edges under `area`, hatch it while nothing is known there, and leave the painter at `opacity`."""
    painter.fillRect(area, brush.theme.color("canvas"))
    painter.setOpacity(opacity)
    if not is_known:
        painter.fillRect(area, brush.hatch())


def tile_index(values: NDArray[np.floating], limit: float, is_gradient: bool) -> NDArray[np.intp]:
    """Tile of the atlas for each value; what is not a number is unknown."""
    unknown = np.isnan(values)
    share = np.clip(np.where(unknown, 0.0, values) / limit, -1.0, 1.0)
    tiles = np.rint((share + 1.0) * (STEPS - 1) / 2).astype(np.intp) + (STEPS if is_gradient else 0)
    return np.where(unknown, UNKNOWN_TILE, tiles)


def _mix(one: NDArray[np.float64], other: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    return one * (1.0 - share) + other * share


def _rgb(color: QColor) -> NDArray[np.float64]:
    return np.array([color.red(), color.green(), color.blue()], np.float64)


@lru_cache(maxsize=24)
def circle_atlas(diameter: int, theme: Theme) -> QPixmap:
    """Circles of `diameter` device pixels: values from −1 to 1, gradients from −1 to 1, and one that is unknown."""
    side = diameter + 2
    rows = -(-(BLANK_TILE + 1) // TILES_PER_ROW)
    offset = np.arange(side) - (side - 1) / 2
    distance = np.hypot(offset[:, None], offset[None, :])
    radius = diameter / 2
    ring_width = min(max(diameter * 0.06, 1.0), 2.5)
    disc = np.clip(radius - distance + 0.5, 0.0, 1.0)
    inside = np.clip(radius - ring_width - distance + 0.5, 0.0, 1.0)[..., None]
    pick = np.rint(np.linspace(0, 254, STEPS)).astype(int)
    fills = np.concatenate([theme.scale(False)[pick, :3], theme.scale(True)[pick, :3]]).astype(np.float64)
    text, canvas, unknown = (_rgb(theme.color(name)) for name in ("text", "canvas", "unknown"))
    tiles = np.zeros((rows * TILES_PER_ROW, side, side, 4), np.uint8)
    rings = _mix(fills, text, 0.32)
    count = len(fills)
    tiles[:count, ..., :3] = _over(rings[:, None, None, :], fills[:, None, None, :], inside)
    period = max(4.0, diameter / 4.5)
    stripes = np.clip(np.abs((offset[:, None] + offset[None, :]) % period - period / 2) - period / 4 + 0.5, 0, 1)
    hatched = _over(canvas, unknown, stripes[..., None])
    tiles[UNKNOWN_TILE, ..., :3] = _over(_mix(unknown, text, 0.15), hatched, inside)
    tiles[BLANK_TILE, ..., :3] = canvas
    tiles[: BLANK_TILE + 1, ..., 3] = disc * 255
    sheet = tiles.reshape(rows, TILES_PER_ROW, side, side, 4).swapaxes(1, 2).reshape(rows * side, -1, 4)
    return QPixmap.fromImage(image_of(sheet).convertToFormat(QImage.Format.Format_ARGB32_Premultiplied))


def _over(below: NDArray[np.float64], above: NDArray[np.float64], coverage: NDArray[np.float64]) -> NDArray[np.float64]:
    return below * (1.0 - coverage) + above * coverage


def draw_circles(
    painter: QPainter, brush: Brush, points: Points, diameter: float, tiles: NDArray[np.intp], opacity: float
) -> None:
    """Paint circles of one size from the atlas, in one call.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
    diameter : float
        In logical pixels.
    tiles : ndarray of int, shape (n,)
    """
    if not len(points):
        return
    device = min(max(2, round(diameter * brush.ratio)), 256)
    side = device + 2
    fragments = np.zeros((len(points), FRAGMENT_FIELDS))
    fragments[:, :2] = np.rint(points * brush.ratio) / brush.ratio
    fragments[:, 2] = tiles % TILES_PER_ROW * side
    fragments[:, 3] = tiles // TILES_PER_ROW * side
    fragments[:, 4:6] = side
    fragments[:, 6:8] = diameter / device if device == 256 else 1.0 / brush.ratio
    fragments[:, 9] = opacity
    first = shiboken6.wrapInstance(fragments.ctypes.data, QPainter.PixmapFragment)
    painter.drawPixmapFragments(first, len(fragments), circle_atlas(device, brush.theme))
