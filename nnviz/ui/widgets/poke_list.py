"""A list of what is changed by hand, each with a button that takes it back."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QToolButton, QTreeWidget, QTreeWidgetItem, QWidget

from nnviz.core.pokes import Change
from nnviz.ui.theme import number_font

WHAT, HOW, RESET = range(3)
MOST_ROWS = 4  # that are to be seen without scrolling
BETWEEN = 12  # px, between name and button


@dataclass(frozen=True)
class PokeRow:
    """What is changed and how (in short, and in full), and the change that takes it back."""

    what: str
    how: str
    full: str
    undo: Change


class PokeList(QTreeWidget):
    """One row for each; where there is no room for it beside the name, how it is changed stands below that.

    Signals
    -------
    taken_back(Change)
        A person wants this.
    """

    taken_back = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[PokeRow, ...] = ()
        self.setObjectName("poke_list")
        self.setAccessibleName(self.tr("What is changed by hand"))
        self.setColumnCount(3)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(WHAT, QHeaderView.ResizeMode.Stretch)

    def sizeHint(self) -> QSize:
        """Ask for a few rows, and leave it to the layout to give more."""
        rows = min(MOST_ROWS, self.topLevelItemCount())
        return QSize(super().sizeHint().width(), rows * max(0, self.sizeHintForRow(0)) + 2 * self.frameWidth())

    def minimumSizeHint(self) -> QSize:
        """Be as high as that, however narrow."""
        return QSize(0, self.sizeHint().height())

    def show_rows(self, rows: tuple[PokeRow, ...]) -> None:
        """Show other rows; where only numbers are others, the buttons stay (one may have the focus)."""
        before, self._rows = self._rows, ()  # Qt resizes the list while rows are added
        if [(row.what, row.undo) for row in rows] != [(row.what, row.undo) for row in before]:
            self.clear()
            for row in rows:
                self._add(row)
        for place, row in enumerate(rows):
            item = self.topLevelItem(place)
            item.setText(HOW, row.how)
            item.setToolTip(WHAT, row.full)
            item.setToolTip(HOW, row.full)
        self._rows = rows
        self._write_names()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Write rows that fit."""
        super().resizeEvent(event)
        self._write_names()

    def _write_names(self) -> None:
        letters = self.fontMetrics()
        names = max((letters.horizontalAdvance(row.what) for row in self._rows), default=0)
        beside = self.sizeHintForColumn(HOW) + self.sizeHintForColumn(RESET) + BETWEEN
        is_wide = names + beside <= self.viewport().width()
        self.setColumnHidden(HOW, not is_wide)
        for place, row in enumerate(self._rows):
            self.topLevelItem(place).setText(WHAT, row.what if is_wide else f"{row.what}\n   {row.how}")
        self.updateGeometry()

    def _add(self, row: PokeRow) -> None:
        item = QTreeWidgetItem([row.what])
        if row.how[-1].isdigit():
            item.setFont(HOW, number_font())
        item.setTextAlignment(HOW, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.addTopLevelItem(item)
        button = QToolButton()
        button.setObjectName("poke_take_back_button")
        button.setText("↺")
        button.setToolTip(self.tr("Take back"))
        button.setAccessibleName(self.tr("Take back: {what}").format(what=row.full))
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(lambda: self.taken_back.emit(row.undo))
        self.setItemWidget(item, RESET, button)
