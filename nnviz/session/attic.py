"""What the window knows of networks that an edit has replaced: curves and runs, for when the edit is taken back."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

from nnviz.core.history import History
from nnviz.session.health import HealthMemories
from nnviz.session.time_machine import SessionRun


@dataclass(frozen=True)
class Memories:
    """The curves of the present run, all runs with theirs, and what was known of their health."""

    history: History
    runs: tuple[SessionRun, ...]
    present: int
    health: HealthMemories


class Attic:
    """Keeps them by their revision, as long as the trainer keeps the networks."""

    def __init__(self) -> None:
        self._kept: dict[int, Memories] = {}

    def __contains__(self, revision: int) -> bool:
        """Whether there is something to bring back."""
        return revision in self._kept

    def put(self, revision: int, memories: Memories) -> None:
        """Keep what is being left; its curves, and those of the other runs, may go on to grow elsewhere."""
        runs = tuple(replace(run, history=run.history.copy()) for run in memories.runs)
        self._kept[revision] = replace(memories, history=memories.history.copy(), runs=runs)

    def take(self, revision: int) -> Memories | None:
        """Give back what was kept."""
        return self._kept.pop(revision, None)

    def keep_only(self, revisions: Set[int]) -> None:
        """Forget all others."""
        self._kept = {revision: kept for revision, kept in self._kept.items() if revision in revisions}
