"""The layers dock: how the numbers of each layer are spread, how its gradients are, and what ails the training."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.facts import RunState
from nnviz.core.health import DEAD, DEAD_SAMPLES, RECENT
from nnviz.core.layer_statistics import Snapshot, silent_shares
from nnviz.core.playback import Frame
from nnviz.core.remedies import Cure, remedies
from nnviz.core.spec import NetworkSpec
from nnviz.session.session import Session
from nnviz.ui.health_texts import finding_text
from nnviz.ui.panels.panel import Panel
from nnviz.ui.widgets.health_line import Advice, HealthLine
from nnviz.ui.widgets.layer_strips import ACTIVATIONS, ALL_STRIPS, GRADIENTS, KINDS, WEIGHTS, LayerRow, LayerStrips
from nnviz.ui.widgets.layout import MARGIN, ROW_GAP
from nnviz.ui.widgets.refresher import Refresher
from nnviz.ui.widgets.texts import translated

RUNNING_INTERVAL_MS = 250
SCROLL_BAR = 16
FEWEST_STEPS = 20  # before one says that all is well


class LayersPanel(Panel):
    """Health line, and one row for each layer that has weights."""

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self._health = HealthLine()
        self._health.remedy_chosen.connect(session.health.apply)
        self._kind = QComboBox()
        self._strips = LayerStrips(self._kind)
        self._kind.setObjectName("layer_histogram_combo")
        self._kind.setAccessibleName(self.tr("Which histogram"))
        for text, kind in (
            (self.tr("Gradients"), GRADIENTS),
            (self.tr("Activations"), ACTIVATIONS),
            (self.tr("Weights"), WEIGHTS),
        ):
            self._kind.addItem(text, kind)
        self._kind.currentIndexChanged.connect(self._choose_kinds)
        self._lay_out()
        self._refresher = Refresher(self, self._refresh, RUNNING_INTERVAL_MS)
        session.health.changed.connect(self._follow)
        session.run_state_changed.connect(self._follow)

    def _lay_out(self) -> None:
        top = QWidget()
        row = QHBoxLayout(top)
        row.setContentsMargins(MARGIN, ROW_GAP, MARGIN, 0)
        row.addWidget(self._health, 1)
        contents = QWidget()
        contents.setBackgroundRole(QPalette.ColorRole.Base)
        contents.setAutoFillBackground(True)
        column = QVBoxLayout(contents)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(top)
        column.addWidget(self._strips, 1)
        area = QScrollArea(self)
        area.setObjectName("layers_scroll")
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(contents)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while the dock was hidden."""
        super().showEvent(event)
        self._refresher.now()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Offer a choice where there is room for one histogram only."""
        super().resizeEvent(event)
        self._choose_kinds()

    def _choose_kinds(self) -> None:
        is_wide = self.width() >= ALL_STRIPS + SCROLL_BAR
        self._strips.show_kinds(KINDS if is_wide else (self._kind.currentData(),))

    def show_frame(self, frame: Frame | None) -> None:
        """Mark the batch that the picture shows; while the network runs, that is the newest."""
        if frame is not None and not frame.cursor.overview and not frame.trace.is_drawing:
            self._follow()

    # --- following the session ----------------------------------------------------------------------------------------

    @Slot()
    def _follow(self) -> None:
        self._refresher.follow(self.session)

    def _refresh(self) -> None:
        preset = self.session.preset
        if preset is None:
            return
        row = self.session.health.row
        dead, samples = silent_shares(row, DEAD_SAMPLES)
        self._strips.show_rows(_rows(preset.network), row, self._shown_snapshot(), dead)
        suspicious = samples < DEAD_SAMPLES and max(dead.values(), default=0.0) >= DEAD
        self._show_health(len(row) >= RECENT and row[-1].step >= FEWEST_STEPS and not suspicious)

    def _shown_snapshot(self) -> Snapshot | None:
        """The snapshot of the batch in the picture; else the newest."""
        row, trace = self.session.health.row, self.session.trace
        step = None if trace is None else trace.step
        at_step = next((each for each in reversed(row) if each.step == step), None)
        return at_step or (row[-1] if row else None)

    def _show_health(self, is_certain: bool) -> None:
        """Write what is found; that there is nothing, only if one can be certain of it by now."""
        preset, watch = self.session.preset, self.session.health
        assert preset is not None
        advice: list[Advice] = []
        offered: set[Cure] = set()
        for finding in watch.findings:
            fresh = [r for r in remedies(finding.illness, preset, self.catalogue) if r.cure not in offered]
            offered.update(remedy.cure for remedy in fresh)
            advice.append((finding_text(finding, preset.network), tuple(fresh)))
        if is_certain:
            calm = self.tr("Nothing unusual.")
        elif self.session.run_state is RunState.LOADING:
            calm = ""
        else:
            calm = self.tr("Train for a while: problems with gradients, neurons and learning rate are named here.")
        self._health.show_advice(tuple(advice), calm)


def _rows(network: NetworkSpec) -> tuple[LayerRow, ...]:
    return tuple(
        LayerRow(index, translated(network.layer_name(index)), translated(network.layers[index].detail))
        for index in network.layers_with_parameters
    )
