"""The worker works on the training thread: it executes commands one by one, and trains in slices between them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from nnviz.core.commands import LOADING_COMMANDS, Command
from nnviz.core.facts import Fact, Failed, LoadingEnded, Stopped

log = logging.getLogger(__name__)

SLICE_SECONDS = 0.016


class Trainer(Protocol):
    """What the worker needs of a trainer. All calls come from the training thread."""

    @property
    def running(self) -> bool:
        """Whether it trains freely, so that `advance` should be called."""

    def execute(self, command: Command) -> Iterable[Fact]:
        """Carry out a command and report what has become true. Never raises for a user's mistake."""

    def advance(self, seconds: float) -> Iterable[Fact]:
        """Train freely for about that long."""

    def stop(self) -> None:
        """Stop training freely, after an error."""


class TrainingWorker:
    """Carries commands to the trainer, and facts to `report`, on whatever thread it is called.

    Parameters
    ----------
    make_trainer : callable
        Makes the trainer (and with it imports torch), when the first command comes.
    report : callable
        Takes each `Fact`.
    """

    def __init__(self, make_trainer: Callable[[], Trainer], report: Callable[[Fact], object]) -> None:
        self._make_trainer, self._report = make_trainer, report
        self._trainer: Trainer | None = None

    @property
    def running(self) -> bool:
        """Whether it trains freely, so that `advance` should be called."""
        return self._trainer is not None and self._trainer.running

    def execute(self, command: Command) -> None:
        """Carry out one command."""
        self._guarded(lambda trainer: trainer.execute(command), type(command).__name__)
        if isinstance(command, LOADING_COMMANDS):
            self._report(LoadingEnded())

    def advance(self) -> None:
        """Train for one slice."""
        self._guarded(lambda trainer: trainer.advance(SLICE_SECONDS), "training")

    def _guarded(self, work: Callable[[Trainer], Iterable[Fact]], what: str) -> None:
        """Do `work`; an exception would end the thread, so it is reported and training stops."""
        try:
            if self._trainer is None:
                self._trainer = self._make_trainer()
            for fact in work(self._trainer):
                self._report(fact)
        except Exception as error:
            log.exception("%s failed", what)
            if self._trainer is not None:
                self._trainer.stop()
            self._report(
                Failed(f"Something went wrong inside nnviz ({what}): {error}. Help ▸ Show log has the details.")
            )
            self._report(Stopped())
