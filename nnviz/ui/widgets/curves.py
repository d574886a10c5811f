"""The numbers of a curve plot: what is drawn, where on the axis of epochs, and over which range. Pure NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nnviz.core.history import Curve, EpochResult, History
from nnviz.ui.formula.numbers import MINUS, power_of_ten

Array = NDArray[np.float64]
Ticks = list[tuple[float, str]]


def _nothing() -> Array:
    return np.empty(0)


@dataclass(frozen=True)
class Line:
    """One curve: positions in epochs, shape (n,), rising, and values, shape (n,); not finite where there is none."""

    x: Array = field(default_factory=_nothing)
    y: Array = field(default_factory=_nothing)

    def __len__(self) -> int:
        """Count the points."""
        return len(self.x)

    def equals(self, other: Line) -> bool:
        """Whether another line has the same points."""
        return np.array_equal(self.x, other.x) and np.array_equal(self.y, other.y, equal_nan=True)

    def nearest(self, x: float) -> int:
        """Index of the point nearest to `x`; the line is not empty."""
        right = int(np.searchsorted(self.x, x).clip(0, len(self.x) - 1))
        return right - 1 if right and x - self.x[right - 1] < self.x[right] - x else right

    def at(self, x: float) -> float | None:
        """Value of the point nearest to `x`, or None where there is no finite one."""
        if not len(self.x):
            return None
        value = float(self.y[self.nearest(x)])
        return value if np.isfinite(value) else None

    def thinned(self, most: int) -> tuple[Array, Array]:
        """Positions and values of every so many points that are finite, `most` at most."""
        every = -(-len(self) // most) or 1
        x, y = self.x[every - 1 :: every], self.y[every - 1 :: every]
        finite = np.isfinite(y)
        return x[finite], y[finite]

    def map(self, change: Callable[[Array], Array]) -> Line:
        """Return the same positions with changed values."""
        return Line(self.x, change(self.y))


@dataclass(frozen=True)
class Curves:
    """Everything a curve plot shows. `marks` are positions in epochs with their labels."""

    training: Line = field(default_factory=Line)
    validation: Line = field(default_factory=Line)
    batch: Line = field(default_factory=Line)
    marks: tuple[tuple[float, str], ...] = ()

    @property
    def lines(self) -> tuple[Line, Line, Line]:
        """The three lines, in the order in which the key lists them."""
        return self.training, self.validation, self.batch

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw yet."""
        return not any(np.isfinite(line.y).any() for line in self.lines)

    @property
    def end(self) -> float:
        """Where the longest line ends, in epochs."""
        return max((float(line.x[-1]) for line in self.lines if len(line)), default=0.0)

    def map(self, change: Callable[[Array], Array]) -> Curves:
        """Return the same curves with changed values (a logarithm, a percentage)."""
        return Curves(self.training.map(change), self.validation.map(change), self.batch.map(change), self.marks)


@dataclass(frozen=True)
class Reading:
    """Values of training, validation and batch at one place; None where there is none.

    `epoch` is the place; `is_end` says that it is the end of an epoch, where training and validation have values.
    """

    epoch: float
    is_end: bool
    values: tuple[float | None, float | None, float | None]


def read_curves(curves: Curves, x: float) -> Reading:
    """Read at the end of the epoch nearest to `x`, or at the nearest batch where no epoch ends within half an epoch.

    An `x` of infinity reads the newest values.
    """
    training, validation, batch = curves.lines
    if np.isinf(x):
        return Reading(curves.end, False, (training.at(x), validation.at(x), batch.at(x)))
    if len(training):
        end = float(training.x[training.nearest(x)])
        if abs(end - x) <= 0.5 or not len(batch):
            return Reading(end, True, (training.at(end), validation.at(end), batch.at(end)))
    place = float(batch.x[batch.nearest(x)]) if len(batch) else 0.0
    return Reading(place, False, (None, None, batch.at(place)))


def read_moment(curves: Curves, x: float) -> Reading:
    """Read what was known when the step whose loss is drawn at `x` had been taken: that loss, and the last epoch's."""
    training, validation, batch = curves.lines
    done = int(np.searchsorted(training.x, x + 1e-9))
    is_end = done > 0 and abs(float(training.x[done - 1]) - x) < 1e-9
    ends = tuple(line.at(float(training.x[done - 1])) if done else None for line in (training, validation))
    return Reading(x, is_end, (*ends, batch.at(x)))


def epochs_at(steps: Array, history: History) -> Array:
    """Place optimizer steps on an axis of epochs.

    The ends of the epochs that are done are known exactly, also when the batch size was changed on the way; after
    the last of them, an epoch is as long as it is now.
    """
    known_steps = np.array([0.0, *(result.step for result in history.epochs)])
    known_epochs = np.array([0.0, *(float(result.epoch) for result in history.epochs)])
    beyond = np.maximum(steps - known_steps[-1], 0.0) / history.batches_per_epoch
    return np.interp(steps, known_steps, known_epochs) + beyond


