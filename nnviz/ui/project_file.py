"""The project file that is worked on: its name in the title, whether it is up to date, and saving it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, QThread, QTimer, Slot
from PySide6.QtWidgets import QMessageBox, QWidget

from nnviz.core.facts import Loaded, RunState
from nnviz.session.session import Session
from nnviz.ui.files import PRESET, STEP, Files

QUESTION = "save_before_closing"


@dataclass
class _Opening:
    """A file that is being opened (None: a preset that comes from no file), and what has been reported since."""

    file: Path | None
    networks: int = 0
    refused: bool = False


class ProjectFile(Files):
    """Knows which project file the network was opened from or saved to, and whether it has changed since.

    It has changed as soon as it stands at another step, or anything was set or built otherwise; that it may have been
    taken back is not looked at. A preset (.json) holds no weights: it is never the file that is worked on.
    """

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(session, window)
        self._file: Path | None = None
        self._opening: _Opening | None = None
        self._modified = False
        self._now: tuple[object, ...] = ()
        self._kept: tuple[object, ...] = ()  # what is in the file
        self._leaving = False
        session.loaded.connect(self._on_loaded)
        session.run_state_changed.connect(self._on_run_state)
        session.saved.connect(self._on_saved)
        session.failed.connect(self._on_refused)
        session.data_missing.connect(self._on_refused)
        for change in (session.progressed, session.training_changed, session.pokes.changed):
            change.connect(self._look)
        session.time_machine.runs_changed.connect(self._look)

    # --- opening and saving -------------------------------------------------------------------------------------------

    def expect(self, file: Path | None) -> None:
        """Know what is opened next: this project file, or something that is none."""
        self._opening = _Opening(file)

    def open_path(self, path: Path) -> None:
        """Open a preset or project file."""
        self.expect(path if _is_project(path) else None)
        super().open_path(path)

    def save(self) -> None:
        """Save to the file that is known, or ask for one: so, too, while something else is being loaded."""
        if self._file is None or self._session.run_state is RunState.LOADING:
            self.save_as()
        else:
            self._session.save_file(self._file)

    def _stem(self) -> str:
        return super()._stem() if self._file is None else self._file.stem

    # --- closing ------------------------------------------------------------------------------------------------------

    def may_close(self) -> bool:
        """Whether the window may close now. If not, a person is asked, and it closes by itself once that is settled.

        Without a running event loop nobody sits in front of the window, so nobody is asked.
        """
        is_settled = self._leaving or not self._modified
        if self._file is None or is_settled or QThread.currentThread().loopLevel() == 0:
            return True
        if self._window.findChild(QMessageBox, QUESTION) is None:
            self._ask(self._file.name)
        return False

    def _ask(self, name: str) -> None:
        box = QMessageBox(self._window)
        box.setObjectName(QUESTION)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("Close nnviz"))
        box.setText(self.tr("{name} does not hold the latest changes of the network.").format(name=name))
        box.setInformativeText(self.tr("Save them before nnviz closes?"))
        choices = QMessageBox.StandardButton
        box.setStandardButtons(choices.Save | choices.Discard | choices.Cancel)
        box.setDefaultButton(choices.Save)
        box.finished.connect(self._on_answer)
        box.open()

    @Slot(int)
    def _on_answer(self, answer: int) -> None:
        """Leave, at once or when the file is written; where it cannot be, the window stays."""
        if answer == QMessageBox.StandardButton.Save:
            self._leaving = True
            self._session.pause()
            self.save()
        elif answer == QMessageBox.StandardButton.Discard:
            self._leaving = True
            self._window.close()

    # --- facts --------------------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_loaded(self, fact: Loaded) -> None:
        if self._opening is not None:
            self._opening.networks += 1
        if fact.is_new_start:
            self._work_on(None)
        self._look()

    @Slot(object)
    def _on_run_state(self, state: RunState) -> None:
        """Once all is loaded: know the file, unless several things were asked for and it is not clear which came."""
        opening = self._opening
        if state is RunState.LOADING or opening is None:
            return
        self._opening = None
        if opening.networks:
            is_clear = opening.networks == 1 and not opening.refused
            self._work_on(opening.file if is_clear else None)

    @Slot(object)
    def _on_saved(self, path: Path) -> None:
        if not _is_project(path):
            return
        self._work_on(path)
        if self._leaving:
            QTimer.singleShot(0, self._window, self._window.close)

    @Slot()
    def _on_refused(self) -> None:
        self._leaving = False
        if self._opening is not None:
            self._opening.refused = True

    @Slot()
    def _look(self) -> None:
        """See whether the network differs from the file; the past that one may look at is no change."""
        session = self._session
        if not session.time_machine.looking:
            step = 0 if session.progress is None else session.progress.step
            self._now = session.preset, session.pokes.present, session.revision, session.time_machine.present, step
        self._modified = self._file is not None and (self._modified or self._now != self._kept)
        self._show()

    def _work_on(self, file: Path | None) -> None:
        """Let this be the file, which holds just what there is now."""
        self._look()
        self._file, self._kept, self._modified = file, self._now, False
        self._show()

    def _show(self) -> None:
        if self._session.preset is not None:
            name = "" if self._file is None else f"{self._file.name}[*] – "
            self._window.setWindowTitle(f"{name}{self._session.preset.title} – nnviz")
            self._window.setWindowModified(self._modified)


def _is_project(path: Path) -> bool:
    """Whether a file of this name holds weights to go on with."""
    return path.suffix.lower() not in (PRESET, STEP)
