"""Predict, then reveal: what a learner is asked at each stage of a pass, how answers are marked, and the score.

The right answers are the recorded numbers. Beside each stand the numbers that frequent mistakes lead to, so that a
wrong answer can be told what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from nnviz.core.playback import Stage, stages_of
from nnviz.core.trace import Trace
from nnviz.core.worksheet_quantities import Kind, Place, Quantity, Slip, quantities

SMALL_NUMBERS = 0.1


@dataclass(frozen=True)
class Tolerance:
    """How far an answer may be off: a share of the right number, or a distance.

    A distance never lets more pass than a tenth of the number: 0 is no answer to 0.0004.
    """

    relative: float = 0.0
    absolute: float = 0.0

    def allows(self, answer: float, value: float) -> bool:
        """Whether `answer` is close enough to `value`."""
        size = abs(value)
        allowed = max(self.relative * size, min(self.absolute, SMALL_NUMBERS * size), 1e-12)
        return abs(answer - value) <= allowed * (1 + 1e-6)  # an answer just on the edge is right


TOLERANCES: dict[str, Tolerance] = {
    "percent": Tolerance(relative=0.01),
    "permille": Tolerance(relative=0.001),
    "five_percent": Tolerance(relative=0.05),
    "hundredth": Tolerance(absolute=0.01),
    "thousandth": Tolerance(absolute=0.001),
}


@dataclass(frozen=True)
class Verdict:
    """What came of an answer; a wrong one that is the number of a frequent mistake is told which."""

    right: bool
    slip: Slip | None = None


def mark(answer: float, asked: Quantity, others: Sequence[Quantity], tolerance: Tolerance) -> Verdict:
    """Judge an answer. `others` are the quantities asked at the same stage, which may have been mixed up."""
    if tolerance.allows(answer, asked.value):
        return Verdict(True)
    for slip, value in asked.slips:
        if tolerance.allows(answer, value) and not tolerance.allows(value, asked.value):
            return Verdict(False, slip)
    mixed_up = any(tolerance.allows(answer, other.value) for other in others if other is not asked)
    return Verdict(False, Slip.OTHER_ROW if mixed_up else None)


class State(StrEnum):
    """How far one question has come."""

    OPEN = "open"
    WRONG = "wrong"
    RIGHT = "right"
    SHOWN = "shown"


@dataclass
class Item:
    """One question, the last answer to it, and how often it was answered wrong."""

    asked: Quantity
    state: State = State.OPEN
    answer: str = ""
    slip: Slip | None = None
    misses: int = 0

    @property
    def done(self) -> bool:
        """Whether nothing more is to be said."""
        return self.state in (State.RIGHT, State.SHOWN)


@dataclass(frozen=True)
class Score:
    """Of the questions that are done: how many were right (and at once), and how many were shown."""

    right: int
    at_once: int
    shown: int


@dataclass
class Pass:
    """The questions about one sample of one step, stage by stage; they are made when they are first asked for.

    Parameters
    ----------
    sample : int or None
        Row of the batch. Where the mean of the batch is shown, there is nothing to be computed by hand, and nothing
        can be answered.
    """

    trace: Trace
    sample: int | None
    _items: dict[int, tuple[Item, ...]] = field(default_factory=dict)

    @property
    def walk(self) -> tuple[Stage, ...]:
        """The stages of the step."""
        return stages_of(self.trace)

    def items(self, position: int) -> tuple[Item, ...]:
        """Questions of the stage at `position`; none where nothing is computed."""
        if position not in self._items:
            asked = quantities(self.trace, self.walk[position], self.sample or 0)
            self._items[position] = tuple(map(Item, asked))
        return self._items[position]

    def is_done(self, position: int) -> bool:
        """Whether all questions of a stage are answered or shown."""
        return all(item.done for item in self.items(position))

    def first_open(self) -> int:
        """Position of the first stage with an open question; the number of stages where there is none."""
        return next((place for place in range(len(self.walk)) if not self.is_done(place)), len(self.walk))

    def solved(self, position: int) -> tuple[Quantity, ...]:
        """Return what is answered or shown at a stage."""
        return tuple(item.asked for item in self.items(position) if item.done)

    def knows(self, place: Place) -> bool:
        """Whether what is asked about a neuron or a weight at the first stage with an open question is done."""
        position = self.first_open()
        return position < len(self.walk) and any(asked.place == place for asked in self.solved(position))

    def asked_next(self, position: int) -> Place | None:
        """Return where the first open question of a stage belongs; one about a bias has no formula of its own."""
        waiting = (item.asked for item in self.items(position) if not item.done)
        return next((asked.place for asked in waiting if asked.kind is not Kind.BIAS_GRADIENT), None)

    def answer(self, position: int, index: int, text: str, number: float, tolerance: Tolerance) -> Verdict:
        """Judge an answer to one question, and keep it."""
        items = self.items(position)
        item = items[index]
        verdict = mark(number, item.asked, [other.asked for other in items], tolerance)
        item.answer, item.slip = text, verdict.slip
        item.state = State.RIGHT if verdict.right else State.WRONG
        item.misses += not verdict.right
        return verdict

    def show(self, position: int, index: int) -> None:
        """Give a question up, and show the way."""
        self.items(position)[index].state = State.SHOWN

    def score(self) -> Score:
        """Count what is done so far."""
        items = [item for stage in self._items.values() for item in stage]
        right = [item for item in items if item.state is State.RIGHT]
        return Score(
            len(right), sum(not item.misses for item in right), sum(item.state is State.SHOWN for item in items)
        )
