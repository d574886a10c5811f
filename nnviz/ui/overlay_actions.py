"""What lies over the network: maps in the neurons and saliency on the input, asked for as long as they are wanted."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject

from nnviz.session.session import Session
from nnviz.ui.actions import Actions
from nnviz.ui.graph.view import NetworkView
from nnviz.ui.panels.drawing import DrawingPanel
from nnviz.ui.panels.panel import Panel
from nnviz.ui.panels.plane import PlanePanel
from nnviz.ui.preferences import Preferences

WATCHER = "network"


class OverlayActions(QObject):
    """Connects those who ask for overlays with the picture of the network, and remembers the choice."""

    def __init__(
        self,
        session: Session,
        actions: Actions,
        view: NetworkView,
        panels: Mapping[str, Panel],
        preferences: Preferences,
    ) -> None:
        super().__init__(view)
        self._session, self._view, self._preferences = session, view, preferences
        plane, drawing = panels[PlanePanel.name], panels[DrawingPanel.name]
        assert isinstance(plane, PlanePanel)
        assert isinstance(drawing, DrawingPanel)
        self._plane = plane
        self._action = actions.add_switch(
            "action_heat_maps", self.tr("Maps in the neurons"), self._show_heat_maps, preferences.heat_maps
        )
        plane.heat_maps_chosen.connect(self._show_heat_maps)
        session.plane.answered.connect(view.show_plane)
        drawing.saliency.changed.connect(view.show_saliency)
        self._show_heat_maps(preferences.heat_maps)

    def _show_heat_maps(self, shown: bool) -> None:
        """Show neurons as maps where the data lie in the plane."""
        self._preferences.heat_maps = shown
        self._action.setChecked(shown)
        self._plane.set_heat_maps(shown)
        self._view.set_heat_maps(shown)
        if shown:
            self._session.plane.watch(WATCHER)
        else:
            self._session.plane.unwatch(WATCHER)
