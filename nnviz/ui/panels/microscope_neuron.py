"""A neuron under the microscope: where it stands on its activation function, and which errors flow back to it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnviz.core.activation_curves import ACTIVATION_CURVES, ActivationCurve, softmax_curve
from nnviz.core.data import DataSummary
from nnviz.core.microscope import backward_terms
from nnviz.core.playback import Frame
from nnviz.core.spec import Wiring
from nnviz.ui.formula.numbers import significant
from nnviz.ui.widgets.activation_plot import ActivationPicture, ActivationPlot
from nnviz.ui.widgets.fact_sheet import Fact, FactSheet, Note
from nnviz.ui.widgets.fold import Fold
from nnviz.ui.widgets.layout import ROW_GAP
from nnviz.ui.widgets.term_table import TermTable
from nnviz.ui.widgets.unit_names import unit_names

MOST_POINTS = 256
DIGITS = 4


class NeuronScope(QWidget):
    """Two folds under the facts of a neuron.

    Signals
    -------
    neuron_picked(int, int)
        The neuron (layer, unit) that a term of the way back comes from.
    """

    neuron_picked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frame: Frame | None = None
        self._summary: DataSummary | None = None
        self._place = (0, 0)
        self._activation = Fold("activation", self.tr("Activation function"), is_open=True)
        self._plot = ActivationPlot()
        self._slope = FactSheet()
        self._slope.setObjectName("activation_facts")
        self._slope.setAccessibleName(self.tr("Slope of the activation function"))
        self._activation.column.addWidget(self._plot)
        self._activation.column.addWidget(self._slope)
        self._backward = Fold("backward_terms", self.tr("Terms w·δ, next layer"))
        self._table = TermTable("backward_table", self.tr("Terms of the sum on the way back"), ("w", "δ", "w·δ"))
        self._table.unit_picked.connect(self._pick)
        self._backward.column.addWidget(self._table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(ROW_GAP)
        column.addWidget(self._activation)
        column.addWidget(self._backward)
        for fold in (self._activation, self._backward):
            fold.toggled.connect(self._refresh)

    def show_neuron(self, frame: Frame, layer: int, unit: int, summary: DataSummary | None) -> None:
        """Look at a unit of a layer."""
        self._frame, self._place, self._summary = frame, (layer, unit), summary
        self._refresh()

    def _refresh(self) -> None:
        if self._frame is not None:
            self._show_activation(self._frame, *self._place)
            self._show_terms(self._frame, *self._place)

    def _show_activation(self, frame: Frame, layer: int, unit: int) -> None:
        curve = _curve(frame, layer, unit)
        self._activation.setVisible(curve is not None)
        if curve is None or not self._activation.is_open:
            return
        sums = _points(frame, layer, unit)
        single = frame.cursor.sample is not None
        is_off = frame.trace.pokes.is_off(layer, unit)
        self._plot.show_picture(ActivationPicture(curve, sums, has_tangent=single and not is_off, is_off=is_off))
        if is_off and len(sums):
            self._slope.show_lines([Note(self.tr("Switched off: its output is 0, whatever z is."))])
        elif single and len(sums):
            slope = Fact(self.tr("slope φ′(z), dashed"), significant(float(curve.slope(sums)[0]), DIGITS))
            self._slope.show_lines([slope])
        elif len(sums):
            self._slope.show_lines([Note(self.tr("One point for each sample of the batch."))])
        else:
            self._slope.show_lines([])
        self._slope.setVisible(len(sums) > 0)

    def _show_terms(self, frame: Frame, layer: int, unit: int) -> None:
        terms = backward_terms(frame, layer, unit) if frame.layers[layer].spec.wiring is not Wiring.NONE else None
        self._backward.setVisible(terms is not None)
        if terms is not None and self._backward.is_open:
            self._table.show_terms(terms, unit_names(frame.trace.network, layer + 1, self._summary))

    def _pick(self, unit: int) -> None:
        self.neuron_picked.emit(self._place[0] + 1, unit)


def _points(frame: Frame, layer: int, unit: int) -> np.ndarray:
    """The neuron's z, of the chosen sample or of all (a few hundred at most); none where it is not known."""
    part = frame.layers[layer].spec.parts[0].name
    if part not in frame.layers[layer].values:
        return np.zeros(0)
    column = frame.trace.layers[layer].parts[part].value[:, unit].astype(np.float64)
    sample = frame.cursor.sample
    picked = column[:: -(-len(column) // MOST_POINTS)] if sample is None else column[sample : sample + 1]
    return picked[np.isfinite(picked)]


def _curve(frame: Frame, layer: int, unit: int) -> ActivationCurve | None:
    """The function that a neuron applies to its z; None where it is not a function of that alone."""
    here = frame.layers[layer]
    name = here.spec.activation_name
    if name != "softmax":
        return ACTIVATION_CURVES.get(name or "")
    sums = here.values.get(here.spec.parts[0].name)
    if sums is None or frame.cursor.sample is None or len(sums) < 2 or not np.isfinite(sums).all():
        return None
    return softmax_curve(sums.astype(np.float64), unit)
