"""When a widget is refreshed whose subject changes faster than anybody can read, or while nobody looks."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from nnviz.core.facts import RunState
from nnviz.session.session import Session


class Refresher(QTimer):
    """Refreshes a widget only while it can be seen: at once, or a moment after the first of several changes.

    What changes while it cannot be seen is caught up with by whoever calls `now` or `soon` in its `showEvent`.

    Signals
    -------
    due()
        Connected to `refresh`: a method of the widget as an attribute, or the widget itself, would make a cycle of the
        two, for Python's garbage collector to destroy on whichever thread it runs.
    """

    due = Signal()

    def __init__(self, widget: QWidget, refresh: Callable[[], None], interval: int) -> None:
        super().__init__(widget, singleShot=True, interval=interval)
        self.due.connect(refresh)
        self.timeout.connect(self.now)

    @property
    def _is_seen(self) -> bool:
        widget = self.parent()
        return isinstance(widget, QWidget) and widget.isVisible()

    @Slot()
    def now(self) -> None:
        """Refresh at once; what was to be refreshed soon is so now."""
        self.stop()
        if self._is_seen:
            self.due.emit()

    @Slot()
    def soon(self) -> None:
        """Refresh after the interval, whatever else changes meanwhile."""
        if self._is_seen and not self.isActive():
            self.start()

    def follow(self, session: Session) -> None:
        """Refresh at once while somebody steps, but only now and then while the network runs."""
        if session.run_state is RunState.RUNNING:
            self.soon()
        else:
            self.now()
