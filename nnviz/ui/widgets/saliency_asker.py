"""Asks which pixels an answer hangs on, and says in a sentence what the colours of the picture mean."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from nnviz.core.data import FloatArray
from nnviz.core.questions import Question
from nnviz.core.saliency import AskSaliency, Saliency
from nnviz.session.session import Session
from nnviz.ui.widgets.texts import translated


class SaliencyAsker(QObject):
    """Asks for one of the places where saliency is shown, and takes only the answers to its own questions.

    Signals
    -------
    answered(ndarray, ndarray, str)
        The sample, the gradient of the score with respect to it, and what its colours mean.
    """

    answered = Signal(object, object, str)

    def __init__(self, session: Session, name: str, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._session = session
        self._asked: list[AskSaliency] = []  # the oldest first
        session.inquiries.answered.connect(self._receive)
        session.loaded.connect(self.forget)

    def ask(self, inputs: FloatArray, label: int | None) -> None:
        """Ask about one sample, and the score of this class; None for the one that is predicted."""
        question = AskSaliency(inputs, label)
        self._asked.append(question)
        self._session.inquiries.ask(question, self.objectName())

    def forget(self) -> None:
        """Take no answer to what has been asked so far."""
        self._asked.clear()

    def _receive(self, question: Question, answer: object) -> None:
        place = next((place for place, asked in enumerate(self._asked) if asked is question), None)
        if place is None:
            return
        inputs = self._asked[place].inputs
        del self._asked[: place + 1]
        summary = self._session.summary
        if isinstance(answer, Saliency) and summary is not None:
            name = translated(summary.classes[answer.label])
            text = self.tr("Brighter at green: more like {name}. Brighter at magenta: less.").format(name=name)
            self.answered.emit(inputs, answer.gradient, text)
