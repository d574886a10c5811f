"""Lines along which a function on a grid is zero."""

from __future__ import annotations

import numpy as np
import pytest

from nnviz.ui.widgets.plane_contour import zero_lines


def test_a_circle_is_found_and_closed() -> None:
    y, x = np.mgrid[0:41, 0:41] - 20.0
    lines = zero_lines(np.hypot(x, y) - 12.3)
    ends = lines.reshape(-1, 2)
    np.testing.assert_allclose(np.hypot(*(ends - 20.0).T), 12.3, atol=0.05)
    _, counts = np.unique(ends.round(9), axis=0, return_counts=True)
    assert (counts == 2).all()


def test_a_straight_line_is_found_exactly() -> None:
    y, x = np.mgrid[0:5, 0:9].astype(float)
    ends = zero_lines(x - 2.0 * y + 0.5).reshape(-1, 2)
    np.testing.assert_allclose(ends[:, 0] - 2.0 * ends[:, 1] + 0.5, 0.0, atol=1e-12)


@pytest.mark.parametrize("signs", [(1, -1, 1, -1), (-1, 1, -1, 1)])
def test_a_saddle_has_two_lines(signs: tuple[int, ...]) -> None:
    top_left, top_right, bottom_right, bottom_left = signs
    lines = zero_lines(np.array([[top_left, top_right], [bottom_left, bottom_right]]))
    assert len(lines) == 2
    sides = {tuple(end) for end in lines.reshape(-1, 2).tolist()}
    assert sides == {(0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5)}


@pytest.mark.parametrize("value", [1.0, -1.0])
def test_where_nothing_changes_its_sign_there_is_no_line(value: float) -> None:
    assert zero_lines(np.full((4, 4), value)).shape == (0, 4)
