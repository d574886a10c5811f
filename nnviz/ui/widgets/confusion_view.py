"""The confusion matrix, and above it the choice of what is judged and of what its cells say."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from nnviz.core.confusion import AskMistakes, Mistakes, Samples
from nnviz.ui.widgets.confusion_table import ConfusionModel, ConfusionTable
from nnviz.ui.widgets.layout import ROW_GAP, message_label


class ConfusionView(QWidget):
    """Shows `Mistakes`, and knows what is to be asked about next.

    Signals
    -------
    samples_chosen()
        Other samples are to be judged.
    cell_chosen()
        The samples of a cell are wanted.
    """

    samples_chosen = Signal()
    cell_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cell: tuple[int, int] | None = None
        self._model = ConfusionModel(self)
        self.table = ConfusionTable(self._model, self)
        self.table.cell_chosen.connect(self._choose_cell)
        self._samples = self._combo("mistakes_samples_combo", self.tr("Which samples are judged"))
        self._samples.addItem(self.tr("Validation data"), Samples.VALIDATION)
        self._samples.addItem(self.tr("Training data"), Samples.TRAINING)
        self._samples.setToolTip(
            self.tr("Validation data have never been trained on: only they tell what the network can really do.")
        )
        self._samples.currentIndexChanged.connect(self.samples_chosen)
        self._unit = self._combo("mistakes_unit_combo", self.tr("What the cells say"))
        self._unit.addItems([self.tr("Counts"), self.tr("% of row")])
        self._unit.currentIndexChanged.connect(lambda index: self._model.show_shares(index == 1))
        self._result = message_label()
        self._result.setObjectName("mistakes_result")
        self._legend = message_label("muted")
        self._legend.setText(self.tr("Rows: what it is. Columns: what it is taken for. Click a cell."))
        self._lay_out()

    def _combo(self, name: str, accessible_name: str) -> QComboBox:
        combo = QComboBox(self)
        combo.setObjectName(name)
        combo.setAccessibleName(accessible_name)
        combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        return combo

    def _lay_out(self) -> None:
        choices = QHBoxLayout()
        choices.setSpacing(ROW_GAP)
        choices.addWidget(self._samples, 3)
        choices.addWidget(self._unit, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(ROW_GAP)
        column.addLayout(choices)
        for widget in (self._result, self._legend, self.table):
            column.addWidget(widget)

    @property
    def question(self) -> AskMistakes:
        """What is to be asked about."""
        return AskMistakes(Samples(self._samples.currentData()), self._cell)  # Qt makes a plain string of it

    def clear_cell(self) -> None:
        """Ask about all mistakes again."""
        self._cell = None
        self.table.clear_choice()

    def offer_validation(self, there_is: bool) -> None:
        """Let the validation data be chosen where there are any; else the training data are."""
        self._samples.model().item(0).setEnabled(there_is)
        if not there_is:
            with QSignalBlocker(self._samples):
                self._samples.setCurrentIndex(1)

    def show_mistakes(self, mistakes: Mistakes | None, classes: tuple[str, ...]) -> None:
        """Show another matrix; None for an empty one of these classes."""
        self._model.show_mistakes(mistakes, classes)
        self._result.setText("" if mistakes is None else self._result_text(mistakes))

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

    def _choose_cell(self, row: int, column: int) -> None:
        self._cell = (row, column)
        self.cell_chosen.emit()
