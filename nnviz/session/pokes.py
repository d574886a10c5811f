"""What is changed by hand in the network that is shown, and the wishes to change it that are on their way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Signal, Slot

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.playback import Cursor, Frame, Phase, Stage
from nnviz.core.pokes import NO_POKES, Change, Freeze, Pokes, SetWeight, UnitPlace, WeightPlace
from nnviz.core.trace import Trace
from nnviz.session.time_machine import TimeMachine


class Shown(Protocol):
    """What pokes need of the session: where one is, and a way to go on from there."""

    run_state: f.RunState
    trace: Trace | None
    frame: Frame | None
    cursor: Cursor
    time_machine: TimeMachine

    @property
    def walk(self) -> tuple[Stage, ...]:
        """The stages of the shown trace."""

    def await_place(self, position: int) -> None:
        """Show what is recorded next at this stage."""


class PokeControl(QObject):
    """Asks for changes, without flooding the trainer: one lot is under way, and the newest wishes wait.

    Signals
    -------
    asked()
        A change is on its way.
    changed()
        `present` is another one.
    settled()
        It is, and nobody is about to change it again: this is what one goes back to when one takes back an edit.
    """

    asked = Signal()
    changed = Signal()
    settled = Signal()

    def __init__(self, send: Callable[[c.Command], None], session: Shown, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._send, self._session = send, session
        self.present: Pokes = NO_POKES
        self._waiting: dict[tuple[type[Change], WeightPlace | UnitPlace], Change] = {}
        self._under_way = False
        self._dragging = False
        self.went_on = False  # the last change came after the step that was shown: now it is the next one

    @property
    def under_way(self) -> bool:
        """Whether something that was asked for is not changed yet."""
        return self._under_way

    # --- wishes -------------------------------------------------------------------------------------------------------

    def poke(self, *changes: Change) -> None:
        """Change the network by hand: from a moment of the past, as a new run."""
        if self._session.run_state is not f.RunState.LOADING:
            self._waiting |= {(type(change), _subject(change)): change for change in changes}
            self._go_on()
            self.asked.emit()

    def change_to(self, wanted: Pokes) -> None:
        """Take back and do again until just this is changed."""
        self.poke(*self.present.changes_to(wanted))

    def set_dragging(self, dragging: bool) -> None:
        """Know that a person drags a value: all that is set on the way is one edit."""
        self._dragging = dragging
        self._settle()

    def _go_on(self) -> None:
        session = self._session
        if self._under_way or not self._waiting or session.run_state is f.RunState.LOADING:
            return
        was_learned = self._is_learned
        is_past = session.time_machine.continue_from_here()
        self.went_on = was_learned and (session.cursor.overview or not is_past)
        if was_learned and not is_past:  # what is changed after a step counts in the next one, shown up to its loss
            session.await_place([stage.phase for stage in session.walk].index(Phase.LOSS))
        self._under_way = True
        changes, self._waiting = tuple(self._waiting.values()), {}
        self._send(c.Poke(changes))

    @property
    def _is_learned(self) -> bool:
        """Whether the step that is shown has been taken, and nothing runs."""
        session = self._session
        is_shown = session.frame is not None and session.frame.trace is session.trace
        is_last = session.trace is not None and session.walk[session.cursor.position].phase is Phase.UPDATE
        return session.run_state is f.RunState.PAUSED and is_shown and is_last

    # --- facts --------------------------------------------------------------------------------------------------------

    def receive(self, fact: f.Poked) -> None:
        """Take what is changed now, and ask for what has waited for it."""
        self._under_way = False
        self._take(fact.pokes)
        self._go_on()
        self._settle()

    def start_with(self, pokes: Pokes) -> None:
        """Know what is changed in another network: what was on its way was meant for the one before."""
        self._waiting, self._under_way = {}, False
        self._take(pokes)

    def expect_nothing(self) -> None:
        """Know that an answer that is still under way may not come."""
        self._waiting, self._under_way = {}, False
        self.changed.emit()

    @Slot(object)
    def follow(self, trace: Trace) -> None:
        """Take what is changed at the moment that is shown."""
        if trace.pokes != self.present:
            self._take(trace.pokes)
            self._settle()

    def _take(self, pokes: Pokes) -> None:
        if pokes != self.present:
            self.present = pokes
            self.changed.emit()

    def _settle(self) -> None:
        if not (self._under_way or self._dragging or self._session.time_machine.looking):
            self.settled.emit()


def _subject(change: Change) -> WeightPlace | UnitPlace:
    """What a change is about."""
    if isinstance(change, SetWeight):
        return change.weight
    return change.what if isinstance(change, Freeze) else change.unit
