"""A weight under the microscope, with the real engine behind it, driven as a user would."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSlider, QWidget

from nnviz.core.microscope import AskNudges, sample_gradients
from nnviz.core.playback import Phase
from nnviz.core.spec import OptimizerSpec
from nnviz.ui.formula.numbers import MINUS, significant
from nnviz.ui.theme import ThemeChoice, theme_manager
from nnviz.ui.widgets.fact_sheet import FactSheet
from nnviz.ui.widgets.nudge_plot import NudgePlot
from nnviz.ui.widgets.sample_dots import SampleDots
from tests.support.reference import reference_trace
from tests.ui.panels.inspector_bench import HIDDEN_1, HIDDEN_2, OUTPUT, InspectorBench, inspector_bench, number

__all__ = ["inspector_bench"]


def plain(html: str) -> str:
    return re.sub("<[^>]*>", " ", html).replace("&nbsp;", " ")


# --- edges: asking ----------------------------------------------------------------------------------------------------


def test_nothing_is_asked_before_somebody_wants_to_know(bench: InspectorBench) -> None:
    bench.panel.pin_edge(HIDDEN_2, 4, 5)
    bench.to_the_end()
    bench.session.next_batch()
    bench.to_the_end()
    assert bench.asked == []
    bench.unfold("gradient_check")
    bench.wait_until(lambda: len(bench.asked) == 1)
    bench.unfold("nudge")
    bench.unfold("samples")
    bench.session.select_sample(3)
    bench.unfold("optimizer")
    bench.wait_until(lambda: bench.text("optimizer_facts") != "")
    assert len(bench.asked) == 2  # the check and the nudges share one answer


def test_what_is_not_computed_yet_is_not_told(bench: InspectorBench) -> None:
    bench.panel.pin_edge(HIDDEN_2, 4, 5)
    for name in ("gradient_check", "nudge", "samples", "optimizer"):
        bench.unfold(name)
        assert "Not computed yet" in bench.message(name)
    assert not bench.widget(QWidget, "nudge_slider").isVisible()
    bench.to_the_end()
    bench.wait_until(lambda: not any(bench.message(n) for n in ("gradient_check", "nudge", "samples", "optimizer")))
    assert bench.widget(QWidget, "nudge_slider").isVisible()
    bench.session.go_to_position(0)
    assert "Not computed yet" in bench.message("nudge")


def test_it_follows_from_batch_to_batch_and_from_edge_to_edge(bench: InspectorBench) -> None:
    bench.panel.pin_edge(HIDDEN_2, *bench.strongest(HIDDEN_2))
    bench.to_the_end()
    bench.unfold("optimizer")
    bench.wait_until(lambda: "t = 1" in bench.text("optimizer_facts"))
    bench.session.next_batch()
    bench.wait_until(lambda: "t = 2" in bench.text("optimizer_facts"))
    bench.session.previous_batch()
    bench.wait_until(lambda: "t = 1" in bench.text("optimizer_facts"))
    out, inp = bench.strongest(OUTPUT)
    bench.panel.pin_edge(HIDDEN_1, 1, 1)
    bench.panel.pin_edge(OUTPUT, out, inp)
    gradient = bench.trace.layers[OUTPUT].parameters["weight"].gradient
    assert gradient is not None
    bench.wait_until(lambda: f"g = ∂L/∂w = {significant(float(gradient[out, inp]))}" in bench.text("optimizer_facts"))


def test_it_follows_a_live_change_of_the_optimizer(bench: InspectorBench) -> None:
    out, inp = bench.strongest(HIDDEN_2)
    bench.panel.pin_edge(HIDDEN_2, out, inp)
    bench.session.go_to_position(len(bench.session.walk) - 2)
    bench.unfold("optimizer")
    bench.wait_until(lambda: "Adam" in bench.text("optimizer_facts"))
    assert bench.session.preset is not None
    bench.train_with(replace(bench.session.preset.training, optimizer=OptimizerSpec("sgd", {"lr": 0.1})))
    bench.wait_until(lambda: "Δw = −η·g" in bench.text("optimizer_facts"))
    assert bench.session.frame is not None
    assert bench.session.frame.phase is Phase.BACKWARD


def test_while_it_runs_the_engine_is_left_alone(bench: InspectorBench) -> None:
    bench.panel.pin_edge(HIDDEN_2, 4, 5)
    bench.to_the_end()
    bench.unfold("nudge")
    bench.unfold("samples")
    bench.wait_until(lambda: any(isinstance(question, AskNudges) for question in bench.asked))
    bench.session.run()
    assert "Pause" in bench.message("nudge")
    shown = bench.text("sample_facts")
    bench.wait_until(lambda: bench.text("sample_facts") != shown)
    asked = len(bench.asked)
    bench.session.pause()
    bench.wait_until(lambda: bench.message("nudge") == "" and len(bench.asked) > asked)


def test_a_drawing_without_label_has_no_gradient(bench: InspectorBench) -> None:
    bench.panel.pin_edge(HIDDEN_2, 4, 5)
    bench.unfold("samples")
    bench.unfold("nudge")
    bench.session.show_drawing(np.ones((8, 8), np.float32))
    bench.wait_until(lambda: "Without a target" in bench.message("samples"))
    assert "Without a target" in bench.message("nudge")


def test_a_step_that_was_judged_by_another_loss_cannot_be_tried_again(bench: InspectorBench) -> None:
    bench.panel.pin_edge(HIDDEN_2, 4, 5)
    bench.to_the_end()
    assert bench.session.preset is not None
    changed = replace(bench.session.preset.training, loss="mean_squared_error")
    with bench.qtbot.waitSignal(bench.session.training_changed):
        bench.session.set_training(changed)
    bench.unfold("nudge")
    bench.wait_until(lambda: "Step on" in bench.message("nudge"))
    bench.session.next_batch()
    bench.to_the_end()
    bench.wait_until(lambda: bench.message("nudge") == "" and "loss of this batch" in bench.text("nudge_facts"))


def test_a_hidden_panel_asks_nothing_and_catches_up(bench: InspectorBench) -> None:
    bench.panel.pin_edge(HIDDEN_2, *bench.strongest(HIDDEN_2))
    bench.to_the_end()
    bench.unfold("optimizer")
    bench.wait_until(lambda: "t = 1" in bench.text("optimizer_facts"))
    asked = len(bench.asked)
    bench.panel.hide()
    bench.session.next_batch()
    bench.to_the_end()
    assert len(bench.asked) == asked
    bench.panel.show()
    bench.wait_until(lambda: "t = 2" in bench.text("optimizer_facts"))


# --- edges: what is said ----------------------------------------------------------------------------------------------


def test_autograd_and_finite_difference_agree_and_the_digits_are_marked(bench: InspectorBench) -> None:
    out, inp = bench.strongest(HIDDEN_2)
    bench.panel.pin_edge(HIDDEN_2, out, inp)
    bench.to_the_end()
    bench.unfold("gradient_check")
    label = bench.widget(QLabel, "gradient_digits")
    bench.wait_until(lambda: "difference" in label.text())
    gradient = bench.trace.layers[HIDDEN_2].parameters["weight"].gradient
    assert gradient is not None
    names = re.findall("(in training|autograd|difference)", plain(label.text()))
    values = [number(text.replace(" ", "")) for text in re.findall(rf"{MINUS}?0\.[0-9 ]+", plain(label.text()))]
    assert names == ["in training", "autograd", "difference"]
    assert values == pytest.approx([float(gradient[out, inp])] * 3, rel=1e-4)
    assert values[1] == pytest.approx(values[2], rel=1e-6)
    assert label.text().count("underline") == 3
    agreed = re.search(r"agree in (\d+) digits", bench.text("gradient_check_facts"))
    assert agreed is not None
    assert int(agreed[1]) >= 6


def test_a_weight_from_a_pixel_that_is_always_black_does_not_matter(bench: InspectorBench) -> None:
    bench.panel.pin_edge(HIDDEN_1, 2, 0)
    bench.to_the_end()
    bench.unfold("gradient_check")
    bench.wait_until(lambda: "exactly 0" in bench.text("gradient_check_facts"))
    bench.unfold("nudge")
    bench.qtbot.keyClick(bench.widget(QSlider, "nudge_slider"), Qt.Key.Key_Right)
    assert "Nothing changes" in bench.text("nudge_facts")


def test_penalties_are_told(bench: InspectorBench) -> None:
    assert bench.session.preset is not None
    bench.train_with(replace(bench.session.preset.training, l1=0.01, l2=0.02))
    bench.panel.pin_edge(HIDDEN_2, 4, 5)
    bench.to_the_end()
    bench.unfold("gradient_check")
    bench.wait_until(lambda: "L2: λ₂·w = 0.02·" in bench.text("gradient_check_facts"))
    assert "L1: λ₁·sign(w) = 0.01·" in bench.text("gradient_check_facts")
    bench.unfold("samples")
    assert "mean = ∂L/∂w without penalties" in bench.text("sample_facts")


def test_the_slider_looks_up_the_loss_of_another_weight(bench: InspectorBench) -> None:
    out, inp = bench.strongest(HIDDEN_2)
    bench.panel.pin_edge(HIDDEN_2, out, inp)
    bench.to_the_end()
    bench.unfold("nudge")
    bench.wait_until(lambda: "Move the slider" in bench.text("nudge_facts"))
    picture = bench.image(NudgePlot, "nudge_plot")
    slider = bench.widget(QSlider, "nudge_slider")
    for _ in range(3):
        bench.qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert slider.value() == 3
    trace = bench.trace
    weights = [
        {name: record.before.astype(np.float64) for name, record in layer.parameters.items()} for layer in trace.layers
    ]
    own = weights[HIDDEN_2]["weight"]
    before = own[out, inp]
    own[out, inp] += 3 * max(1.0, 2 * abs(before)) / 20
    moved = reference_trace(
        trace.network, weights, trace.inputs, trace.target_values, trace.targets, "categorical_crossentropy"
    )
    assert moved.loss is not None
    assert trace.loss is not None
    assert number(bench.fact("nudge_facts", "loss then")) == pytest.approx(moved.loss, rel=1e-4)
    assert number(bench.fact("nudge_facts", "change of the loss")) == pytest.approx(moved.loss - trace.loss, rel=1e-2)
    gradient = trace.layers[HIDDEN_2].parameters["weight"].gradient
    assert gradient is not None
    promised = bench.text("nudge_facts").partition("∂L/∂w·Δw")[2].splitlines()[0].rpartition(" = ")[2]
    assert number(promised) == pytest.approx(float(gradient[out, inp]) * (own[out, inp] - before), rel=1e-2)
    assert bench.image(NudgePlot, "nudge_plot") != picture
    assert float(trace.layers[HIDDEN_2].parameters["weight"].before[out, inp]) == before


def test_each_sample_is_told_and_their_noise(bench: InspectorBench) -> None:
    out, inp = bench.strongest(HIDDEN_2)
    bench.panel.pin_edge(HIDDEN_2, out, inp)
    bench.to_the_end()
    bench.unfold("samples")
    gradients = sample_gradients(bench.trace, HIDDEN_2, out, inp)
    assert gradients is not None
    recorded = bench.trace.layers[HIDDEN_2].parameters["weight"].gradient
    assert recorded is not None
    assert number(bench.fact("sample_facts", "mean = ∂L/∂w")) == pytest.approx(float(recorded[out, inp]), rel=1e-3)
    assert number(bench.fact("sample_facts", "standard deviation σ")) == pytest.approx(gradients.std(ddof=1), rel=1e-3)
    against = int(np.sum(np.sign(gradients) == -np.sign(gradients.mean())))
    assert bench.fact("sample_facts", "pull the other way").startswith(f"{against} of 32 (")
    picture = bench.image(SampleDots, "sample_dots")
    bench.session.select_sample(7)
    assert number(bench.fact("sample_facts", "this sample (ringed)")) == pytest.approx(gradients[7], rel=1e-3)
    assert bench.image(SampleDots, "sample_dots") != picture
    bench.session.select_sample(None)
    assert "ringed" not in bench.text("sample_facts")


def test_a_batch_of_one_has_no_noise_to_show(bench: InspectorBench) -> None:
    assert bench.session.preset is not None
    bench.train_with(replace(bench.session.preset.training, batch_size=1))
    bench.panel.pin_edge(HIDDEN_2, 4, 5)
    bench.to_the_end()
    bench.unfold("samples")
    assert "A batch of one" in bench.text("sample_facts")


def test_the_optimizers_calculation_ends_at_the_change_of_the_weight(bench: InspectorBench) -> None:
    out, inp = bench.strongest(HIDDEN_2)
    bench.panel.pin_edge(HIDDEN_2, out, inp)
    bench.to_the_end()
    bench.unfold("optimizer")
    bench.wait_until(lambda: "w after" in bench.text("optimizer_facts"))
    record = bench.trace.layers[HIDDEN_2].parameters["weight"]
    assert record.after is not None
    change = float(record.after[out, inp]) - float(record.before[out, inp])
    shown = bench.fact("optimizer_facts", "w after − w before")
    assert number(shown) == pytest.approx(change, rel=1e-2)
    text = bench.text("optimizer_facts")
    assert f"= {shown}" in next(line for line in text.splitlines() if line.startswith("Δw = "))
    for symbol in ("m ← ", "v ← ", "m̂ = ", "v̂ = "):
        assert symbol in text


@pytest.mark.parametrize("choice", [ThemeChoice.LIGHT, ThemeChoice.DARK])
def test_nothing_is_cut_off_in_a_narrow_dock(bench: InspectorBench, choice: ThemeChoice) -> None:
    theme_manager().choose(choice)
    bench.panel.resize(230, 700)
    bench.panel.pin_edge(HIDDEN_2, *bench.strongest(HIDDEN_2))
    bench.to_the_end()
    for name in ("gradient_check", "nudge", "samples", "optimizer"):
        bench.unfold(name)
    bench.wait_until(lambda: not any(bench.message(n) for n in ("gradient_check", "nudge", "samples", "optimizer")))
    for sheet in bench.panel.findChildren(FactSheet):
        bench.wait_until(
            lambda sheet=sheet: not sheet.isVisible() or sheet.height() >= sheet.heightForWidth(sheet.width())
        )
    for widget in bench.panel.findChildren(QWidget):
        if widget.isVisible() and widget.objectName() in (
            "nudge_plot",
            "sample_dots",
            "gradient_digits",
            "nudge_slider",
        ):
            assert widget.mapTo(bench.panel, widget.rect().topRight()).x() <= bench.panel.width()
    theme_manager().choose(ThemeChoice.SYSTEM)
