"""What answers the questions of `nnviz.core.questions`: one function for each kind.

To add a kind: a question and its answer in ``core``, a function here in a module of its own, an entry in `ANSWERS`.
The function gets the stepper and the question, and leaves everything as it was (`other_weights` helps with that). It
raises `LookupError` where the question is about something that is not there. Where the answer takes long, it is a
generator: it yields after each piece of the work and returns the answer; the network may have changed in between.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from time import perf_counter
from typing import Any

from nnviz.core.confusion import AskMistakes
from nnviz.core.devices import DeviceSpeeds
from nnviz.core.facts import Answered
from nnviz.core.microscope import AskNudges, AskOptimizerStep
from nnviz.core.plane import AskPlane
from nnviz.core.pokes import AskPokeEffect
from nnviz.core.questions import Question
from nnviz.core.race import AskForStart
from nnviz.core.saliency import AskSaliency
from nnviz.engine.devices import device_speeds
from nnviz.engine.inquiries.confusion import mistakes
from nnviz.engine.inquiries.microscope import nudges, optimizer_step
from nnviz.engine.inquiries.plane import plane
from nnviz.engine.inquiries.pokes import poke_effect
from nnviz.engine.inquiries.race_start import race_start
from nnviz.engine.inquiries.saliency import saliency
from nnviz.engine.stepper import Stepper

LONGEST = 0.01  # seconds of work in a row: training and stepping wait meanwhile

Answer = Callable[[Stepper, Any], object]

ANSWERS: dict[type[Question], Answer] = {
    AskPlane: plane,
    AskSaliency: saliency,
    DeviceSpeeds: device_speeds,
    AskNudges: nudges,
    AskOptimizerStep: optimizer_step,
    AskMistakes: mistakes,
    AskForStart: race_start,
    AskPokeEffect: poke_effect,
}


class Inquirer:
    """Answers questions; what takes long, a piece at a time: of each kind of question one at most is under way."""

    def __init__(self) -> None:
        self._under_way: dict[type[Question], tuple[Question, object]] = {}

    def answer(self, stepper: Stepper, question: Question) -> Answered:
        """Answer a question, or do a piece of the work; see `Answered`."""
        asked, work = self._under_way.pop(type(question), (None, None))
        try:
            if asked is not question:  # questions that look alike may be about another moment
                work = ANSWERS[type(question)](stepper, question)
            if not isinstance(work, Generator):
                return Answered(question, work)
            began = perf_counter()
            next(work)
            while perf_counter() - began < LONGEST:
                next(work)
        except StopIteration as end:
            return Answered(question, end.value)
        except LookupError:
            return Answered(question, None)
        self._under_way[type(question)] = question, work
        return Answered(question, None, complete=False)
