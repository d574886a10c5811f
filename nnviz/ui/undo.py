"""Undo and redo of edits: data, network, training settings, and what was changed by hand.

What was learned in between is not brought back: a weight that was set becomes what it was before it was set.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Slot

from nnviz.core.commands import Loaded
from nnviz.core.pokes import Pokes
from nnviz.core.spec import Preset
from nnviz.session.session import Session
from nnviz.ui.actions import Actions

MOST_EDITS = 100


@dataclass(frozen=True)
class Edits:
    """All that a person has chosen: settings, and changes by hand."""

    preset: Preset
    pokes: Pokes


class EditHistory(QObject):
    """Remembers what was in force, and goes back to them, one at a time and only when that is granted."""

    def __init__(self, session: Session, actions: Actions, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._states: list[Edits] = []
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
        session.pokes.settled.connect(self._remember)
        session.failed.connect(self._give_up)
        session.data_missing.connect(self._give_up)
        self._show_state()

    @Slot(object)
    def _on_loaded(self, fact: Loaded) -> None:
        """Another preset, or a file, is a new start rather than an edit."""
        before = self._states[self._at] if self._states else None
        if fact.fresh and (before is None or before.preset.title != fact.preset.title or fact.step > 0):
            self._states, self._at, self._asked_for = [], -1, None
        self._remember()

    @Slot()
    def _remember(self) -> None:
        """Keep what is in force now, or see that what was asked for has come."""
        assert self._session.preset is not None
        now = Edits(self._session.preset, self._session.pokes.present)
        if self._asked_for is not None and self._is_granted(now):
            self._at = self._asked_for
            self._states[self._at] = now
        elif not self._states or now != self._states[self._at]:
            self._states = [*self._states[: self._at + 1], now][-MOST_EDITS:]
            self._at = len(self._states) - 1
        self._give_up()

    def _is_granted(self, now: Edits) -> bool:
        """Whether this is what was asked for; a network that is built anew has lost what was changed by hand."""
        assert self._asked_for is not None
        wanted, before = self._states[self._asked_for], self._states[self._at]
        return now == wanted or now.preset == wanted.preset != before.preset

    @Slot()
    def _give_up(self) -> None:
        self._asked_for = None
        self._show_state()

    def _go(self, steps: int) -> None:
        """Ask for the settings before or after those in force; change only what differs, so that learning is kept."""
        self._asked_for = self._at + steps
        edits = self._states[self._asked_for]
        wanted, present = edits.preset, self._states[self._at].preset
        self._show_state()
        if present == wanted:
            self._session.pokes.change_to(edits.pokes)
        elif replace(present, data=replace(present.data, points=wanted.data.points)) == wanted:
            self._session.set_points(wanted.data.points)
        elif present.data == wanted.data and present.network == wanted.network:
            self._session.set_training(wanted.training)
        elif (present.data, present.training, present.weights) == (wanted.data, wanted.training, wanted.weights):
            self._session.set_network(wanted.network)
        else:
            self._session.load_preset(wanted)

    def _show_state(self) -> None:
        idle = self._asked_for is None
        self._undo.setEnabled(idle and self._at > 0)
        self._redo.setEnabled(idle and self._at + 1 < len(self._states))
