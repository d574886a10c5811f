"""Keys that a focused widget needs for itself, although the window has shortcuts for them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


class _OwnKeys(QObject):
    def __init__(self, widget: QWidget, letters: bool) -> None:
        super().__init__(widget)
        self._letters = letters

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            text = event.text()
            needed = event.key() == Qt.Key.Key_Space or (self._letters and text != "" and text.isprintable())
            if needed and not event.modifiers() & COMMANDS:
                event.accept()
                return True
        return False


def keep_keys(widget: QWidget, letters: bool = False) -> None:
    """Let Space (and letters, which choose from a list) reach a widget while it has the focus, which Tab alone gives.

    A click gives no focus: whoever has just clicked something and presses Space wants the training to run, not
    the same click again.
    """
    widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    widget.installEventFilter(_OwnKeys(widget, letters))
