"""The row above a plot, with its switches."""

from __future__ import annotations

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget


def lay_out_plot(owner: QWidget, plot: QWidget) -> QHBoxLayout:
    """Fill `owner` with a plot and a row above it, which is returned."""
    owner.setBackgroundRole(QPalette.ColorRole.Base)
    owner.setAutoFillBackground(True)
    head = QHBoxLayout()
    head.setContentsMargins(10, 3, 6, 0)
    column = QVBoxLayout(owner)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addLayout(head)
    column.addWidget(plot, 1)
    return head


class PlotSwitch(QToolButton):
    """A switch that looks like a word until the mouse is over it."""

    def __init__(self, name: str, text: str, tip: str, accessible_name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setText(text)
        self.setToolTip(tip)
        self.setAccessibleName(accessible_name)
        self.setCheckable(True)
        self.setAutoRaise(True)
