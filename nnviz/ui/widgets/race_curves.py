"""The numbers of the curves of a race: smoothed, and placed on an axis of epochs. Pure NumPy."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from nnviz.core.race import Racer
from nnviz.ui.widgets.curves import Array, Line

PARTS = 4  # of an epoch: over so much the losses of batches are averaged, since each batch is another one


@dataclass(frozen=True)
class RaceCurve:
    """One racer: the number of its colour, what it is called, its training and its validation loss."""

    number: int
    name: str
    training: Line = field(default_factory=Line)
    validation: Line = field(default_factory=Line)


def window_of(batches: int) -> int:
    """Over how many batches the training loss is averaged."""
    return max(1, batches // PARTS)


def race_curve(racer: Racer, number: int, name: str, start: int, batches: int) -> RaceCurve:
    """Take the curves of a racer; epochs are counted from the start of the race, at optimizer step `start`.

    Parameters
    ----------
    batches : int
        How many there are in an epoch.
    """
    steps, losses = racer.losses.points()
    stride = steps[1] - steps[0] if len(steps) > 1 else 1.0
    window = max(1, round(window_of(batches) / stride))
    ends = np.array([result.step for result in racer.epochs], np.float64)
    validation = np.array([result.val_loss for result in racer.epochs], np.float64)
    return RaceCurve(
        number,
        name,
        Line((steps - start) / batches, trailing_mean(losses, window)),
        Line((ends - start) / batches, validation),
    )


def trailing_mean(values: Array, window: int) -> Array:
    """Mean of each value and those before it, over `window` values; over fewer at the beginning."""
    if window <= 1 or not len(values):
        return values.copy()
    sums = np.concatenate(([0.0], np.cumsum(values)))
    ends = np.arange(1, len(values) + 1)
    begins = np.maximum(ends - window, 0)
    return (sums[ends] - sums[begins]) / (ends - begins)


def loss_range(curves: tuple[RaceCurve, ...], with_validation: bool) -> tuple[float, float]:
    """Range of (finite) losses to show: all of them, but not the heights that one racer climbs to on its way out.

    What is higher than three times the highest start is cut off.
    """
    lines = [curve.training.y for curve in curves]
    if with_validation:
        lines += [curve.validation.y for curve in curves]
    finite = [values[np.isfinite(values)] for values in lines]
    finite = [values for values in finite if len(values)]
    if not finite:
        return 0.0, 1.0
    together = np.concatenate(finite)
    roof = 3 * max(float(values[0]) for values in finite)
    return float(together.min()), float(min(together.max(), roof))
