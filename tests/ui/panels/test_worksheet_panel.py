from __future__ import annotations

import re

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton, QWidget

from nnviz.core.spec import NetworkSpec
from nnviz.core.worksheet import Item, Pass
from nnviz.engine.layers import Dense, Input
from nnviz.ui.panels.worksheet import WorksheetPanel
from nnviz.ui.widgets.fact_sheet import FactSheet
from nnviz.ui.widgets.worksheet_row import typed_number
from tests.ui.panels.trace_bench import MakeTraceBench, TraceBench, make_bench

__all__ = ["make_bench"]

SMALL = NetworkSpec((Input((2,)), Dense(2, "sigmoid"), Dense(1, "sigmoid")))
Z1, A1 = 1, 2


@pytest.fixture
def bench(make_bench: MakeTraceBench) -> TraceBench:
    bench = make_bench(WorksheetPanel, SMALL, ("no", "yes"), batch=2)
    bench.wait_until(lambda: bench.session.can_step)
    bench.qtbot.mouseClick(bench.widget(QCheckBox, "worksheet_switch"), Qt.MouseButton.LeftButton)
    return bench


def sheet(bench: TraceBench) -> Pass:
    assert bench.session.frame is not None
    return bench.session.worksheet.current(bench.session.frame)


def items(bench: TraceBench) -> tuple[Item, ...]:
    return sheet(bench).items(bench.session.cursor.position)


def text(bench: TraceBench, name: str) -> str:
    label = bench.widget(QLabel, name)
    return label.text() if label.isVisible() else ""


def formula(bench: TraceBench, number: int) -> str:
    return bench.widget(FactSheet, f"worksheet_formula_{number}").plain_text()


def type_answer(bench: TraceBench, number: int, answer: str) -> None:
    field = bench.widget(QLineEdit, f"worksheet_answer_{number}")
    field.clear()
    bench.qtbot.keyClicks(field, answer)
    bench.qtbot.keyClick(field, Qt.Key.Key_Return)


def press(bench: TraceBench, name: str) -> None:
    bench.qtbot.mouseClick(bench.widget(QPushButton, name), Qt.MouseButton.LeftButton)


def right_answer(bench: TraceBench, number: int) -> str:
    return f"{items(bench)[number - 1].asked.value:.4g}"


def answer_all(bench: TraceBench) -> None:
    for number in range(1, len(items(bench)) + 1):
        type_answer(bench, number, right_answer(bench, number))


# --- the panel --------------------------------------------------------------------------------------------------------


def test_switched_off_it_says_what_it_is_for(make_bench: MakeTraceBench) -> None:
    bench = make_bench(WorksheetPanel, SMALL, ("no", "yes"))
    assert "Numbers are hidden until you have worked them out" in text(bench, "worksheet_message")
    assert not bench.widget(QComboBox, "worksheet_tolerance_combo").isVisible()
    assert not bench.session.worksheet.active


def test_the_first_stage_has_nothing_to_work_out_and_leads_on(bench: TraceBench) -> None:
    assert "Nothing to be worked out" in text(bench, "worksheet_message")
    press(bench, "worksheet_next")
    assert bench.session.cursor.position == Z1
    assert text(bench, "worksheet_stage") == "Forward, Hidden 1: weighted sum"
    assert formula(bench, 1).startswith("z₀ = Σ w·x + b = ")
    assert formula(bench, 1).endswith("= ?")
    assert not bench.panel.findChildren(QPushButton, "worksheet_show_3")
    assert not bench.widget(QPushButton, "worksheet_next").isVisible()


def test_a_right_answer_shows_the_result_and_leads_to_the_next_field(bench: TraceBench) -> None:
    bench.go_to(Z1)
    type_answer(bench, 1, right_answer(bench, 1).replace(".", ","))
    assert "is right" in text(bench, "worksheet_praise_1")
    assert not formula(bench, 1).endswith("?")
    assert not bench.widget(QLineEdit, "worksheet_answer_1").isVisible()
    second = bench.widget(QLineEdit, "worksheet_answer_2")
    bench.wait_until(second.hasFocus)
    assert text(bench, "worksheet_score") == "Score: 1 right (1 at once), 0 shown"


