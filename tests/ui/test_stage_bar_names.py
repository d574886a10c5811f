"""The names on the stage bar: they can be read, and no line cuts through them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from nnviz.session.session import Session
from nnviz.ui.main_window import MainWindow
from nnviz.ui.stage_bar import StageBar, shorter


@pytest.mark.parametrize(
    ("name", "shortest"), [("Hidden 1", "H1"), ("Flatten", "Fl."), ("Input", "In."), ("Output", "Ou.")]
)
def test_a_name_is_never_a_mere_letter(name: str, shortest: str) -> None:
    names = shorter(name)
    assert names[0] == name
    assert names[-1] == shortest
    assert [len(each) for each in names] == sorted((len(each) for each in names), reverse=True)


def test_the_frame_leaves_out_the_name_that_it_stands_on(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    bar = window.findChild(QWidget, "stage_bar")
    assert isinstance(bar, StageBar)
    plain = bar.grab().toImage()
    inside = next(i for i, place in enumerate(bar.segments()) if session.walk[i].layer == session.walk[i + 1].layer)
    bar.setValue(inside)
    edge = bar.segments()[inside].right() - 1
    framed = bar.grab().toImage()
    column = [framed.pixelColor(int(edge), y) != plain.pixelColor(int(edge), y) for y in range(bar.height())]
    assert any(column)
    dark = [framed.pixelColor(int(edge), y).lightness() < 90 for y in range(bar.height())]
    middle = int(bar.segments()[inside].center().y())
    assert sum(dark[middle - 3 : middle + 3]) < sum(dark)
    qtbot.keyClick(window, Qt.Key.Key_Right)
    assert session.cursor.position == inside + 1
