"""The log: a rotating file in the user's log folder, and a window that shows it."""

from __future__ import annotations

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from platformdirs import user_log_dir
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from nnviz.ui.theme import number_font

LARGEST_LOG = 1_000_000
SHOWN_CHARACTERS = 200_000


def log_file() -> Path:
    """Where the log is."""
    return Path(user_log_dir("nnviz")) / "nnviz.log"


def start_logging() -> logging.Handler | None:
    """Send all messages to the log file, and the exceptions that nobody catches, too.

    Returns
    -------
    logging.Handler or None
        What was added to the root logger; None if the file cannot be written, in which case nothing is logged.
    """
    try:
        log_file().parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(log_file(), maxBytes=LARGEST_LOG, backupCount=2, encoding="utf-8")
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    logging.getLogger("nnviz").setLevel(logging.INFO)
    sys.excepthook = _log_exception
    return handler


def _log_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger("nnviz").critical("uncaught exception", exc_info=(kind, error, trace))
    sys.__excepthook__(kind, error, trace)


class LogWindow(QDialog):
    """Shows the end of the log; closes and is gone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("log_window")
        self.setWindowTitle(self.tr("Log"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(860, 480)
        place = QLabel(str(log_file()))
        place.setObjectName("log_place")
        place.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text = QPlainTextEdit()
        text.setObjectName("log_text")
        text.setAccessibleName(self.tr("Log"))
        text.setReadOnly(True)
        text.setFont(number_font())
        text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        text.setPlainText(self._end_of_log())
        text.moveCursor(QTextCursor.MoveOperation.End)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(place)
        layout.addWidget(text)
        layout.addWidget(buttons)

    def _end_of_log(self) -> str:
        try:
            return log_file().read_text(encoding="utf-8", errors="replace")[-SHOWN_CHARACTERS:] or self.tr("Empty.")
        except OSError:
            return self.tr("Nothing has been logged yet.")
