"""Actions: everything that menus, buttons and keys can do, made in one way."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow

from nnviz.ui.icons import icon
from nnviz.ui.theme import Theme, theme_manager


class Actions(QObject):
    """The actions of a window, by name. Each shows its key in its tool tip, and works wherever the focus is."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._actions: dict[str, QAction] = {}
        self._icons: dict[str, str] = {}
        theme_manager().changed.connect(self._tint)

    def add(
        self, name: str, text: str, run: Callable[..., object], key: str = "", icon_name: str = "", tip: str = ""
    ) -> QAction:
        """Make an action.

        Parameters
        ----------
        name
            Its object name, ``action_…``.
        tip
            What it does, in a few words; without one the text says it all.
        """
        action = QAction(text, self._window)
        action.setObjectName(name)
        if key:
            action.setShortcut(QKeySequence(key))
        action.triggered.connect(lambda checked=False: run())
        self._actions[name] = action
        self._window.addAction(action)
        self.describe(name, text, tip)
        if icon_name:
            self.set_icon(name, icon_name)
        return action

    def add_switch(
        self, name: str, text: str, switch: Callable[[bool], object], on: bool = False, key: str = "", tip: str = ""
    ) -> QAction:
        """Make an action that is on or off."""
        action = self.add(name, text, lambda: switch(action.isChecked()), key, tip=tip)
        action.setCheckable(True)
        action.setChecked(on)
        return action

    def describe(self, name: str, text: str, tip: str = "") -> None:
        """Say what the action does; its key is added."""
        action = self._actions[name]
        action.setText(text)
        shown = tip or text.replace("&", "").rstrip("…")
        key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{shown} ({key})" if key else shown)
        action.setStatusTip(shown)

    def set_icon(self, name: str, icon_name: str) -> None:
        """Show this icon, in the colours of the theme."""
        if self._icons.get(name) != icon_name:
            self._icons[name] = icon_name
            self._actions[name].setIcon(icon(icon_name, theme_manager().theme))

    def __getitem__(self, name: str) -> QAction:
        """Find an action by its name."""
        return self._actions[name]

    def __iter__(self) -> Iterator[QAction]:
        """Go through all actions."""
        return iter(self._actions.values())

    def _tint(self, theme: Theme) -> None:
        for name, icon_name in self._icons.items():
            self._actions[name].setIcon(icon(icon_name, theme))
