"""The curves of other runs, thin, behind those of the run that is trained: each run in its colour and by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPen

from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.curves import Array, Curves, Line
from nnviz.ui.widgets.end_names import NameTag

if TYPE_CHECKING:
    import pyqtgraph as pg

WIDTH = 1.6
FEWEST_EPOCHS = 2  # with fewer there is no line to be seen: the batches take its place
MOST_POINTS = 150


@dataclass(frozen=True)
class RunCurves:
    """The curves of one run, its colour (counted from 0) and its name."""

    curves: Curves
    color: int
    name: str

    def shade(self) -> QColor:
        """Colour in the theme in force."""
        return theme_manager().theme.run_color(self.color)


def own_part(curves: Curves, begun: float) -> Curves:
    """What a run learned after it branched off: its epochs, or its batches while there are too few of those.

    The last point before is part of it, so that the line begins at the other run's.
    """
    training, validation, batch = (_from(line, begun) for line in curves.lines)
    if len(training) >= FEWEST_EPOCHS:
        return Curves(training, validation)
    return Curves(batch=_thinned(batch))


def _from(line: Line, begun: float) -> Line:
    first = max(0, int(np.searchsorted(line.x, begun, "right")) - 1)
    return Line(line.x[first:], line.y[first:])


def _thinned(line: Line) -> Line:
    """Means of equally many neighbours, `MOST_POINTS` of them at most."""
    every = -(-len(line) // MOST_POINTS) or 1
    whole = len(line) // every * every
    return Line(line.x[:whole].reshape(-1, every).mean(axis=1), line.y[:whole].reshape(-1, every).mean(axis=1))


class OtherCurves:
    """Draws `RunCurves` into a plot, behind what is there: training solid, validation dashed."""

    def __init__(self, plot: pg.PlotItem) -> None:
        self._plot = plot
        self._items: list[pg.PlotCurveItem] = []
        self.runs: tuple[RunCurves, ...] = ()
        self.drawn: tuple[RunCurves, ...] = ()
        self.end = 0.0

    def draw(self, to_scale: Callable[[Array], Array]) -> None:
        """Draw `runs` on a scale; `drawn` are they, on that scale."""
        import pyqtgraph as pg

        self.drawn = tuple(RunCurves(run.curves.map(to_scale), run.color, run.name) for run in self.runs)
        self.end = max((run.curves.end for run in self.drawn), default=0.0)
        for item in self._items:
            self._plot.removeItem(item)
        self._items = []
        for run in self.drawn:
            for line in run.curves.lines:
                if len(line):
                    dashed = line is run.curves.validation
                    item = pg.PlotCurveItem(line.x, line.y, antialias=True, connect="finite", pen=_pen(run, dashed))
                    if not dashed:
                        item.setSegmentedLineMode("on")  # which is painted twice as fast
                    item.setZValue(-1)
                    self._items.append(item)
                    self._plot.addItem(item, ignoreBounds=True)

    def until(self, end: float) -> tuple[Curves, ...]:
        """Return what is to be seen of them up to an epoch, as far as there is anything."""
        parts = (Curves(*(_until(line, end) for line in run.curves.lines)) for run in self.drawn)
        return tuple(part for part in parts if not part.is_empty)


def _until(line: Line, end: float) -> Line:
    count = int(np.searchsorted(line.x, end, "right"))
    return Line(line.x[:count], line.y[:count])


def _pen(run: RunCurves, dashed: bool) -> QPen:
    style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
    pen = QPen(theme_manager().theme.run_color(run.color, 0.9), WIDTH, style)
    pen.setCosmetic(True)
    return pen


def name_tags(runs: Iterable[RunCurves], area: QRectF, to_pixels: Callable[[QPointF], QPointF]) -> tuple[NameTag, ...]:
    """Tag all lines where they end, or leave `area` at its right side."""
    ends = ((run, _last_inside(run.curves, area, to_pixels)) for run in runs)
    return tuple(NameTag(end, run.name, run.shade()) for run, end in ends if end is not None)


def _last_inside(curves: Curves, area: QRectF, to_pixels: Callable[[QPointF], QPointF]) -> QPointF | None:
    """Last point of the line that the eye follows, in pixels; None where nothing of it is to be seen."""
    line = next((line for line in curves.lines if np.isfinite(line.y).any()), None)
    if line is None:
        return None
    origin, unit = to_pixels(QPointF(0.0, 0.0)).x(), to_pixels(QPointF(1.0, 0.0)).x()
    last = (area.right() - origin) / (unit - origin)
    inside = np.flatnonzero(np.isfinite(line.y) & (line.x <= last + 1e-9))
    if not len(inside):
        return None
    end = to_pixels(QPointF(float(line.x[inside[-1]]), float(line.y[inside[-1]])))
    return end if area.adjusted(-1, -1, 1, 1).contains(end) else None
