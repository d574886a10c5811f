"""What is changed by hand in the network that is shown, and the wishes to change it that are on their way."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.playback import Phase
from nnviz.core.pokes import NO_POKES, Change, Freeze, Pokes, SetWeight, UnitPlace, WeightPlace
from nnviz.core.trace import Trace
from nnviz.session.activity import Activity
from nnviz.session.shown import Shown
from nnviz.session.time_machine import TimeMachine


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

    def __init__(
        self,
        send: Callable[[c.Command], None],
        shown: Shown,
        activity: Activity,
        time_machine: TimeMachine,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._send, self._shown, self._activity, self._time_machine = send, shown, activity, time_machine
        self.present: Pokes = NO_POKES
        self._waiting: dict[tuple[type[Change], WeightPlace | UnitPlace], Change] = {}
        self._under_way = False
        self._dragging = False
        self.went_on = False  # the last change came after the step that was shown: now it is the next one
        shown.trace_recorded.connect(self._follow)

    @property
    def under_way(self) -> bool:
        """Whether something that was asked for is not changed yet."""
        return self._under_way

    # --- wishes -------------------------------------------------------------------------------------------------------

    def poke(self, *changes: Change) -> None:
        """Change the network by hand: from a moment of the past, as a new run."""
        if self._activity.state is not f.RunState.LOADING:
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
        shown = self._shown
        if self._under_way or not self._waiting or self._activity.state is f.RunState.LOADING:
            return
        was_learned = self._is_learned
        is_past = self._time_machine.continue_from_here()
        self.went_on = was_learned and (shown.cursor.overview or not is_past)
        if was_learned and not is_past:  # what is changed after a step counts in the next one, shown up to its loss
            shown.awaited_place = [stage.phase for stage in shown.walk].index(Phase.LOSS)
        self._under_way = True
        changes, self._waiting = tuple(self._waiting.values()), {}
        self._send(c.Poke(changes))

    @property
    def _is_learned(self) -> bool:
        """Whether the step that is shown has been taken, and nothing runs."""
        shown = self._shown
        is_trace = shown.frame is not None and shown.frame.trace is shown.trace
        is_last = shown.trace is not None and shown.walk[shown.cursor.position].phase is Phase.UPDATE
        return self._activity.state is f.RunState.PAUSED and is_trace and is_last

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
    def _follow(self, trace: Trace) -> None:
        """Take what is changed at the moment that is shown."""
        if trace.pokes != self.present:
            self._take(trace.pokes)
            self._settle()

    def _take(self, pokes: Pokes) -> None:
        if pokes != self.present:
            self.present = pokes
            self.changed.emit()

    def _settle(self) -> None:
        if not (self._under_way or self._dragging or self._time_machine.looking):
            self.settled.emit()


def _subject(change: Change) -> WeightPlace | UnitPlace:
    """What a change is about."""
    if isinstance(change, SetWeight):
        return change.weight
    return change.what if isinstance(change, Freeze) else change.unit
