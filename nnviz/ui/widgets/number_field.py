"""A field for one number: free text, steps that fit its size, and it says what is wrong instead of correcting it."""

from __future__ import annotations

import math
import re

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QWidget

from nnviz.core.settings import Number
from nnviz.ui.widgets.own_keys import COMMANDS
from nnviz.ui.widgets.texts import translated

# Wide enough that Qt never corrects what a person enters: saying what is wrong is this program's part.
LARGEST = 1e300
DECIMALS = 30
WRITTEN_WITH = frozenset("0123456789.,eE+-−")
GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+")


def parsed(text: str, integer: bool = False) -> float | None:
    """Read a number as people write it: ``3e-4``, ``0,001``, ``10,000`` (where whole), ``−1``; None if it is none."""
    plain = re.sub(r"\s", "", text).replace("−", "-")
    plain = plain.replace(",", "") if integer and GROUPED.fullmatch(plain) else plain.replace(",", ".")
    try:
        value = float(plain)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def written(value: float) -> str:
    """Write a number as short as it can be: 0.001, 3e-5, 32."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    mantissa, _, exponent = f"{value:.12g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def stepped(number: Number, value: float, steps: int) -> float:
    """Return the value that lies `steps` steps above (below, if negative) `value`, within the bounds of `number`.

    Logarithmic numbers step through 1, 3, 10, 30 …; where they may be zero, ``number.step`` is its neighbour.
    """
    if number.logarithmic:
        for _ in range(abs(steps)):
            value = _next_above(number, value) if steps > 0 else _next_below(number, value)
    else:
        step = max(1.0, round(number.step)) if number.integer else number.step
        value = round(value + steps * step, 10)
    return min(max(value, number.minimum), number.maximum)


def _neighbours(value: float) -> list[float]:
    exponent = math.floor(math.log10(value))
    return [float(f"{digit}e{power}") for power in range(exponent - 1, exponent + 2) for digit in (1, 3)]


def _next_above(number: Number, value: float) -> float:
    if value <= 0:
        return number.minimum or number.step
    return min(step for step in _neighbours(value) if step > value * (1 + 1e-9))


def _next_below(number: Number, value: float) -> float:
    leaves_for_zero = number.minimum == 0 and math.isclose(value, number.step)
    if value <= number.minimum or leaves_for_zero:
        return number.minimum
    return max(step for step in _neighbours(value) if step < value * (1 - 1e-9))


def _is_foreign(event: QKeyEvent) -> bool:
    """Say whether a key stands for a character that no number is written with."""
    text = event.text()
    types = text != "" and text.isprintable() and not event.modifiers() & COMMANDS
    return types and text not in WRITTEN_WITH


class NumberField(QDoubleSpinBox):
    """A `QDoubleSpinBox` that accepts any text, and tells whether it is a number that `number` allows.

    What is typed counts when Return is pressed or the field is left; arrows and the wheel count at once. The wheel
    works only while the field has the focus, so that scrolling a panel never changes a value. Escape goes back. Return,
    Escape and a click on the arrows give the focus away, so that the next key is the window's again; a wrong entry
    keeps it.

    Signals
    -------
    settled()
        A person has entered something: see `entry` and `problem`.
    """

    settled = Signal()

    def __init__(self, number: Number, value: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = number
        self._in_force = value
        self._no_number: str | None = None
        self.setDecimals(DECIMALS)
        self.setRange(-LARGEST, LARGEST)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if number.unit:
            self.setSuffix(f" {translated(number.unit)}")
        self._write(value)
        self.valueChanged.connect(self._settle)
        self.editingFinished.connect(self._settle)

    @property
    def entry(self) -> float | str:
        """What stands in the field: a number (an int where it is whole), or the text where it is none."""
        if self._no_number is not None:
            return self._no_number
        value = self.value()
        return int(value) if self._number.integer and value.is_integer() else value

    @property
    def problem(self) -> str | None:
        """What is wrong with the entry, or None."""
        return self._number.problem(self.entry)

    def show_value(self, value: float) -> None:
        """Show the value that is in force now, unless a person is typing here."""
        self._in_force = value
        if not (self.hasFocus() and self.lineEdit().isModified()):
            self._write(value)

    def setValue(self, value: float) -> None:
        """Enter a number, as if it had been typed."""
        self._no_number = None
        super().setValue(value)

    def valueFromText(self, text: str) -> float:
        """Read the text; where it is no number, remember it, and keep the number before."""
        text = text.replace(self.suffix().strip(), "").strip()  # people type the unit, too
        value = parsed(text, self._number.integer)
        self._no_number = text if value is None else None
        return self.value() if value is None else value

    def textFromValue(self, value: float) -> str:
        """Write the number, or what was typed instead of one."""
        return written(value) if self._no_number is None else self._no_number

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Let everything be typed."""
        return QValidator.State.Acceptable, text, position

    def stepBy(self, steps: int) -> None:
        """Go up or down by so many steps."""
        self.interpretText()
        self.setValue(stepped(self._number, self.value(), steps))
        self.selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Say which of the arrows lead anywhere."""
        flags = QAbstractSpinBox.StepEnabledFlag.StepNone
        if self.value() < self._number.maximum:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepUpEnabled
        if self.value() > self._number.minimum:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        return flags

    def minimumSizeHint(self) -> QSize:
        """Leave room for about eight digits, whatever the bounds are."""
        height = super().minimumSizeHint().height()
        return QSize(self.fontMetrics().horizontalAdvance("0" * 8 + self.suffix()) + height, height)

    def sizeHint(self) -> QSize:
        """Ask for no more than the minimum: forms give all fields one width."""
        return self.minimumSizeHint()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turn the number only while the field has the focus; scroll the panel otherwise."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Leave the field after a click on its arrows; a click into the text arrives there."""
        super().mouseReleaseEvent(event)
        if self.problem is None:
            self.clearFocus()

    def event(self, event: QEvent) -> bool:
        """Leave Space and letters, which no number contains, to the shortcuts of the window."""
        asks_for_key = event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if asks_for_key and _is_foreign(event):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Type what numbers are written with. Return enters it, Escape brings back the value that is in force."""
        if event.key() == Qt.Key.Key_Escape:
            self._go_back()
            self.clearFocus()
        elif _is_foreign(event):
            event.ignore()
        else:
            super().keyPressEvent(event)
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.problem is None:
                self.clearFocus()

    def _go_back(self) -> None:
        if self.lineEdit().isModified() or self.problem is not None:
            self._write(self._in_force)
            self._settle()

    def _write(self, value: float) -> None:
        self.blockSignals(True)
        self.setValue(value)
        self.blockSignals(False)
        self.lineEdit().setModified(False)

    def _settle(self) -> None:
        self.lineEdit().setModified(False)
        if self.problem is None:
            self._in_force = float(self.entry)
        self.settled.emit()
