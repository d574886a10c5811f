"""Opening, saving and exporting: the dialogs, and files dropped on the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from nnviz.session.session import Session

PROJECT, PRESET, STEP = ".nnviz", ".json", ".npz"


class Files(QObject):
    """Asks for a file, and hands it to the session."""

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._folder = str(Path.home())

    def open(self) -> None:
        """Ask which file to open."""
        filters = self.tr("nnviz files (*{project} *{preset})").format(project=PROJECT, preset=PRESET)
        name, _ = QFileDialog.getOpenFileName(self._window, self.tr("Open"), self._folder, filters)
        if name:
            self.open_path(Path(name))

    def open_path(self, path: Path) -> None:
        """Open a preset or project file."""
        self._folder = str(path.parent)
        self._session.open_file(path)

    def save_as(self) -> None:
        """Ask where to save the project with its weights, or the description alone."""
        filters = self.tr("Project with weights (*{project});;Description only (*{preset})").format(
            project=PROJECT, preset=PRESET
        )
        path = self._ask_where(self.tr("Save as"), self._stem(), filters, (PROJECT, PRESET))
        if path is not None:
            self._session.save_file(path)

    def _stem(self) -> str:
        """Name to suggest for a project, without its ending."""
        return "network" if self._session.preset is None else self._session.preset.title.lower()

    def export_step(self) -> None:
        """Ask where to write the numbers of the shown step."""
        filters = self.tr("NumPy arrays (*{step})").format(step=STEP)
        path = self._ask_where(self.tr("Export step"), "step", filters, (STEP,))
        if path is not None:
            self._session.export_step(path)

    def _ask_where(self, title: str, stem: str, filters: str, suffixes: tuple[str, ...]) -> Path | None:
        suggested = str(Path(self._folder) / f"{stem}{suffixes[0]}")
        name, chosen = QFileDialog.getSaveFileName(self._window, title, suggested, filters)
        if not name:
            return None
        path = Path(name)
        self._folder = str(path.parent)
        if path.suffix.lower() in suffixes:
            return path
        wanted = next((suffix for suffix in suffixes if suffix in chosen), suffixes[0])
        return path.with_name(path.name + wanted)


def dropped_file(data: QMimeData) -> Path | None:
    """Return the file that nnviz can open among what is being dragged, if it is a single one."""
    if len(data.urls()) != 1 or not data.urls()[0].isLocalFile():
        return None
    path = Path(data.urls()[0].toLocalFile())
    return path if path.suffix.lower() in (PROJECT, PRESET) else None
