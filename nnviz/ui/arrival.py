"""Whether the numbers that travel along the edges have arrived: a result is not told before it is added up."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnviz.core.playback import Frame
from nnviz.session.player import Player
from nnviz.session.session import Session
from nnviz.ui.graph.flow import LANDED
from nnviz.ui.graph.journeys import journey_at


class Arrival(QObject):
    """Follows the player's clock.

    Signals
    -------
    waiting_changed(bool)
        Numbers have set off, or they have arrived.
    """

    waiting_changed = Signal(bool)

    def __init__(self, session: Session, player: Player, parent: QObject) -> None:
        super().__init__(parent)
        self._player = player
        self._travels = self._reduced_motion = False
        self._waiting = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.look_again)
        session.frame_changed.connect(self._follow)
        player.playing_changed.connect(self.look_again)
        player.speed_changed.connect(self.look_again)

    def set_reduced_motion(self, reduced: bool) -> None:
        """Where nothing moves, everything has arrived."""
        self._reduced_motion = reduced
        self.look_again()

    @Slot(object)
    def _follow(self, frame: Frame | None) -> None:
        self._travels = self._player.playing and frame is not None and journey_at(frame, None) is not None
        self.look_again()

    @Slot()
    def look_again(self) -> None:
        """Find out whether anything is still on its way; called, too, when numbers are shown or hidden."""
        player = self._player
        moves = self._travels and player.numbers and not self._reduced_motion
        waiting = moves and player.share < LANDED
        self._timer.stop()
        if waiting and player.playing:
            self._timer.start(round((LANDED - player.share) * player.interval) + 1)
        if waiting != self._waiting:
            self._waiting = waiting
            self.waiting_changed.emit(waiting)
