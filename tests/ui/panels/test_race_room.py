"""Who gets the room where there is plenty of it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDockWidget, QLabel, QPushButton, QSplitter, QToolButton, QWidget

from nnviz.ui.widgets.race_plot import RacePlot
from tests.ui.panels.test_race_panel import Bench, bench

__all__ = ["bench"]

WHOLE, SHORT = "After 1 epoch · from the initial weights", "from the initial weights"


@pytest.mark.qt_log_ignore("does not support raise", extend=True)  # the offscreen platform does not
def test_where_there_is_room_the_plot_gets_half_of_it_and_the_table_is_no_higher_than_its_rows(bench: Bench) -> None:
    bench.race_for(1)
    dock = bench.child(QDockWidget, "dock_race")
    dock.setFloating(True)
    dock.resize(1100, 520)
    plot, verdict = bench.child(RacePlot), bench.child(QWidget, "race_verdict_scroll")
    bench.wait(lambda: dock.width() == 1100 and plot.width() > 0.5 * dock.width())
    rows = bench.table.rowViewportPosition(bench.table.rowCount() - 1) + bench.table.rowHeight(0)
    bench.wait(lambda: bench.table.viewport().height() - rows < 4)
    below = bench.table.mapTo(dock, QPoint(0, bench.table.height()))
    bench.wait(lambda: verdict.mapTo(dock, QPoint()).y() < below.y() + 20)
    for width in (1100, 980, 1030, 1100, 1010):  # what is hidden at one width is measured for the next one
        dock.resize(width, 640)
        bench.wait(lambda width=width: dock.width() == width)
        table = bench.table
        bench.wait(lambda table=table: table.horizontalHeader().length() <= table.viewport().width())
    for button in (*dock.findChildren(QPushButton), *dock.findChildren(QToolButton)):
        assert not button.focusPolicy() & Qt.FocusPolicy.ClickFocus, button.objectName()


@pytest.mark.qt_log_ignore("does not support raise", extend=True)
def test_the_status_says_what_there_is_room_for_beside_the_handle(bench: Bench) -> None:
    bench.race_for(1)
    dock = bench.child(QDockWidget, "dock_race")
    dock.setFloating(True)
    dock.resize(1100, 520)
    plot, status = bench.child(RacePlot), bench.child(QLabel, "race_status")
    bench.wait(lambda: dock.width() == 1100 and plot.width() > 0.5 * dock.width())
    bench.wait(lambda: status.text() == WHOLE)
    handle = bench.child(QSplitter, "race_splitter").handle(1)
    to_short = status.width() - status.fontMetrics().horizontalAdvance(SHORT) - 5
    for way, text in ((to_short, SHORT), (-to_short, WHOLE), (to_short + 30, ""), (-to_short, WHOLE)):
        start = handle.rect().center()
        bench.qtbot.mousePress(handle, Qt.MouseButton.LeftButton, pos=start)
        bench.qtbot.mouseMove(handle, start + QPoint(way, 0))
        bench.qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=start)
        assert status.text() == text
        assert status.toolTip() == WHOLE


@pytest.mark.qt_log_ignore("does not support raise", extend=True)  # the offscreen platform does not
@pytest.mark.parametrize("name", ["race", "surface"])
def test_a_window_of_its_own_and_back(bench: Bench, name: str) -> None:
    if name == "race":  # which is open already
        bench.race_for(1)
    else:
        bench.open(name)
    dock = bench.child(QDockWidget, f"dock_{name}")
    bench.click(f"{name}_own_window", QToolButton)
    bench.wait(dock.isFloating)
    assert dock.width() > 700
    bench.click(f"{name}_own_window", QToolButton)
    bench.wait(lambda: not dock.isFloating() and dock.widget().isVisible())
