"""A slider for one declared number, with its name and its value."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from nnviz.core.settings import Number
from nnviz.ui.theme import number_font
from nnviz.ui.widgets.layout import ROW_GAP
from nnviz.ui.widgets.number_field import written
from nnviz.ui.widgets.texts import translated


class _Slider(QSlider):
    """A slider that leaves the wheel to the panel, which scrolls, unless it has the focus."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turn only with the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class SettingSlider(QWidget):
    """Goes from the smallest to the largest value of `number`, in its steps.

    Signals
    -------
    settled(float)
        A person has chosen another value: when the slider is let go, and with each step by key and wheel.
    """

    settled = Signal(float)

    def __init__(self, number: Number, name: str, name_width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = number
        self._is_dragged = False  # to another value
        self._slider = _Slider(Qt.Orientation.Horizontal, self)
        self._slider.setObjectName(name)
        self._slider.setAccessibleName(translated(number.label))
        self._slider.setAccessibleDescription(translated(number.help))
        self._slider.setToolTip(f"<p>{translated(number.help)}</p>")
        self._slider.setRange(0, round((number.maximum - number.minimum) / number.step))
        self._slider.setPageStep(2)
        self._slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        label = QLabel(translated(number.label), self)
        label.setBuddy(self._slider)
        label.setMinimumWidth(name_width)
        self._text = QLabel(self)
        self._text.setObjectName(f"{name}_value")
        self._text.setFont(number_font())
        self._text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._text.setMinimumWidth(self._text.fontMetrics().horizontalAdvance("−0.00"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(ROW_GAP)
        row.addWidget(label)
        row.addWidget(self._slider, 1)
        row.addWidget(self._text)
        self._slider.valueChanged.connect(self._follow)
        self._slider.sliderReleased.connect(self._let_go)
        self._write()

    @property
    def value(self) -> float:
        """The chosen value."""
        return round(self._number.minimum + self._slider.value() * self._number.step, 10)

    def show_value(self, value: float) -> None:
        """Show the value that is in force, unless a person is choosing another."""
        if not self._slider.isSliderDown():
            self._slider.blockSignals(True)
            self._slider.setValue(round((value - self._number.minimum) / self._number.step))
            self._slider.blockSignals(False)
            self._write()

    def _follow(self) -> None:
        self._write()
        if self._slider.isSliderDown():
            self._is_dragged = True
        else:
            self.settled.emit(self.value)

    def _let_go(self) -> None:
        if self._is_dragged:
            self._is_dragged = False
            self.settled.emit(self.value)

    def _write(self) -> None:
        self._text.setText(written(self.value).replace("-", "−"))
