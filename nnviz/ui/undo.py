"""Undo and redo of edits: data, network and training settings. What was learned in between is not brought back."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from nnviz.core.spec import Preset
from nnviz.session.session import Session
from nnviz.ui.actions import Actions

MOST_EDITS = 100


class EditHistory(QObject):
    """Remembers the settings that were in force, and goes back to them."""

    def __init__(self, session: Session, actions: Actions, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._past: list[Preset] = []
        self._future: list[Preset] = []
        self._undo = actions.add(
            "action_undo", self.tr("Undo edit"), self._go_back, "Ctrl+Z", tip=self.tr("Take back the last edit")
        )
        self._redo = actions.add(
            "action_redo", self.tr("Redo edit"), self._go_on, "Ctrl+Shift+Z", tip=self.tr("Make the edit again")
        )
        session.loaded.connect(self._remember)
        session.training_changed.connect(self._remember)
        self._show_state()

    @Slot()
    def _remember(self) -> None:
        """Keep what is in force now, unless it is what an undo has just brought back."""
        preset = self._session.preset
        if preset is not None and (not self._past or preset != self._past[-1]):
            self._past = [*self._past[-MOST_EDITS:], preset]
            self._future.clear()
        self._show_state()

    def _go_back(self) -> None:
        if len(self._past) > 1:
            self._future.append(self._past.pop())
            self._apply(self._past[-1])

    def _go_on(self) -> None:
        if self._future:
            self._past.append(self._future.pop())
            self._apply(self._past[-1])

    def _apply(self, preset: Preset) -> None:
        """Change only what differs, so that as much as possible of what was learned stays."""
        present = self._session.preset
        assert present is not None
        if present.data != preset.data or present.title != preset.title:
            self._session.load_preset(preset)
        elif present.network == preset.network:
            self._session.set_training(preset.training)
        elif present.training == preset.training:
            self._session.set_network(preset.network)
        else:
            self._session.load_preset(preset)
        self._show_state()

    def _show_state(self) -> None:
        self._undo.setEnabled(len(self._past) > 1)
        self._redo.setEnabled(bool(self._future))
