"""A box beside the pointer that says what is read there: a title, and a row of values for each line."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from nnviz.ui.theme import number_font, theme_manager

PADDING = 8.0
CHIP = 10.0
GAP = 14.0
AWAY = 16  # from the pointer, pixels
EDGE = 4
WIDEST_NAME = 260.0


@dataclass(frozen=True)
class ReadoutRow:
    """One line: its colour, its name, and a value for each column."""

    color: QColor
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class ReadoutText:
    """A title, what the columns are (none where the names say it), and the rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[ReadoutRow, ...]

    @property
    def spoken(self) -> str:
        """The same as a sentence."""
        columns = self.columns or ("",)
        rows = []
        for row in self.rows:
            said = (f"{name} {value}".strip() for name, value in zip(columns, row.values, strict=True))
            rows.append(f"{row.name} {', '.join(said)}")
        return f"{self.title}: {'; '.join(rows)}"


class Readout(QWidget):
    """Shows a `ReadoutText` over the window of another widget; the mouse goes through it."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self.setObjectName("readout")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._owner = owner
        self._text = ReadoutText("", (), ())
        self.hide()

    def show_at(self, at: QPoint, text: ReadoutText) -> None:
        """Show this beside a point of the owner; the window may have become another one."""
        self._text = text
        self.setAccessibleDescription(text.spoken)
        window = self._owner.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        at = self._owner.mapTo(window, at)
        size, room = self._size(), window.rect().adjusted(EDGE, EDGE, -EDGE, -EDGE)
        x = at.x() + AWAY if at.x() + AWAY + size.width() <= room.right() else at.x() - AWAY - size.width()
        y = min(at.y() + AWAY, room.bottom() - size.height())
        self.setGeometry(QRect(QPoint(max(room.left(), x), max(room.top(), y)), size))
        self.show()
        self.raise_()
        self.update()

    # --- measures -----------------------------------------------------------------------------------------------------

    def _line(self) -> float:
        return QFontMetricsF(self._owner.font()).height() + 2.0

    def _name_width(self) -> float:
        metrics = QFontMetricsF(self._owner.font())
        return max((min(WIDEST_NAME, metrics.horizontalAdvance(row.name)) for row in self._text.rows), default=0.0)

    def _column_widths(self) -> list[float]:
        words, numbers = QFontMetricsF(self._owner.font()), QFontMetricsF(number_font())
        heads = self._text.columns or ("",) * (len(self._text.rows[0].values) if self._text.rows else 0)
        return [
            max(words.horizontalAdvance(head), *(numbers.horizontalAdvance(row.values[at]) for row in self._text.rows))
            for at, head in enumerate(heads)
        ]

    def _size(self) -> QSize:
        title = QFontMetricsF(self._owner.font()).horizontalAdvance(self._text.title)
        wide = CHIP + PADDING + self._name_width() + sum(GAP + width for width in self._column_widths())
        lines = 1 + len(self._text.rows)
        if self._text.columns:  # they stand beside the title
            wide = max(wide, title + GAP + sum(GAP + width for width in self._column_widths()))
        return QSize(round(max(wide, title) + 2 * PADDING + 1), round(lines * self._line() + 2 * PADDING))

    # --- painting -----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        theme, line = theme_manager().theme, self._line()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("muted"), 1))
        painter.setBrush(theme.color("panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setFont(self._owner.font())
        painter.setPen(theme.color("muted"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(PADDING, PADDING, self.width(), line), middle, self._text.title)
        self._paint_values(painter, PADDING, self._text.columns)
        metrics = QFontMetricsF(self._owner.font())
        for index, row in enumerate(self._text.rows):
            top = PADDING + (index + 1) * line
            painter.fillRect(QRectF(PADDING, top + (line - CHIP) / 2, CHIP, CHIP), row.color)
            painter.setPen(theme.color("text"))
            painter.setFont(self._owner.font())
            name = metrics.elidedText(row.name, Qt.TextElideMode.ElideRight, WIDEST_NAME + 1)
            painter.drawText(QRectF(2 * PADDING + CHIP, top, WIDEST_NAME + 4, line), middle, name)
            painter.setFont(number_font())
            self._paint_values(painter, top, row.values)

    def _paint_values(self, painter: QPainter, top: float, texts: tuple[str, ...]) -> None:
        """Right-aligned, the last column at the right edge."""
        right = self.width() - PADDING
        for text, width in zip(reversed(texts), reversed(self._column_widths()), strict=False):
            box = QRectF(right - width - 1, top, width + 1, self._line())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
            right -= width + GAP