def test_the_indices_are_explained_until_they_have_been_used(bench: TraceBench) -> None:
    bench.go_to(Z1)
    assert text(bench, "worksheet_message").startswith("Neurons are counted from 0")
    type_answer(bench, 1, right_answer(bench, 1))
    assert text(bench, "worksheet_message") == ""


def test_what_is_revealed_has_all_digits_of_its_32_bits(bench: TraceBench) -> None:
    bench.go_to(Z1)
    type_answer(bench, 1, right_answer(bench, 1))
    press(bench, "worksheet_show_2")
    told = [text(bench, name).replace("\u00a0", " ") for name in ("worksheet_praise_1", "worksheet_way_2")]
    for number, words in enumerate(told):
        written = re.search(rf"z{'₀₁'[number]} = (−?[\d.]+\d)", words)
        assert written is not None
        assert np.float32(written[1].replace("−", "-")) == np.float32(items(bench)[number].asked.value)


def test_a_wrong_answer_is_told_which_mistake_it_is(bench: TraceBench) -> None:
    bench.go_to(Z1)
    trace, item = bench.session.trace, items(bench)[0]
    assert trace is not None
    bias = float(trace.layers[1].parameters["bias"].before[0])
    type_answer(bench, 1, f"{item.asked.value - bias:.6g}")
    assert text(bench, "worksheet_hint_1") == "✗ Not yet. That is the sum without the bias."
    assert formula(bench, 1).endswith("= ?")
    assert bench.widget(QLineEdit, "worksheet_answer_1").selectedText()
    type_answer(bench, 1, "77")
    assert text(bench, "worksheet_hint_1").startswith("✗ Not yet. Multiply each input by its weight")
    type_answer(bench, 1, "1,2,3")
    assert text(bench, "worksheet_hint_1") == "This is not a number."
    type_answer(bench, 1, right_answer(bench, 1))
    assert text(bench, "worksheet_score") == "Score: 1 right (0 at once), 0 shown"


def test_show_the_way(bench: TraceBench) -> None:
    bench.go_to(Z1)
    press(bench, "worksheet_show_2")
    assert text(bench, "worksheet_way_2").startswith("Multiply each input by its weight")
    assert not formula(bench, 2).endswith("?")
    assert formula(bench, 1).endswith("?")
    assert text(bench, "worksheet_score") == "Score: 0 right (0 at once), 1 shown"


def test_the_next_stage_opens_when_all_is_answered_and_return_leads_there(bench: TraceBench) -> None:
    bench.go_to(A1)
    assert text(bench, "worksheet_message") == "First work out what comes before: Forward, Hidden 1: weighted sum."
    assert not bench.panel.findChildren(QLineEdit)
    press(bench, "worksheet_next")
    assert bench.session.cursor.position == Z1
    answer_all(bench)
    button = bench.widget(QPushButton, "worksheet_next")
    bench.wait_until(button.hasFocus)
    bench.qtbot.keyClick(button, Qt.Key.Key_Return)
    assert bench.session.cursor.position == A1
    bench.wait_until(bench.widget(QLineEdit, "worksheet_answer_1").hasFocus)


def test_a_whole_pass_leads_to_the_next_batch(bench: TraceBench) -> None:
    asked = 0
    for position in range(1, len(bench.session.walk)):
        press(bench, "worksheet_next")
        assert bench.session.cursor.position == position
        asked += len(items(bench))
        answer_all(bench)
    assert asked == 2 + 2 + 1 + 1 + 1 + 1 + 3 + 2 + 2 + 6 + 6
    assert text(bench, "worksheet_score") == f"Score: {asked} right ({asked} at once), 0 shown"
    assert bench.widget(QPushButton, "worksheet_next").text() == "Next batch"
    before = bench.session.trace
    press(bench, "worksheet_next")
    bench.wait_until(lambda: bench.session.trace is not before)
    assert bench.session.cursor.position == 0
    assert text(bench, "worksheet_score") == ""


