"""Whose the keys are: those of the widget in focus, or those of the window.

The window's keys (Space, arrows, letters, digits) work wherever the focus is. Edit fields keep what they need by
themselves (Qt asks them first). The other widgets do not, so that an arrow in a list or a Space on a button that was
reached with Tab would be taken from them: this guard answers for them.

After a click the keys are the window's again, whatever was clicked: whoever has dragged a slider or chosen a sample
wants to step on with it. Only a click into an edit field is a wish to type there; a click elsewhere ends that.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
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
FIELDS = (QLineEdit, QAbstractSpinBox)
TEXTS = (*FIELDS, QTextEdit, QPlainTextEdit)
PASSING = (QMenuBar, QMenu)  # what only borrows the focus


class KeyGuard(QObject):
    """Watches the widget in focus, and presses of the mouse in its window."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self._last: QWidget | None = None  # that was in focus, popups and menus apart
        self._clicked = False  # a press of the mouse came after the last Tab
        application.focusChanged.connect(self._watch)

    def _watch(self, old: QWidget | None, now: QWidget | None) -> None:
        if old is not None:
            old.removeEventFilter(self)
        if now is None or isinstance(now, PASSING):
            return
        now.installEventFilter(self)
        window = now.window()
        window.windowHandle().installEventFilter(self)  # all presses in the window pass here; twice is once for Qt
        if window.windowType() is not Qt.WindowType.Popup and now is not self._last:
            self._last = now  # it is, when a list is closed, or the window comes to the front again
            self._clicked = QApplication.mouseButtons() != Qt.MouseButton.NoButton

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim a key for the widget that has a use for it, or refuse it to one that was clicked."""
        if event.type() is QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            self._clicked = True
            _end_typing(event)
        elif (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and isinstance(watched, QWidget)
        ):
            return _is_plain(event) and self._decide(watched, event)
        return False

    def _decide(self, widget: QWidget, event: QKeyEvent) -> bool:
        """Answer for a widget (the window itself is asked, too, but has nothing to say): True ends the question."""
        if self._clicked:
            return not isinstance(widget, TEXTS)  # nobody is asked: it is the window's
        if any(isinstance(widget, kind) and event.key() in keys for kind, keys in KEPT):
            event.accept()
            return True
        return False


def _is_plain(event: QKeyEvent) -> bool:
    return event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier


def _end_typing(press: QMouseEvent) -> None:
    """Enter what stands in a field, and leave it, where somebody presses beside it."""
    field = QApplication.focusWidget()
    if isinstance(field, FIELDS):
        place = field.rect().translated(field.mapToGlobal(field.rect().topLeft()))
        if not place.contains(press.globalPosition().toPoint()):
            field.clearFocus()


def leave_focus_to_tab(window: QWidget) -> None:
    """Let the buttons of a window take the focus from Tab, but not from the mouse.

    So Space goes on meaning run and pause after a click, and presses a button for those who work with the keyboard.
    """
    for button in window.findChildren(QAbstractButton):
        if button.focusPolicy() & Qt.FocusPolicy.ClickFocus:
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
