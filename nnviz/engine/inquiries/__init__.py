"""What answers the questions of `nnviz.core.questions`: one function for each kind.

To add a kind: a question and its answer in ``core``, a function here in a module of its own, an entry in `ANSWERS`.
The function gets the stepper and the question, and leaves everything as it was (`other_weights` helps with that). It
raises `LookupError` where the question is about something that is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnviz.core.confusion import AskMistakes
from nnviz.core.devices import DeviceSpeeds
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


def answer(stepper: Stepper, question: Question) -> object:
    """Answer a question; None where it is about something that is not there."""
    find = ANSWERS[type(question)]
    try:
        return find(stepper, question)
    except LookupError:
        return None
