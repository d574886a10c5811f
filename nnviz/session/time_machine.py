"""The time machine: looks at moments of the past, and knows the runs that there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, Signal, Slot

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.history import History
from nnviz.core.playback import Cursor
from nnviz.core.runs import RunInfo, free_colors
from nnviz.core.spec import TrainingSpec
from nnviz.core.trace import Trace
from nnviz.session.activity import Activity
from nnviz.session.curves import Curves
from nnviz.session.shown import Shown


@dataclass(frozen=True)
class SessionRun:
    """A run with its curves.

    Attributes
    ----------
    name : str
        Given by a person; empty where nobody has.
    shown : bool
        Whether its curves are to be seen.
    inherited : int
        How many of the marks on its curves are from before it began.
    color : int
        Of the colours that there are for runs and racers; it stays.
    """

    info: RunInfo
    history: History = field(default_factory=History)
    name: str = ""
    shown: bool = True
    inherited: int = 0
    color: int = 0

    @property
    def change(self) -> str:
        """What sets it apart from the beginning: the settings that were changed before its first step."""
        marks = self.history.marks[self.inherited :]
        latest = {mark.label.split()[0]: mark.label for mark in marks if mark.step == self.info.begun}
        return ", ".join(latest.values())


class TimeMachine(QObject):
    """Moves through the past of the present run, and from one run to another.

    While one looks at the past, the trace that is shown is that of the moment one looks at; the present waits here. At
    most one look is under way, and the newest wish comes next.

    Signals
    -------
    moved()
        Another moment is wished or shown; or it is the present again.
    runs_changed()
        `runs` are others, or are shown and named otherwise.
    """

    moved = Signal()
    runs_changed = Signal()

    def __init__(
        self,
        send: Callable[[c.Command], None],
        shown: Shown,
        curves: Curves,
        activity: Activity,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._send, self._shown, self._curves, self._activity = send, shown, curves, activity
        self._runs: dict[int, SessionRun] = {}
        self.present = 0
        self._now: tuple[Trace, Cursor] | None = None
        self._wish: int | None = None
        self._position: int | None = None
        self._under_way = False
        self._racers: tuple[int, ...] = ()
        self._awaited_color: int | None = None
        curves.progressed.connect(self._follow)

    # --- where one is -------------------------------------------------------------------------------------------------

    @property
    def looking(self) -> bool:
        """Whether a moment of the past is shown."""
        return self._now is not None

    @property
    def on_the_way(self) -> bool:
        """Whether another moment is going to be shown soon."""
        return self._wish is not None

    @property
    def step(self) -> int | None:
        """The moment that is wished or shown: the step that was taken then, from 0. None while there is nothing."""
        if self._wish is not None:
            return self._wish
        return None if self._shown.trace is None else self._shown.trace.step

    @property
    def newest(self) -> int | None:
        """The present."""
        if self._now is not None:
            return self._now[0].step
        return None if self._shown.trace is None else self._shown.trace.step

    @property
    def oldest(self) -> int:
        """The earliest moment that one can look at."""
        return 0 if self._curves.progress is None else self._curves.progress.oldest_step

    # --- looking ------------------------------------------------------------------------------------------------------

    def look(self, step: int, position: int | None = None) -> None:
        """Show the moment before step `step`, at the same stage or at the one of that `position`.

        What trains freely is paused. The present, or what lies beyond it, ends the look.
        """
        newest = self.newest
        if newest is None or self._activity.state is f.RunState.LOADING:
            return
        if step >= newest:
            self.back_to_now()
            return
        self._activity.pause()
        self._wish, self._position = max(step, self.oldest), position
        self._go_on()
        self.moved.emit()

    def look_again(self) -> None:
        """Stay at the moment that is shown, after the trainer had to come back from it for something else."""
        if self.looking and self._shown.trace is not None:
            self._wish = self.step
            self._go_on()

    def back_to_now(self) -> None:
        """Show the present again."""
        if not self.looking and not self.on_the_way:
            return
        now, self._now, self._wish = self._now, None, None
        self._send(c.Return())
        if now is not None:
            trace, cursor = now
            self._shown.show(trace, cursor.position, cursor.overview)
        self.moved.emit()

    def settle(self) -> None:
        """Know that nothing is being loaded any more; where that was refused, stay at the moment that is shown."""
        self._awaited_color = None
        self.look_again()

    def forget(self) -> None:
        """Know that what is shown is the present: the trainer comes back by itself."""
        was_away = self.looking or self.on_the_way
        self._now = self._wish = None
        if was_away:
            self.moved.emit()

    def expect_nothing(self) -> None:
        """Know that a look that is still under way may not come."""
        self._under_way = False
        if self._wish is not None:
            self._wish = None
            self.moved.emit()

    def _go_on(self) -> None:
        if self._wish is not None and not self._under_way:
            self._under_way = True
            self._send(c.Visit(self._wish))

    def _receive_visit(self, fact: f.Visited) -> None:
        self._under_way = False
        if self._wish is None:  # one has come back meanwhile
            return
        if fact.trace is not None and self.newest is not None and fact.trace.step >= self.newest:
            self.back_to_now()  # nothing before the present is remembered
            return
        if fact.arrived and fact.step == self._wish:
            self._wish = None
        if fact.trace is not None:
            self._show(fact.trace)
        self._go_on()

    def _show(self, trace: Trace) -> None:
        shown = self._shown
        if self._now is None:
            assert shown.trace is not None
            self._now = shown.trace, shown.cursor
        at, position = shown.cursor, self._position
        if position is None:
            shown.show(trace, at.position, at.overview)
        else:
            shown.show(trace, position)
        self.moved.emit()

    # --- from run to run ----------------------------------------------------------------------------------------------

    def continue_from_here(self, training: TrainingSpec | None = None) -> bool:
        """Begin a new run at the moment that is shown, with the settings of then or with others.

        In an overview the step has just been taken: the run begins after it. Else it is taken anew.

        Returns
        -------
        bool
            False, and nothing happens, where the present is shown.
        """
        step = self.step
        if step is None or not (self.looking or self.on_the_way):
            return False
        cursor = self._shown.cursor
        if self.on_the_way and self._position is not None:
            cursor = Cursor(self._position)
        self._shown.awaited_place = 0 if cursor.overview else cursor.position
        self._send(c.Branch(step + cursor.overview, training))
        self.forget()
        return True

    def switch_to(self, number: int) -> None:
        """Go to the end of another run, to continue it."""
        if number != self.present and number in self._runs and self._activity.state is not f.RunState.LOADING:
            self._activity.pause()
            self._shown.awaited_place = 0
            self._send(c.SwitchRun(number))
            self.forget()

    def delete(self, number: int) -> None:
        """Forget a run that is not the present one, and its curves."""
        self._send(c.DeleteRun(number))

    @property
    def runs(self) -> tuple[SessionRun, ...]:
        """All runs, in the order of their numbers."""
        return tuple(
            replace(run, history=self._curves.history) if number == self.present else run
            for number, run in self._runs.items()
        )

    @property
    def others(self) -> tuple[SessionRun, ...]:
        """The runs beside the present one whose curves are to be seen."""
        return tuple(run for run in self.runs if run.shown and run.info.number != self.present)

    def show_run(self, number: int, shown: bool) -> None:
        """Show or hide the curves of a run."""
        self._change(number, shown=shown)

    def rename(self, number: int, name: str) -> None:
        """Give a run a name; an empty one stands for the usual one."""
        self._change(number, name=name.strip())

    # --- colours ------------------------------------------------------------------------------------------------------

    @property
    def colored(self) -> bool:
        """Whether runs have to be told apart by their colours: there are several, or a racer's colour is kept."""
        return len(self._runs) > 1 or any(run.color for run in self._runs.values())

    def racers_colors(self, count: int) -> tuple[int, ...]:
        """Choose colours for racers that, as far as possible, no run has."""
        return free_colors(count, (run.color for run in self._runs.values()))

    def leave_to_racers(self, colors: tuple[int, ...]) -> None:
        """Give new runs, as far as possible, other colours than these."""
        self._racers = colors

    def expect_racer(self, color: int) -> None:
        """Know that the next run is a racer that is taken over: it keeps its colour."""
        self._awaited_color = color

    def _is_racer(self, new: RunInfo) -> bool:
        return self._awaited_color is not None and new.parent is None and new.step == new.begun

    def _color_of(self, new: RunInfo, runs: dict[int, SessionRun]) -> int:
        awaited = self._awaited_color
        if awaited is not None and self._is_racer(new):
            self._awaited_color = None
            return awaited
        others = (run.color for number, run in runs.items() if number != new.number)
        return free_colors(1, (*others, *self._racers))[0]

    def _change(self, number: int, **changes: object) -> None:
        before = self._runs.get(number)
        if before is not None and (after := replace(before, **changes)) != before:  # type: ignore[arg-type]
            self._runs[number] = after
            self.runs_changed.emit()

    def bring_back(self, runs: Iterable[SessionRun], present: int) -> None:
        """Let the runs be those of before an edit that is taken back."""
        self._runs, self.present = {run.info.number: run for run in runs}, present

    @Slot(object)
    def _follow(self, progress: f.Progress) -> None:
        """Take note of what is changed in the present run: it may be named after that."""
        if progress.marks:
            self.runs_changed.emit()

    def receive(self, fact: f.Visited | f.RunsChanged) -> None:
        """Take what the trainer reports."""
        if isinstance(fact, f.Visited):
            self._receive_visit(fact)
            return
        infos = {info.number: info for info in fact.runs}
        new = infos[fact.present]
        runs = {run.info.number: run for run in self.runs}
        if fact.is_new_subject:  # whatever there was is over
            runs = {}
        if fact.present != self.present and self.present:
            self._change_history(runs, new)
        if new.number not in runs or self._is_racer(new):
            color = self._color_of(new, runs)
            runs[new.number] = SessionRun(new, inherited=len(self._curves.history.marks), color=color)
        self._runs = {n: replace(runs.get(n, SessionRun(info)), info=info) for n, info in infos.items()}
        self.present = fact.present
        self.runs_changed.emit()

    def _change_history(self, runs: dict[int, SessionRun], new: RunInfo) -> None:
        """Leave the curves of the present run as they are, and go on with those of the new one."""
        if new.number in runs:
            self._curves.change_to(runs[new.number].history)
        elif new.parent is None:
            self._curves.change_to(History())
        else:
            history = self._curves.history.copy()
            history.truncate(new.begun)
            self._curves.change_to(history)