def test_the_update_names_its_layers(bench: TraceBench) -> None:
    for _ in range(len(bench.session.walk) - 2):
        press(bench, "worksheet_next")
        answer_all(bench)
    press(bench, "worksheet_next")
    labels = [label.text() for label in bench.panel.findChildren(QLabel) if label.isVisible()]
    assert [each for each in labels if each in ("Output", "Hidden 1")] == ["Output", "Hidden 1"]
    assert formula(bench, 1).startswith("Δw₀,₀ = −η·∂L/∂w = −0.1·")
    assert text(bench, "worksheet_name_1") == "neuron 0 → neuron 0"
    assert text(bench, "worksheet_name_3") == "feature x₁ → neuron 0"
    answer_all(bench)
    trace = bench.session.trace
    assert trace is not None
    after = trace.layers[2].parameters["weight"].after
    assert after is not None
    assert text(bench, "worksheet_praise_1").endswith(f"w₀,₀\u00a0=\u00a0{after[0, 0]!s}".replace("-", "−"))


def test_the_tolerance_can_be_chosen(bench: TraceBench) -> None:
    bench.go_to(Z1)
    answer = f"{items(bench)[0].asked.value * 1.005:.6g}"
    combo = bench.widget(QComboBox, "worksheet_tolerance_combo")
    combo.setCurrentIndex(combo.findData("permille"))
    type_answer(bench, 1, answer)
    assert text(bench, "worksheet_hint_1")
    combo.setCurrentIndex(combo.findData("percent"))
    type_answer(bench, 1, answer)
    assert "is right" in text(bench, "worksheet_praise_1")


def test_the_mean_of_the_batch_cannot_be_worked_out(bench: TraceBench) -> None:
    bench.go_to(Z1)
    bench.session.select_sample(None)
    assert "choose one with the keys" in text(bench, "worksheet_message")
    bench.session.select_sample(1)
    type_answer(bench, 1, right_answer(bench, 1))
    bench.session.select_sample(0)
    assert formula(bench, 1).endswith("?")
    bench.session.select_sample(1)
    assert "is right" in text(bench, "worksheet_praise_1")


def test_while_it_trains_there_is_nothing_to_answer(bench: TraceBench) -> None:
    bench.session.run()
    bench.session.pause()
    bench.wait_until(lambda: bench.session.can_step and bench.session.cursor.overview)
    assert "Press Space to pause" in text(bench, "worksheet_message")


def test_every_control_has_a_name(bench: TraceBench) -> None:
    bench.go_to(Z1)
    for kind in (QLineEdit, QPushButton, QCheckBox, QComboBox):
        for widget in bench.panel.findChildren(kind):
            assert isinstance(widget, QWidget)
            assert widget.objectName().startswith("worksheet_")
            has_text = isinstance(widget, QPushButton | QCheckBox) and widget.text()
            assert widget.accessibleName() or has_text or not widget.isVisible()


def test_it_fits_a_narrow_dock(make_bench: MakeTraceBench) -> None:
    bench = make_bench(WorksheetPanel, SMALL, ("no", "yes"), batch=2, width=250)
    bench.session.worksheet.set_active(True)
    bench.go_to(Z1)
    button = bench.widget(QPushButton, "worksheet_show_1")
    bench.wait_until(lambda: 200 < button.mapTo(bench.panel, button.rect().topRight()).x() < 250)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0.3775", 0.3775),
        ("0,3775", 0.3775),
        (" −0,5 ", -0.5),
        ("4.39e-4", 4.39e-4),
        ("4,39·10^-4", 4.39e-4),
        ("4.39*10^-4", 4.39e-4),
        ("4.39·10⁻⁴", 4.39e-4),
        ("", None),
        ("a", None),
        ("1,2,3", None),
    ],
)
def test_numbers_are_read_as_people_write_them(typed: str, number: float | None) -> None:
    assert typed_number(typed) == number
