"""A panel full of numbers, which changes slowly enough to be read while the network trains."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.playback import Frame
from nnviz.session.session import Session
from nnviz.ui.panels.panel import Panel
from nnviz.ui.widgets.refresher import Refresher

RUNNING_INTERVAL_MS = 100


class CalmPanel(Panel):
    """Refreshes at once while somebody steps, but only ten times a second while the network trains freely.

    Nobody reads faster, and the time that is not spent on painting goes to the training.
    """

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self._refresher = Refresher(self, self._catch_up, RUNNING_INTERVAL_MS)

    def show_frame(self, frame: Frame | None) -> None:
        """Show what is known at the cursor, now or in a moment."""
        if frame is None or not frame.cursor.overview:
            self._refresher.stop()
            self.refresh(frame)
        else:
            self._refresher.soon()

    def _catch_up(self) -> None:
        self.refresh(self.session.frame)

    def refresh(self, frame: Frame | None) -> None:
        """Paint what is known at the cursor; None while there is no trace."""
        raise NotImplementedError
