"""Edges of frames that will probably be shown next are painted before anybody asks, and look the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.playback import Cursor, EdgeMode, Frame, Phase, frame_at, stages_of
from nnviz.core.trace import Trace
from nnviz.ui.graph.canvas import NetworkCanvas
from nnviz.ui.graph.edge_paint import EdgeGroup, LinePainter
from nnviz.ui.graph.scale import ScaleChoice
from nnviz.ui.theme import ThemeChoice, theme_manager
from tests.support.reference import example_trace, image_network

NETWORK = image_network(8, (20, 14, 10))


def trace(seed: int) -> Trace:
    return example_trace(NETWORK, batch=4, seed=seed, step=seed)


def last_of(shown: Trace, phase: Phase) -> Frame:
    walk = stages_of(shown)
    return frame_at(shown, Cursor(max(at for at, stage in enumerate(walk) if stage.phase is phase)))


def image(canvas: QWidget) -> QImage:
    return canvas.grab().toImage()


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that single edges are painted."""
    found: list[int] = []
    paint = LinePainter.paint

    def noted(self: LinePainter, width: int, height: int, groups: tuple[EdgeGroup, ...]) -> QImage:
        found.append(len(groups))
        return paint(self, width, height, groups)

    monkeypatch.setattr(LinePainter, "paint", noted)
    return found


@pytest.fixture
def make_canvas(qtbot: QtBot) -> Callable[[], NetworkCanvas]:
    theme_manager().choose(ThemeChoice.LIGHT)

    def make() -> NetworkCanvas:
        canvas = NetworkCanvas()
        qtbot.addWidget(canvas)
        canvas.set_reduced_motion(True)
        canvas.resize(900, 460)
        canvas.show()
        qtbot.waitExposed(canvas)
        return canvas

    return make


@pytest.mark.parametrize("choice", list(ScaleChoice))
@pytest.mark.parametrize("phase", [Phase.FORWARD, Phase.BACKWARD, Phase.UPDATE])
def test_what_is_prepared_needs_no_painting_and_looks_the_same(
    qtbot: QtBot, make_canvas: Callable[[], NetworkCanvas], painted: list[int], phase: Phase, choice: ScaleChoice
) -> None:
    now, later = last_of(trace(1), Phase.LOSS), last_of(trace(2), phase)
    canvas, other = make_canvas(), make_canvas()
    for each in (canvas, other):
        each.set_scale(choice)
        each.show_frame(now)
        image(each)
    known = len(painted)
    canvas.prepare((later,))
    qtbot.waitUntil(lambda: len(painted) > known)
    canvas.show_frame(later)
    prepared = image(canvas)
    assert len(painted) == known + 1
    other.show_frame(later)
    assert prepared == image(other)
    assert len(painted) == known + 2


@pytest.mark.parametrize("mode", list(EdgeMode))
def test_whatever_the_edges_show_can_be_prepared(
    qtbot: QtBot, make_canvas: Callable[[], NetworkCanvas], painted: list[int], mode: EdgeMode
) -> None:
    canvas, later = make_canvas(), last_of(trace(2), Phase.UPDATE)
    canvas.set_edge_mode(mode)
    canvas.show_frame(last_of(trace(1), Phase.LOSS))
    image(canvas)
    known = len(painted)
    canvas.prepare((later,))
    qtbot.waitUntil(lambda: len(painted) > known)
    canvas.show_frame(later)
    image(canvas)
    assert len(painted) == known + 1


def test_a_view_that_nobody_sees_prepares_nothing(
    qtbot: QtBot, make_canvas: Callable[[], NetworkCanvas], painted: list[int]
) -> None:
    hidden, shown = make_canvas(), make_canvas()
    hidden.show_frame(last_of(trace(1), Phase.LOSS))
    shown.show_frame(last_of(trace(1), Phase.LOSS))
    image(shown)
    hidden.hide()
    known = len(painted)
    hidden.prepare((last_of(trace(2), Phase.UPDATE),))
    shown.prepare((last_of(trace(3), Phase.UPDATE), last_of(trace(4), Phase.UPDATE)))
    qtbot.waitUntil(lambda: len(painted) >= known + 2)
    assert len(painted) == known + 2


def test_preparing_changes_nothing_that_is_seen(
    qtbot: QtBot, make_canvas: Callable[[], NetworkCanvas], painted: list[int]
) -> None:
    canvas = make_canvas()
    canvas.set_edge_mode(EdgeMode.GRADIENT)
    canvas.show_frame(last_of(trace(1), Phase.BACKWARD))
    before = image(canvas)
    known = len(painted)
    canvas.prepare((last_of(trace(2), Phase.BACKWARD), last_of(trace(3), Phase.UPDATE)))
    qtbot.waitUntil(lambda: len(painted) == known + 2)
    assert image(canvas) == before
    assert len(painted) == known + 2


def test_whoever_goes_on_first_waits_for_nothing(
    make_canvas: Callable[[], NetworkCanvas], qtbot: QtBot, painted: list[int]
) -> None:
    canvas = make_canvas()
    canvas.show_frame(last_of(trace(1), Phase.LOSS))
    image(canvas)
    known = len(painted)
    canvas.prepare(tuple(last_of(trace(seed), Phase.BACKWARD) for seed in range(2, 9)))
    canvas.show_frame(last_of(trace(1), Phase.BACKWARD))
    qtbot.waitUntil(lambda: len(painted) > known)
    image(canvas)
    assert len(painted) == known + 1
