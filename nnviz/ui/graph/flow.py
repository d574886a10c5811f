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


# --- numbers that can be read -----------------------------------------------------------------------------------------

FLIGHT = 0.46  # of a stage, for one number
LANDED = 0.8  # of a stage: all have arrived
AT_MIDDLE, ON_AGAIN = 0.4, 0.6  # of its flight, in which a number rests in the middle of its edge
ENDS = 0.05  # of its way, that a number keeps from the neurons


def flights(share: float, count: int) -> NDArray[np.float64]:
    """How far along their way `count` numbers are, 0 to 1, that leave one after the other."""
    apart = (LANDED - FLIGHT) / max(count - 1, 1)
    return np.clip((share - np.arange(count) * apart) / FLIGHT, 0.0, 1.0)


def place_on_the_way(flown: float) -> float:
    """Where a number is on its lane: it sets off gently, rests in the middle, and goes on."""
    if flown < AT_MIDDLE:
        return ENDS + (0.5 - ENDS) * _eased(flown / AT_MIDDLE)
    if flown < ON_AGAIN:
        return 0.5
    return 0.5 + (0.5 - ENDS) * _eased((flown - ON_AGAIN) / (1.0 - ON_AGAIN))


def _eased(share: float) -> float:
    return share * share * (3.0 - 2.0 * share)


def spread_apart(wanted: NDArray[np.float64], pitch: float, low: float, high: float) -> NDArray[np.float64]:
    """Move places as little as possible so that neighbours are `pitch` apart, within `low` … `high` if there is room.

    Places that would overlap form a block around their common mean (isotonic regression: pool adjacent violators).
    """
    order = np.argsort(wanted, kind="stable")
    steps = np.arange(len(wanted)) * pitch
    blocks: list[tuple[float, int]] = []  # mean and number of places
    for place in (wanted[order] - steps).tolist():
        mean, count = place, 1
        while blocks and blocks[-1][0] > mean:
            other, others = blocks.pop()
            mean, count = (mean * count + other * others) / (count + others), count + others
        blocks.append((mean, count))
    pooled = np.repeat([mean for mean, _ in blocks], [count for _, count in blocks])
    apart = np.empty(len(wanted))
    apart[order] = np.clip(pooled, low, max(low, high - steps[-1])) + steps
    return apart


def lanes(lines: NDArray[np.float64], pitch: float, low: float, high: float) -> NDArray[np.float64]:
    """Bend edges so that there is room for a label in the middle of each.

    Parameters
    ----------
    lines : ndarray, shape (n, 4)
        The edges, from the left layer to the right one.

    Returns
    -------
    ndarray, shape (n, 3, 2)
        Start, control point and end of quadratic Bézier curves, whose middles are `pitch` apart.
    """
    starts, ends = lines[:, :2], lines[:, 2:]
    middles = (starts + ends) / 2
    wanted = np.stack([middles[:, 0], spread_apart(middles[:, 1], pitch, low, high)], axis=1)
    return np.stack([starts, 2 * wanted - middles, ends], axis=1)


def on_lane(lane: NDArray[np.float64], place: float) -> tuple[float, float]:
    """Point of a quadratic Bézier curve, shape (3, 2), at `place` from 0 to 1."""
    x, y = np.array([(1 - place) ** 2, 2 * place * (1 - place), place**2]) @ lane
    return float(x), float(y)
