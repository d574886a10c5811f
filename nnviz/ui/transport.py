"""The transport: buttons like those of a video player, and the speed of playing."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QSlider, QToolButton, QWidget

from nnviz.session.player import FASTEST, SLOWEST, Player
from nnviz.ui.actions import Actions
from nnviz.ui.theme import Theme, number_font, theme_manager

ICON = QSize(22, 22)
NOTCHES_PER_OCTAVE = 2
LAYOUT = (
    ("action_previous_batch", "action_step_back", "action_play", "action_step_forward", "action_next_layer"),
    ("action_next_batch", "action_next_epoch", "action_reset"),
)


class Transport(QWidget):
    """A row of buttons, one for each action, and the speed slider."""

    def __init__(self, actions: Actions, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transport")
        self._player = player
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 2, 4, 2)
        row.setSpacing(2)
        row.addWidget(self._run_button(actions["action_run"]))
        for group in LAYOUT:
            row.addWidget(self._line())
            for name in group:
                row.addWidget(self._button(actions[name]))
        row.addStretch(1)
        self._add_speed(row)
        theme_manager().changed.connect(self._style)
        self._style(theme_manager().theme)

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setObjectName(action.objectName().replace("action_", "button_"))
        button.setAutoRaise(True)
        button.setIconSize(ICON)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _run_button(self, action: QAction) -> QToolButton:
        button = self._button(action)
        button.setProperty("role", "run")
        button.setAutoRaise(False)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setMinimumWidth(104)
        return button

    @staticmethod
    def _line() -> QFrame:
        line = QFrame()
        line.setFrameShape(QFrame.Shape.VLine)
        line.setProperty("role", "line")
        return line

    # --- speed --------------------------------------------------------------------------------------------------------

    def _add_speed(self, row: QHBoxLayout) -> None:
        notches = round(math.log2(FASTEST / SLOWEST) * NOTCHES_PER_OCTAVE)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setObjectName("speed_slider")
        self._slider.setAccessibleName(self.tr("Speed of playing"))
        self._slider.setToolTip(self.tr("How fast Play walks through the stages"))
        self._slider.setRange(0, notches)
        self._slider.setPageStep(NOTCHES_PER_OCTAVE)
        self._slider.setFixedWidth(90)
        self._slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._label = QLabel()
        self._label.setFont(number_font())
        self._label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._label.setFixedWidth(self._label.fontMetrics().horizontalAdvance("0.25×"))
        self._label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        caption = QLabel(self.tr("Speed"))
        caption.setBuddy(self._slider)
        for widget in (caption, self._slider, self._label):
            row.addWidget(widget)
        self._slider.valueChanged.connect(self._choose_speed)
        self._player.speed_changed.connect(self._show_speed)
        self._show_speed(self._player.speed)

    @Slot(int)
    def _choose_speed(self, notch: int) -> None:
        self._player.set_speed(SLOWEST * 2 ** (notch / NOTCHES_PER_OCTAVE))

    @Slot(float)
    def _show_speed(self, speed: float) -> None:
        self._slider.setValue(round(math.log2(speed / SLOWEST) * NOTCHES_PER_OCTAVE))
        self._label.setText(f"{speed:.2g}×")

    @Slot(object)
    def _style(self, theme: Theme) -> None:
        """Give the run button the accent, and every button in focus a frame that can be seen from afar."""
        self.setStyleSheet(f"""
            QToolButton {{ padding: 4px; border: 1px solid transparent; border-radius: 5px; }}
            QToolButton:hover {{ background: {theme.tint_hidden}; }}
            QToolButton:pressed {{ background: {theme.line}; }}
            QToolButton:focus {{ border-color: {theme.accent}; }}
            QToolButton[role="run"] {{
                background: {theme.tint_hidden}; border-color: {theme.accent}; font-weight: 600; padding: 4px 10px;
            }}
            QToolButton[role="run"]:disabled {{ border-color: {theme.line}; }}
            QFrame[role="line"] {{ color: {theme.line}; }}
        """)
