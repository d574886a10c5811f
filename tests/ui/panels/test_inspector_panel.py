from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QTableView, QToolButton, QWidget

from nnviz.core.explain import neuron_facts
from nnviz.core.playback import Cursor, frame_at, stages_of
from nnviz.core.spec import NetworkSpec
from nnviz.core.trace import LayerRecord
from nnviz.engine.catalogue import catalogue
from nnviz.engine.layers import Dense, Dropout, Flatten, Input
from nnviz.ui.formula.numbers import MINUS
from nnviz.ui.panels.inspector import InspectorPanel, PinnedNeuron
from nnviz.ui.panels.inspector_lines import Inspection, neuron_lines
from nnviz.ui.theme import ThemeChoice, theme_manager
from nnviz.ui.widgets.fact_sheet import Fact, FactSheet
from nnviz.ui.widgets.term_table import TermTable
from nnviz.ui.widgets.weight_image import WeightImage
from tests.support.reference import example_trace, image_network, point_network
from tests.ui.panels.trace_bench import MakeTraceBench, TraceBench, make_bench

__all__ = ["make_bench"]

Z_STAGE_OF_HIDDEN_1 = 2
LAST = -1


@pytest.fixture
def bench(make_bench: MakeTraceBench) -> TraceBench:
    return make_bench(InspectorPanel)


def panel_of(bench: TraceBench) -> InspectorPanel:
    assert isinstance(bench.panel, InspectorPanel)
    return bench.panel


def facts(bench: TraceBench) -> dict[str, str]:
    """What the sheet says: name → value for facts, and formulas by what they begin with."""
    found = {}
    for line in bench.widget(FactSheet, "inspector_facts").plain_text().splitlines():
        name, _, value = line.partition("\t")
        found[name] = value
    return found


def text(bench: TraceBench) -> str:
    return bench.widget(FactSheet, "inspector_facts").plain_text()


def title(bench: TraceBench) -> str:
    return re.sub("<[^>]*>", "", bench.widget(QLabel, "inspector_title").text())


def number(printed: str) -> float:
    return float(printed.replace(MINUS, "-"))


def cells(table: QTableView) -> list[list[str]]:
    model = table.model()
    return [[str(model.index(row, column).data()) for column in range(4)] for row in range(model.rowCount())]


def test_with_nothing_pinned_it_teaches_how_to_pin(bench: TraceBench) -> None:
    assert bench.panel.objectName() == "inspector"
    assert bench.widget(QLabel, "inspector_hint").isVisible()
    assert "Click a neuron" in bench.widget(QLabel, "inspector_hint").text()
    assert not bench.widget(TermTable, "term_table").isVisible()


def test_a_neuron_before_its_stage_is_not_computed_yet(bench: TraceBench) -> None:
    panel_of(bench).pin_neuron(3, 7)
    assert title(bench) == "Hidden 2 · neuron 7"
    assert facts(bench)["z = Σ w·x + b"] == "not computed yet"
    assert facts(bench)["δ = ∂L/∂z"] == "not computed yet"
    assert all(row[2:] == ["", ""] for row in cells(bench.widget(TermTable, "term_table")))


def test_the_numbers_shown_add_up(bench: TraceBench) -> None:
    panel_of(bench).pin_neuron(2, 7)
    bench.go_to(LAST)
    trace = bench.session.trace
    assert trace is not None
    z = float(trace.layers[2].parts["pre_activation"].value[0, 7])
    formula = next(line for line in text(bench).splitlines() if line.startswith("z₇ = "))
    _, rule, arithmetic, result = formula.split(" = ")
    assert rule == "Σ w·x + b"
    assert number(result) == pytest.approx(z, rel=0.01)
    assert "(62 more)" in arithmetic
    # a reader who adds up what is printed gets what is printed
    parts = arithmetic.replace(" (62 more)", "").replace(f" {MINUS} ", f" + {MINUS}").split(" + ")
    added = sum(math.prod(number(factor) for factor in part.split("·")) for part in parts)
    assert added == pytest.approx(number(result), rel=0.006)
    rows = cells(bench.widget(TermTable, "term_table"))
    assert len(rows) == 64
    bias = float(trace.layers[2].parameters["bias"].before[7])
    assert sum(number(row[3]) for row in rows) + bias == pytest.approx(z, abs=64 * 0.0005)
    for _, w, x, product in rows:
        assert number(w) * number(x) == pytest.approx(number(product), abs=0.002)


