"""From a key, a stroke or the pointer to the repainted window: is it there within one frame of the screen?

The real window with the article's network (784-20-14-10 on MNIST; NNVIZ_DATA_DIR names the folder with its files),
painted offscreen, in software. A figure is the wall time from the event to the end of the last repaint that it causes,
answers from the training thread included. Before a key is pressed the picture has come to rest with all edges in it, as
under the eyes of somebody who reads first.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from statistics import quantiles
from time import perf_counter

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QPoint, Qt, QThreadPool
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from nnviz.app import make_window
from nnviz.core.playback import next_layer_position
from nnviz.engine.catalogue import catalogue
from nnviz.session.session import Session
from nnviz.ui.main_window import MainWindow

FRAME_MS = 16.7  # of a screen that shows 60 pictures a second
SETTLE_MS, FADE_MS = 160, 210  # until all edges are asked for; until they stand in full colour
FIRST_HIDDEN = 2
MODIFIERS = {
    "→ a step": Qt.KeyboardModifier.NoModifier,
    "Shift+→ a layer": Qt.KeyboardModifier.ShiftModifier,
    "Ctrl+→ the next batch": Qt.KeyboardModifier.ControlModifier,
}
# a target at the size of a laptop; what is told for a large screen comes from fewer rounds
SIZES = [pytest.param((1440, 900), 21, id="1440x900"), pytest.param((1920, 1080), 9, id="1920x1080")]


class Repaints(QObject):
    """Counts how often the window repaints what has changed in it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.count = 0
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.UpdateRequest
        return False


