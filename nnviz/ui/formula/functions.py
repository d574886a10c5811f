"""The activation functions and their slopes, written out with numbers. Others are shown by their value alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from nnviz.ui.formula.numbers import Expr, Num, function

LEAK = 0.01  # torch.nn.LeakyReLU's default


def _normal_cdf(z: float) -> float:
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))


def _sigmoid(num: Num, z: float) -> Expr:
    return num(1) / (num(1) + function("exp", num(-z), math.exp))


def _relu(num: Num, z: float) -> Expr:
    inner = num(z)
    return Expr(f"max(0, {inner.text})", max(0.0, inner.value))


@dataclass(frozen=True)
class Function:
    """How φ and φ′ are called, and how they are written out: `value(num, z)` and `slope(num, z, a)`."""

    symbol: str
    value: Callable[[Num, float], Expr]
    slope_symbol: str
    slope: Callable[[Num, float, float], Expr] | None


FUNCTIONS = {
    "linear": Function("z", lambda num, z: num(z), "1", lambda num, z, a: num(1)),
    "relu": Function("max(0, z)", _relu, "φ′(z)", lambda num, z, a: num(1 if z > 0 else 0)),
    "leaky_relu": Function(
        f"max({LEAK}·z, z)",
        lambda num, z: num(z) if z > 0 else num(LEAK) * num(z),
        "φ′(z)",
        lambda num, z, a: num(1 if z > 0 else LEAK),
    ),
    "sigmoid": Function("1/(1 + exp(−z))", _sigmoid, "a·(1 − a)", lambda num, z, a: num(a) * (num(1) - num(a))),
    "tanh": Function(
        "tanh(z)",
        lambda num, z: function("tanh", num(z), math.tanh),
        "(1 − a²)",
        lambda num, z, a: num(1) - num(a).squared(),
    ),
    "gelu": Function("z·Φ(z)", lambda num, z: num(z) * function("Φ", num(z), _normal_cdf), "φ′(z)", None),
}
