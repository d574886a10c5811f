"""The picture of all edges, painted on a background thread while the window stays alive."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event

import numpy as np
from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot
from PySide6.QtGui import QImage

from nnviz.ui.graph.edge_paint import EdgePainter
from nnviz.ui.graph.edge_sets import all_edges, faint_group
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

    def shows_same_numbers(self, other: EdgeScene | None) -> bool:
        """Whether `other` shows the very same arrays on the same scale, in the same places of the layout."""
        return (
            other is not None
            and self.base is other.base
            and self.theme is other.theme
            and self.look.mode is other.look.mode
            and all(
                one.values is two.values and one.limit == two.limit and np.array_equal(one.passes, two.passes)
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


class _Job(QRunnable):
    """Paints one scene."""

    def __init__(self, scene: EdgeScene, painter: EdgePainter, cancelled: Event, mailbox: _Mailbox) -> None:
        super().__init__()
        self._scene, self._painter, self._cancelled, self._mailbox = scene, painter, cancelled, mailbox

    def run(self) -> None:
        """Paint, unless nobody wants it any more."""
        scene = self._scene
        groups = []
        for edges in all_edges(scene.look, scene.layout):
            if self._cancelled.is_set():
                return
            gradient = scene.look.edge_is_gradient
            groups.append(faint_group(edges, scene.theme, gradient, scene.ratio, scene.height))
        image = self._painter.paint(scene.width, scene.height, tuple(groups), self._cancelled.is_set)
        if image is not None and not self._cancelled.is_set():
            self._mailbox.painted.emit(scene, image)


class _Mailbox(QObject):
    """Outlives the view, so that a late job has somewhere to deliver.

    Signals
    -------
    painted(EdgeScene, QImage)
    """

    painted = Signal(object, QImage)


class FullPicture(QObject):
    """Has the newest scene painted in the background, one at a time; stale results are dropped.

    Signals
    -------
    finished()
        `scene` and `image` are those of the newest request.
    """

    finished = Signal()

    def __init__(self, painter: EdgePainter, parent: QObject) -> None:
        super().__init__(parent)
        self.scene: EdgeScene | None = None
        self.image: QImage | None = None
        self._painter = painter
        self._mailbox = _Mailbox()
        self._mailbox.painted.connect(self._receive)
        self._wanted: EdgeScene | None = None
        self._cancelled = Event()

    def request(self, scene: EdgeScene) -> None:
        """Paint `scene`, unless it is there or under way."""
        if scene.paints_alike(self.scene) or scene.paints_alike(self._wanted):
            return
        self.cancel()
        self._wanted = scene
        QThreadPool.globalInstance().start(_Job(scene, self._painter, self._cancelled, self._mailbox))

    def cancel(self) -> None:
        """Give up what is under way."""
        self._cancelled.set()
        self._cancelled = Event()
        self._wanted = None

    @Slot(object, QImage)
    def _receive(self, scene: EdgeScene, image: QImage) -> None:
        if scene is self._wanted:
            self._wanted = None
            image.setDevicePixelRatio(scene.ratio)
            self.scene, self.image = scene, image
            self.finished.emit()
