"""Walking: from stage to stage inside a trace, which asks nobody, and from batch to batch, which asks the trainer."""

from __future__ import annotations

from collections.abc import Callable

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.playback import Phase, next_layer_position, previous_layer_position, stages_of
from nnviz.core.trace import Trace
from nnviz.session.activity import Activity
from nnviz.session.shown import Shown
from nnviz.session.time_machine import TimeMachine


class Walking:
    """Keeps the trainer where the cursor is: the step that is shown has been taken in the update, and only there."""

    def __init__(
        self, send: Callable[[c.Command], None], shown: Shown, activity: Activity, time_machine: TimeMachine
    ) -> None:
        self._send, self._shown, self._activity, self._time_machine = send, shown, activity, time_machine
        self._committed = False
        self._serial = 0
        self._place_before_drawing = (0, False)

    @property
    def can_step(self) -> bool:
        """Whether there is a trace to walk through, and nothing runs or is under way."""
        waits = self._shown.awaited_place is not None or self._time_machine.on_the_way
        return self._shown.trace is not None and self._activity.state is f.RunState.PAUSED and not waits

    @property
    def can_step_back(self) -> bool:
        """Whether there is anything to go back to: from a drawing, at least the batch."""
        shown = self._shown
        return self.can_step and (shown.shows_drawing or shown.cursor.position > 0 or self.can_go_to_previous_batch)

    @property
    def can_go_to_previous_batch(self) -> bool:
        """Whether the batch before this one can be shown again."""
        trace = self._shown.trace
        if not self.can_step or trace is None:
            return False
        return trace.is_drawing or trace.step > self._time_machine.oldest

    # --- from stage to stage ------------------------------------------------------------------------------------------

    def go_to(self, position: int) -> None:
        """Put the cursor on a stage; −1 and the number of stages stand for the neighbouring batches.

        A drawing has stages of its own, that ask nothing of the trainer; beside them is the batch, where one was.
        """
        if not self.can_step:
            return
        if self._shown.shows_drawing:
            self._shown.move_in_drawing(position)
            return
        walk = self._shown.walk
        if position < 0:
            self._show_previous_batch(len(walk) - 1)
        elif position >= len(walk):
            self._show_next_batch(0)
        else:
            self._set_committed(walk[position].phase is Phase.UPDATE)
            self._shown.move_to(position)

    def next_layer(self) -> None:
        """Go on to the next layer or phase."""
        if self.can_step:
            self.go_to(next_layer_position(self._shown.walk_on_screen, self._shown.cursor_on_screen.position))

    def previous_layer(self) -> None:
        """Go back to where the layer before began."""
        if self.can_step:
            self.go_to(previous_layer_position(self._shown.walk_on_screen, self._shown.cursor_on_screen.position))

    # --- from batch to batch ------------------------------------------------------------------------------------------

    def next_batch(self) -> None:
        """Take the step, and show the next batch at the same stage."""
        if self.can_step:
            self._set_committed(True)
            self._show_next_batch(self._shown.cursor.position)

    def previous_batch(self) -> None:
        """Go back by one batch, to the same stage."""
        if self.can_step:
            self._show_previous_batch(self._shown.cursor.position)

    def learn_drawing(self, label: int) -> None:
        """Go on to the drawing with its label, as a batch of one."""
        shown, drawing = self._shown, self._shown.drawing
        inputs, sample = drawing.inputs, drawing.sample
        if inputs is not None and self.can_step:
            shown.leave_drawing()
            self._time_machine.back_to_now()
            if shown.trace is not None and not shown.trace.is_drawing:
                self._place_before_drawing = (shown.cursor.position, self._committed)
            shown.awaited_place = 0
            self._send(c.ProposeDrawing(inputs, label, sample))

    def _show_next_batch(self, position: int) -> None:
        trace = self._shown.trace
        if trace is not None and self._time_machine.looking:
            self._time_machine.look(trace.step + 1, position)
            return
        self._shown.awaited_place = position
        self._send(c.Propose())

    def _show_previous_batch(self, position: int) -> None:
        trace = self._shown.trace
        if not self.can_go_to_previous_batch or trace is None:
            return
        if self._time_machine.looking:
            self._time_machine.look(trace.step - 1, position)
        elif trace.is_drawing:
            self._return_from_drawing(trace)
        else:
            self._shown.awaited_place = position
            in_update = self._shown.walk[position].phase is Phase.UPDATE
            self._send(c.GoTo(trace.step - 1, commit=in_update))

    def _return_from_drawing(self, trace: Trace) -> None:
        """Go back to where one was when the drawing interrupted the walk."""
        self._set_committed(False)
        self._shown.awaited_place, was_committed = self._place_before_drawing
        self._send(c.GoTo(trace.step - 1, commit=True) if was_committed else c.Propose())

    def _set_committed(self, committed: bool) -> None:
        """Have the step that is shown taken, or taken back."""
        if committed != self._committed and not self._time_machine.looking:
            self._committed = committed
            self._send(c.Commit(self._serial) if committed else c.Revert(self._serial))

    # --- facts --------------------------------------------------------------------------------------------------------

    def start_over(self) -> None:
        """Know that nothing of another network has been recorded yet."""
        self._committed = False

    def receive(self, fact: f.Recorded) -> None:
        """Show a step where it was wanted."""
        shown = self._shown
        last = len(stages_of(fact.trace)) - 1
        awaited, shown.awaited_place = shown.awaited_place, None
        self._committed, self._serial = fact.committed, fact.serial
        if awaited is None:  # nobody asked for a place: the end of a run, or the same batch recorded anew
            keep = min(shown.cursor.position, last - 1)
            shown.show(fact.trace, last if fact.committed else keep, overview=fact.committed)
        else:
            shown.leave_drawing()
            shown.show(fact.trace, awaited)
            if shown.walk[shown.cursor.position].phase is Phase.UPDATE:
                self._set_committed(True)

    def follow(self, fact: f.Progress) -> None:
        """Show the newest step of a training that runs freely."""
        if fact.trace is not None and self._activity.state is f.RunState.RUNNING:
            self._committed = True
            self._shown.show(fact.trace, len(stages_of(fact.trace)) - 1, overview=True)
