"""The docks with the curves: loss and accuracy over the epochs."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.facts import Loaded
from nnviz.core.history import History
from nnviz.session.session import Session
from nnviz.session.time_machine import SessionRun
from nnviz.ui.formula.numbers import scientific
from nnviz.ui.panels.panel import Panel
from nnviz.ui.panels.time_strip import TimeStrip
from nnviz.ui.run_names import short_name
from nnviz.ui.widgets.curve_plot import CurvePlot
from nnviz.ui.widgets.curve_scale import CurveScale
from nnviz.ui.widgets.curves import Curves, curves_of, epoch_of_step, epochs_at, robust_range
from nnviz.ui.widgets.other_curves import RunCurves, own_part
from nnviz.ui.widgets.refresher import Refresher
from nnviz.ui.widgets.texts import translated

LARGEST_LOSS = 1e300
FULL_ACCURACY = 105.0


class CurvePanel(Panel):
    """A plot that follows the session's history, redrawn a few times a second and only while visible."""

    redraw_interval: ClassVar[int]

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self._plot: CurvePlot | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._refresher = Refresher(self, self._redraw, self.redraw_interval)
        session.history_changed.connect(self._refresher.soon)
        session.loaded.connect(self._start_afresh)
        session.training_changed.connect(self._on_training_changed)
        session.time_machine.runs_changed.connect(self._show_runs)
        session.time_machine.moved.connect(self._show_moment)

    @property
    def curve_plot(self) -> CurvePlot:
        """The plot, made when it is first asked for: importing pyqtgraph takes a third of a second."""
        if self._plot is None:
            self._plot = self._make_plot()
            self._column.addWidget(self._plot)
            self._name_axis()
            self._show_runs()
            self._furnish(self._plot)
        return self._plot

    def _furnish(self, plot: CurvePlot) -> None:
        """Add what else belongs to the plot, once it is made."""

    def _on_training_changed(self) -> None:
        if self._plot is not None:
            self._name_axis()

    def _make_plot(self) -> CurvePlot:
        raise NotImplementedError

    def _curves(self, history: History) -> Curves:
        raise NotImplementedError

    def _name_axis(self) -> None:
        raise NotImplementedError

    def _empty_message(self) -> str:
        return self.tr("The curve begins with the first step. Press Space to train.")

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while the dock was hidden."""
        super().showEvent(event)
        if self._plot is None:
            self._refresher.soon()  # first let the window stand
        else:
            self._refresher.now()

    def _redraw(self) -> None:
        self.curve_plot.set_message(self._empty_message())
        self.curve_plot.set_curves(self._curves(self.session.history))
        self._show_moment()

    def _show_runs(self) -> None:
        """Draw the other runs; their curves do not grow."""
        if self._plot is None:
            return
        machine = self.session.time_machine
        present = next((run for run in machine.runs if run.info.number == machine.present), None)
        if present is None or not machine.colored:
            self._plot.set_runs(None, "", ())
            return
        others = tuple(self._run_curves(run) for run in machine.others)
        self._plot.set_runs(present.color, short_name(present), others)

    def _run_curves(self, run: SessionRun) -> RunCurves:
        begun = float(epochs_at(np.array([float(run.info.begun)]), run.history)[0])
        part = own_part(self._curves(run.history), begun if run.info.parent is not None else 0.0)
        return RunCurves(part, run.color, short_name(run))

    def _show_moment(self) -> None:
        """Mark the moment of the past that is shown."""
        if self._plot is None:
            return
        machine = self.session.time_machine
        step = machine.step if machine.looking or machine.on_the_way else None
        self._plot.set_moment(None if step is None else epoch_of_step(step, self.session.history))

    def _start_afresh(self, fact: Loaded) -> None:
        if fact.fresh and self._plot is not None:
            self._plot.follow()


class LossPanel(CurvePanel):
    """Loss per epoch on training and validation data, and per batch; and under it the timeline."""

    redraw_interval: ClassVar[int] = 250

    def _make_plot(self) -> CurvePlot:
        scale = CurveScale(
            switch_label=self.tr("Log"),
            switch_help=self.tr("Logarithmic scale: equal distances are equal factors"),
            logarithmic=True,
            bounds=(0.0, LARGEST_LOSS),
            automatic=loss_range,
            read=loss_text,
            marks_at_bottom=False,
        )
        return CurvePlot("loss_plot", self.tr("Loss per epoch"), scale, self)

    def _furnish(self, plot: CurvePlot) -> None:
        self._strip = TimeStrip(self.session, plot)
        self._column.addWidget(self._strip.timeline)

    def _redraw(self) -> None:
        super()._redraw()
        self._strip.refresh()

    def _curves(self, history: History) -> Curves:
        return curves_of(history, history.batch_losses, lambda e: e.train_loss, lambda e: e.val_loss)

    def _name_axis(self) -> None:
        label, preset = self.tr("Loss"), self.session.preset
        if preset is None:
            self.curve_plot.set_value_labels((label,))
            return
        loss = translated(self.catalogue.loss(preset.training.loss).label)
        self.curve_plot.set_value_labels((f"{label} ({loss})", label))


class AccuracyPanel(CurvePanel):
    """Share of correctly classified samples per epoch on training and validation data, and per batch."""

    redraw_interval: ClassVar[int] = 310  # out of step with the loss, so that the two are seldom painted at once

    def _make_plot(self) -> CurvePlot:
        scale = CurveScale(
            switch_label=self.tr("Zoom"),
            switch_help=self.tr("Only the range that the curves are in, instead of 0 to 100 %"),
            logarithmic=False,
            bounds=(0.0, FULL_ACCURACY),
            automatic=accuracy_range,
            read="{:5.1f} %".format,
            marks_at_bottom=True,
        )
        return CurvePlot("accuracy_plot", self.tr("Accuracy per epoch"), scale, self)

    def _curves(self, history: History) -> Curves:
        curves = curves_of(history, history.batch_accuracies, lambda e: e.train_accuracy, lambda e: e.val_accuracy)
        return curves.map(lambda shares: shares * 100.0)

    def _name_axis(self) -> None:
        self.curve_plot.set_value_labels((self.tr("Accuracy %"), self.tr("Acc. %")))

    def _empty_message(self) -> str:
        summary = self.session.summary
        if summary is not None and not summary.classes:
            return self.tr("No accuracy: this network predicts numbers, not classes.")
        return super()._empty_message()


def loss_range(curves: Curves, logarithmic: bool) -> tuple[float, float]:
    """Range of losses to show: from 0, unless the curves stay far above it; without the outliers of the start."""
    if curves.is_empty:
        return (-2.0, 1.0) if logarithmic else (0.0, 1.0)
    low, high = robust_range(curves)
    if logarithmic:
        margin = max(0.08 * (high - low), 0.05)
        return low - margin, high + margin
    if low < 0.7 * high or high <= 0.0:
        return 0.0, high * 1.1 or 1.0
    margin = max(0.25 * (high - low), 0.02 * high)
    return low - margin, high + margin


def accuracy_range(curves: Curves, zoomed: bool) -> tuple[float, float]:
    """Range of percentages to show: all, or (zoomed) from a round number under all but the first epochs."""
    later = np.concatenate([line.y[len(line) // 4 :] for line in (curves.training, curves.validation)])
    later = later[np.isfinite(later)]
    if not zoomed or not len(later):
        return 0.0, FULL_ACCURACY
    low, high = float(later.min()), float(later.max())
    step = 10.0 if high - low > 10.0 else 2.0
    return max(0.0, math.floor(low / step) * step), min(FULL_ACCURACY, high + 0.1 * max(high - low, 2.0))


def loss_text(loss: float) -> str:
    """Write a loss in nine characters: four digits after the point, tiny and huge ones with a power of ten."""
    return (f"{loss + 0.0:.4f}" if loss == 0.0 or 1e-3 <= abs(loss) < 1e4 else scientific(loss)).ljust(9)
