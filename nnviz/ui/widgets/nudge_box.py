"""A slider that moves one weight, the loss that follows, and what the gradient had promised."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QSlider, QVBoxLayout, QWidget

from nnviz.core.microscope import Nudges
from nnviz.ui.formula.numbers import come_to, significant
from nnviz.ui.widgets.fact_sheet import Fact, FactSheet, Formula, Line, Note
from nnviz.ui.widgets.layout import ROW_GAP
from nnviz.ui.widgets.nudge_plot import NudgePlot

DIGITS = 5


class _Slider(QSlider):
    """Leaves the wheel to the panel, which scrolls."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll on."""
        event.ignore()


class NudgeBox(QWidget):
    """The slider walks over the points that the engine has computed, so that it needs no further answer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._nudges: Nudges | None = None
        self._step_taken = False
        self._plot = NudgePlot()
        self._slider = _Slider(Qt.Orientation.Horizontal)
        self._slider.setObjectName("nudge_slider")
        self._slider.setAccessibleName(self.tr("Another value of this weight"))
        self._slider.setToolTip(self.tr("Move the weight: nothing is changed, the loss is only looked up"))
        self._slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self._slider.setPageStep(5)
        self._slider.valueChanged.connect(self._show)
        self._facts = FactSheet()
        self._facts.setObjectName("nudge_facts")
        self._facts.setAccessibleName(self.tr("Loss for the other weight"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(ROW_GAP)
        column.addWidget(self._plot)
        column.addWidget(self._slider)
        column.addWidget(self._facts)

    def show_nudges(self, nudges: Nudges, step_taken: bool) -> None:
        """Show the curve of another weight or step; the slider stays where it is.

        With `step_taken` the weight is called by what it is then: the one before the step.
        """
        if nudges is self._nudges and step_taken == self._step_taken:
            return
        self._nudges, self._step_taken = nudges, step_taken
        self._slider.setRange(-nudges.middle, nudges.middle)
        self._slider.setTickInterval(nudges.middle // 4)
        self._show()

    def _show(self) -> None:
        nudges = self._nudges
        if nudges is not None:
            chosen = nudges.middle + self._slider.value()
            self._plot.show_nudges(nudges, chosen)
            self._facts.show_lines(self._lines(nudges, chosen))

    def _lines(self, nudges: Nudges, chosen: int) -> list[Line]:
        middle = nudges.middle
        here, there = float(nudges.weights[middle]), float(nudges.weights[chosen])
        loss = Fact(self.tr("loss of this batch"), significant(float(nudges.losses[middle]), DIGITS))
        if chosen == middle:
            hint = self.tr("Move the slider. The dashed line is the tangent: its slope is ∂L/∂w.")
            name = self.tr("w before the step") if self._step_taken else "w"
            return [Fact(name, significant(here, DIGITS)), loss, Note(hint)]
        moved, change = there - here, float(nudges.losses[chosen]) - float(nudges.losses[middle])
        promised = nudges.exact_gradient * moved
        name = self.tr("w, moved by {change}")
        if self._step_taken:
            name = self.tr("w before the step, moved by {change}")
        return [
            Fact(name.format(change=significant(moved)), significant(there, DIGITS)),
            Fact(self.tr("loss then"), significant(float(nudges.losses[chosen]), DIGITS)),
            Fact(self.tr("change of the loss"), significant(change)),
            Formula(come_to("∂L/∂w·Δw", lambda num: num(nudges.exact_gradient) * num(moved), promised)),
            Note(self._comparison(change, promised)),
        ]

    def _comparison(self, change: float, promised: float) -> str:
        if promised == change == 0:
            return self.tr("Nothing changes: for this batch the weight does not matter here.")
        if abs(promised - change) <= 0.1 * abs(change):
            return self.tr("So near, the tangent is right within a tenth.")
        return self.tr("The tangent is right only near w: farther off the loss bends away from it.")
