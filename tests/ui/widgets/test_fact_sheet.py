"""Who points at a number sees all its digits."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.fact_sheet import Fact, FactSheet, Formula, Note


def test_a_number_is_told_in_full(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda place, text, widget: told.append(text))
    theme_manager()
    sheet = FactSheet()
    qtbot.addWidget(sheet)
    sheet.show_lines(
        [Fact("L", "0.29837", in_full="0.2983711"), Note("quiet"), Formula("a = 1/2 = 0.5", in_full="0.50000012")]
    )
    sheet.resize(300, sheet.heightForWidth(300))
    sheet.show()
    qtbot.waitExposed(sheet)
    for y in (5, sheet.height() // 2, sheet.height() - 8):
        place = QPoint(20, y)
        QApplication.sendEvent(sheet, QHelpEvent(QHelpEvent.Type.ToolTip, place, sheet.mapToGlobal(place)))
    assert told == ["in full: 0.2983711", "", "in full: 0.50000012"]
