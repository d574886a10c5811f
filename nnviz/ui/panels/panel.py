"""What every panel has: the session, the catalogue, and `show_frame`."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.playback import Frame
from nnviz.session.session import Session


class Panel(QWidget):
    """The inside of a dock. The window makes the dock around it, and a menu entry that shows and hides it.

    Subclasses voice intents by calling the session, listen to its signals, and repaint in `show_frame`, which is called
    only while the panel is visible. A panel may be made when much has happened already: what it shows comes from the
    state of the session, never from signals alone.
    """

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.catalogue = catalogue

    def show_frame(self, frame: Frame | None) -> None:
        """Show what is known at the cursor; None while there is no trace."""
