"""The loss as a function of one weight, the straight line that its gradient promises, and where the weight is put."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from nnviz.core.microscope import Nudges
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.curves import Ticks, linear_ticks
from nnviz.ui.widgets.small_plot import Axes, SmallPlot, room_around


class NudgePlot(SmallPlot):
    """The curve of the loss, its tangent at the present weight, and a mark at another one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("nudge_plot", "", parent)
        self.setAccessibleName(self.tr("Loss for other values of this weight"))
        self._nudges: Nudges | None = None
        self._chosen = 0

    def show_nudges(self, nudges: Nudges, chosen: int) -> None:
        """Show a curve, with the mark at its point number `chosen`."""
        self._nudges, self._chosen = nudges, chosen
        weights = nudges.weights
        reach = float(weights[0]), float(weights[-1])
        self.show_axes(Axes(reach, room_around(nudges.losses), "w", self.tr("loss"), Qt.AlignmentFlag.AlignHCenter))

    def value_ticks(self, low: float, high: float, most: int) -> Ticks:
        """Write as many digits as it takes to tell the losses apart."""
        size = max(abs(low), abs(high))
        digits = 6 if high - low > 1e-4 * size else 9
        ticks = linear_ticks(low, high, most)
        return ticks if digits == 6 else [(value, f"{value:.{digits}g}") for value, _ in ticks]

    def paint_inside(self, painter: QPainter) -> None:
        """Paint curve, tangent, and both places of the weight."""
        nudges, theme = self._nudges, theme_manager().theme
        if nudges is None:
            return
        weights, losses, line = nudges.weights, nudges.losses, nudges.tangent
        middle, chosen = nudges.middle, self._chosen
        self.paint_line(
            painter, weights[[0, -1]], line[[0, -1]], QPen(theme.color("warning"), 1.5, Qt.PenStyle.DashLine)
        )
        self.paint_line(painter, weights, losses, QPen(theme.color("accent"), 2))
        if chosen != middle:
            both = np.array([losses[chosen], line[chosen]])
            if np.isfinite(both).all():
                top, bottom = (self.point(float(weights[chosen]), float(each)) for each in both)
                painter.setPen(QPen(theme.color("error"), 1.5))
                painter.drawLine(QLineF(top, bottom))
            self.paint_dot(painter, float(weights[chosen]), float(line[chosen]), theme.color("warning"))
        self.paint_dot(painter, float(weights[middle]), float(losses[middle]), theme.color("muted"))
        self.paint_dot(painter, float(weights[chosen]), float(losses[chosen]), theme.color("accent"), 5.5)
