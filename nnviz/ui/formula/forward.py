"""The formulas of the forward pass, with the numbers of the frame."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QCoreApplication

from nnviz.core.data import FloatArray
from nnviz.core.spec import Wiring
from nnviz.ui.formula.functions import FUNCTIONS
from nnviz.ui.formula.numbers import Expr, Num, at, come_to, function, significant, subscript, total
from nnviz.ui.formula.scene import Scene

translate = QCoreApplication.translate


def more_terms() -> str:
    """Note behind the sum of what is not printed term by term."""
    return translate("formula", "({count} more)")


def switched_off(symbol: str) -> str:
    """Say what a neuron that is switched off passes on."""
    return translate("formula", "{symbol} = 0   (switched off)").format(symbol=symbol)


def weighted_sum(num: Num, scene: Scene, weights: FloatArray, values: FloatArray, *extra: Expr) -> Expr:
    """Print the sum of the products, as many of them as there is room for; `extra` is added at the end (a bias)."""
    return total(
        num,
        weights.astype(np.float64) * values,
        lambda index: num(at(weights, index)) * num(at(values, index)),
        scene.terms,
        more_terms(),
        *extra,
    )


def mean_over_batch(scene: Scene, left: str, samples: FloatArray, value: float) -> str:
    """Write a mean over the batch as what it is: a sum over the samples, divided by their number."""

    def arithmetic(num: Num) -> Expr:
        terms = total(num, samples, lambda row: num(float(samples[row])), scene.terms, more_terms())
        return terms / num(len(samples))

    return come_to(translate("formula", "mean {symbol}").format(symbol=left), arithmetic, value)


def mean_of(symbol: str, scene: Scene) -> str:
    """Name a number that is linear in the sample, so that its mean obeys the same formula."""
    return translate("formula", "mean {symbol}").format(symbol=symbol) if scene.is_mean else symbol


def forward_formula(scene: Scene) -> str:
    """Write out what one unit of the layer at work computes."""
    here, part = scene.here, scene.frame.stage.part
    value = here.values[part]
    match here.spec.wiring:
        case Wiring.DENSE if part == here.spec.parts[0].name:
            return _weighted_sum(scene)
        case Wiring.DENSE:
            return _activation(scene)
        case Wiring.ONE_TO_ONE:
            return _one_to_one(scene)
        case Wiring.RESHAPE if len(here.input_shape) == 2:
            return _reshape(here.input_shape[1], scene.unit(value), value)
    low, high = significant(float(np.min(value))), significant(float(np.max(value)))
    return translate("formula", "x: {count} numbers, from {low} to {high}").format(count=value.size, low=low, high=high)


def forward_unit(scene: Scene) -> int:
    """Choose by the layer's output, so that z and a of one and the same neuron are shown one after the other."""
    here = scene.here
    last = here.spec.parts[-1].name
    output = scene.frame.trace.layers[here.index].parts[last].value
    sample = scene.frame.cursor.sample
    return scene.unit(output.mean(axis=0) if sample is None else output[sample])


def _weighted_sum(scene: Scene) -> str:
    here = scene.here
    unit = forward_unit(scene)
    weights = here.parameters["weight"][unit]
    inputs = scene.source(here.index)
    bias = here.parameters.get("bias")

    def arithmetic(num: Num) -> Expr:
        extra = () if bias is None else (num(at(bias, unit)),)
        return weighted_sum(num, scene, weights, inputs, *extra)

    symbol = mean_of(f"z{subscript(unit)}", scene)
    rule = "Σ w·x" if bias is None else "Σ w·x + b"
    return come_to(f"{symbol} = {rule}", arithmetic, at(here.values[scene.frame.stage.part], unit))


def _activation(scene: Scene) -> str:
    here = scene.here
    before, part = here.spec.parts[0].name, scene.frame.stage.part
    unit = forward_unit(scene)
    sums, value = here.values[before], at(here.values[part], unit)
    symbol = f"a{subscript(unit)}"
    if scene.frame.trace.pokes.is_off(here.index, unit):
        return switched_off(symbol)
    name = here.spec.activation_name or ""
    if scene.is_mean and name != "linear":
        return mean_over_batch(scene, symbol, scene.batch_column(here.index, part, unit), value)
    if name == "softmax":
        return come_to(
            f"{symbol} = exp(z{subscript(unit)} − max z) / Σ exp(z − max z)",
            lambda num: _softmax(num, sums, unit, scene.terms),
            value,
        )
    if name not in FUNCTIONS:
        return f"{symbol} = {significant(value)}"
    written = FUNCTIONS[name]
    return come_to(
        f"{mean_of(symbol, scene)} = {written.symbol}", lambda num: written.value(num, at(sums, unit)), value
    )


def _softmax(num: Num, sums: FloatArray, unit: int, count: int) -> Expr:
    """Write e^z by its neighbours; all z are lowered alike, as it is computed: the quotient is the same."""
    lowered = sums.astype(np.float64) - float(sums.max())

    def power(index: int) -> Expr:
        return function("exp", num(float(lowered[index])), math.exp)

    denominator = total(num, np.exp(lowered), power, count, more_terms())
    return power(unit) / denominator


def _one_to_one(scene: Scene) -> str:
    here = scene.here
    inputs, output = scene.source(here.index), here.values[scene.frame.stage.part]
    unit = scene.unit(output)
    source, value = at(inputs, unit), at(output, unit)
    off = int(np.sum((np.ravel(output) == 0) & (inputs != 0)))
    switched = translate("formula", "{count} of {total} switched off").format(count=off, total=output.size)
    if source == 0 or value == 0 or scene.is_mean:
        return switched
    formula = come_to(f"a{subscript(unit)}", lambda num: num(source) * num(value / source), value)
    return f"{formula};  {switched}"


def _reshape(columns: int, unit: int, value: FloatArray) -> str:
    row, column = divmod(unit, columns)
    return translate(
        "formula", "row {row}, column {column}  →  place {row}·{columns} + {column} = {place}:  {value}"
    ).format(row=row, column=column, columns=columns, place=unit, value=significant(at(value, unit)))
