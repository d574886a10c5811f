"""A table of the terms of a weighted sum, the largest first: w·x on the way forward, w·δ on the way back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QFontMetricsF,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from nnviz.core.explain import Terms
from nnviz.ui.formula.numbers import MINUS, power_of_ten, significant
from nnviz.ui.theme import number_font, theme_manager
from nnviz.ui.widgets.row_table import make_row_table
from nnviz.ui.widgets.unit_names import UnitNames

FEWEST_CHARACTERS, MOST_CHARACTERS = 6, 7
FROM, WEIGHT, INPUT, PRODUCT = range(4)
FROM_WIDTH = 58
CELL_MARGINS = 6
SMALLEST_FIXED, LARGEST_FIXED = 0.005, 100_000.0
LOWEST_POWER = -300
ROWS_SHOWN = 7
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class NumberFormat:
    """How the numbers of a column are written: in units of 10^`power`, with so many decimals."""

    power: int = 0
    decimals: int = 1

    def text(self, value: float) -> str:
        """Write a number."""
        if not math.isfinite(value):
            return significant(value)
        scaled = round(value / 10.0**self.power, self.decimals) + 0.0  # + 0.0: no negative zero
        return f"{scaled:.{self.decimals}f}".replace("-", MINUS)

    def unit(self) -> str:
        """What the header says of the unit, in a line of its own: a column is narrow."""
        return f"\n·{power_of_ten(self.power)}" if self.power else ""


def format_for(values: NDArray[np.float64], characters: int) -> NumberFormat:
    """Choose the format in which numbers fit into a column of so many characters, sign included."""
    finite = np.abs(values[np.isfinite(values)])
    largest = float(finite.max(initial=0.0))
    if largest == 0:
        return NumberFormat()
    power = max(math.floor(math.log10(largest)), LOWEST_POWER)
    if not SMALLEST_FIXED <= largest < LARGEST_FIXED:
        return NumberFormat(power, characters - len("−.0"))
    return NumberFormat(0, max(0, characters - len("−.0") - max(0, power)))


class TermModel(QAbstractTableModel):
    """Rows of `Terms`: where from, weight, input, product; and one row for the rest, if there is one.

    `titles` are those of the three columns of numbers.
    """

    def __init__(self, titles: tuple[str, str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles = titles
        self._terms: Terms | None = None
        self._names = UnitNames("", ())
        self._formats = (NumberFormat(),) * 4
        self._characters = MOST_CHARACTERS

    def set_terms(self, terms: Terms | None, names: UnitNames) -> None:
        """Show other terms; `names` says how the units are called that they come from."""
        rows = self.rowCount()
        resized = rows != _row_count(terms)
        if resized:
            self.beginResetModel()
        self._terms, self._names = terms, names
        self._choose_formats()
        if resized:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0, 0), self.index(rows - 1, 3))

    def set_titles(self, titles: tuple[str, str, str]) -> None:
        """Name the columns of numbers otherwise."""
        if titles != self._titles:
            self._titles = titles
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, WEIGHT, PRODUCT)

    def set_characters(self, characters: int) -> None:
        """Say how many characters there is room for in a column."""
        if characters != self._characters:
            self._characters = characters
            self._choose_formats()

    def _choose_formats(self) -> None:
        before = self._formats
        self._formats = tuple(format_for(self._numbers(column), self._characters) for column in range(4))
        if [each.power for each in before] != [each.power for each in self._formats]:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, WEIGHT, PRODUCT)

    def unit(self, row: int) -> int | None:
        """Which unit the term comes from; None for the rest."""
        return None if self._terms is None or row >= len(self._terms.units) else int(self._terms.units[row])

    def _column(self, column: int) -> NDArray[np.float64] | None:
        if self._terms is None:
            return None
        return (None, self._terms.weights, self._terms.inputs, self._terms.products)[column]

    def _numbers(self, column: int) -> NDArray[np.float64]:
        """All numbers that stand in a column."""
        values = self._column(column)
        if values is None or self._terms is None:
            return np.zeros(0)
        has_rest = column == PRODUCT and self._terms.rest_count > 0 and self._terms.rest_sum is not None
        return np.append(values, self._terms.rest_sum) if has_rest else values

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        """Count the terms that are listed, and the rest as one."""
        return 0 if parent.isValid() else _row_count(self._terms)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        """From, and three numbers."""
        return 4

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Name the columns."""
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.title(section) + (self._formats[section].unit() if section != FROM else "")
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _ALIGNED[section]
        return None

    @property
    def has_units(self) -> bool:
        """Whether a column is written in units of a power of ten, so that the header has two lines."""
        return any(each.power for each in self._formats)

    def title(self, column: int) -> str:
        """Name a column, without the unit that its numbers are written in."""
        return (self._names.kind, *self._titles)[column]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the text of a cell, or its number with more digits."""
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, column)
        return None

    def _tip(self, row: int, column: int) -> str:
        unit = self.unit(row)
        if unit is None:
            return ""
        if column == FROM:
            return self.tr("Go to {name}").format(name=self._names.long(unit))
        values = self._column(column)
        return "" if values is None else significant(float(values[row]), 6)

    def _text(self, row: int, column: int) -> str:
        terms = self._terms
        if terms is None:
            return ""
        if row >= len(terms.units):
            if column == FROM:
                return self.tr("{count} more").format(count=f"{terms.rest_count:,}")
            value = terms.rest_sum if column == PRODUCT else None
        elif column == FROM:
            return self._names.short(int(terms.units[row]))
        else:
            values = self._column(column)
            value = None if values is None else float(values[row])
        return "" if value is None else self._formats[column].text(value)

    def plain_row(self, row: int) -> str:
        """Return a row with tabs and full precision, for spreadsheets."""
        unit = self.unit(row)
        if unit is None:
            rest = None if self._terms is None else self._terms.rest_sum
            return "\t".join([self._text(row, FROM), "", "", "" if rest is None else f"{rest:.9g}"])
        columns = [self._column(column) for column in (WEIGHT, INPUT, PRODUCT)]
        numbers = ["" if values is None else f"{float(values[row]):.9g}" for values in columns]
        return "\t".join([self._names.short(unit), *numbers])


_ALIGNED = (
    Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
    *(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,) * 3,
)


def _row_count(terms: Terms | None) -> int:
    return 0 if terms is None else len(terms.units) + (terms.rest_count > 0)


class TermDelegate(QStyledItemDelegate):
    """Paints a cell with one question to the model, where Qt's own asks seven; the first column as links."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one cell."""
        theme = theme_manager().theme
        rect = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.color("accent", 0.2))
        is_link = index.column() == FROM and index.model().unit(index.row()) is not None
        font = number_font()
        font.setUnderline(is_link)
        painter.setFont(font)
        painter.setPen(theme.color("accent" if is_link else "text"))
        room = rect.adjusted(CELL_MARGINS // 2, 0, -CELL_MARGINS // 2, 0)
        text = index.data()
        if painter.fontMetrics().horizontalAdvance(text) > room.width():
            text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(_ALIGNED[index.column()]), text)


