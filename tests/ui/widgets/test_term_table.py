"""The table of terms at the width of a narrow dock."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF, QGuiApplication
from pytestqt.qtbot import QtBot

from nnviz.core.explain import Terms
from nnviz.ui.theme import number_font
from nnviz.ui.widgets.term_table import CELL_MARGINS, TermTable
from nnviz.ui.widgets.unit_names import UnitNames

SIZES = [3e-250, 7.2e-6, 0.004, 0.6, 38.0, 40_000.0, 7.2e6, 3e250]


def shown(qtbot: QtBot, size: float) -> TermTable:
    table = TermTable("term_table", "Terms")
    qtbot.addWidget(table)
    table.resize(270, 200)
    table.show()
    weights = -size * np.linspace(1.0, 0.1, 9)
    inputs = np.linspace(0.2, 1.0, 9)
    products = weights * inputs
    table.show_terms(
        Terms(np.arange(9), weights, inputs, products, 600, 40 * size, 0.0), UnitNames("", (), 0, "neuron")
    )
    return table


@pytest.mark.parametrize("size", SIZES)
def test_every_number_and_header_fits(qtbot: QtBot, size: float) -> None:
    table = shown(qtbot, size)
    cells, header = QFontMetricsF(number_font()), QFontMetricsF(table.horizontalHeader().font())
    for column in range(1, 4):
        room = table.columnWidth(column) - CELL_MARGINS
        texts = [table.model().index(row, column).data() for row in range(10)]
        assert max(cells.horizontalAdvance(text) for text in texts) <= room
        title = table.model().headerData(column, Qt.Orientation.Horizontal)
        assert max(header.horizontalAdvance(line) for line in title.split("\n")) <= room, title


def test_the_header_says_the_unit_and_copies_are_in_full(qtbot: QtBot) -> None:
    table = shown(qtbot, 7.2e-6)
    titles = [table.model().headerData(column, Qt.Orientation.Horizontal) for column in range(4)]
    assert titles == ["neuron", "w\n·10⁻⁶", "x", "w·x\n·10⁻⁴"]
    assert table.model().index(0, 1).data().startswith("−7.2")
    next(action for action in table.actions() if action.text() == "Copy all terms").trigger()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == "neuron\tw\tx\tw·x"
    assert float(lines[1].split("\t")[1]) == -7.2e-6
    assert float(lines[-1].split("\t")[-1]) == 40 * 7.2e-6
