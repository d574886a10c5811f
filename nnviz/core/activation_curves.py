"""The activation functions and their slopes on whole arrays, for plots: written from their formulas, without torch.

The names are those of the dense layer's setting; a test holds them against PyTorch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LEAK = 0.01  # torch.nn.LeakyReLU's default
_erf = np.vectorize(math.erf, otypes=[np.float64])


@dataclass(frozen=True)
class ActivationCurve:
    """A function φ of z and its slope φ′, both on arrays of any shape."""

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]


def _sigmoid(z: Array) -> Array:
    with np.errstate(over="ignore"):  # e^z = ∞ gives 0, as it should
        return 1.0 / (1.0 + np.exp(-z))


def _sigmoid_slope(z: Array) -> Array:
    a = _sigmoid(z)
    return a * (1.0 - a)


def _normal_share(z: Array) -> Array:
    """Φ(z), the share of a standard normal distribution below z."""
    share: Array = 0.5 * (1.0 + _erf(z / math.sqrt(2.0)))
    return share


def _gelu_slope(z: Array) -> Array:
    return _normal_share(z) + z * np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi)


ACTIVATION_CURVES: Mapping[str, ActivationCurve] = MappingProxyType(
    {
        "linear": ActivationCurve(lambda z: z, np.ones_like),
        "relu": ActivationCurve(lambda z: np.maximum(z, 0.0), lambda z: np.where(z > 0, 1.0, 0.0)),
        "leaky_relu": ActivationCurve(lambda z: np.where(z > 0, z, LEAK * z), lambda z: np.where(z > 0, 1.0, LEAK)),
        "sigmoid": ActivationCurve(_sigmoid, _sigmoid_slope),
        "tanh": ActivationCurve(np.tanh, lambda z: 1.0 - np.tanh(z) ** 2),
        "gelu": ActivationCurve(lambda z: z * _normal_share(z), _gelu_slope),
    }
)


def softmax_curve(sums: Array, unit: int) -> ActivationCurve:
    """Softmax's output `unit` as a function of its own z, the other sums held: a sigmoid, shifted by ln Σ e^zⱼ.

    Parameters
    ----------
    sums : ndarray of float64, shape (units,), at least two
    """
    others = np.delete(sums, unit)
    largest = others.max()
    shift = float(largest + np.log(np.exp(others - largest).sum()))
    return ActivationCurve(lambda z: _sigmoid(z - shift), lambda z: _sigmoid_slope(z - shift))
