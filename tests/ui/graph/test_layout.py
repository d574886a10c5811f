"""Geometry of the picture. No QApplication is needed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from nnviz.core.spec import NetworkSpec, Picture
from nnviz.engine.layers import Dense, Dropout, Flatten, Input
from nnviz.ui.graph.layout import SMALLEST_PITCH, Camera, Metrics, layout_network
from tests.support.reference import image_network, point_network

METRICS = Metrics(header=56, input_labels=24, output_labels=130, below_output=30, name=80)
NETWORKS = {
    "digits": image_network(8),
    "mnist": image_network(28),
    "points": point_network(),
    "wide": image_network(28, (128, 64, 10)),
    "smallest": NetworkSpec((Input((2,)), Dense(1, "linear"))),
    "hundred": NetworkSpec((Input((100,)), Dense(100), Dense(100))),
    "dropout": NetworkSpec((Input((8, 8)), Dropout(), Flatten(), Dense(16), Dropout(), Dense(10))),
    "deep": NetworkSpec((Input((2,)), *(Dense(5) for _ in range(14)))),
}


@pytest.fixture(params=NETWORKS, ids=str)
def network(request: pytest.FixtureRequest) -> NetworkSpec:
    return NETWORKS[request.param]


@pytest.mark.parametrize("size", [(700, 320), (1200, 640), (1900, 980)])
def test_columns_stand_side_by_side_inside_the_picture(network: NetworkSpec, size: tuple[int, int]) -> None:
    layout = layout_network(network, *size, METRICS)
    assert layout.width >= size[0]
    for one, other in pairwise(layout.columns):
        assert one.block.right < other.block.x
        assert one.header.right <= other.header.x + 1e-6
    for column in layout.columns:
        assert column.block.x >= 0
        assert column.block.right <= layout.width
        assert column.header.bottom < column.body.y + 1e-6
        assert column.body.bottom <= size[1]
        assert column.header.width >= METRICS.name - 12
        inside = (column.points[:, 0] > column.body.x) & (column.points[:, 0] < column.body.right)
        inside &= (column.points[:, 1] > column.body.y) & (column.points[:, 1] < column.body.bottom)
        assert inside.all()


def test_every_value_has_a_point_and_is_drawn_once(network: NetworkSpec) -> None:
    layout = layout_network(network, 700, 320, METRICS)
    for column, shape in zip(layout.columns, network.output_shapes(), strict=True):
        count = int(np.prod(shape))
        assert column.points.shape == (count, 2)
        if column.picture is Picture.UNITS:
            assert sorted([*column.circles.tolist(), *column.folded.tolist()]) == list(range(count))
            assert column.wide == (
                count * SMALLEST_PITCH > 250 - (30 if column.index == len(layout.columns) - 1 else 0)
            )


def test_the_articles_network_shows_all_its_neurons_in_a_small_window() -> None:
    layout = layout_network(image_network(28), 700, 320, METRICS)
    assert [len(column.circles) for column in layout.columns] == [0, 0, 20, 14, 10]
    assert not any(column.wide for column in layout.columns)


def test_circles_of_a_column_do_not_touch(network: NetworkSpec) -> None:
    for unfolded in (frozenset(), frozenset(range(len(network.layers)))):
        layout = layout_network(network, 900, 400, METRICS, unfolded)
        for column in layout.columns:
            points = column.points[column.circles]
            if len(points) > 1:
                between = np.hypot(*(points[:, None] - points[None, :]).transpose(2, 0, 1))
                np.fill_diagonal(between, np.inf)
                assert between.min() > column.diameter


def test_a_wide_layer_folds_its_middle_and_unfolds_to_all() -> None:
    network = NETWORKS["wide"]
    folded = layout_network(network, 700, 320, METRICS).columns[2]
    assert folded.fold is not None
    assert folded.circles[0] == 0
    assert folded.circles[-1] == 127
    heights = folded.points[:, 1]
    assert (np.diff(heights) > 0).all()  # in order, the hidden ones between
    assert folded.toggle is not None
    unfolded = layout_network(network, 700, 320, METRICS, frozenset({2})).columns[2]
    assert unfolded.fold is None
    assert len(unfolded.circles) == 128
    assert unfolded.wide
    assert unfolded.toggle is not None


def test_the_strip_is_in_row_major_order() -> None:
    image, strip, *_ = layout_network(image_network(8), 700, 320, METRICS).columns
    assert image.points[1, 0] > image.points[0, 0]
    assert image.points[1, 1] == image.points[0, 1]
    assert image.points[8, 1] > image.points[0, 1]
    assert (np.diff(strip.points[:, 1]) > 0).all()
    assert strip.ends()[0, 0] == pytest.approx(strip.body.x)
    assert strip.starts()[0, 0] == pytest.approx(strip.body.right)


def test_zooming_keeps_what_is_under_the_pointer() -> None:
    camera = Camera(1.5, 30.0, -12.0)
    point = np.array([[120.0, 80.0]])
    seen = camera.points(point)[0]
    zoomed = camera.zoomed(2.0, *seen)
    assert zoomed.points(point)[0] == pytest.approx(seen)
    assert zoomed.zoom == 3.0
    assert camera.zoomed(1e9, 0, 0).zoom == 40.0


def test_headers_stay_at_the_top_when_the_picture_is_moved() -> None:
    layout = layout_network(image_network(8), 700, 320, METRICS)
    moved = layout.seen_through(Camera(2.0, 10.0, -300.0))
    for before, after in zip(layout.columns, moved.columns, strict=True):
        assert after.header.y == before.header.y
        assert after.header.x == pytest.approx(before.header.x * 2 + 10)
        assert after.diameter == before.diameter * 2


def test_a_very_deep_network_is_shrunk_to_fit() -> None:
    layout = layout_network(NETWORKS["deep"], 700, 320, METRICS)
    assert layout.width > 700
    camera = layout.fitting_camera(700, 320)
    assert camera.zoom < 1
    assert camera.rect(layout.columns[-1].block).right <= 700
