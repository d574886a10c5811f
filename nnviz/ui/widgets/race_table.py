"""The ranking of a race as a table: the best first, by the column whose heading was clicked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from nnviz.core.race import Criterion, Racer, common_epoch, figures_of, ranking
from nnviz.ui.formula.numbers import significant
from nnviz.ui.theme import number_font, theme_manager
from nnviz.ui.widgets.dots import dot
from nnviz.ui.widgets.row_table import column_width, make_row_table

DOT = 12
ROW_GAP = 8
LOW_GAP = 3
NAME_GAP, COLUMN_GAP = 5, 1
NARROW = 400  # pixels
CRITERIA = (Criterion.VAL_LOSS, Criterion.VAL_ACCURACY, Criterion.LOSS, Criterion.ACCURACY, Criterion.SECONDS)
NAME, RATE = 1, 2
FIRST_FIGURE = 3


class RaceTable(QTableWidget):
    """One row for each racer, the best first.

    Signals
    -------
    racer_selected(int)
        A person selected another racer: its number.
    ranked()
        Another column decides.
    """

    racer_selected = Signal(int)
    ranked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, FIRST_FIGURE + len(CRITERIA), parent)
        self.setObjectName("race_table")
        self.setAccessibleName(self.tr("Ranking of the race"))
        self.criterion = Criterion.VAL_LOSS
        self._order: list[int] = []
        self._selected = -1
        self._dots: list[QPixmap] = []
        self._rates: list[tuple[str, str]] = []
        self._missing: set[int] = set()
        self._needs: tuple[object, ...] = ()
        make_row_table(self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + ROW_GAP)
        self._label_columns()
        self.currentCellChanged.connect(self._select)
        self.horizontalHeader().sectionClicked.connect(self._rank_by)
        theme_manager().changed.connect(self._dots.clear)

    def _label_columns(self) -> None:
        labels = (
            ("", self.tr("Place")),
            (self.tr("Optimizer"), ""),
            (self.tr("Rate"), self.tr("Learning rate")),
            (
                self.tr("Val. loss"),
                self.tr("Loss on the validation data after the epoch. Click to rank by it."),
            ),
            (self.tr("Val. acc."), self.tr("Share of validation samples it gets right. Click to rank by it.")),
            (self.tr("Loss"), self.tr("Mean loss on the training data over the epoch. Click to rank by it.")),
            (self.tr("Acc."), self.tr("Share of training samples it got right over the epoch. Click to rank by it.")),
            (self.tr("Time"), self.tr("Computing time of its own steps, in seconds. Click to rank by it.")),
        )
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(24)
        for column, (label, help_text) in enumerate(labels):
            item = QTableWidgetItem(label)
            item.setToolTip(help_text)
            side = Qt.AlignmentFlag.AlignLeft if column < RATE else Qt.AlignmentFlag.AlignRight
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(column, item)
        self._show_criterion()

    @property
    def selected_racer(self) -> int:
        """Number of the selected racer; −1 for none."""
        return self._selected

    @property
    def order(self) -> list[int]:
        """Numbers of the racers, the best first."""
        return list(self._order)

    def choose_columns(self, has_validation: bool, has_accuracy: bool) -> None:
        """Leave out what cannot be measured."""
        missing = {
            column
            for column, criterion in enumerate(CRITERIA, FIRST_FIGURE)
            if (not has_validation and criterion in (Criterion.VAL_LOSS, Criterion.VAL_ACCURACY))
            or (not has_accuracy and criterion in (Criterion.ACCURACY, Criterion.VAL_ACCURACY))
        }
        if missing != self._missing:
            self._missing = missing
            if FIRST_FIGURE + CRITERIA.index(self.criterion) in missing:
                self.criterion = Criterion.LOSS
                self._show_criterion()
            self._fit_names()

    def select_racer(self, number: int) -> None:
        """Select a racer, −1 for none, without telling so."""
        self._selected = number
        self._select_row()

    def show_racers(self, racers: Sequence[Racer], names: Sequence[str], rates: Sequence[tuple[str, str]]) -> bool:
        """Show how far they are; `rates` are written in full and in short. The selection stays with its racer.

        Returns whether the columns need other widths now, which takes longer.
        """
        self.blockSignals(True)
        self._rates = list(rates)
        self._order = ranking(racers, self.criterion)
        self.setRowCount(len(racers))
        epochs = common_epoch(racers)
        for row, number in enumerate(self._order):
            self._show_racer(row, racers[number], names[number], epochs)
        self._select_row()
        self.blockSignals(False)
        look = (theme_manager().theme, self.font().pointSize(), self.criterion, *self._order, *self._rates)
        needs = (*look, *(len(item.text()) for item in self._items()))
        if needs == self._needs:
            return False
        self._needs = needs
        self._fit_names()
        return True

    def _items(self) -> Iterator[QTableWidgetItem]:
        for row in range(self.rowCount()):
            yield from (self.item(row, column) for column in (NAME, *range(FIRST_FIGURE, self.columnCount())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room."""
        super().resizeEvent(event)
        self._fit_names()

    def _fit_names(self) -> None:
        """Show the columns that fit, and give the names what is left; the place and "usual" are left out first."""
        deciding = FIRST_FIGURE + CRITERIA.index(self.criterion)
        names = self.sizeHintForColumn(NAME) + NAME_GAP
        for narrow in (self.viewport().width() < NARROW, True):
            self.setColumnHidden(0, narrow)
            for row, number in enumerate(self._order):
                self._set(row, RATE, self._rates[number][narrow], theme_manager().theme.color("text"))
            needed = names + self._width_of(RATE) + self._width_of(deciding) + (0 if narrow else self._width_of(0))
            room = self.viewport().width() - needed
            if room >= 0:
                break
        for column in range(FIRST_FIGURE, self.columnCount()):
            if column == deciding:
                continue
            room -= 0 if column in self._missing else self._width_of(column)
            self.setColumnHidden(column, column in self._missing or room < 0)
        self.setColumnHidden(deciding, False)
        for column in (0, RATE, *range(FIRST_FIGURE, self.columnCount())):
            self.setColumnWidth(column, self._width_of(column))
        others = sum(self.columnWidth(column) for column in range(self.columnCount()) if column != NAME)
        self.setColumnWidth(NAME, max(names, self.viewport().width() - others))

    def _width_of(self, column: int) -> int:
        return column_width(self, self.horizontalHeader(), column) + COLUMN_GAP

    def width_wanted(self, most: int) -> int:
        """How wide it is with all its columns, or with as many of the first as fit into `most` pixels."""
        columns = [each for each in (0, RATE, *range(FIRST_FIGURE, self.columnCount())) if each not in self._missing]
        width = 2 * self.frameWidth() + self.sizeHintForColumn(NAME) + NAME_GAP
        if self.height() < self.height_wanted():
            width += self.verticalScrollBar().sizeHint().width()
        for column in columns:
            if width + self._width_of(column) > most and column > FIRST_FIGURE:
                break
            width += self._width_of(column)
        return width if width >= NARROW or width <= most else most

    def height_wanted(self) -> int:
        """How high it is with all its rows."""
        return (
            self.horizontalHeader().height() + sum(map(self.rowHeight, range(self.rowCount()))) + 2 * self.frameWidth()
        )

    def set_low(self, low: bool) -> None:
        """Put the rows closer together."""
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + (LOW_GAP if low else ROW_GAP))

    def _select_row(self) -> None:
        blocked = self.blockSignals(True)
        if self._selected in self._order:
            row = self._order.index(self._selected)
            if row != self.currentRow() or not self.selectedItems():
                self.setCurrentCell(row, NAME)
        else:
            self.clearSelection()
            self.setCurrentCell(-1, -1)
        self.blockSignals(blocked)

    def _show_racer(self, row: int, racer: Racer, name: str, epochs: int) -> None:
        figures = figures_of(racer, epochs)
        if racer.diverged_at is not None:
            name = self.tr("{name} · diverged at step {step}").format(name=name, step=f"{racer.diverged_at:,}")
            texts = [*("–" for _ in CRITERIA[:-1]), f"{figures.seconds:.2f} s"]
        else:
            texts = [
                _loss_text(figures.val_loss),
                _share_text(figures.val_accuracy),
                _loss_text(figures.loss),
                _share_text(figures.accuracy),
                f"{figures.seconds:.2f} s",
            ]
        theme = theme_manager().theme
        color = theme.color("text" if racer.diverged_at is None else "error")
        self._set(row, 0, f"{row + 1}", theme.color("muted"))
        item = self._set(row, NAME, name, color)
        item.setIcon(self._dot(racer.color))
        item.setToolTip(name)
        for column, text in enumerate(texts, FIRST_FIGURE):
            self._set(row, column, text, theme.color("text"))

    def _set(self, row: int, column: int, text: str, color: QColor) -> QTableWidgetItem:
        item = self.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            if column >= RATE:
                item.setFont(number_font())
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.setItem(row, column, item)
        if item.text() != text:
            item.setText(text)
        if item.foreground().color() != color:
            item.setForeground(color)
        return item

    def _dot(self, number: int) -> QPixmap:
        while len(self._dots) <= number:
            color = theme_manager().theme.run_color(len(self._dots))
            self._dots.append(dot(color, DOT, self.devicePixelRatioF()))
        return self._dots[number]

    def _rank_by(self, column: int) -> None:
        if column >= FIRST_FIGURE:
            self.criterion = CRITERIA[column - FIRST_FIGURE]
            self._show_criterion()
            self.ranked.emit()
        else:
            self._show_criterion()  # Qt has moved the arrow

    def _show_criterion(self) -> None:
        falling = self.criterion in (Criterion.ACCURACY, Criterion.VAL_ACCURACY)
        arrow = Qt.SortOrder.DescendingOrder if falling else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicator(FIRST_FIGURE + CRITERIA.index(self.criterion), arrow)

    def _select(self, row: int) -> None:
        self._selected = self._order[row] if 0 <= row < len(self._order) else -1
        self.racer_selected.emit(self._selected)


def _loss_text(loss: float | None) -> str:
    if loss is None:
        return "–"
    return f"{loss:.4f}" if 1e-3 <= loss < 1e4 else significant(loss)


def _share_text(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
