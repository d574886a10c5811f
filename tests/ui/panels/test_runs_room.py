"""Which columns of the runs table are shown where there is little room."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTreeWidget, QWidget
from pytestqt.qtbot import QtBot

from nnviz.engine.catalogue import catalogue
from nnviz.ui.panels.runs import LOSS, NAME, NOTE, RunsPanel
from tests.support.program import Program

WIDTHS = range(200, 760, 12)


@pytest.fixture
def place(qtbot: QtBot) -> QWidget:
    place = QWidget()
    qtbot.addWidget(place)
    place.resize(800, 300)
    return place


@pytest.fixture
def panel(program: Program, qtbot: QtBot, place: QWidget) -> RunsPanel:
    """Two runs, of which one has come farther, in a panel whose size a test can set."""
    program.train_epochs(1)
    program.key(Qt.Key.Key_R)
    program.wait(lambda: program.session.can_step and len(program.session.time_machine.runs) == 2)
    program.train_epochs(2)
    panel = RunsPanel(program.session, catalogue(), place)
    panel.resize(800, 300)
    with qtbot.waitExposed(place):
        place.show()
    return panel


def table_of(panel: RunsPanel) -> QTreeWidget:
    table = panel.findChild(QTreeWidget, "runs_table")
    assert table is not None
    return table


def shown(table: QTreeWidget) -> tuple[int, ...]:
    return tuple(column for column in range(table.columnCount()) if not table.isColumnHidden(column))


def test_the_columns_stay_the_same_from_one_refresh_to_the_next(panel: RunsPanel, program: Program) -> None:
    table = table_of(panel)
    for width in WIDTHS:
        panel.resize(width, 300)
        seen = set()
        for _ in range(4):
            program.session.time_machine.runs_changed.emit()
            seen.add(shown(table))
        assert len(seen) == 1, width


def test_no_column_is_cut_while_somebody_drags_the_edge(panel: RunsPanel) -> None:
    table = table_of(panel)
    counts = []
    for width in reversed(WIDTHS):
        panel.resize(width, 300)
        counts.append(len(shown(table)))
        if shown(table) != (NAME, LOSS):
            assert table.columnWidth(NAME) >= table.sizeHintForColumn(NAME), width
            assert table.header().length() <= table.viewport().width(), width
    assert counts[0] == NOTE  # all but the note, which has nothing to say
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 2
