"""The list of what is changed by hand."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.pokes import SwitchOff, UnitPlace
from nnviz.ui.widgets.poke_list import PokeList, PokeRow


@pytest.mark.parametrize("width", [170, 400])
def test_what_is_changed_is_named_in_full_however_narrow_the_list(qtbot: QtBot, width: int) -> None:
    rows = PokeList()
    qtbot.addWidget(rows)
    rows.resize(width, 200)
    rows.show_rows((PokeRow("Hidden 1 · 3 ← 1,1", "= 0.512", "", SwitchOff(UnitPlace(1, 2), False)),))
    rows.show()
    qtbot.waitExposed(rows)
    item = rows.topLevelItem(0)
    assert rows.isColumnHidden(1) is (width < 200)
    lines = item.text(0).splitlines()
    assert "= 0.512" in (lines[-1] if width < 200 else item.text(1))
    qtbot.waitUntil(lambda: rows.fontMetrics().horizontalAdvance(lines[0]) <= rows.columnWidth(0))


def test_a_list_in_sight_grows_and_shrinks(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    column, rows = QVBoxLayout(window), PokeList()
    column.addWidget(rows)
    column.addStretch(1)
    window.resize(170, 400)
    window.show()
    qtbot.waitExposed(window)
    lowest = rows.height()
    for count in (1, 9, 3, 0, 2):
        units = [UnitPlace(1, unit) for unit in range(count)]
        rows.show_rows(tuple(PokeRow(f"Hidden 1 · {u.unit}", "off", "", SwitchOff(u, False)) for u in units))
        assert rows.topLevelItemCount() == count
        qtbot.waitUntil(lambda: rows.height() >= rows.sizeHint().height() >= lowest)
    assert rows.visualItemRect(rows.topLevelItem(1)).bottom() <= rows.viewport().height()
