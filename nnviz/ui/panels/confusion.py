"""Mistakes: what the network takes for what, and the samples it is most wrong about."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSignalBlocker, Qt, QTimer, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QComboBox, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.confusion import AskMistakes, Mistakes, Samples
from nnviz.core.data import Task
from nnviz.core.facts import Loaded, RunState
from nnviz.core.playback import Frame, Phase
from nnviz.core.questions import Question
from nnviz.core.trace import Trace
from nnviz.session.session import Session
from nnviz.ui.panels.back_to_data import go_back_to_data
from nnviz.ui.panels.panel import Panel
from nnviz.ui.widgets.confusion_table import UNLIMITED, ConfusionModel, ConfusionTable
from nnviz.ui.widgets.layout import (
    ROW_GAP,
    SECTION_GAP,
    heading,
    message_label,
    push_button,
    scrolled_column,
    show_message,
)
from nnviz.ui.widgets.mistake_model import MistakeModel
from nnviz.ui.widgets.pixels_button import PixelsButton
from nnviz.ui.widgets.texts import translated
from nnviz.ui.widgets.thumbnails import ThumbnailList

RUNNING_INTERVAL_MS = 500
WIDE = 620
LOWEST_LIST = 200
ABOVE_TABLE = 140  # px, with the margins
WIDEST_TABLE = 460
PROBABILITIES = ("softmax", "sigmoid")
NARROWEST = 290


class MistakesPanel(Panel):
    """Confusion matrix and worst mistakes; a click shows a sample in the network, from where it can be learned."""

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self.setMinimumWidth(NARROWEST)  # the matrix of ten classes, and two buttons beside each other
        self._cell: tuple[int, int] | None = None
        self._chosen: int | None = None  # sample of the data set
        self._stepped_through: int | None = None  # sample of the validation data
        self._seen: tuple[object, bool] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(RUNNING_INTERVAL_MS)
        self._timer.timeout.connect(self._ask)
        self._make_widgets()
        self._lay_out()
        session.loaded.connect(self._follow_data)
        session.inquiries.answered.connect(self._take)
        session.run_state_changed.connect(self._update_buttons)
        session.frame_changed.connect(self._update_buttons)
        self._follow_data()

    # --- making -------------------------------------------------------------------------------------------------------

    def _make_widgets(self) -> None:
        self._message = message_label("muted")
        self._message.setObjectName("mistakes_message")
        self._samples = QComboBox()
        self._samples.setObjectName("mistakes_samples_combo")
        self._samples.setAccessibleName(self.tr("Which samples are judged"))
        self._samples.addItem(self.tr("Validation data"), Samples.VALIDATION)
        self._samples.addItem(self.tr("Training data"), Samples.TRAINING)
        self._samples.setToolTip(
            self.tr("Validation data have never been trained on: only they tell what the network can really do.")
        )
        self._samples.currentIndexChanged.connect(self._choose_samples)
        self._unit = QComboBox()
        self._unit.setObjectName("mistakes_unit_combo")
        self._unit.setAccessibleName(self.tr("What the cells say"))
        self._unit.addItems([self.tr("Counts"), self.tr("% of row")])
        self._unit.currentIndexChanged.connect(lambda index: self._matrix.show_shares(index == 1))
        for combo in (self._samples, self._unit):
            combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._result = message_label()
        self._result.setObjectName("mistakes_result")
        self._legend = message_label("muted")
        self._legend.setText(self.tr("Rows: what it is. Columns: what it is taken for. Click a cell."))
        self._matrix = ConfusionModel(self)
        self.table = ConfusionTable(self._matrix, self)
        self.table.cell_chosen.connect(self._choose_cell)
        self._list_heading = heading("")
        self._list_heading.setObjectName("mistakes_heading")
        self._all = push_button(
            "all_mistakes_button", self.tr("All mistakes"), self.tr("Show all mistakes again"), self
        )
        self._all.clicked.connect(self._show_all)
        self._list_legend = message_label("muted")
        self._list_legend.setText(self.tr("Target → prediction, and the loss. The highest comes first."))
        self._model = MistakeModel(self)
        self.view = ThumbnailList(self._model, self)
        self.view.setObjectName("mistake_list")
        self.view.setAccessibleName(self.tr("Samples, the highest loss first"))
        self.view.clicked.connect(self._show_sample)
        self.view.activated.connect(self._show_sample)
        self._learn = push_button(
            "learn_mistake_button",
            self.tr("Step through it"),
            "",
            self,
        )
        self._learn.clicked.connect(self._step_through)
        self._learn_hint = message_label("warning")
        self._learn_hint.setObjectName("learn_mistake_hint")
        self._learn_hint.setText(
            self.tr("Validation data: at Update the network learns from it, and it is no test any more. ← undoes that.")
        )
        self._back = push_button(
            "leave_mistake_button",
            self.tr("Back to the data"),
            self.tr("Show the batch again instead of this sample"),
            self,
        )
        self._back.clicked.connect(self._go_back)

        self.pixels = PixelsButton(self.session, self)

    def _lay_out(self) -> None:
        choices = QHBoxLayout()
        choices.setSpacing(ROW_GAP)
        choices.addWidget(self._samples, 3)
        choices.addWidget(self._unit, 2)
        matrix = QVBoxLayout()
        matrix.setSpacing(ROW_GAP)
        matrix.addLayout(choices)
        for widget in (self._result, self._legend, self.table):
            matrix.addWidget(widget)
        self._half = matrix
        title = QHBoxLayout()
        title.addWidget(self._list_heading, 1)
        title.addWidget(self._all)
        buttons = QHBoxLayout()
        buttons.setSpacing(ROW_GAP)
        for button in (self._learn, self._back):
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            buttons.addWidget(button)
        samples = QVBoxLayout()
        samples.setSpacing(ROW_GAP)
        samples.addLayout(title)
        samples.addWidget(self._list_legend)
        samples.addWidget(self.view, 1)
        samples.addLayout(buttons)
        samples.addWidget(self._learn_hint)
        samples.addWidget(self.pixels)
        self.view.setMinimumHeight(LOWEST_LIST)
        self._contents = QWidget()
        self._halves = QBoxLayout(QBoxLayout.Direction.TopToBottom, self._contents)
        self._halves.setContentsMargins(0, 0, 0, 0)
        self._halves.setSpacing(SECTION_GAP)
        self._halves.addLayout(matrix)
        self._halves.addLayout(samples, 1)
        column = scrolled_column(self, "confusion")
        column.addWidget(self._message)
        column.addWidget(self._contents, 1)
        column.addStretch(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the samples beside the matrix where there is room."""
        is_wide = event.size().width() >= WIDE
        self._halves.setDirection(QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom)
        self._halves.setAlignment(self._half, Qt.AlignmentFlag.AlignTop if is_wide else Qt.AlignmentFlag(0))
        self._halves.setStretch(0, 1 if is_wide else 0)
        self.table.setMaximumWidth(WIDEST_TABLE if is_wide else UNLIMITED)
        self.table.keep_within(event.size().height() - ABOVE_TABLE if is_wide else UNLIMITED)
        super().resizeEvent(event)

    # --- asking -------------------------------------------------------------------------------------------------------

    @property
    def _wish(self) -> AskMistakes:
        return AskMistakes(Samples(self._samples.currentData()), self._cell)  # Qt makes a plain string of it

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while the dock was hidden."""
        super().showEvent(event)
        self._ask()

    def show_frame(self, frame: Frame | None) -> None:
        """Judge anew when the weights have changed: at once, or now and then while the network runs."""
        if frame is None or not frame.trace.has_backward:
            return
        seen = frame.trace, frame.phase is Phase.UPDATE
        if self._seen is not None and seen[0] is self._seen[0] and seen[1] == self._seen[1]:
            return
        self._seen = seen
        if self.session.run_state is not RunState.RUNNING:
            self._ask()
        elif not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _ask(self) -> None:
        self._timer.stop()
        summary = self.session.summary
        if self.isVisible() and summary is not None and summary.task is Task.CLASSES:
            self.session.inquiries.ask(self._wish)

    @Slot(object, object)
    def _take(self, question: Question, answer: object) -> None:
        if question == self._wish and self.session.summary is not None:
            self._show_mistakes(answer if isinstance(answer, Mistakes) else None)

    # --- showing ------------------------------------------------------------------------------------------------------

    @Slot(object)
    def _follow_data(self, fact: Loaded | None = None) -> None:
        """Start afresh with other data; another network of the same data keeps the chosen cell."""
        summary, preset = self.session.summary, self.session.preset
        possible = summary is not None and summary.task is Task.CLASSES
        self._contents.setVisible(possible)
        show_message(self._message, "" if possible else self._reason())
        if summary is None or preset is None or not possible:
            return
        if fact is None or fact.fresh:
            self._cell = self._chosen = self._seen = None
            self.table.clear_choice()
        validation = self._samples.model().item(0)
        validation.setEnabled(summary.validation_samples > 0)
        with QSignalBlocker(self._samples):
            if not summary.validation_samples:
                self._samples.setCurrentIndex(1)
        names = self._class_names()
        self.view.delegate.measure(names)
        self.view.delegate.limit = max(1e-9, *(abs(bound) / summary.divisor for bound in summary.value_range))
        self._show_mistakes(None)
        self.view.lay_out()

    def _reason(self) -> str:
        if self.session.summary is None:
            return self.tr("For networks that tell classes apart, as soon as the data are loaded.")
        return self.tr("This network predicts numbers, not classes: there is nothing to take for something else.")

    def _class_names(self) -> tuple[str, ...]:
        summary = self.session.summary
        return () if summary is None else tuple(translated(name) for name in summary.classes)

    def _show_mistakes(self, mistakes: Mistakes | None) -> None:
        preset, names = self.session.preset, self._class_names()
        assert preset is not None
        self._matrix.show_mistakes(mistakes, names)
        in_percent = preset.network.layers[-1].activation_name in PROBABILITIES
        self._model.show_mistakes(mistakes, names, in_percent)
        self.view.viewport().update()
        self._result.setText("" if mistakes is None else self._result_text(mistakes))
        self._list_heading.setText(self._heading(mistakes))
        self._all.setVisible(self._cell is not None)
        self._mark_chosen()
        self._update_buttons()

    def _result_text(self, mistakes: Mistakes) -> str:
        right = 1.0 - mistakes.wrong / max(1, mistakes.judged)
        text = self.tr("Now {share} are right: {wrong} of {judged} samples are wrong.").format(
            share=f"{100 * right:.1f} %", wrong=f"{mistakes.wrong:,}", judged=f"{mistakes.judged:,}"
        )
        if mistakes.judged < mistakes.available:
            text += " " + self.tr("There are {available}; judging all would take too long.").format(
                available=f"{mistakes.available:,}"
            )
        return text

    def _heading(self, mistakes: Mistakes | None) -> str:
        names = self._class_names()
        if self._cell is None:
            none = mistakes is not None and mistakes.wrong == 0
            return self.tr("No mistakes") if none else self.tr("Worst mistakes")
        count = 0 if mistakes is None else int(mistakes.counts[self._cell])
        truth, answer = (names[label] for label in self._cell)
        return self.tr("{truth} taken for {answer}: {count}").format(truth=truth, answer=answer, count=f"{count:,}")

    def _mark_chosen(self) -> None:
        """Keep the chosen sample chosen while the list changes under it."""
        row, selection = self._model.row_of(self._chosen), self.view.selectionModel()
        if row is None:
            selection.clear()
        elif self.view.currentIndex().row() != row or not selection.hasSelection():
            selection.setCurrentIndex(self._model.index(row), QItemSelectionModel.SelectionFlag.ClearAndSelect)

    # --- choosing -----------------------------------------------------------------------------------------------------

    def _choose_samples(self) -> None:
        self._chosen = None
        self._ask()

    def _choose_cell(self, row: int, column: int) -> None:
        self._cell = (row, column)
        self._ask()

    def _show_all(self) -> None:
        self._cell = None
        self.table.clear_choice()
        self._ask()

    def _show_sample(self, index: QModelIndex) -> None:
        """Put a sample into the network."""
        mistakes = self._model.mistakes
        if mistakes is not None and index.isValid():
            self._chosen = int(mistakes.indices[index.row()])
            self._put_into_network(mistakes, index.row())
            self._mark_chosen()
            self._update_buttons()

    def _put_into_network(self, mistakes: Mistakes, row: int) -> None:
        self.session.show_drawing(mistakes.inputs[row], int(mistakes.indices[row]), int(mistakes.targets[row]))

    def _step_through(self) -> None:
        row, mistakes = self._model.row_of(self._chosen), self._model.mistakes
        if row is not None and mistakes is not None:
            self._put_into_network(mistakes, row)  # it may have been left meanwhile
            self._stepped_through = self._chosen if self._wish.samples is Samples.VALIDATION else None
            self.session.learn_drawing(int(mistakes.targets[row]))

    def _go_back(self) -> None:
        self._chosen = None
        self._mark_chosen()
        go_back_to_data(self.session)

    def _update_buttons(self) -> None:
        frame = self.session.frame
        is_there = self._model.row_of(self._chosen) is not None
        self._learn.setEnabled(is_there and self.session.can_step)
        self._back.setEnabled(frame is not None and frame.trace.is_drawing)
        self._learn.setToolTip(self._learn_tip())
        self._learn.setAccessibleDescription(self._learn.toolTip())
        warns = frame is not None and self._walks_through(frame.trace)
        if warns is self._learn_hint.isHidden():
            self._learn_hint.setVisible(warns)
            QTimer.singleShot(0, self, self._scroll_to_hint)  # as soon as there is room for it

    def _scroll_to_hint(self) -> None:
        area = self.findChild(QScrollArea, "confusion_scroll")
        if self._learn_hint.isVisible():
            area.ensureWidgetVisible(self._learn_hint)

    def _learn_tip(self) -> str:
        tip = self.tr("Walk through this sample with its label, as a batch of one.")
        if self._wish.samples is Samples.TRAINING:
            return f"<p>{tip}</p>"
        warning = self.tr("At Update the network learns from it, although it is validation data; ← takes that back.")
        return f"<p>{tip} {warning}</p>"

    def _walks_through(self, trace: Trace) -> bool:
        """Whether this is the step that learns from a sample which is there for testing."""
        return trace.is_drawing and trace.has_backward and int(trace.sample_indices[0]) == self._stepped_through
