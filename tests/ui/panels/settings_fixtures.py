"""A session with a trainer that agrees to every setting, and a panel on it, loaded with the digits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import pytest
from PySide6.QtWidgets import QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from nnviz.engine.catalogue import catalogue
from nnviz.session.downloader import Download
from nnviz.session.session import Session
from nnviz.ui.panels.panel import Panel
from nnviz.ui.theme import theme_manager
from tests.support.settings_trainer import SettingsTrainer

W = TypeVar("W", bound=QWidget)


@dataclass
class Bench:
    """One panel under test."""

    qtbot: QtBot
    session: Session
    trainer: SettingsTrainer
    panel: Panel

    def load(self, name: str) -> None:
        with self.qtbot.waitSignal(self.session.loaded):
            self.session.load_preset(catalogue().presets[name])

    def widget(self, kind: type[W], name: str) -> W:
        found = [each for each in self.panel.findChildren(kind, name) if each.isVisibleTo(self.panel)]
        assert len(found) == 1, f"{len(found)} visible widgets called {name}"
        return found[0]

    def is_shown(self, name: str) -> bool:
        return any(each.isVisibleTo(self.panel) for each in self.panel.findChildren(QWidget, name))

    def wait_until(self, true: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(true, timeout=5_000)

    def fits(self) -> bool:
        """Whether nothing is cut off sideways in a narrow dock."""
        self.panel.resize(300, 400)
        area = self.panel.findChild(QScrollArea)
        assert area is not None
        self.wait_until(lambda: area.width() == 300)
        return area.widget().minimumSizeHint().width() <= area.viewport().width()


MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(qtbot: QtBot) -> Iterator[MakeBench]:
    """Make a panel of some type on a session, loaded with a preset (or, with "", with nothing)."""
    sessions: list[Session] = []

    def make(panel_type: type[Panel], preset: str = "digits", download: Download | None = None) -> Bench:
        theme_manager()
        trainer = SettingsTrainer()
        session = Session(lambda: trainer, download)
        sessions.append(session)
        panel = panel_type(session, catalogue())
        qtbot.addWidget(panel)
        bench = Bench(qtbot, session, trainer, panel)
        panel.resize(300, 560)
        panel.show()
        qtbot.waitExposed(panel)
        if preset:
            bench.load(preset)
        return bench

    yield make
    for session in sessions:
        session.close()
