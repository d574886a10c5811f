"""What the network makes of the plane, asked for while somebody looks at it."""

from __future__ import annotations

from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnviz.core.facts import Loaded
from nnviz.core.plane import AskPlane, PlaneAnswer, plane_reach
from nnviz.core.questions import Question
from nnviz.session.inquiries import Inquiries

INTERVAL = 0.05  # seconds from one question to the next: the training waits for each answer


class PlaneWatch(QObject):
    """Asks whenever the network may have changed, at most twenty times a second, and only for those who watch.

    Signals
    -------
    answered(PlaneAnswer)

    Attributes
    ----------
    answer : PlaneAnswer or None
        The newest one about the present network.
    """

    answered = Signal(object)

    def __init__(self, inquiries: Inquiries, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.answer: PlaneAnswer | None = None
        self._inquiries = inquiries
        self._question: AskPlane | None = None
        self._revision = -1
        self._watchers: set[str] = set()
        self._asked_at = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._ask)
        inquiries.answered.connect(self._receive)

    def watch(self, watcher: str) -> None:
        """Begin to ask; `watcher` is whose wish that is."""
        self._watchers.add(watcher)
        self.look_again()

    def unwatch(self, watcher: str) -> None:
        """End that wish."""
        self._watchers.discard(watcher)

    @Slot(object)
    def start_afresh(self, fact: Loaded) -> None:
        """Take other data, and another network."""
        points = fact.summary.points
        self._question = AskPlane(plane_reach(points)) if points is not None and fact.summary.has_plane else None
        self._revision, self.answer = fact.revision, None
        self.look_again()

    @Slot()
    def look_again(self) -> None:
        """The network may have changed: ask, now or in a moment."""
        if self._question is not None and self._watchers and not self._timer.isActive():
            rest = self._asked_at + INTERVAL - perf_counter()
            self._timer.start(max(0, round(1000 * rest)))

    @Slot()
    def _ask(self) -> None:
        if self._question is not None and self._watchers:
            self._asked_at = perf_counter()
            self._inquiries.ask(self._question)

    @Slot(object, object)
    def _receive(self, question: Question, answer: object) -> None:
        if isinstance(answer, PlaneAnswer) and answer.revision == self._revision:
            self.answer = answer
            self.answered.emit(answer)
