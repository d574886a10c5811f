"""Names and numbers in two aligned columns, with formulas between them; all of it can be selected and copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from nnviz.ui.theme import number_font, theme_manager


@dataclass(frozen=True)
class Fact:
    """One line: a name and its value. `is_number` values stand in a monospaced face."""

    name: str
    value: str
    is_number: bool = True


@dataclass(frozen=True)
class Formula:
    """A line of its own, which wraps."""

    text: str


@dataclass(frozen=True)
class Note:
    """A quiet sentence."""

    text: str


@dataclass(frozen=True)
class Section:
    """A heading between facts."""

    text: str


Line = Fact | Formula | Note | Section


class FactSheet(QLabel):
    """A few lines of facts, laid out anew only when one of them has changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[Line, ...] = ()
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        theme_manager().changed.connect(self._lay_out)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show other lines."""
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self._lay_out()

    def _lay_out(self) -> None:
        muted = theme_manager().theme.muted
        face = escape(number_font().family())
        rows = "".join(_row(line, muted, face) for line in self._lines)
        self.setText(f'<table width="100%" cellspacing="0" cellpadding="2">{rows}</table>')


def _row(line: Line, muted: str, face: str) -> str:
    match line:
        case Fact(name, value, is_number):
            style = f"font-family:'{face}'" if is_number else f"color:{muted}"
            return (
                f'<tr><td style="color:{muted}">{escape(name)}</td>'
                f'<td align="right" style="{style}">{escape(value)}</td></tr>'
            )
        case Formula(text):
            return f"<tr><td colspan=\"2\" style=\"font-family:'{face}'\">{escape(text)}</td></tr>"
        case Note(text):
            return f'<tr><td colspan="2" style="color:{muted}">{escape(text)}</td></tr>'
        case Section(text):
            return f'<tr><td colspan="2" style="padding-top:8px"><b>{escape(text)}</b></td></tr>'
