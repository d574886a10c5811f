"""Undo and redo of edits: data, network, training settings, and what was changed by hand.

A network that was replaced comes back as it had been trained. Where the network is the same, what was learned in
between stays: a weight that was set becomes what it was before it was set.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Slot

from nnviz.core.catalogue import Catalogue
from nnviz.core.commands import ChangeNetwork, LoadPreset, SetPoints
from nnviz.core.facts import Loaded, Progress
from nnviz.core.spec import Preset
from nnviz.session.session import Session
from nnviz.ui.actions import Actions
from nnviz.ui.edit_names import Edits, edit_name
from nnviz.ui.notices import Level, Notice, Notices

MOST_EDITS = 100


class EditHistory(QObject):
    """Remembers what was in force, and goes back to them, one at a time and only when that is granted."""

    def __init__(self, session: Session, catalogue: Catalogue, actions: Actions, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._catalogue, self._actions = session, catalogue, actions
        self._states: list[Edits] = []
        self._at = -1
        self._asked_for: int | None = None
        self._notices: Notices | None = None
        self._news: Notice | None = None  # what an edit has cost, as long as it is told
        self._told_at = 0
        self._steps = 0  # that the present network has learned
        self._told_of_new_past = False
        self._undo = actions.add("action_undo", self.tr("Undo edit"), lambda: self._go(-1), "Ctrl+Z")
        self._redo = actions.add("action_redo", self.tr("Redo edit"), lambda: self._go(1), "Ctrl+Shift+Z")
        session.progressed.connect(self._count)
        session.loaded.connect(self._on_loaded)
        session.training_changed.connect(self._remember)
        session.pokes.asked.connect(self._show_state)
        session.pokes.settled.connect(self._remember)
        session.failed.connect(self._give_up)
        session.data_missing.connect(self._give_up)
        self._show_state()

    def tell(self, notices: Notices) -> None:
        """Say there what an edit has cost, and that it can be taken back."""
        self._notices = notices

    @Slot(object)
    def _count(self, progress: Progress) -> None:
        self._steps = progress.step
        if self._news is not None and progress.step >= self._told_at + progress.batches:
            self._news.dismiss()  # who has trained for an epoch since means to go on

    @Slot(object)
    def _on_loaded(self, fact: Loaded) -> None:
        """Another preset, or a file, is a new start rather than an edit."""
        if fact.is_new_start:
            self._states, self._at, self._asked_for = [], -1, None
        text = self._cost(fact)
        if text and self._notices is not None:
            self._news, self._told_at = self._notices.show_notice(Level.INFO, text), fact.step
            self._news.dismissed.connect(self._forget_news)
        self._steps = fact.step
        self._remember()

    @Slot()
    def _forget_news(self) -> None:
        self._news = None

    def _cost(self, fact: Loaded) -> str:
        """What to tell of an edit: what has become of what was learned; empty where nothing was."""
        if fact.brought_back is not None:
            return self.tr("The network is again as it was, after {count} steps.").format(count=f"{fact.step:,}")
        if self._asked_for is not None and self._states[self._asked_for].preset == fact.preset:
            return self.tr("There was no memory to keep that network: only its settings come back.")
        if not self._states or self._steps == 0 or not self._session.can_bring_back(self._states[self._at].revision):
            return ""
        if fact.fresh and fact.step > 0:
            return self.tr("Training goes on from there. Ctrl+Z brings the network of before back.")
        if fact.fresh:
            return self.tr("Training begins afresh. Ctrl+Z brings the trained network back.")
        if self._told_of_new_past:
            return ""
        self._told_of_new_past = True
        return self.tr("The weights stay, the way back begins here. Ctrl+Z brings the network back as it was.")

    @Slot()
    def _remember(self) -> None:
        """Keep what is in force now, or see that what was asked for has come."""
        session, asked_for = self._session, self._asked_for
        assert session.preset is not None
        now = Edits(session.preset, session.pokes.present, session.revision)
        if asked_for is not None and self._is_granted(now):
            self._at = asked_for
            self._follow_revision(now.revision)
            self._states[self._at] = now
        elif self._states and _is_same(now, self._states[self._at]) and not self._is_replaced(now):
            self._follow_revision(now.revision)
        else:
            self._states = [*self._states[: self._at + 1], now][-MOST_EDITS:]
            self._at = len(self._states) - 1
        self._give_up()

    def _is_replaced(self, now: Edits) -> bool:
        """Whether the network of the present state has given way to another one, and can be brought back."""
        before = self._states[self._at].revision
        return now.revision != before and self._session.can_bring_back(before)

    def _follow_revision(self, revision: int) -> None:
        """Know the network of the present state, and of all that share it, by another number."""
        before = self._states[self._at].revision
        self._states = [replace(each, revision=revision) if each.revision == before else each for each in self._states]

    def _is_granted(self, now: Edits) -> bool:
        """Whether this is what was asked for; a network that is built anew has lost what was changed by hand."""
        assert self._asked_for is not None
        wanted, before = self._states[self._asked_for], self._states[self._at]
        if wanted.revision != before.revision:
            return now.preset == wanted.preset and now.revision != before.revision
        return _is_same(now, wanted) or now.preset == wanted.preset != before.preset

    @Slot()
    def _give_up(self) -> None:
        self._asked_for = None
        self._show_state()

    def _go(self, steps: int) -> None:
        """Ask for what was in force before or after; where the network stays, change only what differs."""
        present = self._states[self._at]
        self._asked_for = self._at + steps
        wanted = self._states[self._asked_for]
        self._show_state()
        if wanted.revision != present.revision:
            self._session.bring_back(wanted.revision, _way_to(wanted.preset, present.preset))
        elif wanted.preset == present.preset:
            self._session.pokes.change_to(wanted.pokes)
        else:
            self._session.set_training(wanted.preset.training)

    @Slot()
    def _show_state(self) -> None:
        """Let one go on when what was asked for last is known to be in force: that is what one goes back from."""
        idle = self._asked_for is None and not self._session.pokes.under_way
        self._undo.setEnabled(idle and self._at > 0)
        self._redo.setEnabled(idle and self._at + 1 < len(self._states))
        undone, redone = self._name_of(self._at), self._name_of(self._at + 1)
        self._describe("action_undo", self.tr("Undo: {edit}").format(edit=undone) if undone else self.tr("Undo edit"))
        self._describe("action_redo", self.tr("Redo: {edit}").format(edit=redone) if redone else self.tr("Redo edit"))

    def _name_of(self, at: int) -> str:
        """What led to a state; empty where none did."""
        if not 0 < at < len(self._states):
            return ""
        return edit_name(self._states[at - 1], self._states[at], self._catalogue, self._session.summary)

    def _describe(self, name: str, text: str) -> None:
        if self._actions[name].text() != text:
            self._actions.describe(name, text)


def _is_same(one: Edits, other: Edits) -> bool:
    return (one.preset, one.pokes) == (other.preset, other.pokes)


def _way_to(wanted: Preset, present: Preset) -> LoadPreset | ChangeNetwork | SetPoints:
    """What leads to these settings where the network is not remembered: what is equal keeps what it has learned."""
    if replace(present, data=replace(present.data, points=wanted.data.points)) == wanted:
        return SetPoints(wanted.data.points)
    if (present.data, present.training, present.weights) == (wanted.data, wanted.training, wanted.weights):
        return ChangeNetwork(wanted.network, keep_weights=True)
    return LoadPreset(wanted, is_edit=True)
