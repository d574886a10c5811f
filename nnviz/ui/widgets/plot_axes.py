"""The axes of a plot over epochs: ticks at round values, a grid of thin lines, and names that fit.

The name of the horizontal axis stands before its ticks, where the corner is free: a line of its own would cost a low
plot a fifth of its height.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QApplication, QWidget

from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.curves import Array, Ticks, linear_ticks, logarithmic_ticks

if TYPE_CHECKING:
    import pyqtgraph as pg

MARGINS = (4, 8, 14, 2)
VALUE_AXIS_WIDTH = 66
TICK_HEIGHT = 28
TICK_WIDTH = 60
TICK_OVERHANG = 12
TICK_GAP = 14
BELOW = 6  # pixels, of the horizontal axis, besides its numbers
BEFORE_TICKS = 13  # pixels, so that the lowest number of the other axis stands free
LABEL_MARGINS = 8  # pixels that pyqtgraph leaves around a name


def show_points(item: pg.ScatterPlotItem, x: Array, y: Array) -> None:
    """Show points; an item without any is hidden, since pyqtgraph would take as long for it as for one with many."""
    if len(x) or item.isVisible():
        item.setData(x, y)
        item.setVisible(len(x) > 0)


class PlotAxes:
    """Furnishes a plot item with axes; `owner` is the widget whose font it has."""

    def __init__(self, owner: QWidget, item: pg.PlotItem) -> None:
        import pyqtgraph as pg

        self._owner, self._item, self._view = owner, item, item.getViewBox()
        self._labels: tuple[str, ...] = ("",)
        self._epochs = ""
        self._ticks: tuple[Ticks, Ticks] = ([], [])
        item.setMenuEnabled(False)
        item.hideButtons()
        self.leave_room(0.0)
        for name in ("left", "bottom"):
            item.getAxis(name).enableAutoSIPrefix(False)
            item.getAxis(name).setStyle(hideOverlappingLabels=TICK_OVERHANG)
        item.getAxis("bottom").geometryChanged.connect(self._place_epochs)
        # pyqtgraph's own grid takes 20 ms a paint at full width; as one curve the same lines take 0.1 ms
        self._grid = pg.PlotCurveItem(connect="pairs", antialias=False, skipFiniteCheck=True)
        item.addItem(self._grid, ignoreBounds=True)

    def name(self, epochs: str, values: tuple[str, ...]) -> None:
        """Name both: of `values`, longest first, the first that fits."""
        self._epochs, self._labels = epochs, values
        self._name_axis("bottom", epochs)
        self._item.getAxis("bottom").setHeight(self._owner.fontMetrics().height() + BELOW)
        self._place_epochs()
        self._name_axis("left", self._fitting_label())
        self._fit_width()

    def leave_room(self, width: float) -> None:
        """Leave room for names to the right of the curves."""
        left, top, right, bottom = MARGINS
        self._item.layout.setContentsMargins(left, top, right + width, bottom)

    def place_ticks(self, logarithmic: bool) -> None:
        """Put ticks and grid where the range is now."""
        (left, right), (low, high) = self._view.viewRange()
        xs = linear_ticks(left, right, max(2, int(self._view.width() / TICK_WIDTH)))
        most = max(2, int(self._view.height() / TICK_HEIGHT))
        ys = logarithmic_ticks(low, high, most) if logarithmic else linear_ticks(low, high, most)
        if (xs, ys) == self._ticks:
            return
        self._ticks = xs, ys
        self._item.getAxis("bottom").setTicks([xs])
        self._item.getAxis("left").setTicks([ys])
        self._fit_width()
        ends_x = [end for x, _ in xs for end in (x, x)] + [left, right] * len(ys)
        ends_y = [low, high] * len(xs) + [end for y, _ in ys for end in (y, y)]
        self._grid.setData(np.array(ends_x), np.array(ends_y))

    def follow_height(self) -> None:
        """Choose another name for the values where there is another height."""
        if self._fitting_label() != self._item.getAxis("left").labelText:
            self._name_axis("left", self._fitting_label())

    def apply_theme(self) -> None:
        """Take the colours of the theme in force."""
        theme = theme_manager().theme
        for name in ("left", "bottom"):
            axis = self._item.getAxis(name)
            axis.setPen(theme.color("line"))
            axis.setTextPen(theme.color("text"))
            axis.setTickFont(QApplication.font())
        self._grid.setPen(theme.color("line", 0.6))
        self.name(self._epochs, self._labels)

    def _fit_width(self) -> None:
        """Make the vertical axis wide enough for its numbers beside its name, and for the name of the epochs below."""
        metrics = self._owner.fontMetrics()
        widest = max((metrics.horizontalAdvance(text) for _, text in self._ticks[1]), default=0)
        numbers = widest + metrics.height() + TICK_GAP
        epochs = self._item.getAxis("bottom").label.boundingRect().width() + BEFORE_TICKS - MARGINS[0]
        self._item.getAxis("left").setWidth(max(VALUE_AXIS_WIDTH, numbers, epochs))

    def _place_epochs(self) -> None:
        """Put the name of the epochs in line with their numbers, left of the first."""
        axis = self._item.getAxis("bottom")
        box = axis.label.boundingRect()
        axis.label.setPos(-box.width() - BEFORE_TICKS, (axis.size().height() - box.height()) / 2)

    def _fitting_label(self) -> str:
        metrics, room = self._owner.fontMetrics(), self._view.height() - LABEL_MARGINS
        fitting = [label for label in self._labels if metrics.horizontalAdvance(label) <= room]
        return fitting[0] if fitting else self._labels[-1]

    def _name_axis(self, axis: str, label: str) -> None:
        size = f"{QApplication.font().pointSize()}pt"
        self._item.getAxis(axis).setLabel(label, **{"color": theme_manager().theme.text, "font-size": size})
        self._item.getAxis(axis).resizeEvent()  # pyqtgraph centres it only when the axis changes its size
