"""The picture of all edges, painted in the background."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from nnviz.core.playback import Cursor, EdgeMode, frame_at, stages_of
from nnviz.ui.graph.faint_edges import EdgePicture
from nnviz.ui.graph.full_picture import EdgeScene, FullPicture
from nnviz.ui.graph.layout import Camera, Metrics, layout_network
from nnviz.ui.graph.look import Scales, look_at
from nnviz.ui.graph.scale import Limits, ScaleChoice
from nnviz.ui.theme import theme_manager
from tests.support.reference import example_trace, image_network


class SlowPainter:
    """Paints only when it may; says what it was asked for."""

    def __init__(self) -> None:
        self.go_on, self.widths = Event(), list[int]()

    def paint(self, picture: EdgePicture, cancelled: Callable[[], bool]) -> QImage | None:
        self.widths.append(picture.width)
        assert self.go_on.wait(10)
        assert len(picture.gaps) == 3
        if cancelled():
            return None
        image = QImage(-(-picture.width // 2), -(-picture.height // 2), QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(picture.negative)
        return image


@pytest.fixture
def painter() -> Iterator[SlowPainter]:
    made = SlowPainter()
    yield made
    made.go_on.set()


@pytest.fixture
def picture(qapp: object, painter: SlowPainter) -> Iterator[FullPicture]:
    owner = QObject()
    yield FullPicture(lambda: painter, owner)
    painter.go_on.set()


def scene(width: int = 300, ratio: float = 1.0) -> EdgeScene:
    network = image_network(8)
    trace = example_trace(network)
    frame = frame_at(trace, Cursor(len(stages_of(trace)) - 1, 0))
    look = look_at(frame, EdgeMode.WEIGHT, Scales(ScaleChoice.LAYER, Limits(), False))
    layout = layout_network(network, width, 200, Metrics())
    return EdgeScene(look, layout, layout, Camera(), theme_manager().theme, width, 201, ratio)


def test_an_image_of_half_the_resolution_is_stretched(qtbot: QtBot, picture: FullPicture, painter: SlowPainter) -> None:
    painter.go_on.set()
    with qtbot.waitSignal(picture.finished):
        picture.request(scene(301, 2.0))
    assert picture.image is not None
    assert (picture.image.width(), picture.image.height()) == (302, 202)
    assert picture.image.devicePixelRatio() == 2.0
    assert not picture.busy


def test_one_at_a_time_and_the_newest_comes_next(qtbot: QtBot, picture: FullPicture, painter: SlowPainter) -> None:
    for width in (300, 310, 320, 330):
        picture.request(scene(width))
    assert picture.busy
    with qtbot.waitSignal(picture.finished):
        painter.go_on.set()
    assert picture.scene is not None
    assert picture.scene.width == 330
    assert painter.widths in ([300, 330], [330])  # the first may be given up before it begins
    assert not picture.busy


def test_the_same_scene_is_painted_once(qtbot: QtBot, picture: FullPicture, painter: SlowPainter) -> None:
    wanted = scene()
    picture.request(wanted)
    picture.request(wanted)
    with qtbot.waitSignal(picture.finished):
        painter.go_on.set()
    picture.request(wanted)
    assert not picture.busy
    assert painter.widths == [300]


def test_nothing_comes_after_it_was_given_up(qtbot: QtBot, picture: FullPicture, painter: SlowPainter) -> None:
    picture.request(scene())
    picture.cancel()
    painter.go_on.set()
    qtbot.waitUntil(lambda: not picture.busy)
    assert picture.image is None
