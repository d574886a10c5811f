"""How the numbers of each layer are spread: what the layers panel shows, and what `nnviz.core.health` judges by.

A `Snapshot` sums up one recorded step in a few kilobytes, whatever the size of the network; `Snapshots` keeps a bounded
row of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nnviz.core.data import FloatArray
from nnviz.core.trace import Trace, frozen

QUANTILES = 33  # from the smallest to the largest value, at equal shares
MOST_VALUES = 4096  # that a spread is taken from: more would not change the picture, but take longer
MOST_SAMPLES = 512
MOST_SNAPSHOTS = 160
ALL_OF_THE_NEWEST = 32  # are kept: by these one judges

SATURATION: dict[str, tuple[float, float]] = {"sigmoid": (0.02, 0.98), "tanh": (-0.96, 0.96)}
"""Outputs beyond these bounds are saturated: the slope φ′ there is less than a twelfth of its largest value."""
RELU = "relu"


@dataclass(frozen=True, eq=False)
class LayerStatistics:
    """One layer that has weights, over one batch.

    Attributes
    ----------
    layer, units : int
        Position in the network, and number of neurons.
    weights, activations : ndarray, shape (QUANTILES,)
        Quantiles of the weights before the step, and of the layer's outputs, from the smallest to the largest; not a
        number where no finite ones are left. So are the gradients.
    gradients : ndarray, shape (QUANTILES,), or None
        Quantiles of log₁₀ |∂loss/∂w|; of gradients that are exactly zero there is no logarithm, they are left out.
        None where there is no gradient, or all of it is zero.
    gradient_norm : float or None
        √Σ (∂loss/∂w)² over the weights of the layer.
    silent : ndarray of bool, shape (units,), or None
        For ReLU: the units that are zero for every sample of the batch.
    saturated : float or None
        For sigmoid and tanh in hidden layers: share of the outputs that are near the ends.
    alike : bool
        Whether several units have exactly the same incoming weights, all of them, so that they always do the same.
    """

    layer: int
    units: int
    weights: FloatArray
    activations: FloatArray
    gradients: FloatArray | None
    gradient_norm: float | None
    silent: NDArray[np.bool_] | None
    saturated: float | None
    alike: bool


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What a recorded step says of each layer that has weights.

    `chance` is the loss of a network that has learned nothing and gives the same answer to everything: a measure for
    what is large and what is small.
    """

    step: int
    samples: int
    chance: float
    layers: tuple[LayerStatistics, ...]


def snapshot(trace: Trace) -> Snapshot:
    """Sum a trace up; large arrays by a sample of their numbers."""
    indices = [index for index, layer in enumerate(trace.layers) if "weight" in layer.parameters]
    return Snapshot(trace.step, trace.batch_size, _chance(trace), tuple(_layer(trace, index) for index in indices))


def _chance(trace: Trace) -> float:
    """Cross-entropy of equal probabilities; for squared errors the variance of what the output should be."""
    if trace.loss_name == "categorical_crossentropy":
        return float(np.log(trace.outputs.shape[-1]))
    if trace.loss_name == "binary_crossentropy" or trace.target_values is None:
        return float(np.log(2))
    return float(trace.target_values.var(axis=0).mean())


