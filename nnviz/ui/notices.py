"""Notices: messages that say what happened and what to do, and block nothing."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from nnviz.ui.graph.view import NetworkView
from nnviz.ui.icons import icon
from nnviz.ui.theme import Theme, theme_manager

INFO_MS = 8000
MOST_PROBLEMS = 2  # more would take the room from the picture
MARGIN = 8
SLACK = 16


class Level(StrEnum):
    """How much a notice matters. An info goes away by itself."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


ICON_COLORS = {Level.INFO: "accent", Level.WARNING: "warning", Level.ERROR: "error"}


class Notice(QFrame):
    """One message, with a button for what can be done about it, and one to put it away.

    Signals
    -------
    dismissed()
        It has gone.
    """

    dismissed = Signal()

    def __init__(self, level: Level, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(f"notice_{level}")
        self.level = level
        self.text = text
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(10, 2, 4, 2)
        self._icon = QLabel()
        self._icon.setFixedSize(20, 20)
        self._label = label = QLabel(text)
        label.setObjectName("notice_text")
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setWordWrap(True)
        label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._close = QToolButton()
        self._close.setObjectName("notice_dismiss")
        self._close.setAccessibleName(self.tr("Dismiss"))
        self._close.setToolTip(self.tr("Dismiss"))
        self._close.setAutoRaise(True)
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close.setIconSize(QSize(16, 16))
        self._close.clicked.connect(self.dismiss)
        self._row.addWidget(self._icon)
        self._row.addWidget(label, 1)
        self._row.addWidget(self._close)
        self.setAccessibleName(text)
        theme_manager().changed.connect(self._style)
        self._style(theme_manager().theme)

    @property
    def line_width(self) -> int:
        """How wide it must be for the text to stay in one line."""
        margins, gaps = self._row.contentsMargins(), 2 * self._row.spacing()
        around = margins.left() + margins.right() + gaps + self._icon.width() + self._close.sizeHint().width()
        return around + self._label.fontMetrics().horizontalAdvance(self.text) + SLACK

    def add_action(self, text: str, run: Callable[[], object]) -> None:
        """Offer what can be done about it; the notice goes when that is chosen."""
        button = QPushButton(text)
        button.setObjectName("notice_action")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: (self.dismiss(), run()))
        self._row.insertWidget(self._row.indexOf(self._close), button)

    def dismiss(self) -> None:
        """Go away. Once is enough: a person and the end of a problem may both have it go."""
        if self.parentWidget() is None:
            return
        self.setParent(None)
        self.deleteLater()
        self.dismissed.emit()

    def _style(self, theme: Theme) -> None:
        color = ICON_COLORS[self.level]
        self._icon.setPixmap(icon(self.level.value, theme, color).pixmap(20, 20))
        self._close.setIcon(icon("close", theme))
        self.setStyleSheet(
            f"Notice {{ background: {theme.panel}; border: 1px solid {theme.line};"
            f" border-left: 4px solid {getattr(theme, color)}; border-radius: 4px; }}"
        )


class Notices(QWidget):
    """The newest notices: problems, in a strip of their own under the picture; infos and hints, over the picture.

    Parameters
    ----------
    view
        The picture. The strip belongs under it, in the layout of the window.
    """

    def __init__(self, view: NetworkView) -> None:
        super().__init__()
        self.setObjectName("notices")
        self._stack = QVBoxLayout(self)
        self._stack.setContentsMargins(MARGIN, 2, MARGIN, 2)
        self._stack.setSpacing(4)
        self._toasts = _Toasts(view)
        self._shown: list[Notice] = []  # the oldest first
        self.hide()

    def show_notice(self, level: Level, text: str) -> Notice:
        """Show a message; the same message again replaces the one that is there, and so does an info the last one.

        An info goes away by itself after a while. An error says why the last wish was refused: it, too, replaces the
        one before it. Of the problems under the picture, two stand at the same time; the oldest goes.
        """
        is_toast = level is Level.INFO
        self._make_room(level, text)
        notice = self._toasts.show_notice(text) if is_toast else self._show_in_strip(level, text)
        if is_toast:
            QTimer.singleShot(INFO_MS, notice, notice.dismiss)
        return self._remember(notice)

    def show_hint(self, text: str) -> Notice:
        """Say what to do first; somebody has to dismiss it. The picture, which it lies over, does not move then."""
        self._make_room(Level.INFO, text)
        return self._remember(self._toasts.show_notice(text))

    def _show_in_strip(self, level: Level, text: str) -> Notice:
        notice = Notice(level, text, self)
        self._stack.addWidget(notice)
        self.show()
        return notice

    def _make_room(self, level: Level, text: str) -> None:
        for notice in tuple(self._shown):
            if notice.text == text or (notice.level is level and level is not Level.WARNING):
                notice.dismiss()
        if level is not Level.INFO:
            for notice in _notices_in(self)[: 1 - MOST_PROBLEMS]:
                notice.dismiss()

    def _remember(self, notice: Notice) -> Notice:
        self._shown.append(notice)
        notice.dismissed.connect(partial(self._forget, notice))
        return notice

    def _forget(self, notice: Notice) -> None:
        self._shown.remove(notice)
        self.setVisible(bool(_notices_in(self)))


class _Toasts(QWidget):
    """The newest info or hint, at the lower edge of the picture, where it leaves its headers and its output free."""

    def __init__(self, view: NetworkView) -> None:
        super().__init__(view)
        self.setObjectName("toasts")
        self._view = view
        self._stack = QVBoxLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        view.installEventFilter(self)
        self.hide()

    def show_notice(self, text: str) -> Notice:
        """Show a message."""
        notice = Notice(Level.INFO, text, self)
        notice.dismissed.connect(self._place)
        self._stack.addWidget(notice)
        notice.show()
        self._place()
        return notice

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the lower edge."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def event(self, event: QEvent) -> bool:
        """Take just as much room as the notices need, now that one has come, changed or gone."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return super().event(event)

    @Slot()
    def _place(self) -> None:
        notices, room = _notices_in(self), self._view.room_before_output()
        self.setVisible(bool(notices))
        if notices:
            width = min(room.width() - 2 * MARGIN, max(notice.line_width for notice in notices))
            height = self._stack.heightForWidth(width)
            left = room.left() + (room.width() - width) // 2
            self.setGeometry(left, room.bottom() - MARGIN - height, width, height)
            self.raise_()


def _notices_in(place: QWidget) -> list[Notice]:
    return place.findChildren(Notice, options=Qt.FindChildOption.FindDirectChildrenOnly)
