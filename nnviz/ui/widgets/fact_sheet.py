"""Names and numbers in two aligned columns, with formulas between them.

Painted by hand: thirty times a second, a rich text label costs ten times as much.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAction,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QHelpEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnviz.ui.theme import Theme, number_font, theme_manager

NO_BREAK = "\u00a0"
WORD_JOINER = "\u2060"
LONGEST_SIDE = 26
LINE_GAP = 4.0
SECTION_GAP = 8.0
COLUMN_GAP = 8.0
NARROWEST = 160
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
ENDLESS = 10_000.0


@dataclass(frozen=True)
class Fact:
    """One line: a name and its value. `is_number` values stand in a monospaced face.

    `in_full` is the value with all its digits, for who points at it.
    """

    name: str
    value: str
    is_number: bool = True
    in_full: str = ""


@dataclass(frozen=True)
class Formula:
    """Lines of their own, which wrap. `in_full` is the result with all its digits, for who points at it."""

    text: str
    in_full: str = ""


@dataclass(frozen=True)
class Note:
    """A quiet sentence."""

    text: str


@dataclass(frozen=True)
class Sentence:
    """A sentence that is to be read."""

    text: str


@dataclass(frozen=True)
class Section:
    """A heading between facts."""

    text: str


Line = Fact | Formula | Note | Sentence | Section


class FactSheet(QWidget):
    """A few lines of facts, laid out and painted anew only when one of them has changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[Line, ...] = ()
        self._height = 0
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        copy = QAction(self.tr("Copy the numbers"), self)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self._copy)
        self.addAction(copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        theme_manager().changed.connect(self._lay_out)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show other lines."""
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self._lay_out()

    def plain_text(self) -> str:
        """All lines as text; names and values are separated by tabs."""
        return "\n".join(f"{line.name}\t{line.value}" if isinstance(line, Fact) else line.text for line in self._lines)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.plain_text())

    # --- layout -------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        height = self.heightForWidth(self.width())
        if height != self._height:
            self._height = height
            self.updateGeometry()
        self.setAccessibleDescription(self.plain_text())
        self.update()

    def heightForWidth(self, width: int) -> int:
        """Return the height of all lines when they wrap at `width`."""
        layout = _Layout(self.font(), float(max(width, NARROWEST)))
        return math.ceil(sum(layout.height(line, place == 0) for place, line in enumerate(self._lines)))

    def sizeHint(self) -> QSize:
        """Return the height for the width at hand."""
        width = max(self.width(), NARROWEST)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """Return the same height, as narrow as it is readable."""
        return QSize(NARROWEST, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take as much height as the lines need when they wrap at the new width."""
        super().resizeEvent(event)
        if event.oldSize().width() != self.width():
            self._lay_out()

    def event(self, event: QEvent) -> bool:
        """Show a number with all its digits, where the pointer rests on it."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            line = self._line_at(event.pos().y())
            text = line.in_full if isinstance(line, Fact | Formula) else ""
            QToolTip.showText(event.globalPos(), self.tr("in full: {number}").format(number=text) if text else "", self)
            return True
        return super().event(event)

    def _line_at(self, y: float) -> Line | None:
        layout, bottom = _Layout(self.font(), float(self.width())), 0.0
        for place, line in enumerate(self._lines):
            bottom += layout.height(line, place == 0)
            if y < bottom:
                return line
        return None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint all lines."""
        theme = theme_manager().theme
        layout = _Layout(self.font(), float(self.width()))
        painter = QPainter(self)
        top = 0.0
        for place, line in enumerate(self._lines):
            height = layout.height(line, place == 0)
            layout.paint(painter, line, QRectF(0, top, self.width(), height - LINE_GAP), theme)
            top += height
        if self.hasFocus():
            painter.setPen(theme.color("accent"))
            painter.drawLine(0, 0, 0, int(top))


class _Layout:
    """Measures and paints lines of a given width."""

    def __init__(self, font: QFont, width: float) -> None:
        self._width = width
        self._text = font
        self._bold = QFont(font)
        self._bold.setBold(True)
        self._numbers = number_font()

    def _font(self, line: Line) -> QFont:
        if isinstance(line, Section):
            return self._bold
        return self._numbers if isinstance(line, Formula) else self._text

    def _name_width(self, fact: Fact) -> float:
        font = self._numbers if fact.is_number else self._text
        return max(40.0, self._width - COLUMN_GAP - QFontMetricsF(font).horizontalAdvance(fact.value))

    def height(self, line: Line, first: bool) -> float:
        """Height of a line, with the gap after it and, for headings, before it."""
        text = line.name if isinstance(line, Fact) else _shown(line)
        width = self._name_width(line) if isinstance(line, Fact) else self._width
        box = QFontMetricsF(self._font(line)).boundingRect(QRectF(0, 0, width, ENDLESS), LEFT, text)
        gap = SECTION_GAP if isinstance(line, Section) and not first else 0.0
        return box.height() + LINE_GAP + gap

    def paint(self, painter: QPainter, line: Line, box: QRectF, theme: Theme) -> None:
        """Paint a line at the bottom of its box."""
        quiet = isinstance(line, Fact | Note)
        painter.setFont(self._font(line))
        painter.setPen(theme.color("muted" if quiet else "text"))
        if not isinstance(line, Fact):
            bottom = int(Qt.AlignmentFlag.AlignBottom | Qt.TextFlag.TextWordWrap)
            painter.drawText(box, bottom, _shown(line))
            return
        painter.drawText(QRectF(box.left(), box.top(), self._name_width(line), box.height()), LEFT, line.name)
        if line.is_number:
            painter.setFont(self._numbers)
            painter.setPen(theme.color("text"))
        painter.drawText(box, RIGHT, line.value)


def _shown(line: Formula | Note | Sentence | Section) -> str:
    """Let a formula wrap in front of its equals signs; inside only where a side is too long for a line."""
    if not isinstance(line, Formula):
        return line.text
    sides = line.text.split(" = ")
    short = [
        side.replace(" ", NO_BREAK).replace("/", f"/{WORD_JOINER}") if len(side) <= LONGEST_SIDE else side
        for side in sides
    ]
    return f" ={NO_BREAK}".join(short)
