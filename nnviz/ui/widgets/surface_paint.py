"""The loss surface as a picture: a log-scaled heat map with contour lines. Pure NumPy."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from nnviz.core.surface import Surface
from nnviz.ui.theme import Theme
from nnviz.ui.widgets.curves import Ticks, tick_text

Array = NDArray[np.float64]

LEVELS = 14
SHADES, STRENGTHS = 256, 16
LINE_STRENGTH = 0.45
SMALLEST_LOSS = 1e-12
FLATTEST = 1e-6  # so many powers of ten: below, there is nothing to tell apart


def log_range(surface: Surface) -> tuple[float, float]:
    """Smallest and largest finite loss, as powers of ten; never equal."""
    logs = _logs(surface.losses)
    low, high = float(logs.min()), float(logs.max())
    return (low, high) if high - low > FLATTEST else (low - 0.5, high + 0.5)


def _logs(losses: Array) -> Array:
    """Powers of ten; what is infinite is as high as the highest that is not."""
    finite = losses[np.isfinite(losses)]
    roof = float(finite.max()) if len(finite) else 1.0
    return np.log10(np.clip(np.where(np.isfinite(losses), losses, roof), SMALLEST_LOSS, None))


def scale_ticks(low: float, high: float, most: int) -> Ticks:
    """Choose values for the whole of a logarithmic scale, also where it is short: from end to end, in equal steps.

    Parameters
    ----------
    low, high : float
        Powers of ten at the ends.
    """
    ticks: Ticks = []
    for log in np.linspace(low, high, most).tolist():
        value = float(f"{10**log:.2g}")
        if (text := tick_text(value, 2)) not in [known for _, known in ticks]:
            ticks.append((min(max(float(np.log10(value)), low), high), text))
    return ticks


def ramp(theme: Theme) -> Array:
    """Colours from the lowest to the highest loss, shape (SHADES, 3): greys, so that the paths' colours stand out."""
    low = np.array(QColor(theme.canvas).getRgb()[:3], np.float64)
    high = np.array(QColor(theme.muted).getRgb()[:3], np.float64)
    share = np.linspace(0.0, 0.85, SHADES)[:, None]
    return low + (high - low) * share


def surface_image(surface: Surface, width: int, height: int, theme: Theme) -> NDArray[np.uint8]:
    """Paint the surface.

    Returns
    -------
    ndarray of uint8, shape (height, width, 4)
        BGRA as `QImage.Format_RGB32` wants it; the first row is the top: the largest second coordinate.
    """
    low, high = log_range(surface)
    share = (_logs(surface.losses)[::-1] - low) / (high - low)
    fine = stretched(len(share), height) @ share.astype(np.float32) @ stretched(len(share), width).T
    np.clip(fine, 0.0, 1.0, out=fine)
    strength = contour_lines(fine * np.float32(LEVELS))
    rows = (fine * np.float32(SHADES - 1)).astype(np.intp)
    columns = (strength * np.float32(STRENGTHS - 1)).astype(np.intp)
    return _colors(theme)[rows, columns]


@lru_cache(maxsize=2)
def _colors(theme: Theme) -> NDArray[np.uint8]:
    """BGRA for each height and each strength of a contour line on it, shape (SHADES, STRENGTHS, 4)."""
    ground = ramp(theme)[:, None, :]
    text = np.array(QColor(theme.text).getRgb()[:3], np.float64)
    strengths = np.linspace(0.0, LINE_STRENGTH, STRENGTHS)[None, :, None]
    colors = np.full((SHADES, STRENGTHS, 4), 255, np.uint8)
    colors[:, :, :3] = (ground + (text - ground) * strengths)[:, :, ::-1].round()
    return colors


def contour_lines(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Strength (0 to 1) of thin, smooth lines where `levels` passes 0.5, 1.5, 2.5 and so on."""
    down, right = np.gradient(levels)
    steepness = np.hypot(down, right) + np.float32(1e-9)
    away = np.abs(levels - np.floor(levels) - np.float32(0.5)) / steepness  # in pixels
    return np.clip(np.float32(1.2) - away, 0.0, 1.0)


def stretched(count: int, size: int) -> NDArray[np.float32]:
    """Weights that stretch `count` points to `size` pixels by smooth (Catmull–Rom) interpolation, shape (size, count).

    The first point lies in the first pixel, the last one in the last.
    """
    places = np.linspace(0.0, count - 1.0, size)
    first = np.minimum(places.astype(np.intp), count - 2)
    t = places - first
    taps = (
        0.5 * (-(t**3) + 2 * t**2 - t),
        0.5 * (3 * t**3 - 5 * t**2 + 2),
        0.5 * (-3 * t**3 + 4 * t**2 + t),
        0.5 * (t**3 - t**2),
    )
    weights = np.zeros((size, count))
    rows = np.arange(size)
    for offset, tap in enumerate(taps, -1):
        np.add.at(weights, (rows, np.clip(first + offset, 0, count - 1)), tap)
    return weights.astype(np.float32)
