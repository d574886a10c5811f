"""What is printed of each optimizer, against the published formulas computed here from the gradients alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnviz.core.microscope import AskOptimizerStep, OptimizerStep
from nnviz.core.spec import OptimizerSpec
from nnviz.engine.optimizers import OPTIMIZERS
from nnviz.ui.formula.numbers import MINUS, significant
from nnviz.ui.formula.optimizer_lines import optimizer_lines
from tests.engine.support import answer, picture_preset, stepper

LAYER, OUT, INP = 3, 1, 3
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
SETTINGS = {
    "sgd": [{}, {"lr": 0.1, "weight_decay": 0.1}],
    "momentum": [{}, {"lr": 0.05, "momentum": 0.5, "weight_decay": 0.1}, {"momentum": 0.0}],
    "nesterov": [{}, {"lr": 0.05, "momentum": 0.7, "weight_decay": 0.1}],
    "adagrad": [{}, {"lr_decay": 0.1, "weight_decay": 0.1}, {"eps": 0.1}],
    "rmsprop": [{}, {"momentum": 0.8}, {"alpha": 0.9, "weight_decay": 0.1}],
    "adam": [{}, {"beta1": 0.8, "beta2": 0.99, "weight_decay": 0.1}, {"eps": 0.01}],
    "adamw": [{}, {"weight_decay": 0.0}, {"weight_decay": 0.5, "beta1": 0.5}],
}
CASES = [
    pytest.param(name, settings, id=f"{name}-{settings}") for name, every in SETTINGS.items() for settings in every
]


def steps_of(name: str, settings: dict[str, float], count: int) -> list[OptimizerStep]:
    """What the optimizer did with one weight in the first steps of a training."""
    training = stepper(picture_preset(optimizer=OptimizerSpec(name, settings)))
    found = []
    for step in range(count):
        training.propose()
        answered = answer(training, AskOptimizerStep(1, step, LAYER, OUT, INP))
        assert isinstance(answered, OptimizerStep)
        found.append(answered)
        training.commit()
    return found


def published(name: str, settings: dict[str, float], steps: list[OptimizerStep]) -> tuple[dict[str, float], float]:
    """State after these steps, and the last change, by the formulas of PyTorch's documentation, in float64."""
    lr, decay, mu = settings["lr"], settings["weight_decay"], settings.get("momentum", 0.0)
    v = s = m = change = 0.0
    for t, step in enumerate(steps, 1):
        g = step.gradient + (0.0 if name == "adamw" else decay * step.weight)
        if name in ("sgd", "momentum", "nesterov"):
            v = mu * v + g
            change = -lr * (g if name == "sgd" else v if name == "momentum" else g + mu * v)
        elif name == "adagrad":
            s += g**2
            change = -lr / (1 + (t - 1) * settings["lr_decay"]) * g / (np.sqrt(s) + settings["eps"])
        elif name == "rmsprop":
            s = settings["alpha"] * s + (1 - settings["alpha"]) * g**2
            v = mu * v + g / (np.sqrt(s) + settings["eps"])
            change = -lr * v
        else:
            b1, b2 = settings["beta1"], settings["beta2"]
            m, s = b1 * m + (1 - b1) * g, b2 * s + (1 - b2) * g**2
            change = -lr * (m / (1 - b1**t)) / (np.sqrt(s / (1 - b2**t)) + settings["eps"])
            change -= lr * decay * step.weight if name == "adamw" else 0.0
    names = {"momentum_buffer": v, "sum": s, "square_avg": s, "exp_avg": m, "exp_avg_sq": s}
    return names, change


def number(printed: str) -> float:
    """Read a number as the program prints it."""
    mantissa, _, power = printed.partition("·10")
    return float(mantissa.replace(MINUS, "-")) * 10.0 ** int(power.translate(SUPERSCRIPTS) or 0)


@pytest.mark.parametrize(("name", "settings"), CASES)
@pytest.mark.parametrize("count", [1, 4])
def test_state_and_step_are_those_of_the_published_formulas(name: str, settings: dict[str, float], count: int) -> None:
    steps = steps_of(name, settings, count)
    last = steps[-1]
    state, change = published(name, dict(last.settings), steps)
    for key, value in last.remembered.items():
        if key == "step":
            assert value == count
        elif key != "momentum_buffer" or last.settings["momentum"]:
            assert value == pytest.approx(state[key], rel=1e-4, abs=1e-12), key
    assert last.change == pytest.approx(change, rel=1e-3, abs=2 * abs(float(np.spacing(np.float32(last.weight)))))


@pytest.mark.parametrize(("name", "settings"), CASES)
@pytest.mark.parametrize("count", [1, 4])
def test_the_lines_end_at_the_recorded_change_to_the_last_digit(
    name: str, settings: dict[str, float], count: int
) -> None:
    steps = steps_of(name, settings, count)
    last = steps[-1]
    lines, outcome = optimizer_lines(last)
    assert outcome.agrees
    assert outcome.formula.rpartition(" = ")[2] == outcome.change
    digits = next(n for n in range(1, 5) if significant(last.change, n) == outcome.change)
    assert number(outcome.change) == pytest.approx(last.change, rel=0.5 * 10.0 ** (1 - digits))
    state, change = published(name, dict(last.settings), steps)
    results = {
        line.formula.partition(" ")[0]: line.formula.replace(" ≈ ", " = ").rpartition(" = ")[2] for line in lines
    }
    symbols = {"sum": "s", "square_avg": "s", "exp_avg": "m", "exp_avg_sq": "v", "momentum_buffer": "v"}
    for key in last.remembered:
        if key in symbols and symbols[key] in results:
            assert number(results[symbols[key]]) == pytest.approx(state[key], rel=6e-3), key
    assert number(results["g"]) == pytest.approx(
        last.gradient + (0.0 if name == "adamw" else last.settings["weight_decay"] * last.weight), rel=6e-3
    )
    assert number(outcome.change) == pytest.approx(change, rel=0.6 * 10.0 ** (1 - digits))


def test_every_optimizer_of_the_catalogue_is_written_out() -> None:
    assert set(SETTINGS) == {row.name for row in OPTIMIZERS}


def test_a_weight_that_is_too_coarse_for_its_step_is_told() -> None:
    step = OptimizerStep("sgd", {"lr": 1e-9, "weight_decay": 0.0}, 0.5, 0.5, 0.2, {}, {})
    _, outcome = optimizer_lines(step)
    assert not outcome.agrees
    assert outcome.change == "0"
    assert "−2·10⁻¹⁰" in outcome.formula.replace("2.00", "2")


def test_a_weight_that_gets_no_gradient_stays() -> None:
    step = OptimizerStep("sgd", {"lr": 0.1, "weight_decay": 0.0}, 0.5, 0.5, 0.0, {}, {})
    _, outcome = optimizer_lines(step)
    assert outcome.agrees
    assert outcome.change == "0"


def test_an_unknown_optimizer_is_refused() -> None:
    with pytest.raises(KeyError):
        optimizer_lines(replace(OptimizerStep("sgd", {}, 0, 0, 0, {}, {}), optimizer="sofia"))
