"""One question of a worksheet: its formula, a field for the answer, and what came of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from nnviz.ui.theme import number_font
from nnviz.ui.widgets.fact_sheet import FactSheet, Formula
from nnviz.ui.widgets.layout import message_label, show_message
from nnviz.ui.widgets.number_field import parsed

LONGEST_ANSWER = 40
POWER_OF_TEN = re.compile(r"[·*×x]10\^?")
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def typed_number(text: str) -> float | None:
    """Read a number with comma or point, also as 4.39e-4 or 4.39·10^-4; None if it is none."""
    plain = re.sub(r"\s", "", text).translate(SUPERSCRIPTS)
    return parsed(POWER_OF_TEN.sub("e", plain))


@dataclass(frozen=True)
class RowContent:
    """What a row shows.

    `heading` stands above the first row of a layer, `name` above the formula. `praise` and `hint` are what came of
    the last answer, `way` says how the result is worked out; a row that is `closed` takes no more answers.
    """

    symbol: str
    formula: str
    answer: str
    heading: str = ""
    name: str = ""
    praise: str = ""
    hint: str = ""
    way: str = ""
    closed: bool = False


class WorksheetRow(QWidget):
    """Return marks the answer.

    Signals
    -------
    answered(str, float)
        What was typed, and the number that it is.
    given_up()
        The learner wants to see the way.
    """

    answered = Signal(str, float)
    given_up = Signal()

    def __init__(self, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heading = message_label("heading")
        self._name = message_label("muted")
        self._name.setObjectName(f"worksheet_name_{number}")
        self._formula = FactSheet()
        self._formula.setObjectName(f"worksheet_formula_{number}")
        self._formula.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.field = QLineEdit()
        self.field.setObjectName(f"worksheet_answer_{number}")
        self.field.setMaxLength(LONGEST_ANSWER)
        self.field.setFont(number_font())
        self.field.setMinimumWidth(70)
        self.field.returnPressed.connect(self._answer)
        self._way = QPushButton(self.tr("Show the way"))
        self._way.setObjectName(f"worksheet_show_{number}")
        self._way.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._way.setAutoDefault(False)
        self._way.clicked.connect(self.given_up)
        self._praise, self._hint = message_label("good"), message_label("error")
        self._explained = message_label("muted")
        self._explained.setObjectName(f"worksheet_way_{number}")
        self._praise.setObjectName(f"worksheet_praise_{number}")
        self._hint.setObjectName(f"worksheet_hint_{number}")
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.field, 1)
        line.addWidget(self._way)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(4)
        column.addWidget(self._heading)
        column.addWidget(self._name)
        column.addWidget(self._formula)
        column.addLayout(line)
        column.addWidget(self._praise)
        column.addWidget(self._hint)
        column.addWidget(self._explained)

    def show_content(self, content: RowContent) -> None:
        """Show the question, and how far it has come."""
        show_message(self._heading, content.heading)
        show_message(self._name, content.name)
        self._formula.show_lines([Formula(content.formula)])
        self._formula.setAccessibleName(content.formula)
        self.field.setPlaceholderText(f"{content.symbol} = ?")
        self.field.setAccessibleName(self.tr("Your answer for {symbol}").format(symbol=content.symbol))
        self._way.setAccessibleName(self.tr("Show the way to {symbol}").format(symbol=content.symbol))
        if self.field.text() != content.answer and (content.closed or not self.field.isModified()):
            self.field.setText(content.answer)
        for widget in (self.field, self._way):
            widget.setVisible(not content.closed)
        show_message(self._praise, content.praise)
        show_message(self._hint, content.hint)
        show_message(self._explained, content.way)

    def _answer(self) -> None:
        text = self.field.text().strip()
        number = typed_number(text)
        if number is not None:
            self.answered.emit(text, number)
        elif text:
            show_message(self._hint, self.tr("This is not a number."))
        self.field.selectAll()
