"""Questions on their way to the trainer: of each kind and asker one is under way, and the newest one waits."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from nnviz.core.commands import Ask, Command
from nnviz.core.facts import Answered
from nnviz.core.questions import Question

Line = tuple[type[Question], str]


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
        self._under_way: dict[Line, Question] = {}
        self._waiting: dict[Line, Question] = {}

    def ask(self, question: Question, asker: str = "") -> None:
        """Ask; a question of the same kind and asker that still waits is forgotten. Only rivals need to be named."""
        line = (type(question), asker)
        if line in self._under_way:
            self._waiting[line] = question
        else:
            self._under_way[line] = question
            self._send(Ask(question))

    def receive(self, fact: Answered) -> None:
        """Take an answer, and ask what has waited for it; nobody waits for the rest of an answer to an old question."""
        line = next((line for line, question in self._under_way.items() if question is fact.question), None)
        if line is not None:
            if not fact.complete and line not in self._waiting:
                self._send(Ask(fact.question))
                return
            del self._under_way[line]
            if line in self._waiting:
                self.ask(self._waiting.pop(line), line[1])
        if fact.complete:
            self.answered.emit(fact.question, fact.answer)

    def expect_nothing(self) -> None:
        """Know that answers that are still under way may not come."""
        self._under_way.clear()
        self._waiting.clear()
