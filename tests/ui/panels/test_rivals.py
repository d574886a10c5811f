"""Why this class rather than that one: the fold of an output neuron, with the real engine, driven as a user would."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QScrollArea, QTableView, QToolButton

from nnviz.ui.formula.numbers import MINUS
from tests.ui.panels.inspector_bench import HIDDEN_2, OUTPUT, InspectorBench, inspector_bench, number

__all__ = ["inspector_bench"]

SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def fold(bench: InspectorBench) -> QToolButton:
    return bench.widget(QToolButton, "fold_rivals")


def best_two(bench: InspectorBench) -> tuple[int, int]:
    order = np.argsort(-bench.trace.layers[OUTPUT].parts["pre_activation"].value[0])
    return int(order[0]), int(order[1])


def test_it_waits_for_the_scores_and_is_for_outputs_only(bench: InspectorBench) -> None:
    bench.panel.pin_neuron(OUTPUT, 3)
    assert not fold(bench).isVisible()
    bench.to_the_end()
    assert fold(bench).isVisible()
    bench.session.select_sample(None)  # a mean is taken for nothing
    assert not fold(bench).isVisible()
    bench.session.select_sample(0)
    bench.panel.pin_neuron(HIDDEN_2, 3)
    assert not fold(bench).isVisible()
    bench.panel.pin_edge(OUTPUT, 3, 3)
    assert not fold(bench).isVisible()


def test_it_asks_the_question_that_the_learner_has(bench: InspectorBench) -> None:
    bench.to_the_end()
    best, second = best_two(bench)
    assert bench.trace.targets is not None
    target = int(bench.trace.targets[0])
    rival = second if target == best else target
    bench.panel.pin_neuron(OUTPUT, best)
    assert fold(bench).text() == f"Why {best} rather than {rival}?"
    third = next(unit for unit in range(10) if unit not in (best, rival))
    bench.panel.pin_neuron(OUTPUT, third)
    assert fold(bench).text() == f"Why {best} rather than {third}?"


def test_the_difference_comes_out_and_leads_to_the_neurons(bench: InspectorBench) -> None:
    bench.to_the_end()
    best, second = best_two(bench)
    bench.panel.pin_neuron(OUTPUT, second)
    bench.unfold("rivals")
    _, winner, _, _, other = fold(bench).text().rstrip("?").split()
    one, rest = int(winner), int(other)
    assert one == best
    layer = bench.trace.layers[OUTPUT]
    weight, bias = layer.parameters["weight"].before.astype(float), layer.parameters["bias"].before.astype(float)
    a = bench.trace.layers[HIDDEN_2].parts["activation"].value[0].astype(float)
    products = (weight[one] - weight[rest]) * a
    text = bench.text("rivals_facts")
    formula = next(line for line in text.splitlines() if line.startswith("z")).translate(SUBSCRIPTS)
    assert formula.startswith(f"z{one} − z{rest} = Σ (w{one} − w{rest})·a + (b{one} − b{rest}) ")
    assert number(formula.rpartition(" ")[2]) == pytest.approx(products.sum() + bias[one] - bias[rest], rel=0.01)
    assert "(11 more)" in formula
    assert f"Most for {one}: neuron {products.argmax()} (+" in text
    odds = np.exp(products.sum() + bias[one] - bias[rest])
    said = re.search(rf"{one} is (\S+) times as probable as {rest}\.", text)
    assert said is not None
    assert number(said[1]) == pytest.approx(odds, rel=0.01)
    table = bench.widget(QTableView, "rivals_table")
    model = table.model()
    rows = [[model.index(row, column).data() for column in range(4)] for row in range(model.rowCount())]
    assert [int(row[0]) for row in rows[:4]] == np.argsort(-np.abs(products), kind="stable")[:4].tolist()
    assert number(rows[0][3]) == pytest.approx(products[int(rows[0][0])], abs=0.001)
    titles = [model.headerData(column, Qt.Orientation.Horizontal).translate(SUBSCRIPTS) for column in range(3)]
    assert titles == ["neuron", f"w{one} − w{rest}", "a"]
    with bench.qtbot.waitSignal(bench.panel.neuron_picked) as picked:
        place = table.visualRect(model.index(1, 0)).center()
        bench.qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert picked.args == [HIDDEN_2, int(rows[1][0])]


@pytest.mark.parametrize("name", ["nudge", "optimizer"])
def test_a_fold_that_is_opened_comes_into_view(bench: InspectorBench, name: str) -> None:
    bench.panel.resize(300, 420)
    bench.panel.pin_edge(OUTPUT, *bench.strongest(OUTPUT))
    bench.to_the_end()
    area = bench.widget(QScrollArea, "inspector_scroll")
    heading = bench.widget(QToolButton, f"fold_{name}")
    area.ensureWidgetVisible(heading)
    bench.unfold(name)
    contents = heading.parentWidget()

    def is_seen() -> bool:
        top = contents.mapTo(area.viewport(), QPoint(0, 0)).y()
        filled = contents.height() > 3 * heading.height()
        return filled and top >= 0 and (top <= 2 or top + contents.height() <= area.viewport().height())

    bench.wait_until(is_seen)


def test_a_minus_is_a_minus(bench: InspectorBench) -> None:
    bench.to_the_end()
    bench.panel.pin_neuron(OUTPUT, best_two(bench)[0])
    bench.unfold("rivals")
    assert "-" not in bench.text("rivals_facts").replace(MINUS, "")
