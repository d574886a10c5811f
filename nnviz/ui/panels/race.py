"""The race dock: set it up, watch the curves, read the ranking, and go on with the one that convinced."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.commands import RunState
from nnviz.core.race import StartingPoint, common_epoch
from nnviz.core.race_verdict import verdict_of
from nnviz.session.race import RaceState
from nnviz.session.session import Session
from nnviz.ui.panels.panel import Panel
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.detach_button import DetachButton
from nnviz.ui.widgets.first_room import ask_for_room
from nnviz.ui.widgets.layout import ROW_GAP, put_in_place
from nnviz.ui.widgets.race_curves import race_curve, window_of
from nnviz.ui.widgets.race_plot import RacePlot
from nnviz.ui.widgets.race_table import RaceTable
from nnviz.ui.widgets.race_verdict import VerdictBox, verdict_text
from nnviz.ui.widgets.racer_form import RacerForm
from nnviz.ui.widgets.racer_names import learning_rate, optimizer_name, racer_name, rate_said, short_names
from nnviz.ui.widgets.texts import translated

REDRAW_MS = 160
SIDE = 8
QWIDGETSIZE_MAX = 16_777_215  # Qt's, which PySide does not have
HEIGHT = 330  # pixels, that it is first shown with, where there are so many
LOW, TALL = 290, 430  # pixels
VERDICT_SHARES = {True: 0.23, False: 0.36}  # of the height, where it is low and where it is not
LEAST_PLOT = 125  # pixels
PLOT_SHARE = 0.27  # of the width


class RacePanel(Panel):
    """Several optimizers from the same weights on the same batches, side by side."""

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self._race = session.race
        self._shown_start: StartingPoint | None = None
        self._plot: RacePlot | None = None
        colors = session.time_machine.racers_colors
        self._form = RacerForm(catalogue, colors, DetachButton(self, "race_form_own_window"))
        self._form.started.connect(self._start)
        self._form.rates_wanted.connect(self._compare_rates)
        self._form.left.connect(lambda: self._pages.setCurrentIndex(1))
        self._table = RaceTable()
        self._table.racer_selected.connect(self._show_buttons)
        self._table.ranked.connect(self._redraw)
        self._curves = QWidget()
        self._place = QVBoxLayout(self._curves)
        self._place.setContentsMargins(0, 0, 0, 0)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setObjectName("race_splitter")
        self._splitter.setChildrenCollapsible(False)
        self._ranking = QVBoxLayout()
        self._ranking.setContentsMargins(0, 0, 0, 0)
        self._ranking.setSpacing(ROW_GAP)
        self._ranking.addWidget(self._table, 1)
        left = QWidget()
        left.setLayout(self._ranking)
        self._splitter.addWidget(left)
        self._splitter.addWidget(self._curves)
        self._splitter.splitterMoved.connect(self._keep_sizes)
        self._has_moved = self._has_room = False
        self._pages = QStackedWidget()
        self._pages.setObjectName("race_pages")
        self._pages.addWidget(self._form)
        self._pages.addWidget(self._build_ranking())
        column = QVBoxLayout(self)
        column.setContentsMargins(SIDE, ROW_GAP, 0, ROW_GAP)
        column.addWidget(self._pages)
        self._timer = QTimer(self, singleShot=True, interval=REDRAW_MS)
        self._timer.timeout.connect(self._redraw)
        self._race.looked.connect(self._redraw_soon)
        self._race.state_changed.connect(self._on_state)
        session.run_state_changed.connect(self._show_buttons)
        session.loaded.connect(self._show_buttons)
        session.time_machine.runs_changed.connect(self._form.choose_colors)
        theme_manager().changed.connect(self._redraw_soon)
        self._show_buttons()

    def _build_ranking(self) -> QWidget:
        page = QWidget()
        self._status = QLabel()
        self._status.setObjectName("race_status")
        self._status.setProperty("role", "muted")
        self._status.setMinimumWidth(1)
        self._stop = self._button("race_stop", self.tr("Stop"), self._stop_or_go_on)
        self._take = self._button("race_take", self.tr("Take this one"), self._take_over)
        self._take.setToolTip(
            self.tr("Go on with the selected one: its weights, its settings, and what its optimizer remembers")
        )
        self._back = self._button("race_set_up", self.tr("Set up…"), self._set_up)
        self._back.setToolTip(self.tr("Choose other racers and start a new race"))
        buttons = QHBoxLayout()
        buttons.setSpacing(ROW_GAP)
        for button in (self._stop, self._take, self._back):
            buttons.addWidget(button)
        buttons.addWidget(self._status, 1)
        buttons.addWidget(DetachButton(self, "race_own_window"))
        self._verdict = VerdictBox()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(ROW_GAP)
        column.addWidget(self._splitter, 1)
        column.addWidget(self._verdict)
        column.addLayout(buttons)
        self._below = column
        return page

    def _button(self, name: str, text: str, act: object) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(act)
        return button

    # --- what a person does -------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._race.start(self._form.optimizers, self._form.epochs, self._form.start_from)

    def _compare_rates(self) -> None:
        if self.session.preset is not None:
            self._form.compare_rates(self.session.preset.training.optimizer)

    def _stop_or_go_on(self) -> None:
        if self._race.state is RaceState.RUNNING:
            self._race.stop()
        else:
            self._race.go_on(self._race.epochs)

    def _take_over(self) -> None:
        self._race.take_over(self._table.selected_racer)

    def _set_up(self) -> None:
        self._race.stop()
        self._pages.setCurrentIndex(0)

    # --- what has become true -----------------------------------------------------------------------------------------

    def _on_state(self) -> None:
        if self._race.state is RaceState.RUNNING:
            self._pages.setCurrentIndex(1)
        elif self._race.state is RaceState.NONE:
            self._pages.setCurrentIndex(0)
        self._show_buttons()
        self._redraw_soon()

    def _show_buttons(self) -> None:
        state = self._race.state
        loading = self.session.run_state is RunState.LOADING
        self._form.set_ready(self.session.preset is not None and not loading and self._race.can_start)
        self._form.set_leavable(bool(self._race.racers))
        running = state is RaceState.RUNNING
        self._stop.setText(self.tr("Stop") if running else self.tr("Go on"))
        sound = [number for number, racer in enumerate(self._race.racers) if racer.diverged_at is None]
        self._stop.setEnabled(running or bool(sound))
        self._take.setEnabled(self._table.selected_racer in sound and not loading)

    def _redraw_soon(self) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while the dock was hidden."""
        super().showEvent(event)
        self._timer.start()
        if not self._has_room:
            self._has_room = True
            ask_for_room(self, HEIGHT)

    def _keep_sizes(self) -> None:
        self._has_moved = True

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the curves beside the table, or below it where the dock is higher than wide."""
        super().resizeEvent(event)
        height = event.size().height()
        self._table.set_low(height < LOW)
        self._verdict.limit(round(VERDICT_SHARES[height < LOW] * height))
        self._splitter.setOrientation(Qt.Orientation.Horizontal if self._is_wide else Qt.Orientation.Vertical)
        if self._is_wide and height >= TALL:  # below the table there is room for it
            self._ranking.addWidget(self._verdict)
        else:
            self._below.insertWidget(1, self._verdict)
        self._share_room()
        self._show_status()

    @property
    def _is_wide(self) -> bool:
        return self.width() > 1.2 * self.height()

    def _share_room(self) -> None:
        """Give the table its width, and the plot what is left; both stay where a person has put them."""
        if self._has_moved:
            return
        room = self._splitter.width() - self._splitter.handleWidth()
        if not self._is_wide:
            room = self._splitter.height() - self._splitter.handleWidth()
            self._splitter.setSizes([room // 2, room - room // 2])
            return
        tall = self.height() >= TALL
        self._table.setMaximumHeight(self._table.height_wanted() if tall else QWIDGETSIZE_MAX)
        self._ranking.setAlignment(Qt.AlignmentFlag.AlignTop if tall else Qt.AlignmentFlag(0))
        table = self._table.width_wanted(room - max(LEAST_PLOT, round(PLOT_SHARE * room)))
        self._splitter.setSizes([table, room - table])

    def _redraw(self) -> None:
        start = self._race.start_point
        if start is None:
            return
        if self._plot is None:
            self._plot = RacePlot()
            put_in_place(self._place, self._plot)
        if start is not self._shown_start:
            self._shown_start = start
            self._table.select_racer(-1)
        racers, batches = self._race.racers, start.batches
        specs = [racer.optimizer for racer in racers]
        names = short_names(self.catalogue, specs)
        curves = tuple(
            race_curve(racer, racer.color, name, start.step, batches) for racer, name in zip(racers, names, strict=True)
        )
        done = max((racer.step for racer in racers), default=start.step) - start.step
        self._plot.name_losses(self._loss_labels(start, window_of(batches)))
        self._plot.show_curves(curves, max(float(self._race.epochs), done / batches))
        results = [result for racer in racers for result in racer.epochs]
        self._table.choose_columns(
            has_validation=not results or results[0].val_loss is not None,
            has_accuracy=not results or results[0].train_accuracy is not None,
        )
        self._table.show_racers(
            racers,
            [optimizer_name(self.catalogue, spec) for spec in specs],
            [(rate_said(self.catalogue, spec), learning_rate(self.catalogue, spec)) for spec in specs],
        )
        self._share_room()
        self._show_status()
        self._show_verdict(names)
        self._show_buttons()

    def _show_verdict(self, shorts: list[str]) -> None:
        racers, start = self._race.racers, self._race.start_point
        verdict = verdict_of(racers)
        if verdict is None or start is None:
            self._verdict.show_text("")
            return
        names = [racer_name(self.catalogue, racer.optimizer) for racer in racers]
        is_over = self._race.state is not RaceState.RUNNING
        when = self._epochs_text(start, verdict.epochs)
        self._verdict.show_text(verdict_text(verdict, racers, names, shorts, when, is_over))

    def _loss_labels(self, start: StartingPoint, window: int) -> tuple[str, ...]:
        """What the axis can be called, the longest first."""
        loss = translated(self.catalogue.loss(start.preset.training.loss).label)
        averaged = self.tr("Loss, mean of {0} batches").format(window)
        return (*((averaged,) if window > 1 else (loss,)), self.tr("Loss"))

    def _show_status(self) -> None:
        """Say after how much and from where; where there is little room, only from where."""
        start = self._race.start_point
        if start is None:
            return
        done = common_epoch(self._race.racers)
        place = (
            self.tr("from step {0}").format(f"{start.step:,}") if start.step else self.tr("from the initial weights")
        )
        text = self.tr("In the first epoch · {place}").format(place=place)
        if done:
            text = self.tr("After {epochs} · {place}").format(epochs=self._epochs_text(start, done), place=place)
        metrics, room = self._status.fontMetrics(), self._status.width()
        self._status.setText(next((each for each in (text, place) if metrics.horizontalAdvance(each) <= room), ""))

    def _epochs_text(self, start: StartingPoint, done: int) -> str:
        """How long they have trained by the end of an epoch; the first one may have been begun before."""
        ends = (racer.epochs[done - 1].step for racer in self._race.racers if 0 < done <= len(racer.epochs))
        epochs = (next(ends, start.step) - start.step) / start.batches
        if epochs == 1:
            return self.tr("1 epoch")
        return self.tr("{0} epochs").format(f"{epochs:.0f}" if epochs == round(epochs) else f"{epochs:.1f}")
