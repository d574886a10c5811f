"""The key over the curves of a race: a line of its colour for each racer, with its name, or the value pointed at."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnviz.ui.theme import number_font, theme_manager

SAMPLE = 18.0
GAP = 6.0
CELL_GAP = 12.0


@dataclass(frozen=True)
class KeyEntry:
    """One racer: its number, its name, and the value that is read (empty while nobody points)."""

    number: int
    name: str
    value: str = ""


class RaceKey(QWidget):
    """Paints the entries in one row; where that is narrow, without the names, which the table has, too."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = ""
        self._entries: tuple[KeyEntry, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        theme_manager().changed.connect(self.update)

    def show_entries(self, title: str, entries: tuple[KeyEntry, ...]) -> None:
        """Show these from now on; `title` says where the values are read."""
        if (title, entries) != (self._title, self._entries):
            self._title, self._entries = title, entries
            spoken = ", ".join(f"{entry.name} {entry.value}".strip() for entry in entries)
            self.setAccessibleDescription(f"{title}: {spoken}" if title else spoken)
            self.update()

    def sizeHint(self) -> QSize:
        """One line high."""
        return QSize(200, round(QFontMetricsF(self.font()).height()) + 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the title and the entries."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._entries:
            return
        x = self._paint_title(painter)
        widths = self._name_widths(self.width() - x)
        if not any(widths) and not any(entry.value for entry in self._entries):
            return  # colours without a word say nothing
        for entry, width in zip(self._entries, widths, strict=True):
            x = self._paint_entry(painter, entry, x, width) + CELL_GAP

    def _paint_title(self, painter: QPainter) -> float:
        if not self._title:
            return 0.0
        painter.setPen(theme_manager().theme.color("muted"))
        painter.drawText(QRectF(0, 0, self.width(), self.height()), Qt.AlignmentFlag.AlignVCenter, self._title)
        return QFontMetricsF(self.font()).horizontalAdvance(self._title) + CELL_GAP

    def _name_widths(self, room: float) -> list[float]:
        """Give every name what it needs; nothing, if there is too little room for all of them."""
        metrics = QFontMetricsF(self.font())
        wanted = [metrics.horizontalAdvance(entry.name) for entry in self._entries]
        taken = sum(SAMPLE + GAP + self._value_width(entry) + CELL_GAP for entry in self._entries)
        return wanted if taken + sum(wanted) <= room else [0.0] * len(wanted)

    def _value_width(self, entry: KeyEntry) -> float:
        return QFontMetricsF(number_font()).horizontalAdvance(entry.value) + GAP if entry.value else 0.0

    def _paint_entry(self, painter: QPainter, entry: KeyEntry, x: float, name_width: float) -> float:
        middle = self.height() / 2
        painter.setPen(QPen(theme_manager().theme.run_color(entry.number), 3))
        painter.drawLine(QPointF(x, middle), QPointF(x + SAMPLE, middle))
        painter.setPen(theme_manager().theme.color("text"))
        x += SAMPLE + GAP
        if name_width:
            painter.setFont(self.font())
            painter.drawText(QRectF(x, 0, name_width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, entry.name)
            x += name_width
        if entry.value:
            painter.setFont(number_font())
            box = QRectF(x + (GAP if name_width else 0), 0, self.width(), self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, entry.value)
            x += self._value_width(entry)
        return x
