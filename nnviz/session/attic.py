"""What the window knows of networks that an edit has replaced: curves and runs, for when the edit is taken back."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace

from nnviz.core.history import History
from nnviz.core.runs import MOST_KEPT
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
    """Keeps the last few by their revision, as the trainer does with the networks."""

    def __init__(self) -> None:
        self._kept: dict[int, Memories] = {}

    def __contains__(self, revision: int) -> bool:
        """Whether there is something to bring back."""
        return revision in self._kept

    def put(self, revision: int, memories: Memories) -> None:
        """Keep what is being left; its curves may go on to grow in another network."""
        self._kept[revision] = replace(memories, history=deepcopy(memories.history))
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]

    def take(self, revision: int) -> Memories | None:
        """Give back what was kept."""
        return self._kept.pop(revision, None)