def epoch_of_step(step: int, history: History) -> float:
    """Place of the optimizer step `step` (counted from 0) on an axis of epochs: there its loss is drawn, at its end."""
    return float(epochs_at(np.array([step + 1.0]), history)[0])


def steps_at(epochs: Array, history: History) -> Array:
    """Turn places on an axis of epochs back into optimizer steps; see `epochs_at`."""
    known_steps = np.array([0.0, *(result.step for result in history.epochs)])
    known_epochs = np.array([0.0, *(float(result.epoch) for result in history.epochs)])
    beyond = np.maximum(epochs - known_epochs[-1], 0.0) * history.batches_per_epoch
    return np.interp(epochs, known_epochs, known_steps) + beyond


def curves_of(
    history: History,
    batches: Curve,
    training: Callable[[EpochResult], float | None],
    validation: Callable[[EpochResult], float | None],
) -> Curves:
    """Take the curves of one quantity out of `history`; `training` and `validation` pick it out of an epoch."""
    steps, values = batches.points()
    ends = np.array([float(result.epoch) for result in history.epochs])
    mark_steps = np.array([float(mark.step) for mark in history.marks])
    marks = zip(epochs_at(mark_steps, history).tolist(), (mark.label for mark in history.marks), strict=True)
    return Curves(
        training=Line(ends, np.array([training(result) for result in history.epochs], np.float64)),
        validation=Line(ends, np.array([validation(result) for result in history.epochs], np.float64)),
        batch=Line(epochs_at(steps, history), values.copy()),
        marks=tuple(marks),
    )


def robust_range(curves: Curves) -> tuple[float, float]:
    """Range of the values without the few that stick out, such as the very first batches.

    A fiftieth of the points of a line (at least one of eight or more batches) may lie outside, at either end, and so
    may the first epoch if it alone takes more than two thirds of the height. The newest point always lies inside.
    """
    chosen: list[float] = []
    for line, is_batch in ((curves.training, False), (curves.validation, False), (curves.batch, True)):
        values = line.y[np.isfinite(line.y)]
        if not len(values):
            continue
        newest = float(values[-1])
        trim = 0.02 if len(values) >= 50 else 0.0
        if is_batch and 8 <= len(values) < 50:
            trim = 1.0 / (len(values) - 1)
        if not is_batch and len(values) > 2 and np.ptp(values) > 3 * np.ptp(values[1:]):
            values = values[1:]
        chosen += [*np.quantile(values, (trim, 1.0 - trim)), newest]
    return (min(chosen), max(chosen)) if chosen else (0.0, 1.0)


def _round_step(least: float) -> float:
    """Smallest 1, 2 or 5 times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(digit * power for digit in (1, 2, 5, 10) if digit * power >= least * (1 - 1e-9))


def widened(low: float, high: float) -> tuple[float, float]:
    """Round a range outwards by a few hundredths, so that it stays the same for a while when the values grow."""
    if not high > low:
        return low, low + 1.0
    step = _round_step((high - low) / 40)
    return math.floor(low / step) * step, math.ceil(high / step) * step


def tick_text(value: float, digits: int = 6) -> str:
    """Write a round value in little room: 0.02, 50000, 10¹², 2.5·10⁻⁶."""
    if value == 0 or 1e-4 <= abs(value) < 1e5:
        return f"{value:.{digits}g}".replace("-", MINUS)
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    factor = f"{float(mantissa):.{digits}g}"
    power = power_of_ten(int(exponent))
    return power if factor == "1" else f"{factor}·{power}".replace("-", MINUS)


def linear_ticks(low: float, high: float, most: int) -> Ticks:
    """Choose at most `most` multiples of 1, 2 or 5 times a power of ten from `low` to `high`, and how they read.

    Where only one of them lies in there, which would say nothing about the scale, two of a finer step are taken.
    """
    step = _round_step((high - low) / most)
    ticks = _multiples(step, low, high)
    if len(ticks) < 2:
        finer = _multiples(_round_step(step / 4), low, high)
        ticks = [finer[0], finer[-1]]
    return [(tick, tick_text(tick)) for tick in ticks]


def _multiples(step: float, low: float, high: float) -> list[float]:
    return [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def logarithmic_ticks(low: float, high: float, most: int) -> Ticks:
    """Choose at most about `most` round values between 10^`low` and 10^`high`: their logarithms and how they read."""
    decades = np.arange(np.floor(low), np.ceil(high) + 1)
    for digits in ((1, 2, 5), (1, 3), (1,)):
        logs = [float(decade + np.log10(digit)) for decade in decades for digit in digits]
        inside = [log for log in logs if low <= log <= high]
        if len(inside) <= most:
            break
    if len(inside) < 2:
        return [(math.log10(value), text) for value, text in linear_ticks(10**low, 10**high, most)]
    every = -(-len(inside) // most) or 1
    return [(log, tick_text(10**log, 3)) for log in inside[::every]]
