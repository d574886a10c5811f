"""The link to the training thread: commands go there, facts come back."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue

from PySide6.QtCore import QObject, QThread, Signal

from nnviz.core.commands import Command
from nnviz.session.garbage import GuiThreadCollector
from nnviz.session.mailbox import Mailbox
from nnviz.session.worker import Trainer, TrainingWorker


class _TrainingThread(QThread):
    """Lets the worker carry out what stands in the queue; where nothing does, it trains, or waits.

    A loop of its own instead of Qt's: see `nnviz.session.mailbox`.
    """

    def __init__(self, worker: TrainingWorker) -> None:
        super().__init__()
        self._worker = worker
        self._queue: SimpleQueue[Command | None] = SimpleQueue()

    def send(self, command: Command) -> None:
        """Queue a command."""
        self._queue.put(command)

    def quit(self) -> None:
        """End it, after what was queued before."""
        self._queue.put(None)

    def run(self) -> None:
        """Work until the end is sent."""
        while True:
            try:
                command = self._queue.get(block=not self._worker.running)
            except Empty:
                self._worker.advance()
                continue
            if command is None:
                return
            self._worker.execute(command)


class TrainerLink(QObject):
    """Owns the thread and the worker on it.

    Signals
    -------
    reported(object)
        A `Fact`, on the thread of this object.
    """

    reported = Signal(object)

    def __init__(
        self, make_trainer: Callable[[], Trainer], parent: QObject | None = None, name: str = "training"
    ) -> None:
        super().__init__(parent)
        self._collector = GuiThreadCollector(self)
        self._mailbox = Mailbox(self)
        self._mailbox.arrived.connect(self.reported)
        self._thread = _TrainingThread(TrainingWorker(make_trainer, self._mailbox.put))
        self._thread.setObjectName(name)
        self._thread.start()

    def send(self, command: Command) -> None:
        """Queue a command; it is carried out between two slices of training."""
        self._thread.send(command)

    def close(self) -> None:
        """End the thread and wait for it; nothing is reported any more. May be called again."""
        if self._thread.isRunning():
            self._mailbox.arrived.disconnect(self.reported)
            self._thread.quit()
            self._thread.wait()
        self._collector.stop()
