"""A panel on a session whose trainer answers with reference traces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.spec import NetworkSpec
from nnviz.engine.catalogue import catalogue
from nnviz.session.session import Session
from nnviz.ui.panels.panel import Panel
from nnviz.ui.theme import theme_manager
from tests.support.reference import example_preset, image_network
from tests.support.trace_trainer import DIGITS, TraceTrainer

W = TypeVar("W", bound=QWidget)


@dataclass
class TraceBench:
    """One panel under test, with a first batch in it."""

    qtbot: QtBot
    session: Session
    trainer: TraceTrainer
    panel: Panel

    def widget(self, kind: type[W], name: str) -> W:
        found = self.panel.findChildren(kind, name)
        assert len(found) == 1, f"{len(found)} widgets called {name}"
        return found[0]

    def wait_until(self, true: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(true, timeout=5_000)

    def load(self) -> None:
        with self.qtbot.waitSignal(self.session.trace_recorded):
            self.session.load_preset(self.trainer.preset)

    def go_to(self, position: int) -> None:
        self.wait_until(lambda: self.session.can_step)
        self.session.go_to_position(position % len(self.session.walk))


MakeTraceBench = Callable[..., TraceBench]


@pytest.fixture
def make_bench(qtbot: QtBot) -> Iterator[MakeTraceBench]:
    """Make a panel of some type on a session with a network and its first batch."""
    sessions: list[Session] = []

    def make(
        panel_type: type[Panel],
        network: NetworkSpec | None = None,
        classes: tuple[str, ...] = DIGITS,
        batch: int = 8,
        width: int = 300,
        load: bool = True,
    ) -> TraceBench:
        theme_manager()
        trainer = TraceTrainer(example_preset(network or image_network()), classes, batch)
        session = Session(lambda: trainer)
        sessions.append(session)
        panel = panel_type(session, catalogue())
        session.frame_changed.connect(panel.show_frame)
        qtbot.addWidget(panel)
        panel.resize(width, 760)
        panel.show()
        qtbot.waitExposed(panel)
        bench = TraceBench(qtbot, session, trainer, panel)
        if load:
            bench.load()
        return bench

    yield make
    for session in sessions:
        session.close()
