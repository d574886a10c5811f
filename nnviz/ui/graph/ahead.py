"""What takes longest in frames that will probably be shown next, done while there is time."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer

from nnviz.core.playback import Frame
from nnviz.ui.graph.edge_images import EdgeImageKeeper
from nnviz.ui.graph.full_picture import EdgeScene
from nnviz.ui.graph.state import PictureState


class Ahead(QTimer):
    """Paints the strongest edges of frames to come, in short pieces: between them the window goes on living."""

    def __init__(self, state: PictureState, edges: EdgeImageKeeper, parent: QObject) -> None:
        super().__init__(parent, singleShot=True)
        self._state, self._edges = state, edges
        self._waiting: list[Frame | EdgeScene] = []
        self._scene: EdgeScene | None = None
        self.timeout.connect(self._go_on)

    def prepare(self, frames: tuple[Frame, ...], scene: EdgeScene) -> None:
        """Prepare these frames, and no others any more, to be seen as the present one is in `scene`."""
        self._waiting, self._scene = list(frames), scene
        self.start()

    def give_up(self) -> None:
        """Prepare nothing: what is shown has changed."""
        self._waiting.clear()
        self._scene = None

    def _go_on(self) -> None:
        """Find out in one round of the event loop what a frame looks like, and paint its edges in the next."""
        state = self._state
        if not self._waiting or self._scene is None or state.running:
            return
        match self._waiting.pop(0):
            case EdgeScene() as scene:
                self._edges.prepare(scene)
            case Frame() as frame if frame.trace.network is state.network:
                self._waiting.insert(0, replace(self._scene, look=state.look_ahead(frame)))
        self.start()
