"""A place for a label whose size does not depend on its text."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget


class Niche(QWidget):
    """Holds one widget, which fills it, and keeps its wishes to itself.

    A label with another text asks for another size, and Qt then lays out the whole window anew, docks and all: 2 ms for
    each new caption. The niche asks for what the widget wants at first.
    """

    def __init__(self, widget: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widget = widget
        widget.setParent(self)
        self.setSizePolicy(widget.sizePolicy())
        self.measure()

    def measure(self) -> None:
        """Ask the widget again what it wants, after its font has changed."""
        self._size, self._smallest = self._widget.sizeHint(), self._widget.minimumSizeHint()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Return what the widget wanted at first."""
        return self._size

    def minimumSizeHint(self) -> QSize:
        """Return what the widget needed at first."""
        return self._smallest

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the widget fill it."""
        super().resizeEvent(event)
        self._widget.setGeometry(self.rect())