class TermTable(QTableView):
    """The terms of a neuron. The first column leads to the unit that a term comes from; rows can be copied.

    Signals
    -------
    unit_picked(int)
        A unit that a term comes from was clicked, or chosen with Enter.
    """

    unit_picked = Signal(int)

    def __init__(
        self,
        name: str,
        accessible_name: str,
        titles: tuple[str, str, str] = ("w", "x", "w·x"),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = TermModel(titles, self)
        self.setModel(self._model)
        self.setItemDelegate(TermDelegate(self))
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        make_row_table(self)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAlternatingRowColors(True)
        self.setMouseTracking(True)
        self.verticalHeader().setDefaultSectionSize(self._row_height())
        header = self.horizontalHeader()
        header.setSectionsClickable(False)
        header.setMinimumSectionSize(20)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(FROM, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(FROM, FROM_WIDTH)
        self._add_copying()
        self.clicked.connect(self._follow_link)

    def _row_height(self) -> int:
        self.ensurePolished()
        return self.fontMetrics().lineSpacing() + 6

    def _add_copying(self) -> None:
        copy = QAction(self.tr("Copy"), self)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self._copy_selected)
        copy_all = QAction(self.tr("Copy all terms"), self)
        copy_all.triggered.connect(self._copy_all)
        self.addActions([copy, copy_all])
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def show_terms(self, terms: Terms | None, names: UnitNames) -> None:
        """Show other terms."""
        before = self._model.rowCount(), self._model.has_units
        self._model.set_terms(terms, names)
        rows = self._model.rowCount()
        if (rows, self._model.has_units) != before:
            self.setMinimumHeight(self._height_of(min(rows, ROWS_SHOWN)))
            self.setMaximumHeight(self._height_of(rows))

    def set_titles(self, titles: tuple[str, str, str]) -> None:
        """Name the columns of numbers otherwise."""
        self._model.set_titles(titles)

    def _height_of(self, rows: int) -> int:
        return rows * self._row_height() + self.horizontalHeader().sizeHint().height() + 2 * self.frameWidth()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many digits as there is room for."""
        super().resizeEvent(event)
        room = (self.viewport().width() - FROM_WIDTH) // 3 - CELL_MARGINS
        characters = int(room // QFontMetricsF(number_font()).horizontalAdvance("0"))
        self._model.set_characters(min(max(characters, FEWEST_CHARACTERS), MOST_CHARACTERS))

    def _copy_selected(self) -> None:
        self._copy(sorted(index.row() for index in self.selectionModel().selectedRows()))

    def _copy_all(self) -> None:
        self._copy(list(range(self._model.rowCount())))

    def _copy(self, rows: list[int]) -> None:
        header = "\t".join(self._model.title(column) for column in range(self._model.columnCount()))
        lines = [header, *(self._model.plain_row(row) for row in rows)]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _follow_link(self, index: QModelIndex) -> None:
        if index.column() == FROM:
            self._pick(index.row())

    def _pick(self, row: int) -> None:
        unit = self._model.unit(row)
        if unit is not None:
            self.unit_picked.emit(unit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Follow the link of the current row with Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._pick(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show a hand over links."""
        index = self.indexAt(event.position().toPoint())
        is_link = index.isValid() and index.column() == FROM and self._model.unit(index.row()) is not None
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if is_link else Qt.CursorShape.ArrowCursor)
        super().mouseMoveEvent(event)
