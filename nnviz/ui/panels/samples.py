"""The samples of this batch as thumbnails; one of them is what the picture shows."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QItemSelectionModel, QModelIndex
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.data import Task
from nnviz.core.playback import Frame, Phase, Stage, stages_of
from nnviz.session.session import Session
from nnviz.ui.panels.calm_panel import CalmPanel
from nnviz.ui.widgets.layout import MARGIN, ROW_GAP, message_label
from nnviz.ui.widgets.sample_model import SampleModel, numbers_text
from nnviz.ui.widgets.thumbnails import ThumbnailList


class SamplesPanel(CalmPanel):
    """A list of thumbnails that follows the trace, and chooses the sample of the cursor."""

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self._legend = message_label("muted")
        self._model = SampleModel(self)
        self.view = ThumbnailList(self._model, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setSpacing(ROW_GAP)
        layout.addWidget(self._legend)
        layout.addWidget(self.view, 1)
        self.view.selectionModel().currentChanged.connect(self._choose)
        self.view.clicked.connect(self._choose)
        session.loaded.connect(self._follow_data)
        self._follow_data()

    # --- following the session ----------------------------------------------------------------------------------------

    def _follow_data(self) -> None:
        summary = self.session.summary
        if summary is None:
            return
        widest = numbers_text(np.full(summary.preview_targets.shape[1:], -0.5))
        delegate = self.view.delegate
        delegate.measure(summary.classes if summary.task is Task.CLASSES else (widest,))
        delegate.limit = max(1e-9, *(abs(bound) / summary.divisor for bound in summary.value_range))
        self._legend.setText(self.tr("Target → prediction, and the loss of each sample."))
        self.view.lay_out()

    def refresh(self, frame: Frame | None) -> None:
        """Follow trace, stage and sample. A drawing on the pad is not part of the batch, which stays as it is."""
        trace, summary = self.session.trace, self.session.summary
        if summary is None:
            trace = None
        is_new = trace is not self._model.trace
        if is_new:
            self._model.set_trace(trace, summary.classes if summary else (), summary.task if summary else Task.CLASSES)
        if trace is not None:
            last = len(trace.layers) - 1
            at = self.session.batch_cursor
            if frame is not None and frame.trace is trace:
                at = self.session.worksheet.known(frame).cursor
            walked = stages_of(trace)[: at.position + 1]
            forward_done = Stage(Phase.FORWARD, last, trace.network.layers[last].parts[-1].name) in walked
            loss_known = Stage(Phase.LOSS, last) in walked
            if self._model.show_progress(forward_done, loss_known) or is_new:
                self.view.viewport().update()
        self._show_selection(frame)

    def _show_selection(self, frame: Frame | None) -> None:
        selection = self.view.selectionModel()
        if frame is None or frame.trace is not self.session.trace:
            selection.clearSelection()
            return
        sample = frame.cursor.sample
        index = self._model.index(0 if sample is None else sample + 1)
        if self.view.currentIndex() != index or not selection.isSelected(index):
            selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _choose(self, index: QModelIndex) -> None:
        frame = self.session.frame
        if not index.isValid() or frame is None:
            return
        sample = None if index.row() == 0 else index.row() - 1
        if sample != frame.cursor.sample or frame.trace is not self.session.trace:
            self.session.select_sample(sample)
