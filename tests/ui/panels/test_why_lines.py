"""Why a weight goes up, in words: every case, and the numbers of the sentence."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from nnviz.core.spec import OptimizerSpec
from nnviz.core.weight_step import Cause, WeightStep
from nnviz.ui.formula.numbers import MINUS
from nnviz.ui.panels.why_lines import why_it_moves
from tests.ui.panels.inspector_bench import OUTPUT, InspectorBench, inspector_bench, number

__all__ = ["inspector_bench"]

UP = WeightStep(np.float32(0.1234), np.float32(0.1244), -1.0, None, Cause.GRADIENT)
DOWN = WeightStep(np.float32(0.1244), np.float32(0.1234), 1.0, None, Cause.GRADIENT)
STAYS = WeightStep(0.125, 0.125, -1.0, None, Cause.FROZEN)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (UP, "∂L/∂w is negative: a larger w lowers the loss. So the step raises w by 0.001000, from 0.1234 to 0.1244."),
        (DOWN, "∂L/∂w is positive: a smaller w lowers the loss. So the step lowers w by 0.001000, from 0.1244 to "),
        (replace(UP, penalty_free=-0.5), "a larger w lowers the loss with its penalty. So the step raises w"),
        (replace(DOWN, penalty_free=0.5), "a smaller w lowers the loss with its penalty. So the step lowers w"),
        (replace(UP, penalty_free=0.5), "For the samples alone w should fall, but the penalty makes ∂L/∂w negative."),
        (replace(DOWN, penalty_free=-0.5), "For the samples alone w should rise, but the penalty makes ∂L/∂w pos"),
        (replace(UP, penalty_free=0.0), "To the samples w does not matter, but the penalty makes ∂L/∂w negative."),
        (replace(DOWN, penalty_free=0.0), "To the samples w does not matter, but the penalty makes ∂L/∂w positive."),
        (
            replace(UP, gradient=1.0, cause=Cause.MEMORY),
            "∂L/∂w is positive this time, but the momentum of earlier steps still pushes w up by 0.001000, from ",
        ),
        (
            replace(DOWN, gradient=-1.0, cause=Cause.MEMORY),
            "∂L/∂w is negative this time, but the momentum of earlier s",
        ),
        (replace(DOWN, gradient=0.0, cause=Cause.MEMORY), "∂L/∂w is 0 this time, but the momentum of earlier steps st"),
        (
            replace(DOWN, gradient=-1.0, cause=Cause.DECAY),
            "a larger w lowers the loss. But the weight decay pulls w towards 0, and that is stronger: w goes down by "
            "0.001000, from 0.1244 to 0.1234.",
        ),
        (replace(UP, gradient=0.0, cause=Cause.DECAY), "But the weight decay pulls w towards 0: w goes up by 0.001000"),
        (STAYS, "a larger w lowers the loss. But this weight is frozen: the step leaves it at 0.125."),
        (replace(STAYS, cause=Cause.ROUNDING), "But the step is too small for the last digit of a 32-bit number: w st"),
        (replace(STAYS, gradient=0.0, cause=Cause.NOTHING), "∂L/∂w is 0: for this batch, a slightly different w does"),
        (replace(STAYS, cause=Cause.DIVERGED), "the training has diverged"),
    ],
)
def test_every_case_is_said_in_plain_words(step: WeightStep, said: str) -> None:
    assert said in why_it_moves(step, "SGD + momentum", has_momentum=True)


def test_adam_remembers_gradients_and_not_momentum() -> None:
    for step, way in ((UP, "up"), (DOWN, "down")):
        turned = replace(step, gradient=-step.gradient, cause=Cause.MEMORY)
        text = why_it_moves(turned, "Adam", has_momentum=False)
        assert f"earlier gradients, which Adam remembers, still push w {way} by" in text


def sentence(bench: InspectorBench) -> str:
    lines = bench.text("inspector_facts").splitlines()
    return next((line for line in lines if line.startswith("∂L/∂w is ")), "")


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam", "adamw", "adagrad"])
def test_the_inspector_says_it_at_the_update_and_before_it(bench: InspectorBench, name: str) -> None:
    assert bench.session.preset is not None
    bench.train_with(replace(bench.session.preset.training, optimizer=OptimizerSpec(name, {"lr": 0.01})))
    out, inp = bench.strongest(OUTPUT)
    bench.panel.pin_edge(OUTPUT, out, inp)
    assert sentence(bench) == ""  # nothing has flowed back yet
    for _ in range(3):
        bench.to_the_end()
        record = bench.trace.layers[OUTPUT].parameters["weight"]
        assert record.after is not None
        before, after = float(record.before[out, inp]), float(record.after[out, inp])
        text = sentence(bench)
        by, start, end = (number(found) for found in re.findall(rf"(?:by|from|to) ({MINUS}?\d\S*\d)", text))
        assert by == pytest.approx(abs(after - before), rel=1e-3)
        assert (start, end) == pytest.approx((before, after), abs=abs(after - before) / 10)
        up = "raises w" in text or ("push" in text and " up by" in text)
        assert up == (after > before)
        printed = {line.rpartition("\t")[2] for line in bench.text("inspector_facts").splitlines() if "Δw\t" in line}
        (change,) = printed
        assert change.lstrip(MINUS) in text
        bench.session.step_back()
        assert sentence(bench) == text  # the step is known before it is taken
        bench.session.step_forward()
        bench.wait_until(lambda: bench.session.can_step)
        bench.session.next_batch()


def test_delta_w_is_written_in_one_way(bench: InspectorBench) -> None:
    out, inp = bench.strongest(OUTPUT)
    bench.panel.pin_edge(OUTPUT, out, inp)
    bench.to_the_end()
    bench.unfold("optimizer")
    bench.wait_until(lambda: "w after − w before" in bench.text("optimizer_facts"))
    change = bench.fact("inspector_facts", "Δw")
    assert bench.fact("optimizer_facts", "w after − w before") == change
    assert next(line for line in bench.text("optimizer_facts").splitlines() if line.startswith("Δw")).endswith(change)
    assert f"{change.lstrip(MINUS)} = " in bench.text("inspector_facts")


def test_values_before_and_after_the_step_are_told_apart(bench: InspectorBench) -> None:
    out, inp = bench.strongest(OUTPUT)
    bench.panel.pin_edge(OUTPUT, out, inp)
    assert bench.shown("poke_when") == ""
    bench.to_the_end()
    bench.unfold("nudge")
    bench.wait_until(lambda: bench.text("nudge_facts").startswith("w before the step\t"))
    assert bench.shown("poke_when") == "w after the step; the formulas use the one before it."
    record = bench.trace.layers[OUTPUT].parameters["weight"]
    assert record.after is not None
    after = number(bench.fact("inspector_facts", "w after the step"))
    assert after == pytest.approx(float(record.after[out, inp]), rel=1e-4)
    bench.panel.pin_neuron(OUTPUT, out)
    assert bench.shown("poke_when").startswith("b after the step")
    assert bench.text("inspector_facts").startswith("Forward, before the step")
    bias = bench.trace.layers[OUTPUT].parameters["bias"]
    assert bias.after is not None
    for name, array in (("before", bias.before), ("after", bias.after)):
        assert number(bench.fact("inspector_facts", f"b {name} the step")) == pytest.approx(float(array[out]), rel=1e-4)
    bench.session.step_back()
    bench.wait_until(lambda: bench.session.can_step)
    assert bench.shown("poke_when") == ""
    assert bench.text("inspector_facts").startswith("Forward\n")
