"""Keeps the painted images of backdrop and edges, and paints them anew only when they would look different."""

from __future__ import annotations

from time import perf_counter

from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtGui import QImage, QPainter

from nnviz.ui.graph.edge_paint import EdgePainter
from nnviz.ui.graph.edge_sets import ALL_AT_MOST, ShownEdges, crisp_group, thickness_for
from nnviz.ui.graph.full_picture import EdgeScene, FullPicture
from nnviz.ui.graph.hit_test import UnitPick
from nnviz.ui.graph.painting import Images, paint_backdrop
from nnviz.ui.graph.state import PictureState

FADE_SECONDS = 0.2
RUNNING_THICKNESS = 0.7  # thinner lines are painted faster, thirty times a second


class EdgeImageKeeper(QObject):
    """The backdrop and the strongest edges at once, those of a lit value at once, all edges from the background.

    Signals
    -------
    all_painted()
        The picture of all edges is there, and begins to fade in.
    """

    all_painted = Signal()

    def __init__(self, painter: EdgePainter, parent: QObject) -> None:
        super().__init__(parent)
        self.reduced_motion = False
        self._painter = painter
        self._full = FullPicture(painter, self)
        self._full.finished.connect(self._begin_fade)
        self._fade_began = 0.0
        self._backdrop: tuple[EdgeScene, QImage] | None = None
        self._crisp: tuple[EdgeScene, bool, QImage] | None = None
        self._lit: tuple[EdgeScene, UnitPick, QImage] | None = None

    def images(self, state: PictureState, scene: EdgeScene) -> Images:
        """All images for `scene`, of which the picture of all edges may be missing."""
        fade = 0.0 if state.running else self._fade(scene)
        return Images(
            backdrop=self._backdrop_image(state, scene),
            full=self._full.image if fade > 0 else None,
            full_camera=self._full.scene.camera if self._full.scene is not None else None,
            full_opacity=fade,
            crisp=self._crisp_image(state, scene),
            lit=self._lit_image(state, scene),
        )

    def paint_all(self, state: PictureState, scene: EdgeScene) -> None:
        """Have all edges painted in the background, unless all are among the strongest."""
        known = sum(gap.edge_count for gap in state.look.gaps if gap.values is not None)
        if known > sum(len(edges.chosen) for edges in state.shown if edges.gap.values is not None):
            self._full.request(scene)

    def cancel(self) -> None:
        """Give up what is under way in the background."""
        self._full.cancel()

    def _begin_fade(self) -> None:
        self._fade_began = perf_counter()
        self.all_painted.emit()

    def _fade(self, scene: EdgeScene) -> float:
        """Opacity of the picture of all edges: 0 while there is none that is true."""
        if self._full.image is None or not scene.shows_same_numbers(self._full.scene):
            return 0.0
        share = min((perf_counter() - self._fade_began) / FADE_SECONDS, 1.0)
        return 1.0 if self.reduced_motion else max(1.0 - (1.0 - share) ** 3, 0.01)

    def _backdrop_image(self, state: PictureState, scene: EdgeScene) -> QImage:
        if self._backdrop is None or not scene.has_same_backdrop(self._backdrop[0]):
            image = QImage(scene.width, scene.height, QImage.Format.Format_RGB32)
            image.setDevicePixelRatio(scene.ratio)
            painter = QPainter(image)
            area = QRectF(0, 0, scene.width / scene.ratio, scene.height / scene.ratio)
            paint_backdrop(painter, state.brush, scene.layout, scene.look, area)
            painter.end()
            self._backdrop = (scene, image)
        return self._backdrop[1]

    def _crisp_image(self, state: PictureState, scene: EdgeScene) -> QImage:
        if self._crisp is None or self._crisp[1] is not state.running or not scene.paints_alike(self._crisp[0]):
            count = sum(len(edges.chosen) for edges in state.shown)
            thickest = thickness_for(count) * (RUNNING_THICKNESS if state.running else 1.0)
            self._crisp = (scene, state.running, self._paint(scene, state.shown, thickest))
        return self._crisp[2]

    def _lit_image(self, state: PictureState, scene: EdgeScene) -> QImage | None:
        pick = state.lit_pick
        if not isinstance(pick, UnitPick):
            return None
        if self._lit is None or self._lit[1] != pick or not scene.paints_alike(self._lit[0]):
            shown = state.lit_edges()
            thickest = max(2.0, thickness_for(sum(len(edges.chosen) for edges in shown)))
            self._lit = (scene, pick, self._paint(scene, shown, thickest))
        return self._lit[2]

    def _paint(self, scene: EdgeScene, shown: tuple[ShownEdges, ...], thickest: float) -> QImage:
        gradient = scene.look.edge_is_gradient
        groups = tuple(
            crisp_group(edges, scene.theme, gradient, scene.ratio, thickest, scene.height) for edges in shown
        )
        image = self._painter.paint(scene.width, scene.height, groups, lambda: False)
        assert image is not None
        image.setDevicePixelRatio(scene.ratio)
        return image


def visible_edge_count(state: PictureState, all_are_shown: bool) -> int:
    """Count the edges with a weight that can be seen."""
    dense = [edges for edges in state.shown if edges.gap.edge_count]
    if all_are_shown:
        return min(sum(edges.gap.edge_count for edges in dense if edges.gap.values is not None), ALL_AT_MOST)
    return sum(len(edges.chosen) for edges in dense)
