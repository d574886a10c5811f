"""Where a popup hides least: pure geometry, in pixels, without Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot

import numpy as np

from nnviz.ui.graph.layout import NetworkLayout, Points, Rect

STEP = 10.0  # px between places that are tried
EDGE = 4.0  # px that a popup keeps from the edges of the view
BODY, HEADER, EDGES = 4.0, 6.0, 0.5  # how much it matters that these are seen
FARAWAY = 0.4  # what the whole diagonal of the view counts, beside the share that is hidden


@dataclass(frozen=True)
class Obstacle:
    """Something that should stay visible: where it is, and how much that matters."""

    area: Rect
    weight: float


def obstacles_in(layout: NetworkLayout) -> list[Obstacle]:
    """What the picture of a network shows: columns with their labels, headers, and, if need be hidden, edges."""
    found = []
    for before, column in zip((None, *layout.columns), layout.columns, strict=False):
        found += [Obstacle(column.header, HEADER), Obstacle(column.block, BODY)]
        if before is not None:
            found.append(Obstacle(_between(before.block, column.block), EDGES))
    return found


def _between(left: Rect, right: Rect) -> Rect:
    """What lies between two columns that edges run between."""
    top, bottom = min(left.y, right.y), max(left.bottom, right.bottom)
    return Rect(left.right, top, max(right.x - left.right, 0.0), bottom - top)


def clearest_place(
    size: tuple[float, float], view: tuple[float, float], obstacles: Iterable[Obstacle], near: tuple[float, float]
) -> tuple[float, float]:
    """Return the left upper corner at which a popup hides least, and among equals the nearest.

    Parameters
    ----------
    size, view : tuple of float
        Width and height of the popup and of the view that it stays in.
    near : tuple of float
        The point that the popup belongs to.
    """
    (width, height), (right, bottom) = size, view
    x = np.arange(EDGE, max(right - width - EDGE, EDGE) + 1.0, STEP)
    y = np.arange(EDGE, max(bottom - height - EDGE, EDGE) + 1.0, STEP)
    distance = np.hypot(x[None, :] + width / 2 - near[0], y[:, None] + height / 2 - near[1])
    cost = FARAWAY * distance / hypot(right, bottom)
    for obstacle in obstacles:
        area = obstacle.area
        hidden = np.outer(_overlap(y, height, area.y, area.bottom), _overlap(x, width, area.x, area.right))
        cost += obstacle.weight * hidden / (width * height)
    row, column = np.unravel_index(int(np.argmin(cost)), cost.shape)
    return float(x[column]), float(y[row])


def _overlap(starts: Points, extent: float, start: float, end: float) -> Points:
    """How much of each stretch from `starts` lies between `start` and `end`."""
    return np.clip(np.minimum(starts + extent, end) - np.maximum(starts, start), 0.0, None)
