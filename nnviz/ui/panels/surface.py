"""The dock with the loss surface: choose a plane, measure, and see the paths of the race on it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nnviz.core.catalogue import Catalogue
from nnviz.core.facts import RunState
from nnviz.core.settings import Option
from nnviz.core.surface import Plane, Surface
from nnviz.session.race import RaceState
from nnviz.session.session import Session
from nnviz.ui.formula.numbers import significant
from nnviz.ui.panels.panel import Panel
from nnviz.ui.widgets.choice_field import ChoiceBox
from nnviz.ui.widgets.detach_button import DetachButton
from nnviz.ui.widgets.layout import ROW_GAP, UNLIMITED, message_label, scrolled, show_message
from nnviz.ui.widgets.race_list import RaceList
from nnviz.ui.widgets.racer_names import short_names
from nnviz.ui.widgets.refresher import Refresher
from nnviz.ui.widgets.surface_view import SurfacePath, SurfaceView

REDRAW_MS = 120
SIDE = 8
CONTROLS_WIDTH = 236


class SurfacePanel(Panel):
    """A two-dimensional slice through the real loss surface."""

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self._race = session.race
        self._view = SurfaceView()
        self._view.pointed.connect(self._show_loss_at)
        self._key = RaceList()
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(SIDE, ROW_GAP, 0, 0)
        self._controls = self._build_controls()
        self._box.addWidget(self._controls)
        self._box.addWidget(self._view, 1)
        self._shown: tuple[Surface | None, bool, bool] | None = None
        self._refresher = Refresher(self, self._redraw, REDRAW_MS)
        self._race.surface_changed.connect(self._refresher.soon)
        self._race.looked.connect(self._refresher.soon)
        self._race.state_changed.connect(self._show_controls)
        session.run_state_changed.connect(self._show_controls)
        session.loaded.connect(self._show_controls)
        self._show_controls()

    def _build_controls(self) -> QWidget:
        self._plane = ChoiceBox(
            [
                Option(
                    Plane.PATHS,
                    self.tr("through the paths"),
                    self.tr("The plane that holds most of what the racers of the race moved (principal components)"),
                ),
                Option(
                    Plane.RANDOM,
                    self.tr("around the weights"),
                    self.tr(
                        "Around the present weights, along two random directions that are, filter by filter, "
                        "as long as the weights (Li et al. 2018)"
                    ),
                ),
            ]
        )
        self._plane.setObjectName("surface_plane_combo")
        self._plane.setAccessibleName(self.tr("Plane"))
        self._plane.settled.connect(self._show_controls)
        self._measure = QPushButton(self.tr("Measure"))
        self._measure.setObjectName("surface_measure")
        self._measure.clicked.connect(lambda: self._race.measure(Plane(self._plane.entry)))
        self._other = QPushButton(self.tr("Other directions"))
        self._other.setObjectName("surface_other_directions")
        self._other.setToolTip(self.tr("Measure along two other random directions"))
        self._other.clicked.connect(self._race.measure_elsewhere)
        self._cancel = QPushButton(self.tr("Cancel"))
        self._cancel.setObjectName("surface_cancel")
        self._cancel.clicked.connect(self._race.cancel_measuring)
        self._progress = QProgressBar()
        self._progress.setObjectName("surface_progress")
        self._progress.setAccessibleName(self.tr("Measured so far"))
        self._progress.setRange(0, 100)
        self._note = message_label("muted")
        self._note.setObjectName("surface_note")
        self._reading = message_label()
        self._reading.setObjectName("surface_reading")
        for label in (self._note, self._reading):
            label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
            show_message(label, "")
        buttons = QHBoxLayout()
        buttons.setSpacing(ROW_GAP)
        self._other.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for button in (self._measure, self._cancel):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            buttons.addWidget(button)
        buttons.addWidget(self._progress, 1)
        buttons.addStretch(0)
        buttons.addWidget(DetachButton(self, "surface_own_window"))
        controls = QWidget()
        column = QVBoxLayout(controls)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(ROW_GAP)
        column.addWidget(self._plane)
        column.addLayout(buttons)
        column.addWidget(self._other, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._key)
        column.addWidget(self._reading)
        column.addWidget(self._note)
        column.addStretch(1)
        return scrolled(controls, "surface_scroll")

    # --- what has become true -----------------------------------------------------------------------------------------

    def _show_controls(self) -> None:
        measuring = self._race.measured is not None
        there = self.session.preset is not None and self.session.run_state is not RunState.LOADING
        has_paths = bool(self._race.racers) and self._race.state is not RaceState.STARTING
        self._measure.setVisible(not measuring)
        self._cancel.setVisible(measuring)
        self._progress.setVisible(measuring)
        self._other.setVisible(not measuring and self._is_random)
        self._progress.setValue(round(100 * (self._race.measured or 0.0)))
        self._measure.setEnabled(has_paths if self._plane.entry == Plane.PATHS else there)

    @property
    def _is_random(self) -> bool:
        surface = self._race.surface
        return self._plane.entry == Plane.RANDOM and surface is not None and surface.plane is Plane.RANDOM

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while the dock was hidden."""
        super().showEvent(event)
        self._refresher.soon()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the controls beside the picture, or above it where the dock is higher than wide."""
        super().resizeEvent(event)
        wide = event.size().width() > 1.2 * event.size().height()
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        self._box.setDirection(direction)
        if wide:
            self._controls.setFixedWidth(min(CONTROLS_WIDTH, event.size().width() * 2 // 5))
        else:
            self._controls.setMinimumWidth(0)
            self._controls.setMaximumWidth(UNLIMITED)

    def _redraw(self) -> None:
        surface = self._race.surface
        self._show_controls()
        is_partial = surface is not None and not surface.complete and self._race.measured is None
        shown = (surface, bool(self._race.racers), is_partial)
        if shown != self._shown:
            self._shown = shown
            self._view.show_surface(surface, self._axes(surface), self._message(), is_partial)
        paths = tuple(
            SurfacePath(racer.color, racer.path)
            for racer in self._race.racers
            if racer.path is not None and len(racer.path)
        )
        self._view.show_paths(paths)
        show_message(self._note, "" if surface is None else self._note_text(surface, paths, is_partial))
        seen = {path.number for path in paths}
        names = short_names(self.catalogue, [racer.optimizer for racer in self._race.racers])
        known = zip(self._race.racers, names, strict=True)
        self._key.show_racers(tuple((racer.color, name) for racer, name in known if racer.color in seen))

    def _axes(self, surface: Surface | None) -> tuple[str, str]:
        if surface is None or surface.plane is Plane.PATHS:
            return self.tr("main direction 1"), self.tr("main direction 2")
        return self.tr("random direction 1"), self.tr("random direction 2")

    def _message(self) -> str:
        if self._race.racers:
            return self.tr("Press Measure: the loss is computed on a plane through the paths of the race.")
        return self.tr(
            "Start a race to see the paths of optimizers on the loss surface, or measure around the present weights."
        )

    def _note_text(self, surface: Surface, paths: tuple[SurfacePath, ...], is_partial: bool) -> str:
        text = ""
        if is_partial:
            count = len(surface.losses)
            text = self.tr("Cancelled: a coarse map, of {0} × {0} points only.").format(count) + " "
        if surface.plane is Plane.RANDOM:
            text += self.tr("The directions are random, and stay until you ask for others.") + " "
        text += self.tr("Loss on {0} training samples.").format(f"{surface.samples:,}")
        if surface.held is not None:
            text += " " + self.tr("The plane holds {0} of the paths' movement.").format(f"{surface.held:.0%}")
        if any(surface.loss_at(*path.points[-1].tolist()) is None for path in paths):
            text += " " + self.tr("Some have left the picture: measure again.")
        return text

    def _show_loss_at(self, point: tuple[float, float] | None) -> None:
        surface = self._race.surface
        loss = None if point is None or surface is None else surface.loss_at(*point)
        show_message(self._reading, "" if loss is None else self.tr("Here: loss {0}").format(significant(loss)))
