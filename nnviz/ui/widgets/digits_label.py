"""Numbers under each other, with the digits marked in which they agree with the last one."""

from __future__ import annotations

import math
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from nnviz.core.microscope import agreeing_digits
from nnviz.ui.formula.numbers import MINUS, power_of_ten
from nnviz.ui.theme import number_font, theme_manager

DIGITS = 9
Row = tuple[str, float]


def printed_alike(values: list[float], digits: int = DIGITS) -> tuple[list[str], str]:
    """Print numbers with the same places; and the power of ten that follows all of them (often empty)."""
    largest = max(abs(value) for value in values)
    if not math.isfinite(largest) or largest == 0:
        return [f"{value:g}" for value in values], ""
    power = math.floor(math.log10(largest))
    written = 0 if -4 <= power < 6 else power
    decimals = max(0, digits - 1 - power + written)
    texts = [f"{value / 10.0**written:.{decimals}f}".replace("-", MINUS) for value in values]
    return texts, f"·{power_of_ten(written)}" if written else ""


class DigitsLabel(QLabel):
    """A small table: a name and a number in each row."""

    def __init__(self, name: str, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Row, ...] = ()
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        theme_manager().changed.connect(self._write)

    def show_numbers(self, rows: tuple[Row, ...]) -> list[int]:
        """Show numbers with their names; return in how many digits each but the last agrees with the last."""
        self._rows = rows
        return self._write()

    def _write(self) -> list[int]:
        if not self._rows:
            return []
        names = [name for name, _ in self._rows]
        texts, unit = printed_alike([value for _, value in self._rows])
        same = [_common_length(text, texts[-1]) for text in texts[:-1]]
        same.append(max(same, default=0))
        rows = [self._row(*row, unit) for row in zip(names, texts, same, strict=True)]
        self.setText(f"<table width='100%' cellspacing=0 cellpadding=1>{''.join(rows)}</table>")
        self.setAccessibleDescription(", ".join(f"{n} {t}{unit}" for n, t in zip(names, texts, strict=True)))
        return [agreeing_digits(text, texts[-1]) for text in texts[:-1]]

    def _row(self, name: str, text: str, same: int, unit: str) -> str:
        theme, face = theme_manager().theme, number_font().family()
        number = f"<span style='color:{theme.good}; text-decoration:underline'>{text[:same]}</span>{text[same:]}{unit}"
        return (
            f"<tr><td style='color:{theme.muted}'>{escape(name)}</td>"
            f"<td align=right style='font-family:\"{face}\"; color:{theme.text}'>{number}</td></tr>"
        )


def _common_length(one: str, other: str) -> int:
    """Count the characters with which both begin."""
    same = 0
    while same < len(one) and one[same : same + 1] == other[same : same + 1]:
        same += 1
    return same
