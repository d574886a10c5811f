"""What lies over the network: maps in the neurons and saliency on the input, asked for as long as they are wanted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from nnviz.core.data import FloatArray
from nnviz.session.session import Session
from nnviz.ui.actions import Actions
from nnviz.ui.docks import Docks
from nnviz.ui.graph.view import NetworkView
from nnviz.ui.preferences import Preferences

if TYPE_CHECKING:
    from nnviz.ui.panels.confusion import MistakesPanel
    from nnviz.ui.panels.drawing import DrawingPanel
    from nnviz.ui.panels.plane import PlanePanel

WATCHER = "network"


class OverlayActions(QObject):
    """Connects those who ask for overlays with the picture of the network, and remembers the choice."""

    def __init__(
        self,
        session: Session,
        actions: Actions,
        view: NetworkView,
        docks: Docks,
        preferences: Preferences,
    ) -> None:
        super().__init__(view)
        self._session, self._view, self._preferences = session, view, preferences
        self._gradients: dict[str, FloatArray | None] = {}
        self._action = actions.add_switch(
            "action_heat_maps", self.tr("Maps in the neurons"), self._show_heat_maps, preferences.heat_maps
        )
        session.plane.answered.connect(view.show_plane)
        self._show_heat_maps(preferences.heat_maps)
        docks.when_made("plane", self._connect_plane)
        docks.when_made("drawing", self._connect_drawing)
        docks.when_made("confusion", self._connect_mistakes)

    def _connect_plane(self, plane: PlanePanel) -> None:
        plane.set_heat_maps(self._action.isChecked())
        plane.heat_maps_chosen.connect(self._show_heat_maps)
        self._action.toggled.connect(plane.set_heat_maps)

    def _connect_drawing(self, drawing: DrawingPanel) -> None:
        drawing.saliency.changed.connect(partial(self._show_saliency, "drawing"))

    def _connect_mistakes(self, mistakes: MistakesPanel) -> None:
        mistakes.pixels.changed.connect(partial(self._show_saliency, "confusion"))

    def _show_saliency(self, asker: str, gradient: FloatArray | None) -> None:
        """Show the gradient of whoever has one: a panel that takes its own away leaves that of the other."""
        self._gradients[asker] = gradient
        self._view.show_saliency(next((each for each in self._gradients.values() if each is not None), None))

    def _show_heat_maps(self, shown: bool) -> None:
        """Show neurons as maps where the data lie in the plane."""
        self._preferences.heat_maps = shown
        self._action.setChecked(shown)
        self._view.set_heat_maps(shown)
        if shown:
            self._session.plane.watch(WATCHER)
        else:
            self._session.plane.unwatch(WATCHER)
