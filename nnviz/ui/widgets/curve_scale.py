"""What a curve plot is made for: its vertical axis, and how its lines look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import Qt

from nnviz.ui.widgets.curve_key import LineLook
from nnviz.ui.widgets.curves import Array, Curves

LOOKS = (
    LineLook("accent", 1.0, 2.0, Qt.PenStyle.SolidLine, "o"),
    LineLook("warning", 1.0, 2.0, Qt.PenStyle.DashLine, "d"),
    LineLook("muted", 0.55, 1.0, Qt.PenStyle.SolidLine, None),
)
NO_BOUNDS = (-1e300, 1e300)


@dataclass(frozen=True)
class CurveScale:
    """What the vertical axis of a plot is.

    Attributes
    ----------
    switch_label, switch_help : str
        The button that changes the scale.
    logarithmic : bool
        Whether that button turns to a logarithmic scale.
    bounds : tuple of float
        Smallest and largest value that can be scrolled to.
    automatic : callable
        Range that is shown, from the curves (their logarithms on a logarithmic scale) and the state of the switch.
    read : callable
        A value as the key says it, always of the same number of characters.
    marks_at_bottom : bool
        Where the labels of the marks are out of the way of the curves.
    """

    switch_label: str
    switch_help: str
    logarithmic: bool
    bounds: tuple[float, float]
    automatic: Callable[[Curves, bool], tuple[float, float]]
    read: Callable[[float], str]
    marks_at_bottom: bool


def logarithms(values: Array) -> Array:
    """Powers of ten, for a logarithmic axis; what is not above zero has none, and is left out of the picture."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, np.log10(values), np.nan)


def looks_of(run: int | None) -> tuple[LineLook, LineLook, LineLook]:
    """Looks of training, validation and batch; the first two in the colour of a run where there are several."""
    training, validation, batch = LOOKS
    if run is None:
        return training, validation, batch
    return replace(training, run=run), replace(validation, run=run), batch
