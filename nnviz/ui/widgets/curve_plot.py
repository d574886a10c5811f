"""A plot of training curves over the epochs, drawn by pyqtgraph.

pyqtgraph takes a while to import; that happens when the first plot is made, not when this module is imported.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeySequence, QMouseEvent, QPalette, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.curve_key import CurveKey, KeyRow, KeyText
from nnviz.ui.widgets.curve_overlay import CurveOverlay, OverlayState
from nnviz.ui.widgets.curve_scale import LOOKS, NO_BOUNDS, CurveScale, logarithms, looks_of
from nnviz.ui.widgets.curves import Array, Curves, Reading, Ticks, linear_ticks, logarithmic_ticks, read_curves, widened
from nnviz.ui.widgets.other_curves import NameTag, OtherCurves, RunCurves, name_tags

if TYPE_CHECKING:
    import pyqtgraph as pg

MOST_SYMBOLS = 40
FEW = 3  # so few batches are no line to be seen: they are painted as dots
DOT = 6.0
BATCH_POINTS_PER_PIXEL = 0.5
VALUE_AXIS_WIDTH = 66
TICK_HEIGHT = 28
TICK_WIDTH = 60
TICK_OVERHANG = 12
TICK_GAP = 14
MARK_REACH = 6.0


def _show_points(item: pg.ScatterPlotItem, x: Array, y: Array) -> None:
    """Show points; an item without any is hidden, since pyqtgraph would take as long for it as for one with many."""
    if len(x) or item.isVisible():
        item.setData(x, y)
        item.setVisible(len(x) > 0)


class CurvePlot(QWidget):
    """Training, validation and batch curves with a key that reads values, marks of live changes, and zoom.

    The wheel zooms, drag pans; "View all", the key A and a double click go back to the automatic range.

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
        self._labels: tuple[str, ...] = ("",)
        self._message = ""
        self._pointer: QPointF | None = None
        self._ticks: tuple[Ticks, Ticks] = ([], [])
        self.plot = pg.PlotWidget(self)
        self.plot.setObjectName(name)
        self.plot.setAccessibleName(accessible_name)
        self.plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._item = self.plot.getPlotItem()
        self._view = self._item.getViewBox()
        self._prepare_axes()
        # pyqtgraph's own grid takes 20 ms a paint at full width; as one curve the same lines take 0.1 ms
        self._grid = pg.PlotCurveItem(connect="pairs", antialias=False, skipFiniteCheck=True)
        batch = pg.PlotDataItem(antialias=True, connect="finite", autoDownsampleFactor=BATCH_POINTS_PER_PIXEL)
        self._lines = [*(pg.PlotCurveItem(antialias=True, connect="finite") for _ in LOOKS[:2]), batch]
        # one by one, the segments of a solid wide line are painted twice as fast; dashes need the whole path
        self._lines[0].setSegmentedLineMode("on")
        self._points = [pg.ScatterPlotItem(size=9, symbol=look.symbol, antialias=True) for look in LOOKS[:2]]
        self._dots = pg.ScatterPlotItem(size=DOT, antialias=True)
        for item in (self._grid, batch, *self._lines[:2], self._dots, *self._points):
            self._item.addItem(item, ignoreBounds=True)
        for points in (self._dots, *self._points):
            points.hide()  # see _show_points
        batch.setDownsampling(auto=True, method="mean")  # not before it is added: that would undo it
        batch.setClipToView(True)
        self._looks, self._name = LOOKS, ""
        self._others = OtherCurves(self._item)
        self._moment: float | None = None
        self._overlay = CurveOverlay(self.plot)
        self._key = CurveKey(self)
        self.scale_button = self._tool(f"{name}_scale", scale.switch_label, scale.switch_help)
        self.scale_button.setCheckable(True)
        self.all_button = self._tool(
            f"{name}_view_all", self.tr("View all"), self.tr("Show the whole curves again (A)")
        )
        self.all_button.hide()
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
        self._name, self._others.runs = name, others
        self._looks = looks_of(present)
        self._color_lines()
        self._others.draw(self._to_scale, self._range_of)
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

    def add_tool(self, tool: QWidget) -> None:
        """Add a button behind the key."""
        self._head.insertWidget(self._head.indexOf(self.all_button), tool)

    def set_message(self, message: str) -> None:
        """Say this where the curves would be, as long as there are none."""
        self._message = message
        self._update_overlay()

    def set_value_labels(self, labels: tuple[str, ...]) -> None:
        """Name the vertical axis: the first of `labels` (longest first) that fits is taken."""
        self._labels = labels
        self._name_value_axis()

    def view_all(self) -> None:
        """Go back to the range that follows the curves."""
        self.all_button.hide()
        self._draw()

    @property
    def is_zoomed(self) -> bool:
        """Whether the user chose the range, so that it does not follow the curves."""
        return not self.all_button.isHidden()

    @property
    def shown_range(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Range of epochs and of values on the screen; of their logarithms, on a logarithmic scale."""
        (left, right), (low, high) = self._view.viewRange()
        return (left, right), (low, high)

    def position_of(self, epoch: float, value: float) -> QPointF:
        """Where a point lies inside of the plot, in pixels."""
        return QPointF(self._view.mapViewToScene(QPointF(epoch, float(self._to_scale(np.array([value]))[0]))))

    # --- building -----------------------------------------------------------------------------------------------------

    def _prepare_axes(self) -> None:
        self._item.setMenuEnabled(False)
        self._item.hideButtons()
        self._item.layout.setContentsMargins(4, 8, 14, 2)
        low, high = self._scale.bounds
        self._view.setLimits(xMin=0.0, yMin=low, yMax=high)
        self._view.disableAutoRange()
        for name in ("left", "bottom"):
            self._item.getAxis(name).enableAutoSIPrefix(False)
            self._item.getAxis(name).setStyle(hideOverlappingLabels=TICK_OVERHANG)
        self._item.getAxis("left").setWidth(VALUE_AXIS_WIDTH)

    def _tool(self, name: str, text: str, help_text: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setText(text)
        button.setToolTip(help_text)
        button.setAccessibleName(f"{self.plot.accessibleName()}: {text}")
        button.setAutoRaise(True)
        return button

    def _lay_out(self) -> None:
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self._head = head = QHBoxLayout()
        head.setContentsMargins(10, 3, 6, 0)
        head.addWidget(self._key, 1)
        head.addWidget(self.all_button)
        head.addWidget(self.scale_button)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(head)
        outer.addWidget(self.plot, 1)

    def _connect(self) -> None:
        self.scale_button.toggled.connect(self._change_scale)
        self.all_button.clicked.connect(self.view_all)
        shortcut = QShortcut(QKeySequence("A"), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self.view_all)
        self._view.sigRangeChangedManually.connect(self.all_button.show)
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
        _show_points(self._dots, batch.x[few], batch.y[few])
        for place, points in enumerate(self._points):  # only at the end of an epoch, which is seldom
            line = self._shown.lines[place]
            if not line.equals(before.lines[place]):
                self._lines[place].setData(line.x, line.y)
                every = -(-len(line) // MOST_SYMBOLS) or 1
                x, y = line.x[every - 1 :: every], line.y[every - 1 :: every]
                finite = np.isfinite(y)
                _show_points(points, x[finite], y[finite])
        if not self.is_zoomed:
            ranges = list(self._others.ranges)
            if not ranges or not self._shown.is_empty:
                ranges.append(self._range_of(self._shown))
            low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
            end = max(self._shown.end, self._others.end) * (1.1 if few.any() else 1.0)
            # a range that moved with every point would cost more than the curves: all ticks would be painted anew
            epochs, values = widened(0.0, end), widened(low, high)
            self._view.setRange(xRange=epochs, yRange=values, padding=0.0)
        self.plot.scene().prepareForPaint()  # pyqtgraph would do it while it paints, and then have to paint once more
        self._update_overlay()

    def _change_scale(self) -> None:
        low, high = NO_BOUNDS if self._is_logarithmic else self._scale.bounds
        self._view.setLimits(yMin=low, yMax=high)
        self._others.draw(self._to_scale, self._range_of)
        self.view_all()
        self._place_ticks()

    def _follow_range(self) -> None:
        self._place_ticks()
        self._update_overlay()
        self.axis_moved.emit()

    def _follow_size(self) -> None:
        if self._fitting_value_label() != self._item.getAxis("left").labelText:
            self._name_value_axis()
        self._follow_range()

    def _place_ticks(self) -> None:
        (left, right), (low, high) = self.shown_range
        xs = linear_ticks(left, right, max(2, int(self._view.width() / TICK_WIDTH)))
        most = max(2, int(self._view.height() / TICK_HEIGHT))
        ys = logarithmic_ticks(low, high, most) if self._is_logarithmic else linear_ticks(low, high, most)
        if (xs, ys) == self._ticks:
            return
        self._ticks = xs, ys
        self._item.getAxis("bottom").setTicks([xs])
        self._item.getAxis("left").setTicks([ys])
        widest = max((self.fontMetrics().horizontalAdvance(text) for _, text in ys), default=0)
        title = self.fontMetrics().height()
        self._item.getAxis("left").setWidth(max(VALUE_AXIS_WIDTH, widest + title + TICK_GAP))
        ends_x = [end for x, _ in xs for end in (x, x)] + [left, right] * len(ys)
        ends_y = [low, high] * len(xs) + [end for y, _ in ys for end in (y, y)]
        self._grid.setData(np.array(ends_x), np.array(ends_y))

    def _apply_theme(self) -> None:
        theme = theme_manager().theme
        self.plot.setBackground(theme.color("panel"))
        for name in ("left", "bottom"):
            axis = self._item.getAxis(name)
            axis.setPen(theme.color("line"))
            axis.setTextPen(theme.color("text"))
            axis.setTickFont(QApplication.font())
        self._grid.setPen(theme.color("line", 0.6))
        self._dots.setPen(None)
        self._dots.setBrush(theme.color(LOOKS[2].color))
        self._color_lines()
        self._others.draw(self._to_scale, self._range_of)
        self._name_axis("bottom", self.tr("Epoch"))
        self._name_value_axis()
        self._update_overlay()
        self._overlay.update()

    def _color_lines(self) -> None:
        for item, look in zip(self._lines, self._looks, strict=True):
            item.setPen(look.pen())
        for points, look in zip(self._points, self._looks, strict=False):
            points.setPen(look.symbol_pen())
            points.setBrush(look.symbol_brush())

    def _name_axis(self, axis: str, label: str) -> None:
        size = f"{QApplication.font().pointSize()}pt"
        self._item.getAxis(axis).setLabel(label, **{"color": theme_manager().theme.text, "font-size": size})

    def _name_value_axis(self) -> None:
        self._name_axis("left", self._fitting_value_label())

    def _fitting_value_label(self) -> str:
        metrics, room = self.fontMetrics(), self._view.height()
        fitting = [label for label in self._labels if metrics.horizontalAdvance(label) <= room]
        return fitting[0] if fitting else self._labels[-1]

    # --- reading ------------------------------------------------------------------------------------------------------

    def _update_overlay(self) -> None:
        area = self._view.sceneBoundingRect()
        if self._curves.is_empty and not self._others.runs:
            self.plot.setAccessibleDescription(self._message)
            self._key.show_text(KeyText())
            self._overlay.show_state(OverlayState(area, message=self._message))
            return
        pointed = math.inf if self._moment is None else self._moment
        if self._pointer is not None:
            pointed = float(self._view.mapSceneToView(self._pointer).x())
        reading = read_curves(self._curves, pointed)
        self._key.show_text(self._key_text(reading, is_newest=math.isinf(pointed)))
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
        inside = tuple((point, look) for point, look in rings if area.contains(point))
        moment = None if self._moment is None else self._view.mapViewToScene(QPointF(self._moment, 0.0)).x()
        self._overlay.show_state(
            OverlayState(area, marks, self._scale.marks_at_bottom, crosshair, inside, "", moment, self._name_tags(area))
        )

    def _name_tags(self, area: QRectF) -> tuple[NameTag, ...]:
        """The names of the runs at the ends of their lines; none while there is only one run."""
        present = RunCurves(self._shown, self._looks[0].run or 0, self._name)
        runs = (present, *self._others.drawn) if self._name else ()
        return name_tags(runs, area, self._view.mapViewToScene)

    def _key_text(self, reading: Reading, is_newest: bool) -> KeyText:
        names = (self.tr("Training"), self.tr("Validation"), self.tr("Batch"))
        place = f"{reading.epoch:.0f}" if reading.is_end else f"{reading.epoch:.2f}"
        title = self.tr("Latest") if is_newest else self.tr("Epoch {0}").format(place)
        blank = " " * len(self._scale.read(0.0))
        rows = tuple(
            KeyRow(look, name, "–".ljust(len(blank)) if value is None else self._scale.read(value))
            for look, name, value, line in zip(self._looks, names, reading.values, self._curves.lines, strict=True)
            if len(line)
        )
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
        elif event.type() == QEvent.Type.MouseButtonDblClick:
            self.view_all()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the overlay over the plot."""
        super().resizeEvent(event)
        self.layout().activate()
        self._overlay.setGeometry(self.plot.rect())
