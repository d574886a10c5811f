"""When a widget is refreshed."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from nnviz.ui.widgets.refresher import Refresher

LONG = 600_000  # ms


class Counted(QWidget):
    """Counts how often it was refreshed."""

    def __init__(self, interval: int) -> None:
        super().__init__()
        self.count = 0
        self.refresher = Refresher(self, self.refresh, interval)

    def refresh(self) -> None:
        self.count += 1


@pytest.fixture
def widgets(qtbot: QtBot) -> tuple[Counted, Counted]:
    """One that does not wait long, and one that does."""
    made = Counted(1), Counted(LONG)
    for widget in made:
        qtbot.addWidget(widget)
        with qtbot.waitExposed(widget):
            widget.show()
    return made


def test_many_changes_are_shown_once_and_in_time(widgets: tuple[Counted, Counted], qtbot: QtBot) -> None:
    quick, slow = widgets
    for widget in widgets:
        for _ in range(5):
            widget.refresher.soon()
    qtbot.waitUntil(lambda: quick.count == 1)
    assert slow.count == 0
    assert not quick.refresher.isActive()
    quick.refresher.soon()
    qtbot.waitUntil(lambda: quick.count == 2)


def test_what_was_to_come_soon_is_done_with_what_comes_now(widgets: tuple[Counted, Counted]) -> None:
    slow = widgets[1]
    slow.refresher.soon()
    slow.refresher.now()
    assert slow.count == 1
    assert not slow.refresher.isActive()


def test_nothing_is_refreshed_that_cannot_be_seen(widgets: tuple[Counted, Counted], qtbot: QtBot) -> None:
    quick, slow = widgets
    quick.refresher.soon()
    for widget in widgets:
        widget.hide()
        widget.refresher.now()
    slow.refresher.soon()
    assert not slow.refresher.isActive()
    qtbot.waitUntil(lambda: not quick.refresher.isActive())
    assert quick.count == slow.count == 0
