"""Maps in the neurons and saliency on the input, as they are seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.plane import PlaneAnswer
from nnviz.core.playback import Cursor, Frame, Phase, frame_at, stages_of
from nnviz.core.trace import Trace
from nnviz.ui.graph.view import NetworkView
from nnviz.ui.theme import ThemeChoice, theme_manager
from tests.support.reference import example_trace, image_network, point_network

SIDE = 16


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[NetworkView]:
    theme_manager().choose(ThemeChoice.LIGHT)
    made = NetworkView()
    qtbot.addWidget(made)
    made.set_reduced_motion(True)
    made.resize(900, 460)
    made.show()
    qtbot.waitExposed(made)
    yield made
    theme_manager().choose(ThemeChoice.SYSTEM)


@pytest.fixture
def trace() -> Trace:
    return example_trace(point_network())


def halves(units: int) -> np.ndarray:
    """−1 at the left and +1 at the right."""
    maps = np.ones((units, SIDE, SIDE), np.float32)
    maps[..., : SIDE // 2] = -1
    return maps


def answer(trace: Trace) -> PlaneAnswer:
    shapes = trace.network.output_shapes()
    layers = tuple(
        {part.name: halves(shape[0]) for part in layer.parts}
        for layer, shape in zip(trace.network.layers, shapes, strict=True)
    )
    return PlaneAnswer(0, 0, 6.0, layers[-1]["activation"], 0.0, layers)


def overview(trace: Trace) -> Frame:
    return frame_at(trace, Cursor(len(stages_of(trace)) - 1, 0, overview=True))


def canvas(view: NetworkView) -> QWidget:
    found = view.findChild(QWidget, "network_view")
    assert found is not None
    return found


def sides(view: NetworkView, layer: int, unit: int) -> tuple[QColor, QColor]:
    """Colours a little left and right of the middle of a neuron."""
    image = canvas(view).grab().toImage()
    middle = canvas(view).mapFrom(view, view.position_of(layer, unit)).toPoint()
    left, right = (image.pixelColor((middle + QPoint(dx, -6)) * image.devicePixelRatio()) for dx in (-10, 10))
    return left, right


def is_map(view: NetworkView, layer: int, unit: int) -> bool:
    left, right = sides(view, layer, unit)
    return left.red() > left.blue() + 60 and right.blue() > right.red() + 60


def test_every_neuron_is_a_map_of_its_answers(view: NetworkView, trace: Trace) -> None:
    view.show_frame(overview(trace))
    assert not is_map(view, 1, 0)
    view.show_plane(answer(trace))
    assert all(is_map(view, 1, unit) for unit in range(4))
    assert is_map(view, 2, 1)
    assert is_map(view, 3, 0)
    theme_manager().choose(ThemeChoice.DARK)
    assert is_map(view, 1, 0)


def test_maps_can_be_switched_off(view: NetworkView, trace: Trace) -> None:
    view.show_frame(overview(trace))
    view.show_plane(answer(trace))
    view.set_heat_maps(False)
    assert not is_map(view, 1, 0)
    view.set_heat_maps(True)
    assert is_map(view, 1, 0)


def test_what_is_still_to_be_worked_out_is_no_map(view: NetworkView, trace: Trace) -> None:
    walk = stages_of(trace)
    first = next(i for i, stage in enumerate(walk) if stage.phase is Phase.FORWARD and stage.layer == 1)
    frame = frame_at(trace, Cursor(first, 0))
    sums = frame.layers[1].values["pre_activation"].copy()
    sums[2] = np.nan
    layers = list(frame.layers)
    layers[1] = replace(layers[1], values={"pre_activation": sums})
    view.show_frame(replace(frame, layers=tuple(layers), partial=True))
    view.show_plane(answer(trace))
    assert [is_map(view, 1, unit) for unit in range(4)] == [True, True, False, True]


def test_what_is_not_computed_yet_is_no_map_and_neither_are_gradients(view: NetworkView, trace: Trace) -> None:
    view.show_plane(answer(trace))
    walk = stages_of(trace)
    first = next(i for i, stage in enumerate(walk) if stage.phase is Phase.FORWARD and stage.layer == 1)
    view.show_frame(frame_at(trace, Cursor(first, 0)))
    view.show_plane(answer(trace))
    assert is_map(view, 1, 0)
    assert not is_map(view, 2, 0)
    back = next(i for i, stage in enumerate(walk) if stage.phase is Phase.BACKWARD and stage.layer == 1)
    view.show_frame(frame_at(trace, Cursor(back, 0)))
    assert not is_map(view, 1, 0)
    assert is_map(view, 0, 0)


def test_the_place_of_the_sample_is_marked(view: NetworkView, trace: Trace) -> None:
    inputs = trace.inputs.copy()
    inputs[0] = (3.0, 3.0)
    trace = replace(trace, inputs=inputs)
    end = next(i for i, stage in enumerate(stages_of(trace)) if stage.phase is Phase.LOSS)

    def picture(sample: int | None) -> QImage:
        view.show_frame(frame_at(trace, Cursor(end, sample)))
        return canvas(view).grab().toImage()

    view.show_frame(frame_at(trace, Cursor(end, 0)))
    view.show_plane(answer(trace))
    place = canvas(view).mapFrom(view, view.position_of(1, 0))
    diameter = 40.0  # at least
    spot = (place + QPointF(0.25, -0.25) * diameter * 0.9).toPoint()
    marked, mean = picture(0), picture(None)
    around = [QPoint(dx, dy) for dx in range(-4, 8) for dy in range(-8, 5)]
    assert any(marked.pixelColor(spot + each) != mean.pixelColor(spot + each) for each in around)


def test_another_network_forgets_the_maps(view: NetworkView, trace: Trace) -> None:
    view.show_frame(overview(trace))
    view.show_plane(answer(trace))
    view.show_frame(overview(example_trace(image_network())))
    view.show_frame(overview(trace))
    assert not is_map(view, 1, 0)


def test_a_pinned_neuron_stays_a_map(view: NetworkView, trace: Trace) -> None:
    view.show_frame(overview(trace))
    view.show_plane(answer(trace))
    view.pin_neuron(1, 2)
    assert is_map(view, 1, 2)


def test_saliency_colours_the_input_image_and_leaves_the_digit_to_be_seen(view: NetworkView) -> None:
    trace = example_trace(image_network(8))
    view.show_frame(overview(trace))
    gradient = np.zeros((8, 8), np.float32)
    gradient[0, 0], gradient[7, 7] = 1.0, -1.0
    view.show_saliency(gradient)

    def colors(pixel: int) -> list[QColor]:
        """Of nine places in a cell."""
        image = canvas(view).grab().toImage()
        middle = canvas(view).mapFrom(view, view.position_of(0, pixel)).toPoint()
        return [
            image.pixelColor((middle + QPoint(dx, dy)) * image.devicePixelRatio())
            for dx in (-3, 0, 3)
            for dy in (-3, 0, 3)
        ]

    assert any(each.green() > each.red() + 60 for each in colors(0))
    assert any(each.red() > each.green() + 60 for each in colors(63))
    values = trace.inputs[0].ravel()
    dark, bright = int(values[1:-1].argmin()) + 1, int(values[1:-1].argmax()) + 1
    one, other = (colors(pixel)[4] for pixel in (dark, bright))  # where nothing matters, one sees the digit
    assert one.red() == one.green() == one.blue()
    assert other.lightness() > one.lightness() + 80
    view.show_frame(frame_at(trace, Cursor(0)))  # the output is not known here: its answer is not given away
    assert all(each.red() == each.green() == each.blue() for each in colors(0))
    view.show_frame(overview(trace))
    assert any(each.green() > each.red() + 60 for each in colors(0))
    view.show_saliency(None)
    assert all(each.red() == each.green() == each.blue() for each in colors(0))
