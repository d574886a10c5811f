"""Notices: messages over the picture that say what happened and what to do, and block nothing."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from nnviz.ui.graph.legend import Legend
from nnviz.ui.icons import icon
from nnviz.ui.theme import Theme, theme_manager

INFO_MS = 8000
MOST_NOTICES = 3
MARGIN = 8
SLACK = 16
WIDEST = 760


class Level(StrEnum):
    """How much a notice matters. An info goes away by itself."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


ICON_COLORS = {Level.INFO: "accent", Level.WARNING: "warning", Level.ERROR: "error"}


class Notice(QFrame):
    """One message, with a button for what can be done about it, and one to put it away."""

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
        self._column = QVBoxLayout()
        self._column.addWidget(label)
        self._row.addWidget(self._icon)
        self._row.addLayout(self._column, 1)
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
        self._column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def dismiss(self) -> None:
        """Go away."""
        self.setParent(None)
        self.deleteLater()

    def _style(self, theme: Theme) -> None:
        color = ICON_COLORS[self.level]
        self._icon.setPixmap(icon(self.level.value, theme, color).pixmap(20, 20))
        self._close.setIcon(icon("close", theme))
        self.setStyleSheet(
            f"Notice {{ background: {theme.panel}; border: 1px solid {theme.line};"
            f" border-left: 4px solid {getattr(theme, color)}; border-radius: 4px; }}"
        )


class Notices(QWidget):
    """The newest notices, one below the other, at the lower edge of the picture, where its headers stay visible."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("notices")
        self._stack = QVBoxLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.setSpacing(4)
        over.installEventFilter(self)
        self.hide()

    @property
    def shown(self) -> list[Notice]:
        """The notices on the screen, oldest first."""
        return self.findChildren(Notice, options=Qt.FindChildOption.FindDirectChildrenOnly)

    def show_notice(self, level: Level, text: str, stays: bool = False) -> Notice:
        """Show a message; the same message again replaces the one that is there, and so does an info the last one.

        An info goes away by itself after a while, unless it `stays`.
        """
        for notice in self.shown:
            if notice.text == text or level is notice.level is Level.INFO:
                notice.dismiss()
        for notice in self.shown[: 1 - MOST_NOTICES]:
            notice.dismiss()
        notice = Notice(level, text, self)
        self._stack.addWidget(notice)
        if level is Level.INFO and not stays:
            QTimer.singleShot(INFO_MS, notice, notice.dismiss)
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

    def _place(self) -> None:
        over = self.parentWidget()
        self.setVisible(bool(self.shown))
        if over is not None and self.shown:
            width = min(over.width() - 2 * MARGIN, WIDEST, max(notice.line_width for notice in self.shown))
            height = self._stack.heightForWidth(width)
            legend = over.findChild(Legend)
            bottom = over.height() - (0 if legend is None else legend.sizeHint().height()) - MARGIN
            self.setGeometry((over.width() - width) // 2, bottom - height, width, height)
            self.raise_()
