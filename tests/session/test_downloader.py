"""The downloader: beside the window, with progress and cancel, one at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QThread

from nnviz.core.spec import SpecError
from nnviz.session.downloader import Downloader


class Work:
    """A download that does what the test says, and waits for its leave."""

    def __init__(self) -> None:
        self.leave = threading.Event()
        self.error: Exception | None = None
        self.calls = 0
        self.threads: set[QThread] = set()

    def __call__(self, progress: Callable[[str, int, int], None], cancelled: Callable[[], bool]) -> None:
        self.calls += 1
        self.threads.add(QThread.currentThread())
        progress("first.gz", 5, 10)
        while not self.leave.wait(0.005):
            if cancelled():
                raise InterruptedError("cancelled")
        if self.error is not None:
            raise self.error
        progress("first.gz", 10, 10)


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def downloader(qtbot, work) -> Iterator[Downloader]:
    downloader = Downloader(work)
    yield downloader
    downloader.close()


def test_it_reports_progress_and_the_end(qtbot, downloader, work) -> None:
    reports: list[tuple[str, int, int]] = []
    downloader.progressed.connect(lambda *report: reports.append(report))
    with qtbot.waitSignal(downloader.progressed):
        downloader.start()
    assert downloader.busy
    with qtbot.waitSignal(downloader.finished):
        work.leave.set()
    assert not downloader.busy
    assert reports == [("first.gz", 5, 10), ("first.gz", 10, 10)]
    assert work.threads.isdisjoint({QThread.currentThread()})


def test_it_can_be_cancelled_and_started_again(qtbot, downloader, work) -> None:
    with qtbot.waitSignal(downloader.progressed):
        downloader.start()
    with qtbot.waitSignal(downloader.cancelled):
        downloader.cancel()
    assert not downloader.busy
    work.leave.set()
    with qtbot.waitSignal(downloader.finished):
        downloader.start()
    assert work.calls == 2


def test_cancelling_when_nothing_runs_does_nothing(qtbot, downloader, work) -> None:
    downloader.cancel()
    work.leave.set()
    with qtbot.waitSignal(downloader.finished), qtbot.assertNotEmitted(downloader.cancelled):
        downloader.start()


def test_only_one_runs_at_a_time(qtbot, downloader, work) -> None:
    with qtbot.waitSignal(downloader.progressed):
        downloader.start()
        downloader.start()
    with qtbot.waitSignal(downloader.finished):
        work.leave.set()
    assert work.calls == 1


def test_a_failure_is_shown_in_its_own_words(qtbot, downloader, work) -> None:
    work.error = SpecError("There is no connection. Open a folder.")
    work.leave.set()
    with qtbot.waitSignal(downloader.failed) as failure:
        downloader.start()
    assert failure.args == ["There is no connection. Open a folder."]
    assert not downloader.busy


def test_a_fault_of_the_program_is_logged_and_said_plainly(qtbot, downloader, work, caplog) -> None:
    work.error = KeyError("oops")
    work.leave.set()
    with caplog.at_level(logging.ERROR), qtbot.waitSignal(downloader.failed) as failure:
        downloader.start()
    assert "Something went wrong inside nnviz while downloading: 'oops'" in failure.args[0]
    assert "Help ▸ Show log" in failure.args[0]
    assert "KeyError" in caplog.text


def test_closing_cancels_waits_and_says_nothing_more(qtbot, downloader, work) -> None:
    with qtbot.waitSignal(downloader.progressed):
        downloader.start()
    heard: list[str] = []
    downloader.cancelled.connect(lambda: heard.append("cancelled"))
    downloader.close()
    (thread,) = work.threads
    assert thread.isFinished()
    qtbot.waitUntil(lambda: not downloader.busy)
    assert heard == []


def test_it_can_be_closed_twice_and_without_a_start(downloader) -> None:
    downloader.close()
    downloader.close()
