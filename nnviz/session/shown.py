"""What is shown: a trace seen from a cursor; or the drawing, seen from a cursor of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from nnviz.core.commands import Command
from nnviz.core.data import FloatArray
from nnviz.core.facts import Loaded
from nnviz.core.playback import Cursor, Frame, Stage, frame_at, stages_of
from nnviz.core.trace import Trace
from nnviz.session.drawn import Drawing


class Shown(QObject):
    """Holds the trace and the cursor, and makes of them the frame that all views paint.

    Attributes
    ----------
    trace, cursor
        Of the batch, also while the drawing is shown instead: this is where one comes back to.
    awaited_place : int or None
        The stage at which the step that is recorded next will be shown; until then nobody steps. None: none is awaited.

    Signals
    -------
    trace_recorded(Trace)
        Another trace is shown (sent before the `frame_changed` that belongs to it).
    frame_changed(object)
        The `Frame` that all views paint, or None while there is none.
    prediction_made(object)
        The `Trace` of the drawing, or None when there is no drawing any more.
    """

    trace_recorded = Signal(object)
    frame_changed = Signal(object)
    prediction_made = Signal(object)

    def __init__(self, send: Callable[[Command], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.trace: Trace | None = None
        self.cursor = Cursor()
        self.frame: Frame | None = None
        self.drawing = Drawing(send)
        self.awaited_place: int | None = None

    @property
    def walk(self) -> tuple[Stage, ...]:
        """The stages of the trace."""
        return () if self.trace is None else stages_of(self.trace)

    @property
    def shows_drawing(self) -> bool:
        """Whether it is the drawing that is shown."""
        return self.drawing.trace is not None

    @property
    def walk_on_screen(self) -> tuple[Stage, ...]:
        """The stages of what is shown: of the trace, or of the drawing's forward pass."""
        return self.drawing.walk if self.shows_drawing else self.walk

    @property
    def cursor_on_screen(self) -> Cursor:
        """Where in that walk one is."""
        return self.drawing.cursor if self.shows_drawing else self.cursor

    # --- the trace ----------------------------------------------------------------------------------------------------

    def show(self, trace: Trace, position: int, overview: bool = False) -> None:
        """Show a trace from now on, at this stage or at its last one."""
        sample = self.cursor.sample
        if sample is not None and sample >= trace.batch_size:
            sample = trace.batch_size - 1
        self.trace = trace
        self.cursor = Cursor(min(position, len(self.walk) - 1), sample, overview)
        if overview:
            self.drawing.position = None
        self.trace_recorded.emit(trace)
        if self.drawing.inputs is None:
            self.show_again()
        else:  # the picture stays with the drawing, and shows what the network of this moment makes of it
            self.drawing.predict()

    def move_to(self, position: int) -> None:
        """Put the cursor on another stage."""
        self._move(self.cursor.moved_to(position))

    def select_sample(self, sample: int | None) -> None:
        """Choose the row of the batch that is shown; None for the mean of the batch."""
        if self.trace is not None and (sample is None or 0 <= sample < self.trace.batch_size):
            self._move(replace(self.cursor, sample=sample))

    def _move(self, cursor: Cursor) -> None:
        self.leave_drawing()
        self.cursor = cursor
        self.show_again()

    def show_again(self) -> None:
        """Make the frame anew."""
        drawn = self.drawing.trace
        if drawn is not None:
            self.frame = frame_at(drawn, self.drawing.cursor)
        elif self.trace is not None:
            self.frame = frame_at(self.trace, self.cursor)
        else:
            self.frame = None
        self.frame_changed.emit(self.frame)

    # --- the drawing --------------------------------------------------------------------------------------------------

    def show_drawing(self, inputs: FloatArray | None, sample: int, label: int | None) -> None:
        """Pass a drawing, or a sample of the data set with its class, through the network and show it; None ends it."""
        if inputs is None:
            self.leave_drawing()
            self.show_again()
        else:
            self.drawing.show(inputs, sample, label)

    def move_in_drawing(self, position: int) -> None:
        """Show the drawing at another stage; before the first and after the last, the trace, where one was."""
        if 0 <= position < len(self.drawing.walk):
            self.drawing.position = position
        else:
            self.leave_drawing()
        self.show_again()

    def leave_drawing(self) -> None:
        """Go back to the trace, which is not shown again by this alone."""
        if self.drawing.inputs is not None:
            self.drawing.show(None)
            self.prediction_made.emit(None)

    def receive_prediction(self, trace: Trace) -> None:
        """Show what the network makes of the drawing."""
        if self.drawing.receive(trace):
            self.prediction_made.emit(trace)
            self.show_again()

    # --- new starts ---------------------------------------------------------------------------------------------------

    def start_over(self, fact: Loaded) -> None:
        """Forget the trace of the network before; a drawing that fits goes through the new one. See `tell`."""
        self.trace, self.cursor, self.awaited_place = None, Cursor(), None
        self.drawing.start_over(fact)

    def tell(self) -> None:
        """Say, once everybody knows of the new network, that nothing is shown of it yet."""
        if self.drawing.inputs is None:
            self.prediction_made.emit(None)
        self.show_again()

    def expect_nothing(self) -> None:
        """Know that what is awaited may not come."""
        self.awaited_place = None
        self.drawing.expect_nothing()
