"""The race dock: set it up, watch the curves, read the ranking, and go on with the one that convinced."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.facts import RunState
from nnviz.session.race import RaceState
from nnviz.session.session import Session
from nnviz.ui.key_guard import leave_focus_to_tab
from nnviz.ui.panels.panel import Panel
from nnviz.ui.widgets.detach_button import DetachButton
from nnviz.ui.widgets.layout import ROW_GAP
from nnviz.ui.widgets.race_ranking import RaceRanking
from nnviz.ui.widgets.racer_form import RacerForm

SIDE = 8


class RacePanel(Panel):
    """Several optimizers from the same weights on the same batches, side by side.

    The form is made when it is first seen, the ranking with the first race: each takes a while.
    """

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self._race = session.race
        self._form: RacerForm | None = None
        self._ranking: RaceRanking | None = None
        self._pages = QStackedWidget()
        self._pages.setObjectName("race_pages")
        column = QVBoxLayout(self)
        column.setContentsMargins(SIDE, ROW_GAP, 0, ROW_GAP)
        column.addWidget(self._pages)
        self._race.state_changed.connect(self._choose_page)
        for changed in (self._race.state_changed, session.run_state_changed, session.loaded):
            changed.connect(self._refresh_form)

    def showEvent(self, event: QShowEvent) -> None:
        """Make what is to be seen."""
        super().showEvent(event)
        if self._form is None:
            self._form = self._make_form()
            leave_focus_to_tab(self._form)
            self._pages.addWidget(self._form)
            self._refresh_form()
            self._choose_page()

    def _make_form(self) -> RacerForm:
        machine = self.session.time_machine
        form = RacerForm(self.catalogue, machine.racers_colors, DetachButton(self, "race_form_own_window"))
        form.started.connect(self._start)
        form.rates_wanted.connect(self._compare_rates)
        form.left.connect(self._show_ranking)
        machine.runs_changed.connect(form.choose_colors)
        return form

    # --- what a person does -------------------------------------------------------------------------------------------

    def _start(self) -> None:
        assert self._form is not None
        self._race.start(self._form.optimizers, self._form.epochs, self._form.start_from)

    def _compare_rates(self) -> None:
        if self.session.preset is not None and self._form is not None:
            self._form.compare_rates(self.session.preset.training.optimizer)

    def _set_up(self) -> None:
        self._race.stop()
        self._pages.setCurrentIndex(0)

    # --- what has become true -----------------------------------------------------------------------------------------

    def _choose_page(self) -> None:
        """Show the ranking of a race that has begun, and the form where there is none."""
        if self._form is None:
            return
        if self._race.state is RaceState.RUNNING or (self._ranking is None and self._race.racers):
            self._show_ranking()
        elif self._race.state is RaceState.NONE:
            self._pages.setCurrentIndex(0)

    def _show_ranking(self) -> None:
        if self._ranking is None:
            self._ranking = RaceRanking(self.session, self.catalogue, DetachButton(self, "race_own_window"))
            self._ranking.set_up_wanted.connect(self._set_up)
            leave_focus_to_tab(self._ranking)
            self._pages.addWidget(self._ranking)
        self._pages.setCurrentWidget(self._ranking)

    def _refresh_form(self) -> None:
        if self._form is not None:
            loading = self.session.run_state is RunState.LOADING
            self._form.set_ready(self.session.preset is not None and not loading and self._race.can_start)
            self._form.set_leavable(bool(self._race.racers))
