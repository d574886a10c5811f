"""Painting edges from arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from nnviz.core.playback import Cursor, EdgeMode, EdgeNumbers, frame_at, stages_of
from nnviz.core.spec import NetworkSpec, Picture
from nnviz.engine.layers import LAYERS, Dense, Dropout, Flatten, Input
from nnviz.ui.graph.edge_paint import EdgeGroup, LinePainter, line_array, shares, strongest
from nnviz.ui.graph.edge_sets import dense_gaps, edges_of, linked_values, pick_edge, strongest_edges
from nnviz.ui.graph.hit_test import UnitPick
from nnviz.ui.graph.items import ITEMS
from nnviz.ui.graph.layout import Metrics, NetworkLayout, layout_network
from nnviz.ui.graph.look import Look, Scales, blank_look, look_at
from nnviz.ui.graph.scale import Limits, ScaleChoice
from tests.support.reference import example_trace, image_network


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=6), st.integers(0, 3000))
def test_edges_are_shared_out_and_none_is_wasted(sizes: list[int], total: int) -> None:
    result = shares(sizes, total)
    assert all(0 <= got <= size for got, size in zip(result, sizes, strict=True))
    assert sum(result) == min(total, sum(sizes))


def test_the_strongest_are_chosen_weakest_first() -> None:
    values = np.array([[0.1, -5.0, 2.0], [0.0, 3.0, -0.2]], np.float32)
    assert strongest(values, 3).tolist() == [2, 4, 1]
    assert strongest(values, 99).tolist() == [3, 0, 5, 2, 4, 1]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(np.random.default_rng(0).standard_normal((700, 300)), id="weights"),
        pytest.param(np.zeros((700, 300)), id="all zero"),
        pytest.param(np.sign(np.random.default_rng(1).standard_normal((700, 300))), id="many of the same size"),
        pytest.param(np.eye(700, 300), id="a few that are not zero"),
        pytest.param(np.full((700, 300), np.nan), id="diverged"),
    ],
)
@pytest.mark.parametrize("count", [1, 300, 100_000])
def test_the_strongest_of_very_many_are_found_exactly(values: np.ndarray, count: int) -> None:
    values = values.astype(np.float32)
    chosen = strongest(values, count)
    sizes = np.nan_to_num(np.abs(values).ravel())
    assert len(np.unique(chosen)) == count
    np.testing.assert_array_equal(sizes[chosen], np.sort(sizes)[-count:])


def test_the_strongest_contributions_are_those_of_the_whole_matrix() -> None:
    rng = np.random.default_rng(0)
    weight, source = rng.standard_normal((700, 300)).astype(np.float32), rng.random(300).astype(np.float32)
    lazy = EdgeNumbers(np.multiply, weight, source)
    np.testing.assert_array_equal(strongest(lazy, 500), strongest(weight * source, 500))


def test_lines_run_from_their_input_to_their_output() -> None:
    starts, ends = np.array([[0.0, 1], [0, 2], [0, 3]]), np.array([[9.0, 5], [9, 6]])
    lines = line_array(starts, ends, np.array([0, 5]))
    assert lines.tolist() == [[0, 1, 9, 5], [0, 3, 9, 6]]


def painted(qtbot: QtBot, strengths: list[float], thickness: float = 1.0) -> QImage:
    del qtbot
    lines = np.array([[5.0, 10.5 + 20 * i, 95, 10.5 + 20 * i] for i in range(len(strengths))])
    red, green = QColor(255, 0, 0), QColor(0, 255, 0)
    group = EdgeGroup(lines, np.array(strengths, np.float32), red, green, 0.1, 1.0, thickness)
    return LinePainter().paint(100, 100, (group,))


def test_sign_gives_the_colour_and_size_the_opacity(qtbot: QtBot) -> None:
    image = painted(qtbot, [-1.0, 1.0, 0.5, 0.0])
    column = [image.pixelColor(50, y) for y in (10, 30, 50, 70)]
    assert column[0].red() == 255
    assert column[1].green() == 255
    assert column[0].alpha() > 230
    assert column[1].alpha() > column[2].alpha() > column[3].alpha() > 0
    assert image.pixelColor(50, 90).alpha() == 0


def test_strong_edges_are_thicker(qtbot: QtBot) -> None:
    def height(thickness: float) -> int:
        image = painted(qtbot, [1.0], thickness)
        return sum(image.pixelColor(50, y).alpha() > 60 for y in range(100))

    assert height(1.0) <= 2
    assert 3 <= height(4.0) <= 6


def scene(network: NetworkSpec) -> tuple[Look, NetworkLayout]:
    trace = example_trace(network)
    frame = frame_at(trace, Cursor(len(stages_of(trace)) - 1, 0))
    scales = Scales(ScaleChoice.LAYER, Limits(), False)
    return look_at(frame, EdgeMode.WEIGHT, scales), layout_network(network, 900, 400, Metrics(output_labels=100))


def test_each_pair_of_layers_shows_its_strongest_edges() -> None:
    look, layout = scene(image_network(28))
    shown = {edges.gap.layer: edges for edges in strongest_edges(look, layout, 1000)}
    assert {layer: len(edges.chosen) for layer, edges in shown.items()} == {2: 580, 3: 280, 4: 140}
    values = np.abs(look.gaps[1].values)
    assert np.ravel(values)[shown[2].chosen].min() >= np.sort(np.ravel(values))[-580]


def test_all_edges_are_painted_and_the_more_there_are_the_fainter_is_each() -> None:
    look, layout = scene(image_network(28))
    gaps = dense_gaps(look, layout, 2.0, 800.0)
    assert [gap.values.shape for gap in gaps] == [(20, 784), (14, 20), (10, 14)]
    assert [gap.strongest for gap in gaps] == pytest.approx([2 * 800 / (20 * 784), 0.5, 0.5])
    np.testing.assert_allclose(gaps[0].starts, 2 * layout.columns[1].starts(), rtol=1e-6)
    np.testing.assert_allclose(gaps[0].ends, 2 * layout.columns[2].ends(), rtol=1e-6)


def test_edges_that_are_not_known_are_not_among_all_edges() -> None:
    network = image_network(8)
    assert (
        dense_gaps(blank_look(network, EdgeMode.WEIGHT), layout_network(network, 900, 400, Metrics()), 1.0, 400) == ()
    )


def test_a_neuron_lights_all_its_own_edges() -> None:
    look, layout = scene(image_network(8))
    own = edges_of(UnitPick(3, 4), look, layout)
    assert [len(edges.chosen) for edges in own] == [20, 10]
    assert {edges.pick(0).out for edges in own[:1]} == {4}
    assert all(own[1].pick(index).source == 4 for index in range(10))


def test_a_pixel_is_linked_with_its_cell() -> None:
    look, layout = scene(image_network(8))
    assert set(linked_values(UnitPick(0, 30), look)) == {UnitPick(0, 30), UnitPick(1, 30)}
    assert [len(edges.chosen) for edges in edges_of(UnitPick(0, 30), look, layout)] == [20]


def test_an_edge_is_found_on_its_line() -> None:
    look, layout = scene(image_network(8, (3, 4, 10)))
    shown = strongest_edges(look, layout, 1000)
    edges = shown[-1]
    for index in (0, 11, 39):
        x, y = edges.lines[index, :2] * 0.93 + edges.lines[index, 2:] * 0.07
        found = pick_edge(shown, x, y, 1.0)
        assert found is not None
        assert found.layer == 4
    assert pick_edge(shown, 1.0, 1.0, 4.0) is None


def test_unknown_edges_are_a_fair_sample() -> None:
    network = image_network(28)
    layout = layout_network(network, 900, 400, Metrics())
    shown = strongest_edges(blank_look(network, EdgeMode.WEIGHT), layout, 600)
    first = shown[0]
    assert first.strengths() is None
    outs, sources = np.divmod(first.chosen, 784)
    assert len(np.unique(first.chosen)) == len(first.chosen)
    assert len(np.unique(outs)) == 20
    assert len(np.unique(sources // 100)) == 8


def test_dropout_connects_each_value_with_itself() -> None:
    network = NetworkSpec((Input((4,)), Dense(6), Dropout(), Dense(2)))
    layout = layout_network(network, 900, 400, Metrics())
    lines = strongest_edges(blank_look(network, EdgeMode.WEIGHT), layout, 100)[1].lines
    assert len(lines) == 6
    np.testing.assert_allclose(lines[:, 1], lines[:, 3])


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.kind)
def test_every_layer_of_the_catalogue_can_be_drawn(layer: type) -> None:
    specs = {Input: Input((8, 8)), Flatten: Flatten(), Dense: Dense(3), Dropout: Dropout()}
    for shape in ((9,),) if layer is Dense else ((9,), (8, 8)):
        picture = specs[layer].picture(shape)
        assert isinstance(picture, Picture)
        assert picture in ITEMS
