"""What is under the pointer: arrays in, an index out. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnviz.ui.graph.layout import Column, NetworkLayout, Points


@dataclass(frozen=True, slots=True)
class UnitPick:
    """A value of a layer: a neuron, a pixel, a cell of a strip."""

    layer: int
    unit: int


@dataclass(frozen=True, slots=True)
class EdgePick:
    """The edge from value `source` of the layer before to neuron `out` of `layer`."""

    layer: int
    out: int
    source: int


@dataclass(frozen=True, slots=True)
class TogglePick:
    """The button that folds or unfolds a wide layer."""

    layer: int


@dataclass(frozen=True, slots=True)
class HeaderPick:
    """The header of a column."""

    layer: int


Pick = UnitPick | EdgePick | TogglePick | HeaderPick


def nearest_point(points: Points, x: float, y: float, reach: float) -> int | None:
    """Index of the point nearest to (x, y), or None if all are farther away than `reach`; points: shape (n, 2)."""
    if not len(points):
        return None
    squares = (points[:, 0] - x) ** 2 + (points[:, 1] - y) ** 2
    nearest = int(np.argmin(squares))
    return nearest if squares[nearest] <= reach * reach else None


def nearest_segment(segments: NDArray[np.floating], x: float, y: float, reach: float) -> int | None:
    """Index of the line segment nearest to (x, y), or None if all are farther away than `reach`.

    Parameters
    ----------
    segments : ndarray, shape (n, 4)
        x and y of the start and of the end.
    """
    if not len(segments):
        return None
    x0, y0 = segments[:, 0], segments[:, 1]
    dx, dy = segments[:, 2] - x0, segments[:, 3] - y0
    px, py = x - x0, y - y0
    along = np.clip((px * dx + py * dy) / np.maximum(dx * dx + dy * dy, 1e-12), 0.0, 1.0)
    squares = (px - along * dx) ** 2 + (py - along * dy) ** 2
    nearest = int(np.argmin(squares))
    return nearest if squares[nearest] <= reach * reach else None


def pick_unit(column: Column, x: float, y: float) -> int | None:
    """Which value of a column is at (x, y)."""
    if column.fold is not None and column.fold.contains(x, y, 2.0):
        return int(column.folded[np.argmin(np.abs(column.points[column.folded, 1] - y))])
    if len(column.circles):
        nearest = nearest_point(column.points[column.circles], x, y, max(column.diameter / 2 + 2.0, 6.0))
        return None if nearest is None else int(column.circles[nearest])
    if column.body.contains(x, y, 1.0):
        return nearest_point(column.points, x, y, float("inf"))
    return None


def pick_column(layout: NetworkLayout, x: float, y: float) -> UnitPick | TogglePick | HeaderPick | None:
    """What of the columns is at (x, y); headers lie on top, buttons above neurons."""
    for column in layout.columns:
        if column.header.contains(x, y):
            return HeaderPick(column.index)
    for column in layout.columns:
        reach = min(46.0, column.header.width / 2)
        if column.toggle and abs(column.toggle[0] - x) <= reach and abs(column.toggle[1] - y) <= 11:
            return TogglePick(column.index)
        unit = pick_unit(column, x, y)
        if unit is not None:
            return UnitPick(column.index, unit)
    return None


def neighbour(layout: NetworkLayout, pick: UnitPick, right: int, down: int) -> UnitPick:
    """Return the value to which a step of the keyboard leads: `right` layers on, or `down` values on."""
    column = layout.columns[pick.layer]
    if down:
        return UnitPick(pick.layer, min(max(pick.unit + down, 0), len(column.points) - 1))
    layer = min(max(pick.layer + right, 0), len(layout.columns) - 1)
    if layer == pick.layer:
        return pick
    heights = layout.columns[layer].points[:, 1]
    return UnitPick(layer, int(np.argmin(np.abs(heights - column.points[pick.unit, 1]))))
