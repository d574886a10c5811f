"""The race dock: set it up, watch the curves, read the ranking, and go on with the one that convinced."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.commands import RunState
from nnviz.core.race import StartingPoint, common_epoch
from nnviz.session.race import RaceState
from nnviz.session.session import Session
from nnviz.ui.panels.panel import Panel
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.detach_button import DetachButton
from nnviz.ui.widgets.layout import MARGIN, ROW_GAP, put_in_place
from nnviz.ui.widgets.race_curves import race_curve, window_of
from nnviz.ui.widgets.race_plot import RacePlot
from nnviz.ui.widgets.race_table import RaceTable
from nnviz.ui.widgets.racer_form import RacerForm
from nnviz.ui.widgets.racer_names import learning_rate, optimizer_name, racer_name
from nnviz.ui.widgets.texts import translated

REDRAW_MS = 160
SIDE = 8
LOW = 210  # pixels
SMALLEST_TABLE, LARGEST_TABLE = 330, 620  # pixels


class RacePanel(Panel):
    """Several optimizers from the same weights on the same batches, side by side."""

    name: ClassVar[str] = "race"
    title: ClassVar[str] = "Race"
    area: ClassVar[Qt.DockWidgetArea] = Qt.DockWidgetArea.BottomDockWidgetArea
    shown_at_first: ClassVar[bool] = False

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self._race = session.race
        self._shown_start: StartingPoint | None = None
        self._plot: RacePlot | None = None
        self._form = RacerForm(catalogue, DetachButton(self, "race_form_own_window"))
        self._form.started.connect(self._start)
        self._form.left.connect(lambda: self._pages.setCurrentIndex(1))
        self._table = RaceTable()
        self._table.racer_selected.connect(self._show_buttons)
        self._table.ranked.connect(self._redraw)
        self._pages = QStackedWidget()
        self._pages.setObjectName("race_pages")
        self._pages.addWidget(self._form)
        self._pages.addWidget(self._build_ranking())
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setObjectName("race_splitter")
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self._pages)
        self._curves = QWidget()
        self._place = QVBoxLayout(self._curves)
        self._place.setContentsMargins(0, 0, 0, 0)
        self._place.addWidget(self._invitation())
        self._splitter.addWidget(self._curves)
        self._splitter.splitterMoved.connect(self._keep_sizes)
        self._has_moved = False
        column = QVBoxLayout(self)
        column.setContentsMargins(SIDE, ROW_GAP, 0, ROW_GAP)
        column.addWidget(self._splitter)
        self._timer = QTimer(self, singleShot=True, interval=REDRAW_MS)
        self._timer.timeout.connect(self._redraw)
        self._race.looked.connect(self._redraw_soon)
        self._race.state_changed.connect(self._on_state)
        session.run_state_changed.connect(self._show_buttons)
        session.loaded.connect(self._show_buttons)
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
        buttons.addStretch(1)
        buttons.addWidget(DetachButton(self, "race_own_window"))
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(ROW_GAP)
        column.addWidget(self._status)
        column.addWidget(self._table, 1)
        column.addLayout(buttons)
        return page

    def _invitation(self) -> QLabel:
        label = QLabel(self.tr("Start a race: all begin with the same weights and learn from the same batches."))
        label.setProperty("role", "muted")
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setMargin(MARGIN)
        return label

    def _button(self, name: str, text: str, act: object) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(act)
        return button

    # --- what a person does -------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._race.start(self._form.optimizers, self._form.epochs, self._form.start_from)

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

    def _keep_sizes(self) -> None:
        self._has_moved = True

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the curves beside the table, or below it where the dock is higher than wide."""
        super().resizeEvent(event)
        self._status.setVisible(event.size().height() > LOW)  # else the table needs the room more
        wide = event.size().width() > 1.2 * event.size().height()
        self._splitter.setOrientation(Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical)
        if not self._has_moved:
            room = event.size().width() if wide else event.size().height()
            table = min(max(room * 56 // 100, SMALLEST_TABLE), LARGEST_TABLE)
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
        names = [racer_name(self.catalogue, racer.optimizer) for racer in racers]
        curves = tuple(
            race_curve(racer, number, name, start.step, batches)
            for number, (racer, name) in enumerate(zip(racers, names, strict=True))
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
            [optimizer_name(self.catalogue, racer.optimizer) for racer in racers],
            [learning_rate(self.catalogue, racer.optimizer) for racer in racers],
        )
        self._status.setText(self._status_text(start))
        self._show_buttons()

    def _loss_labels(self, start: StartingPoint, window: int) -> tuple[str, ...]:
        """What the axis can be called, the longest first."""
        loss = translated(self.catalogue.loss(start.preset.training.loss).label)
        averaged = self.tr("Loss, mean of {0} batches").format(window)
        return (*((averaged,) if window > 1 else (loss,)), self.tr("Loss"))

    def _status_text(self, start: StartingPoint) -> str:
        done = common_epoch(self._race.racers)
        begun = self.tr("from step {0}").format(f"{start.step:,}")
        place = begun if start.step else self.tr("from the initial weights")
        return self.tr("After epoch {done} · {place}").format(done=done, place=place)
