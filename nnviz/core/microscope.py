"""One weight or neuron under the microscope: what the engine is asked about it, and what a trace says by itself.

All is about the step that is shown, with the weights *before* it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnviz.core.explain import MOST_TERMS, Terms, terms_of
from nnviz.core.playback import Frame
from nnviz.core.questions import Question
from nnviz.core.spec import Wiring
from nnviz.core.trace import Trace

DoubleArray = NDArray[np.float64]


@dataclass(frozen=True)
class WeightQuestion(Question):
    """Something about the weight from unit `inp` to unit `out` of a layer, in the step that is proposed.

    `revision` and `step` say which step is meant: when another one is proposed meanwhile, there is no answer.
    """

    revision: int
    step: int
    layer: int
    out: int
    inp: int


@dataclass(frozen=True)
class AskNudges(WeightQuestion):
    """What would the loss of this batch be, if only this weight were another? Answered by `Nudges`."""


@dataclass(frozen=True)
class Nudges:
    """The loss as a function of one weight, computed with 64-bit numbers.

    Attributes
    ----------
    weights, losses : ndarray of float64, shape (points,)
        The weight at evenly spaced places, the present one in the middle, and the whole objective (mean loss of the
        batch and penalties) at each.
    gradient, exact_gradient : float
        ∂loss/∂w of the whole objective by autograd: as it was recorded in the training, with 32-bit numbers, and once
        more with 64-bit numbers.
    difference : float
        The central finite difference (L(w + h) − L(w − h)) / 2h of the objective.
    h : float
        How far the weight is moved for it.
    l1, l2 : float
        The factors of the penalties l1·Σ|w| + l2/2·Σw².
    """

    weights: DoubleArray
    losses: DoubleArray
    gradient: float
    exact_gradient: float
    difference: float
    h: float
    l1: float
    l2: float

    @property
    def middle(self) -> int:
        """Index of the present weight."""
        return len(self.weights) // 2

    @property
    def tangent(self) -> DoubleArray:
        """The straight line that the gradient promises, at `weights`."""
        line: DoubleArray = self.losses[self.middle] + self.exact_gradient * (self.weights - self.weights[self.middle])
        return line


@dataclass(frozen=True)
class AskOptimizerStep(WeightQuestion):
    """What did the optimizer do with this weight? Answered by `OptimizerStep`."""


@dataclass(frozen=True)
class OptimizerStep:
    """What the optimizer knew of one weight, and what it made of it.

    Attributes
    ----------
    optimizer : str
        Its name in the catalogue.
    settings : mapping
        All of its settings, as they were in force.
    weight, after : float
        The weight before and after the step.
    gradient : float
        ∂loss/∂w, with the penalties.
    before, remembered : mapping
        What it remembered of this weight before and after the step, by torch's names (exp_avg, momentum_buffer …);
        ``step`` counts its steps.
    """

    optimizer: str
    settings: Mapping[str, float]
    weight: float
    after: float
    gradient: float
    before: Mapping[str, float]
    remembered: Mapping[str, float]

    @property
    def change(self) -> float:
        """By how much the weight has moved; exact, since both are 32-bit numbers."""
        return self.after - self.weight


def sample_gradients(trace: Trace, layer: int, out: int, inp: int) -> DoubleArray | None:
    """∂(loss of one sample)/∂w for each sample of the batch: its δ·x, without the 1/batch that δ carries.

    The loss is the mean over the samples, and so the mean of these is ∂loss/∂w (without penalties).

    Returns
    -------
    ndarray of float64, shape (batch,), or None
        None where nothing flowed back.
    """
    parts = trace.network.layers[layer].parts
    delta = trace.layers[layer].parts[parts[0].name].gradient
    if delta is None:
        return None
    source = trace.network.layers[layer - 1].parts[-1].name
    inputs = trace.layers[layer - 1].parts[source].value.reshape(trace.batch_size, -1)[:, inp]
    with np.errstate(invalid="ignore"):  # 0 · ∞, when the training has diverged
        products: DoubleArray = trace.batch_size * delta[:, out].astype(np.float64) * inputs
    return products


@dataclass(frozen=True)
class Noise:
    """How far the samples of a batch agree on where a weight should go.

    Attributes
    ----------
    mean, deviation : float
        Of the samples' own gradients; the (corrected) standard deviation is 0 for a single sample.
    against, silent : int
        Samples whose gradient has the other sign than the mean, and samples whose gradient is 0.
    error : float
        The standard error deviation/√batch: by about so much the mean of another such batch would differ.
    """

    mean: float
    deviation: float
    against: int
    silent: int
    error: float


def noise_of(gradients: DoubleArray) -> Noise:
    """Sum up the samples' own gradients, shape (batch,)."""
    count = len(gradients)
    with np.errstate(invalid="ignore"):  # ∞ − ∞, when the training has diverged
        mean = float(gradients.mean())
        deviation = float(gradients.std(ddof=1)) if count > 1 else 0.0
        against = int(np.count_nonzero(gradients * np.sign(mean) < 0))
    silent = int(np.count_nonzero(gradients == 0))
    return Noise(mean, deviation, against, silent, deviation / float(np.sqrt(count)))


def backward_terms(frame: Frame, layer: int, unit: int, most: int = MOST_TERMS) -> Terms | None:
    """Find the terms w·δ of ∂loss/∂a = Σ w·δ over the neurons of the next layer that a unit feeds.

    Returns
    -------
    Terms or None
        `units` are those of the next layer, `inputs` their δ (None while they are not computed). None where the next
        layer does not weigh its inputs, or nothing flows back.
    """
    if layer + 1 >= len(frame.layers) or not frame.trace.has_backward:
        return None
    following = frame.layers[layer + 1]
    if following.spec.wiring is not Wiring.DENSE:
        return None
    weights = frame.trace.layers[layer + 1].parameters["weight"].before[:, unit]
    deltas = following.gradients.get(following.spec.parts[0].name)
    known = frame.layers[layer].output_gradient is not None
    return terms_of(weights, deltas, known, most)


def agreeing_digits(one: str, other: str) -> int:
    """Count the leading significant digits that two numbers, printed alike, have in common; 0 for other signs."""
    count, begun = 0, False
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        begun = begun or mine in "123456789"
        count += begun and mine.isdigit()
    return count
