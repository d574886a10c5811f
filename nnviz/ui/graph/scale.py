"""Which number gets the full colour: robust, readable, and steady while the network trains."""

from __future__ import annotations

from collections.abc import Hashable
from enum import StrEnum
from math import ceil, floor, log10

import numpy as np

from nnviz.core.playback import EdgeValues

QUANTILE = 0.995  # a single outlier must not turn everything else pale
LARGEST_SAMPLE = 4_096


class ScaleChoice(StrEnum):
    """Over what a colour scale reaches."""

    LAYER = "layer"
    NETWORK = "network"
    FIXED = "fixed"


def robust_limit(values: EdgeValues) -> float:
    """Size below which almost all of `values` lie (their 99.5 % quantile); 0 for nothing but zeros and NaN."""
    if values.size > LARGEST_SAMPLE:
        # an odd stride does not fall in step with rows and columns
        flat = values[np.unravel_index(np.arange(0, values.size, (values.size // LARGEST_SAMPLE) | 1), values.shape)]
    else:
        flat = np.ravel(values[...])
    sizes = np.abs(flat)
    sizes = sizes[np.isfinite(sizes)]
    if not sizes.size:
        return 0.0
    place = min(int(np.ceil(QUANTILE * sizes.size)), sizes.size) - 1
    return float(np.partition(sizes, place)[place])


def readable(limit: float) -> float:
    """Round up to two digits, so that a legend can show it: 0.8267 → 0.83. Nothing at all becomes 1."""
    if limit <= 1e-30 or not np.isfinite(limit):
        return 1.0
    unit = 10.0 ** (floor(log10(limit)) - 1)
    return ceil(limit / unit - 1e-9) * unit


class Limits:
    """Remembers the limits in use, so that colours do not flicker.

    While the network runs, a limit changes only when the values outgrow it or shrink to less than half of it. A
    fixed scale keeps the limits that it began with.
    """

    def __init__(self) -> None:
        self._held: dict[Hashable, float] = {}

    def copy(self) -> Limits:
        """Return other limits that are the same so far."""
        other = Limits()
        other._held = dict(self._held)
        return other

    def forget(self) -> None:
        """Begin anew: another network, or another choice of scale."""
        self._held.clear()

    def limit(self, key: Hashable, wanted: float, steady: bool, fixed: bool) -> float:
        """Limit to use for `key` when the values reach up to `wanted`."""
        held = self._held.get(key)
        if held is not None and (fixed or (steady and 0.5 * held <= wanted <= held)):
            return held
        # growing values get some room at once, or a growing network would change its scale all the time
        self._held[key] = readable(wanted * 1.15 if steady and held is not None else wanted)
        return self._held[key]
