"""A plot of training curves over the epochs, drawn by pyqtgraph.

pyqtgraph takes a while to import; that happens when the first plot is made, not when this module is imported.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeySequence, QMouseEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QWidget

from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.curve_key import CurveKey, KeyText
from nnviz.ui.widgets.curve_overlay import CurveOverlay, OverlayState
from nnviz.ui.widgets.curve_readout import key_rows, read_runs, readout_of
from nnviz.ui.widgets.curve_scale import LOOKS, NO_BOUNDS, CurveScale, logarithms, looks_of
from nnviz.ui.widgets.curves import Array, Curves, Reading, read_moment, widened
from nnviz.ui.widgets.end_names import NameTag, room_for
from nnviz.ui.widgets.other_curves import OtherCurves, RunCurves, name_tags
from nnviz.ui.widgets.plot_axes import PlotAxes, show_points
from nnviz.ui.widgets.plot_head import PlotSwitch, lay_out_plot
from nnviz.ui.widgets.range_button import RangeButton
from nnviz.ui.widgets.readout import Readout

MOST_SYMBOLS = 40
FEW = 3  # so few batches are no line to be seen: they are painted as dots
DOT = 6.0
BATCH_POINTS_PER_PIXEL = 0.5
MARK_REACH = 6.0
FIRST_EPOCHS = 10.0  # that are to be seen of other runs, however short the present one is


class CurvePlot(QWidget):
    """Training, validation and batch curves with a key that reads values, marks of live changes, and zoom.

    The epochs go as far as the present run. The wheel zooms, drag pans; "View all", the key A and a double click show
    everything, and once more the present run, where others are longer.

    Signals
    -------
    axis_moved()
        The epochs lie elsewhere now.
    """

    axis_moved = Signal()

    def __init__(self, name: str, accessible_name: str, scale: CurveScale, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        import pyqtgraph as pg

        self._scale = scale
        self._curves = Curves()
        self._shown = Curves()
        self._message = ""
        self._pointer: QPointF | None = None
        self._zoomed = self._all = False
        self.plot = pg.PlotWidget(self)
        self.plot.setObjectName(name)
        self.plot.setAccessibleName(accessible_name)
        self.plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._item = self.plot.getPlotItem()
        self._view = self._item.getViewBox()
        low, high = scale.bounds
        self._view.setLimits(xMin=0.0, yMin=low, yMax=high)
        self._view.disableAutoRange()
        self._axes = PlotAxes(self, self._item)
        self._axes.name(self.tr("Epoch"), ("",))
        batch = pg.PlotDataItem(antialias=True, connect="finite", autoDownsampleFactor=BATCH_POINTS_PER_PIXEL)
        self._lines = [*(pg.PlotCurveItem(antialias=True, connect="finite") for _ in LOOKS[:2]), batch]
        # one by one, the segments of a solid wide line are painted twice as fast; dashes need the whole path
        self._lines[0].setSegmentedLineMode("on")
        self._points = [pg.ScatterPlotItem(size=9, symbol=look.symbol, antialias=True) for look in LOOKS[:2]]
        self._dots = pg.ScatterPlotItem(size=DOT, antialias=True)
        for item in (batch, *self._lines[:2], self._dots, *self._points):
            self._item.addItem(item, ignoreBounds=True)
        for points in (self._dots, *self._points):
            points.hide()  # see show_points
        batch.setDownsampling(auto=True, method="mean")  # not before it is added: that would undo it
        batch.setClipToView(True)
        self._looks, self._name = LOOKS, ""
        self._others = OtherCurves(self._item)
        self._names_room = 0.0
        self._moment: float | None = None
        self._overlay = CurveOverlay(self.plot)
        self._key = CurveKey(self)
        self._readout = Readout(self.plot.viewport())
        label = scale.switch_label
        self.scale_button = PlotSwitch(f"{name}_scale", label, scale.switch_help, f"{accessible_name}: {label}", self)
        self.all_button = RangeButton(f"{name}_view_all", accessible_name, self)
        self._lay_out()
        self._connect()
        self._apply_theme()

    # --- what is shown ------------------------------------------------------------------------------------------------

    def set_curves(self, curves: Curves) -> None:
        """Draw these, and follow their growth unless the user has zoomed."""
        self._curves = curves
        self._draw()

    def set_runs(self, present: int | None, name: str, others: tuple[RunCurves, ...]) -> None:
        """Draw other runs behind this one, which takes the colour of run `present`; None: there is but this one."""
        self._all = self._all and present == self._looks[0].run
        self._name, self._others.runs = name, others
        self._looks = looks_of(present)
        self._color_lines()
        self._others.draw(self._to_scale)
        self._make_room_for_names()
        self._draw()

    def set_moment(self, epoch: float | None) -> None:
        """Mark the moment of the past that is shown, and read there while nobody points; None for the present."""
        before, self._moment = self._moment, epoch
        if before != epoch:
            self._update_overlay()

    def x_of(self, epoch: float) -> float:
        """Where an epoch lies from left to right, in pixels of this widget."""
        return self.plot.x() + self._view.mapViewToScene(QPointF(epoch, 0.0)).x()

    def epoch_at(self, x: float) -> float:
        """Which epoch lies there."""
        return float(self._view.mapSceneToView(QPointF(x - self.plot.x(), 0.0)).x())

    @property
    def sides(self) -> tuple[float, float]:
        """Where the axis of the epochs begins and ends, in pixels of this widget."""
        area = self._view.sceneBoundingRect()
        return self.plot.x() + area.left(), self.plot.x() + area.right()

    def add_tool(self, tool: QWidget) -> None:
        """Add a button behind the key."""
        self._head.insertWidget(self._head.indexOf(self.all_button), tool)

    def set_message(self, message: str) -> None:
        """Say this where the curves would be, as long as there are none."""
        self._message = message
        self._update_overlay()

    def set_value_labels(self, labels: tuple[str, ...]) -> None:
        """Name the vertical axis: the first of `labels` (longest first) that fits is taken."""
        self._axes.name(self.tr("Epoch"), labels)

    def view_all(self) -> None:
        """Show everything; or, if that is so already, as much as the present run is long."""
        self._all = self._zoomed or not self._all
        self._zoomed = False
        self._draw()

    def follow(self) -> None:
        """Show as much as the present run is long."""
        self._zoomed = self._all = False
        self._draw()

    @property
    def is_zoomed(self) -> bool:
        """Whether the user chose the range, so that it does not follow the curves."""
        return self._zoomed

    @property
    def shown_range(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Range of epochs and of values on the screen; of their logarithms, on a logarithmic scale."""
        (left, right), (low, high) = self._view.viewRange()
        return (left, right), (low, high)

    def position_of(self, epoch: float, value: float) -> QPointF:
        """Where a point lies inside of the plot, in pixels."""
        return QPointF(self._view.mapViewToScene(QPointF(epoch, float(self._to_scale(np.array([value]))[0]))))

    # --- building -----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._head = lay_out_plot(self, self.plot)
        self._head.addWidget(self._key, 1)
        self._head.addWidget(self.all_button)
        self._head.addWidget(self.scale_button)

    def _connect(self) -> None:
        self.scale_button.toggled.connect(self._change_scale)
        self.all_button.clicked.connect(self.view_all)
        shortcut = QShortcut(QKeySequence("A"), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self.view_all)
        self._view.sigRangeChangedManually.connect(self._on_zoomed)
        self._view.sigRangeChanged.connect(self._follow_range)
        self._view.sigResized.connect(self._follow_size)
        self.plot.viewport().installEventFilter(self)
        theme_manager().changed.connect(self._apply_theme)

    # --- drawing ------------------------------------------------------------------------------------------------------

    @property
    def _is_logarithmic(self) -> bool:
        return self._scale.logarithmic and self.scale_button.isChecked()

    def _to_scale(self, values: Array) -> Array:
        return logarithms(values) if self._is_logarithmic else values

    def _range_of(self, shown: Curves) -> tuple[float, float]:
        return self._scale.automatic(shown, self.scale_button.isChecked())

    def _draw(self) -> None:
        before, self._shown = self._shown, self._curves.map(self._to_scale)
        batch = self._shown.batch
        self._lines[2].setData(batch.x, batch.y)
        few = np.isfinite(batch.y) & (len(batch) <= FEW)
        show_points(self._dots, batch.x[few], batch.y[few])
        for place, points in enumerate(self._points):  # only at the end of an epoch, which is seldom
            line = self._shown.lines[place]
            if not line.equals(before.lines[place]):
                self._lines[place].setData(line.x, line.y)
                show_points(points, *line.thinned(MOST_SYMBOLS))
        self._show_range_button()
        if not self._zoomed:
            end = self._end_shown
            seen = [*self._others.until(end), *(() if self._shown.is_empty else (self._shown,))]
            ranges = [self._range_of(curves) for curves in seen or (self._shown,)]
            # a range that moved with every point would cost more than the curves: all ticks would be painted anew
            epochs = widened(0.0, end * (1.1 if few.any() and not self._others.runs else 1.0))
            values = widened(min(low for low, _ in ranges), max(high for _, high in ranges))
            self._view.setRange(xRange=epochs, yRange=values, padding=0.0)
        self.plot.scene().prepareForPaint()  # pyqtgraph would do it while it paints, and then have to paint once more
        self._update_overlay()

    @property
    def _end_shown(self) -> float:
        """How many epochs are to be seen while nobody zooms."""
        others = self._others.end if self._all else min(self._others.end, FIRST_EPOCHS)
        return max(self._shown.end, others)

    def _on_zoomed(self) -> None:
        self._zoomed = True
        self._show_range_button()

    def _show_range_button(self) -> None:
        """Offer what the double click would do."""
        back = self._all and not self._zoomed and self._others.end > max(self._shown.end, FIRST_EPOCHS)
        self.all_button.offer(back, self._zoomed or self._others.end > self._end_shown, self.width())

    def _change_scale(self) -> None:
        low, high = NO_BOUNDS if self._is_logarithmic else self._scale.bounds
        self._view.setLimits(yMin=low, yMax=high)
        self._others.draw(self._to_scale)
        self._zoomed = False
        self._draw()
        self._axes.place_ticks(self._is_logarithmic)

    def _follow_range(self) -> None:
        self._axes.place_ticks(self._is_logarithmic)
        self._update_overlay()
        self.axis_moved.emit()

    def _follow_size(self) -> None:
        self._axes.follow_height()
        self._follow_range()

    def _make_room_for_names(self) -> None:
        names = [self._name, *(run.name for run in self._others.runs)] if self._name else []
        self._names_room = room_for(names, QFontMetricsF(self.font()), self.width())
        self._axes.leave_room(self._names_room)

    def _apply_theme(self) -> None:
        theme = theme_manager().theme
        self.plot.setBackground(theme.color("panel"))
        self._axes.apply_theme()
        self._dots.setPen(None)
        self._dots.setBrush(theme.color(LOOKS[2].color))
        self._color_lines()
        self._others.draw(self._to_scale)
        self._update_overlay()
        self._overlay.update()

    def _color_lines(self) -> None:
        for item, look in zip(self._lines, self._looks, strict=True):
            item.setPen(look.pen())
        for points, look in zip(self._points, self._looks, strict=False):
            points.setPen(look.symbol_pen())
            points.setBrush(look.symbol_brush())

    # --- reading ------------------------------------------------------------------------------------------------------

    def _update_overlay(self) -> None:
        area = self._view.sceneBoundingRect()
        if self._curves.is_empty and not self._others.runs:
            self._readout.hide()
            self.plot.setAccessibleDescription(self._message)
            self._key.show_text(KeyText())
            self._overlay.show_state(OverlayState(area, message=self._message))
            return
        if self._pointer is None and self._moment is not None:
            reading = read_moment(self._curves, self._moment)
            key = self._key_text(reading, is_newest=False)
            key = replace(key, rows=key.rows[-1:] + key.rows[:-1])  # where it is narrow, the batch is what matters
        else:
            pointed = math.inf if self._pointer is None else float(self._view.mapSceneToView(self._pointer).x())
            reading = read_runs(self._curves, self._others.end, pointed)
            key = self._key_text(reading, is_newest=math.isinf(pointed))
        self._key.show_text(key)
        marks = tuple((self._view.mapViewToScene(QPointF(x, 0.0)).x(), label) for x, label in self._curves.marks)
        marks = tuple((x, label) for x, label in marks if area.left() <= x <= area.right())
        crosshair, rings = None, ()
        if self._pointer is not None:
            crosshair = self._view.mapViewToScene(QPointF(reading.epoch, 0.0)).x()
            rings = tuple(
                (self.position_of(reading.epoch, value), look)
                for value, look in zip(reading.values, self._looks, strict=True)
                if value is not None
            )
            pointed_marks = [label for x, label in marks if abs(x - self._pointer.x()) <= MARK_REACH]
            self.plot.setToolTip("\n".join(pointed_marks))
        self._show_readout(reading)
        inside = tuple((point, look) for point, look in rings if area.contains(point))
        moment = None if self._moment is None else self._view.mapViewToScene(QPointF(self._moment, 0.0)).x()
        beside = QRectF(area.right(), area.top(), self._names_room, area.height())
        at_bottom, names = self._scale.marks_at_bottom, self._name_tags(area)
        self._overlay.show_state(OverlayState(area, marks, at_bottom, crosshair, inside, "", moment, names, beside))

    def _name_tags(self, area: QRectF) -> tuple[NameTag, ...]:
        """The names of the runs at the ends of their lines; none while there is only one run."""
        present = RunCurves(self._shown, self._looks[0].run or 0, self._name)
        runs = (present, *self._others.drawn) if self._names_room else ()
        return name_tags(runs, area, self._view.mapViewToScene)

    def _names(self) -> tuple[str, str, str]:
        return self.tr("Training"), self.tr("Validation"), self.tr("Batch")

    def _epoch_text(self, reading: Reading) -> str:
        return self.tr("Epoch {0}").format(f"{reading.epoch:.0f}" if reading.is_end else f"{reading.epoch:.2f}")

    def _show_readout(self, reading: Reading) -> None:
        """Say beside the pointer what all runs that are to be seen had reached."""
        if self._pointer is None:
            self._readout.hide()
            return
        present = RunCurves(self._curves, self._looks[0].run or 0, self._name)
        others, title = self._others.runs, self._epoch_text(reading)
        text = readout_of(title, present, reading, others, self._names(), self._looks, self._scale.read)
        self._readout.show_at(self._pointer.toPoint(), text)

    def _key_text(self, reading: Reading, is_newest: bool) -> KeyText:
        names = self._names()
        short = (self.tr("Train."), self.tr("Val."), self.tr("Batch"))
        title = self.tr("Latest") if is_newest else self._epoch_text(reading)
        rows = key_rows(self._looks, names, short, reading, self._curves, self._scale.read)
        if self._moment is not None:
            rows = tuple(row for row in rows if row.is_known)
        self.plot.setAccessibleDescription(", ".join((title, *(f"{row.label} {row.value.strip()}" for row in rows))))
        return KeyText(title.ljust(len(self.tr("Epoch {0}").format(f"{self._curves.end:.2f}"))), rows, not is_newest)

    # --- events -------------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Read under the pointer; a double click shows everything."""
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            inside = self._view.sceneBoundingRect().contains(event.position())
            self._pointer = event.position() if inside else None
            self._update_overlay()
        elif event.type() == QEvent.Type.Leave:
            self._pointer = None
            self._update_overlay()
            self._readout.hide()
        elif event.type() == QEvent.Type.MouseButtonDblClick:
            self.view_all()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the overlay over the plot."""
        super().resizeEvent(event)
        self._make_room_for_names()
        self._show_range_button()
        self.layout().activate()
        self._overlay.setGeometry(self.plot.rect())
