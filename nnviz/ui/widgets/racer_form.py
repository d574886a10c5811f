"""The form that sets up a race: who takes part, from which weights, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from nnviz.core.catalogue import Catalogue
from nnviz.core.race import FIRST_RACERS, MOST_RACERS, StartFrom
from nnviz.core.settings import Number, Option
from nnviz.core.spec import OptimizerSpec
from nnviz.ui.widgets.choice_field import ChoiceBox
from nnviz.ui.widgets.layout import MARGIN, ROW_GAP, message_label, scrolled, show_message
from nnviz.ui.widgets.number_field import NumberField
from nnviz.ui.widgets.racer_names import has_usual_rate, optimizer_name
from nnviz.ui.widgets.racer_row import RacerRow

EPOCHS = Number("Epochs", "How many times all training samples are used.", 1, 1000, integer=True, step=1)
FIRST_EPOCHS = 10
RATE_FACTORS = (10.0, 1.0, 0.1, 0.01)
WIDE = 440  # pixels
TERMS_WIDTHS = (134, 240)


class RacerForm(QWidget):
    """Rows of racers, and beside them (below them, where it is narrow) how they race; `corner` is what comes last.

    Signals
    -------
    started()
        The race should begin: see `optimizers`, `epochs` and `start_from`.
    left()
        Back to the race that is there.
    rates_wanted()
        The optimizer of the network should race with several learning rates: see `compare_rates`.
    """

    started = Signal()
    left = Signal()
    rates_wanted = Signal()

    def __init__(
        self,
        catalogue: Catalogue,
        colors: Callable[[int], tuple[int, ...]],
        corner: QWidget,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._corner = corner
        self._catalogue = catalogue
        self._colors = colors
        self._ready = False
        self._rows: list[RacerRow] = []
        contents = QWidget()
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, contents)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(MARGIN)
        self._box.addWidget(self._build_entries(), 1)
        self._terms = self._build_terms()
        self._box.addWidget(self._terms)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(contents, "racers_scroll"))
        self._fill_first()

    # --- building -----------------------------------------------------------------------------------------------------

    def _build_entries(self) -> QWidget:
        """Make what to compare, the rows, and the button for one more."""
        kinds = QHBoxLayout()
        kinds.setSpacing(ROW_GAP)
        kinds.addWidget(QLabel(self.tr("Compare")))
        for button in (
            self._button(
                "race_optimizers",
                self.tr("Optimizers"),
                self.tr("Four optimizers, each with the learning rate that is usual for it"),
                lambda: self._fill_first(),
            ),
            self._button(
                "race_rates",
                self.tr("Learning rates"),
                self.tr("The optimizer of the network with 10, 1, 0.1 and 0.01 times its learning rate"),
                self.rates_wanted.emit,
            ),
        ):
            kinds.addWidget(button)
        kinds.addStretch(1)
        rows = QWidget()
        self._grid = QGridLayout(rows)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(3)
        self._grid.setHorizontalSpacing(3)
        self._grid.setColumnStretch(1, 1)
        for at, text in ((1, self.tr("Optimizer")), (2, self.tr("Rate"))):
            label = QLabel(text)
            label.setToolTip(self.tr("Learning rate") if at == 2 else "")
            label.setProperty("role", "muted")
            self._grid.addWidget(label, 0, at)
        self._problem = message_label("error")
        self._problem.setObjectName("race_problem")
        show_message(self._problem, "")
        self._add = self._button("race_add", "", "", self._add_racer)
        entries = QWidget()
        column = QVBoxLayout(entries)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(kinds)
        column.addWidget(rows)
        column.addWidget(self._problem)
        column.addWidget(self._add, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        return entries

    def _build_terms(self) -> QWidget:
        """Make the fields that are the same for all, and the buttons."""
        self._from = ChoiceBox(
            [
                Option(
                    StartFrom.INITIAL,
                    self.tr("initial weights"),
                    self.tr("Fresh ones, of the seed: where a reset would take the network"),
                ),
                Option(StartFrom.PRESENT, self.tr("present weights"), self.tr("Where the network is now")),
            ]
        )
        self._from.setObjectName("race_from_combo")
        self._from.setAccessibleName(self.tr("Start from"))
        self._from.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._from.setMinimumContentsLength(10)  # its texts are to be read in full
        self._epochs = NumberField(EPOCHS, FIRST_EPOCHS)
        self._epochs.setObjectName("race_epochs_spin")
        self._epochs.setAccessibleName(self.tr("Epochs"))
        self._epochs.setFixedWidth(60)
        self._epochs.settled.connect(self._check)
        self._start = self._button("race_start", self.tr("Start race"), "", self.started.emit)
        back = self.tr("Back to the ranking")
        self._leave = self._button("race_back", self.tr("Back"), back, self.left.emit)
        self._leave.setAccessibleName(back)
        self._leave.hide()
        self._note = message_label("muted")
        self._note.setObjectName("race_note")
        first, last = QHBoxLayout(), QHBoxLayout()
        label = QLabel(self.tr("Epochs"))
        label.setBuddy(self._epochs)
        for widget in (label, self._epochs):
            first.addWidget(widget)
        first.addStretch(1)
        first.addWidget(self._corner)
        for widget in (self._start, self._leave):
            last.addWidget(widget)
        last.addStretch(1)
        terms = QWidget()
        column = QVBoxLayout(terms)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(first)
        column.addWidget(QLabel(self.tr("All start from")))
        column.addWidget(self._from)
        column.addLayout(last)
        column.addWidget(self._note)
        column.addStretch(1)
        return terms

    def _button(self, name: str, text: str, tip: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: act())
        return button

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the two columns below each other where it is narrow."""
        super().resizeEvent(event)
        wide = event.size().width() >= WIDE
        self._box.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        least, most = TERMS_WIDTHS
        self._terms.setMinimumWidth(min(max(least, event.size().width() * 3 // 10), most))

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

    def choose_colors(self) -> None:
        """Take colours that no run has, now that there are other runs."""
        for row, color in zip(self._rows, self._colors(len(self._rows)), strict=True):
            row.set_color(color)

    def compare_rates(self, optimizer: OptimizerSpec) -> None:
        """Fill in one optimizer with several learning rates, as far as they are allowed."""
        rate = self._catalogue.optimizer(optimizer.name).complete(optimizer)["lr"]
        self._fill(tuple(self._with_rate(optimizer, rate * factor) for factor in RATE_FACTORS))

    # --- rows ---------------------------------------------------------------------------------------------------------

    def _with_rate(self, spec: OptimizerSpec, rate: float) -> OptimizerSpec:
        setting = self._catalogue.optimizer(spec.name).settings["lr"]
        assert isinstance(setting, Number)
        allowed = min(max(rate, setting.minimum), setting.maximum)
        return replace(spec, settings={**spec.settings, "lr": float(f"{allowed:.6g}")})

    def _fill(self, specs: tuple[OptimizerSpec, ...]) -> None:
        """Make the rows anew: their numbers, and with them their colours, have no gaps."""
        for row in self._rows:
            row.delete()
        self._rows = []
        for number, (spec, color) in enumerate(zip(specs, self._colors(len(specs)), strict=True)):
            row = RacerRow(self._catalogue, spec, number, color, self._grid)
            row.changed.connect(self._check)
            row.removed.connect(lambda number=number: self._take_out(number))
            self._rows.append(row)
        self._check()

    @property
    def _another(self) -> OptimizerSpec:
        """What the button adds: one like the last, with a tenth of its learning rate."""
        last = self._rows[-1].spec
        return self._with_rate(last, self._catalogue.optimizer(last.name).complete(last)["lr"] / 10)

    def _fill_first(self) -> None:
        self._fill(tuple(self._catalogue.optimizer(name).usual for name in FIRST_RACERS))

    def _add_racer(self) -> None:
        self._fill((*self.optimizers, self._another))

    def _take_out(self, number: int) -> None:
        self._fill(self.optimizers[:number] + self.optimizers[number + 1 :])

    def _check(self) -> None:
        problems = [row.problem for row in self._rows] + [self._epochs.problem]
        problem = next((each for each in problems if each), None)
        show_message(self._problem, problem or "")
        for row in self._rows:
            row.set_removable(len(self._rows) > 1)
        another = self._another
        name = optimizer_name(self._catalogue, another)
        self._add.setText(self.tr("Add {name}, lr {rate}").format(name=name, rate=f"{another.settings['lr']:g}"))
        self._add.setToolTip(self.tr("One more: like the last one, with a tenth of its learning rate"))
        self._add.setEnabled(len(self._rows) < MOST_RACERS)
        self._start.setEnabled(self._ready and problem is None)
        self._note.setText(self._note_text())

    def _note_text(self) -> str:
        text = self.tr("They learn from the same batches, in the same order.")
        if all(has_usual_rate(self._catalogue, spec) for spec in self.optimizers):
            text += " " + self.tr("Each has the learning rate that is usual for it.")
        return text
