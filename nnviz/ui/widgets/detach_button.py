"""A button that takes a dock out of the main window, into a large window of its own, and back."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDockWidget, QToolButton, QWidget

from nnviz.ui.icons import icon
from nnviz.ui.theme import theme_manager

OWN_SIZE = QSize(1040, 640)


class DetachButton(QToolButton):
    """Belongs to the dock that `panel` is the inside of."""

    def __init__(self, panel: QWidget, name: str) -> None:
        super().__init__(panel)
        self._panel = panel
        self.setObjectName(name)
        self.setText(self.tr("Own window"))
        self.setAccessibleName(self.tr("Own window"))
        self.setToolTip(self.tr("Show this in a large window of its own, or back in the main window"))
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(self._toggle)
        theme_manager().changed.connect(self._apply_theme)
        self._apply_theme()

    def _toggle(self) -> None:
        dock = self._panel.parentWidget()
        if isinstance(dock, QDockWidget):
            dock.setFloating(not dock.isFloating())
            if dock.isFloating():
                dock.resize(OWN_SIZE.boundedTo(dock.screen().availableSize()))
            else:
                dock.raise_()

    def _apply_theme(self) -> None:
        self.setIcon(icon("fit", theme_manager().theme))
