"""The button that leads out of the presenter's view; at first it says which keys do so, too."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from nnviz.ui.icons import icon
from nnviz.ui.theme import Theme, theme_manager

HINT_MS = 6000


class WayOut(QToolButton):
    """Stands in a corner, with words for the first few seconds, and then as a mere icon."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("leave_presenter_button")
        self.setAccessibleName(self.tr("Leave the presenter's view"))
        self.setToolTip(self.tr("Leave the presenter's view (F11 or Esc)"))
        self.setText(self.tr("F11 or Esc leads back"))
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QSize(20, 20))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(HINT_MS)
        self._calm.timeout.connect(lambda: self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly))
        self._take_theme(theme_manager().theme)
        theme_manager().changed.connect(self._take_theme)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin with words."""
        super().showEvent(event)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._calm.start()

    def _take_theme(self, theme: Theme) -> None:
        self.setIcon(icon("close", theme, "muted"))
        self.setStyleSheet(f"QToolButton {{ color: {theme.muted}; }}")
