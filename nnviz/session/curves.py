"""The curves of the present run, and how far it has come."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from nnviz.core.facts import Progress
from nnviz.core.history import History, Mark


class Curves(QObject):
    """Lets the history grow by what the trainer reports, and cuts it where the training has gone back.

    Signals
    -------
    history_changed()
        `history` has grown or was cut, or is another one.
    progressed(Progress)
        Epoch, batch, speed.
    """

    history_changed = Signal()
    progressed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.history = History()
        self.progress: Progress | None = None

    def receive(self, fact: Progress) -> None:
        """Append what has been added since the last report."""
        self.progress = fact
        history = self.history
        history.batches_per_epoch = fact.batches
        for points in fact.points:
            history.append(points)
        history.epochs.extend(fact.epochs)
        history.marks.extend(mark for mark in fact.marks if mark not in history.marks)
        if fact.points or fact.epochs or fact.marks:
            self.history_changed.emit()
        self.progressed.emit(fact)

    def rewind(self, step: int) -> None:
        """Forget everything from `step` on."""
        self.history.truncate(step)
        self.history_changed.emit()

    def take_off(self, mark: Mark | None) -> None:
        """Forget a mark that means nothing any more."""
        if mark in self.history.marks:
            self.history.marks.remove(mark)
            self.history_changed.emit()

    def start_over(self, history: History) -> None:
        """Begin anew, with what is known from before. Who calls this says so, once all else is new, too."""
        self.history, self.progress = history, None

    def change_to(self, history: History) -> None:
        """Go on with the curves of another run."""
        self.history = history
        self.history_changed.emit()
