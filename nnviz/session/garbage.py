"""Collects garbage on the GUI thread alone.

Python's collector runs on whichever thread happens to allocate. On the training thread it would destroy widgets that
hang in a reference cycle: Qt forbids that, and it can deadlock (seen: ``~QObject`` waits for Python's lock while the
GUI thread holds that and waits for Qt's). So while there is a second thread, collecting is switched off, and a timer on
the GUI thread does it.
"""

from __future__ import annotations

import gc
from typing import ClassVar

from PySide6.QtCore import QObject, QTimer, Slot

INTERVAL_MS = 200
YOUNG, MIDDLE, OLD = range(3)


class GuiThreadCollector(QObject):
    """Takes over from the automatic collector until `stop` is called; several may be at work at once."""

    _at_work: ClassVar[int] = 0
    _was_enabled: ClassVar[bool] = False
    _has_frozen: ClassVar[bool] = False

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        if GuiThreadCollector._at_work == 0:
            GuiThreadCollector._was_enabled = gc.isenabled()
            gc.disable()
        GuiThreadCollector._at_work += 1
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._collect)
        self._timer.start()

    @classmethod
    def leave_out_what_is_loaded(cls) -> None:
        """Never look at the objects again that exist now, once in a process, when all libraries have been imported.

        They are 350,000 with torch, and looking through them would stop the window for 0.2 s each time.
        """
        if not cls._has_frozen:
            cls._has_frozen = True
            gc.freeze()

    def stop(self) -> None:
        """Hand the work back. May be called again."""
        if not self._timer.isActive():
            return
        self._timer.stop()
        GuiThreadCollector._at_work -= 1
        if GuiThreadCollector._at_work == 0 and GuiThreadCollector._was_enabled:
            gc.enable()

    @Slot()
    def _collect(self) -> None:
        """Do what the automatic collector would have done by now, the oldest generation that is due."""
        for generation in (OLD, MIDDLE, YOUNG):
            if gc.get_count()[generation] > gc.get_threshold()[generation]:
                gc.collect(generation)
                return
