"""The whole program, window and engine, and somebody in front of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.facts import RunState
from nnviz.core.spec import Preset
from nnviz.session.session import Session
from nnviz.ui.main_window import MainWindow
from nnviz.ui.notices import Notice

UNDO, REDO = "action_undo", "action_redo"


@dataclass
class Program:
    window: MainWindow
    session: Session
    qtbot: QtBot

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.qtbot.keyClick(self.window, key, modifier)

    def child(self, kind: type[QWidget], name: str):
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    def action(self, name: str) -> QAction:
        return next(action for action in self.window.actions() if action.objectName() == name)

    def trigger(self, name: str) -> None:
        assert self.action(name).isEnabled(), name
        self.action(name).trigger()

    def wait(self, condition, timeout: int = 20_000) -> None:
        self.qtbot.waitUntil(condition, timeout=timeout)

    def open(self, preset: Preset) -> None:
        self.window.open_preset(preset)
        self.wait(lambda: self.session.preset == preset and self.session.can_step)

    def show_dock(self, name: str) -> None:
        dock = self.child(QWidget, f"dock_{name}")
        dock.show()
        dock.raise_()

    def train_for(self, steps: int) -> None:
        """Run for at least so many steps, and pause."""
        begun = self.session.progress.step if self.session.progress else 0
        self.key(Qt.Key.Key_Space)
        self.wait(lambda: self.session.progress is not None and self.session.progress.step >= begun + steps)
        self.key(Qt.Key.Key_Space)
        self.wait(lambda: self.session.run_state is RunState.PAUSED and self.session.can_step)

    def train_epochs(self, count: int) -> None:
        for _ in range(count):
            done = len(self.session.history.epochs)
            self.key(Qt.Key.Key_E)
            self.wait(lambda done=done: len(self.session.history.epochs) > done and self.session.can_step)

    def weights(self) -> np.ndarray:
        assert self.session.frame is not None
        return np.concatenate([w.ravel() for layer in self.session.frame.layers for w in layer.parameters.values()])

    def notices(self) -> list[str]:
        return [notice.text for notice in self.window.findChildren(Notice)]
