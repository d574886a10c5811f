"""An inline box for data that are not on this computer yet: download them, or open a folder that has them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QProgressBar, QPushButton, QVBoxLayout, QWidget

from nnviz.session.downloader import Downloader
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.layout import MARGIN, ROW_GAP, heading, message_label, show_message
from nnviz.ui.widgets.own_keys import keep_keys

MEGABYTE = 1_000_000


class MissingDataBox(QFrame):
    """Says what is missing, downloads it with progress and cancel, or asks for a folder. Nothing modal.

    Signals
    -------
    downloaded()
        Everything is there now.
    folder_chosen(Path)
        A person has opened a folder that may hold the files.
    """

    downloaded = Signal()
    folder_chosen = Signal(object)

    def __init__(self, downloader: Downloader | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._downloader = downloader
        self.setObjectName("missing_data_box")
        self._title = heading("")
        self._message = message_label()
        self._problem = message_label("error")
        self._problem.setObjectName("missing_data_problem")
        self._download = self._button("download_button", self.tr("Download"), self._start)
        self._folder = self._button("open_folder_button", "", self._ask_for_folder)
        self._progress_text = message_label()
        self._progress_text.setObjectName("download_text")
        self._bar = QProgressBar(self)
        self._bar.setObjectName("download_progress")
        self._bar.setAccessibleName(self.tr("Download"))
        self._bar.setTextVisible(False)
        self._cancel = self._button("cancel_download_button", self.tr("Cancel download"), self._stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(ROW_GAP)
        for widget in (
            self._title,
            self._message,
            self._problem,
            self._download,
            self._folder,
            self._progress_text,
            self._bar,
            self._cancel,
        ):
            column.addWidget(widget)
        theme_manager().changed.connect(self._paint_theme)
        self._paint_theme()
        if downloader is not None:
            downloader.progressed.connect(self._show_progress)
            downloader.finished.connect(self._on_finished)
            downloader.failed.connect(self._on_failed)
            downloader.cancelled.connect(self._on_cancelled)

    @property
    def busy(self) -> bool:
        """Whether a download is under way."""
        return self._downloader is not None and self._downloader.busy

    def show_missing(self, title: str, message: str) -> None:
        """Say what is missing, and offer what can be done."""
        self._title.setText(title)
        self._message.setText(message)
        self._folder.setText(self.tr("Open a folder with\nthe four {title} files…").format(title=title))
        self._folder.setAccessibleName(self._folder.text().replace("\n", " "))
        self.show_problem("")
        self.show()

    def show_problem(self, problem: str) -> None:
        """Say what went wrong, and offer the same again."""
        show_message(self._problem, problem)
        self._show_state()

    def _button(self, name: str, text: str, act: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAccessibleName(text)
        keep_keys(button)
        button.clicked.connect(act)
        return button

    def _show_state(self) -> None:
        busy = self.busy
        self._download.setVisible(not busy and self._downloader is not None)
        self._folder.setVisible(not busy)
        for widget in (self._progress_text, self._bar, self._cancel):
            widget.setVisible(busy)

    def _start(self) -> None:
        assert self._downloader is not None
        self._downloader.start()
        self._bar.setRange(0, 0)
        self._progress_text.setText(self.tr("Connecting…"))
        self._cancel.setEnabled(True)
        self.show_problem("")

    def _stop(self) -> None:
        assert self._downloader is not None
        self._cancel.setEnabled(False)
        self._downloader.cancel()

    def _ask_for_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self._folder.accessibleName())
        if folder:
            self.show_problem("")
            self.folder_chosen.emit(Path(folder))

    def _show_progress(self, file: str, received: int, expected: int) -> None:
        done = f"{received / MEGABYTE:.1f}"
        if expected:
            amount = self.tr("{done} of {all} MB").format(done=done, all=f"{expected / MEGABYTE:.1f}")
        else:
            amount = self.tr("{done} MB").format(done=done)
        self._progress_text.setText(f"{file}\n{amount}")
        self._bar.setRange(0, expected)
        self._bar.setValue(received)

    def _on_finished(self) -> None:
        self._show_state()
        self.downloaded.emit()

    def _on_failed(self, message: str) -> None:
        self.show_problem(message)

    def _on_cancelled(self) -> None:
        self.show_problem(self.tr("The download was cancelled. What is complete is kept."))

    def _paint_theme(self) -> None:
        theme = theme_manager().theme
        self.setStyleSheet(
            f"#missing_data_box {{ background: {theme.canvas}; border: 1px solid {theme.line};"
            f" border-left: 4px solid {theme.accent}; border-radius: 4px; }}"
        )
