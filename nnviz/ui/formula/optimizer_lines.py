"""What one optimizer does with one weight, line by line, with the numbers that it remembers.

The formulas are those of PyTorch's documentation of each class (https://docs.pytorch.org/docs/stable/optim.html). Each
line prints arithmetic on the numbers of the optimizer's own state; where its 32-bit arithmetic comes to something else
in the digits shown, the line says ≈.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from nnviz.core.microscope import OptimizerStep
from nnviz.ui.formula.numbers import SUPERSCRIPTS, Expr, Num, come_to, function, significant, written_change

translate = QCoreApplication.translate
MOST_DIGITS, FEWEST_DIGITS = 4, 3


@dataclass(frozen=True)
class OptimizerLine:
    """What a number is for, in a few words, and how it comes about."""

    words: str
    formula: str


@dataclass(frozen=True)
class Outcome:
    """The end of the calculation.

    Attributes
    ----------
    formula : str
        Δw, written out.
    change : str
        After − before of the weight itself, with as many digits as both have in common.
    agrees : bool
        Whether they agree in those digits; else the weight was too coarse for the step.
    """

    formula: str
    change: str
    agrees: bool


def optimizer_lines(step: OptimizerStep) -> tuple[list[OptimizerLine], Outcome]:
    """Write out the step of `step.optimizer`.

    Raises
    ------
    KeyError
        For an optimizer that is not known here.
    """
    lines, rule, change = _WRITERS[step.optimizer](_Numbers(step))
    return lines, _outcome(f"Δw = {rule}", change, step)


Change = Callable[[Num], Expr]
Written = tuple[list[OptimizerLine], str, Change]


def _exactly(value: float) -> Expr:
    return Expr("", float(value))


def _outcome(left: str, change: Change, step: OptimizerStep) -> Outcome:
    """Print the calculation with as many digits as it has in common with what was recorded."""
    exact, recorded = change(_exactly).value, step.change
    written = written_change(recorded, step.weight)
    for digits in range(MOST_DIGITS, 0, -1):
        calculation, _, shown = come_to(left, change, exact, digits).rpartition(" = ")
        if calculation and _without_zeros(shown) == _without_zeros(written):
            return Outcome(f"{calculation} = {written}", written, agrees=True)
    for digits in range(MOST_DIGITS, 0, -1):
        formula = come_to(left, change, exact, digits)
        shown = formula.rpartition(" = ")[2]
        if shown in (significant(recorded, digits), significant(recorded, digits + 1)):  # `come_to` may add a digit
            return Outcome(formula, shown, agrees=True)
    formula = come_to(left, change, exact, FEWEST_DIGITS)
    return Outcome(formula, significant(recorded, FEWEST_DIGITS), agrees=False)


def _without_zeros(text: str) -> str:
    """A printed number without the zeros that only say how exact it is."""
    digits, times, power = text.partition("·")
    return (digits.rstrip("0").rstrip(".") if "." in digits else digits) + times + power


class _Numbers:
    """The numbers of one step under their short names, and the lines that all optimizers share."""

    def __init__(self, step: OptimizerStep) -> None:
        self.step = step
        settings = step.settings
        self.lr, self.decay, self.w = settings["lr"], settings["weight_decay"], step.weight
        self.count = int(step.remembered.get("step", 0))

    def old(self, name: str) -> float:
        """What was remembered before the step; 0 before the first."""
        return self.step.before.get(name, 0.0)

    def new(self, name: str) -> float:
        """What is remembered after it."""
        return self.step.remembered.get(name, 0.0)

    def gradient(self, with_decay: bool = True) -> tuple[list[OptimizerLine], float]:
        """Return the line of g, and g: the gradient, with the pull of the weight decay where that is added to it."""
        raw = self.step.gradient
        words = translate("optimizer", "Gradient of this batch")
        lines = [OptimizerLine(words, f"g = ∂L/∂w = {significant(raw, FEWEST_DIGITS)}")]
        if not (self.decay and with_decay):
            return lines, raw
        value = raw + self.decay * self.w
        formula = come_to("g ← g + λ·w", lambda num: num(raw) + num(self.decay) * num(self.w), value)
        return [*lines, OptimizerLine(translate("optimizer", "Weight decay λ pulls w towards 0"), formula)], value

    def mixed(self, symbol: str, factor_symbol: str, factor: float, name: str, squared: bool, g: float) -> str:
        """Write out a running mean: m ← β·m + (1 − β)·g, or of g²."""
        grown, old = ("g²" if squared else "g"), self.old(name)
        rule = f"{symbol} ← {factor_symbol}·{symbol} + (1 − {factor_symbol})·{grown}"

        def arithmetic(num: Num) -> Expr:
            added = num(g).squared() if squared else num(g)
            return num(factor) * num(old) + num(round(1 - factor, 12)) * added

        return come_to(rule, arithmetic, self.new(name))


def _sgd(numbers: _Numbers) -> Written:
    lines, g = numbers.gradient()
    return lines, "−η·g", lambda num: num(-numbers.lr) * num(g)


def _speed(numbers: _Numbers, lines: list[OptimizerLine], push: str, size: Callable[[Num], Expr]) -> float:
    """Add the line of the momentum buffer to `lines`, and return the buffer."""
    momentum, old = numbers.step.settings["momentum"], numbers.old("momentum_buffer")
    value = numbers.new("momentum_buffer")
    formula = come_to(f"v ← μ·v + {push}", lambda num: num(momentum) * num(old) + size(num), value)
    lines.append(OptimizerLine(translate("optimizer", "Speed: a share μ of the last one is kept"), formula))
    return value


def _momentum(numbers: _Numbers) -> Written:
    if not numbers.step.settings["momentum"]:
        return _sgd(numbers)
    lines, g = numbers.gradient()
    v = _speed(numbers, lines, "g", lambda num: num(g))
    return lines, "−η·v", lambda num: num(-numbers.lr) * num(v)


def _nesterov(numbers: _Numbers) -> Written:
    lines, g = numbers.gradient()
    v, momentum = _speed(numbers, lines, "g", lambda num: num(g)), numbers.step.settings["momentum"]
    return lines, "−η·(g + μ·v)", lambda num: num(-numbers.lr) * (num(g) + num(momentum) * num(v))


def _scaled(num: Num, g: float, square: float, eps: float) -> Expr:
    """g/(√s + ε)."""
    return num(g) / (function("√", num(square), math.sqrt) + num(eps))


def _adagrad(numbers: _Numbers) -> Written:
    settings = numbers.step.settings
    lines, g = numbers.gradient()
    square, old = numbers.new("sum"), numbers.old("sum")
    formula = come_to("s ← s + g²", lambda num: num(old) + num(g).squared(), square)
    lines.append(OptimizerLine(translate("optimizer", "Sum of all squared gradients so far"), formula))
    rate, decay, earlier = numbers.lr, settings["lr_decay"], numbers.count - 1
    if decay:
        rate = numbers.lr / (1 + earlier * decay)
        formula = come_to(
            "ηₜ = η/(1 + (t − 1)·d)", lambda num: num(numbers.lr) / (num(1) + num(earlier) * num(decay)), rate
        )
        lines.append(OptimizerLine(translate("optimizer", "Learning rate, shrunk by its decay d"), formula))
    rule = f"−{'ηₜ' if decay else 'η'}·g/(√s + ε)"
    return lines, rule, lambda num: num(-rate) * _scaled(num, g, square, settings["eps"])


def _rmsprop(numbers: _Numbers) -> Written:
    settings = numbers.step.settings
    lines, g = numbers.gradient()
    square, eps = numbers.new("square_avg"), settings["eps"]
    formula = numbers.mixed("s", "α", settings["alpha"], "square_avg", True, g)
    lines.append(OptimizerLine(translate("optimizer", "Running mean of the squared gradients"), formula))
    if not settings["momentum"]:
        return lines, "−η·g/(√s + ε)", lambda num: num(-numbers.lr) * _scaled(num, g, square, eps)
    v = _speed(numbers, lines, "g/(√s + ε)", lambda num: _scaled(num, g, square, eps))
    return lines, "−η·v", lambda num: num(-numbers.lr) * num(v)


def _corrected(numbers: _Numbers, symbol: str, beta_symbol: str, beta: float, value: float) -> tuple[str, float]:
    """Write out the bias correction m̂ = m/(1 − βᵗ), and return m̂."""
    hat = value / (1 - beta**numbers.count)

    def arithmetic(num: Num) -> Expr:
        base = num(beta)
        power = Expr(f"{base.text}{str(numbers.count).translate(SUPERSCRIPTS)}", base.value**numbers.count)
        return num(value) / (num(1) - power)

    return come_to(f"{symbol}̂ = {symbol}/(1 − {beta_symbol}ᵗ)", arithmetic, hat), hat


def _adam(numbers: _Numbers, decoupled: bool = False) -> Written:
    settings, w = numbers.step.settings, numbers.w
    lines, g = numbers.gradient(with_decay=not decoupled)
    beta1, beta2, eps = settings["beta1"], settings["beta2"], settings["eps"]
    mean = numbers.mixed("m", "β₁", beta1, "exp_avg", False, g)
    square = numbers.mixed("v", "β₂", beta2, "exp_avg_sq", True, g)
    mean_hat, m = _corrected(numbers, "m", "β₁", beta1, numbers.new("exp_avg"))
    square_hat, v = _corrected(numbers, "v", "β₂", beta2, numbers.new("exp_avg_sq"))
    correction = translate("optimizer", "Both began at 0; corrected for that, step t = {count}")
    lines += [
        OptimizerLine(translate("optimizer", "Running mean of the gradients"), mean),
        OptimizerLine(translate("optimizer", "Running mean of the squared gradients"), square),
        OptimizerLine(correction.format(count=f"{numbers.count:,}"), mean_hat),
        OptimizerLine("", square_hat),
    ]
    decay = numbers.decay if decoupled else 0.0

    def change(num: Num) -> Expr:
        moved = num(-numbers.lr) * _scaled(num, m, v, eps)
        return moved - num(numbers.lr) * num(decay) * num(w) if decay else moved

    return lines, "−η·m̂/(√v̂ + ε)" + (" − η·λ·w" if decay else ""), change


def _adamw(numbers: _Numbers) -> Written:
    return _adam(numbers, decoupled=True)


_WRITERS: dict[str, Callable[[_Numbers], Written]] = {
    "sgd": _sgd,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "adagrad": _adagrad,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamw": _adamw,
}
