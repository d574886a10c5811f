"""Edits that cost what was learned, taken back in the whole program."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QPushButton, QSlider, QStyle, QStyleOptionSlider

from nnviz.core.facts import RunState
from nnviz.core.health import Illness
from nnviz.core.remedies import Cure, Remedy, remedies
from nnviz.core.spec import DataSpec, NetworkSpec, OptimizerSpec
from nnviz.engine.catalogue import catalogue
from nnviz.engine.layers import Dense, Dropout
from nnviz.ui.widgets.pixel_canvas import PixelCanvas
from nnviz.ui.widgets.plane_picture import PlanePicture
from nnviz.ui.widgets.prediction_bars import PredictionBars
from tests.support.program import REDO, UNDO, Program

LEFT = Qt.MouseButton.LeftButton


def loss_curve(program: Program) -> np.ndarray:
    return program.session.history.batch_losses.points()[1].copy()


def drag(program: Program, slider: QSlider, steps: int) -> None:
    """Take hold of the slider, pull it over some values, and let go."""
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    handle = slider.style().subControlRect(
        QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, slider
    )
    at, width = handle.center(), slider.width() - handle.width()
    program.qtbot.mousePress(slider, LEFT, pos=at)
    for step in range(1, steps + 1):
        program.qtbot.mouseMove(slider, at + QPoint(round(width * step / slider.maximum()), 0))
    program.qtbot.mouseRelease(slider, LEFT, pos=at + QPoint(round(width * steps / slider.maximum()), 0))


def test_a_drag_of_the_noise_is_one_edit_and_one_undo_brings_the_trained_network_back(program: Program) -> None:
    session = program.session
    program.open(catalogue().presets["circle"])
    program.show_dock("plane")
    program.train_epochs(3)
    program.qtbot.waitUntil(lambda: program.child(QSlider, "plane_noise_slider").isVisible())
    weights, curve, epochs, step = program.weights(), loss_curve(program), session.history.epochs[:], session.trace.step
    loads = []
    session.loaded.connect(loads.append)
    drag(program, program.child(QSlider, "plane_noise_slider"), 4)
    program.wait(lambda: bool(loads) and session.can_step)
    assert session.preset.data.settings["noise"] == pytest.approx(0.2)
    assert session.history.epochs == []
    assert any("Ctrl+Z brings the trained network back" in text for text in program.notices())
    program.trigger(UNDO)
    program.wait(lambda: len(loads) == 2 and session.can_step)
    assert session.preset == catalogue().presets["circle"]
    assert program.child(QLabel, "plane_noise_slider_value").text() == "0"
    assert session.history.epochs == epochs
    program.key(Qt.Key.Key_Left)  # to the end of the batch before: what was shown
    program.wait(lambda: session.can_step and session.trace.step == step)
    np.testing.assert_array_equal(program.weights(), weights)
    np.testing.assert_array_equal(loss_curve(program)[:step], curve[:step])
    assert not program.action(UNDO).isEnabled()
    program.trigger(REDO)
    program.wait(lambda: len(loads) == 3 and session.can_step)
    assert session.preset.data.settings["noise"] == pytest.approx(0.2)


def test_keys_on_a_slider_are_one_edit_after_a_rest(program: Program) -> None:
    session = program.session
    program.open(catalogue().presets["circle"])
    program.show_dock("plane")
    slider = program.child(QSlider, "plane_validation_split_slider")
    program.qtbot.waitUntil(slider.isVisible)
    loads = []
    session.loaded.connect(loads.append)
    slider.setFocus()
    for _ in range(3):
        program.qtbot.keyClick(slider, Qt.Key.Key_Left)
    program.wait(lambda: session.preset.data.validation_split == pytest.approx(0.35) and session.can_step)
    assert len(loads) == 1


def test_a_remedy_that_starts_again_gives_the_trained_network_back(program: Program) -> None:
    session = program.session
    program.train_epochs(2)
    epochs, layers = session.history.epochs[:], session.preset.network.layers
    network = NetworkSpec((*layers[:2], Dense(20, "relu"), layers[-1]))
    session.health.apply(Remedy(Cure.RELU, network=network, starts_afresh=True))
    program.wait(lambda: session.preset.network == network and session.can_step)
    assert session.history.epochs == []
    program.train_epochs(1)
    program.trigger(UNDO)
    program.wait(lambda: session.preset.network.layers == layers and session.can_step)
    assert session.history.epochs == epochs
    assert [run.info.number for run in session.time_machine.runs] == [1]
    assert session.can_step_back


def test_the_past_before_an_added_point_comes_back_with_ctrl_z(program: Program) -> None:
    session = program.session
    program.open(catalogue().presets["circle"])
    program.show_dock("plane")
    program.train_epochs(2)
    picture = program.child(PlanePicture, "plane_picture")
    program.qtbot.waitUntil(picture.isVisible)
    program.qtbot.mouseClick(picture, LEFT, pos=picture.position_of(3.0, 3.0).toPoint())
    program.wait(lambda: len(session.preset.data.points) == 1 and session.can_step)
    assert any("Ctrl+Z brings the network back" in text for text in program.notices())
    program.trigger(UNDO)
    program.wait(lambda: session.preset.data.points == () and session.can_step)
    assert session.can_go_to_previous_batch
    assert len(session.history.epochs) == 2


def test_the_button_that_removes_points_moves_nothing(program: Program) -> None:
    session = program.session
    program.open(catalogue().presets["circle"])
    program.show_dock("plane")
    picture, slider = program.child(PlanePicture, "plane_picture"), program.child(QSlider, "plane_noise_slider")
    program.qtbot.waitUntil(slider.isVisible)
    program.train_epochs(1)
    before = slider.mapTo(program.window, QPoint())
    program.qtbot.mouseClick(picture, LEFT, pos=picture.position_of(3.0, 3.0).toPoint())
    program.wait(lambda: len(session.preset.data.points) == 1 and session.can_step)
    program.qtbot.waitUntil(lambda: not program.child(QPushButton, "remove_points_button").isHidden())
    assert slider.mapTo(program.window, QPoint()) == before


def test_settings_before_a_network_was_replaced_and_a_reset_keep_their_places(program: Program) -> None:
    session = program.session
    first = session.preset
    session.set_training(replace(first.training, l2=0.5))
    program.wait(lambda: session.preset.training.l2 == 0.5 and session.can_step)
    program.key(Qt.Key.Key_R)
    program.wait(lambda: session.can_step)
    program.train_epochs(1)
    layers = session.preset.network.layers
    session.set_network(NetworkSpec((*layers[:-1], Dropout(0.3), layers[-1])))
    program.wait(lambda: len(session.preset.network.layers) > len(layers) and session.can_step)
    program.trigger(UNDO)
    program.wait(lambda: session.preset.network.layers == layers and session.can_step)
    assert len(session.history.epochs) == 1
    program.trigger(UNDO)
    program.wait(lambda: session.preset == first and session.can_step)
    assert len(session.history.epochs) == 1  # the network is the same: it keeps what it has learned
    assert not program.action(UNDO).isEnabled()


def test_a_drawing_is_passed_through_the_new_network(program: Program) -> None:
    session, qtbot = program.session, program.qtbot
    program.show_dock("drawing")
    pad, bars = program.child(PixelCanvas, "drawing_pad"), program.child(PredictionBars, "prediction_bars")
    qtbot.waitUntil(pad.isVisible)
    qtbot.mousePress(pad, LEFT, pos=QPoint(pad.width() // 2, pad.height() // 4))
    qtbot.mouseMove(pad, QPoint(pad.width() // 2, 3 * pad.height() // 4))
    qtbot.mouseRelease(pad, LEFT, pos=QPoint(pad.width() // 2, 3 * pad.height() // 4))
    program.wait(lambda: bars.winner is not None)
    inputs, before = session.frame.trace.inputs, session.frame.trace.revision
    layers = session.preset.network.layers
    session.set_network(NetworkSpec((*layers[:-1], Dropout(0.3), layers[-1])))
    program.wait(
        lambda: session.frame is not None and session.frame.trace.revision > before and bars.winner is not None
    )
    assert session.frame.trace.is_drawing
    np.testing.assert_array_equal(session.frame.trace.inputs, inputs)
    program.trigger(UNDO)
    program.wait(lambda: session.preset.network.layers == layers and session.can_step and bars.winner is not None)
    assert session.frame.trace.is_drawing


def test_a_drawing_that_was_left_says_that_the_network_is_another_one(program: Program) -> None:
    session, qtbot = program.session, program.qtbot
    program.show_dock("drawing")
    pad, bars = program.child(PixelCanvas, "drawing_pad"), program.child(PredictionBars, "prediction_bars")
    qtbot.waitUntil(pad.isVisible)
    qtbot.mouseClick(pad, LEFT, pos=pad.rect().center())
    program.wait(lambda: bars.winner is not None)
    qtbot.mouseClick(program.child(QPushButton, "back_to_data_button"), LEFT)
    program.wait(lambda: not session.frame.trace.is_drawing)
    layers = session.preset.network.layers
    session.set_network(NetworkSpec((*layers[:-1], Dropout(0.3), layers[-1])))
    program.wait(lambda: len(session.preset.network.layers) > len(layers) and session.can_step)
    assert bars.winner is None
    assert "Draw on to ask the new network" in [label.text() for label in program.window.findChildren(QLabel)]


def run_until(program: Program, true) -> None:
    program.key(Qt.Key.Key_Space)
    program.wait(true, timeout=60_000)
    program.key(Qt.Key.Key_Space)
    program.wait(lambda: program.session.can_step)


def test_a_warning_is_there_again_when_its_remedy_is_taken_back(program: Program) -> None:
    """The curves are those before the remedy, and the epoch after it says whether it is still true."""
    session = program.session

    def overfits() -> bool:
        return any(finding.illness is Illness.OVERFITTING for finding in session.health.findings)

    circle = catalogue().presets["circle"]
    layers = circle.network.layers
    network = NetworkSpec((layers[0], *(replace(layer, units=32) for layer in layers[1:-1]), layers[-1]))
    noisy = DataSpec("circle", {"samples": 100, "noise": 0.5}, validation_split=0.5)
    training = replace(circle.training, optimizer=OptimizerSpec("adam", {"lr": 0.01}))
    program.open(replace(circle, title="Noisy", data=noisy, network=network, training=training))
    run_until(program, overfits)
    (remedy,) = (each for each in remedies(Illness.OVERFITTING, session.preset, catalogue()) if each.training)
    session.health.apply(remedy)
    program.wait(lambda: session.preset.training.l2 > 0 and session.can_step)
    assert not overfits()
    program.trigger(UNDO)
    program.wait(lambda: session.preset.training == training and session.can_step)
    program.train_epochs(2)
    program.wait(overfits)


def test_what_was_known_of_the_health_comes_back_with_the_network(program: Program) -> None:
    session = program.session
    training = replace(session.preset.training, optimizer=OptimizerSpec("momentum", {"lr": 0.5}))
    program.open(replace(session.preset, title="Too fast", training=training))
    run_until(program, lambda: any(finding.illness is Illness.DEAD for finding in session.health.findings))
    program.train_epochs(1)
    row = [each.step for each in session.health.row]
    layers = session.preset.network.layers
    leaky = NetworkSpec((*layers[:2], *(replace(each, activation="leaky_relu") for each in layers[2:-1]), layers[-1]))
    session.set_network(leaky)
    program.wait(lambda: session.preset.network == leaky and session.can_step)
    assert session.health.findings == ()
    program.trigger(UNDO)
    program.wait(lambda: session.preset.network.layers == layers and session.can_step)
    assert Illness.DEAD in {finding.illness for finding in session.health.findings}
    assert [each.step for each in session.health.row][: len(row)] == row


def test_an_overflow_has_a_way_out_in_the_layers_panel(program: Program) -> None:
    session = program.session
    preset = session.preset
    layers = preset.network.layers
    network = NetworkSpec((*layers[:2], *(Dense(16, "linear") for _ in range(5)), layers[-1]))
    training = replace(preset.training, optimizer=OptimizerSpec("sgd", {"lr": 1.0}))
    program.show_dock("layers")
    program.open(replace(preset, title="Linear", network=network, training=training))
    for _ in range(2):
        program.key(Qt.Key.Key_Space)
        program.wait(lambda: session.run_state is RunState.PAUSED and session.trace is not None)
        program.wait(lambda: not np.isfinite(session.trace.loss) and session.can_step)
    button = "remedy_go_back_button"
    program.wait(lambda: program.window.findChild(QPushButton, button) is not None)
    assert any("NaN" in label.text() for label in program.window.findChildren(QLabel, "health_text"))
    program.qtbot.mouseClick(program.child(QPushButton, button), LEFT)
    program.wait(lambda: session.can_step and np.isfinite(session.trace.loss))
    assert session.trace.step == 0
    assert not any("no longer a number" in text for text in program.notices())
    program.train_epochs(2)
    assert session.history.epochs[-1].train_loss < 1