def test_numbers_appear_stage_by_stage_and_go_again(bench: TraceBench) -> None:
    panel_of(bench).pin_neuron(2, 7)
    bench.go_to(Z_STAGE_OF_HIDDEN_1)
    assert "z₇ = Σ w·x + b = " in text(bench)
    assert facts(bench)["a = φ(z)"] == "not computed yet"
    bench.go_to(Z_STAGE_OF_HIDDEN_1 + 1)
    assert "a₇ = max(0, z) = " in text(bench)
    bench.go_to(LAST)
    assert "δ₇ = " in text(bench)
    assert "not computed yet" not in text(bench)
    bench.go_to(0)
    assert facts(bench)["z = Σ w·x + b"] == "not computed yet"


def test_the_output_of_a_fused_loss_has_target_and_delta(bench: TraceBench) -> None:
    panel_of(bench).pin_neuron(4, 3)
    bench.go_to(LAST)
    assert title(bench) == "Output · class 3"
    assert "a₃ = exp(z₃ − max z)/Σ exp(z − max z) = exp(" in text(bench)
    assert facts(bench)["target y"] in ("0", "1")
    assert "∂L/∂a" not in facts(bench)
    assert "δ₃ = (a − y)/B" in text(bench)


def test_it_follows_the_chosen_sample_and_the_mean(bench: TraceBench) -> None:
    panel_of(bench).pin_neuron(2, 7)
    bench.go_to(LAST)
    first = text(bench)
    bench.session.select_sample(4)
    assert text(bench) != first
    bench.session.select_sample(None)
    assert "mean z₇ = Σ w·x + b" in text(bench)


def test_an_edge_shows_weight_gradient_and_next_update(bench: TraceBench) -> None:
    panel_of(bench).pin_edge(3, 4, 7)
    assert title(bench) == "Hidden 1 · neuron 7→ Hidden 2 · neuron 4"
    assert facts(bench)["∂L/∂w"] == facts(bench)["Δw"] == "not computed yet"
    assert "Next update" in text(bench)
    bench.go_to(LAST)
    trace = bench.session.trace
    assert trace is not None
    record = trace.layers[3].parameters["weight"]
    assert record.gradient is not None
    assert record.after is not None
    shown = facts(bench)
    assert number(shown["w before the step"]) == pytest.approx(float(record.before[4, 7]), rel=1e-4)
    assert number(shown["∂L/∂w"]) == pytest.approx(float(record.gradient[4, 7]), rel=1e-4)
    assert number(shown["Δw"]) == pytest.approx(float(record.after[4, 7] - record.before[4, 7]), rel=1e-4, abs=1e-9)
    assert shown["optimizer"] == "SGD"
    assert "Update taken" in text(bench)


