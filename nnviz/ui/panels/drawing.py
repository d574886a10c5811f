"""The drawing pad: draw a digit, watch what the network makes of it, and teach it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from nnviz.core.catalogue import Catalogue
from nnviz.core.data import DataSummary, FloatArray, Task
from nnviz.core.drawing import Preparation, Preparer, preparer_for
from nnviz.core.playback import Frame
from nnviz.core.trace import Trace
from nnviz.session.session import Session
from nnviz.ui.panels.back_to_data import go_back_to_data
from nnviz.ui.panels.panel import Panel
from nnviz.ui.panels.saliency import SaliencySection
from nnviz.ui.widgets.grey_image import LabelledImage
from nnviz.ui.widgets.layout import (
    ROW_GAP,
    SECTION_GAP,
    heading,
    message_label,
    push_button,
    scrolled_column,
    show_message,
)
from nnviz.ui.widgets.pixel_canvas import PixelCanvas
from nnviz.ui.widgets.prediction_bars import PredictionBars
from nnviz.ui.widgets.texts import translated

PREPARE_INTERVAL_MS = 16
WIDE = 480
MOST_STAGES = 5


class DrawingPanel(Panel):
    """Pad, stages of preprocessing, live prediction, and learning from the drawing."""

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self._preparer: Preparer | None = None
        self._inputs: FloatArray | None = None
        self._timer = QTimer(self)  # a mouse may move a thousand times a second
        self._timer.setSingleShot(True)
        self._timer.setInterval(PREPARE_INTERVAL_MS)
        self._timer.timeout.connect(self._catch_up)
        self._is_behind = False
        self._make_widgets()
        self._lay_out()
        self.pad.changed.connect(self._follow_pen)
        self.pad.undo_available.connect(self.undo_button.setEnabled)
        session.loaded.connect(self._follow_data)
        session.prediction_made.connect(self._show_prediction)
        session.run_state_changed.connect(self._update_buttons)
        session.frame_changed.connect(self._update_buttons)
        self._follow_data()

    # --- making -------------------------------------------------------------------------------------------------------

    def _make_widgets(self) -> None:
        self._message = message_label("muted")
        self._message.setObjectName("drawing_message")
        self.pad = PixelCanvas(self)
        self.pad.setAccessibleName(self.tr("Drawing pad"))
        self.pad.setToolTip(self.tr("Draw with the left button, erase with the right one."))
        self.bars = PredictionBars(self)
        self.erase_button = push_button("erase_button", self.tr("Erase"), self.tr("Erase instead of drawing"), self)
        self.erase_button.setCheckable(True)
        self.erase_button.toggled.connect(self._set_erasing)
        self.undo_button = push_button(
            "undo_stroke_button", self.tr("Undo"), self.tr("Take back the last stroke (Ctrl+Z)"), self
        )
        self.undo_button.clicked.connect(self.pad.undo)
        self.clear_button = push_button(
            "clear_drawing_button", self.tr("Clear"), self.tr("Wipe the pad (Delete)"), self
        )
        self.clear_button.clicked.connect(self.pad.clear)
        self.label_combo = QComboBox(self)
        self.label_combo.setObjectName("drawing_label_combo")
        self.label_combo.setAccessibleName(self.tr("What the drawing shows"))
        self.label_combo.currentIndexChanged.connect(self._update_buttons)
        self.learn_button = push_button(
            "learn_drawing_button",
            self.tr("Learn from this drawing"),
            self.tr("Step through the drawing with this label, as a batch of one"),
            self,
        )
        self.learn_button.clicked.connect(self._learn)
        self.back_button = push_button(
            "back_to_data_button",
            self.tr("Back to the data"),
            self.tr("Show the batch again instead of the drawing"),
            self,
        )
        self.back_button.clicked.connect(self._go_back_to_data)
        self._stages = [LabelledImage(self) for _ in range(MOST_STAGES)]
        self.saliency = SaliencySection(self.session, self)
        self.saliency.turned.connect(self.pad.make_low)  # or the bars would be out of sight

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(ROW_GAP)
        for button in (self.erase_button, self.undo_button, self.clear_button):
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # a third each, however narrow
            tools.addWidget(button)
        sheet = QVBoxLayout()
        sheet.setSpacing(ROW_GAP)
        sheet.addWidget(self.pad, 1)
        sheet.addLayout(tools)
        sheet.addWidget(self.saliency)
        sheet.addStretch(0)
        self._answer = QWidget(self)
        answer = QVBoxLayout(self._answer)
        answer.setContentsMargins(0, 0, 0, 0)
        answer.setSpacing(ROW_GAP)
        self._answer_heading = heading(self.tr("What the network sees in it"))
        answer.addWidget(self._answer_heading)
        answer.addWidget(self.bars)
        answer.addLayout(self._lesson())
        answer.addWidget(self.learn_button)
        answer.addWidget(self.back_button)
        answer.addStretch(0)
        self._halves = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._halves.setSpacing(SECTION_GAP)
        self._halves.addLayout(sheet, 1)
        self._halves.addWidget(self._answer, 1)
        self._preparation = self._lay_out_stages()
        column = scrolled_column(self, "drawing")
        column.addWidget(self._message)
        column.addLayout(self._halves, 1)
        column.addWidget(self._preparation)

    def _lesson(self) -> QHBoxLayout:
        lesson = QHBoxLayout()
        lesson.setSpacing(ROW_GAP)
        label = QLabel(self.tr("It shows a"))
        label.setBuddy(self.label_combo)
        lesson.addWidget(label)
        lesson.addWidget(self.label_combo, 1)
        return lesson

    def _lay_out_stages(self) -> QWidget:
        preparation = QWidget(self)
        grid = QGridLayout(preparation)
        grid.setContentsMargins(0, SECTION_GAP - ROW_GAP, 0, 0)
        grid.setSpacing(ROW_GAP)
        grid.addWidget(heading(self.tr("How it gets into the network")), 0, 0, 1, 2)
        for place, stage in enumerate(self._stages):
            is_last = place == MOST_STAGES - 1
            grid.addWidget(stage, 1 + place // 2, place % 2, 1, 2 if is_last else 1)
        return preparation

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the bars beside the pad where there is room."""
        wide = event.size().width() >= WIDE
        self._halves.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        super().resizeEvent(event)

    def set_reduced_motion(self, reduced: bool) -> None:
        """Let the bars jump instead of easing."""
        self.bars.set_reduced_motion(reduced)

    # --- keys ---------------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Claim Ctrl+Z for the pad while the focus is in this panel; elsewhere it belongs to the window."""
        if event.type() is QEvent.Type.ShortcutOverride and _is_undo(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Undo with Ctrl+Z."""
        if _is_undo(event):
            self.pad.undo()
        else:
            super().keyPressEvent(event)

    # --- drawing ------------------------------------------------------------------------------------------------------

    def _set_erasing(self, erasing: bool) -> None:
        self.pad.erasing = erasing

    def _follow_pen(self) -> None:
        """Show the drawing at once, unless that was done a moment ago; the first dot makes room for the stages."""
        can_wait = self._timer.isActive() or self._preparation.isHidden()
        self._is_behind = can_wait
        if not self._timer.isActive():
            self._timer.start()
        if not can_wait:
            self._show_drawing()

    def _catch_up(self) -> None:
        if self._is_behind:
            self._is_behind = False
            self._timer.start()
            self._show_drawing()

    def _show_drawing(self) -> None:
        """Prepare what is on the pad, and hand it to the network."""
        had_inputs = self._inputs is not None
        self._prepare()
        if self._inputs is not None or had_inputs:
            self.session.show_drawing(self._inputs)
        if self._inputs is None:
            self.bars.show_probabilities(None)
        if self.pad.is_blank:
            self.label_combo.setCurrentIndex(-1)
        self._update_buttons()

    def _prepare(self) -> None:
        canvas = self.pad.pixels().astype(np.float32) / np.float32(255)
        preparation = None if self._preparer is None else self._preparer(canvas)
        self._inputs = None if preparation is None else preparation.inputs
        self.clear_button.setEnabled(not self.pad.is_blank)
        self._show_stages(preparation)

    def _show_stages(self, preparation: Preparation | None) -> None:
        stages = () if preparation is None else preparation.stages
        for place, picture in enumerate(self._stages):
            if place < len(stages):
                label, values = stages[place]
                picture.show_image(f"{place + 1}. {translated(label)}", values)
            picture.setVisible(place < len(stages))
        self._preparation.setVisible(bool(stages))

    def _show_prediction(self, trace: Trace | None) -> None:
        """Show the newest prediction; it stays as long as the drawing does, also when the picture leaves that."""
        if trace is not None and trace.sample_indices[0] < 0:  # else it is not what is on the pad
            self.bars.show_probabilities(trace.outputs[0].ravel())

    def _learn(self) -> None:
        if self._inputs is not None and self.label_combo.currentIndex() >= 0:
            self.session.show_drawing(self._inputs)  # it may have been left for a sample of the batch
            self.session.learn_drawing(self.label_combo.currentIndex())

    def _go_back_to_data(self) -> None:
        go_back_to_data(self.session)

    # --- following the session ----------------------------------------------------------------------------------------

    def _follow_data(self) -> None:
        summary = self.session.summary
        self._preparer = _preparer_for(summary)
        possible = self._preparer is not None
        classes = summary.classes if summary is not None and possible else ()
        if classes != self._classes():
            self.label_combo.clear()
            self.label_combo.setPlaceholderText(
                self.tr("which digit?") if all(name.isdigit() for name in classes) else self.tr("which letter?")
            )
            self.label_combo.addItems(list(classes))
            self.label_combo.setCurrentIndex(-1)
        self.bars.set_classes(classes)
        show_message(self._message, "" if possible else self._reason(summary))
        self.pad.set_hint(self.tr("Draw a digit here") if possible else "")
        self._answer.setVisible(possible)
        for widget in (self.pad, self.erase_button):
            widget.setEnabled(possible)
        self.undo_button.setEnabled(possible and self.pad.can_undo)
        self._prepare()
        self._update_buttons()

    def _classes(self) -> tuple[str, ...]:
        return tuple(self.label_combo.itemText(index) for index in range(self.label_combo.count()))

    def _reason(self, summary: DataSummary | None) -> str:
        if summary is None:
            return self.tr("For drawing digits, as soon as the data are loaded.")
        return self.tr("For drawing digits: choose handwritten digits as data.")

    def _update_buttons(self) -> None:
        frame = self.session.frame
        shows_drawing = frame is not None and frame.trace.is_drawing
        self.back_button.setEnabled(shows_drawing)
        labelled = self.label_combo.currentIndex() >= 0
        self.learn_button.setEnabled(self._inputs is not None and labelled and self.session.can_step)

    def show_frame(self, frame: Frame | None) -> None:
        """Say whether the prediction is that of now: off the drawing, the network may have changed since."""
        shows_drawing = frame is not None and frame.trace.is_drawing
        if shows_drawing or self._inputs is None:
            text = self.tr("What the network sees in it")
        elif self.bars.winner is not None:
            text = self.tr("What the network last saw in it")
        else:  # it has not been through this one
            text = self.tr("Draw on to ask the new network")
        self._answer_heading.setText(text)


def _is_undo(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Undo)


def _preparer_for(summary: DataSummary | None) -> Preparer | None:
    """How drawings become samples; None where the classes are not signs that one can write."""
    if summary is None or summary.task is not Task.CLASSES or any(len(name) != 1 for name in summary.classes):
        return None
    return preparer_for(summary.sample_shape)
