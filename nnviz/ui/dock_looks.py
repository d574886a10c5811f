"""How docks look: tabs that can be read, and title buttons that can be seen in the dark theme, too."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QDockWidget, QMainWindow, QTabBar

from nnviz.ui.icons import icon
from nnviz.ui.theme import Theme

TITLE_BUTTONS = {"qt_dockwidget_floatbutton": "float", "qt_dockwidget_closebutton": "close"}  # Qt's names


def show_whole_tabs(window: QMainWindow) -> None:
    """Write the names on tabs in full: where they are too many, one scrolls. Qt makes tab bars as docks move."""
    for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if bar.elideMode() is not Qt.TextElideMode.ElideNone:
            bar.setElideMode(Qt.TextElideMode.ElideNone)
            bar.setUsesScrollButtons(True)


def show_title_buttons(dock: QDockWidget, theme: Theme) -> None:
    """Draw the buttons of a title bar in a colour of the theme: the style's own are black."""
    for name, drawing in TITLE_BUTTONS.items():
        button = dock.findChild(QAbstractButton, name, Qt.FindChildOption.FindDirectChildrenOnly)
        if button is not None:
            button.setIcon(icon(drawing, theme))
