"""Whether the numbers that travel along the edges have arrived: a result is not told before it is added up."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnviz.session.player import Player
from nnviz.ui.graph.flow import LANDED
from nnviz.ui.graph.view import NetworkView


class Arrival(QObject):
    """Asks the picture, and follows the player's clock.

    Signals
    -------
    waiting_changed(bool)
        Numbers have set off, or they have arrived.
    """

    waiting_changed = Signal(bool)

    def __init__(self, view: NetworkView, player: Player, parent: QObject) -> None:
        super().__init__(parent)
        self._view = view
        self._player = player
        self._waiting = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.look_again)
        for changed in (player.playing_changed, player.speed_changed, view.neuron_pinned, view.edge_pinned):
            changed.connect(self.look_again)
        view.unpinned.connect(self.look_again)

    @Slot()
    def look_again(self) -> None:
        """Find out whether anything is still on its way; called, too, when the picture shows something else."""
        player = self._player
        waiting = self._view.numbers_are_on_the_way
        self._timer.stop()
        if waiting and player.playing:
            self._timer.start(round((LANDED - player.share) * player.interval) + 1)
        if waiting != self._waiting:
            self._waiting = waiting
            self.waiting_changed.emit(waiting)
