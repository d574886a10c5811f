"""What every dock has: a title, a place, and `show_frame`."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.playback import Frame
from nnviz.session.session import Session


class Panel(QWidget):
    """The inside of a dock. The window makes the dock around it, and a menu entry that shows and hides it.

    Subclasses set `name` (object name of the dock is ``dock_<name>``), `title`, `area` and, for what is asked for only
    now and then, `shown_at_first`. They voice intents by calling
    the session, listen to its signals, and repaint in `show_frame`, which is called only while the panel is visible.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    area: ClassVar[Qt.DockWidgetArea]
    shown_at_first: ClassVar[bool] = True

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.catalogue = catalogue

    def show_frame(self, frame: Frame | None) -> None:
        """Show what is known at the cursor; None while there is no trace."""
