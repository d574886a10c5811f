"""Keys that belong to the widget in focus, although the window has an action for them.

The window's keys (Space, arrows, letters, digits) work wherever the focus is. Edit fields keep what they need by
themselves (Qt asks them first). The other widgets do not, so that an arrow in a list or a Space on a button that was
reached with Tab would be taken from them: this guard answers for them. After a click in a list the keys are the
window's again: whoever has chosen a sample there wants to step on with it.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QTabBar,
    QWidget,
)

ARROWS = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down})
SPACE = frozenset({Qt.Key.Key_Space})

KEPT: tuple[tuple[type[QWidget], frozenset[Qt.Key]], ...] = (
    (QAbstractItemView, ARROWS | SPACE),
    (QComboBox, SPACE),
    (QAbstractButton, SPACE),
    (QAbstractSlider, ARROWS),
    (QTabBar, ARROWS),
)


class KeyGuard(QObject):
    """Watches the widget in focus, and nothing else but clicks in lists."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self._clicked: QObject | None = None
        application.focusChanged.connect(self._watch)

    def _watch(self, old: QWidget | None, now: QWidget | None) -> None:
        if old is not None:
            old.removeEventFilter(self)
        if now is not None:
            now.installEventFilter(self)
            if now is not self._clicked:  # it is, when the window comes to the front again
                self._clicked = None
        if isinstance(now, QAbstractItemView):  # the click that gives it the focus arrives only after this
            now.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim a key for the widget that has a use for it."""
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(watched.parent(), QAbstractItemView):
            self._clicked = watched.parent()
        elif event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
            wanted = any(isinstance(watched, kind) and event.key() in keys for kind, keys in KEPT)
            if plain and wanted and watched is not self._clicked:
                event.accept()
                return True
        return False


def leave_focus_to_tab(window: QWidget) -> None:
    """Let the buttons of a window take the focus from Tab, but not from the mouse.

    So Space goes on meaning run and pause after a click, and presses a button for those who work with the keyboard.
    """
    for button in window.findChildren(QAbstractButton):
        if button.focusPolicy() & Qt.FocusPolicy.ClickFocus:
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
