"""Which class, or which number, a point gets that a person adds."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QRadioButton, QVBoxLayout, QWidget

from nnviz.core.data import DataSummary, Task
from nnviz.core.settings import Number
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.dots import dot
from nnviz.ui.widgets.layout import ROW_GAP, heading, put_in_place
from nnviz.ui.widgets.plane_paint import class_colors, value_limit
from nnviz.ui.widgets.setting_slider import SettingSlider
from nnviz.ui.widgets.texts import translated

DOT = 14
COLUMNS = 2
STEPS = 20


class AnswerChoice(QWidget):
    """Buttons for the classes, of which one is chosen; a slider where numbers are to be predicted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._made_for: tuple[object, ...] | None = None
        self._group = QButtonGroup(self)
        self._slider: SettingSlider | None = None
        self._place = QVBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(ROW_GAP)
        column.addWidget(heading(self.tr("A click adds")))
        column.addLayout(self._place)
        theme_manager().changed.connect(self._color)

    @property
    def answer(self) -> float:
        """The chosen class, counted from 0, or number."""
        return float(self._group.checkedId()) if self._slider is None else self._slider.value

    def show_data(self, summary: DataSummary) -> None:
        """Offer the answers that there are for these data."""
        limit = float(f"{value_limit(summary) or 1.0:.1g}") if summary.task is Task.VALUES else 0.0
        needed = (summary.task, summary.classes, limit)
        if needed != self._made_for:
            self._made_for = needed
            for button in self._group.buttons():
                self._group.removeButton(button)
            self._slider = None
            made = self._buttons(summary.classes) if summary.task is Task.CLASSES else self._make_slider(limit)
            put_in_place(self._place, made)

    def _buttons(self, classes: tuple[str, ...]) -> QWidget:
        place = QWidget(self)
        grid = QGridLayout(place)
        grid.setContentsMargins(0, 0, 0, 0)
        for index, name in enumerate(classes):
            button = QRadioButton(translated(name), place)
            button.setObjectName(f"add_class_{index}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setIconSize(QSize(DOT, DOT))
            self._group.addButton(button, index)
            grid.addWidget(button, index // COLUMNS, index % COLUMNS)
        self._group.button(len(classes) - 1).setChecked(True)
        self._color()
        return place

    def _make_slider(self, limit: float) -> SettingSlider:
        value = Number(
            self.tr("Value"), self.tr("The number to be predicted there."), -limit, limit, step=limit / STEPS
        )
        self._slider = SettingSlider(value, "add_value_slider", 0, self)
        self._slider.show_value(limit)
        return self._slider

    def _color(self) -> None:
        buttons = self._group.buttons()
        colors = class_colors(theme_manager().theme, len(buttons))
        for button, color in zip(buttons, colors, strict=False):
            button.setIcon(QIcon(dot(color, DOT, self.devicePixelRatioF(), margin=1)))
