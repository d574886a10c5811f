"""A quiet line that says how a training is, and offers what can be done where something is wrong."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from nnviz.core.remedies import Remedy
from nnviz.ui.health_texts import remedy_help, remedy_text
from nnviz.ui.icons import icon
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.layout import ROW_GAP
from nnviz.ui.widgets.short_label import ShortLabel

ICON_SIDE = 18
MOST_LINES = 3  # of a finding, for the rows below it to be seen; its tool tip has all of it
BESIDE = 330  # px from which on the buttons stand beside the text
IN_A_ROW = 700  # and from which on they stand beside each other

Advice = tuple[str, tuple[Remedy, ...]]


class HealthLine(QWidget):
    """One line for each finding, with a button for each remedy; one calm line where there is none.

    Signals
    -------
    remedy_chosen(Remedy)
    """

    remedy_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("health_line")
        self.setAccessibleName(self.tr("How the training is"))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(ROW_GAP)
        self._offered: list[tuple[Remedy, ...]] = []
        self._labels: list[ShortLabel] = []
        self._icons: list[QLabel] = []
        self._lines: list[tuple[QBoxLayout, QBoxLayout]] = []
        self._shows_trouble = False
        theme_manager().changed.connect(self._paint_icons)

    def show_advice(self, advice: tuple[Advice, ...], calm: str) -> None:
        """Show findings with their remedies, or, if there are none, the `calm` sentence."""
        lines = list(advice) or [(calm, ())]
        offered = [remedies for _, remedies in lines]
        if offered != self._offered or bool(advice) != self._shows_trouble:  # else the buttons stay, under the mouse
            self._offered, self._shows_trouble = offered, bool(advice)
            self._rebuild()
        for label, (text, _) in zip(self._labels, lines, strict=True):
            label.show_text(text)
        self.setAccessibleDescription(" ".join(text for text, _ in lines))

    def _rebuild(self) -> None:
        self._labels, self._icons, self._lines = [], [], []
        while (item := self._column.takeAt(0)) is not None:
            old = item.widget()
            old.hide()
            old.setParent(None)
            old.deleteLater()
        for remedies in self._offered:
            self._column.addWidget(self._line(remedies))
        self._paint_icons()

    def _line(self, remedies: tuple[Remedy, ...]) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(ROW_GAP)
        sign = QLabel()
        sign.setFixedSize(ICON_SIDE, ICON_SIDE)
        text = ShortLabel(MOST_LINES)
        text.setObjectName("health_text")
        if not self._shows_trouble:
            text.setProperty("role", "muted")
        buttons = QBoxLayout(self._direction(IN_A_ROW))
        buttons.setSpacing(ROW_GAP)
        for remedy in remedies:
            buttons.addWidget(self._button(remedy), 0, Qt.AlignmentFlag.AlignLeft)
        buttons.addStretch(1)
        what = QBoxLayout(self._direction(BESIDE))
        what.setSpacing(ROW_GAP)
        what.addWidget(text, 1)
        if remedies:
            what.addLayout(buttons)
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(what, 1)
        self._labels.append(text)
        self._icons.append(sign)
        self._lines.append((what, buttons))
        return line

    def _direction(self, width: int) -> QBoxLayout.Direction:
        """Side by side from some width on, below each other where there is less room."""
        is_wide = self.width() >= width
        return QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Find the better place for the buttons."""
        super().resizeEvent(event)
        for line, buttons in self._lines:
            line.setDirection(self._direction(BESIDE))
            buttons.setDirection(self._direction(IN_A_ROW))

    def _button(self, remedy: Remedy) -> QPushButton:
        button = QPushButton(remedy_text(remedy))
        button.setObjectName(f"remedy_{remedy.cure}_button")
        button.setToolTip(remedy_help(remedy))
        button.setAccessibleDescription(remedy_help(remedy))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self.remedy_chosen.emit(remedy))
        return button

    def _paint_icons(self) -> None:
        name, color = ("warning", "warning") if self._shows_trouble else ("info", "good")
        pixmap = icon(name, theme_manager().theme, color).pixmap(ICON_SIDE, ICON_SIDE)
        for sign in self._icons:
            sign.setPixmap(pixmap)
