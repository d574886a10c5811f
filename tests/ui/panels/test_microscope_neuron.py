"""A neuron under the microscope, with the real engine behind it, driven as a user would."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget

from nnviz.core.pokes import SwitchOff, UnitPlace
from nnviz.ui.widgets.activation_plot import ActivationPlot
from nnviz.ui.widgets.fact_sheet import FactSheet
from nnviz.ui.widgets.term_table import TermTable
from tests.ui.panels.inspector_bench import HIDDEN_1, HIDDEN_2, OUTPUT, InspectorBench, inspector_bench, number

__all__ = ["inspector_bench"]


def test_a_neuron_stands_on_its_activation_function(bench: InspectorBench) -> None:
    bench.panel.pin_neuron(HIDDEN_1, 3)
    before = bench.image(ActivationPlot, "activation_plot")
    assert not bench.widget(FactSheet, "activation_facts").isVisible()
    bench.to_the_end()
    z = bench.trace.layers[HIDDEN_1].parts["pre_activation"].value[0, 3]
    assert bench.fact("activation_facts", "slope φ′(z), dashed") == ("1" if z > 0 else "0")
    assert bench.image(ActivationPlot, "activation_plot") != before
    bench.session.select_sample(None)
    assert "One point for each sample" in bench.text("activation_facts")


def test_a_neuron_that_is_switched_off_stands_at_zero(bench: InspectorBench) -> None:
    bench.to_the_end()
    unit = int(np.argmax(bench.trace.layers[HIDDEN_1].parts["pre_activation"].value[0]))
    bench.panel.pin_neuron(HIDDEN_1, unit)
    on = bench.image(ActivationPlot, "activation_plot")
    with bench.qtbot.waitSignal(bench.session.trace_recorded, timeout=10_000):
        bench.session.pokes.poke(SwitchOff(UnitPlace(HIDDEN_1, unit), on=True))
    bench.to_the_end()
    assert "Switched off: its output is 0" in bench.text("activation_facts")
    assert bench.image(ActivationPlot, "activation_plot") != on
    bench.session.select_sample(None)
    assert "Switched off: its output is 0" in bench.text("activation_facts")


def test_softmax_is_shown_with_the_other_sums_held(bench: InspectorBench) -> None:
    bench.panel.pin_neuron(OUTPUT, 3)
    bench.to_the_end()
    a = float(bench.trace.outputs[0, 3])
    assert number(bench.fact("activation_facts", "slope φ′(z), dashed")) == pytest.approx(a * (1 - a), rel=1e-3)
    bench.session.select_sample(None)
    assert not bench.widget(QWidget, "activation_plot").isVisible()


def test_an_input_has_neither_function_nor_terms(bench: InspectorBench) -> None:
    bench.panel.pin_neuron(0, 3)
    bench.to_the_end()
    for name in ("fold_activation", "fold_backward_terms", "fold_terms"):
        assert not bench.widget(QToolButton, name).isVisible()


def test_a_neuron_tells_the_whole_chain_rule(bench: InspectorBench) -> None:
    delta = bench.trace.layers[HIDDEN_2].parts["activation"].gradient
    assert delta is not None
    unit = int(np.argmax(np.abs(delta[0])))
    bench.panel.pin_neuron(HIDDEN_2, unit)
    bench.to_the_end()
    text = bench.text("inspector_facts")
    assert re.search(r"z\S+ = Σ w·x \+ b = .*\(18 more\).* = ", text)
    assert re.search(r"∂L/∂a\S+ = Σ w·δ = .*\(8 more\).* = ", text)
    assert re.search(r"δ\S+ = φ′\(z\)·∂L/∂a = ", text)


def test_each_term_of_the_way_back_leads_to_the_neuron_that_it_comes_from(bench: InspectorBench) -> None:
    bench.panel.pin_neuron(HIDDEN_2, 5)
    bench.to_the_end()
    table = bench.widget(TermTable, "backward_table")
    assert not table.isVisible()
    bench.unfold("backward_terms")
    assert table.isVisible()
    model = table.model()
    assert [model.headerData(c, Qt.Orientation.Horizontal).partition("\n")[0] for c in range(4)] == [
        "class",
        "w",
        "δ",
        "w·δ",
    ]
    assert model.rowCount() == 10
    index = model.index(1, 0)
    with bench.qtbot.waitSignal(bench.panel.neuron_picked) as picked:
        bench.qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(index).center())
    assert picked.args == [OUTPUT, int(index.data())]
