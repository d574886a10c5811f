"""The formulas of the loss and of its derivative, with the numbers of the frame."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnviz.core.data import FloatArray
from nnviz.ui.formula.forward import mean_of, mean_over_batch, more_terms
from nnviz.ui.formula.numbers import Expr, Num, at, come_to, function, significant, subscript, total
from nnviz.ui.formula.scene import Scene


def _binary(num: Num, a: float, y: float) -> Expr:
    hit = function("ln", num(a), math.log).negated()
    miss = function("ln", num(1) - num(a), math.log).negated()
    return hit if y == 1 else miss if y == 0 else num(y) * hit + num(1 - y) * miss


@dataclass(frozen=True)
class Judgement:
    """One output's share of a loss, and its derivative by that output (both before dividing by the outputs).

    `is_mean` says that the loss of a sample is the mean over its outputs, rather than their sum.
    """

    symbol: str
    share: Callable[[Num, float, float], Expr]
    slope_symbol: str
    slope: Callable[[Num, float, float], Expr]
    is_mean: bool = True


JUDGEMENTS = {
    "mean_squared_error": Judgement(
        "(a − y)²",
        lambda num, a, y: (num(a) - num(y)).squared(),
        "2·(a − y)",
        lambda num, a, y: num(2) * (num(a) - num(y)),
    ),
    "half_squared_error": Judgement(
        "½·(a − y)²",
        lambda num, a, y: num(0.5) * (num(a) - num(y)).squared(),
        "(a − y)",
        lambda num, a, y: num(a) - num(y),
        is_mean=False,
    ),
    "binary_crossentropy": Judgement(
        "−ln p(y)",
        _binary,
        "(a − y)/(a·(1 − a))",
        lambda num, a, y: (num(a) - num(y)) / (num(a) * (num(1) - num(a))),
    ),
}


def loss_formula(scene: Scene) -> str:
    """Write out the loss of the sample, or how the batch's loss is the mean of its samples' losses."""
    frame = scene.frame
    losses, loss, output = frame.trace.sample_losses, frame.loss, frame.layers[-1].output
    if losses is None or loss is None or output is None or frame.target is None:
        return ""
    if scene.is_mean:
        return mean_over_batch(scene, "L", losses, loss)
    outputs, targets = np.ravel(output), np.ravel(frame.target)
    if frame.trace.loss_name == "categorical_crossentropy":
        return _cross_entropy(scene, outputs, targets, loss)
    judgement = JUDGEMENTS.get(frame.trace.loss_name)
    if judgement is None:
        return f"L = {significant(loss)}"
    return _over_outputs(scene, judgement, outputs, targets, loss)


def _cross_entropy(scene: Scene, outputs: FloatArray, targets: FloatArray, loss: float) -> str:
    wanted = np.flatnonzero(targets)
    if len(wanted) == 1 and targets[wanted[0]] == 1:
        # from the loss, which is computed from the logits: the probability itself may have become 0 in float32
        probability = math.exp(-loss) if math.isfinite(loss) else math.nan
        symbol = f"L = −ln a{subscript(int(wanted[0]))}"
        return come_to(symbol, lambda num: function("ln", num(probability), math.log).negated(), loss)

    def term(num: Num, index: int) -> Expr:
        return num(-at(targets, index)) * function("ln", num(at(outputs, index)), math.log)

    sizes = [term(lambda value: Expr("", value), int(index)).value for index in wanted]
    return come_to(
        "L = −Σ y·ln a",
        lambda num: total(num, sizes, lambda place: term(num, int(wanted[place])), scene.terms, more_terms()),
        loss,
    )


def _over_outputs(scene: Scene, judgement: Judgement, outputs: FloatArray, targets: FloatArray, loss: float) -> str:
    def term(num: Num, index: int) -> Expr:
        return judgement.share(num, at(outputs, index), at(targets, index))

    sizes = [term(lambda value: Expr("", value), index).value for index in range(outputs.size)]

    def arithmetic(num: Num) -> Expr:
        shares = total(num, sizes, lambda index: term(num, index), scene.terms, more_terms())
        return shares / num(outputs.size) if judgement.is_mean and outputs.size > 1 else shares

    how = "" if outputs.size == 1 else "mean " if judgement.is_mean else "Σ "
    return come_to(f"L = {how}{judgement.symbol}", arithmetic, loss)


def loss_slope_formula(scene: Scene, symbol: str, unit: int, value: float, fused: bool) -> str:
    """Write out where the gradient begins: at the output, or with a fused loss at the logits, (p − y)/batch."""
    frame = scene.frame
    output = frame.layers[-1].output
    judgement = JUDGEMENTS.get(frame.trace.loss_name)
    if output is None or frame.target is None or (judgement is None and not fused):
        return f"{mean_of(symbol, scene)} = {significant(value)}"
    a, y = at(output, unit), at(frame.target, unit)
    per_output = output.size if judgement is not None and judgement.is_mean else 1  # a mean over the outputs, too
    divisor = scene.batch_size * per_output
    batch = "" if divisor == 1 else "/B" if per_output == 1 else f"/(B·{per_output})"

    def shared(num: Num, slope: Expr) -> Expr:
        return slope if divisor == 1 else slope / num(divisor)

    if fused:
        rule = f"(a − y){batch}" if batch else "a − y"
        return come_to(f"{mean_of(symbol, scene)} = {rule}", lambda num: shared(num, num(a) - num(y)), value)
    assert judgement is not None
    if scene.is_mean and frame.trace.loss_name == "binary_crossentropy":  # not linear in the output
        layer, part = len(frame.layers) - 1, frame.stage.part
        return mean_over_batch(scene, symbol, scene.batch_column(layer, part, unit, gradient=True), value)
    return come_to(
        f"{mean_of(symbol, scene)} = {judgement.slope_symbol}{batch}",
        lambda num: shared(num, judgement.slope(num, a, y)),
        value,
    )
