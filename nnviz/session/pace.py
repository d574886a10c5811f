"""How often a running training is looked at: 30 times a second, and less often where painting takes long.

The window and the training share one interpreter lock: what the one takes, the other lacks.
"""

from __future__ import annotations

from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Signal, Slot

LOOK_INTERVAL_MS = 33
GOES = 3  # rounds of the event loop, see below
REST = 1.5  # times as long as a picture took, the training has the machine to itself


class Pace(QObject):
    """Says when to look: at most one look under way, and a rest after each picture.

    Signals
    -------
    due()
    """

    due = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._began = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.due)
        # a timer of 0 ms fires when everything that was posted before has been done; the picture asks for its edges
        # in one round of the event loop, for the rest in a second one, and has it painted in a third
        self._goes = 0
        self._painted = QTimer(self)
        self._painted.setSingleShot(True)
        self._painted.setInterval(0)
        self._painted.timeout.connect(self._rest)

    def start(self) -> None:
        """Begin: the first look is due after one interval."""
        self._timer.start(LOOK_INTERVAL_MS)

    def stop(self) -> None:
        """End: nothing is due any more."""
        self._timer.stop()
        self._painted.stop()

    def answered(self) -> None:
        """A look has been answered: what follows until the event loop is idle is the cost of the picture."""
        self._began, self._goes = perf_counter(), GOES
        self._painted.start()

    @Slot()
    def _rest(self) -> None:
        self._goes -= 1
        if self._goes:
            self._painted.start()
            return
        took = (perf_counter() - self._began) * 1000
        self._timer.start(round(max(LOOK_INTERVAL_MS - took, REST * took)))
