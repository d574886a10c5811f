"""The runs of a session: the one that is trained, and those that it branched off from or that were there before."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nnviz.core.spec import TrainingSpec


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
