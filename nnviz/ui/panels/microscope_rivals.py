"""Why is this taken for a 7? The scores of two classes, compared term by term."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from nnviz.core.data import DataSummary, Task
from nnviz.core.playback import Frame
from nnviz.core.rivals import Rivals, odds, rivals
from nnviz.ui.formula.forward import more_terms
from nnviz.ui.formula.numbers import Expr, Num, come_to, significant, subscript, total
from nnviz.ui.widgets.fact_sheet import FactSheet, Formula, Line, Note, Sentence
from nnviz.ui.widgets.fold import Fold
from nnviz.ui.widgets.term_table import TermTable
from nnviz.ui.widgets.unit_names import UnitNames, unit_names

TERMS = 3


class RivalScope(Fold):
    """A fold under the facts of an output neuron, where several classes are told apart.

    Signals
    -------
    neuron_picked(int, int)
        The neuron (layer, unit) that a term comes from.
    """

    neuron_picked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("rivals", "", parent=parent)
        self._found: Rivals | None = None
        self._frame: Frame | None = None
        self._summary: DataSummary | None = None
        self._facts = FactSheet()
        self._facts.setObjectName("rivals_facts")
        self._facts.setAccessibleName(self.tr("The two scores compared"))
        self._table = TermTable("rivals_table", self.tr("Terms of the difference of two scores"))
        self._table.unit_picked.connect(self._pick)
        self.column.addWidget(self._facts)
        self.column.addWidget(self._table)
        self.toggled.connect(self._refresh)
        self.hide()

    def show_neuron(self, frame: Frame, layer: int, unit: int, summary: DataSummary | None) -> None:
        """Compare the classes that matter to a unit; there is nothing to be seen where it stands for none."""
        self._frame, self._summary = frame, summary
        is_class = layer == len(frame.layers) - 1 and summary is not None and summary.task is Task.CLASSES
        self._found = rivals(frame, unit) if is_class else None
        self.setVisible(self._found is not None)
        self._refresh()

    def _refresh(self) -> None:
        if self._found is None or self._frame is None:
            return
        names = unit_names(self._frame.trace.network, len(self._frame.layers) - 1, self._summary)
        title = self.tr("Why {winner} rather than {other}?").format(
            winner=names.short(self._found.winner), other=names.short(self._found.other)
        )
        self.set_title(title)
        if self.is_open:
            self._show(self._frame, self._found, names)

    def _show(self, frame: Frame, found: Rivals, names: UnitNames) -> None:
        sources = unit_names(frame.trace.network, len(frame.layers) - 2, self._summary)
        is_softmax = frame.layers[-1].spec.activation_name == "softmax"
        self._facts.show_lines([self._summed_up(found, names, sources), *self._lines(found, names, is_softmax)])
        one, other = subscript(found.winner), subscript(found.other)
        self._table.set_titles((f"w{one} − w{other}", "a", self.tr("product")))
        self._table.show_terms(found.terms, sources)

    def _summed_up(self, found: Rivals, names: UnitNames, sources: UnitNames) -> Sentence:
        """Say in words which unit speaks most for the winner, and which against it."""
        products, units = found.terms.products, found.terms.units
        assert products is not None  # z is computed
        text = self.tr("The terms add up to more for {winner} than for {other}.")
        best, worst = int(products.argmax()), int(products.argmin())
        if products[best] > 0 > products[worst]:
            text = self.tr("Most for {winner}: {kind} {best} ({gain}). Most for {other}: {kind} {worst} ({loss}).")
        elif products[best] > 0:
            text = self.tr("Most for {winner}: {kind} {best} ({gain}). For {other}: none.")
        return Sentence(
            text.format(
                winner=names.short(found.winner),
                other=names.short(found.other),
                kind=sources.kind,
                best=sources.short(int(units[best])),
                worst=sources.short(int(units[worst])),
                gain=f"+{significant(float(products[best]))}",
                loss=significant(float(products[worst])),
            )
        )

    def _lines(self, found: Rivals, names: UnitNames, is_softmax: bool) -> list[Line]:
        one, other = subscript(found.winner), subscript(found.other)
        lines: list[Line] = [Formula(difference_formula(found))]
        if is_softmax:
            times = significant(odds(found))
            lines.append(Formula(f"a{one}/a{other} = exp(z{one} − z{other}) = {times}"))
            text = self.tr("So after softmax, {winner} is {times} times as probable as {other}.")
            lines.append(
                Note(text.format(winner=names.short(found.winner), other=names.short(found.other), times=times))
            )
        return lines

    def _pick(self, unit: int) -> None:
        if self._frame is not None:
            self.neuron_picked.emit(len(self._frame.layers) - 2, unit)


def difference_formula(found: Rivals) -> str:
    """Write out z − z′ = Σ (w − w′)·a + (b − b′)."""
    one, other, terms = subscript(found.winner), subscript(found.other), found.terms
    products, inputs = terms.products, terms.inputs
    assert products is not None  # z is computed
    assert inputs is not None
    weights, shown = terms.weights, min(TERMS, len(terms.units))
    rest = (terms.total or 0.0) - float(products[:shown].sum())
    count = len(terms.units) + terms.rest_count - shown

    def arithmetic(num: Num) -> Expr:
        extra = []
        if count:
            summed = num(rest)
            extra.append(Expr(f"{summed.text} {more_terms().format(count=count)}", summed.value))
        if found.biases is not None:
            extra.append(num(found.biases[0] - found.biases[1]))
        return total(
            num, products[:shown], lambda row: num(float(weights[row])) * num(float(inputs[row])), shown, "", *extra
        )

    rule = f"Σ (w{one} − w{other})·a" + ("" if found.biases is None else f" + (b{one} − b{other})")
    return come_to(f"z{one} − z{other} = {rule}", arithmetic, found.difference)
