"""A drawing is walked with the stage bar and the keys of the window."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnviz.app import make_window
from nnviz.engine.catalogue import catalogue
from nnviz.session.session import Session
from nnviz.ui.main_window import MainWindow
from nnviz.ui.stage_bar import StageBar


@pytest.fixture
def program(qtbot: QtBot) -> Iterator[tuple[MainWindow, Session, StageBar]]:
    window, session = make_window(None)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    window.open_preset(catalogue().presets["digits"])
    qtbot.waitUntil(lambda: session.can_step, timeout=20_000)
    yield window, session, window.findChild(StageBar, "stage_bar")
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents()


def test_stage_bar_and_keys_walk_through_a_drawing(qtbot: QtBot, program: tuple[MainWindow, Session, StageBar]) -> None:
    window, session, bar = program
    qtbot.keyClick(window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: bar.value() == 1)
    batch = session.frame.trace
    with qtbot.waitSignal(session.prediction_made):
        session.show_drawing(np.full((8, 8), 0.5, np.float32))
    drawn = session.frame.trace
    qtbot.waitUntil(lambda: bar.maximum() == bar.value() == len(session.walk) - 1)

    place = bar.segments()[3].center().toPoint()
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=place)
    assert (session.frame.trace, session.frame.cursor.position) == (drawn, 3)
    qtbot.keyClick(window, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: bar.value() == 2)
    assert session.frame.trace is drawn
    qtbot.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert (session.frame.trace, session.frame.stage.layer) == (drawn, 1)
    qtbot.keyClick(window, Qt.Key.Key_Right)
    assert (session.frame.trace, session.frame.cursor.position) == (drawn, 2)
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.segments()[-1].center().toPoint())
    qtbot.keyClick(window, Qt.Key.Key_Right)
    assert (session.frame.trace, session.frame.cursor.position) == (batch, 1)
    qtbot.waitUntil(lambda: bar.value() == 1 and bar.maximum() > len(drawn.layers) * 2)
