"""Foresight: while somebody reads, what the next keys will show is made ready."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnviz.core.commands import Command, Foresee
from nnviz.core.facts import Foreseen
from nnviz.core.playback import Cursor, Frame, frame_at, next_layer_position, stages_of
from nnviz.core.trace import Trace
from nnviz.session.shown import Shown
from nnviz.session.time_machine import TimeMachine
from nnviz.session.walking import Walking

READING_MS = 120  # without a key: somebody reads


class Foresight(QObject):
    """Has the next step recorded ahead, and tells views what they will probably have to show next.

    Signals
    -------
    expected(object)
        A tuple of `Frame`: the next stage, the next layer, and the next batch at the same stage, if it is recorded.
    """

    expected = Signal(object)

    def __init__(
        self,
        send: Callable[[Command], None],
        shown: Shown,
        walking: Walking,
        time_machine: TimeMachine,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._send, self._shown, self._walking, self._time_machine = send, shown, walking, time_machine
        self._next: Trace | None = None
        self._reading = QTimer(self, singleShot=True, interval=READING_MS)
        self._reading.timeout.connect(self._look_ahead)
        shown.frame_changed.connect(self.wait)

    @Slot()
    def wait(self) -> None:
        """Forget what was expected: something has changed. Look ahead when nothing has for a while."""
        self._next = None
        self._reading.start()

    def receive(self, fact: Foreseen) -> None:
        """Take the step after the one that is shown."""
        now = self._shown.trace
        follows = now is not None and (fact.trace.revision, fact.trace.step) == (now.revision, now.step + 1)
        if follows and self._is_idle and not self._reading.isActive():
            self._next = fact.trace
            self._tell()

    @property
    def _is_idle(self) -> bool:
        return self._walking.can_step and self._shown.drawing.inputs is None

    @Slot()
    def _look_ahead(self) -> None:
        if not self._is_idle:
            return
        if not self._time_machine.looking:
            self._send(Foresee())
        self._tell()

    def _tell(self) -> None:
        if frames := tuple(self._frames()):
            self.expected.emit(frames)

    def _frames(self) -> Iterator[Frame]:
        trace, cursor, walk = self._shown.trace, self._shown.cursor, self._shown.walk
        assert trace is not None
        following = {cursor.position + 1, next_layer_position(walk, cursor.position)}
        for position in sorted(following - {len(walk)}):
            yield frame_at(trace, cursor.moved_to(position))
        if self._next is not None:
            sample = None if cursor.sample is None else min(cursor.sample, self._next.batch_size - 1)
            yield frame_at(self._next, Cursor(min(cursor.position, len(stages_of(self._next)) - 1), sample))
