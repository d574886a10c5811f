"""Why one weight goes where it goes in a step: what the gradient asks for, and what has outweighed it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from nnviz.core.microscope import sample_gradients
from nnviz.core.pokes import WeightPlace
from nnviz.core.trace import Trace

NEGLIGIBLE = 1e-5  # of the gradient: what 32-bit arithmetic leaves over
DECOUPLED_DECAY = ("adamw",)  # optimizers whose weight decay does not go through the gradient


class Cause(StrEnum):
    """What decides where a weight goes."""

    GRADIENT = "gradient"
    MEMORY = "memory"
    DECAY = "decay"
    FROZEN = "frozen"
    ROUNDING = "rounding"
    NOTHING = "nothing"
    DIVERGED = "diverged"


@dataclass(frozen=True)
class WeightStep:
    """One weight in one step.

    Attributes
    ----------
    before, after : float
        The weight before and after the step.
    gradient : float
        ∂loss/∂w, with the penalties.
    penalty_free : float or None
        The gradient without the penalties, in a training that has any; 0 where it is only rounding.
    cause : Cause
    """

    before: float
    after: float
    gradient: float
    penalty_free: float | None
    cause: Cause

    @property
    def change(self) -> float:
        """By how much the weight moves."""
        return self.after - self.before


def weight_step(trace: Trace, layer: int, out: int, inp: int, settings: Mapping[str, float]) -> WeightStep | None:
    """Find out why the weight from unit `inp` to unit `out` of a dense layer moves as it does.

    Parameters
    ----------
    settings
        All settings of the optimizer, as they were in force.

    Returns
    -------
    WeightStep or None
        None where no step was taken.
    """
    record = trace.layers[layer].parameters["weight"]
    if record.gradient is None or record.after is None:
        return None
    before, after = float(record.before[out, inp]), float(record.after[out, inp])
    gradient = float(record.gradient[out, inp])
    if trace.pokes.is_frozen(WeightPlace(layer, out, inp)):
        cause = Cause.FROZEN
    else:
        cause = _cause(before, after, gradient, trace.optimizer.name, settings)
    return WeightStep(before, after, gradient, _without_penalty(trace, layer, out, inp, gradient), cause)


def _cause(before: float, after: float, gradient: float, optimizer: str, settings: Mapping[str, float]) -> Cause:
    change = after - before
    if not (math.isfinite(gradient) and math.isfinite(change)):
        return Cause.DIVERGED
    if change == 0:
        return Cause.ROUNDING if gradient else Cause.NOTHING
    if gradient * change < 0:
        return Cause.GRADIENT
    decay = settings.get("weight_decay", 0.0) * before
    if optimizer in DECOUPLED_DECAY:
        by_decay = (change + settings["lr"] * decay) * change <= 0
    else:
        by_decay = (gradient + decay) * change < 0
    return Cause.DECAY if decay and by_decay else Cause.MEMORY


def _without_penalty(trace: Trace, layer: int, out: int, inp: int, gradient: float) -> float | None:
    samples = sample_gradients(trace, layer, out, inp) if trace.penalty else None
    if samples is None:
        return None
    with np.errstate(invalid="ignore"):  # ∞ − ∞, when the training has diverged
        mean = float(samples.mean())
    return 0.0 if abs(mean) <= NEGLIGIBLE * abs(gradient) else mean
