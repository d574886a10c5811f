"""What is under the pointer. No QApplication is needed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnviz.ui.graph.hit_test import (
    HeaderPick,
    TogglePick,
    UnitPick,
    nearest_point,
    nearest_segment,
    neighbour,
    pick_column,
)
from nnviz.ui.graph.layout import Metrics, NetworkLayout, layout_network
from tests.support.reference import image_network

COORDINATES = st.floats(0, 1000, allow_nan=False, width=32)


def distance(segment: np.ndarray, x: float, y: float) -> float:
    """Distance to a segment, from many points on it."""
    along = np.linspace(0, 1, 2001)
    points = segment[:2] + (segment[2:] - segment[:2]) * along[:, None]
    return float(np.hypot(points[:, 0] - x, points[:, 1] - y).min())


@given(arrays(np.float64, (7, 4), elements=COORDINATES), COORDINATES, COORDINATES)
def test_the_nearest_segment_is_the_nearest(segments: np.ndarray, x: float, y: float) -> None:
    distances = [distance(segment, x, y) for segment in segments]
    found = nearest_segment(segments, x, y, 1e9)
    assert found is not None
    assert distances[found] <= min(distances) + 0.5


@pytest.mark.parametrize(("y", "expected"), [(2.0, 0), (4.9, 0), (5.1, None), (97.0, 1)])
def test_segments_out_of_reach_are_not_hit(y: float, expected: int | None) -> None:
    segments = np.array([[0.0, 0, 100, 0], [0, 100, 100, 100]])
    assert nearest_segment(segments, 50, y, 5.0) == expected


def test_a_segment_ends_where_it_ends() -> None:
    assert nearest_segment(np.array([[0.0, 0, 100, 0]]), 110, 0, 5.0) is None
    assert nearest_segment(np.array([[5.0, 5, 5, 5]]), 6, 5, 5.0) == 0


def test_nothing_is_near_in_an_empty_picture() -> None:
    assert nearest_point(np.empty((0, 2)), 1, 1, 10) is None
    assert nearest_segment(np.empty((0, 4)), 1, 1, 10) is None


@pytest.fixture
def layout() -> NetworkLayout:
    return layout_network(image_network(8, (128, 14, 10)), 900, 400, Metrics(output_labels=120))


@pytest.mark.parametrize(("layer", "unit"), [(0, 0), (0, 29), (1, 63), (2, 0), (2, 60), (2, 127), (3, 7), (4, 9)])
def test_every_kind_of_value_is_found(layout: NetworkLayout, layer: int, unit: int) -> None:
    x, y = layout.columns[layer].points[unit]
    if (layer, unit) == (2, 60):
        y -= 20  # beside the button
        unit = int(np.argmin(np.abs(layout.columns[2].points[:, 1] - y)))
    assert pick_column(layout, x, y) == UnitPick(layer, unit)


def test_headers_and_buttons_are_found(layout: NetworkLayout) -> None:
    header = layout.columns[3].header
    assert pick_column(layout, header.center_x, header.center_y) == HeaderPick(3)
    toggle = layout.columns[2].toggle
    assert toggle is not None
    assert pick_column(layout, *toggle) == TogglePick(2)
    assert pick_column(layout, 895, 395) is None


def test_keys_lead_to_the_neighbour(layout: NetworkLayout) -> None:
    assert neighbour(layout, UnitPick(3, 5), 0, 1) == UnitPick(3, 6)
    assert neighbour(layout, UnitPick(3, 0), 0, -1) == UnitPick(3, 0)
    assert neighbour(layout, UnitPick(4, 9), 1, 0) == UnitPick(4, 9)
    there = neighbour(layout, UnitPick(3, 0), 1, 0)
    assert there.layer == 4
    assert there.unit <= 1


def test_picking_among_a_hundred_thousand_edges_takes_a_moment() -> None:
    from time import perf_counter

    segments = np.random.default_rng(0).random((109_000, 4)) * 1000
    seconds = []
    for _ in range(5):
        began = perf_counter()
        nearest_segment(segments, 500, 500, 5.0)
        seconds.append(perf_counter() - began)
    assert min(seconds) < 0.03
