"""The link to the training thread: commands go there, facts come back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QThread, Signal

from nnviz.core.commands import Command
from nnviz.session.garbage import GuiThreadCollector
from nnviz.session.worker import Trainer, TrainingWorker


class TrainerLink(QObject):
    """Owns the thread and the worker on it.

    Signals
    -------
    reported(object)
        A `Fact`, on the thread of this object.
    """

    reported = Signal(object)
    _commanded = Signal(object)

    def __init__(
        self, make_trainer: Callable[[], Trainer], parent: QObject | None = None, name: str = "training"
    ) -> None:
        super().__init__(parent)
        self._collector = GuiThreadCollector(self)
        self._thread = QThread()
        self._thread.setObjectName(name)
        self._worker = TrainingWorker(make_trainer)
        self._worker.moveToThread(self._thread)
        self._thread.started.connect(self._worker.start)
        self._thread.finished.connect(self._worker.stop)
        self._commanded.connect(self._worker.execute)
        self._worker.reported.connect(self.reported)
        self._thread.start()

    def send(self, command: Command) -> None:
        """Queue a command; it is carried out between two slices of training."""
        self._commanded.emit(command)

    def close(self) -> None:
        """End the thread and wait for it; nothing is reported any more. May be called again."""
        if self._thread.isRunning():
            self._worker.reported.disconnect(self.reported)
            self._thread.quit()
            self._thread.wait()
        self._collector.stop()
