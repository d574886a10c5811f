"""What the picture shows, and everything that follows from it, each made when it is first needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRect, QRectF

from nnviz.core.data import DataSummary, FloatArray, Task
from nnviz.core.playback import EdgeMode, Frame, Phase
from nnviz.core.pokes import NO_POKES
from nnviz.core.spec import NetworkSpec, Picture, Wiring
from nnviz.ui.graph.edge_sets import STRONGEST, ShownEdges, edges_of, linked_values, strongest_edges
from nnviz.ui.graph.full_picture import EdgeScene
from nnviz.ui.graph.hit_test import EdgePick, Pick, TogglePick, UnitPick
from nnviz.ui.graph.items.brush import Brush
from nnviz.ui.graph.items.headers import fitting_lines
from nnviz.ui.graph.items.labels import (
    PROBABILITIES,
    OutputLabels,
    bar_width,
    input_label_width,
    input_names,
    output_label_width,
    output_names,
    widest,
)
from nnviz.ui.graph.layout import Camera, Metrics, NetworkLayout, layout_network
from nnviz.ui.graph.legend import LegendContent, legend_content
from nnviz.ui.graph.look import Look, Scales, blank_look, look_at, with_known_edges
from nnviz.ui.graph.overlays import Overlays
from nnviz.ui.graph.painting import Lit, Scene
from nnviz.ui.graph.scale import Limits, ScaleChoice
from nnviz.ui.graph.wording import EDGE_SYMBOLS

STRONGEST_RUNNING = 800
LOW = 16  # lines of text: below this height, headers have two lines instead of three


@dataclass(frozen=True)
class InsetContent:
    """The numbers on the edges from an image into one neuron, called `symbol`; `values` has the shape of the image.

    The `limit` is the largest of them, as in the Inspector's image of the same weights.
    """

    unit: UnitPick
    symbol: str
    values: FloatArray
    limit: float
    is_gradient: bool


class PictureState:
    """The choices of the user and the newest frame, resolved step by step: layout → camera → look → edges."""

    def __init__(self, brush: Brush) -> None:
        self.network: NetworkSpec | None = None
        self.frame: Frame | None = None
        self.camera = Camera()
        self.hovered: Pick | None = None
        self.pinned: UnitPick | EdgePick | None = None
        self.brush = brush
        self._mode = EdgeMode.AUTO
        self._choice = ScaleChoice.LAYER
        self._limits = Limits()
        self.running = False
        self.overlays = Overlays()
        self._summary: DataSummary | None = None
        self._unfolded: frozenset[int] = frozenset()
        self._size = (800.0, 400.0)
        self._base: NetworkLayout | None = None
        self._headers: tuple[tuple[str, str, str], ...] = ()
        self._input_names: tuple[str, ...] = ()
        self._output_names: tuple[str, ...] = ()
        self._name_width = 0.0
        self._seen: tuple[NetworkLayout, Camera, NetworkLayout] | None = None
        self._look: Look | None = None
        self._last: Look | None = None
        self._shown: tuple[Look, NetworkLayout, tuple[ShownEdges, ...]] | None = None
        self._lit_edges: tuple[UnitPick, Look, NetworkLayout, tuple[ShownEdges, ...]] | None = None

    # --- what is shown ------------------------------------------------------------------------------------------------

    def show_network(self, network: NetworkSpec) -> None:
        """Show another network, of which nothing is known yet."""
        if network != self.network:
            self.network, self.camera, self._unfolded = network, Camera(), frozenset()
            self.hovered = self.pinned = None
            self._limits.forget()
            self.overlays.forget()
            self._base = None
        self.frame = self._look = None

    def show_frame(self, frame: Frame | None) -> None:
        """Show what is known at a cursor."""
        if frame is not None and frame.trace.network is not self.network:
            self.show_network(frame.trace.network)
        self.frame, self._look = frame, None

    def set_running(self, running: bool) -> None:
        """While the network runs, limits change seldom and fewer edges are painted."""
        self.running, self._look, self._shown = running, None, None

    def set_summary(self, summary: DataSummary | None) -> None:
        """Take the names of features and classes."""
        self._summary, self._base = summary, None

    def set_edge_mode(self, mode: EdgeMode) -> None:
        """Choose what the edges show."""
        self._mode, self._look = mode, None

    def set_scale(self, choice: ScaleChoice) -> None:
        """Choose over what the colour scale reaches."""
        if choice is not ScaleChoice.FIXED:
            self._limits.forget()
        self._choice, self._look = choice, None

    def set_size(self, width: float, height: float) -> None:
        """Lay the picture out in a view of this size."""
        if (width, height) != self._size:
            self._size, self._base = (width, height), None

    def set_brush(self, brush: Brush) -> None:
        """Take other fonts and colours."""
        self.brush, self._base = brush, None

    def toggle(self, layer: int) -> None:
        """Fold or unfold a wide layer."""
        self._unfolded ^= {layer}
        self._base = None

    @property
    def wide_layers(self) -> tuple[int, ...]:
        """Layers that can be folded and unfolded."""
        return tuple(column.index for column in self.base.columns if column.wide)

    # --- what follows -------------------------------------------------------------------------------------------------

    @property
    def base(self) -> NetworkLayout:
        """The layout at zoom 1."""
        assert self.network is not None
        if self._base is None:
            brush, (width, height) = self.brush, self._size
            self._input_names = input_names(self.network, self._summary)
            self._output_names = names = output_names(self.network, self._summary)
            self._name_width = widest(brush, names)
            line = brush.metrics.height()
            metrics = Metrics(
                header=(3 if height >= LOW * line else 2) * line + 6,
                input_labels=input_label_width(brush, self._input_names),
                output_labels=output_label_width(brush, names, width, self._has_probabilities()),
                below_output=line + 14,
                name=max(brush.bold_metrics.horizontalAdvance(name) for name in self._layer_names()) + 10,
            )
            self._base = layout_network(self.network, width, height, metrics, self._unfolded)
            self._headers = tuple(
                fitting_lines(self.network, column, brush, metrics.header >= 3 * line) for column in self._base.columns
            )
        return self._base

    @property
    def seen(self) -> NetworkLayout:
        """The layout as it is seen."""
        base = self.base
        if self._seen is None or self._seen[0] is not base or self._seen[1] != self.camera:
            self._seen = (base, self.camera, base.seen_through(self.camera))
        return self._seen[2]

    @property
    def look(self) -> Look:
        """Numbers and scales."""
        assert self.network is not None
        if self._look is None:
            if self.frame is None:
                self._look = blank_look(self.network, self._mode)
            else:
                look = look_at(self.frame, self._mode, Scales(self._choice, self._limits, self.running))
                self._look = look if self._last is None else with_known_edges(look, self._last)
            self._last = self._look
        return self._look

    def look_ahead(self, frame: Frame) -> Look:
        """Numbers and scales as they will be if `frame` is shown next; nothing changes by this."""
        look = look_at(frame, self._mode, Scales(self._choice, self._limits.copy(), self.running))
        return with_known_edges(look, self.look)

    @property
    def shown(self) -> tuple[ShownEdges, ...]:
        """The strongest edges."""
        look, seen = self.look, self.seen
        if self._shown is None or self._shown[0] is not look or self._shown[1] is not seen:
            count = STRONGEST_RUNNING if self.running else STRONGEST
            self._shown = (look, seen, strongest_edges(look, seen, count))
        return self._shown[2]

    def fit(self) -> None:
        """Show the whole picture."""
        self.camera = self.base.fitting_camera(*self._size)

    def room_before_output(self) -> QRect:
        """Where there are neither headers nor the output with its names, while the whole picture is seen."""
        output = self.base.columns[-1]
        right, top = min(output.block.x, output.header.x), output.header.bottom
        return QRectF(0.0, top, right, self._size[1] - top).toRect()

    def edge_scene(self, width: int, height: int) -> EdgeScene:
        """Snapshot for painting edges into an image of so many device pixels."""
        brush = self.brush
        return EdgeScene(self.look, self.base, self.seen, self.camera, brush.theme, width, height, brush.ratio)

    def _layer_names(self) -> tuple[str, ...]:
        assert self.network is not None
        return tuple(self.network.layer_name(index) for index in range(len(self.network.layers)))

    def _has_probabilities(self) -> bool:
        if self._summary is not None and self._summary.task is Task.VALUES:
            return False
        return self.network is not None and self.network.layers[-1].activation_name in PROBABILITIES

    # --- what is lit --------------------------------------------------------------------------------------------------

    @property
    def lit_pick(self) -> UnitPick | EdgePick | None:
        """What is lit: under the pointer, or else pinned."""
        return self.hovered if isinstance(self.hovered, UnitPick | EdgePick) else self.pinned

    @property
    def lit(self) -> Lit:
        """What is lit, with all that belongs to it."""
        pick = self.lit_pick
        if pick is None:
            return Lit()
        if isinstance(pick, EdgePick):
            ends = (UnitPick(pick.layer - 1, pick.source), UnitPick(pick.layer, pick.out))
            return Lit(units=ends, edge=pick, columns=frozenset((pick.layer - 1, pick.layer)))
        units = linked_values(pick, self.look)
        near = {unit.layer + step for unit in units for step in (-1, 0, 1)}
        return Lit(units=units, columns=frozenset(near))

    def lit_edges(self) -> tuple[ShownEdges, ...]:
        """All edges of the lit value."""
        pick, look, seen = self.lit_pick, self.look, self.seen
        if not isinstance(pick, UnitPick):
            return ()
        kept = self._lit_edges
        if kept is None or kept[0] != pick or kept[1] is not look or kept[2] is not seen:
            kept = self._lit_edges = (pick, look, seen, edges_of(pick, look, seen))
        return kept[3]

    def inset(self) -> InsetContent | None:
        """For a pinned neuron that is fed by an image: the numbers on its edges, as an image."""
        pick = self.pinned
        if not isinstance(pick, UnitPick) or pick.layer == 0:
            return None
        gap = self.look.gaps[pick.layer - 1]
        if gap.wiring is not Wiring.DENSE or gap.values is None:
            return None
        for link in linked_values(UnitPick(pick.layer - 1, 0), self.look):
            column = self.base.columns[link.layer]
            if column.picture is Picture.IMAGE:
                values = np.reshape(gap.values[pick.unit], column.shape)
                limit = float(np.max(np.abs(np.nan_to_num(values))))
                return InsetContent(pick, EDGE_SYMBOLS[self.look.mode], values, limit, self.look.edge_is_gradient)
        return None

    @property
    def focus_layer(self) -> int | None:
        """The layer whose numbers matter most now."""
        pick = self.lit_pick
        if pick is not None:
            return pick.layer
        if self.frame is None or self.frame.cursor.overview:
            return None
        active = [layer.index for layer in self.frame.layers if layer.active]
        return active[0] if active else self.frame.flow_gap

    def legend(self, visible_edges: int) -> LegendContent:
        """What the legend says."""
        assert self.network is not None
        return legend_content(self.look, self.network.pictures(), self._layer_names(), self.focus_layer, visible_edges)

    def scene(self) -> Scene:
        """Everything the painting needs."""
        assert self.network is not None
        frame, layout = self.frame, self.seen
        active = frozenset(layer.index for layer in frame.layers if layer.active) if frame else frozenset()
        if frame is not None and frame.phase is Phase.LOSS:
            active = frozenset((len(frame.layers) - 1,))
        output = frame.layers[-1].output if frame is not None else None
        if frame is not None and frame.partial and output is not None and np.isnan(output).any():
            output = None
        return Scene(
            layout=layout,
            camera=self.camera,
            look=self.look,
            input_names=self._input_names,
            output_labels=OutputLabels(
                names=self._output_names,
                name_width=self._name_width,
                values=None if output is None else np.ravel(output),
                target=None if frame is None or frame.target is None else np.ravel(frame.target),
                are_probabilities=self._has_probabilities(),
                bar=bar_width(self._size[0]),
            ),
            loss=frame.loss if frame is not None else None,
            is_mean=frame is not None and frame.cursor.sample is None,
            lit=self.lit,
            hovered_toggle=self.hovered if isinstance(self.hovered, TogglePick) else None,
            active=active if frame is None or not frame.cursor.overview else frozenset(),
            headers=self._headers,
            overlays=self.overlays.seen(frame, self.look, self.seen),
            pokes=NO_POKES if frame is None else frame.trace.pokes,
        )
