"""The docks, one file each. To add one: a file with a `Panel`, and one entry here."""

from nnviz.ui.panels.architecture import ArchitecturePanel
from nnviz.ui.panels.confusion import MistakesPanel
from nnviz.ui.panels.data import DataPanel
from nnviz.ui.panels.drawing import DrawingPanel
from nnviz.ui.panels.inspector import InspectorPanel
from nnviz.ui.panels.layers import LayersPanel
from nnviz.ui.panels.panel import Panel
from nnviz.ui.panels.plane import PlanePanel
from nnviz.ui.panels.plots import AccuracyPanel, LossPanel
from nnviz.ui.panels.poke import PokePanel
from nnviz.ui.panels.race import RacePanel
from nnviz.ui.panels.runs import RunsPanel
from nnviz.ui.panels.samples import SamplesPanel
from nnviz.ui.panels.surface import SurfacePanel
from nnviz.ui.panels.training import TrainingPanel
from nnviz.ui.panels.worksheet import WorksheetPanel

PANELS: tuple[type[Panel], ...] = (
    SamplesPanel,
    DataPanel,
    DrawingPanel,
    TrainingPanel,
    ArchitecturePanel,
    InspectorPanel,
    LossPanel,
    AccuracyPanel,
    LayersPanel,
    RunsPanel,
    PlanePanel,
    RacePanel,
    SurfacePanel,
    MistakesPanel,
    WorksheetPanel,
    PokePanel,
)
