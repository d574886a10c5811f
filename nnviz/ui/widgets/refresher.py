"""When a widget is refreshed whose subject changes faster than anybody can read, or while nobody looks."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QWidget

from nnviz.core.facts import RunState
from nnviz.session.session import Session


class Refresher(QTimer):
    """Refreshes a widget only while it can be seen: at once, or a moment after the first of several changes.

    What changes while it cannot be seen is caught up with by whoever calls `now` or `soon` in its `showEvent`.
    """

    def __init__(self, widget: QWidget, refresh: Callable[[], None], interval: int) -> None:
        super().__init__(widget, singleShot=True, interval=interval)
        self._widget, self._refresh = widget, refresh
        self.timeout.connect(self.now)

    @Slot()
    def now(self) -> None:
        """Refresh at once; what was to be refreshed soon is so now."""
        self.stop()
        if self._widget.isVisible():
            self._refresh()

    @Slot()
    def soon(self) -> None:
        """Refresh after the interval, whatever else changes meanwhile."""
        if self._widget.isVisible() and not self.isActive():
            self.start()

    def follow(self, session: Session) -> None:
        """Refresh at once while somebody steps, but only now and then while the network runs."""
        if session.run_state is RunState.RUNNING:
            self.soon()
        else:
            self.now()
