"""The decision boundary, used as a person uses it, on the real engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QRadioButton, QSlider, QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.added_points import AddedPoint
from nnviz.core.facts import RunState
from nnviz.core.spec import DataSpec
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.trainer import Trainer
from nnviz.session.session import Session
from nnviz.ui.panels.plane import PlanePanel
from nnviz.ui.theme import ThemeChoice, theme_manager
from nnviz.ui.widgets.plane_picture import PlanePicture

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


class Bench:
    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        theme_manager().choose(ThemeChoice.LIGHT)
        self.session = Session(lambda: Trainer(catalogue(), DataPlaces(None, Path("/nonexistent"))))
        self.panel = PlanePanel(self.session, catalogue())
        qtbot.addWidget(self.panel)
        self.panel.resize(366, 700)
        self.panel.show()
        qtbot.waitExposed(self.panel)

    def load(self, name: str) -> None:
        self.session.load_preset(catalogue().presets[name])
        self.settle()

    def settle(self) -> None:
        self.wait(lambda: self.session.can_step)

    def wait(self, true) -> None:
        self.qtbot.waitUntil(true, timeout=20_000)

    def child(self, kind: type[QWidget], name: str):
        found = self.panel.findChild(kind, name)
        assert found is not None, name
        return found

    @property
    def picture(self) -> PlanePicture:
        return self.child(PlanePicture, "plane_picture")

    def place(self, x1: float, x2: float) -> QPoint:
        return self.picture.position_of(x1, x2).toPoint()

    def click(self, x1: float, x2: float, button: Qt.MouseButton = LEFT) -> None:
        self.qtbot.mouseClick(self.picture, button, pos=self.place(x1, x2))

    def press(self, kind: type[QWidget], name: str) -> None:
        self.qtbot.mouseClick(self.child(kind, name), LEFT, pos=QPoint(10, self.child(kind, name).height() // 2))

    @property
    def points(self) -> tuple[AddedPoint, ...]:
        return self.session.preset.data.points

    def color_at(self, x1: float, x2: float) -> QColor:
        image = self.picture.grab().toImage()
        return image.pixelColor(self.place(x1, x2) * image.devicePixelRatio())

    def text(self, name: str) -> str:
        return self.child(QLabel, name).text()


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = Bench(qtbot)
    yield made
    made.session.close()
    theme_manager().choose(ThemeChoice.SYSTEM)


def is_orange(color: QColor) -> bool:
    return color.red() > color.blue() + 20


def is_blue(color: QColor) -> bool:
    return color.blue() > color.red() + 20


def test_without_a_plane_it_says_which_data_have_one(bench: Bench) -> None:
    bench.load("digits")
    assert bench.child(QLabel, "plane_message").isVisible()
    assert not bench.picture.isVisible()
    bench.load("circle")
    assert bench.picture.isVisible()
    assert not bench.child(QLabel, "plane_message").isVisible()


def test_the_boundary_forms_while_the_network_runs(bench: Bench) -> None:
    bench.load("circle")
    bench.session.run()
    bench.wait(lambda: bool(bench.session.history.epochs) and bench.session.history.epochs[-1].val_loss < 0.1)
    assert bench.session.run_state is RunState.RUNNING
    bench.wait(lambda: is_orange(bench.color_at(5.7, 5.7)) and is_orange(bench.color_at(-5.7, -5.7)))
    bench.session.pause()
    bench.settle()
    bench.qtbot.mouseMove(bench.picture, bench.place(0.0, 0.0))
    bench.wait(lambda: "→ positive 9" in bench.text("plane_reading") or "positive 100" in bench.text("plane_reading"))
    bench.qtbot.mouseMove(bench.picture, bench.place(5.5, 0.0))
    bench.wait(lambda: "→ negative" in bench.text("plane_reading"))


def test_a_click_adds_a_point_of_the_chosen_class_and_training_goes_on_from_there(bench: Bench) -> None:
    bench.load("circle")
    bench.session.next_batch()
    bench.settle()
    weights = bench.session.trace.layers[1].parameters["weight"].before
    bench.press(QRadioButton, "add_class_0")
    bench.click(3.0, -4.5)
    bench.wait(lambda: len(bench.points) == 1)
    bench.settle()
    point = bench.points[0]
    assert (point.x1, point.x2) == pytest.approx((3.0, -4.5), abs=0.03)
    assert point.answer == 0
    assert len(bench.session.summary.points) == 501
    np.testing.assert_array_equal(bench.session.trace.layers[1].parameters["weight"].before, weights)
    bench.press(QRadioButton, "add_class_1")
    bench.click(-5.5, 5.5)
    bench.click(-5.0, 5.0)
    bench.wait(lambda: [point.answer for point in bench.points] == [0, 1, 1])
    bench.settle()
    assert bench.child(QPushButton, "remove_points_button").text() == "Remove the 3 added points"


def test_added_points_are_taken_away_again(bench: Bench) -> None:
    bench.load("circle")
    bench.click(-5.5, 5.5)
    bench.wait(lambda: len(bench.points) == 1)
    bench.click(5.5, 5.5)
    bench.wait(lambda: len(bench.points) == 2)
    bench.settle()
    bench.click(0.0, 5.8, RIGHT)  # there is none
    bench.click(-5.5, 5.5, RIGHT)
    bench.wait(lambda: len(bench.points) == 1)
    bench.settle()
    assert bench.points[0].x1 > 0
    bench.press(QPushButton, "remove_points_button")
    bench.wait(lambda: bench.points == ())
    bench.settle()
    assert not bench.child(QPushButton, "remove_points_button").isVisible()


def test_a_click_while_it_runs_does_not_stop_it(bench: Bench) -> None:
    bench.load("xor")
    bench.session.run()
    bench.wait(lambda: bench.session.progress.step > 50)
    bench.click(5.0, 0.0)
    bench.wait(lambda: len(bench.points) == 1)
    step = bench.session.progress.step
    bench.wait(lambda: bench.session.run_state is RunState.RUNNING and bench.session.progress.step > step + 50)
    assert step > 50


def test_by_keyboard_alone(bench: Bench) -> None:
    bench.load("circle")
    bench.picture.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(5):
        bench.qtbot.keyClick(bench.picture, Qt.Key.Key_Right)
    bench.qtbot.keyClick(bench.picture, Qt.Key.Key_Up)
    bench.qtbot.keyClick(bench.picture, Qt.Key.Key_Return)
    bench.wait(lambda: bench.points == (AddedPoint(1.2, 0.24, 1),))
    bench.settle()
    bench.qtbot.keyClick(bench.picture, Qt.Key.Key_Delete)
    bench.wait(lambda: bench.points == ())


def test_sliders_change_noise_and_split_and_keep_the_points(bench: Bench) -> None:
    bench.load("circle")
    bench.click(5.5, 5.5)
    bench.wait(lambda: len(bench.points) == 1)
    bench.settle()
    noise, split = bench.child(QSlider, "plane_noise_slider"), bench.child(QSlider, "plane_validation_split_slider")
    assert (bench.text("plane_noise_slider_value"), bench.text("plane_validation_split_slider_value")) == ("0", "0.5")
    for _ in range(4):
        bench.qtbot.keyClick(noise, Qt.Key.Key_Right)
    bench.wait(lambda: bench.session.preset.data.settings.get("noise") == 0.2)
    bench.settle()
    bench.qtbot.keyClick(split, Qt.Key.Key_Left)
    bench.wait(lambda: bench.session.preset.data.validation_split == 0.45)
    bench.settle()
    assert len(bench.points) == 1
    assert bench.session.summary.validation_samples == 225
    bench.qtbot.keyClick(noise, Qt.Key.Key_Home)
    bench.wait(lambda: "noise" not in bench.session.preset.data.settings)


def test_a_split_that_leaves_too_little_to_train_on_is_refused_in_words(bench: Bench) -> None:
    bench.load("xor")
    split = bench.child(QSlider, "plane_validation_split_slider")
    bench.qtbot.keyClick(split, Qt.Key.Key_End)
    bench.wait(lambda: "Batch size must be at most 1" in bench.text("plane_problem"))
    bench.settle()
    assert bench.session.preset.data.validation_split == 0
    assert bench.text("plane_validation_split_slider_value") == "0"
    bench.qtbot.keyClick(split, Qt.Key.Key_Right)
    bench.wait(lambda: bench.session.preset.data.validation_split == 0.05)
    assert not bench.child(QLabel, "plane_problem").isVisible()


def test_numbers_are_shown_as_colour_and_can_be_added(bench: Bench) -> None:
    bench.load("circle")
    bench.session.set_data(DataSpec("plane"))
    bench.wait(lambda: bench.session.preset.data.name == "plane" and bench.session.can_step)
    bench.session.run()
    bench.wait(lambda: bool(bench.session.history.epochs) and bench.session.history.epochs[-1].val_loss < 0.005)
    bench.session.pause()
    bench.settle()
    bench.wait(lambda: is_blue(bench.color_at(6.7, 6.7)) and is_orange(bench.color_at(-6.7, -6.7)))
    slider = bench.child(QSlider, "add_value_slider")
    bench.qtbot.keyClick(slider, Qt.Key.Key_Left)
    bench.click(0.0, 0.0)
    bench.wait(lambda: len(bench.points) == 1)
    assert bench.points[0].answer == pytest.approx(0.95)
    bench.qtbot.mouseMove(bench.picture, bench.place(6.0, 6.0))
    bench.wait(lambda: "→ 0." in bench.text("plane_reading") or "→ 1." in bench.text("plane_reading"))


def test_it_asks_only_while_it_is_seen(bench: Bench) -> None:
    bench.panel.hide()
    bench.load("circle")
    bench.session.next_batch()
    bench.settle()
    assert bench.session.plane.answer is None
    bench.panel.show()
    bench.wait(lambda: bench.session.plane.answer is not None)


def test_training_and_validation_points_are_told_apart(bench: Bench) -> None:
    bench.load("circle")
    summary = bench.session.summary
    bench.wait(lambda: bench.session.plane.answer is not None)
    image = bench.picture.grab().toImage()
    canvas = QColor(theme_manager().theme.canvas)
    lone = [  # points that no later one covers
        index
        for index, point in enumerate(summary.points)
        if np.hypot(*(summary.points[index + 1 :] - point).T).min(initial=9.0) > 0.35
    ]
    held_out = set(summary.held_out.tolist())
    for index in lone:
        middle = image.pixelColor(bench.place(*summary.points[index].tolist()) * image.devicePixelRatio())
        difference = abs(middle.red() - canvas.red()) + abs(middle.blue() - canvas.blue())
        assert (difference < 60) == (index in held_out)
    assert len(lone) > 50


def test_the_key_names_classes_and_the_switch_is_for_maps(bench: Bench) -> None:
    bench.load("circle")
    for word in ("negative", "positive", "for&nbsp;validation", "undecided"):
        assert word in bench.text("plane_key")
    with bench.qtbot.waitSignal(bench.panel.heat_maps_chosen) as chosen:
        bench.press(QCheckBox, "heat_maps_check")
    assert chosen.args == [True]


def test_theme_and_colours_follow(bench: Bench) -> None:
    bench.load("circle")
    bench.wait(lambda: bench.session.plane.answer is not None)
    light = bench.color_at(5.9, -5.9)
    theme_manager().choose(ThemeChoice.DARK)
    assert bench.color_at(5.9, -5.9).lightness() < light.lightness()


def test_running_while_a_slider_rests_goes_on_with_what_it_says(bench: Bench) -> None:
    bench.load("circle")
    bench.qtbot.keyClick(bench.child(QSlider, "plane_noise_slider"), Qt.Key.Key_Right)
    bench.session.run()
    bench.wait(lambda: bench.session.preset.data.settings.get("noise") == 0.05)
    bench.wait(lambda: bench.session.run_state is RunState.RUNNING)


def test_a_point_added_while_a_slider_rests_stays(bench: Bench) -> None:
    bench.load("circle")
    slider = bench.child(QSlider, "plane_noise_slider")
    bench.qtbot.keyClick(slider, Qt.Key.Key_Right)
    bench.click(5.5, 5.5)
    bench.wait(lambda: len(bench.points) == 1)
    assert (bench.text("plane_noise_slider_value"), slider.value()) == ("0", 0)
    bench.settle()
    bench.qtbot.keyClick(slider, Qt.Key.Key_Right)
    bench.wait(lambda: bench.session.preset.data.settings.get("noise") == 0.05)
    assert len(bench.points) == 1
