"""Who gets the room where there is plenty of it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDockWidget, QPushButton, QToolButton, QWidget

from nnviz.ui.widgets.race_plot import RacePlot
from tests.ui.panels.test_race_panel import Bench, bench

__all__ = ["bench"]


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
    for button in (*dock.findChildren(QPushButton), *dock.findChildren(QToolButton)):
        assert not button.focusPolicy() & Qt.FocusPolicy.ClickFocus, button.objectName()
