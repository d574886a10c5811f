"""Checkpoints: enough to continue bit-exactly. And the bounded row of them that one can go back to."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from nnviz.core.pokes import NO_POKES, Pokes
from nnviz.core.runs import DEFAULT_MEMORY
from nnviz.core.spec import SpecError, TrainingSpec

GAP = 0.3  # between two checkpoints, as a share of the way back to them: a far one may take longer to reach


@dataclass(frozen=True)
class EpochSums:
    """Running sums over the batches of an epoch so far, for its running means."""

    samples: int = 0
    loss: float = 0.0
    correct: int = 0
    seconds: float = 0.0

    def plus(self, losses: list[float], right: list[int], sizes: list[int], seconds: float) -> EpochSums:
        """Add batches with their mean losses, one after the other, that took so long together."""
        total = self.loss
        for loss, size in zip(losses, sizes, strict=True):
            total += loss * size
        return EpochSums(self.samples + sum(sizes), total, self.correct + sum(right), self.seconds + seconds)


@dataclass(frozen=True)
class Checkpoint:
    """The whole state of a run before optimizer step `step`. Tensors are copies that nobody changes.

    Attributes
    ----------
    offset : int
        Samples of this epoch that have been used.
    optimizer_state : mapping
        What the optimizer remembers of the flat parameters, by name: tensors and numbers.
    loss : float
        Of the last batch; not a number before the first.
    pokes : Pokes
        What is changed by hand.
    pinned : bool
        Kept when the row is thinned: something was changed here, so it cannot be reached from an earlier one.
    """

    step: int
    epoch: int
    offset: int
    training: TrainingSpec
    weights: Tensor
    optimizer_state: Mapping[str, Any]
    sums: EpochSums
    loss: float
    pokes: Pokes = NO_POKES
    pinned: bool = False

    @property
    def size(self) -> int:
        """Memory taken, in bytes."""
        tensors = [self.weights, *self.optimizer_state.values()]
        return sum(t.numel() * t.element_size() for t in tensors if isinstance(t, Tensor)) + 500


def copied_state(state: Mapping[str, Any], device: torch.device) -> dict[str, Any]:
    """Copy what an optimizer remembers to a device: its `state_dict` would alias live tensors."""
    return {name: value.to(device, copy=True) if isinstance(value, Tensor) else value for name, value in state.items()}


class Timeline:
    """Checkpoints in the order of their steps, close together near the present, and ever further apart in the past.

    Going back takes a replay from the checkpoint before: of about a third of the steps that one goes back, however far
    that is; and training on for ten times as long takes some fifteen more checkpoints. There is a bound on memory, too
    (but always one checkpoint): beyond it, every second one of the older half goes. The first one and the pinned ones
    stay as long as possible.
    """

    def __init__(self, memory_limit: int = DEFAULT_MEMORY) -> None:
        self.memory_limit = memory_limit
        self._row: list[Checkpoint] = []
        self._size = 0

    def add(self, checkpoint: Checkpoint) -> None:
        """Append a checkpoint; one at the same step is replaced (and stays pinned), later ones are forgotten."""
        while self._row and self._row[-1].step >= checkpoint.step:
            replaced = self._row.pop()
            self._size -= replaced.size
            if replaced.pinned and replaced.step == checkpoint.step:
                checkpoint = replace(checkpoint, pinned=True)
        self._row.append(checkpoint)
        self._size += checkpoint.size
        self._thin_out()
        self._keep_within_limit()

    def set_limit(self, memory_limit: int) -> None:
        """Change the bound, in bytes."""
        self.memory_limit = memory_limit
        self._keep_within_limit()

    def forget_after(self, step: int) -> None:
        """Forget the checkpoints beyond `step`."""
        while self._row and self._row[-1].step > step:
            self._size -= self._row.pop().size

    def at_or_before(self, step: int) -> Checkpoint | None:
        """The last checkpoint that is not beyond `step`."""
        position = bisect.bisect_right(self._row, step, key=lambda checkpoint: checkpoint.step)
        return self._row[position - 1] if position else None

    def start_for(self, step: int, place: Checkpoint | None = None) -> Checkpoint:
        """Where to begin a replay up to `step`: at the last checkpoint, or at a `place` reached on the way from it.

        Raises
        ------
        SpecError
            If nothing that early is remembered.
        """
        kept = self.at_or_before(step)
        if kept is None:
            raise SpecError("That far back nothing is remembered any more.")
        return kept if place is None or not kept.step < place.step <= step else place

    def remembered(self, step: int) -> int:
        """Return `step`, or the earliest one that one can go back to: what was forgotten meanwhile gives way to it."""
        return max(step, self._row[0].step)

    def until(self, step: int) -> Timeline:
        """Another row with the same checkpoints up to `step`."""
        part = Timeline(self.memory_limit)
        part._row = [each for each in self._row if each.step <= step]
        part._size = sum(each.size for each in part._row)
        return part

    def __iter__(self) -> Iterator[Checkpoint]:
        """Go through the checkpoints, in the order of their steps."""
        return iter(self._row)

    @property
    def oldest_step(self) -> int | None:
        """The earliest step one can go back to."""
        return self._row[0].step if self._row else None

    @property
    def size(self) -> int:
        """Memory taken, in bytes."""
        return self._size

    def __len__(self) -> int:
        """Count the checkpoints."""
        return len(self._row)

    def _thin_out(self) -> None:
        """Drop what the checkpoints around it can stand in for."""
        now, kept = self._row[-1].step, self._row[:1]
        for each, following in pairwise(self._row[1:]):
            if each.pinned or following.step - kept[-1].step > GAP * (now - following.step):
                kept.append(each)
            else:
                self._size -= each.size
        self._row = kept + self._row[-1:] if len(self._row) > 1 else kept

    def _keep_within_limit(self) -> None:
        while self._size > self.memory_limit and len(self._row) > 1:
            older = self._row[1 : len(self._row) // 2]
            dropped = {id(each) for each in older[::2] if not each.pinned}
            if not dropped:  # only pinned ones left in the older half: the way back ends later
                dropped = {id(self._row[0])}
            self._row = [each for each in self._row if id(each) not in dropped]
            self._size = sum(each.size for each in self._row)
