"""What a change of network, data or points leaves behind, so that taking the change back brings it back as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch

from nnviz.core.history import EpochResult
from nnviz.core.runs import MOST_KEPT
from nnviz.core.spec import Preset
from nnviz.engine.batches import Batch
from nnviz.engine.branches import BranchesState
from nnviz.engine.checkpoint import Checkpoint, Timeline
from nnviz.engine.run import Run
from nnviz.engine.stepper import Stepper


@dataclass(frozen=True)
class Kept:
    """A run as it was left, with the runs beside it; `timeline` is None where there was no memory for its past."""

    preset: Preset
    epochs: tuple[EpochResult, ...]
    extra_batches: Mapping[int, Batch]
    end: Checkpoint
    timeline: Timeline | None
    branches: BranchesState

    def checkpoints(self) -> Iterator[Checkpoint]:
        """Go through all checkpoints that are remembered."""
        yield self.end
        if self.timeline is not None:
            yield from self.timeline
        yield from self.branches.checkpoints()

    def without_past(self) -> Kept:
        """Return the end alone, and of the other runs what is not in memory: their curves."""
        return replace(self, timeline=None, branches=self.branches.without_checkpoints())


def is_twin(run: Run, present: Run) -> bool:
    """Whether nothing is lost where `run` takes the place of `present`, which has the same settings.

    That is, where it starts with a network with which nothing was learned or poked yet, or computes elsewhere.
    """
    same = (run.step, run.pokes) == (present.step, present.pokes)
    return same and torch.equal(run.network.flat.cpu(), present.network.flat.cpu())


class Attic:
    """Keeps the last few by their revision. When memory is short, the oldest lose their past first, then all."""

    def __init__(self) -> None:
        self._kept: dict[int, Kept] = {}
        self._sizes: dict[int, int] = {}

    def put(self, revision: int, preset: Preset, stepper: Stepper, branches: BranchesState) -> None:
        """Keep a run that is being left."""
        stepper.drop_proposal()
        run, timeline = stepper.run, stepper.timeline.until(stepper.run.step)
        kept = Kept(preset, tuple(stepper.epochs), dict(run.extra_batches), run.checkpoint(), timeline, branches)
        self._set(revision, kept)
        while len(self._kept) > MOST_KEPT:
            self.remove(next(iter(self._kept)))

    def get(self, revision: int) -> Kept | None:
        """What was kept of that revision, if it still is."""
        return self._kept.get(revision)

    def remove(self, revision: int) -> None:
        """Keep it no longer."""
        del self._kept[revision], self._sizes[revision]

    def clear(self) -> None:
        """Keep nothing."""
        self._kept.clear()
        self._sizes.clear()

    @property
    def revisions(self) -> frozenset[int]:
        """What is kept."""
        return frozenset(self._kept)

    @property
    def size(self) -> int:
        """Memory taken, in bytes."""
        return sum(self._sizes.values())

    def keep_within(self, limit: int) -> None:
        """Forget as much as does not fit into `limit` bytes."""
        for revision in tuple(self._kept):
            if self.size > limit:
                self._set(revision, self._kept[revision].without_past())
        while self._kept and self.size > limit:
            self.remove(next(iter(self._kept)))

    def _set(self, revision: int, kept: Kept) -> None:
        self._kept[revision] = kept
        self._sizes[revision] = sum({id(each): each.size for each in kept.checkpoints()}.values())
