"""The form that sets up a race: who takes part, from which weights, and for how long."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from nnviz.core.catalogue import Catalogue
from nnviz.core.race import FIRST_RACERS, MOST_RACERS, StartFrom
from nnviz.core.settings import Number, Option
from nnviz.core.spec import OptimizerSpec
from nnviz.ui.widgets.choice_field import ChoiceBox
from nnviz.ui.widgets.layout import ROW_GAP, message_label, show_message
from nnviz.ui.widgets.number_field import NumberField
from nnviz.ui.widgets.racer_row import RacerRow

EPOCHS = Number("Epochs", "How many times all training samples are used.", 1, 1000, integer=True, step=1)
FIRST_EPOCHS = 10


class RacerForm(QWidget):
    """Rows of racers, and the buttons below them; `corner` is what comes last.

    Signals
    -------
    started()
        The race should begin: see `optimizers`, `epochs` and `start_from`.
    left()
        Back to the race that is there.
    """

    started = Signal()
    left = Signal()

    def __init__(self, catalogue: Catalogue, corner: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._corner = corner
        self._catalogue = catalogue
        self._ready = False
        self._rows: list[RacerRow] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(ROW_GAP)
        column.addWidget(self._build_rows())
        self._problem = message_label("error")
        self._problem.setObjectName("race_problem")
        column.addWidget(self._problem)
        show_message(self._problem, "")
        column.addLayout(self._build_foot())
        column.addStretch(1)
        self._fill(FIRST_RACERS)

    def _build_rows(self) -> QScrollArea:
        area = QScrollArea(self)
        area.setObjectName("racers_scroll")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        contents = QWidget()
        self._grid = QGridLayout(contents)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._grid.setRowStretch(MOST_RACERS + 1, 1)
        for at, text in ((1, self.tr("Optimizer")), (2, self.tr("Learning rate"))):
            label = QLabel(text)
            label.setProperty("role", "muted")
            self._grid.addWidget(label, 0, at)
        area.setWidget(contents)
        return area

    def _build_foot(self) -> QVBoxLayout:
        self._add = QPushButton(self.tr("Add"))
        self._add.setObjectName("race_add")
        self._add.setAccessibleName(self.tr("Add a racer"))
        self._add.setToolTip(self.tr("One more: like the last one, with a tenth of its learning rate"))
        self._add.clicked.connect(self._add_racer)
        self._from = ChoiceBox(
            [
                Option(StartFrom.PRESENT, self.tr("present weights"), self.tr("Where the network is now")),
                Option(StartFrom.INITIAL, self.tr("initial weights"), self.tr("Where a reset would take it")),
            ]
        )
        self._from.setObjectName("race_from_combo")
        self._from.setAccessibleName(self.tr("Start from"))
        self._epochs = NumberField(EPOCHS, FIRST_EPOCHS)
        self._epochs.setObjectName("race_epochs_spin")
        self._epochs.setAccessibleName(self.tr("Epochs"))
        self._epochs.setFixedWidth(70)
        self._epochs.settled.connect(self._check)
        self._start = QPushButton(self.tr("Start race"))
        self._start.setObjectName("race_start")
        self._start.clicked.connect(self.started)
        self._leave = QPushButton(self.tr("Back"))
        self._leave.setObjectName("race_back")
        self._leave.setAccessibleName(self.tr("Back to the ranking"))
        self._leave.setToolTip(self._leave.accessibleName())
        self._leave.clicked.connect(self.left)
        self._leave.hide()
        for button in (self._add, self._leave, self._start):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        upper, lower = QHBoxLayout(), QHBoxLayout()
        epochs = QLabel(self.tr("Epochs"))
        epochs.setBuddy(self._epochs)
        begin = QLabel(self.tr("from"))
        begin.setBuddy(self._from)
        for widget in (epochs, self._epochs, begin):
            upper.addWidget(widget)
        upper.addWidget(self._from, 1)
        for widget in (self._add, self._leave):
            lower.addWidget(widget)
        lower.addStretch(1)
        lower.addWidget(self._start)
        lower.addWidget(self._corner)
        foot = QVBoxLayout()
        for row in (upper, lower):
            row.setSpacing(ROW_GAP)
            foot.addLayout(row)
        return foot

    # --- what is set up -----------------------------------------------------------------------------------------------

    @property
    def optimizers(self) -> tuple[OptimizerSpec, ...]:
        """Who takes part."""
        return tuple(row.spec for row in self._rows)

    @property
    def epochs(self) -> int:
        """For how many epochs."""
        return int(self._epochs.value())

    @property
    def start_from(self) -> StartFrom:
        """From which weights."""
        return StartFrom(self._from.entry)

    def set_ready(self, ready: bool) -> None:
        """Whether there is a network to race with."""
        self._ready = ready
        self._check()

    def set_leavable(self, leavable: bool) -> None:
        """Whether there is a race to go back to."""
        self._leave.setVisible(leavable)

    # --- rows ---------------------------------------------------------------------------------------------------------

    def _fill(self, specs: tuple[OptimizerSpec, ...]) -> None:
        """Make the rows anew: their numbers, and with them their colours, have no gaps."""
        for row in self._rows:
            row.delete()
        self._rows = []
        for number, spec in enumerate(specs):
            row = RacerRow(self._catalogue, spec, number, self._grid)
            row.changed.connect(self._check)
            row.removed.connect(lambda number=number: self._take_out(number))
            self._rows.append(row)
        self._check()

    def _add_racer(self) -> None:
        last = self._rows[-1].spec
        rate = self._catalogue.optimizer(last.name).complete(last)["lr"]
        self._fill((*self.optimizers, replace(last, settings={**last.settings, "lr": float(f"{rate / 10:.6g}")})))

    def _take_out(self, number: int) -> None:
        self._fill(self.optimizers[:number] + self.optimizers[number + 1 :])

    def _check(self) -> None:
        problems = [row.problem for row in self._rows] + [self._epochs.problem]
        problem = next((each for each in problems if each), None)
        show_message(self._problem, problem or "")
        for row in self._rows:
            row.set_removable(len(self._rows) > 1)
        self._add.setEnabled(len(self._rows) < MOST_RACERS)
        self._start.setEnabled(self._ready and problem is None)
