"""The confusion matrix as a table: rows are what samples are, columns what they are taken for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from nnviz.core.confusion import Mistakes
from nnviz.ui.theme import number_font, theme_manager
from nnviz.ui.widgets.layout import UNLIMITED

Index = QModelIndex | QPersistentModelIndex
FRAME = 3
MARGIN = 2
LOWEST_ROW, HIGHEST_ROW = 22, 40
CALM = 0.3  # opacity of a row that is all right
FAINTEST = 0.2  # opacity of the rarest error; that of the most frequent one is 1
FEW = 0.1  # share of a row: where no error is that frequent, none is painted in full
NARROWEST_TYPE = 50  # percent of its usual width: narrower digits cannot be read from a distance
DARK_INK, LIGHT_INK = "#000000", "#ffffff"  # one of them has a contrast of 4.5 on any ground


@dataclass(frozen=True)
class Cell:
    """What is painted of a cell."""

    text: str
    ground: QColor
    ink: QColor


class ConfusionModel(QAbstractTableModel):
    """Counts, or shares of the rows in percent; what is right is calm, what is wrong stands out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mistakes: Mistakes | None = None
        self._classes: tuple[str, ...] = ()
        self._shares = np.zeros((0, 0), np.float32)
        self._as_shares = False
        self._worst = FEW
        theme_manager().changed.connect(self._repaint)

    def show_mistakes(self, mistakes: Mistakes | None, classes: tuple[str, ...]) -> None:
        """Show another matrix; None for an empty one of these classes."""
        if classes != self._classes:
            self.beginResetModel()
            self._classes = classes
            self._mistakes = mistakes
            self.endResetModel()
        self._mistakes = mistakes
        if mistakes is not None:
            self._shares = mistakes.shares()
            errors = np.where(np.eye(len(self._shares), dtype=bool), 0.0, self._shares)
            self._worst = max(FEW, float(errors.max(initial=0.0)))
        self._repaint()

    def show_shares(self, as_shares: bool) -> None:
        """Write shares of the row in percent instead of counts."""
        self._as_shares = as_shares
        self._repaint()

    def _repaint(self) -> None:
        if self._classes:
            last = len(self._classes) - 1
            self.dataChanged.emit(self.index(0, 0), self.index(last, last))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        """Count the classes."""
        return 0 if parent.isValid() else len(self._classes)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        """Count the classes."""
        return self.rowCount(parent)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Name the class."""
        if role == Qt.ItemDataRole.DisplayRole and section < len(self._classes):
            return self._classes[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return number, colours, or the sentence for tool tips and screen readers."""
        if not index.isValid() or self._mistakes is None:
            return None
        row, column = index.row(), index.column()
        cell = self.cell(row, column)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return "" if cell is None else cell.text
            case Qt.ItemDataRole.BackgroundRole:
                return None if cell is None else cell.ground
            case Qt.ItemDataRole.ForegroundRole:
                return None if cell is None else cell.ink
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                return self._sentence(row, column, self._mistakes)
        return None

    def cell(self, row: int, column: int) -> Cell | None:
        """Text and colours of a cell; None where it is empty."""
        if self._mistakes is None or not (count := int(self._mistakes.counts[row, column])):
            return None
        share = float(self._shares[row, column])
        ground = self._ground(share, row == column)
        return Cell(f"{100 * share:.0f}" if self._as_shares else str(count), ground, _ink(ground))

    def _ground(self, share: float, is_right: bool) -> QColor:
        theme = theme_manager().theme
        if is_right:
            strength, color = CALM * share, theme.color("positive")
        else:
            strength, color = FAINTEST + (1 - FAINTEST) * (share / self._worst) ** 0.5, theme.color("negative")
        return _mixed(color, theme.color("panel"), strength)

    def _sentence(self, row: int, column: int, mistakes: Mistakes) -> str:
        names, count, share = self._classes, int(mistakes.counts[row, column]), float(self._shares[row, column])
        if row == column:
            text = self.tr("{count} of class {truth} are taken for what they are ({share} of them).")
        else:
            text = self.tr("{count} of class {truth} are taken for {answer} ({share} of them).")
        return text.format(count=count, truth=names[row], answer=names[column], share=f"{100 * share:.1f} %")


