"""The centre of the window: the picture of the network, and the legend under it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnviz.core.data import DataSummary, FloatArray
from nnviz.core.plane import PlaneAnswer
from nnviz.core.playback import Frame
from nnviz.core.spec import NetworkSpec
from nnviz.session.player import Player
from nnviz.ui.graph.canvas import NetworkCanvas
from nnviz.ui.graph.hit_test import UnitPick
from nnviz.ui.graph.legend import Legend


class NetworkView(QWidget):
    """The network and what its colours mean.

    Signals
    -------
    neuron_pinned(int, int)
        Layer and unit. A pixel is the unit that it becomes when the image is flattened.
    edge_pinned(int, int, int)
        Layer, neuron in it, and value of the layer before.
    unpinned()
    """

    neuron_pinned = Signal(int, int)
    edge_pinned = Signal(int, int, int)
    unpinned = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = NetworkCanvas(self)
        self._legend = Legend(self)
        self._canvas.put_in_corner(self._legend.count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._canvas, 1)
        column.addWidget(self._legend)
        self._canvas.neuron_pinned.connect(self.neuron_pinned)
        self._canvas.edge_pinned.connect(self.edge_pinned)
        self._canvas.unpinned.connect(self.unpinned)
        self._canvas.legend_changed.connect(self._legend.show_content)
        self._legend.edge_mode_chosen.connect(self._canvas.set_edge_mode)
        self._legend.scale_chosen.connect(self._canvas.set_scale)

    def show_network(self, network: NetworkSpec) -> None:
        """Show a network of which nothing is known yet."""
        self._canvas.show_network(network)

    def show_frame(self, frame: Frame | None) -> None:
        """Show what is known at a cursor; None leaves the bare network."""
        self._canvas.show_frame(frame)

    def prepare(self, frames: tuple[Frame, ...]) -> None:
        """Paint, when there is time, what takes longest in the frames that will probably be shown next."""
        self._canvas.prepare(frames)

    def set_running(self, running: bool) -> None:
        """While the network runs, fewer edges are crisp, and limits change seldom."""
        self._canvas.set_running(running)

    def set_summary(self, summary: DataSummary | None) -> None:
        """Take the names of the features at the input and of the classes at the output."""
        self._canvas.set_summary(summary)

    def show_plane(self, answer: PlaneAnswer) -> None:
        """Take what the neurons answer for every place in the plane."""
        self._canvas.overlays().set_plane(answer)

    def set_heat_maps(self, wanted: bool) -> None:
        """Show neurons as maps, where their answers for the plane are known."""
        self._canvas.overlays().heat_maps = wanted

    def show_saliency(self, gradient: FloatArray | None) -> None:
        """Lay this gradient over the input image, or nothing."""
        self._canvas.overlays().saliency = gradient

    def follow(self, player: Player) -> None:
        """Let numbers travel along the edges as fast as this player walks."""
        self._canvas.numbers().follow(player)
        player.playing_changed.connect(self.refresh_numbers)

    @property
    def numbers_are_on_the_way(self) -> bool:
        """Whether numbers are seen to travel whose result is still to come."""
        return self._canvas.numbers_are_on_the_way

    def refresh_numbers(self) -> None:
        """Paint the numbers on the edges again: they go on, stop, appear or disappear."""
        self._canvas.numbers()

    def set_reduced_motion(self, reduced: bool) -> None:
        """Switch off everything that moves by itself."""
        self._canvas.set_reduced_motion(reduced)

    def pin_neuron(self, layer: int, unit: int) -> None:
        """Pin a neuron, as a click on it does."""
        self._canvas.pin(UnitPick(layer, unit))

    def unpin(self) -> None:
        """Pin nothing."""
        self._canvas.pin(None)

    def position_of(self, layer: int, unit: int) -> QPointF:
        """Where a value is seen, in the coordinates of this widget."""
        return self._canvas.mapTo(self, self._canvas.position_of(layer, unit))

    def room_before_output(self) -> QRect:
        """Where the picture has neither headers nor its output, in the coordinates of this widget."""
        canvas = self._canvas.geometry()
        return canvas.intersected(self._canvas.room_before_output().translated(canvas.topLeft()))

    def fit(self) -> None:
        """Show the whole picture."""
        self._canvas.fit()
