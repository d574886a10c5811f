"""Mistakes: what the network takes for what, and the samples it is most wrong about."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.confusion import Mistakes
from nnviz.core.data import Task
from nnviz.core.facts import Loaded
from nnviz.core.playback import Frame, Phase
from nnviz.core.questions import Question
from nnviz.core.trace import Trace
from nnviz.session.session import Session
from nnviz.ui.panels.mistake_list import MistakeList
from nnviz.ui.panels.panel import Panel
from nnviz.ui.widgets.confusion_view import ConfusionView
from nnviz.ui.widgets.layout import SECTION_GAP, UNLIMITED, message_label, scrolled_column, show_message
from nnviz.ui.widgets.refresher import Refresher
from nnviz.ui.widgets.texts import translated

RUNNING_INTERVAL_MS = 500
WIDE = 620
ABOVE_TABLE = 140  # px, with the margins
WIDEST_TABLE = 460
NARROWEST = 290


class MistakesPanel(Panel):
    """Confusion matrix and worst mistakes, judged anew while somebody looks."""

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self.setMinimumWidth(NARROWEST)  # the matrix of ten classes, and two buttons beside each other
        self._seen: tuple[Trace, bool] | None = None
        self._refresher = Refresher(self, self._ask, RUNNING_INTERVAL_MS)
        self._message = message_label("muted")
        self._message.setObjectName("mistakes_message")
        self._matrix = ConfusionView()
        self._matrix.samples_chosen.connect(self._choose_samples)
        self._matrix.cell_chosen.connect(self._refresher.now)
        self._list = MistakeList(session)
        self._list.all_wanted.connect(self._show_all)
        self.pixels = self._list.pixels
        self._lay_out()
        session.loaded.connect(self._follow_data)
        session.inquiries.answered.connect(self._take)
        self._follow_data()

    def _lay_out(self) -> None:
        self._contents = QWidget()
        self._halves = QBoxLayout(QBoxLayout.Direction.TopToBottom, self._contents)
        self._halves.setContentsMargins(0, 0, 0, 0)
        self._halves.setSpacing(SECTION_GAP)
        self._halves.addWidget(self._matrix)
        self._halves.addWidget(self._list, 1)
        column = scrolled_column(self, "confusion")
        column.addWidget(self._message)
        column.addWidget(self._contents, 1)
        column.addStretch(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the samples beside the matrix where there is room."""
        is_wide = event.size().width() >= WIDE
        self._halves.setDirection(QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom)
        self._halves.setAlignment(self._matrix, Qt.AlignmentFlag.AlignTop if is_wide else Qt.AlignmentFlag(0))
        self._halves.setStretch(0, 1 if is_wide else 0)
        self._matrix.table.setMaximumWidth(WIDEST_TABLE if is_wide else UNLIMITED)
        self._matrix.table.keep_within(event.size().height() - ABOVE_TABLE if is_wide else UNLIMITED)
        super().resizeEvent(event)

    # --- asking -------------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while the dock was hidden."""
        super().showEvent(event)
        self._refresher.now()

    def show_frame(self, frame: Frame | None) -> None:
        """Judge anew when the weights have changed: at once, or now and then while the network runs."""
        if frame is None or not frame.trace.has_backward:
            return
        seen = frame.trace, frame.phase is Phase.UPDATE
        if self._seen is None or seen[0] is not self._seen[0] or seen[1] != self._seen[1]:
            self._seen = seen
            self._refresher.follow(self.session)

    def _ask(self) -> None:
        summary = self.session.summary
        if summary is not None and summary.task is Task.CLASSES:
            self.session.inquiries.ask(self._matrix.question)

    def _choose_samples(self) -> None:
        self._list.forget_choice()
        self._refresher.now()

    def _show_all(self) -> None:
        self._matrix.clear_cell()
        self._refresher.now()

    # --- showing ------------------------------------------------------------------------------------------------------

    @Slot(object, object)
    def _take(self, question: Question, answer: object) -> None:
        if question == self._matrix.question and self.session.summary is not None:
            self._show_mistakes(answer if isinstance(answer, Mistakes) else None)

    @Slot(object)
    def _follow_data(self, fact: Loaded | None = None) -> None:
        """Start afresh with other data; another network of the same data keeps the chosen cell."""
        summary = self.session.summary
        possible = summary is not None and summary.task is Task.CLASSES
        self._contents.setVisible(possible)
        show_message(self._message, "" if possible else self._reason())
        if summary is None or not possible:
            return
        if fact is None or fact.fresh:
            self._seen = None
            self._matrix.clear_cell()
            self._list.forget_choice()
        self._matrix.offer_validation(summary.validation_samples > 0)
        self._list.show_data(summary, self._class_names())
        self._show_mistakes(None)

    def _reason(self) -> str:
        if self.session.summary is None:
            return self.tr("For networks that tell classes apart, as soon as the data are loaded.")
        return self.tr("This network predicts numbers, not classes: there is nothing to take for something else.")

    def _class_names(self) -> tuple[str, ...]:
        summary = self.session.summary
        return () if summary is None else tuple(translated(name) for name in summary.classes)

    def _show_mistakes(self, mistakes: Mistakes | None) -> None:
        self._matrix.show_mistakes(mistakes, self._class_names())
        self._list.show_mistakes(mistakes, self._matrix.question)
