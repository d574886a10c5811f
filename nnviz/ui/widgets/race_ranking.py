"""The ranking of a race: its curves, its table, the verdict, and the buttons that stop it or take a racer over."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.facts import RunState
from nnviz.core.race import StartingPoint, common_epoch
from nnviz.core.race_verdict import verdict_of
from nnviz.session.race import RaceState
from nnviz.session.session import Session
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.fitting_label import FittingLabel
from nnviz.ui.widgets.layout import ROW_GAP, UNLIMITED
from nnviz.ui.widgets.race_curves import race_curve, window_of
from nnviz.ui.widgets.race_plot import RacePlot
from nnviz.ui.widgets.race_table import RaceTable
from nnviz.ui.widgets.race_verdict import VerdictBox, verdict_text
from nnviz.ui.widgets.racer_names import learning_rate, optimizer_name, racer_name, rate_said, short_names
from nnviz.ui.widgets.refresher import Refresher
from nnviz.ui.widgets.texts import translated

REDRAW_MS = 160
LOW, TALL, WIDE = 290, 430, 900  # pixels
VERDICT_SHARE = 0.23  # of the height, at the least
LEAST_PLOT = 125  # pixels
PLOT_SHARES = {True: 0.5, False: 0.42}  # of the width, where it is wide and where it is not


class RaceRanking(QWidget):
    """Follows the race while it can be seen; `corner` is what comes last.

    Signals
    -------
    set_up_wanted()
        Other racers should be chosen.
    """

    set_up_wanted = Signal()

    def __init__(self, session: Session, catalogue: Catalogue, corner: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._race, self._catalogue = session, session.race, catalogue
        self._shown_start: StartingPoint | None = None
        self._judged: tuple[object, ...] = ()
        self._has_moved = False
        self._table = RaceTable()
        self._table.racer_selected.connect(self._show_buttons)
        self._table.ranked.connect(self._redraw)
        self._plot = RacePlot()
        self._verdict = VerdictBox()
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setObjectName("race_splitter")
        self._splitter.setChildrenCollapsible(False)
        self._beside = QVBoxLayout()
        self._beside.setContentsMargins(0, 0, 0, 0)
        self._beside.setSpacing(ROW_GAP)
        self._beside.addWidget(self._table, 1)
        left = QWidget()
        left.setLayout(self._beside)
        self._splitter.addWidget(left)
        self._splitter.addWidget(self._plot)
        self._splitter.splitterMoved.connect(self._keep_sizes)
        self._below = QVBoxLayout(self)
        self._below.setContentsMargins(0, 0, 0, 0)
        self._below.setSpacing(ROW_GAP)
        self._below.addWidget(self._splitter, 1)
        self._below.addWidget(self._verdict)
        self._buttons = self._build_buttons(corner)
        self._below.addWidget(self._buttons)
        self._plot.add_note(self._status)
        self._refresher = Refresher(self, self._redraw, REDRAW_MS)
        for changed in (self._race.looked, self._race.state_changed, theme_manager().changed):
            changed.connect(self._refresher.soon)
        for changed in (self._race.state_changed, session.run_state_changed, session.loaded):
            changed.connect(self._show_buttons)
        self._show_buttons()

    def _build_buttons(self, corner: QWidget) -> QWidget:
        self._status = FittingLabel()
        self._status.setObjectName("race_status")
        self._status.setProperty("role", "muted")
        self._stop = self._button("race_stop", self.tr("Stop"), self._stop_or_go_on)
        self._take = self._button("race_take", self.tr("Take this one"), self._take_over)
        self._take.setToolTip(
            self.tr("Go on with the selected one: its weights, its settings, and what its optimizer remembers")
        )
        back = self._button("race_set_up", self.tr("Set up…"), self.set_up_wanted.emit)
        back.setToolTip(self.tr("Choose other racers and start a new race"))
        buttons = QWidget()
        row = QHBoxLayout(buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(ROW_GAP)
        for button in (self._stop, self._take, back):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(corner)
        return buttons

    def _button(self, name: str, text: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: act())
        return button

    # --- what a person does -------------------------------------------------------------------------------------------

    def _stop_or_go_on(self) -> None:
        if self._race.state is RaceState.RUNNING:
            self._race.stop()
        else:
            self._race.go_on(self._race.epochs)

    def _take_over(self) -> None:
        self._race.take_over(self._table.selected_racer)

    def _keep_sizes(self) -> None:
        self._has_moved = True

    # --- room ---------------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the curves beside all else, in full height, or below the table where the dock is higher than wide."""
        super().resizeEvent(event)
        height = event.size().height()
        self._table.set_low(height < LOW)
        self._limit_verdict()
        self._splitter.setOrientation(Qt.Orientation.Horizontal if self._is_wide else Qt.Orientation.Vertical)
        column = self._beside if self._is_wide else self._below
        for widget in (self._verdict, self._buttons):
            column.addWidget(widget)
        self._share_room()

    def _limit_verdict(self) -> None:
        """Leave the table room for all its rows, unless that squeezes the verdict."""
        height = self.height()
        left = height - self._table.height_wanted() - self._buttons.sizeHint().height() - 2 * ROW_GAP
        self._verdict.limit(max(round(VERDICT_SHARE * height), left if self._is_wide else 0))

    @property
    def _is_wide(self) -> bool:
        return self.width() > 1.2 * self.height()

    def _share_room(self) -> None:
        """Give the table what it needs, and the plot what is left; both stay where a person has put them."""
        if self._has_moved:
            return
        room = self._splitter.width() - self._splitter.handleWidth()
        if not self._is_wide:
            room = self._splitter.height() - self._splitter.handleWidth()
            self._splitter.setSizes([room // 2, room - room // 2])
            return
        tall = self.height() >= TALL
        self._table.setMaximumHeight(self._table.height_wanted() if tall else UNLIMITED)
        self._beside.setAlignment(Qt.AlignmentFlag.AlignTop if tall else Qt.AlignmentFlag(0))
        share = PLOT_SHARES[self.width() >= WIDE]
        table = self._table.width_wanted(room - max(LEAST_PLOT, round(share * room)))
        self._splitter.setSizes([table, room - table])

    # --- what has become true -----------------------------------------------------------------------------------------

    def _show_buttons(self) -> None:
        running = self._race.state is RaceState.RUNNING
        self._stop.setText(self.tr("Stop") if running else self.tr("Go on"))
        sound = [number for number, racer in enumerate(self._race.racers) if racer.diverged_at is None]
        self._stop.setEnabled(running or bool(sound))
        loading = self._session.run_state is RunState.LOADING
        self._take.setEnabled(self._table.selected_racer in sound and not loading)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while it was hidden."""
        super().showEvent(event)
        self._refresher.soon()

    def _redraw(self) -> None:
        start = self._race.start_point
        if start is None:
            return
        if start is not self._shown_start:
            self._shown_start = start
            self._table.select_racer(-1)
        names = short_names(self._catalogue, [racer.optimizer for racer in self._race.racers])
        self._show_curves(start, names)
        if self._show_table():
            self._limit_verdict()
            self._share_room()
        self._show_status()
        self._show_verdict(start, names)
        self._show_buttons()

    def _show_curves(self, start: StartingPoint, names: list[str]) -> None:
        racers, batches = self._race.racers, start.batches
        curves = tuple(
            race_curve(racer, racer.color, name, start.step, batches) for racer, name in zip(racers, names, strict=True)
        )
        done = max((racer.step for racer in racers), default=start.step) - start.step
        self._plot.name_losses(self._loss_labels(start, window_of(batches)))
        self._plot.show_curves(curves, max(float(self._race.epochs), done / batches))

    def _show_table(self) -> bool:
        """Show how far they are; returns whether that takes another width than before."""
        racers = self._race.racers
        results = [result for racer in racers for result in racer.epochs]
        self._table.choose_columns(
            has_validation=not results or results[0].val_loss is not None,
            has_accuracy=not results or results[0].train_accuracy is not None,
        )
        specs = [racer.optimizer for racer in racers]
        return self._table.show_racers(
            racers,
            [optimizer_name(self._catalogue, spec) for spec in specs],
            [(rate_said(self._catalogue, spec), learning_rate(self._catalogue, spec)) for spec in specs],
        )

    def _show_verdict(self, start: StartingPoint, shorts: list[str]) -> None:
        """Judge, whenever there is something new to be judged."""
        racers, is_over = self._race.racers, self._race.state is not RaceState.RUNNING
        new = (start, is_over, common_epoch(racers), tuple(racer.diverged_at for racer in racers))
        if new == self._judged:
            return
        self._judged = new
        verdict = verdict_of(racers)
        if verdict is None:
            self._verdict.show_text("")
            return
        names = [racer_name(self._catalogue, racer.optimizer) for racer in racers]
        when = self._epochs_text(start, verdict.epochs)
        self._verdict.show_text(verdict_text(verdict, racers, names, shorts, when, is_over))

    def _loss_labels(self, start: StartingPoint, window: int) -> tuple[str, ...]:
        """What the axis can be called, the longest first."""
        loss = translated(self._catalogue.loss(start.preset.training.loss).label)
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
        self._status.show_first_fitting(text, place)

    def _epochs_text(self, start: StartingPoint, done: int) -> str:
        """How long they have trained by the end of an epoch; the first one may have been begun before."""
        ends = (racer.epochs[done - 1].step for racer in self._race.racers if 0 < done <= len(racer.epochs))
        epochs = (next(ends, start.step) - start.step) / start.batches
        if epochs == 1:
            return self.tr("1 epoch")
        return self.tr("{0} epochs").format(f"{epochs:.0f}" if epochs == round(epochs) else f"{epochs:.1f}")
