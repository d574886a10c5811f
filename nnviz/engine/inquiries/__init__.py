"""What answers the questions of `nnviz.core.questions`: one function for each kind.

To add a kind: a question and its answer in ``core``, a function here in a module of its own, an entry in `ANSWERS`.
The function gets the stepper and the question, and leaves everything as it was (`other_weights` helps with that). It
raises `LookupError` where the question is about something that is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnviz.core.devices import DeviceSpeeds
from nnviz.core.questions import Question
from nnviz.engine.devices import device_speeds
from nnviz.engine.stepper import Stepper

Answer = Callable[[Stepper, Any], object]

ANSWERS: dict[type[Question], Answer] = {
    DeviceSpeeds: device_speeds,
}


def answer(stepper: Stepper, question: Question) -> object:
    """Answer a question; None where it is about something that is not there."""
    find = ANSWERS[type(question)]
    try:
        return find(stepper, question)
    except LookupError:
        return None