def _thousands(count: str) -> str:
    """Write a count in thousands, in three characters or four: 1.1k for 1,135, 12k for 12,345."""
    thousands = int(count) / 1000
    return count if thousands < 1 else f"{thousands:.1f}k" if thousands < 9.95 else f"{thousands:.0f}k"


def _mixed(color: QColor, ground: QColor, strength: float) -> QColor:
    pairs = zip(color.getRgb()[:3], ground.getRgb()[:3], strict=True)
    return QColor(*(round(back + (front - back) * strength) for front, back in pairs))


def _ink(ground: QColor) -> QColor:
    """Black or white, whichever can be read better (relative luminance and contrast as in WCAG 2)."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in ground.getRgb()[:3])
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return QColor(DARK_INK if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else LIGHT_INK)


@lru_cache(maxsize=16)
def _fitting(letters: int, room: int, points: int) -> QFont:
    """Make the digits narrow enough that so many stand side by side, but not so narrow that nobody can read them."""
    font = number_font(points)
    for stretch in range(100, NARROWEST_TYPE - 1, -2):
        font.setStretch(stretch)
        if QFontMetrics(font).horizontalAdvance("0" * letters) <= room:
            break
    return font


class _CellDelegate(QStyledItemDelegate):
    """Paints a number over the whole of its cell: Qt's own keeps a margin, and leaves "…" of two digits."""

    def __init__(self, model: ConfusionModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint ground, number, and a frame around the chosen cell."""
        cell = self._model.cell(index.row(), index.column())
        if cell is not None:
            painter.fillRect(option.rect, cell.ground)
            painter.setPen(cell.ink)
            text, room, points = cell.text, option.rect.width() - MARGIN, option.font.pointSize()
            painter.setFont(_fitting(len(text), room, points))
            if painter.fontMetrics().horizontalAdvance(text) > room:
                text = _thousands(text)
                painter.setFont(_fitting(len(text), room, points))
            painter.drawText(option.rect, Qt.AlignmentFlag.AlignCenter, text)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(theme_manager().theme.color("accent"), FRAME))
            inner = FRAME // 2
            painter.drawRect(option.rect.adjusted(inner, inner, -inner - 1, -inner - 1))


class ConfusionTable(QTableView):
    """As wide as its place, with cells that are about square. Choosing a cell says which samples are meant.

    Signals
    -------
    cell_chosen(int, int)
        Class and predicted class.
    """

    cell_chosen = Signal(int, int)

    def __init__(self, model: ConfusionModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._room = UNLIMITED
        self.setObjectName("confusion_table")
        self.setAccessibleName(self.tr("Confusion matrix: rows are what samples are, columns what they are taken for"))
        self.setModel(model)
        self.setItemDelegate(_CellDelegate(model, self))
        self.setFont(number_font())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setMinimumSectionSize(8)
            header.setSectionsClickable(False)
            header.setHighlightSections(False)
            header.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)
        model.modelReset.connect(self._fit)

    def keep_within(self, room: int) -> None:
        """Be no higher than this, if the cells need not get too low for that."""
        self._room = room
        self._fit()

    def clear_choice(self) -> None:
        """Mark no cell."""
        self.selectionModel().clear()

    def mark(self, row: int, column: int) -> None:
        """Mark a cell."""
        index = self.model().index(row, column)
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _choose(self, index: QModelIndex) -> None:
        self.cell_chosen.emit(index.row(), index.column())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the cells about square."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Keep the rows high enough for their numbers."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        classes = self.model().rowCount()
        if not classes:
            return
        side = (self.width() - self.verticalHeader().sizeHint().width()) // classes
        head = self.horizontalHeader().sizeHint().height() + 2
        lowest = max(LOWEST_ROW, self.fontMetrics().height())
        height = max(min(side, HIGHEST_ROW, (self._room - head) // classes), lowest)
        self.verticalHeader().setDefaultSectionSize(height)
        self.setFixedHeight(height * classes + head)
