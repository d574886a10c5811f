"""The network view, used as a person uses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.data import DataSummary, Task
from nnviz.core.playback import Cursor, Frame, Phase, frame_at, stages_of
from nnviz.core.spec import NetworkSpec
from nnviz.core.trace import Trace
from nnviz.engine.layers import Dense, Input
from nnviz.ui.formula.numbers import significant
from nnviz.ui.graph.view import NetworkView
from nnviz.ui.theme import ThemeChoice, theme_manager
from tests.support.reference import example_trace, image_network, point_network

WIDE = image_network(8, (128, 14, 10))
EMPTY = QPoint(3, 385)


def at(trace: Trace, phase: Phase, layer: int, part: str = "", sample: int | None = 0) -> Frame:
    for position, stage in enumerate(stages_of(trace)):
        if (stage.phase, stage.layer, stage.part) == (phase, layer, part):
            return frame_at(trace, Cursor(position, sample))
    raise LookupError


def overview(trace: Trace) -> Frame:
    return frame_at(trace, Cursor(len(stages_of(trace)) - 1, 0, overview=True))


def summary(classes: tuple[str, ...]) -> DataSummary:
    few = np.zeros((1, 8, 8), np.uint8)
    return DataSummary(
        "d", "D", (8, 8), 9, 1, 0, 16.0, classes, Task.CLASSES, (), (0, 16), "uint8", few, np.zeros(1, np.int64)
    )


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
    theme_manager().choose(ThemeChoice.LIGHT)


@pytest.fixture
def trace() -> Trace:
    return example_trace(image_network(28))


def canvas(view: NetworkView) -> QWidget:
    found = view.findChild(QWidget, "network_view")
    assert found is not None
    return found


def count_text(view: NetworkView) -> str:
    label = view.findChild(QLabel, "edge_count")
    assert label is not None
    return label.text().replace("\n", " ")


def card(view: NetworkView) -> QLabel:
    label = view.findChild(QLabel, "hover_card")
    assert label is not None
    return label


def place(view: NetworkView, layer: int, unit: int) -> QPoint:
    return canvas(view).mapFrom(view, view.position_of(layer, unit)).toPoint()


def image(view: NetworkView) -> QImage:
    return canvas(view).grab().toImage()


def color_at(view: NetworkView, layer: int, unit: int) -> QColor:
    shown = image(view)
    where = place(view, layer, unit) * shown.devicePixelRatio()
    return shown.pixelColor(where)


def wheel(widget: QWidget, at_point: QPoint, delta: int) -> None:
    position = QPointF(at_point)
    event = QWheelEvent(
        position,
        widget.mapToGlobal(position),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_an_empty_view_paints_nothing_but_its_ground(view: NetworkView) -> None:
    assert image(view).pixelColor(100, 100) == theme_manager().theme.color("canvas")


def test_a_bare_network_is_not_computed_yet(view: NetworkView, trace: Trace) -> None:
    view.show_network(trace.network)
    image(view)
    assert canvas(view).accessibleName() == "Network, 5 layers, nothing computed yet"
    assert count_text(view) == "16,100 edges, not computed yet"


def test_it_says_for_a_screen_reader_what_is_shown(view: NetworkView, trace: Trace) -> None:
    view.show_frame(at(trace, Phase.FORWARD, 2, "activation"))
    assert canvas(view).accessibleName() == "Network, 5 layers, forward pass at Hidden 1"
    assert canvas(view).accessibleDescription() == "Input 28×28, Flatten 784, Hidden 1 20, Hidden 2 14, Output 10"
    view.show_frame(at(trace, Phase.BACKWARD, 4, "parameters"))
    assert canvas(view).accessibleName() == "Network, 5 layers, backward pass at Output"
    view.show_frame(overview(trace))
    assert canvas(view).accessibleName() == "Network, 5 layers, training"


def test_when_the_picture_stands_still_all_edges_appear(qtbot: QtBot, view: NetworkView, trace: Trace) -> None:
    view.show_frame(overview(trace))
    image(view)
    assert count_text(view) == "strongest 1,000 of 16,100 edges"
    before = image(view)
    qtbot.waitUntil(lambda: count_text(view) == "all 16,100 edges", timeout=10_000)
    assert image(view) != before


def test_while_it_runs_all_edges_follow_the_training(qtbot: QtBot, view: NetworkView) -> None:
    network = image_network(28)
    view.set_running(True)
    view.show_frame(overview(example_trace(network, seed=1)))
    image(view)
    assert count_text(view) == "strongest 800 of 16,100 edges"

    def shows_all_edges(seed: int) -> QImage:
        view.show_frame(overview(example_trace(network, seed=seed)))
        shown = image(view)
        assert count_text(view) == "all 16,100 edges"
        return shown

    qtbot.waitUntil(lambda: shows_all_edges(1) is not None, timeout=10_000)
    last = shows_all_edges(2)
    view.set_running(False)
    image(view)
    assert count_text(view) == "all 16,100 edges"  # those of a moment ago, until the last are there
    qtbot.waitUntil(lambda: image(view) != last, timeout=10_000)
    assert count_text(view) == "all 16,100 edges"


def test_stepping_forward_keeps_the_picture_of_all_edges(qtbot: QtBot, view: NetworkView, trace: Trace) -> None:
    view.show_frame(at(trace, Phase.FORWARD, 2, "activation"))
    qtbot.waitUntil(lambda: count_text(view) == "all 16,100 edges", timeout=10_000)
    view.show_frame(at(trace, Phase.FORWARD, 3, "pre_activation"))
    image(view)
    assert count_text(view) == "all 16,100 edges"  # the weights are the same


def test_neurons_wear_the_colour_of_their_value(view: NetworkView) -> None:
    trace = example_trace(image_network(8, (4, 3, 10)))
    view.show_frame(at(trace, Phase.FORWARD, 2, "pre_activation"))
    z = trace.layers[2].parts["pre_activation"].value[0]
    low, high = color_at(view, 2, int(z.argmin())), color_at(view, 2, int(z.argmax()))
    assert high.blueF() > high.redF()
    if z.min() < 0:
        assert low.redF() > low.blueF()


def test_pixels_are_grey(view: NetworkView) -> None:
    trace = example_trace(image_network(8))
    view.show_frame(at(trace, Phase.FORWARD, 0, "output"))
    for unit in (9, 30, 55):
        grey = color_at(view, 0, unit)
        assert grey.red() == grey.green() == grey.blue()
        assert abs(grey.red() - int(trace.inputs[0].ravel()[unit] * 255)) <= 2


@pytest.mark.parametrize("network", [image_network(8), point_network(), WIDE], ids=["digits", "points", "wide"])
@pytest.mark.parametrize("theme", [ThemeChoice.LIGHT, ThemeChoice.DARK])
def test_every_stage_can_be_painted(view: NetworkView, network: NetworkSpec, theme: ThemeChoice) -> None:
    trace = example_trace(network)
    theme_manager().choose(theme)
    pictures = []
    for position in range(len(stages_of(trace))):
        view.show_frame(frame_at(trace, Cursor(position, None)))
        pictures.append(image(view))
    assert all(one != other for one, other in pairwise(pictures[1:]))


def test_values_that_are_not_numbers_are_painted_too(view: NetworkView) -> None:
    trace = example_trace(image_network(8))
    layers = list(trace.layers)
    part = replace(layers[2].parts["activation"], value=np.full((8, 20), np.nan, np.float32))
    weight = replace(layers[2].parameters["weight"], before=np.full((20, 64), np.nan, np.float32))
    layers[2] = replace(
        layers[2],
        parts={**layers[2].parts, "activation": part},
        parameters={**layers[2].parameters, "weight": weight},
    )
    view.show_frame(at(replace(trace, layers=tuple(layers)), Phase.LOSS, 4))
    assert not image(view).isNull()


def test_hovering_a_neuron_tells_its_numbers(qtbot: QtBot, view: NetworkView, trace: Trace) -> None:
    view.show_frame(at(trace, Phase.FORWARD, 3, "pre_activation"))
    before = image(view)
    qtbot.mouseMove(canvas(view), place(view, 3, 4))
    qtbot.waitUntil(card(view).isVisible)
    text = card(view).text()
    assert "Hidden 2, neuron 4" in text
    assert "not computed yet" in text  # a
    assert image(view) != before
    qtbot.mouseMove(canvas(view), EMPTY)
    qtbot.waitUntil(lambda: not card(view).isVisible())


def test_hovering_a_pixel_tells_row_column_and_value(qtbot: QtBot, view: NetworkView, trace: Trace) -> None:
    view.show_frame(overview(trace))
    image(view)
    qtbot.mouseMove(canvas(view), place(view, 0, 28 * 3 + 7))
    qtbot.waitUntil(card(view).isVisible)
    text = card(view).text()
    assert "pixel" in text
    assert ">3<" in text  # row
    assert ">7<" in text  # column


def test_hovering_an_edge_tells_weight_and_gradient(qtbot: QtBot, view: NetworkView) -> None:
    trace = example_trace(NetworkSpec(point_network().layers[:1] + point_network().layers[3:]))
    view.show_frame(at(trace, Phase.BACKWARD, 1, "parameters"))
    image(view)
    middle = (view.position_of(0, 0) + view.position_of(1, 0)) / 2
    qtbot.mouseMove(canvas(view), canvas(view).mapFrom(view, middle).toPoint())
    qtbot.waitUntil(card(view).isVisible)
    assert "Input #0 → Output #0" in card(view).text()
    assert "gradient" in card(view).text()
    before = trace.layers[1].parameters["weight"].before[0, 0]
    assert f"{abs(before):.2f}"[:4] in card(view).text()


def test_a_click_pins_and_a_click_on_nothing_unpins(qtbot: QtBot, view: NetworkView, trace: Trace) -> None:
    view.show_frame(overview(trace))
    image(view)
    inset = view.findChild(QWidget, "weight_inset")
    assert inset is not None
    with qtbot.waitSignal(view.neuron_pinned) as pinned:
        qtbot.mouseClick(canvas(view), Qt.MouseButton.LeftButton, pos=place(view, 2, 6))
    assert pinned.args == [2, 6]
    assert inset.isVisible()  # the first hidden layer shows its weights as an image
    with qtbot.waitSignal(view.unpinned):
        qtbot.mouseClick(canvas(view), Qt.MouseButton.LeftButton, pos=EMPTY)
    assert not inset.isVisible()


def test_the_scale_of_the_weight_image_is_that_of_the_inspector(qtbot: QtBot, view: NetworkView, trace: Trace) -> None:
    view.show_frame(overview(trace))
    qtbot.mouseClick(canvas(view), Qt.MouseButton.LeftButton, pos=place(view, 2, 6))
    inset = view.findChild(QWidget, "weight_inset")
    assert inset is not None
    largest = float(np.abs(trace.layers[2].parameters["weight"].after[6]).max())
    assert inset.accessibleName().endswith(f"−{significant(largest)} … +{significant(largest)}")


@pytest.mark.parametrize("size", [(900, 520), (700, 360), (600, 300)])
@pytest.mark.parametrize("unit", [0, 6, 11])
def test_card_and_weight_image_of_a_neuron_do_not_hide_each_other_or_the_neuron(
    qtbot: QtBot, view: NetworkView, trace: Trace, size: tuple[int, int], unit: int
) -> None:
    view.resize(*size)
    view.show_frame(overview(trace))
    image(view)
    where = place(view, 2, unit)
    qtbot.mouseClick(canvas(view), Qt.MouseButton.LeftButton, pos=where)
    qtbot.mouseMove(canvas(view), where + QPoint(0, 1))
    qtbot.waitUntil(card(view).isVisible)
    inset = view.findChild(QWidget, "weight_inset")
    assert inset is not None
    assert not inset.geometry().intersects(card(view).geometry())
    assert not inset.geometry().contains(where)
    assert not card(view).geometry().contains(where)
    assert canvas(view).rect().contains(inset.geometry())


def test_the_card_goes_when_the_picture_moves_away_from_the_pointer(
    qtbot: QtBot, view: NetworkView, trace: Trace
) -> None:
    view.show_frame(overview(trace))
    image(view)
    qtbot.mouseMove(canvas(view), place(view, 3, 2))
    qtbot.waitUntil(card(view).isVisible)
    view.resize(view.width() // 2, view.height())
    qtbot.waitUntil(lambda: not card(view).isVisible())


def test_a_low_view_says_less_rather_than_one_thing_over_another(qtbot: QtBot, view: NetworkView, trace: Trace) -> None:
    view.show_frame(overview(trace))
    count = view.findChild(QLabel, "edge_count")
    assert count is not None
    view.resize(900, 560)
    qtbot.waitUntil(count.isVisible)
    view.resize(500, 260)
    qtbot.waitUntil(lambda: not count.isVisible())
    view.resize(900, 560)
    qtbot.waitUntil(count.isVisible)


def test_only_neurons_fed_by_an_image_show_their_weights_as_one(qtbot: QtBot, view: NetworkView, trace: Trace) -> None:
    view.show_frame(overview(trace))
    image(view)
    qtbot.mouseClick(canvas(view), Qt.MouseButton.LeftButton, pos=place(view, 3, 2))
    inset = view.findChild(QWidget, "weight_inset")
    assert inset is not None
    assert not inset.isVisible()


def test_an_edge_can_be_pinned(qtbot: QtBot, view: NetworkView) -> None:
    trace = example_trace(NetworkSpec(point_network().layers[:1] + point_network().layers[3:]))
    view.show_frame(overview(trace))
    image(view)
    middle = (view.position_of(0, 1) + view.position_of(1, 0)) / 2
    with qtbot.waitSignal(view.edge_pinned) as pinned:
        where = canvas(view).mapFrom(view, middle).toPoint()
        qtbot.mouseClick(canvas(view), Qt.MouseButton.LeftButton, pos=where)
    assert pinned.args == [1, 0, 1]


def test_another_network_unpins(qtbot: QtBot, view: NetworkView, trace: Trace) -> None:
    view.show_frame(overview(trace))
    image(view)
    qtbot.mouseClick(canvas(view), Qt.MouseButton.LeftButton, pos=place(view, 3, 2))
    with qtbot.waitSignal(view.unpinned):
        view.show_network(point_network())


def test_the_keyboard_moves_the_pin(qtbot: QtBot, view: NetworkView, trace: Trace) -> None:
    view.show_frame(overview(trace))
    image(view)
    seen: list[tuple[int, int]] = []
    view.neuron_pinned.connect(lambda layer, unit: seen.append((layer, unit)))
    qtbot.mouseClick(canvas(view), Qt.MouseButton.LeftButton, pos=place(view, 3, 2))
    qtbot.keyClick(canvas(view), Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    qtbot.keyClick(canvas(view), Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert seen[:2] == [(3, 2), (3, 3)]
    assert seen[2][0] == 4
    with qtbot.waitSignal(view.unpinned):
        qtbot.keyClick(canvas(view), Qt.Key.Key_Escape)


def test_a_wide_layer_unfolds_and_folds_at_a_click(qtbot: QtBot, view: NetworkView) -> None:
    view.show_frame(overview(example_trace(WIDE)))
    folded = image(view)
    assert view.position_of(2, 40).x() == view.position_of(2, 0).x()
    between = (view.position_of(2, 0) + view.position_of(2, 127)) / 2
    qtbot.mouseClick(canvas(view), Qt.MouseButton.LeftButton, pos=canvas(view).mapFrom(view, between).toPoint())
    assert image(view) != folded
    assert view.position_of(2, 127).x() > view.position_of(2, 0).x()
    qtbot.keyClick(canvas(view), Qt.Key.Key_Return)
    assert view.position_of(2, 40).x() == view.position_of(2, 0).x()


def test_wheel_zooms_about_the_pointer_drag_pans_and_fit_restores(
    qtbot: QtBot, view: NetworkView, trace: Trace
) -> None:
    view.show_frame(overview(trace))
    image(view)
    home = view.position_of(3, 5)
    pitch = view.position_of(3, 6).y() - home.y()
    wheel(canvas(view), place(view, 3, 5), 240)
    near = view.position_of(3, 5)
    assert (near - home).manhattanLength() < 2
    assert view.position_of(3, 6).y() - near.y() > 1.3 * pitch
    qtbot.mousePress(canvas(view), Qt.MouseButton.LeftButton, pos=EMPTY)
    qtbot.mouseMove(canvas(view), EMPTY + QPoint(40, 0))
    qtbot.mouseMove(canvas(view), EMPTY + QPoint(80, 10))
    qtbot.mouseRelease(canvas(view), Qt.MouseButton.LeftButton, pos=EMPTY + QPoint(80, 10))
    assert view.position_of(3, 5).x() == pytest.approx(near.x() + 80)
    view.fit()
    assert view.position_of(3, 5) == home
    qtbot.keyClick(canvas(view), Qt.Key.Key_Plus)
    assert view.position_of(3, 5) != home
    qtbot.mouseDClick(canvas(view), Qt.MouseButton.LeftButton, pos=EMPTY)
    assert view.position_of(3, 5) == home


def test_edge_mode_and_scale_can_be_chosen(qtbot: QtBot, view: NetworkView, trace: Trace) -> None:
    view.show_frame(frame_at(trace, Cursor(len(stages_of(trace)) - 1, 0)))
    image(view)
    legend = view.findChild(QWidget, "legend")
    modes = view.findChild(QComboBox, "edge_mode_combo")
    scales = view.findChild(QComboBox, "scale_combo")
    assert legend is not None
    assert modes is not None
    assert scales is not None
    assert "Edges Δw" in legend.accessibleDescription()
    pictures = [image(view)]
    for _ in range(modes.count() - 1):
        qtbot.keyClick(modes, Qt.Key.Key_Down)
        pictures.append(image(view))
    assert all(one != other for one, other in pairwise(pictures))
    assert "Δw" in legend.accessibleDescription()
    qtbot.keyClick(scales, Qt.Key.Key_Down)
    image(view)
    assert scales.currentText() == "scale: whole network"
    assert "m =" not in legend.accessibleDescription()  # one range for all


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_a_single_output_has_its_target_written_under_it(view: NetworkView, target: float) -> None:
    points = example_trace(point_network())
    row = int(np.flatnonzero(points.target_values[:, 0] == target)[0])
    view.show_frame(at(points, Phase.LOSS, 3, sample=row))
    picture = image(view)
    place = canvas(view).mapFrom(view, view.position_of(3, 0).toPoint())
    under = [
        picture.pixelColor(x, place.y() + y).name() for x in range(place.x() + 20, view.width()) for y in range(12, 28)
    ]
    assert theme_manager().theme.good.lower() in under


def test_class_names_are_shown(view: NetworkView, trace: Trace) -> None:
    view.show_frame(at(trace, Phase.LOSS, 4))
    before = view.position_of(4, 0).x()
    image(view)
    view.set_summary(summary(tuple(f"a rather long name {i}" for i in range(10))))
    image(view)
    assert view.position_of(4, 0).x() < before  # they take their room


def test_numbers_move_along_the_edges_and_come_to_rest(qtbot: QtBot, view: NetworkView, trace: Trace) -> None:
    view.set_reduced_motion(False)
    view.show_frame(at(trace, Phase.FORWARD, 3, "pre_activation"))
    first = image(view)
    qtbot.waitUntil(lambda: image(view) != first)


def test_a_view_that_is_closed_while_edges_are_painted_leaves_quietly(qtbot: QtBot, view: NetworkView) -> None:
    trace = example_trace(NetworkSpec((Input((300,)), Dense(300, "tanh"), Dense(10, "tanh"), Dense(1, "sigmoid"))))
    for step in range(5):
        view.show_frame(overview(replace(trace, step=step)))
        image(view)
    view.close()
    assert not view.isVisible()
