"""What tables have in common whose rows belong together."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView


def make_row_table(table: QTableView) -> None:
    """Let whole rows be chosen, without a grid or numbers of rows; it has columns enough for its width, and no more."""
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setTabKeyNavigation(False)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.verticalHeader().hide()
    table.horizontalHeader().setHighlightSections(False)


def column_width(view: QAbstractItemView, header: QHeaderView, column: int) -> int:
    """How wide a column wants to be with its heading; Qt itself says of a hidden one that its heading needs nothing."""
    was_hidden = header.isSectionHidden(column)
    header.setSectionHidden(column, False)
    width = max(view.sizeHintForColumn(column), header.sectionSizeHint(column))
    header.setSectionHidden(column, was_hidden)
    return width
