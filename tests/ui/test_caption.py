"""The caption's arithmetic is done again from what is printed, and its results are compared with the trace."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnviz.core.playback import PARAMETERS, Cursor, Frame, LayerFrame, Phase, frame_at, stages_of
from nnviz.core.spec import NetworkSpec, OptimizerSpec
from nnviz.core.trace import Trace
from nnviz.engine.catalogue import catalogue
from nnviz.engine.layers import Dense, Dropout, Input
from nnviz.ui.caption import Caption
from nnviz.ui.formula import Focus, describe
from nnviz.ui.formula.numbers import (
    MINUS,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    Expr,
    Num,
    all_digits,
    come_to,
    result_digits,
    significant,
)
from nnviz.ui.formula.scene import largest
from nnviz.ui.graph.hit_test import EdgePick
from nnviz.ui.graph.journeys import journey_at
from tests.support.reference import (
    erf,
    example_trace,
    image_network,
    point_network,
    random_weights,
    reference_trace,
)

CATALOGUE = catalogue()
PLAIN = {value: chr(key) for key, value in SUBSCRIPTS.items()}
RAISED = {chr(value) if isinstance(value, int) else value: chr(key) for key, value in SUPERSCRIPTS.items()}
NUMBER = r"−?(?:\d[\d.]*(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?)"
FUNCTIONS = {
    "ln": math.log,
    "exp": math.exp,
    "tanh": math.tanh,
    "max": max,
    "Φ": lambda z: 0.5 * (1 + float(erf(z / math.sqrt(2)))),
}


def dense_trace(activation: str, output: str, loss: str, outputs: int = 3, batch: int = 6) -> Trace:
    """Random numbers through 5-7-n."""
    network = NetworkSpec((Input((5,)), Dense(7, activation), Dense(outputs, output)))
    rng = np.random.default_rng(3)
    if loss.endswith("squared_error"):
        targets = target_values = rng.standard_normal((batch, outputs)).astype(np.float32)
    elif loss == "binary_crossentropy":
        targets = target_values = rng.integers(0, 2, (batch, outputs)).astype(np.float32)
    else:
        targets = rng.integers(0, outputs, batch)
        target_values = np.eye(outputs, dtype=np.float32)[targets]
    inputs = rng.standard_normal((batch, 5)).astype(np.float32)
    return reference_trace(network, random_weights(network, rng), inputs, target_values, targets, loss)


TRACES = {
    "image": example_trace(image_network()),
    "points": example_trace(point_network()),
    **{
        f"{activation}, cross-entropy": dense_trace(activation, "softmax", "categorical_crossentropy")
        for activation in ("linear", "relu", "leaky_relu", "sigmoid", "tanh", "gelu")
    },
    "binary": dense_trace("tanh", "sigmoid", "binary_crossentropy", 1),
    "binary, several": dense_trace("tanh", "sigmoid", "binary_crossentropy"),
    "squares": dense_trace("relu", "linear", "mean_squared_error", 1),
    "half squares": dense_trace("relu", "sigmoid", "half_squared_error", 1),
    "half squares, several": dense_trace("sigmoid", "sigmoid", "half_squared_error"),
    "squares, several": dense_trace("relu", "tanh", "mean_squared_error"),
    "squares of softmax": dense_trace("relu", "softmax", "mean_squared_error"),
}
ALL = [
    pytest.param(trace, position, sample, id=f"{name}-{position}-{'mean' if sample is None else sample}")
    for name, trace in TRACES.items()
    for position in range(len(stages_of(trace)))
    for sample in (1, None)
]


def read_number(text: str) -> float:
    mantissa, _, power = text.replace(MINUS, "-").partition("·10")
    exponent = "".join(RAISED.get(sign, sign) for sign in power) or "0"
    return float(f"{mantissa}e{exponent}")


def calculate(text: str) -> float:
    """What a pocket calculator makes of the printed arithmetic."""
    text = re.sub(r"\(\d+ more\)|\(penalty\)", "", text)
    numbers = re.sub(r"\d[\d.]*·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda match: repr(read_number(match[0])), text)
    plain = numbers.replace("·", "*").replace("²", "**2").replace(MINUS, "-")
    return float(eval(plain, {"__builtins__": {}}, FUNCTIONS))


def resolution(text: str) -> float:
    """Half of the last printed digit."""
    mantissa, _, power = text.replace(MINUS, "").partition("·10")
    exponent = int("".join(RAISED.get(sign, sign) for sign in power) or "0")
    decimals = len(mantissa.partition(".")[2])
    return 0.5 * 10.0 ** (exponent - decimals)


def unit_in(formula: str) -> tuple[int, ...]:
    """The indices of the symbol on the left."""
    digits = re.search(r"[₀-₉]+(?:,[₀-₉]+)?", formula.split("=")[0].split("←")[0])
    assert digits is not None
    return tuple(int("".join(chr(ord("0") + "₀₁₂₃₄₅₆₇₈₉".index(d)) for d in each)) for each in digits[0].split(","))


def updated_layer(frame: Frame, formula: str) -> LayerFrame:
    """The layer that the formula names."""
    edge = re.match(r".+ → (.+) #\d+:  ", formula)
    assert edge is not None, formula
    return next(layer for layer in frame.layers if layer.name == edge[1])


def true_value(frame: Frame, formula: str) -> float:
    """The number that the formula is about, from the frame."""
    here, stage = frame.layers[frame.stage.layer], frame.stage
    if stage.phase is Phase.LOSS:
        assert frame.loss is not None
        return frame.loss
    if stage.phase is Phase.UPDATE:
        return float(updated_layer(frame, formula).parameters["weight"][unit_in(formula)])
    if stage.part == PARAMETERS:
        return float(here.parameter_gradients["weight"][unit_in(formula)])
    table = here.values if stage.phase is Phase.FORWARD else here.gradients
    return float(np.ravel(table[stage.part])[unit_in(formula)[0]])


@pytest.mark.parametrize(("trace", "position", "sample"), ALL)
def test_the_printed_arithmetic_comes_out(trace: Trace, position: int, sample: int | None) -> None:
    frame = frame_at(trace, Cursor(position, sample))
    formula = describe(frame, CATALOGUE).formula
    if len(frame.layers[frame.stage.layer].spec.parts) == 1 and frame.phase is Phase.FORWARD:
        assert "=" in formula or "numbers" in formula
        return
    assert "≈" not in formula
    formula = formula.partition("   (")[0]
    result = re.search(NUMBER + "$", formula)
    assert result is not None, formula
    shown = read_number(result[0])
    true = true_value(frame, formula)
    assert abs(shown - true) <= resolution(result[0]) * 1.02 + 1e-6 * abs(true), formula
    arithmetic = re.split(r" = | ← ", formula)[-2]
    if arithmetic in ("z", "max(0.01·z, z)"):  # an identity: the number would only be repeated
        assert frame.layers[frame.stage.layer].spec.activation_name in ("linear", "leaky_relu")
    else:
        assert abs(calculate(arithmetic) - shown) <= resolution(result[0]) * 1.001, formula


@pytest.mark.parametrize("position", range(len(stages_of(TRACES["image"]))))
def test_every_stage_has_one_short_sentence(position: int) -> None:
    sentence = describe(frame_at(TRACES["image"], Cursor(position)), CATALOGUE).sentence
    assert sentence.endswith((".", "?"))
    assert len(sentence) < 78
    assert "{" not in sentence


def at_stage(trace: Trace, phase: Phase, layer: int, part: str, sample: int | None = 0) -> Frame:
    walk = stages_of(trace)
    position = next(i for i, stage in enumerate(walk) if (stage.phase, stage.layer, stage.part) == (phase, layer, part))
    return frame_at(trace, Cursor(position, sample))


def test_follows_the_focus_and_otherwise_the_largest_number() -> None:
    frame = at_stage(TRACES["image"], Phase.FORWARD, 2, "activation")
    values = frame.layers[2].values["activation"]
    assert unit_in(describe(frame, CATALOGUE).formula) == (int(np.argmax(values)),)
    assert unit_in(describe(frame, CATALOGUE, Focus(2, 5)).formula) == (5,)
    assert unit_in(describe(frame, CATALOGUE, Focus(3, 5)).formula) == (int(np.argmax(values)),)


def test_follows_a_weight_in_focus() -> None:
    frame = at_stage(TRACES["image"], Phase.BACKWARD, 3, PARAMETERS)
    assert unit_in(describe(frame, CATALOGUE, Focus(3, 4, 7)).formula) == (4, 7)
    update = frame_at(TRACES["image"], Cursor(len(stages_of(TRACES["image"])) - 1))
    assert unit_in(describe(update, CATALOGUE, Focus(3, 4, 7)).formula) == (4, 7)


@pytest.mark.parametrize("name", ["image", "points", "squares"])
def test_the_update_explains_the_weight_that_moves_most_and_says_where_it_is(name: str) -> None:
    frame = frame_at(TRACES[name], Cursor(len(stages_of(TRACES[name])) - 1))
    steps = {i: np.abs(each.parameter_updates["weight"]) for i, each in enumerate(frame.layers) if each.parameters}
    layer = max(steps, key=lambda index: steps[index].max())
    unit, source = np.unravel_index(int(np.argmax(steps[layer])), steps[layer].shape)
    formula = describe(frame, CATALOGUE).formula
    assert unit_in(formula) == (unit, source)
    where = f"{frame.layers[layer - 1].name} #{source} → {frame.layers[layer].name} #{unit}:  w"
    assert formula.startswith(where)
    labelled = journey_at(frame, None)
    assert labelled is not None
    assert EdgePick(layer, int(unit), int(source)) in {each.edge for each in labelled.travellers}


def test_the_update_explains_the_weight_that_is_pinned_and_says_where_it_is() -> None:
    update = frame_at(TRACES["image"], Cursor(len(stages_of(TRACES["image"])) - 1))
    formula = describe(update, CATALOGUE, Focus(3, 4, 7)).formula
    assert formula.startswith("Hidden 1 #7 → Hidden 2 #4:  w₄,₇ ← ")


def test_says_that_softmax_and_cross_entropy_start_with_what_came_out_less_what_should_have() -> None:
    formula = describe(at_stage(TRACES["image"], Phase.BACKWARD, 4, "pre_activation"), CATALOGUE).formula
    assert "(a − y)/B" in formula
    assert formula.count("/8") == 1  # the batch has eight samples


def test_a_mean_of_something_curved_is_written_as_a_mean() -> None:
    frame = at_stage(TRACES["points"], Phase.FORWARD, 1, "activation", None)
    formula = describe(frame, CATALOGUE).formula
    assert formula.startswith("mean a")
    assert formula.partition(" = ")[2].startswith("(")
    assert "/8 =" in formula


def test_an_optimizer_with_a_memory_is_shown_by_what_it_did() -> None:
    trace = TRACES["image"]
    trace = replace(trace, optimizer=OptimizerSpec("adam"))
    explanation = describe(frame_at(trace, Cursor(len(stages_of(trace)) - 1)), CATALOGUE)
    assert explanation.sentence.startswith("Adam ")
    assert "w + Δw" in explanation.formula
    assert "∂L/∂w = " in explanation.formula


@pytest.mark.parametrize("name", ["momentum", "sgd"])
def test_a_tiny_change_that_the_gradient_does_not_explain_is_not_explained_by_it(name: str) -> None:
    trace = TRACES["image"]
    layers = list(trace.layers)
    weight = layers[4].parameters["weight"]
    before = np.full_like(weight.before, 0.003200452)
    changed = replace(weight, before=before, gradient=np.zeros_like(before), after=before + np.float32(7e-8))
    layers[4] = replace(layers[4], parameters={**layers[4].parameters, "weight": changed})
    trace = replace(trace, layers=tuple(layers), optimizer=OptimizerSpec(name, {"lr": 0.001}))
    formula = describe(frame_at(trace, Cursor(len(stages_of(trace)) - 1)), CATALOGUE, Focus(4, 0)).formula
    assert "w + Δw" in formula
    assert "η" not in formula


def test_weight_decay_is_more_than_the_gradient() -> None:
    trace = replace(TRACES["image"], optimizer=OptimizerSpec("sgd", {"lr": 0.1, "weight_decay": 0.01}))
    formula = describe(frame_at(trace, Cursor(len(stages_of(trace)) - 1)), CATALOGUE).formula
    assert "w + Δw" in formula
    assert "Δw from SGD" in formula


def test_a_power_of_ten_is_squared_as_a_whole() -> None:
    assert Expr("1.2·10⁻⁷", 1.2e-7).squared().text == "(1.2·10⁻⁷)²"


def test_a_change_too_small_for_three_digits_is_still_visible() -> None:
    trace = TRACES["image"]
    layers = list(trace.layers)
    weight = layers[4].parameters["weight"]
    changed = replace(weight, after=(weight.before * np.float32(1.00003)).astype(np.float32))
    layers[4] = replace(layers[4], parameters={**layers[4].parameters, "weight": changed})
    trace = replace(trace, layers=tuple(layers), optimizer=OptimizerSpec("adam"))
    frame = frame_at(trace, Cursor(len(stages_of(trace)) - 1))
    unit = largest(changed.after - changed.before) // changed.after.shape[1]
    formula = describe(frame, CATALOGUE, Focus(4, unit)).formula.partition("   (")[0]
    before, after = formula.split(" = ")[0].split("←")[-1], formula.split(" = ")[-1]
    assert before != after
    assert after != formula.split(" = ")[1].split(" + ")[0]


def test_penalties_are_part_of_the_gradient() -> None:
    trace = TRACES["squares"]
    layers = list(trace.layers)
    weight = layers[2].parameters["weight"]
    changed = replace(weight, gradient=weight.gradient + np.float32(0.25))
    layers[2] = replace(layers[2], parameters={**layers[2].parameters, "weight": changed})
    trace = replace(trace, layers=tuple(layers), penalty=0.7)
    formula = describe(at_stage(trace, Phase.BACKWARD, 2, PARAMETERS), CATALOGUE).formula
    assert "(penalty)" in formula
    assert calculate(formula.split(" = ")[-2]) == pytest.approx(read_number(formula.split(" = ")[-1]), abs=0.005)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_diverged_network_is_explained_too(bad: float) -> None:
    trace = TRACES["image"]
    layers = tuple(
        replace(
            layer,
            parts={name: replace(part, value=np.full_like(part.value, bad)) for name, part in layer.parts.items()},
        )
        for layer in trace.layers
    )
    broken = replace(trace, layers=layers, loss=math.nan, sample_losses=np.full(8, np.nan, np.float32))
    for position in range(len(stages_of(broken))):
        for sample in (0, None):
            assert describe(frame_at(broken, Cursor(position, sample)), CATALOGUE).sentence


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-3.0, "−3"),
        (0.1, "0.1"),
        (1 / 3, "0.333"),
        (0.3925, "0.3925"),
        (-0.37749999, "−0.3775"),
        (0.39251, "0.393"),
        (-1234.5, "−1234"),
        (0.00012345, "0.000123"),
        (0.000012345, "1.23·10⁻⁵"),
        (1.5e12, "1.50·10¹²"),
        (math.nan, "NaN"),
        (-math.inf, "−∞"),
    ],
)
def test_numbers_are_written_as_people_write_them(value: float, text: str) -> None:
    assert significant(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.298371109, "0.2983711"),
        (0.3589165, "0.3589165"),
        (-0.1, "−0.1"),
        (0.0, "0"),
        (1234.0, "1234"),
        (4.385677e-06, "4.385677·10⁻⁶"),
        (math.nan, "NaN"),
        (math.inf, "∞"),
    ],
)
def test_all_digits_that_32_bits_tell(value: float, text: str) -> None:
    assert all_digits(value) == text


def test_results_get_as_many_digits_as_are_asked_for() -> None:
    def product(num: Num) -> Expr:
        return num(0.123456) * num(2.0)

    assert come_to("x", product, 0.246912) == "x = 0.1235·2 = 0.247"
    with result_digits(5):
        assert come_to("x", product, 0.246912) == "x = 0.123456·2 = 0.24691"


# --- the widget -------------------------------------------------------------------------------------------------------


def test_the_caption_shows_sentence_and_formula_and_keeps_its_height(qtbot: QtBot) -> None:
    caption = Caption(CATALOGUE)
    qtbot.addWidget(caption)
    caption.resize(700, caption.height())
    caption.show()
    height = caption.height()
    for position in range(len(stages_of(TRACES["image"]))):
        caption.show_frame(frame_at(TRACES["image"], Cursor(position)))
        assert "font-family" in caption.text()
        assert caption.height() == height
        assert caption.heightForWidth(caption.width()) <= height
    caption.show_frame(None)
    assert caption.text() == ""
    assert caption.height() == height


def test_a_narrow_caption_prints_fewer_terms(qtbot: QtBot) -> None:
    caption = Caption(CATALOGUE)
    qtbot.addWidget(caption)
    caption.show()
    caption.show_frame(at_stage(TRACES["image"], Phase.FORWARD, 2, "pre_activation"))
    caption.resize(1200, caption.height())
    wide = caption.text().count("·")
    caption.resize(360, caption.height())
    assert caption.text().count("·") < wide


def test_the_caption_follows_what_is_pinned(qtbot: QtBot) -> None:
    caption = Caption(CATALOGUE)
    qtbot.addWidget(caption)
    caption.show_frame(at_stage(TRACES["image"], Phase.FORWARD, 2, "activation"))
    caption.set_focus(2, 11)
    assert "a₁₁" in caption.text()
    caption.clear_focus()
    assert "a₁₁" not in caption.text()


@pytest.mark.parametrize("size", [1, 10, 200_000])
def test_the_largest_number_is_found_in_any_array(size: int) -> None:
    numbers = np.random.default_rng(size).normal(size=size).astype(np.float32)
    assert largest(numbers) == int(np.argmax(np.abs(numbers)))
    numbers[size // 2] = np.nan
    expected = int(np.argmax(np.abs(np.nan_to_num(numbers))))
    assert largest(numbers) == expected
    assert largest(np.full(size, np.nan, np.float32)) == 0


def test_dropout_does_nothing_to_a_drawing() -> None:
    trace = example_trace(NetworkSpec((Input((5,)), Dropout(0.5), Dense(3, "softmax"))), 2)
    assert "by chance" in describe(frame_at(trace, Cursor(1)), CATALOGUE).sentence
    drawn = replace(trace, loss=None, sample_losses=None, targets=None, target_values=None)
    explanation = describe(frame_at(drawn, Cursor(1)), CATALOGUE)
    assert "passes all on" in explanation.sentence
    assert "0 of 5 switched off" in explanation.formula
