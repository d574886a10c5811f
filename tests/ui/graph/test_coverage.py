"""How much of each pixel each edge covers."""

from __future__ import annotations

import numpy as np
import pytest

from nnviz.ui.graph.coverage import MOST_BYTES, Fan, bundles, fans, make_band

WIDTH, HEIGHT = 40, 30


def points(*pairs: tuple[float, float]) -> np.ndarray:
    return np.array(pairs, np.float32).reshape(-1, 2)


def coverage_of(start: tuple[float, float], end: tuple[float, float], thickness: float) -> np.ndarray:
    """Coverage by one edge, shape (height, width)."""
    fan = Fan(bundles(points(start), 0.0), bundles(points(end), 0.0), HEIGHT)
    return make_band((fan,), 0, WIDTH, HEIGHT, thickness).total([np.ones(1, np.float32)]).reshape(WIDTH, HEIGHT).T


def sampled_coverage(start: tuple[float, float], end: tuple[float, float], thickness: float) -> np.ndarray:
    """Share of 16 × 16 points in each pixel that are nearer to the line than half its thickness."""
    y, x = (np.mgrid[0 : HEIGHT * 16, 0 : WIDTH * 16] + 0.5) / 16
    (x0, y0), (x1, y1) = start, end
    length = np.hypot(x1 - x0, y1 - y0)
    distance = np.abs((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) / length
    near = (distance <= thickness / 2) & (x >= x0) & (x <= x1)
    return near.reshape(HEIGHT, 16, WIDTH, 16).mean(axis=(1, 3))


def blurred(image: np.ndarray) -> np.ndarray:
    """Means over 3 × 3 pixels: what a faint line looks like from a little farther away."""
    return sum(np.roll(image, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1))[2:-2, 2:-2] / 9


@pytest.mark.parametrize("end_y", [10.3, 10.0, 18.5, 27.0, 3.1], ids=str)
@pytest.mark.parametrize("end_x", [38.0, 24.0, 12.0, 9.0], ids=str)
@pytest.mark.parametrize("thickness", [0.5, 1.0])
def test_a_line_covers_what_lies_under_it(end_x: float, end_y: float, thickness: float) -> None:
    line = ((4.0, 10.3), (end_x, end_y))
    found, expected = coverage_of(*line, thickness), sampled_coverage(*line, thickness)
    assert found.sum() == pytest.approx(expected.sum(), rel=0.03)
    assert np.abs(blurred(found) - blurred(expected)).max() < 0.1 * thickness
    inner = slice(5, int(end_x) - 1)
    rows = np.arange(HEIGHT)[:, None] + 0.5
    middle = (found * rows).sum(axis=0)[inner] / found.sum(axis=0)[inner]
    x = np.arange(WIDTH)[inner] + 0.5
    np.testing.assert_allclose(middle, 10.3 + (end_y - 10.3) * (x - 4.0) / (end_x - 4.0), atol=0.01)


def test_what_lies_outside_of_the_image_is_left_out() -> None:
    inside = coverage_of((4.0, 10.0), (30.0, 20.0), 0.5)
    assert coverage_of((4.0, -500.0), (30.0, -90.0), 0.5).sum() == 0.0
    np.testing.assert_allclose(coverage_of((-48.0, -10.0), (56.0, 30.0), 0.5)[:, 4:30], inside[:, 4:30], atol=1e-3)


@pytest.mark.parametrize("end", [(4.0, 25.0), (2.0, 25.0)], ids=["upright", "backwards"])
def test_a_line_without_width_covers_nothing(end: tuple[float, float]) -> None:
    assert coverage_of((4.0, 3.0), end, 0.5).sum() == 0.0


def test_bands_side_by_side_are_the_whole_picture() -> None:
    made = fans(((points((1, 2), (1, 9), (1, 28)), points((20, 5), (20, 25))),), WIDTH, HEIGHT)
    numbers = [np.arange(1, 7, dtype=np.float32)]
    whole = make_band(made, 0, WIDTH, HEIGHT, 0.5).total(numbers)
    parts = [make_band(made, first, min(first + 7, WIDTH), HEIGHT, 0.5) for first in range(0, WIDTH, 7)]
    np.testing.assert_allclose(np.concatenate([part.total(numbers) for part in parts]), whole, atol=1e-6)
    assert max(part.end for part in parts if part.parts) == 21


def test_evenly_spaced_points_give_bundles_of_one_size() -> None:
    """Or the picture would show bands that are not there."""
    found = bundles(np.stack([np.zeros(784), np.arange(784) * 0.51], axis=1).astype(np.float32), 1.0)
    assert np.unique(np.diff(found.firsts)).tolist() == [2]
    np.testing.assert_allclose(found.middles[:2, 1], [0.255, 1.275], rtol=1e-4)


def test_points_beside_each_other_are_not_bundled() -> None:
    found = bundles(points((0, 1), (5, 1), (0, 1.2)), 1.0)
    assert found.middles.tolist() == pytest.approx(points((0, 1.1), (5, 1)))


def test_bundles_add_up_what_belongs_to_them() -> None:
    found = bundles(points((0, 9), (0, 1), (0, 9.5), (0, 30)), 1.0)
    matrix = np.array([[1, 2, 3, 4], [10, 20, 30, 40]], np.float32)
    assert found.sums(matrix, 1).tolist() == [[2, 4, 4], [20, 40, 40]]
    assert found.sums(matrix.T.copy(), 0).tolist() == [[2, 20], [4, 40], [4, 40]]


def test_memory_is_bounded_and_no_edge_is_left_out() -> None:
    ends = ((column(0, 784), column(300, 1024)), (column(310, 1024), column(690, 256)))
    made = fans(ends, 700, 450)
    bands = [make_band(made, first, first + 70, 450, 0.5) for first in range(0, 700, 70)]
    assert 0.5 * MOST_BYTES < sum(band.nbytes for band in bands) < 1.05 * MOST_BYTES
    ones = [
        fan.numbers(np.ones((len(end), len(start)), np.float32)) for fan, (start, end) in zip(made, ends, strict=True)
    ]
    assert [each.sum() for each in ones] == [784 * 1024, 1024 * 256]


def column(x: float, count: int) -> np.ndarray:
    return np.stack([np.full(count, x), np.linspace(20, 430, count)], axis=1).astype(np.float32)