class Desk:
    """Somebody at the window, who does something, and looks at the clock when everything has been repainted."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        self._window, self._session = window, session
        self._repaints = Repaints(window)
        self._picture = self._child("network_view")
        self._pad = self._child("drawing_pad")
        self._rounds = count()

    def _child(self, name: str) -> QWidget:
        widget = self._window.findChild(QWidget, name)
        assert widget is not None, name
        return widget

    def _milliseconds(self, act: Callable[[], object], is_done: Callable[[], bool] = lambda: True) -> float:
        """Time of an act, until `is_done`, and of the repaints that follow from it."""
        before, started = self._repaints.count, perf_counter()
        act()
        while not is_done():  # asleep meanwhile, as an event loop is: it must not hold the interpreter lock
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        seen = -1
        while seen != self._repaints.count:
            seen = self._repaints.count
            QCoreApplication.processEvents()
        took = perf_counter() - started
        assert self._repaints.count > before, "nothing was repainted"
        return 1000 * took

    def wait(self, is_done: Callable[[], bool], seconds: float = 60.0) -> None:
        end = perf_counter() + seconds
        while not is_done():
            QTest.qWait(5)
            assert perf_counter() < end, "timeout"

    def rest(self) -> None:
        """Wait until all edges have been painted in the background, and have faded in."""
        QTest.qWait(SETTLE_MS)
        self.wait(lambda: QThreadPool.globalInstance().activeThreadCount() == 0)
        QTest.qWait(FADE_MS)

    # --- keys ---------------------------------------------------------------------------------------------------------

    def press(self, modifier: Qt.KeyboardModifier) -> float:
        """Press the right arrow; a step and a layer begin anew where they would lead to the next batch."""
        session = self._session
        wants_batch = modifier is Qt.KeyboardModifier.ControlModifier
        if not wants_batch and next_layer_position(session.walk, session.cursor.position) == len(session.walk):
            session.go_to_position(0)
        self.rest()
        frame, trace = session.frame, session.trace

        def is_done() -> bool:
            return session.frame is not frame and session.can_step and (session.trace is not trace) is wants_batch

        return self._milliseconds(lambda: QTest.keyClick(self._window, Qt.Key.Key_Right, modifier), is_done)

    # --- pointer ------------------------------------------------------------------------------------------------------

    def point_at_neuron(self) -> float:
        """From one neuron of the first hidden layer to another; each has 798 edges."""
        unit = 2 * (next(self._rounds) % 10)
        return self._point_at(self._picture.position_of(FIRST_HIDDEN, unit).toPoint())

    def point_at_edge(self) -> float:
        """From one place between the hidden layers, where edges are close together, to another."""
        unit = next(self._rounds) % 14
        ends = self._picture.position_of(FIRST_HIDDEN, unit), self._picture.position_of(FIRST_HIDDEN + 1, 13 - unit)
        return self._point_at(((ends[0] + ends[1]) / 2).toPoint())

    def _point_at(self, position: QPoint) -> float:
        return self._milliseconds(lambda: QTest.mouseMove(self._picture, position))

    # --- the pad ------------------------------------------------------------------------------------------------------

    def begin_drawing(self) -> None:
        QTest.keyClick(self._window, Qt.Key.Key_D)
        self.wait(self._pad.isVisible)
        QTest.mousePress(self._pad, Qt.MouseButton.LeftButton, pos=self._place_on_pad(0))
        self.wait(lambda: self._session.frame is not None and self._session.frame.trace.is_drawing)
        self.rest()

    def draw(self) -> float:
        """Draw a little further, until picture and prediction are those of the new stroke."""
        frame, place = self._session.frame, self._place_on_pad(next(self._rounds) + 1)
        return self._milliseconds(lambda: QTest.mouseMove(self._pad, place), lambda: self._session.frame is not frame)

    def _place_on_pad(self, number: int) -> QPoint:
        angle, middle = number * 0.25, self._pad.rect().center()
        reach = 0.3 * min(self._pad.width(), self._pad.height())
        return middle + QPoint(round(reach * np.cos(angle)), round(reach * np.sin(angle)))

    def end_drawing(self) -> None:
        QTest.mouseRelease(self._pad, Qt.MouseButton.LeftButton, pos=self._pad.rect().center())


@pytest.fixture
def desk(qtbot, mnist_folder, request):
    window, session = make_window(mnist_folder)
    qtbot.addWidget(window)
    window.resize(*request.param)
    window.show()
    window.open_preset(catalogue().presets["mnist"])
    desk = Desk(window, session)
    desk.wait(lambda: session.can_step)
    desk.rest()
    yield desk
    window.close()


def measure(bench, figures: dict[str, Callable[[], float]], size: tuple[int, int], rounds: int) -> None:
    """Note the medians, and the time that nine in ten stay below."""
    found: dict[str, list[float]] = {name: [] for name in figures}

    def noted(name: str) -> float:
        found[name].append(figures[name]())
        return found[name][-1]

    medians = bench.take_turns({name: lambda name=name: noted(name) for name in figures}, rounds)
    where = f"{size[0]}×{size[1]}"
    for name, value in medians.items():
        most = quantiles(found[name], n=10)[-1]
        if size == SIZES[0].values[0]:
            bench.at_most(f"{name} → repainted, {where}", f"9 in 10 ≤ {most:.1f} ms", "a frame", value, FRAME_MS, "ms")
        else:
            bench.tell(f"{name} → repainted, {where}", f"9 in 10 ≤ {most:.1f} ms", "a frame", f"{value:.3g} ms")


@pytest.mark.parametrize(("desk", "rounds"), SIZES, indirect=["desk"])
def test_step(bench, desk, rounds, request):
    figures = {name: lambda modifier=modifier: desk.press(modifier) for name, modifier in MODIFIERS.items()}
    figures["pointer over a neuron"] = desk.point_at_neuron
    figures["pointer over an edge"] = desk.point_at_edge
    measure(bench, figures, request.node.callspec.params["desk"], rounds)


@pytest.mark.parametrize(("desk", "rounds"), SIZES, indirect=["desk"])
def test_stroke(bench, desk, rounds, request):
    desk.begin_drawing()
    measure(bench, {"a stroke on the pad": desk.draw}, request.node.callspec.params["desk"], rounds)
    desk.end_drawing()
