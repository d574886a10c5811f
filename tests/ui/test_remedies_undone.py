"""A remedy in the whole program: it is an edit, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from nnviz.app import make_window
from nnviz.core.spec import NetworkSpec
from nnviz.engine.catalogue import catalogue
from nnviz.session.session import Session
from nnviz.ui.main_window import MainWindow
from nnviz.ui.notices import Notice

DIGITS = catalogue().presets["digits"]
HIDDEN = DIGITS.network.layers_with_parameters[:-1]


@pytest.fixture
def program(qtbot: QtBot) -> Iterator[tuple[MainWindow, Session]]:
    window, session = make_window(None)
    window.resize(1280, 720)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    yield window, session
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents()


def test_weights_drawn_anew_and_the_old_settings_again(program: tuple[MainWindow, Session], qtbot: QtBot) -> None:
    window, session = program
    layers = enumerate(DIGITS.network.layers)
    zeros = NetworkSpec(tuple(replace(x, initialisation="zeros") if i in HIDDEN else x for i, x in layers))
    window.open_preset(replace(DIGITS, network=zeros))
    qtbot.waitUntil(lambda: session.can_step, timeout=20_000)
    for _ in range(2):
        with qtbot.waitSignal(session.trace_recorded):
            qtbot.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: session.can_step)

    def told() -> list[Notice]:
        return [each for each in window.findChildren(Notice) if each.text.startswith("All 20 neurons")]

    qtbot.waitUntil(lambda: len(told()) == 1)
    (notice,) = told()
    with qtbot.waitSignal(session.loaded):
        qtbot.mouseClick(notice.findChild(QPushButton, "notice_action"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.can_step)
    assert session.preset is not None
    assert [session.preset.network.layers[i].initialisation for i in HIDDEN] == ["he_uniform", "he_uniform"]
    assert session.trace is not None
    assert session.trace.layers[HIDDEN[0]].parameters["weight"].before.std() > 0.1
    with qtbot.waitSignal(session.loaded):
        qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.can_step)
    assert session.preset.network == zeros
