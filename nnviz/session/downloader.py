"""Downloading beside everything else: a thread of its own, with progress and cancel."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, QThread, Signal, Slot

from nnviz.core.spec import SpecError

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
Download = Callable[[Progress, Callable[[], bool]], None]


class _Worker(QObject):
    """Runs the download on its own thread. Signals as those of `Downloader`."""

    progressed = Signal(str, int, int)
    finished = Signal()
    failed = Signal(str)
    cancelled = Signal()

    def __init__(self, download: Download) -> None:
        super().__init__()
        self._download = download
        # the one flag between threads: a blocking download has no event loop that a command could reach
        self.stop = threading.Event()

    @Slot()
    def run(self) -> None:
        """Download, and say how it ended."""
        try:
            self._download(self.progressed.emit, self.stop.is_set)
        except Exception as error:
            if self.stop.is_set():
                self.cancelled.emit()
                return
            log.exception("download failed")
            self.failed.emit(_in_plain_words(error))
        else:
            self.finished.emit()


def _in_plain_words(error: Exception) -> str:
    if isinstance(error, SpecError):  # meant for the user, as it is
        return str(error)
    return f"Something went wrong inside nnviz while downloading: {error}. Help ▸ Show log has the details."


class Downloader(QObject):
    """Downloads a data set, one at a time, on a thread of its own.

    `download` blocks: it is called with a function for progress and one that says whether to stop, upon which it
    raises soon. A `SpecError` of its own is shown as it is.

    Signals
    -------
    progressed(str, int, int)
        File, bytes so far, bytes in all (0 if unknown).
    finished()
        Everything is in place and verified.
    failed(str)
        What went wrong and what to do; nothing half-written is left.
    cancelled()
    """

    progressed = Signal(str, int, int)
    finished = Signal()
    failed = Signal(str)
    cancelled = Signal()

    _started = Signal()

    def __init__(self, download: Download, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.busy = False
        self._thread = QThread()
        self._thread.setObjectName("download")
        self._worker = _Worker(download)
        self._worker.moveToThread(self._thread)
        self._started.connect(self._worker.run)
        self._worker.progressed.connect(self.progressed)
        for signal, outcome in (
            (self._worker.finished, self._on_finished),
            (self._worker.failed, self._on_failed),
            (self._worker.cancelled, self._on_cancelled),
        ):
            signal.connect(outcome)

    def start(self) -> None:
        """Begin, unless a download is under way."""
        if not self.busy:
            self.busy = True
            self._worker.stop.clear()
            self._thread.start()
            self._started.emit()

    def cancel(self) -> None:
        """Stop as soon as possible; ends with `cancelled`."""
        self._worker.stop.set()

    def close(self) -> None:
        """Cancel, end the thread and wait for it. No signal comes after this."""
        self.blockSignals(True)
        self._worker.stop.set()
        self._thread.quit()
        self._thread.wait()

    @Slot()
    def _on_finished(self) -> None:
        self.busy = False
        self.finished.emit()

    @Slot(str)
    def _on_failed(self, message: str) -> None:
        self.busy = False
        self.failed.emit(message)

    @Slot()
    def _on_cancelled(self) -> None:
        self.busy = False
        self.cancelled.emit()
