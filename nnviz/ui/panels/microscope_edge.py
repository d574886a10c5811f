"""A weight under the microscope.

Is its gradient right, what if it were another, what does each sample say, and what does the optimizer make of it?
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.facts import RunState
from nnviz.core.microscope import AskNudges, AskOptimizerStep, Nudges, OptimizerStep, WeightQuestion, sample_gradients
from nnviz.core.playback import Frame, Phase
from nnviz.core.pokes import WeightPlace
from nnviz.core.trace import Trace
from nnviz.core.worksheet_quantities import Place
from nnviz.session.session import Session
from nnviz.ui.panels.inspector_lines import no_way_back
from nnviz.ui.panels.microscope_lines import check_lines, optimizer_step_lines, sample_lines
from nnviz.ui.widgets.digits_label import DigitsLabel
from nnviz.ui.widgets.fact_sheet import FactSheet
from nnviz.ui.widgets.fold import Fold
from nnviz.ui.widgets.layout import ROW_GAP, message_label, show_message
from nnviz.ui.widgets.nudge_box import NudgeBox
from nnviz.ui.widgets.sample_dots import SampleDots

A = TypeVar("A")


class _Section:
    """A fold with a message, which is shown as long as there is no answer, and the contents that show one."""

    def __init__(self, name: str, title: str, refresh: Callable[[], None]) -> None:
        self.fold = Fold(name, title)
        self._message = message_label("muted")
        self._message.setObjectName(f"{name}_message")
        self._contents: list[QWidget] = []
        self.fold.column.addWidget(self._message)
        self.fold.toggled.connect(refresh)

    def add(self, widget: QWidget) -> None:
        """Add a widget that is of use only when there is an answer."""
        self._contents.append(widget)
        self.fold.column.addWidget(widget)

    def show(self, message: str) -> None:
        """Show a message, or (where it is empty) the contents."""
        show_message(self._message, message)
        for widget in self._contents:
            widget.setVisible(not message)


class EdgeScope(QWidget):
    """Four folds under the facts of an edge. An open fold asks the engine, once for each step that is shown."""

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._catalogue = session, catalogue
        self._frame: Frame | None = None
        self._trace: Trace | None = None
        self._place = (0, 0, 0)
        self._asked: dict[type[WeightQuestion], WeightQuestion] = {}
        self._answers: dict[type[WeightQuestion], object] = {}
        self._check = _Section("gradient_check", self.tr("Is the gradient right?"), self._refresh)
        self._nudge = _Section("nudge", self.tr("What if w were another?"), self._refresh)
        self._samples = _Section("samples", self.tr("Each sample's gradient"), self._refresh)
        self._optimizer = _Section("optimizer", self.tr("Inside the optimizer"), self._refresh)
        self._fill()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(ROW_GAP)
        for section in (self._check, self._nudge, self._samples, self._optimizer):
            column.addWidget(section.fold)
        session.inquiries.answered.connect(self._take)
        session.run_state_changed.connect(self._refresh)

    def _fill(self) -> None:
        self._digits = DigitsLabel("gradient_digits", self.tr("Autograd and finite difference"))
        self._check_facts = self._sheet("gradient_check_facts", self.tr("How the gradient was checked"))
        self._nudge_box = NudgeBox()
        self._dots = SampleDots()
        self._sample_facts = self._sheet("sample_facts", self.tr("The samples' gradients in numbers"))
        self._optimizer_facts = self._sheet("optimizer_facts", self.tr("The optimizer's calculation"))
        contents: tuple[tuple[_Section, QLabel | QWidget], ...] = (
            (self._check, self._digits),
            (self._check, self._check_facts),
            (self._nudge, self._nudge_box),
            (self._samples, self._dots),
            (self._samples, self._sample_facts),
            (self._optimizer, self._optimizer_facts),
        )
        for section, widget in contents:
            section.add(widget)

    def _sheet(self, name: str, accessible_name: str) -> FactSheet:
        sheet = FactSheet(self)
        sheet.setObjectName(name)
        sheet.setAccessibleName(accessible_name)
        return sheet

    def show_edge(self, frame: Frame, layer: int, out: int, inp: int) -> None:
        """Look at the weight from unit `inp` to unit `out` of a layer."""
        if frame.trace is not self._trace or self._place != (layer, out, inp):
            self._asked.clear()
            self._answers.clear()
        self._frame, self._trace, self._place = frame, frame.trace, (layer, out, inp)
        self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while nobody looked."""
        super().showEvent(event)
        self._refresh()

    # --- asking -------------------------------------------------------------------------------------------------------

    def _answer(self, kind: type[WeightQuestion], wanted: type[A]) -> A | None:
        """Return what the engine says to a question; where it was not asked yet, ask."""
        trace = self._trace
        if trace is not None and kind not in self._asked:
            question = kind(trace.revision, trace.step, *self._place)
            self._asked[kind] = question
            self._session.inquiries.ask(question)
        answer = self._answers.get(kind)
        return answer if isinstance(answer, wanted) else None

    def _take(self, question: object, answer: object) -> None:
        """Keep an answer, if it is the one that is waited for: questions that look alike may mean another step."""
        if isinstance(question, WeightQuestion) and self._asked.get(type(question)) is question:
            self._answers[type(question)] = answer
            self._refresh()

    def _obstacle(self, from_engine: bool) -> str:
        """Say why there is nothing to be seen at this moment; empty where there is."""
        frame = self._frame
        assert frame is not None
        if not frame.trace.has_backward:
            return no_way_back(frame)
        if "weight" not in frame.layers[self._place[0]].parameter_gradients:
            return self.tr("Not computed yet: step on until this layer's gradients are there.")
        if from_engine and self._session.run_state is not RunState.PAUSED:
            return self.tr("Pause to see this.")
        return ""

    # --- showing ------------------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Show what is open."""
        if self._frame is None or not self.isVisible():
            return
        if self._check.fold.is_open:
            self._show(self._check, AskNudges, Nudges, self._show_check)
        if self._nudge.fold.is_open:
            self._show(self._nudge, AskNudges, Nudges, self._show_nudges)
        if self._optimizer.fold.is_open and self._session.worksheet.hides_update(self._frame, Place(*self._place)):
            self._optimizer.show(self.tr("Work out the update in the worksheet first."))
        elif self._optimizer.fold.is_open and self._frame.trace.pokes.is_frozen(WeightPlace(*self._place)):
            self._optimizer.show(self.tr("This weight is frozen: the optimizer's step leaves it out."))
        elif self._optimizer.fold.is_open:
            self._show(self._optimizer, AskOptimizerStep, OptimizerStep, self._show_optimizer)
        if self._samples.fold.is_open:
            self._show_samples(self._frame)

    def _show(self, section: _Section, kind: type[WeightQuestion], wanted: type[A], show: Callable[[A], None]) -> None:
        """Show an answer, or why there is none; until it comes, what is there stays there."""
        message = self._obstacle(from_engine=True)
        if not message:
            answer = self._answer(kind, wanted)
            if answer is not None:
                show(answer)
            elif kind not in self._answers:
                return
            else:
                message = self.tr("Step on to see this again.")
        section.show(message)

    def _show_nudges(self, nudges: Nudges) -> None:
        self._nudge_box.show_nudges(nudges, self._frame is not None and self._frame.phase is Phase.UPDATE)

    def _show_check(self, nudges: Nudges) -> None:
        rows = (
            (self.tr("in training"), nudges.gradient),
            (self.tr("autograd"), nudges.exact_gradient),
            (self.tr("difference"), nudges.difference),
        )
        in_training, exact = self._digits.show_numbers(rows)
        self._check_facts.show_lines(check_lines(nudges, in_training, exact))

    def _show_optimizer(self, step: OptimizerStep) -> None:
        self._optimizer_facts.show_lines(optimizer_step_lines(step, self._catalogue))

    def _show_samples(self, frame: Frame) -> None:
        message = self._obstacle(from_engine=False)
        gradients = None if message else sample_gradients(frame.trace, *self._place)
        if gradients is not None:
            self._dots.show_values(gradients, frame.cursor.sample)
            self._sample_facts.show_lines(sample_lines(gradients, frame))
        self._samples.show(message)
