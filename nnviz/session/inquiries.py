"""Questions on their way to the trainer: of each kind at most one is under way, and the newest one waits."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from nnviz.core.commands import Answered, Ask, Command
from nnviz.core.questions import Question


class Inquiries(QObject):
    """Asks, without flooding the trainer, and says what was answered.

    Signals
    -------
    answered(Question, object)
        The question, so that the asker knows whether it is still of interest, and its answer or None.
    """

    answered = Signal(object, object)

    def __init__(self, send: Callable[[Command], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._send = send
        self._under_way: dict[type[Question], Question] = {}
        self._waiting: dict[type[Question], Question] = {}

    def ask(self, question: Question) -> None:
        """Ask; a question of the same kind that still waits is forgotten."""
        kind = type(question)
        if kind in self._under_way:
            self._waiting[kind] = question
        else:
            self._under_way[kind] = question
            self._send(Ask(question))

    def receive(self, fact: Answered) -> None:
        """Take an answer, and ask what has waited for it; nobody waits for the rest of an answer to an old question."""
        kind = type(fact.question)
        if self._under_way.get(kind) is fact.question:
            if not fact.complete and kind not in self._waiting:
                self._send(Ask(fact.question))
                return
            del self._under_way[kind]
            if kind in self._waiting:
                self.ask(self._waiting.pop(kind))
        if fact.complete:
            self.answered.emit(fact.question, fact.answer)

    def expect_nothing(self) -> None:
        """Know that answers that are still under way may not come."""
        self._under_way.clear()
        self._waiting.clear()
