"""The curves of a race, one over the other: training losses as lines, validation losses dashed."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QPalette, QPen
from PySide6.QtWidgets import QApplication, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.curve_scale import logarithms
from nnviz.ui.widgets.curves import Array, linear_ticks, logarithmic_ticks, widened
from nnviz.ui.widgets.race_curves import RaceCurve, loss_range
from nnviz.ui.widgets.race_key import KeyEntry, RaceKey

AXIS_WIDTH = 62
TICK_WIDTH, TICK_HEIGHT = 50, 28
TICK_OVERHANG = 12
PADDING = 0.06


class RacePlot(QWidget):
    """Draws `RaceCurve`s by pyqtgraph, and reads them under the pointer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        import pyqtgraph as pg  # takes a third of a second, so not before it is needed

        self._pg = pg
        self._curves: tuple[RaceCurve, ...] = ()
        self._pointer: QPointF | None = None
        self._end = 1.0
        self._labels: tuple[str, ...] = ("",)
        self.plot = pg.PlotWidget(self)
        self.plot.setObjectName("race_plot")
        self.plot.setAccessibleName(self.tr("Losses of the race"))
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._item = self.plot.getPlotItem()
        self._view = self._item.getViewBox()
        self._grid = pg.PlotCurveItem(connect="pairs", antialias=False, skipFiniteCheck=True)
        self._crosshair = pg.InfiniteLine(angle=90, movable=False)
        self._crosshair.hide()
        for item in (self._grid, self._crosshair):
            self._item.addItem(item, ignoreBounds=True)
        self._lines: list[tuple[object, object]] = []
        self._key = RaceKey(self)
        self.log_button = self._switch(
            "race_log", self.tr("Log"), self.tr("Logarithmic scale: equal distances are equal factors")
        )
        self.log_button.setChecked(True)
        self.validation_button = self._switch(
            "race_validation", self.tr("Validation"), self.tr("Dashed: the loss on the validation data, per epoch")
        )
        for button in (self.log_button, self.validation_button):
            button.toggled.connect(self._draw)
        self._prepare()
        self._apply_theme()

    def show_curves(self, curves: tuple[RaceCurve, ...], end: float) -> None:
        """Draw these, on an axis of at least `end` epochs."""
        self._curves, self._end = curves, end
        self._draw()

    def name_losses(self, labels: tuple[str, ...]) -> None:
        """Name the vertical axis: the first of `labels`, the longest first, that fits."""
        self._labels = labels
        self._name_value_axis()

    # --- building -----------------------------------------------------------------------------------------------------

    def _switch(self, name: str, text: str, help_text: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setText(text)
        button.setToolTip(help_text)
        button.setAccessibleName(text)
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _prepare(self) -> None:
        self._item.setMenuEnabled(False)
        self._item.hideButtons()
        self._item.layout.setContentsMargins(4, 8, 14, 2)
        self._view.setMouseEnabled(x=False, y=False)
        self._view.disableAutoRange()
        for name in ("left", "bottom"):
            self._item.getAxis(name).enableAutoSIPrefix(False)
            self._item.getAxis(name).setStyle(hideOverlappingLabels=TICK_OVERHANG)
        self._item.getAxis("left").setWidth(AXIS_WIDTH)
        self._view.sigResized.connect(self._follow_size)
        self.plot.viewport().installEventFilter(self)
        theme_manager().changed.connect(self._apply_theme)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        head = QHBoxLayout()
        head.setContentsMargins(10, 3, 6, 0)
        head.addWidget(self._key, 1)
        head.addWidget(self.validation_button)
        head.addWidget(self.log_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.plot, 1)

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
        self._place_ticks()
        self.plot.scene().prepareForPaint()
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
        self._place_ticks()
        self._name_value_axis()

    def _place_ticks(self) -> None:
        (left, right), (low, high) = self._view.viewRange()
        xs = linear_ticks(left, right, max(2, int(self._view.width() / TICK_WIDTH)))
        most = max(2, int(self._view.height() / TICK_HEIGHT))
        ys = logarithmic_ticks(low, high, most) if self.log_button.isChecked() else linear_ticks(low, high, most)
        self._item.getAxis("bottom").setTicks([xs])
        self._item.getAxis("left").setTicks([ys])
        ends_x = [end for x, _ in xs for end in (x, x)] + [left, right] * len(ys)
        ends_y = [low, high] * len(xs) + [end for y, _ in ys for end in (y, y)]
        self._grid.setData(np.array(ends_x), np.array(ends_y))

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
        for name in ("left", "bottom"):
            axis = self._item.getAxis(name)
            axis.setPen(theme.color("line"))
            axis.setTextPen(theme.color("text"))
            axis.setTickFont(QApplication.font())
        self._grid.setPen(theme.color("line", 0.6))
        self._crosshair.setPen(theme.color("muted"))
        self._name_axis("bottom", self.tr("Epoch"))
        self._name_value_axis()
        self._apply_pens()

    def _name_value_axis(self) -> None:
        metrics, room = self.fontMetrics(), self._view.height()
        fitting = [label for label in self._labels if metrics.horizontalAdvance(label) <= room]
        self._name_axis("left", fitting[0] if fitting else self._labels[-1])

    def _name_axis(self, axis: str, label: str) -> None:
        size = f"{QApplication.font().pointSize()}pt"
        self._item.getAxis(axis).setLabel(label, **{"color": theme_manager().theme.text, "font-size": size})

    # --- reading ------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        """Show names, or, while somebody points, the values there."""
        title, place = "", None
        if self._pointer is not None and any(len(curve.training) for curve in self._curves):
            place = float(self._view.mapSceneToView(self._pointer).x())
            title = self.tr("Epoch {0}").format(f"{max(0.0, place):.2f}")
            self._crosshair.setPos(place)
        self._crosshair.setVisible(place is not None)
        self._key.show_entries(title, tuple(self._entry(curve, place) for curve in self._curves))

    def _entry(self, curve: RaceCurve, place: float | None) -> KeyEntry:
        value = None if place is None else curve.training.at(place)
        return KeyEntry(curve.number, curve.name, "" if value is None else f"{value:.3g}")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Read under the pointer."""
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            inside = self._view.sceneBoundingRect().contains(event.position())
            self._pointer = event.position() if inside else None
            self._read()
        elif event.type() == QEvent.Type.Leave:
            self._pointer = None
            self._read()
        return super().eventFilter(watched, event)
