"""Finding Qt's threads that somebody has started and not ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtCore import QThread
from shiboken6 import isValid


@contextmanager
def qt_threads_ended() -> Iterator[None]:
    """End the Qt threads that were started within and still run, and raise `AssertionError` if there are any.

    Python knows nothing of them: to `threading` they are daemons, and only while they run Python.
    """
    started: list[QThread] = []
    start = QThread.start

    def noted_start(thread: QThread) -> None:
        started.append(thread)
        start(thread)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QThread, "start", noted_start)
        yield
    left = [thread for thread in started if isValid(thread) and thread.isRunning()]
    for thread in left:
        thread.quit()
        thread.wait()
    assert not left, f"Qt threads left behind: {[thread.objectName() for thread in left]}"
