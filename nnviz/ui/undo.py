"""Undo and redo of edits: data, network and training settings. What was learned in between is not brought back."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from nnviz.core.commands import Loaded
from nnviz.core.spec import Preset
from nnviz.session.session import Session
from nnviz.ui.actions import Actions

MOST_EDITS = 100


class EditHistory(QObject):
    """Remembers the settings that were in force, and goes back to them, one at a time and only when that is granted."""

    def __init__(self, session: Session, actions: Actions, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._states: list[Preset] = []
        self._at = -1
        self._asked_for: int | None = None
        self._undo = actions.add(
            "action_undo", self.tr("Undo edit"), lambda: self._go(-1), "Ctrl+Z", tip=self.tr("Take back the last edit")
        )
        self._redo = actions.add(
            "action_redo", self.tr("Redo edit"), lambda: self._go(1), "Ctrl+Shift+Z", tip=self.tr("Edit it again")
        )
        session.loaded.connect(self._on_loaded)
        session.training_changed.connect(self._remember)
        session.failed.connect(self._give_up)
        session.data_missing.connect(self._give_up)
        self._show_state()

    @Slot(object)
    def _on_loaded(self, fact: Loaded) -> None:
        """Another preset, or a file, is a new start rather than an edit."""
        before = self._states[self._at] if self._states else None
        if fact.fresh and (before is None or before.title != fact.preset.title or fact.step > 0):
            self._states, self._at, self._asked_for = [], -1, None
        self._remember()

    @Slot()
    def _remember(self) -> None:
        """Keep what is in force now, or see that what was asked for has come."""
        preset = self._session.preset
        assert preset is not None
        if self._asked_for is not None and preset == self._states[self._asked_for]:
            self._at = self._asked_for
        elif not self._states or preset != self._states[self._at]:
            self._states = [*self._states[: self._at + 1], preset][-MOST_EDITS:]
            self._at = len(self._states) - 1
        self._give_up()

    @Slot()
    def _give_up(self) -> None:
        self._asked_for = None
        self._show_state()

    def _go(self, steps: int) -> None:
        """Ask for the settings before or after those in force; change only what differs, so that learning is kept."""
        wanted, present = self._states[self._at + steps], self._states[self._at]
        self._asked_for = self._at + steps
        self._show_state()
        if present.data == wanted.data and present.network == wanted.network:
            self._session.set_training(wanted.training)
        elif present.data == wanted.data and present.training == wanted.training:
            self._session.set_network(wanted.network)
        else:
            self._session.load_preset(wanted)

    def _show_state(self) -> None:
        idle = self._asked_for is None
        self._undo.setEnabled(idle and self._at > 0)
        self._redo.setEnabled(idle and self._at + 1 < len(self._states))
