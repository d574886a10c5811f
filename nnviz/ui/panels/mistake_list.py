"""The samples behind the confusion matrix: to be put into the network, and to be learned from."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from nnviz.core.confusion import AskMistakes, Mistakes, Samples
from nnviz.core.data import DataSummary
from nnviz.core.trace import Trace
from nnviz.session.session import Session
from nnviz.ui.panels.back_to_data import go_back_to_data
from nnviz.ui.widgets.layout import ROW_GAP, heading, message_label, push_button, scroll_area_around
from nnviz.ui.widgets.mistake_model import MistakeModel
from nnviz.ui.widgets.pixels_button import PixelsButton
from nnviz.ui.widgets.thumbnails import ThumbnailList

LOWEST_LIST = 200
PROBABILITIES = ("softmax", "sigmoid")


class MistakeList(QWidget):
    """The highest loss first; a click shows a sample in the network, from where it can be learned.

    Signals
    -------
    all_wanted()
        All mistakes are to be shown again.
    """

    all_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._question = AskMistakes(Samples.VALIDATION)
        self._classes: tuple[str, ...] = ()
        self._chosen: int | None = None  # sample of the data set
        self._stepped_through: int | None = None  # sample of the validation data
        self._make_list()
        self._make_buttons()
        self._lay_out()
        session.run_state_changed.connect(self._update_buttons)
        session.frame_changed.connect(self._update_buttons)

    # --- making -------------------------------------------------------------------------------------------------------

    def _make_list(self) -> None:
        self._heading = heading("")
        self._heading.setObjectName("mistakes_heading")
        self._all = push_button(
            "all_mistakes_button", self.tr("All mistakes"), self.tr("Show all mistakes again"), self
        )
        self._all.clicked.connect(self.all_wanted)
        self._legend = message_label("muted")
        self._legend.setText(self.tr("Target → prediction, and the loss. The highest comes first."))
        self._model = MistakeModel(self)
        self._view = ThumbnailList(self._model, self)
        self._view.setObjectName("mistake_list")
        self._view.setAccessibleName(self.tr("Samples, the highest loss first"))
        self._view.setMinimumHeight(LOWEST_LIST)
        self._view.clicked.connect(self._show_sample)
        self._view.activated.connect(self._show_sample)

    def _make_buttons(self) -> None:
        self._learn = push_button("learn_mistake_button", self.tr("Step through it"), "", self)
        self._learn.clicked.connect(self._step_through)
        self._back = push_button(
            "leave_mistake_button",
            self.tr("Back to the data"),
            self.tr("Show the batch again instead of this sample"),
            self,
        )
        self._back.clicked.connect(self._go_back)
        self._warning = message_label("warning")
        self._warning.setObjectName("learn_mistake_hint")
        self._warning.setText(
            self.tr("Validation data: at Update the network learns from it, and it is no test any more. ← undoes that.")
        )
        self._warning.hide()
        self.pixels = PixelsButton(self._session, self)

    def _lay_out(self) -> None:
        title = QHBoxLayout()
        title.addWidget(self._heading, 1)
        title.addWidget(self._all)
        buttons = QHBoxLayout()
        buttons.setSpacing(ROW_GAP)
        for button in (self._learn, self._back):
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(ROW_GAP)
        column.addLayout(title)
        column.addWidget(self._legend)
        column.addWidget(self._view, 1)
        column.addLayout(buttons)
        column.addWidget(self._warning)
        column.addWidget(self.pixels)

    # --- showing ------------------------------------------------------------------------------------------------------

    def show_data(self, summary: DataSummary, classes: tuple[str, ...]) -> None:
        """Make room for the samples of these data."""
        self._classes = classes
        self._view.delegate.measure(classes)
        self._view.delegate.limit = max(1e-9, *(abs(bound) / summary.divisor for bound in summary.value_range))
        self._view.lay_out()

    def forget_choice(self) -> None:
        """Choose no sample."""
        self._chosen = None

    def show_mistakes(self, mistakes: Mistakes | None, question: AskMistakes) -> None:
        """Show the samples that were asked for; None while they are not known."""
        preset = self._session.preset
        assert preset is not None
        self._question = question
        in_percent = preset.network.layers[-1].activation_name in PROBABILITIES
        self._model.show_mistakes(mistakes, self._classes, in_percent)
        self._view.viewport().update()
        self._heading.setText(self._heading_text(mistakes))
        self._all.setVisible(question.cell is not None)
        self._mark_chosen()
        self._update_buttons()

    def _heading_text(self, mistakes: Mistakes | None) -> str:
        cell = self._question.cell
        if cell is None:
            none = mistakes is not None and mistakes.wrong == 0
            return self.tr("No mistakes") if none else self.tr("Worst mistakes")
        count = 0 if mistakes is None else int(mistakes.counts[cell])
        truth, answer = (self._classes[label] for label in cell)
        return self.tr("{truth} taken for {answer}: {count}").format(truth=truth, answer=answer, count=f"{count:,}")

    def _mark_chosen(self) -> None:
        """Keep the chosen sample chosen while the list changes under it."""
        row, selection = self._model.row_of(self._chosen), self._view.selectionModel()
        if row is None:
            selection.clear()
        elif self._view.currentIndex().row() != row or not selection.hasSelection():
            selection.setCurrentIndex(self._model.index(row), QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _update_buttons(self) -> None:
        frame = self._session.frame
        is_there = self._model.row_of(self._chosen) is not None
        self._learn.setEnabled(is_there and self._session.can_step)
        self._back.setEnabled(frame is not None and frame.trace.is_drawing)
        self._learn.setToolTip(self._learn_tip())
        self._learn.setAccessibleDescription(self._learn.toolTip())
        warns = frame is not None and self._walks_through(frame.trace)
        if warns is self._warning.isHidden():
            self._warning.setVisible(warns)
            QTimer.singleShot(0, self, self._scroll_to_warning)  # as soon as there is room for it

    def _scroll_to_warning(self) -> None:
        area = scroll_area_around(self)
        if area is not None and self._warning.isVisible():
            area.ensureWidgetVisible(self._warning)

    def _learn_tip(self) -> str:
        tip = self.tr("Walk through this sample with its label, as a batch of one.")
        if self._question.samples is Samples.TRAINING:
            return f"<p>{tip}</p>"
        warning = self.tr("At Update the network learns from it, although it is validation data; ← takes that back.")
        return f"<p>{tip} {warning}</p>"

    def _walks_through(self, trace: Trace) -> bool:
        """Whether this is the step that learns from a sample which is there for testing."""
        return trace.is_drawing and trace.has_backward and int(trace.sample_indices[0]) == self._stepped_through

    # --- what a person does -------------------------------------------------------------------------------------------

    def _show_sample(self, index: QModelIndex) -> None:
        """Put a sample into the network."""
        mistakes = self._model.mistakes
        if mistakes is not None and index.isValid():
            self._chosen = int(mistakes.indices[index.row()])
            self._put_into_network(mistakes, index.row())
            self._mark_chosen()
            self._update_buttons()

    def _put_into_network(self, mistakes: Mistakes, row: int) -> None:
        self._session.show_drawing(mistakes.inputs[row], int(mistakes.indices[row]), int(mistakes.targets[row]))

    def _step_through(self) -> None:
        row, mistakes = self._model.row_of(self._chosen), self._model.mistakes
        if row is not None and mistakes is not None:
            self._put_into_network(mistakes, row)  # it may have been left meanwhile
            self._stepped_through = self._chosen if self._question.samples is Samples.VALIDATION else None
            self._session.learn_drawing(int(mistakes.targets[row]))

    def _go_back(self) -> None:
        self._chosen = None
        self._mark_chosen()
        go_back_to_data(self._session)
