"""The check that every test goes through: no session and no download may go on after it."""

from __future__ import annotations

import threading

import pytest
from pytestqt.qtbot import QtBot

from nnviz.session.downloader import Downloader
from nnviz.session.session import Session
from tests.support.fake_trainer import FakeTrainer
from tests.support.threads import qt_threads_ended


def test_a_session_that_is_not_closed_is_found(qtbot: QtBot) -> None:
    with pytest.raises(AssertionError, match=r"left behind: \['training'\]"), qt_threads_ended():
        session = Session(FakeTrainer)
    session.close()


def test_a_download_that_goes_on_is_found(qtbot: QtBot) -> None:
    leave = threading.Event()

    def download(progress: object, cancelled: object) -> None:
        leave.wait(0.05)

    downloader = Downloader(download)
    with pytest.raises(AssertionError, match=r"left behind: \['download'\]"), qt_threads_ended():
        downloader.start()
    downloader.close()


def test_a_session_that_is_closed_is_not(qtbot: QtBot) -> None:
    with qt_threads_ended():
        Session(FakeTrainer).close()
