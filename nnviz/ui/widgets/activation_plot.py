"""An activation function, the point where a neuron stands on it, and its slope there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from nnviz.core.activation_curves import ActivationCurve
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.small_plot import Axes, SmallPlot, room_around

Array = NDArray[np.float64]
REACH = 4.0
PIECES = 120


@dataclass(frozen=True, eq=False)
class ActivationPicture:
    """What is to be seen.

    Attributes
    ----------
    sums : ndarray of float64, shape (points,), finite
        Where on the curve there is a point: the neuron's z, or that of each sample of the batch.
    has_tangent : bool
        Whether the slope is shown, for a single point.
    is_off : bool
        Whether the neuron is switched off: its points are at 0, whatever the curve says.
    """

    curve: ActivationCurve
    sums: Array
    has_tangent: bool
    is_off: bool = False


class ActivationPlot(SmallPlot):
    """The curve a = φ(z), with points and a tangent."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("activation_plot", "", parent)
        self.setAccessibleName(self.tr("Activation function, and where the neuron stands on it"))
        self._picture: ActivationPicture | None = None
        self._z = self._a = np.zeros(0)

    def show_picture(self, picture: ActivationPicture) -> None:
        """Show another curve or other points."""
        reach = REACH
        while reach < np.abs(picture.sums).max(initial=0.0) * 1.05 and reach < 1e12:
            reach *= 2.0  # by steps, so that the picture does not tremble while the numbers change
        self._picture = picture
        self._z = np.linspace(-reach, reach, PIECES + 1)
        self._a = picture.curve.value(self._z)
        self.show_axes(Axes((-reach, reach), room_around(self._a), "z", "a"))

    def paint_inside(self, painter: QPainter) -> None:
        """Paint curve, tangent and points."""
        picture, theme = self._picture, theme_manager().theme
        if picture is None:
            return
        sums = picture.sums
        outputs = np.zeros_like(sums) if picture.is_off else picture.curve.value(sums)
        if picture.has_tangent and len(sums) == 1:
            slopes = picture.curve.slope(sums)
            line = outputs + slopes * (self._z[[0, -1]] - sums)
            self.paint_line(painter, self._z[[0, -1]], line, QPen(theme.color("warning"), 1.5, Qt.PenStyle.DashLine))
        self.paint_line(painter, self._z, self._a, QPen(theme.color("accent"), 2))
        radius = 5.0 if len(sums) == 1 else 3.5
        for z, a in zip(sums.tolist(), outputs.tolist(), strict=True):
            self.paint_dot(painter, z, a, theme.color("text", 1.0 if len(sums) == 1 else 0.7), radius)
