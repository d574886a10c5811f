"""A label of a few lines at most: what does not fit is in its tool tip."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QTextLayout
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

ELLIPSIS = "…"


class ShortLabel(QLabel):
    """Wraps a sentence, and ends it with an ellipsis where it would need more than `most` lines."""

    def __init__(self, most: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._most, self._whole = most, ""
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)

    def show_text(self, text: str) -> None:
        """Show as much of `text` as there is room for."""
        if text != self._whole:
            self._whole = text
            self.setAccessibleName(text)
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much as there is room for now."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        end = self._end_of_last_line()
        shown = self._whole
        if end < len(shown):
            shown = shown[: end - 1].rstrip(" ,.:;") + ELLIPSIS
        if shown != self.text():
            self.setText(shown)
            self.setToolTip("" if shown == self._whole else self._whole)

    def _end_of_last_line(self) -> int:
        """How many letters fit into all lines."""
        layout, end = QTextLayout(self._whole, self.font()), 0
        ellipsis = self.fontMetrics().horizontalAdvance(ELLIPSIS)
        layout.beginLayout()
        for left in range(self._most - 1, -1, -1):
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(max(self.width() - (0 if left else ellipsis), 1))
            end = line.textStart() + line.textLength()
        layout.endLayout()
        return end
