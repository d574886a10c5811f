"""A slider for a weight, with zero in its middle; it reaches as far as the weight needs."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from nnviz.ui.formula.numbers import significant
from nnviz.ui.theme import number_font
from nnviz.ui.widgets.layout import ROW_GAP

STEPS = 1000  # to each side
ROOM = 1.5  # times the weight
FAR_TOO_MUCH = 50  # times the reach that would do


class _Slider(QSlider):
    """Leaves the wheel to the panel, which scrolls."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll on."""
        event.ignore()


class WeightSlider(QWidget):
    """Goes from −reach to +reach.

    Signals
    -------
    moved(float)
        A person has moved it to this value.
    dragged(bool)
        A drag has begun, or is over.
    """

    moved = Signal(float)
    dragged = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reach = 1.0
        self._slider = _Slider(Qt.Orientation.Horizontal)
        self._slider.setObjectName("poke_slider")
        self._slider.setAccessibleName(self.tr("Value, by dragging"))
        self._slider.setToolTip(self.tr("Drag: the network answers at once"))
        self._slider.setRange(-STEPS, STEPS)
        self._slider.setSingleStep(STEPS // 100)
        self._slider.setPageStep(STEPS // 10)
        self._slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self._slider.setTickInterval(STEPS)
        self._slider.valueChanged.connect(lambda step: self.moved.emit(self._value_at(step)))
        self._slider.sliderPressed.connect(lambda: self.dragged.emit(True))
        self._slider.sliderReleased.connect(lambda: self.dragged.emit(False))
        self._ends = QLabel(), QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(ROW_GAP)
        for widget, stretch in ((self._ends[0], 0), (self._slider, 1), (self._ends[1], 0)):
            row.addWidget(widget, stretch)
        for label in self._ends:
            label.setProperty("role", "muted")
            label.setFont(number_font())
        self._label_ends()

    def _value_at(self, step: int) -> float:
        return round(step / STEPS * self._reach, 6)

    def show_value(self, value: float, anew: bool) -> None:
        """Show the value that is in force, unless a person drags.

        The reach follows what needs more of it, and what needs far less, as after a reset; `anew` marks another weight.
        """
        if self._slider.isSliderDown():
            return
        needed = abs(value)
        wanted = _round_above(ROOM * needed)
        if anew or needed >= self._reach or wanted * FAR_TOO_MUCH <= self._reach:
            self._reach = wanted
            self._label_ends()
        self._slider.blockSignals(True)
        self._slider.setValue(round(value / self._reach * STEPS))
        self._slider.blockSignals(False)

    def _label_ends(self) -> None:
        for label, sign in zip(self._ends, (-1, 1), strict=True):
            label.setText(significant(sign * self._reach))


def _round_above(value: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20 … that is not below `value`; what is not a number counts as 1."""
    reach = 1.0
    factors = (2.0, 2.5, 2.0)
    for turn in range(60):
        if not value > reach:
            break
        reach *= factors[turn % 3]
    return reach
