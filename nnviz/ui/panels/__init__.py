"""The docks, one file each. To add one: a file with a `Panel`, and one entry here."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

if TYPE_CHECKING:
    from nnviz.ui.panels.panel import Panel

LEFT, RIGHT, BOTTOM = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)


@dataclass(frozen=True)
class PanelEntry:
    """What is known of a panel before its file is read: most are not needed for the first picture.

    Attributes
    ----------
    name : str
        The object name of the dock is ``dock_<name>``.
    title : str
        In English; to be translated in the context "catalogue".
    area : Qt.DockWidgetArea
        Where it stands at first.
    place : str
        Module and class of the `Panel`, below this package.
    shown_at_first : bool
        False for what is asked for only now and then.
    height : int
        Pixels that it gets when it is opened for the first time, where there are so many; 0 for a usual share.
    """

    name: str
    title: str
    area: Qt.DockWidgetArea
    place: str
    shown_at_first: bool = True
    height: int = 0

    def load(self) -> type[Panel]:
        """Return the class of the panel, imported if need be."""
        kind: type[Panel] = pkgutil.resolve_name(f"{__name__}.{self.place}")
        return kind


PANELS = (
    PanelEntry("samples", "Batch", LEFT, "samples:SamplesPanel"),
    PanelEntry("data", "Data", LEFT, "data:DataPanel"),
    PanelEntry("drawing", "Draw", LEFT, "drawing:DrawingPanel"),
    PanelEntry("training", "Training", RIGHT, "training:TrainingPanel"),
    PanelEntry("architecture", "Architecture", RIGHT, "architecture:ArchitecturePanel"),
    PanelEntry("inspector", "Inspector", RIGHT, "inspector:InspectorPanel"),
    PanelEntry("loss", "Loss", BOTTOM, "plots:LossPanel"),
    PanelEntry("accuracy", "Accuracy", BOTTOM, "plots:AccuracyPanel"),
    PanelEntry("layers", "Layers", BOTTOM, "layers:LayersPanel", shown_at_first=False),
    PanelEntry("runs", "Runs", BOTTOM, "runs:RunsPanel", shown_at_first=False),
    PanelEntry("plane", "Decision boundary", LEFT, "plane:PlanePanel", shown_at_first=False),
    PanelEntry("race", "Race", BOTTOM, "race:RacePanel", shown_at_first=False, height=330),
    PanelEntry("surface", "Loss surface", BOTTOM, "surface:SurfacePanel", shown_at_first=False, height=330),
    PanelEntry("confusion", "Mistakes", LEFT, "confusion:MistakesPanel", shown_at_first=False),
    PanelEntry("worksheet", "Worksheet", RIGHT, "worksheet:WorksheetPanel", shown_at_first=False),
    PanelEntry("poke", "Poke", BOTTOM, "poke:PokePanel", shown_at_first=False),
)
