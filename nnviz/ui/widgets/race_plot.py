"""The curves of a race, one over the other: training losses as lines, validation losses dashed."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.curve_scale import logarithms
from nnviz.ui.widgets.curves import Array, widened
from nnviz.ui.widgets.end_names import NameTag, paint_names, room_for
from nnviz.ui.widgets.plot_axes import PlotAxes
from nnviz.ui.widgets.plot_head import PlotSwitch, lay_out_plot
from nnviz.ui.widgets.race_curves import RaceCurve, loss_range
from nnviz.ui.widgets.readout import Readout, ReadoutRow, ReadoutText

PADDING = 0.06
WIDE = 220  # pixels
NAMED = 420  # pixels: in a narrower one the table tells which colour is whose


class EndNames(QWidget):
    """Writes the names of the racers beside the ends of their curves; the mouse goes through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._tags: tuple[NameTag, ...] = ()
        self._area = QRectF()

    def show_tags(self, tags: tuple[NameTag, ...], area: QRectF) -> None:
        """Show these, inside `area`."""
        self._tags, self._area = tags, area
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint them."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._area.width() > 0:
            paint_names(painter, self._tags, self._area, QFontMetricsF(self.font()))


class RacePlot(QWidget):
    """Draws `RaceCurve`s by pyqtgraph, and reads them under the pointer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        import pyqtgraph as pg  # takes a third of a second, so not before it is needed

        self._pg = pg
        self._curves: tuple[RaceCurve, ...] = ()
        self._pointer: QPointF | None = None
        self._end = 1.0
        self.plot = pg.PlotWidget(self)
        self.plot.setObjectName("race_plot")
        self.plot.setAccessibleName(self.tr("Losses of the race"))
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._item = self.plot.getPlotItem()
        self._view = self._item.getViewBox()
        self._axes = PlotAxes(self, self._item)
        self._axes.name(self.tr("Epoch"), ("",))
        self._crosshair = pg.InfiniteLine(angle=90, movable=False)
        self._crosshair.hide()
        self._item.addItem(self._crosshair, ignoreBounds=True)
        self._lines: list[tuple[object, object]] = []
        self._names = EndNames(self.plot)
        self._names_room = 0.0
        self._readout = Readout(self.plot.viewport())
        log, log_help = self.tr("Log"), self.tr("Logarithmic scale: equal distances are equal factors")
        self.log_button = PlotSwitch("race_log", log, log_help, log, self)
        self.log_button.setChecked(True)
        validation_help = self.tr("Dashed: the loss on the validation data, per epoch")
        self.validation_button = PlotSwitch(
            "race_validation", self.tr("Val."), validation_help, self.tr("Validation"), self
        )
        for button in (self.log_button, self.validation_button):
            button.toggled.connect(self._draw)
        self._prepare()
        self._apply_theme()

    def show_curves(self, curves: tuple[RaceCurve, ...], end: float) -> None:
        """Draw these, on an axis of at least `end` epochs."""
        self._curves, self._end = curves, end
        self._make_room_for_names()
        self._draw()

    def name_losses(self, labels: tuple[str, ...]) -> None:
        """Name the vertical axis: the first of `labels`, the longest first, that fits."""
        self._axes.name(self.tr("Epoch"), labels)

    def add_note(self, note: QWidget) -> None:
        """Put a note above the curves, before the switches."""
        self._head.insertWidget(0, note, 1)

    # --- building -----------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        self._view.setMouseEnabled(x=False, y=False)
        self._view.disableAutoRange()
        self._view.sigResized.connect(self._follow_size)
        self.plot.viewport().installEventFilter(self)
        theme_manager().changed.connect(self._apply_theme)
        self._head = lay_out_plot(self, self.plot)
        self._head.addStretch()  # as long as there is no note
        self._head.addWidget(self.validation_button)
        self._head.addWidget(self.log_button)

    # --- drawing ------------------------------------------------------------------------------------------------------

    def _to_scale(self, values: Array) -> Array:
        return logarithms(values) if self.log_button.isChecked() else values

    def _draw(self) -> None:
        self._provide_lines(len(self._curves))
        for (training, validation), curve in zip(self._lines, self._curves, strict=True):
            training.setData(curve.training.x, self._to_scale(curve.training.y))
            validation.setData(curve.validation.x, self._to_scale(curve.validation.y))
            validation.setVisible(self.validation_button.isChecked())
        low, high = loss_range(self._curves, self.validation_button.isChecked())
        if self.log_button.isChecked():
            low, high = (float(np.log10(max(value, 1e-12))) for value in (low, high))
        else:
            low = min(low, 0.0)
        margin = PADDING * (high - low) or 0.5
        values = widened(low - (margin if self.log_button.isChecked() else 0.0), high + margin)
        self._view.setRange(xRange=(0.0, self._end), yRange=values, padding=0.0)
        self._axes.place_ticks(self.log_button.isChecked())
        self.plot.scene().prepareForPaint()
        self._place_names()
        self._read()

    def _provide_lines(self, count: int) -> None:
        if len(self._lines) == count:
            return
        for pair in self._lines:
            for item in pair:
                self._item.removeItem(item)
        self._lines = []
        for _ in range(count):
            pair = tuple(self._pg.PlotCurveItem(antialias=True, connect="finite") for _ in range(2))
            pair[0].setSegmentedLineMode("on")  # wide solid lines are painted twice as fast so
            for item in pair:
                self._item.addItem(item, ignoreBounds=True)
            self._lines.append(pair)
        self._apply_pens()

    def _follow_size(self) -> None:
        self._axes.place_ticks(self.log_button.isChecked())
        self._axes.follow_height()
        self._place_names()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep room for the names."""
        super().resizeEvent(event)
        self.layout().activate()
        self._names.setGeometry(self.plot.rect())
        self.validation_button.setText(self.tr("Validation") if self.width() >= WIDE else self.tr("Val."))
        self._make_room_for_names()

    def _make_room_for_names(self) -> None:
        names = [curve.name for curve in self._curves if self.width() >= NAMED]
        self._names_room = room_for(names, QFontMetricsF(self.font()), self.width())
        self._axes.leave_room(self._names_room)

    def _place_names(self) -> None:
        area = self._view.sceneBoundingRect()
        tags = []
        for curve in self._curves:
            values = self._to_scale(curve.training.y)
            known = np.flatnonzero(np.isfinite(values))
            if len(known):
                end = self._view.mapViewToScene(QPointF(float(curve.training.x[known[-1]]), float(values[known[-1]])))
                end.setY(min(max(end.y(), area.top()), area.bottom()))  # it may have gone through the roof
                tags.append(NameTag(end, curve.name, theme_manager().theme.run_color(curve.number)))
        self._names.show_tags(tuple(tags), QRectF(area.right(), area.top(), self._names_room, area.height()))

    def _apply_pens(self) -> None:
        theme = theme_manager().theme
        for (training, validation), curve in zip(self._lines, self._curves, strict=False):
            color = theme.run_color(curve.number)
            for item, width, style in (
                (training, 2.0, Qt.PenStyle.SolidLine),
                (validation, 1.5, Qt.PenStyle.DashLine),
            ):
                pen = QPen(color, width, style)
                pen.setCosmetic(True)
                item.setPen(pen)

    def _apply_theme(self) -> None:
        theme = theme_manager().theme
        self.plot.setBackground(theme.color("panel"))
        self._axes.apply_theme()
        self._crosshair.setPen(theme.color("muted"))
        self._apply_pens()
        self._place_names()

    # --- reading ------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        """Say, while somebody points, what all had reached there."""
        pointing = self._pointer is not None and any(len(curve.training) for curve in self._curves)
        self._crosshair.setVisible(pointing)
        if self._pointer is None or not pointing:
            self._readout.hide()
            return
        place = max(0.0, float(self._view.mapSceneToView(self._pointer).x()))
        self._crosshair.setPos(place)
        title = self.tr("Epoch {0}").format(f"{place:.2f}")
        names = (self.tr("Training"), self.tr("Validation")) if self.validation_button.isChecked() else ()
        rows = tuple(self._row(curve, place, bool(names)) for curve in self._curves)
        self._readout.show_at(self._pointer.toPoint(), ReadoutText(title, names, rows))

    def _row(self, curve: RaceCurve, place: float, with_validation: bool) -> ReadoutRow:
        lines = (curve.training, curve.validation) if with_validation else (curve.training,)
        values = (line.at(place) for line in lines)
        texts = tuple("–" if value is None else f"{value:.3g}" for value in values)
        return ReadoutRow(theme_manager().theme.run_color(curve.number), curve.name, texts)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Read under the pointer."""
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            inside = self._view.sceneBoundingRect().contains(event.position())
            self._pointer = event.position() if inside else None
            self._read()
        elif event.type() in (QEvent.Type.Leave, QEvent.Type.Hide):
            self._pointer = None
            self._read()
        return super().eventFilter(watched, event)
