"""All edges of a network at once, too many to be seen one by one: what every painter of them takes, and the tones.

A painter adds up, for each pixel, how much of it the edges cover. Sums know no order, so no edge hides another, and
nothing has to be sorted. Two numbers per pixel are enough, and one table turns them into a colour:

density = Σ coverage · opacity
    Many faint films lie over each other; e^(−density) of the ground shines through (Beer and Lambert's law).
tint = Σ coverage · opacity · sign
    tint / density goes from −1, all edges negative, to 1, all positive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from nnviz.core.playback import EdgeValues

DENSITIES, BALANCES = 256, 129  # an odd number: "as many of both signs" has a row of its own
DENSEST = 4.0  # from here on, the ground can no longer be seen
HUE_CONTRAST = 0.6  # below 1, a small majority of one sign already gives its colour: both would make mud


@dataclass(frozen=True, eq=False)
class DenseGap:
    """All edges between two columns.

    Attributes
    ----------
    starts, ends : ndarray, shape (inputs, 2) and (outputs, 2)
        In device pixels.
    values : ndarray or EdgeNumbers, shape (outputs, inputs)
        Numbers on the edges.
    limit : float
        Gets full strength: strength = clip(nan_to_num(value / limit), −1, 1).
    faintest, strongest, contrast : float
        opacity = faintest + (strongest − faintest) · |strength| ** contrast.
    """

    starts: NDArray[np.float32]
    ends: NDArray[np.float32]
    values: EdgeValues
    limit: float
    faintest: float
    strongest: float
    contrast: float


@dataclass(frozen=True, eq=False)
class EdgePicture:
    """What a picture of all edges shows: gaps, and colours of the signs, for `width` × `height` device pixels."""

    width: int
    height: int
    gaps: tuple[DenseGap, ...]
    negative: QColor
    positive: QColor


class AllEdgesPainter(Protocol):
    """Paints all edges into a transparent image. Called on a background thread, by one at a time."""

    def paint(self, picture: EdgePicture, cancelled: Callable[[], bool]) -> QImage | None:
        """Paint an image for as many device pixels, premultiplied ARGB32.

        It may have fewer pixels than that; whoever shows it stretches it. None if `cancelled` said so meanwhile.
        """


@lru_cache(maxsize=8)
def _table(negative: int, positive: int) -> NDArray[np.uint32]:
    ends = [np.array([color >> shift & 0xFF for shift in (16, 8, 0)], float) for color in (negative, positive)]
    balance = np.linspace(-1.0, 1.0, BALANCES)
    share = ((1.0 + np.sign(balance) * np.abs(balance) ** HUE_CONTRAST) / 2.0)[None, :, None]
    alpha = 1.0 - np.exp(-DENSEST * np.linspace(0.0, 1.0, DENSITIES) ** 2)[:, None, None]
    rgb = np.rint(alpha * (ends[0] + (ends[1] - ends[0]) * share)).astype(np.uint32)
    opaque = np.broadcast_to(np.rint(255.0 * alpha[..., 0]).astype(np.uint32), rgb.shape[:2])
    table: NDArray[np.uint32] = opaque << 24 | rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2]
    table.flags.writeable = False
    return table


def tone_table(negative: QColor, positive: QColor) -> NDArray[np.uint32]:
    """Colours by density and balance of the signs.

    Row √(density / `DENSEST`) · (`DENSITIES` − 1), since the eye tells faint tones apart best; column
    (tint / density + 1) / 2 · (`BALANCES` − 1); both to the nearest.

    Returns
    -------
    ndarray of uint32, shape (DENSITIES, BALANCES)
        Premultiplied 0xAARRGGBB; read-only.
    """
    return _table(negative.rgb() & 0xFFFFFF, positive.rgb() & 0xFFFFFF)
