"""Worksheet mode: what a learner has still to predict is not shown anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto

from PySide6.QtCore import QObject, Signal, Slot

from nnviz.core.playback import Frame, frame_at
from nnviz.core.trace import Trace
from nnviz.core.worksheet import Pass, Tolerance, Verdict
from nnviz.core.worksheet_mask import with_solved
from nnviz.core.worksheet_quantities import Kind, Place


class Secrecy(Enum):
    """How much of a stage's formula may be seen: all of it, all but the result, or nothing yet."""

    OPEN = auto()
    RESULT_HIDDEN = auto()
    HIDDEN = auto()


@dataclass(frozen=True)
class Permission:
    """What may be seen of the formulas of a stage.

    Attributes
    ----------
    solved : tuple of Place
        Where the result is hidden: of these neurons (or weights) it may be seen all the same.
    asked : Place or None
        What is asked next.
    """

    secrecy: Secrecy = Secrecy.OPEN
    solved: tuple[Place, ...] = ()
    asked: Place | None = None


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

    def permission(self, frame: Frame) -> Permission:
        """What may be seen of the formulas of the frame's stage."""
        secrecy, position = self.secrecy(frame), frame.cursor.position
        if secrecy is not Secrecy.RESULT_HIDDEN:
            return Permission(secrecy)
        sheet = self.current(frame)
        solved = (asked.place for asked in sheet.solved(position) if asked.kind is not Kind.BIAS_GRADIENT)
        return Permission(secrecy, tuple(solved), sheet.asked_next(position))

    def hides_update(self, frame: Frame, place: Place) -> bool:
        """Whether the change of a weight in the frame's step is still to be predicted."""
        if not self.active or not frame.trace.has_backward:
            return False
        sheet = self.current(frame)
        first_open, update = sheet.first_open(), len(frame.walk) - 1
        return first_open < update or (first_open == update and not sheet.knows(place))

    def known(self, frame: Frame, place: Place | None = None) -> Frame:
        """Return the last frame before something is still to be predicted: nothing in there is a secret.

        With `place`, nothing about this neuron or weight is; other numbers of the frame may be.
        """
        if self.secrecy(frame) is Secrecy.OPEN:
            return frame
        sheet = self.current(frame)
        position = sheet.first_open()
        if place is None or not sheet.knows(place):
            position = max(0, position - 1)
        return _at(frame, position)

    def masked(self, frame: Frame) -> Frame:
        """Return the frame without what is still to be predicted, as if that were not computed yet."""
        known = self.known(frame)
        if known is frame:
            return frame
        sheet = self.current(frame)
        position = sheet.first_open()
        known = with_solved(known, _at(frame, position), sheet.solved(position))
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


def _at(frame: Frame, position: int) -> Frame:
    """Return the same sample's frame at another stage."""
    return frame_at(frame.trace, replace(frame.cursor, position=position, overview=False))
