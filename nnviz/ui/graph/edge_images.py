"""Keeps the painted images of backdrop and edges, and paints them anew only when they would look different."""

from __future__ import annotations

from collections import deque
from time import perf_counter

from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtGui import QImage, QPainter

from nnviz.ui.graph.coverage_painter import CoveragePainter
from nnviz.ui.graph.edge_paint import LinePainter
from nnviz.ui.graph.edge_sets import ShownEdges, crisp_group, strongest_edges, thickness_for
from nnviz.ui.graph.full_picture import EdgeScene, FullPicture
from nnviz.ui.graph.gl_edges import gl_painter
from nnviz.ui.graph.hit_test import UnitPick
from nnviz.ui.graph.painting import Images, paint_backdrop
from nnviz.ui.graph.state import PictureState

FADE_SECONDS = 0.2
CRISP_KEPT = 5  # pictures of the strongest edges: what is seen, where one may go from there, and where one was
FOLLOW_SECONDS = 0.1  # between pictures of all edges while training runs: more often, the training gets slower
RUNNING_THICKNESS = 0.7  # thinner lines are painted faster, thirty times a second


class EdgeImageKeeper(QObject):
    """The backdrop and the strongest edges at once, those of a lit value at once, all edges from the background.

    Signals
    -------
    all_painted()
        The picture of all edges is there, and begins to fade in.
    """

    all_painted = Signal()

    def __init__(self, painter: LinePainter, parent: QObject) -> None:
        super().__init__(parent)
        self.reduced_motion = False
        self._painter = painter
        self._full = FullPicture(lambda: gl_painter(CoveragePainter()), self)
        self._full.finished.connect(self._take_full)
        self._fade_began = 0.0
        self._running = False
        self._follows = False  # the training: until the next picture of all edges is there, the last will do
        self._followed = -FOLLOW_SECONDS  # when a picture was last asked for
        self._shows_all = False
        self._backdrop: tuple[EdgeScene, QImage] | None = None
        self._crisp: deque[tuple[EdgeScene, bool, QImage]] = deque(maxlen=CRISP_KEPT)
        self._lit: tuple[EdgeScene, UnitPick, QImage] | None = None

    def images(self, state: PictureState, scene: EdgeScene) -> Images:
        """All images for `scene`, of which the picture of all edges may be missing."""
        self._running = state.running
        if state.running:
            self._follow(state, scene)
        fade = self._fade(scene)
        self._shows_all = fade > 0
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

    def _follow(self, state: PictureState, scene: EdgeScene) -> None:
        self._follows = True
        now = perf_counter()
        if now - self._followed >= FOLLOW_SECONDS and not self._full.busy:
            self._followed = now
            self.paint_all(state, scene)

    def _take_full(self) -> None:
        if not self._shows_all:
            self._fade_began = perf_counter()
        if not self._running:  # then the next picture comes soon by itself
            self._follows = False
            self.all_painted.emit()

    def shows_all(self, scene: EdgeScene) -> bool:
        """Whether the picture of all edges is there for `scene`, be it still faint."""
        return self._fade(scene) > 0

    def _fade(self, scene: EdgeScene) -> float:
        """Opacity of the picture of all edges: 0 while there is none that is true."""
        full = self._full.scene
        if not (scene.shows_same_numbers(full) or (self._follows and scene.shows_same_kind(full))):
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
        image = self._kept_crisp(scene, state.running)
        if image is None:
            thinned = RUNNING_THICKNESS if state.running else 1.0
            image = self._paint(scene, state.shown, _thickest(state.shown) * thinned)
            self._keep_crisp(scene, state.running, image)
        return image

    def _keep_crisp(self, scene: EdgeScene, running: bool, image: QImage) -> None:
        """Keep a picture, and give up those that cannot be seen again."""
        if running or (self._crisp and self._crisp[-1][0].base is not scene.base):
            self._crisp.clear()
        self._crisp.append((scene, running, image))

    def _kept_crisp(self, scene: EdgeScene, running: bool) -> QImage | None:
        """What was painted for such a scene, which now is the newest."""
        for kept in self._crisp:
            if kept[1] is running and scene.paints_alike(kept[0]):
                self._crisp.remove(kept)
                self._crisp.append(kept)
                return kept[2]
        return None

    def prepare(self, scene: EdgeScene) -> None:
        """Paint the strongest edges of a scene that will probably be shown next."""
        if self._kept_crisp(scene, running=False) is None:
            shown = strongest_edges(scene.look, scene.layout)
            self._keep_crisp(scene, False, self._paint(scene, shown, _thickest(shown)))

    def _lit_image(self, state: PictureState, scene: EdgeScene) -> QImage | None:
        pick = state.lit_pick
        if not isinstance(pick, UnitPick):
            return None
        if self._lit is None or self._lit[1] != pick or not scene.paints_alike(self._lit[0]):
            shown = state.lit_edges()
            self._lit = (scene, pick, self._paint(scene, shown, max(2.0, _thickest(shown))))
        return self._lit[2]

    def _paint(self, scene: EdgeScene, shown: tuple[ShownEdges, ...], thickest: float) -> QImage:
        gradient = scene.look.edge_is_gradient
        groups = tuple(
            crisp_group(edges, scene.theme, gradient, scene.ratio, thickest, scene.height) for edges in shown
        )
        image = self._painter.paint(scene.width, scene.height, groups)
        image.setDevicePixelRatio(scene.ratio)
        return image


def _thickest(shown: tuple[ShownEdges, ...]) -> float:
    return thickness_for(sum(len(edges.chosen) for edges in shown))


def visible_edge_count(state: PictureState, all_are_shown: bool) -> int:
    """Count the edges with a weight that can be seen."""
    dense = [edges for edges in state.shown if edges.gap.edge_count]
    if all_are_shown:
        return sum(edges.gap.edge_count for edges in dense if edges.gap.values is not None)
    return sum(len(edges.chosen) for edges in dense)
