"""Saliency as a picture: the image in greys, and over it the gradient, the stronger the more of its colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from nnviz.core.data import FloatArray
from nnviz.ui.theme import Theme
from nnviz.ui.widgets.grey_image import screen_image

DARKEST, BRIGHTEST = 30.0, 175.0  # of the image: neither black nor white, or a colour over it would not be seen
STRONGEST = 0.92  # share of the colour where the gradient is largest
LIFT = 0.65  # exponent: a few large gradients do not hide all others


def saliency_limit(gradient: FloatArray) -> float:
    """The |∂score/∂x| that gets the full colour."""
    return float(np.abs(gradient).max(initial=0.0))


def saliency_pixels(shares: FloatArray, image: FloatArray, theme: Theme) -> NDArray[np.uint32]:
    """Mix the greys of an image with the colours of a gradient.

    Parameters
    ----------
    shares : ndarray, shape (rows, columns)
        The gradient as shares of the largest, −1 … 1.
    image : ndarray of the same shape
        From 0 (black) to 1 (white).
    """
    greys = DARKEST + (BRIGHTEST - DARKEST) * np.clip(image, 0.0, 1.0)
    covered = STRONGEST * np.nan_to_num(np.abs(shares)) ** LIFT
    low, high = theme.scale(True)[[0, -1], :3].astype(np.float32)
    colors = np.where((shares < 0)[..., None], low, high)
    mixed = (greys[..., None] * (1.0 - covered[..., None]) + colors * covered[..., None]).astype(np.uint32)
    pixels: NDArray[np.uint32] = np.uint32(0xFF000000) | mixed[..., 0] << 16 | mixed[..., 1] << 8 | mixed[..., 2]
    return np.ascontiguousarray(pixels)


def draw_saliency(painter: QPainter, area: QRectF, gradient: FloatArray, image: FloatArray, theme: Theme) -> None:
    """Draw into `area`; both arrays of shape (rows, columns), `image` from 0 (black) to 1 (white)."""
    shares = gradient / (saliency_limit(gradient) or 1.0)
    painter.drawImage(area, screen_image(saliency_pixels(shares, image, theme)))
