from __future__ import annotations

import gc
import threading

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from nnviz.session.garbage import GuiThreadCollector


class Knot:
    """Garbage that only the collector can find; notes the thread that it dies on."""

    died_on: list[threading.Thread] = []  # noqa: RUF012

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        self.died_on.append(threading.current_thread())


def allocate_much() -> None:
    Knot()
    kept = [[] for _ in range(200_000)]
    del kept


def test_garbage_made_on_another_thread_dies_on_the_gui_thread(qtbot: QtBot) -> None:
    gc.collect()
    Knot.died_on.clear()
    owner = QObject()
    collector = GuiThreadCollector(owner)
    other = threading.Thread(target=allocate_much)
    other.start()
    other.join()
    assert not Knot.died_on
    kept = [[] for _ in range(2000)]  # so that a collection is due
    qtbot.waitUntil(lambda: bool(Knot.died_on))
    assert Knot.died_on == [threading.main_thread()]
    del kept
    collector.stop()


def test_collecting_is_switched_on_again_when_the_last_one_stops(qtbot: QtBot) -> None:
    assert gc.isenabled()
    owner = QObject()
    first, second = GuiThreadCollector(owner), GuiThreadCollector(owner)
    assert not gc.isenabled()
    first.stop()
    assert not gc.isenabled()
    second.stop()
    assert gc.isenabled()
