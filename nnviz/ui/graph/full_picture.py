"""The picture of all edges, painted on a background thread while the window stays alive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

import numpy as np
from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal, Slot
from PySide6.QtGui import QImage

from nnviz.core.playback import EdgeNumbers, EdgeValues
from nnviz.session.mailbox import Mailbox
from nnviz.ui.graph.edge_sets import dense_gaps, edge_colors
from nnviz.ui.graph.faint_edges import AllEdgesPainter, EdgePicture
from nnviz.ui.graph.layout import Camera, NetworkLayout
from nnviz.ui.graph.look import Look
from nnviz.ui.theme import Theme


@dataclass(frozen=True, eq=False)
class EdgeScene:
    """Everything that decides how edges are painted: a snapshot that another thread may read.

    Attributes
    ----------
    base, layout : NetworkLayout
        At zoom 1, and as seen through `camera`.
    width, height : int
        In device pixels, of which there are `ratio` to a logical one.
    """

    look: Look
    base: NetworkLayout
    layout: NetworkLayout
    camera: Camera
    theme: Theme
    width: int
    height: int
    ratio: float

    def has_same_backdrop(self, other: EdgeScene) -> bool:
        """Whether `other` is laid out and seen alike."""
        return (
            self.layout is other.layout
            and self.theme is other.theme
            and (self.width, self.height, self.ratio) == (other.width, other.height, other.ratio)
        )

    def shows_same_kind(self, other: EdgeScene | None) -> bool:
        """Whether `other` shows numbers of the same kind in the same places of the layout."""
        return (
            other is not None
            and self.base is other.base
            and self.theme is other.theme
            and self.look.mode is other.look.mode
        )

    def shows_same_numbers(self, other: EdgeScene | None) -> bool:
        """Whether `other` shows the very same arrays on the same scale, in the same places of the layout."""
        return (
            other is not None
            and self.shows_same_kind(other)
            and all(
                _are_same(one.values, two.values) and one.limit == two.limit and np.array_equal(one.passes, two.passes)
                for one, two in zip(self.look.gaps, other.look.gaps, strict=True)
            )
        )

    def paints_alike(self, other: EdgeScene | None) -> bool:
        """Whether `other` gives the same picture."""
        return (
            other is not None
            and self.camera == other.camera
            and (self.width, self.height, self.ratio) == (other.width, other.height, other.ratio)
            and self.shows_same_numbers(other)
        )


def _are_same(one: EdgeValues | None, two: EdgeValues | None) -> bool:
    return one is two or (isinstance(one, EdgeNumbers) and one.is_same_as(two))


class _Job(QRunnable):
    """Paints one scene."""

    def __init__(self, scene: EdgeScene, painter: AllEdgesPainter, cancelled: Event, mailbox: Mailbox) -> None:
        super().__init__()
        self._scene, self._painter, self._cancelled, self._mailbox = scene, painter, cancelled, mailbox

    def run(self) -> None:
        """Paint, unless nobody wants it any more."""
        image = None
        try:
            image = self._paint()
        finally:
            self._mailbox.put((self._scene, image))

    def _paint(self) -> QImage | None:
        scene = self._scene
        gaps = dense_gaps(scene.look, scene.layout, scene.ratio, scene.height)
        colors = edge_colors(scene.theme, scene.look.edge_is_gradient)
        image = self._painter.paint(EdgePicture(scene.width, scene.height, gaps, *colors), self._cancelled.is_set)
        if image is None:
            return None
        coarseness = round(scene.width / image.width())
        if coarseness > 1:  # here, where it makes nobody wait
            ignore, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            image = image.scaled(image.size() * coarseness, ignore, smooth)
        image.setDevicePixelRatio(scene.ratio)
        return image


class FullPicture(QObject):
    """Has scenes painted in the background, one at a time; the newest comes next, all others are dropped.

    Signals
    -------
    finished()
        `scene` and `image` are those of the newest request.
    """

    finished = Signal()

    def __init__(self, make_painter: Callable[[], AllEdgesPainter], parent: QObject) -> None:
        super().__init__(parent)
        self.scene: EdgeScene | None = None
        self.image: QImage | None = None
        self._make_painter = make_painter  # looking for a graphics processor takes time: not before it is needed
        self._painter: AllEdgesPainter | None = None
        self._mailbox = Mailbox()  # without a parent: it outlives the view, so that a late job can deliver
        self._mailbox.arrived.connect(self._receive)
        self._wanted: EdgeScene | None = None
        self._cancelled: Event | None = None  # of the job under way

    @property
    def busy(self) -> bool:
        """Whether a scene is being painted, or waits for that."""
        return self._cancelled is not None

    def request(self, scene: EdgeScene) -> None:
        """Paint `scene`, unless it is there or under way."""
        if scene.paints_alike(self.scene) or scene.paints_alike(self._wanted):
            return
        self.cancel()
        self._wanted = scene
        if self._cancelled is None:
            self._start()

    def cancel(self) -> None:
        """Give up what is under way."""
        self._wanted = None
        if self._cancelled is not None:
            self._cancelled.set()

    def _start(self) -> None:
        if self._wanted is not None:
            if self._painter is None:
                self._painter = self._make_painter()
            self._cancelled = Event()
            QThreadPool.globalInstance().start(_Job(self._wanted, self._painter, self._cancelled, self._mailbox))

    @Slot(object)
    def _receive(self, ended: tuple[EdgeScene, QImage | None]) -> None:
        """Take a picture, or None where it was not painted to the end."""
        scene, image = ended
        self._cancelled = None
        if scene is not self._wanted:
            self._start()
            return
        self._wanted = None
        if image is not None:
            self.scene, self.image = scene, image
            self.finished.emit()