def test_the_ends_of_an_edge_are_links(bench: TraceBench) -> None:
    panel_of(bench).pin_edge(3, 4, 7)
    label = bench.widget(QLabel, "inspector_title")
    with bench.qtbot.waitSignal(panel_of(bench).neuron_picked) as picked:
        bench.qtbot.mouseClick(label, Qt.MouseButton.LeftButton, pos=QPoint(20, label.height() // 4))
    assert picked.args == [2, 7]


@pytest.mark.parametrize("layer", [0, 1], ids=["input", "flattened"])
def test_a_pixel_shows_its_value_and_raw_value(bench: TraceBench, layer: int) -> None:
    panel_of(bench).pin_neuron(layer, 29)
    bench.go_to(1)
    trace = bench.session.trace
    assert trace is not None
    assert "pixel in row 3, column 5" in title(bench)
    value = float(trace.inputs[0, 3, 5])
    assert number(facts(bench)["value x"]) == pytest.approx(value, rel=1e-4)
    assert number(facts(bench)["raw value, as stored"]) == pytest.approx(16 * value, rel=1e-4)
    assert not bench.widget(TermTable, "term_table").isVisible()


def test_a_feature_is_called_by_its_name(make_bench: MakeTraceBench) -> None:
    bench = make_bench(InspectorPanel, point_network(), classes=("negative", "positive"))
    panel_of(bench).pin_neuron(0, 1)
    assert title(bench) == "Input · feature x₂"
    panel_of(bench).pin_neuron(1, 0)
    bench.go_to(LAST)
    assert [row[0] for row in sorted(cells(bench.widget(TermTable, "term_table")))] == ["x₁", "x₂"]
    assert not bench.widget(WeightImage, "weight_image").isVisible()


def test_the_weights_on_an_image_are_shown_as_one(bench: TraceBench) -> None:
    image = bench.widget(WeightImage, "weight_image")
    panel_of(bench).pin_neuron(2, 7)
    assert image.isVisible()
    first = image.grab().toImage()
    panel_of(bench).pin_neuron(2, 8)
    assert image.grab().toImage() != first
    panel_of(bench).pin_neuron(3, 7)
    assert not image.isVisible()


def test_a_click_on_a_term_leads_to_where_it_comes_from(bench: TraceBench) -> None:
    panel_of(bench).pin_neuron(3, 7)
    bench.go_to(LAST)
    table = bench.widget(TermTable, "term_table")
    index = table.model().index(2, 0)
    with bench.qtbot.waitSignal(panel_of(bench).neuron_picked) as picked:
        bench.qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(index).center())
    assert picked.args == [2, int(index.data())]


def test_terms_can_be_reached_and_copied_with_keys(bench: TraceBench) -> None:
    panel_of(bench).pin_neuron(3, 7)
    bench.go_to(LAST)
    table = bench.widget(TermTable, "term_table")
    table.setFocus()
    table.selectRow(1)
    with bench.qtbot.waitSignal(panel_of(bench).neuron_picked) as picked:
        bench.qtbot.keyClick(table, Qt.Key.Key_Return)
    unit = int(table.model().index(1, 0).data())
    assert picked.args == [2, unit]
    bench.qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    bench.wait_until(lambda: "\n" in QGuiApplication.clipboard().text())
    header, row = QGuiApplication.clipboard().text().splitlines()
    assert header == "neuron\tw\tx\tw·x"
    name, w, x, product = row.split("\t")
    assert int(name) == unit
    assert float(w) * float(x) == pytest.approx(float(product), rel=1e-6)


def test_the_numbers_can_be_copied(bench: TraceBench) -> None:
    panel_of(bench).pin_edge(3, 4, 7)
    sheet = bench.widget(FactSheet, "inspector_facts")
    sheet.setFocus()
    bench.qtbot.keyClick(sheet, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    bench.wait_until(lambda: "weight w\t" in QGuiApplication.clipboard().text())


def test_unpinning(bench: TraceBench) -> None:
    panel_of(bench).pin_neuron(2, 7)
    assert panel_of(bench).pinned == PinnedNeuron(2, 7)
    with bench.qtbot.waitSignal(panel_of(bench).pin_cleared):
        bench.qtbot.mouseClick(bench.widget(QToolButton, "unpin_button"), Qt.MouseButton.LeftButton)
    assert panel_of(bench).pinned is None
    assert bench.widget(QLabel, "inspector_hint").isVisible()


@pytest.mark.parametrize(
    "pin",
    [(9, 0), (2, 20), (-1, 0), (9, 0, 0), (1, 0, 0), (0, 0, 0), (3, 14, 0), (3, 0, 20)],
    ids=str,
)
def test_a_pin_that_the_network_does_not_have_shows_nothing(bench: TraceBench, pin: tuple[int, ...]) -> None:
    if len(pin) == 2:
        panel_of(bench).pin_neuron(*pin)
    else:
        panel_of(bench).pin_edge(*pin)
    assert bench.widget(QLabel, "inspector_hint").isVisible()


def test_a_unit_that_only_passes_something_on() -> None:
    trace = example_trace(NetworkSpec((Input((8, 8)), Flatten(), Dense(12), Dense(10, "softmax"))))
    layers = list(trace.layers)
    passed_on = {"output": layers[2].parts["activation"]}
    layers.insert(3, LayerRecord(passed_on, {}))
    network = NetworkSpec((*trace.network.layers[:3], Dropout(), trace.network.layers[3]))
    trace = replace(trace, network=network, layers=tuple(layers))
    frame = frame_at(trace, Cursor(len(stages_of(trace)) - 1))
    lines = neuron_lines(Inspection(frame, catalogue(), None), neuron_facts(frame, 3, 11))
    printed = {line.name: number(line.value) for line in lines if isinstance(line, Fact)}
    value = pytest.approx(float(trace.layers[2].parts["activation"].value[0, 11]), rel=1e-4)
    gradient = trace.layers[2].parts["activation"].gradient
    assert gradient is not None
    assert printed == {
        "value before": value,
        "value after": value,
        "∂L/∂a": pytest.approx(float(gradient[0, 11]), rel=1e-4),
    }


def test_a_drawing_without_label_has_no_way_back(bench: TraceBench) -> None:
    panel_of(bench).pin_neuron(2, 7)
    bench.session.show_drawing(np.ones((8, 8), np.float32))
    bench.wait_until(lambda: "Without a target" in text(bench))
    panel_of(bench).pin_edge(2, 7, 3)
    assert "Without a target" in text(bench)


def test_while_it_runs_the_numbers_follow_calmly(bench: TraceBench) -> None:
    panel_of(bench).pin_neuron(2, 7)
    bench.session.run()
    bench.wait_until(lambda: "δ₇ = " in text(bench))
    shown = text(bench)
    bench.wait_until(lambda: text(bench) != shown)
    bench.session.pause()


@pytest.mark.parametrize("choice", [ThemeChoice.LIGHT, ThemeChoice.DARK])
def test_nothing_is_cut_off_in_a_narrow_dock(make_bench: MakeTraceBench, choice: ThemeChoice) -> None:
    bench = make_bench(InspectorPanel, image_network(28))
    theme_manager().choose(choice)
    panel_of(bench).pin_neuron(2, 7)
    bench.go_to(LAST)
    table = bench.widget(TermTable, "term_table")
    bench.wait_until(lambda: table.viewport().width() > 0)
    for name in ("inspector_facts", "term_table", "weight_image"):
        widget = bench.widget(QWidget, name)
        right = widget.mapTo(bench.panel, QPoint(widget.width(), 0)).x()
        assert right <= bench.panel.width()
    theme_manager().choose(ThemeChoice.SYSTEM)


def test_a_very_wide_layer_lists_the_largest_and_sums_up_the_rest(make_bench: MakeTraceBench) -> None:
    network = NetworkSpec((Input((40, 40)), Flatten(), Dense(3), Dense(10, "softmax")))
    bench = make_bench(InspectorPanel, network)
    panel_of(bench).pin_neuron(2, 0)
    bench.go_to(LAST)
    rows = cells(bench.widget(TermTable, "term_table"))
    assert len(rows) == 1001
    assert rows[-1][0] == "600 more"
    trace = bench.session.trace
    assert trace is not None
    z = float(trace.layers[2].parts["pre_activation"].value[0, 0])
    bias = float(trace.layers[2].parameters["bias"].before[0])
    assert sum(number(row[3]) for row in rows) + bias == pytest.approx(z, abs=0.2)
