"""Points that a person adds to a data set in the plane."""

from __future__ import annotations

import math
from typing import NamedTuple

MOST_ADDED = 2_000
FARTHEST = 1_000.0


class AddedPoint(NamedTuple):
    """A point that a person has added: its coordinates, and its class (0, 1, …) or the number to be predicted."""

    x1: float
    x2: float
    answer: float


def added_points_problem(points: tuple[AddedPoint, ...]) -> str | None:
    """Say what is wrong with added points, or None."""
    if len(points) > MOST_ADDED:
        return f"At most {MOST_ADDED:,} points can be added, not {len(points):,}."
    if not all(math.isfinite(number) and abs(number) <= FARTHEST for point in points for number in point):
        return f"The numbers of an added point must be between −{FARTHEST:g} and {FARTHEST:g}."
    return None
