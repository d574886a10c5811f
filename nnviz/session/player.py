"""The player: walks through the stages by itself, slowly in the first pass and faster in later ones."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnviz.core.commands import RunState
from nnviz.session.session import Session

FIRST_PASS_MS = 1600
SHORTEST_MS = 250
FASTER_EACH_PASS = 0.6
SLOWEST, FASTEST = 0.25, 4.0


class Player(QObject):
    """Steps forward again and again, until it is paused, the training runs freely, or something goes wrong.

    Signals
    -------
    playing_changed(bool)
    speed_changed(float)
    """

    playing_changed = Signal(bool)
    speed_changed = Signal(float)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._passes = 0
        self._speed = 1.0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._step)
        session.trace_recorded.connect(self._count_pass)
        session.run_state_changed.connect(self._follow_run_state)
        session.failed.connect(self.pause)
        session.diverged.connect(self.pause)
        session.loaded.connect(self.pause)

    @property
    def playing(self) -> bool:
        """Whether it walks."""
        return self._timer.isActive()

    @property
    def speed(self) -> float:
        """How many times as fast as usual, 0.25 to 4."""
        return self._speed

    @property
    def interval(self) -> int:
        """Milliseconds that a stage is shown for: fewer in each pass, since the first needs the most reading."""
        usual = max(FIRST_PASS_MS * FASTER_EACH_PASS**self._passes, SHORTEST_MS)
        return round(usual / self._speed)

    def set_speed(self, speed: float) -> None:
        """Walk `speed` times as fast; clamped to 0.25 … 4."""
        speed = min(max(speed, SLOWEST), FASTEST)
        if speed != self._speed:
            self._speed = speed
            self._timer.setInterval(self.interval)
            self.speed_changed.emit(speed)

    def play(self) -> None:
        """Start to walk, with a first step at once."""
        if not self.playing and self._session.can_step:
            self._passes = 0
            self._timer.start(self.interval)
            self.playing_changed.emit(True)
            self._step()

    @Slot()
    def pause(self) -> None:
        """Stop walking."""
        if self.playing:
            self._timer.stop()
            self.playing_changed.emit(False)

    def toggle(self) -> None:
        """Walk or stop."""
        if self.playing:
            self.pause()
        else:
            self.play()

    @Slot()
    def _step(self) -> None:
        """Go on, unless the next batch is still being recorded."""
        if self._session.can_step:
            self._session.step_forward()

    @Slot()
    def _count_pass(self) -> None:
        if self.playing:
            self._passes += 1
            self._timer.start(self.interval)

    @Slot(object)
    def _follow_run_state(self, state: RunState) -> None:
        if state is not RunState.PAUSED:
            self.pause()
