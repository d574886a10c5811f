"""Where a function on a grid is zero: marching squares (Lorensen & Cline 1987, in two dimensions), without loops."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEFT, TOP, RIGHT, BOTTOM = range(4)
# which sides of a cell a line joins, by the signs of its corners: 1, 2, 4, 8 for a positive value at the top left, top
# right, bottom right, bottom left; a saddle has two lines
JOINS: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((LEFT, TOP),),
    2: ((TOP, RIGHT),),
    3: ((LEFT, RIGHT),),
    4: ((RIGHT, BOTTOM),),
    5: ((LEFT, TOP), (RIGHT, BOTTOM)),
    6: ((TOP, BOTTOM),),
    7: ((LEFT, BOTTOM),),
    8: ((BOTTOM, LEFT),),
    9: ((TOP, BOTTOM),),
    10: ((TOP, RIGHT), (BOTTOM, LEFT)),
    11: ((RIGHT, BOTTOM),),
    12: ((LEFT, RIGHT),),
    13: ((TOP, RIGHT),),
    14: ((LEFT, TOP),),
}


def zero_lines(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Line segments along which `values` change their sign, found by linear interpolation.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)

    Returns
    -------
    ndarray, shape (segments, 4)
        Column and row of the start and of the end, as indices into `values`.
    """
    v = np.asarray(values, np.float64)
    corners = (v[:-1, :-1], v[:-1, 1:], v[1:, 1:], v[1:, :-1])
    code = sum((corner > 0).astype(np.uint8) << bit for bit, corner in enumerate(corners))
    found = []
    for signs, joins in JOINS.items():
        row, column = np.nonzero(code == signs)
        if len(row):
            here = [corner[row, column] for corner in corners]
            found += [np.stack([*_on(a, here, row, column), *_on(b, here, row, column)], axis=1) for a, b in joins]
    return np.concatenate(found) if found else np.empty((0, 4))


def _on(
    side: int, corners: list[NDArray[np.float64]], row: NDArray[np.intp], column: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Column and row of the zero on a side of cells, given by the values at their corners."""
    top_left, top_right, bottom_right, bottom_left = corners
    if side == TOP:
        return column + _zero(top_left, top_right), row.astype(np.float64)
    if side == BOTTOM:
        return column + _zero(bottom_left, bottom_right), row + 1.0
    if side == LEFT:
        return column.astype(np.float64), row + _zero(top_left, bottom_left)
    return column + 1.0, row + _zero(top_right, bottom_right)


def _zero(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    return start / (start - end)
