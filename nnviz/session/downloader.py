"""Downloading beside everything else: a thread of its own, with progress and cancel."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, QThread, Signal, Slot

from nnviz.core.spec import SpecError
from nnviz.session.mailbox import Mailbox

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
Download = Callable[[Progress, Callable[[], bool]], None]


class _DownloadThread(QThread):
    """Downloads, and reports the signal of `Downloader` that tells about it, with its arguments."""

    def __init__(self, download: Download, report: Callable[[tuple[str, *tuple[object, ...]]], None]) -> None:
        super().__init__()
        self._download, self._report = download, report
        # the one flag between threads: a blocking download has no queue that a command could reach
        self.stop = threading.Event()

    def run(self) -> None:
        """Download, and say how it ended."""
        try:
            self._download(lambda *progress: self._report(("progressed", *progress)), self.stop.is_set)
        except Exception as error:
            if self.stop.is_set():
                self._report(("cancelled",))
                return
            log.exception("download failed")
            self._report(("failed", _in_plain_words(error)))
        else:
            self._report(("finished",))


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

    def __init__(self, download: Download, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.busy = False
        self._mailbox = Mailbox(self)
        self._mailbox.arrived.connect(self._receive)
        self._thread = _DownloadThread(download, self._mailbox.put)
        self._thread.setObjectName("download")

    def start(self) -> None:
        """Begin, unless a download is under way."""
        if not self.busy:
            self._thread.wait()  # the one before has said that it has ended, and is about to
            self.busy = True
            self._thread.stop.clear()
            self._thread.start()

    def cancel(self) -> None:
        """Stop as soon as possible; ends with `cancelled`."""
        self._thread.stop.set()

    def close(self) -> None:
        """Cancel, end the thread and wait for it. No signal comes after this."""
        self.blockSignals(True)
        self._thread.stop.set()
        self._thread.wait()

    @Slot(object)
    def _receive(self, report: tuple[str, *tuple[object, ...]]) -> None:
        name, *arguments = report
        if name != "progressed":
            self.busy = False
        getattr(self, name).emit(*arguments)
