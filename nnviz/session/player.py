"""The player: walks through the stages by itself, slowly in the first pass and faster in later ones."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot

from nnviz.core.facts import RunState
from nnviz.core.playback import Direction, Frame, Phase
from nnviz.session.session import Session

FIRST_PASS_MS = 1600
SHORTEST_MS = 250
FASTER_EACH_PASS = 0.6
SLOWEST, FASTEST = 0.25, 4.0
ALONG_EDGES, ON_EDGES = 3.5, 2.0  # times as long, where numbers are to be followed and read


class Player(QObject):
    """Steps forward again and again, until it is paused, the training runs freely, or something goes wrong.

    It also is the clock of slow motion: how far the stage that is shown has come. A stage that is paused in the middle
    goes on from there; one that is entered by hand has come to its end at once.

    Attributes
    ----------
    numbers : bool
        Whether numbers are shown on their way along the edges, which takes longer to watch.

    Signals
    -------
    playing_changed(bool)
    speed_changed(float)
    """

    playing_changed = Signal(bool)
    speed_changed = Signal(float)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.numbers = True
        self._session = session
        self._passes = 0
        self._speed = 1.0
        self._frame: Frame | None = None
        self._done = 1.0  # of the stage, when the clock was started
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._step)
        session.trace_recorded.connect(self._count_pass)
        session.frame_changed.connect(self._follow_frame)
        session.run_state_changed.connect(self._follow_run_state)
        session.failed.connect(self.pause)
        session.diverged.connect(self.pause)
        session.loaded.connect(self._start_afresh)

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
        """Milliseconds that the stage is shown for: fewer in each pass, since the first needs the most reading."""
        usual = max(FIRST_PASS_MS * FASTER_EACH_PASS**self._passes, SHORTEST_MS)
        return round(usual * self._patience() / self._speed)

    @property
    def share(self) -> float:
        """How much of its time the stage that is shown has had, 0 to 1; it stands still while nothing plays."""
        if not self.playing:
            return self._done
        return min(self._done + self._clock.elapsed() / self.interval, 1.0)

    def _patience(self) -> float:
        frame = self._session.frame
        if frame is None or not self.numbers:
            return 1.0
        if frame.flow is not Direction.NONE:
            return ALONG_EDGES
        return ON_EDGES if frame.phase is Phase.UPDATE else 1.0

    def set_speed(self, speed: float) -> None:
        """Walk `speed` times as fast; clamped to 0.25 … 4."""
        speed = min(max(speed, SLOWEST), FASTEST)
        if speed != self._speed:
            done, self._speed = self.share, speed
            if self.playing:
                self._run_from(done)
            self.speed_changed.emit(speed)

    def set_numbers(self, shown: bool) -> None:
        """Show numbers on their way along the edges, or not."""
        done, self.numbers = self.share, shown
        if self.playing:
            self._run_from(done)

    def play(self) -> None:
        """Walk on: from the middle of a stage, if it was paused there, or else with a first step at once."""
        if not self.playing and self._session.can_step:
            arrived = self._done >= 1.0
            self._run_from(self._done)
            self.playing_changed.emit(True)
            if arrived:
                self._step()

    @Slot()
    def pause(self) -> None:
        """Stop walking, wherever the numbers are."""
        if self.playing:
            self._done = self.share
            self._timer.stop()
            self.playing_changed.emit(False)

    def toggle(self) -> None:
        """Walk or stop."""
        if self.playing:
            self.pause()
        else:
            self.play()

    def _run_from(self, done: float) -> None:
        left = 1.0 - done if done < 1.0 else 1.0
        self._done = done
        self._clock.start()
        self._timer.start(round(self.interval * left))

    @Slot()
    def _step(self) -> None:
        """Go on, unless the next batch is still being recorded."""
        self._timer.start(self.interval)
        if self._session.can_step:
            self._session.step_forward()

    @Slot(object)
    def _follow_frame(self, frame: Frame | None) -> None:
        """Begin anew with each stage; another sample at the same stage changes nothing."""
        before, self._frame = self._frame, frame
        if frame is not None and before is not None:
            same_trace, same_place = before.trace is frame.trace, before.cursor.position == frame.cursor.position
            if same_trace and same_place:
                return
        if self.playing:
            self._run_from(0.0)
        else:
            self._done = 1.0

    @Slot()
    def _count_pass(self) -> None:
        if self.playing:
            self._passes += 1

    @Slot()
    def _start_afresh(self) -> None:
        self.pause()
        self._passes = 0

    @Slot(object)
    def _follow_run_state(self, state: RunState) -> None:
        if state is not RunState.PAUSED:
            self._start_afresh()
