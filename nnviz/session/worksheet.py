"""Worksheet mode: what a learner has still to predict is not shown anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto

from PySide6.QtCore import QObject, Signal, Slot

from nnviz.core.playback import Frame, frame_at
from nnviz.core.trace import Trace
from nnviz.core.worksheet import Pass, Tolerance, Verdict


class Secrecy(Enum):
    """How much of a stage's formula may be seen: all of it, all but the result, or nothing yet."""

    OPEN = auto()
    RESULT_HIDDEN = auto()
    HIDDEN = auto()


class Worksheet(QObject):
    """Knows what is asked about the step that is shown, what was answered, and so what may be seen.

    Signals
    -------
    changed()
        Switched on or off, or something was answered or shown: what may be seen is different now.
    """

    changed = Signal()

    def __init__(self, show_again: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self.active = False
        self._show_again = show_again
        self._trace: Trace | None = None
        self._passes: dict[int | None, Pass] = {}

    @Slot(bool)
    def set_active(self, active: bool) -> None:
        """Hide what has not been answered yet, or show everything again."""
        if active != self.active:
            self.active = active
            self._report()

    def _report(self) -> None:
        self._show_again()
        self.changed.emit()

    # --- answering ----------------------------------------------------------------------------------------------------

    def current(self, frame: Frame) -> Pass:
        """Return the questions about the sample that is shown; another step begins with nothing answered."""
        if frame.trace is not self._trace:
            self._trace, self._passes = frame.trace, {}
        sample = frame.cursor.sample
        if sample is not None:
            sample = min(sample, frame.trace.batch_size - 1)
        return self._passes.setdefault(sample, Pass(frame.trace, sample))

    def answer(self, frame: Frame, index: int, text: str, number: float, tolerance: Tolerance) -> Verdict:
        """Judge an answer to one of the questions of the frame's stage."""
        verdict = self.current(frame).answer(frame.cursor.position, index, text, number, tolerance)
        self._report()
        return verdict

    def show_way(self, frame: Frame, index: int) -> None:
        """Give up one of the questions of the frame's stage."""
        self.current(frame).show(frame.cursor.position, index)
        self._report()

    # --- what may be seen ---------------------------------------------------------------------------------------------

    def secrecy(self, frame: Frame) -> Secrecy:
        """How much of the formula of the frame's stage may be seen."""
        if not self.active or not frame.trace.has_backward:  # a drawing alone has nothing to be learned from
            return Secrecy.OPEN
        first_open, position = self.current(frame).first_open(), frame.cursor.position
        if position < first_open:
            return Secrecy.OPEN
        return Secrecy.RESULT_HIDDEN if position == first_open else Secrecy.HIDDEN

    def has_open(self, frame: Frame) -> bool:
        """Whether anything of the frame's step is still to be predicted: the update, at least."""
        return self.active and frame.trace.has_backward and self.current(frame).first_open() < len(frame.walk)

    def known(self, frame: Frame) -> Frame:
        """Return the last frame before something is still to be predicted: nothing in there is a secret."""
        if self.secrecy(frame) is Secrecy.OPEN:
            return frame
        position = max(0, self.current(frame).first_open() - 1)
        return frame_at(frame.trace, replace(frame.cursor, position=position, overview=False))

    def masked(self, frame: Frame) -> Frame:
        """Return the frame without what is still to be predicted, as if that were not computed yet."""
        known = self.known(frame)
        if known is frame:
            return frame
        layers = tuple(replace(layer, active=now.active) for layer, now in zip(known.layers, frame.layers, strict=True))
        return replace(
            known,
            cursor=frame.cursor,
            stage=frame.stage,
            layers=layers,
            flow_gap=frame.flow_gap,
            flow=frame.flow,
            target=frame.target,
        )
