"""The inspector on a session with the real engine, which has learned nothing of the digits yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.spec import TrainingSpec
from nnviz.core.trace import Trace
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.trainer import Trainer
from nnviz.session.session import Session
from nnviz.ui.formula.numbers import MINUS
from nnviz.ui.panels.inspector import InspectorPanel
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.fact_sheet import FactSheet

W = TypeVar("W", bound=QWidget)
HIDDEN_1, HIDDEN_2, OUTPUT = 2, 3, 4  # layers of the network for the digits


@dataclass
class InspectorBench:
    """The inspector, what it has asked the engine, and what can be done with it."""

    qtbot: QtBot
    session: Session
    panel: InspectorPanel
    asked: list[object]

    def widget(self, kind: type[W], name: str) -> W:
        found = self.panel.findChildren(kind, name)
        assert len(found) == 1, f"{len(found)} widgets called {name}"
        return found[0]

    def wait_until(self, true: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(true, timeout=10_000)

    def unfold(self, name: str) -> None:
        self.qtbot.mouseClick(self.widget(QToolButton, f"fold_{name}"), Qt.MouseButton.LeftButton)

    def text(self, name: str) -> str:
        return self.widget(FactSheet, name).plain_text()

    def fact(self, sheet: str, name: str) -> str:
        lines = dict(line.split("\t") for line in self.text(sheet).splitlines() if "\t" in line)
        return lines[name]

    def message(self, section: str) -> str:
        label = self.widget(QLabel, f"{section}_message")
        return label.text() if label.isVisible() else ""

    def shown(self, label: str) -> str:
        found = self.widget(QLabel, label)
        return found.text() if found.isVisible() else ""

    @property
    def trace(self) -> Trace:
        assert self.session.trace is not None
        return self.session.trace

    def to_the_end(self) -> None:
        self.wait_until(lambda: self.session.can_step)
        self.session.go_to_position(len(self.session.walk) - 1)

    def train_with(self, training: TrainingSpec) -> None:
        with self.qtbot.waitSignal(self.session.trace_recorded):
            self.session.set_training(training)

    def strongest(self, layer: int) -> tuple[int, int]:
        """The edge with the largest gradient: one that matters."""
        gradient = self.trace.layers[layer].parameters["weight"].gradient
        assert gradient is not None
        out, inp = np.unravel_index(np.argmax(np.abs(gradient)), gradient.shape)
        return int(out), int(inp)

    def image(self, kind: type[QWidget], name: str) -> QImage:
        return self.widget(kind, name).grab().toImage()


@pytest.fixture(name="bench")
def inspector_bench(qtbot: QtBot, tmp_path: Path) -> Iterator[InspectorBench]:
    theme_manager()
    session = Session(lambda: Trainer(catalogue(), DataPlaces(None, tmp_path)))
    panel = InspectorPanel(session, catalogue())
    session.frame_changed.connect(panel.show_frame)
    asked: list[object] = []
    session.inquiries.answered.connect(lambda question, answer: asked.append(question))
    qtbot.addWidget(panel)
    panel.resize(300, 900)
    panel.show()
    qtbot.waitExposed(panel)
    session.load_preset(catalogue().presets["digits"])
    qtbot.waitUntil(lambda: session.can_step, timeout=20_000)
    yield InspectorBench(qtbot, session, panel, asked)
    session.close()


def number(printed: str) -> float:
    return float(printed.replace(MINUS, "-"))
