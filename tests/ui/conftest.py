"""A whole window: over the trainer that only counts, and over the real engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnviz.app import make_window as make_whole_window
from nnviz.engine.catalogue import catalogue
from nnviz.session.session import Session
from nnviz.ui.main_window import MainWindow
from nnviz.ui.theme import ThemeChoice, theme_manager
from tests.support.fake_trainer import FakeTrainer
from tests.support.program import Program
from tests.support.reference import example_preset

MakeWindow = Callable[[], tuple[MainWindow, Session]]


@pytest.fixture
def trainer() -> FakeTrainer:
    return FakeTrainer()


@pytest.fixture
def make_window(qtbot: QtBot, trainer: FakeTrainer) -> Iterator[MakeWindow]:
    """Make windows that are closed again at the end."""
    windows: list[MainWindow] = []

    def make() -> tuple[MainWindow, Session]:
        session = Session(lambda: trainer)
        window = MainWindow(session, catalogue())
        windows.append(window)
        window.resize(1280, 720)
        return window, session

    yield make
    trainer.hold.set()
    for window in windows:
        window.close()
        window.deleteLater()
    QApplication.sendPostedEvents()
    theme_manager().choose(ThemeChoice.SYSTEM)


@pytest.fixture
def opened(make_window: MakeWindow, qtbot: QtBot) -> tuple[MainWindow, Session]:
    """A window that shows the first batch, and its session."""
    window, session = make_window()
    window.show()
    window.activateWindow()
    qtbot.waitExposed(window)
    window.open_preset(example_preset())
    qtbot.waitUntil(lambda: session.can_step)
    return window, session


@pytest.fixture
def window(opened: tuple[MainWindow, Session]) -> MainWindow:
    return opened[0]


@pytest.fixture
def session(opened: tuple[MainWindow, Session]) -> Session:
    return opened[1]


@pytest.fixture
def program(qtbot: QtBot) -> Iterator[Program]:
    """The whole program, with the engine, that shows the first batch of the digits."""
    window, session = make_whole_window(None)
    window.resize(1280, 720)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    window.open_preset(catalogue().presets["digits"])
    program = Program(window, session, qtbot)
    program.wait(lambda: program.session.can_step)
    yield program
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents()
