"""The points of a data set in the plane, coloured by class or by value."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QWidget

from nnviz.core.data import DataSummary, Task
from nnviz.ui.theme import SMALLEST_POINT_SIZE, diverging_index, theme_manager

HEIGHT = 230
POINT_SIZE = 6
SHADES = 15
MOST_POINTS = 1_000  # more of them hide each other


class PointPlot(pg.PlotWidget):
    """A scatter plot that only shows: orange is class 0 (or a negative number), blue class 1 (or a positive one)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._summary: DataSummary | None = None
        self._points = pg.ScatterPlotItem(size=POINT_SIZE, pxMode=True)
        self.addItem(self._points)
        self.setObjectName("point_plot")
        self.setAccessibleName(self.tr("Points of the data set"))
        self.setFixedHeight(HEIGHT)
        self.setMenuEnabled(False)
        self.setMouseEnabled(x=False, y=False)
        self.hideButtons()
        self.getPlotItem().getViewBox().setAspectLocked(True)
        theme_manager().changed.connect(self._paint_theme)

    def show_points(self, summary: DataSummary) -> None:
        """Show the points of `summary`, which has some."""
        if self._summary is None or summary.points is not self._summary.points:
            self._summary = summary
            self._paint_theme()
            self.autoRange(padding=0.05)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the panel, which scrolls."""
        event.ignore()

    def viewportEvent(self, event: QEvent) -> bool:
        """Leave the wheel to the panel, which scrolls."""
        if event.type() is QEvent.Type.Wheel:
            event.ignore()
            return False
        return bool(super().viewportEvent(event))

    def _paint_theme(self) -> None:
        theme = theme_manager().theme
        self.setBackground(theme.panel)
        font = self.font()
        font.setPointSize(SMALLEST_POINT_SIZE)
        summary = self._summary
        names = summary.feature_names if summary is not None else ("", "")
        for side, name in zip(("bottom", "left"), names, strict=True):
            axis = self.getAxis(side)
            axis.setPen(theme.line)
            axis.setTextPen(theme.muted)
            axis.setStyle(tickFont=font)
            axis.setLabel(name, color=theme.muted, **{"font-size": f"{SMALLEST_POINT_SIZE}pt"})
        if summary is None or summary.points is None or summary.point_targets is None:
            return
        every = -(-len(summary.points) // MOST_POINTS)  # the classes follow each other: take some of all
        values = np.ravel(summary.point_targets)[::every].astype(np.float32)
        if summary.task is Task.CLASSES:
            values = values / max(1, len(summary.classes) - 1) * 2 - 1
        scale = theme.scale()
        colors = scale[np.linspace(0, len(scale) - 1, SHADES).astype(int)]
        brushes = np.array([pg.mkBrush(*color) for color in colors], dtype=object)
        limit = float(np.abs(values).max(initial=0.0))
        self._points.setData(
            pos=summary.points[::every],
            brush=brushes[np.rint(diverging_index(values, limit) * ((SHADES - 1) / (len(scale) - 1))).astype(int)],
            pen=pg.mkPen(theme.color("muted", 0.5), width=0.5),
        )
