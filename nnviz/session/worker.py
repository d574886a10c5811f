"""The worker lives on the training thread: it executes commands one by one, and trains in slices between them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal, Slot

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


class TrainingWorker(QObject):
    """Carries commands to the trainer, facts back, and calls `Trainer.advance` while it runs.

    Signals
    -------
    reported(object)
        A `Fact`. Emitted on the training thread.
    """

    reported = Signal(object)

    def __init__(self, make_trainer: Callable[[], Trainer]) -> None:
        super().__init__()
        self._make_trainer = make_trainer
        self._trainer: Trainer | None = None
        self._timer: QTimer | None = None

    @Slot()
    def start(self) -> None:
        """Make the timer in this thread; the trainer (and with it torch) is made when the first command comes."""
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._advance)

    @Slot(object)
    def execute(self, command: Command) -> None:
        """Carry out one command."""
        self._guarded(lambda trainer: trainer.execute(command), type(command).__name__)
        if isinstance(command, LOADING_COMMANDS):
            self.reported.emit(LoadingEnded())

    @Slot()
    def stop(self) -> None:
        """Stop the timer, before the thread ends."""
        if self._timer is not None:
            self._timer.stop()

    @Slot()
    def _advance(self) -> None:
        self._guarded(lambda trainer: trainer.advance(SLICE_SECONDS), "training")

    def _guarded(self, work: Callable[[Trainer], Iterable[Fact]], what: str) -> None:
        """Do `work`; an exception in a slot would reach only stderr, so it is reported and training stops."""
        try:
            if self._trainer is None:
                self._trainer = self._make_trainer()
            for fact in work(self._trainer):
                self.reported.emit(fact)
        except Exception as error:
            log.exception("%s failed", what)
            if self._trainer is not None:
                self._trainer.stop()
            self.reported.emit(
                Failed(f"Something went wrong inside nnviz ({what}): {error}. Help ▸ Show log has the details.")
            )
            self.reported.emit(Stopped())
        running = self._trainer is not None and self._trainer.running
        if self._timer is not None and running != self._timer.isActive():
            if running:
                self._timer.start()
            else:
                self._timer.stop()
