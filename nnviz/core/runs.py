"""The runs of a session: the one that is trained, and those that it branched off from or that were there before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from nnviz.core.spec import TrainingSpec

MEGABYTE = 2**20
LEAST_MEMORY, DEFAULT_MEMORY, MOST_MEMORY = 1 * MEGABYTE, 256 * MEGABYTE, 65_536 * MEGABYTE
"""What the memory for going back may be bounded to, in bytes."""
MOST_KEPT = 20
"""So many networks that an edit has left behind can be brought back at most, by taking the edit back."""

COLORS = 8
"""How many colours there are for runs and racers."""


def free_colors(count: int, used: Iterable[int]) -> tuple[int, ...]:
    """Choose colours that nobody has, or else those that fewest have; the first ones first."""
    taken = [each % COLORS for each in used]
    chosen: list[int] = []
    for _ in range(count):
        chosen.append(min(range(COLORS), key=[*taken, *chosen].count))
    return tuple(chosen)


class Memory(StrEnum):
    """What is remembered of a run, beside its curves."""

    ALL = "all"
    """Its end, and its row of checkpoints."""

    END = "end"
    """Its end alone: it can be continued, but there is no way back in it."""

    CURVES = "curves"
    """Nothing: it cannot be continued any more."""


@dataclass(frozen=True)
class RunInfo:
    """One run, as the engine knows it.

    Attributes
    ----------
    number : int
        Counts the runs from 1; no number is used twice.
    parent : int or None
        The run that it branched off from; None for one that began with initial weights (or a file).
    begun : int
        Where it branched off: the first step that it took on its own.
    step : int
        How many optimizer steps it has taken.
    training : TrainingSpec
        The settings in force at its end.
    memory : Memory
    """

    number: int
    parent: int | None
    begun: int
    step: int
    training: TrainingSpec
    memory: Memory = Memory.ALL
