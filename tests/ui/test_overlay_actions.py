"""Maps in the neurons and added points in the whole program."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QDockWidget, QListView, QPushButton
from pytestqt.qtbot import QtBot

from nnviz.app import make_window
from nnviz.engine.catalogue import catalogue
from nnviz.session.session import Session
from nnviz.ui.graph.view import NetworkView
from nnviz.ui.main_window import MainWindow
from nnviz.ui.widgets.plane_picture import PlanePicture


class Program:
    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.window: MainWindow
        self.session: Session
        self.window, self.session = make_window(None)
        self.window.resize(1280, 800)
        self.window.show()
        qtbot.waitExposed(self.window)
        self.window.activateWindow()
        self.window.open_preset(catalogue().presets["circle"])
        self.settle()

    def settle(self) -> None:
        self.wait(lambda: self.session.can_step)

    def wait(self, true) -> None:
        self.qtbot.waitUntil(true, timeout=20_000)

    def action(self, name: str) -> QAction:
        return next(action for action in self.window.actions() if action.objectName() == name)

    def open_plane(self) -> PlanePicture:
        dock = self.window.findChild(QDockWidget, "dock_plane")
        assert not dock.isVisible()
        dock.toggleViewAction().trigger()
        dock.raise_()
        picture = self.window.findChild(PlanePicture)
        self.wait(picture.isVisible)
        return picture

    def close(self) -> None:
        self.window.close()
        self.window.deleteLater()
        QApplication.sendPostedEvents()


@pytest.fixture
def program(qtbot: QtBot) -> Iterator[Program]:
    made = Program(qtbot)
    yield made
    made.close()


def test_maps_are_asked_for_from_the_start_and_the_choice_is_kept(program: Program, qtbot: QtBot) -> None:
    program.wait(lambda: program.session.plane.answer is not None)
    action = program.action("action_heat_maps")
    assert action.isChecked()
    program.open_plane()
    check = program.window.findChild(QCheckBox, "heat_maps_check")
    assert check.isChecked()
    action.trigger()
    assert not check.isChecked()
    qtbot.mouseClick(check, Qt.MouseButton.LeftButton, pos=QPoint(10, check.height() // 2))
    assert action.isChecked()
    action.trigger()
    program.window.findChild(QDockWidget, "dock_plane").close()  # which asks, too, where it is open from the start
    program.window.close()
    other = Program(qtbot)
    try:
        assert not other.action("action_heat_maps").isChecked()
        assert other.session.plane.answer is None
    finally:
        other.close()


def test_an_added_point_is_an_edit_that_keeps_what_was_learned(program: Program, qtbot: QtBot) -> None:
    picture = program.open_plane()
    program.session.next_batch()
    program.settle()
    weights = program.session.trace.layers[1].parameters["weight"].before
    qtbot.mouseClick(picture, Qt.MouseButton.LeftButton, pos=picture.position_of(5.0, 5.0).toPoint())
    program.wait(lambda: len(program.session.preset.data.points) == 1)
    program.settle()
    qtbot.keyClick(program.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    program.wait(lambda: program.session.preset.data.points == ())
    program.settle()
    assert program.session.trace.step == 1
    np.testing.assert_array_equal(program.session.trace.layers[1].parameters["weight"].before, weights)
    program.action("action_redo").trigger()
    program.wait(lambda: len(program.session.preset.data.points) == 1)


def test_another_data_set_begins_without_the_added_points(program: Program, qtbot: QtBot) -> None:
    picture = program.open_plane()
    qtbot.mouseClick(picture, Qt.MouseButton.LeftButton, pos=picture.position_of(5.0, 5.0).toPoint())
    program.wait(lambda: len(program.session.preset.data.points) == 1)
    program.settle()
    combo = program.window.findChild(QComboBox, "dataset_combo")
    combo.setCurrentIndex(combo.findData("moons"))
    program.wait(lambda: program.session.preset.data.name == "moons")
    program.settle()
    assert program.session.preset.data.points == ()
    assert len(program.session.summary.points) == 500


def test_the_pixels_that_matter_for_a_mistake_are_seen_in_the_picture(program: Program, qtbot: QtBot) -> None:
    program.window.open_preset(catalogue().presets["digits"])
    program.settle()
    dock = program.window.findChild(QDockWidget, "dock_confusion")
    dock.toggleViewAction().trigger()
    mistakes = program.window.findChild(QListView, "mistake_list")
    program.wait(lambda: mistakes.model().rowCount() > 0)
    place = mistakes.visualRect(mistakes.model().index(0, 0)).center()
    qtbot.mouseClick(mistakes.viewport(), Qt.MouseButton.LeftButton, pos=place)
    program.wait(lambda: program.session.frame.trace.is_drawing)
    view = program.window.findChild(NetworkView)

    def has_colors() -> bool:
        image = view.grab().toImage()
        seen = [image.pixelColor(view.position_of(0, pixel).toPoint()) for pixel in range(64)]
        return any(each.hslSaturation() > 60 for each in seen)

    assert not has_colors()
    qtbot.mouseClick(program.window.findChild(QPushButton, "mistakes_pixels_button"), Qt.MouseButton.LeftButton)
    program.wait(has_colors)
    dock.toggleViewAction().trigger()
    program.wait(lambda: not has_colors())
