"""Numbers on their way along the edges: where they are at a moment. Pure geometry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BURST_SECONDS = 0.25  # how long the first numbers take from layer to layer
DRIFT_SECONDS = 3.0  # after that they drift on, slower and slower, and stand still
DRIFT_LAPS = 0.9  # how far they drift, in gaps
TAIL = 0.12  # length of a number's tail, in gaps
MOST_EDGES = 36


@dataclass(frozen=True)
class Progress:
    """How far the numbers have come `seconds` after a stage began.

    Attributes
    ----------
    distance : float
        In gaps; 1 is a whole way from layer to layer.
    moving : bool
        Whether they will be elsewhere a moment later.
    """

    distance: float
    moving: bool


def progress_at(seconds: float, reduced: bool) -> Progress:
    """Ease out of the burst into a drift that comes to rest. With reduced motion everything rests."""
    if reduced or seconds >= BURST_SECONDS + DRIFT_SECONDS:
        return Progress(1.0 + DRIFT_LAPS, False)
    if seconds < BURST_SECONDS:
        share = seconds / BURST_SECONDS
        return Progress(1.0 - (1.0 - share) ** 2, True)
    share = (seconds - BURST_SECONDS) / DRIFT_SECONDS
    return Progress(1.0 + DRIFT_LAPS * (1.0 - (1.0 - share) ** 2), True)


def comets(lines: NDArray[np.float64], progress: Progress, backward: bool) -> NDArray[np.float64]:
    """Tails and heads of the numbers on their way.

    Parameters
    ----------
    lines : ndarray, shape (n, 4)
        The edges, from the left layer to the right one.
    backward : bool
        Whether the numbers run from right to left.

    Returns
    -------
    ndarray, shape (at most n, 4)
        x and y of the end of the tail, x and y of the head.
    """
    # numbers leave at different moments, evenly spread, so that they do not march in a row
    head = progress.distance - (np.arange(len(lines)) * 0.618034) % 1.0
    on_the_way = head >= 0.0
    head %= 1.0
    tail = np.maximum(head - TAIL, 0.0)
    if backward:
        head, tail = 1.0 - head, 1.0 - tail
    start, way = lines[:, :2], lines[:, 2:] - lines[:, :2]
    ends = [start + way * share[:, None] for share in (tail, head)]
    return np.ascontiguousarray(np.concatenate(ends, axis=1)[on_the_way])