def _layer(trace: Trace, index: int) -> LayerStatistics:
    spec, record = trace.network.layers[index], trace.layers[index]
    weight = record.parameters["weight"]
    every = -(-trace.batch_size // MOST_SAMPLES)
    outputs = record.parts[spec.parts[-1].name].value[::every]
    active = outputs != 0 if spec.activation_name == RELU else None
    ends = SATURATION.get(spec.activation_name or "") if index < len(trace.layers) - 1 else None
    return LayerStatistics(
        layer=index,
        units=len(weight.before),
        weights=spread(weight.before),
        activations=spread(outputs),
        gradients=None if weight.gradient is None else _log_spread(weight.gradient),
        gradient_norm=None if weight.gradient is None else _norm(weight.gradient),
        silent=None if active is None else frozen(~active.reshape(len(active), -1).any(axis=0)),
        saturated=None if ends is None else float(((outputs < ends[0]) | (outputs > ends[1])).mean()),
        alike=_alike(weight.before),
    )


def _alike(weight: FloatArray) -> bool:
    """Whether there are several rows, all equal; mostly, the first two tell."""
    first, *second = weight[:2]
    return bool(second) and bool((second[0] == first).all()) and bool((weight == first).all())


def _norm(array: FloatArray) -> float:
    flat = array.ravel()
    with np.errstate(all="ignore"):  # of a network that has diverged it is infinite, or not a number
        return float(np.sqrt(np.dot(flat, flat)))


@lru_cache(maxsize=64)
def _places(size: int) -> NDArray[np.int64]:
    """Which numbers of a large array stand for all; always the same ones, so that a spread does not jitter."""
    return np.random.default_rng(0).integers(0, size, MOST_VALUES)


def _some_of(array: FloatArray) -> FloatArray:
    flat = array.ravel()
    some = flat[_places(flat.size)] if flat.size > MOST_VALUES else flat
    return some[np.isfinite(some)]


def _quantiles(values: FloatArray) -> FloatArray:
    ordered = np.sort(values)
    picked = np.rint(np.linspace(0, len(ordered) - 1, QUANTILES)).astype(int)
    return frozen(ordered[picked].astype(np.float32))


NO_NUMBERS = frozen(np.full(QUANTILES, np.nan, np.float32))


def spread(array: FloatArray) -> FloatArray:
    """Quantiles of the finite numbers of an array, shape (QUANTILES,); not a number if there are none."""
    values = _some_of(array)
    return _quantiles(values) if values.size else NO_NUMBERS


def _log_spread(gradient: FloatArray) -> FloatArray | None:
    values = np.abs(_some_of(gradient))
    if not values.size:
        return NO_NUMBERS
    values = values[values > 0]
    return _quantiles(np.log10(values)) if values.size else None


class Snapshots:
    """A row of snapshots in the order of their steps; when it gets too long, those go that are close together."""

    def __init__(self) -> None:
        self._row: list[Snapshot] = []

    @property
    def row(self) -> Sequence[Snapshot]:
        """The snapshots, oldest first."""
        return self._row

    def add(self, new: Snapshot) -> None:
        """Add a snapshot at its place; one of the same step is replaced."""
        place = bisect_left(self._row, new.step, key=lambda each: each.step)
        same = place < len(self._row) and self._row[place].step == new.step
        self._row[place : place + same] = [new]
        if len(self._row) > MOST_SNAPSHOTS:
            del self._row[self._most_dispensable()]

    def _most_dispensable(self) -> int:
        """Where the gap would be smallest; the ends and the newest stay."""
        steps = np.array([each.step for each in self._row[:-ALL_OF_THE_NEWEST]])
        return 1 + int(np.argmin(steps[2:] - steps[:-2]))

    def until(self, step: int) -> Snapshots:
        """Another row with the same snapshots up to `step`."""
        part = Snapshots()
        part._row = [each for each in self._row if each.step <= step]
        return part

    def forget_after(self, step: int) -> None:
        """Forget what lies beyond `step`."""
        while self._row and self._row[-1].step > step:
            self._row.pop()

    def clear(self) -> None:
        """Forget everything."""
        self._row.clear()


def silent_shares(row: Sequence[Snapshot], at_least: int) -> tuple[dict[int, float], int]:
    """How many ReLUs were zero for every one of the newest samples.

    Parameters
    ----------
    row : sequence of Snapshot
        Oldest first.
    at_least : int
        Go back over so many samples, as far as there are any.

    Returns
    -------
    shares : dict of int to float
        Share of the units that never answered, by position of the layer; layers without ReLU are left out.
    samples : int
        Over how many samples.
    """
    newest: list[Snapshot] = []
    samples = 0
    for each in reversed(row):
        if samples >= at_least:
            break
        newest.append(each)
        samples += each.samples
    silent: dict[int, NDArray[np.bool_]] = {}
    for each in newest:
        for layer in each.layers:
            if layer.silent is not None:
                known = silent.get(layer.layer)
                silent[layer.layer] = layer.silent if known is None else known & layer.silent
    return {layer: float(units.mean()) for layer, units in silent.items()}, samples
