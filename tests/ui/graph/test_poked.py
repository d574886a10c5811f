"""What is changed by hand, as it is seen in the picture and said under the pointer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.playback import Cursor, Frame, frame_at, stages_of
from nnviz.core.pokes import Edited, Pokes, UnitPlace, WeightPlace
from nnviz.core.trace import Trace
from nnviz.ui.graph.cards import pick_text
from nnviz.ui.graph.hit_test import EdgePick, UnitPick
from nnviz.ui.graph.view import NetworkView
from nnviz.ui.theme import ThemeChoice, theme_manager
from tests.support.reference import example_trace, image_network, point_network

EVERYTHING = Pokes(
    edited=(Edited(WeightPlace(2, 1, 0), 0.25, 1.0), Edited(WeightPlace(1, 2), -0.5, 0.0)),
    frozen=frozenset({WeightPlace(2, 0, 3), UnitPlace(2, 1)}),
    off=frozenset({UnitPlace(1, 1)}),
)


def frame_of(trace: Trace) -> Frame:
    return frame_at(trace, Cursor(len(stages_of(trace)) - 1, 0, overview=True))


@pytest.fixture(params=[ThemeChoice.LIGHT, ThemeChoice.DARK])
def view(qtbot: QtBot, request: pytest.FixtureRequest) -> Iterator[NetworkView]:
    theme_manager().choose(request.param)
    made = NetworkView()
    qtbot.addWidget(made)
    made.set_reduced_motion(True)
    made.resize(900, 460)
    made.show()
    qtbot.waitExposed(made)
    yield made
    theme_manager().choose(ThemeChoice.SYSTEM)


def canvas(view: NetworkView) -> QWidget:
    found = view.findChild(QWidget, "network_view")
    assert found is not None
    return found


def pictures(view: NetworkView, trace: Trace, pokes: Pokes) -> tuple[QImage, QImage]:
    """Without and with them."""
    view.show_frame(frame_of(trace))
    plain = canvas(view).grab().toImage()
    view.show_frame(frame_of(replace(trace, pokes=pokes)))
    return plain, canvas(view).grab().toImage()


def changed_near(view: NetworkView, images: tuple[QImage, QImage], place: QPointF, reach: int) -> int:
    """How many pixels around a place are others."""
    middle, ratio = canvas(view).mapFrom(view, place), images[0].devicePixelRatio()
    x, y = round(middle.x() * ratio), round(middle.y() * ratio)
    around = [(x + dx, y + dy) for dx in range(-reach, reach + 1) for dy in range(-reach, reach + 1)]
    return sum(images[0].pixelColor(*each) != images[1].pixelColor(*each) for each in around)


def test_neurons_and_edges_are_marked_and_the_others_are_not(view: NetworkView) -> None:
    images = pictures(view, example_trace(point_network()), EVERYTHING)
    for layer, unit in ((1, 1), (1, 2), (2, 1)):
        assert changed_near(view, images, view.position_of(layer, unit), 25) > 40, (layer, unit)
    for layer, unit in ((0, 0), (3, 0)):
        assert changed_near(view, images, view.position_of(layer, unit), 12) == 0, (layer, unit)
    for out, source in ((1, 0), (0, 3)):
        start, end = view.position_of(1, source), view.position_of(2, out)
        assert changed_near(view, images, start + (end - start) * 0.55, 14) > 60, (out, source)


def test_the_cross_is_in_the_colour_of_text(view: NetworkView) -> None:
    _, image = pictures(view, example_trace(point_network()), EVERYTHING)
    middle = canvas(view).mapFrom(view, view.position_of(1, 1)) * image.devicePixelRatio()
    color, text = image.pixelColor(middle.toPoint()), QColor(theme_manager().theme.text)
    assert abs(color.lightness() - text.lightness()) < 30


def test_folded_neurons_of_a_wide_layer_are_marked_too(view: NetworkView) -> None:
    trace = example_trace(image_network())
    dense = trace.network.layers_with_parameters[0]
    images = pictures(view, trace, Pokes(off=frozenset({UnitPlace(dense, 0)})))
    assert changed_near(view, images, view.position_of(dense, 0), 6) > 5


def test_what_is_said_under_the_pointer() -> None:
    trace = example_trace(point_network())
    plain, poked = frame_of(trace), frame_of(replace(trace, pokes=EVERYTHING))
    network = trace.network
    assert "switched off" in pick_text(UnitPick(1, 1), network, poked)
    assert "bias was −0.5" in pick_text(UnitPick(1, 2), network, poked)
    assert "frozen" in pick_text(UnitPick(2, 1), network, poked)
    edge = pick_text(EdgePick(2, 1, 0), network, poked)
    assert "was 0.25" in edge
    assert "frozen" in edge
    assert "by hand" not in pick_text(EdgePick(2, 0, 0), network, poked)
    assert "by hand" not in pick_text(UnitPick(1, 1), network, plain)
