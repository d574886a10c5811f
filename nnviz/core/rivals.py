"""Why one class rather than another: the difference of their scores z, term by term."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from nnviz.core.explain import MOST_TERMS, Terms, terms_of
from nnviz.core.playback import Frame
from nnviz.core.spec import Wiring


@dataclass(frozen=True)
class Rivals:
    """z of the winner − z of the other = Σ (w − w′)·a + (b − b′), with the weights before the step.

    Attributes
    ----------
    winner, other : int
        Units of the last layer; the winner has the larger z.
    scores : tuple of float
        Their z.
    terms : Terms
        (w − w′)·a of the units of the layer before.
    biases : tuple of float or None
        b and b′; None where the layer has none.
    """

    winner: int
    other: int
    scores: tuple[float, float]
    terms: Terms
    biases: tuple[float, float] | None

    @property
    def difference(self) -> float:
        """How much larger the winner's z is."""
        return self.scores[0] - self.scores[1]


def rivals(frame: Frame, unit: int, most: int = MOST_TERMS) -> Rivals | None:
    """Compare the predicted class with another one that matters to a unit of the last layer.

    That is the target; where the prediction is right, or no target is known, the second best; and where the unit is
    neither, the unit itself.

    Returns
    -------
    Rivals or None
        None where there is nothing to compare: one output, the mean of a batch, or z is not computed (any more).
    """
    here, behind = frame.layers[-1], frame.layers[-2].output
    scores = here.values.get(here.spec.parts[0].name)
    if here.spec.wiring is not Wiring.DENSE or scores is None or behind is None or frame.cursor.sample is None:
        return None
    if len(scores) < 2 or not np.isfinite(scores).all():
        return None
    best, second = (int(place) for place in np.argsort(-scores, kind="stable")[:2])
    target = second if frame.target is None else int(np.argmax(frame.target))
    other = second if target == best else target
    if unit not in (best, other):
        other = unit
    record = frame.trace.layers[-1].parameters
    weights = record["weight"].before
    biases = record["bias"].before if "bias" in record else None
    return Rivals(
        winner=best,
        other=other,
        scores=(float(scores[best]), float(scores[other])),
        terms=terms_of(weights[best].astype(np.float64) - weights[other], behind, True, most),
        biases=None if biases is None else (float(biases[best]), float(biases[other])),
    )


def odds(found: Rivals) -> float:
    """How many times as probable softmax makes the winner: exp(z − z′)."""
    return math.exp(found.difference) if found.difference < 700 else math.inf
