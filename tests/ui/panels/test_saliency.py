"""Which pixels matter: switched on, it follows the drawing, the sample and the class, live."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.playback import Phase
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.trainer import Trainer
from nnviz.session.session import Session
from nnviz.ui.panels.drawing import DrawingPanel
from nnviz.ui.widgets.pixel_canvas import PixelCanvas
from nnviz.ui.widgets.saliency_asker import SaliencyAsker

LEFT = Qt.MouseButton.LeftButton


class Bench:
    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.session = Session(lambda: Trainer(catalogue(), DataPlaces(None, Path("/nonexistent"))))
        self.panel = DrawingPanel(self.session, catalogue())
        qtbot.addWidget(self.panel)
        self.gradients: list[np.ndarray | None] = []
        self.panel.saliency.changed.connect(self.gradients.append)
        self.panel.resize(300, 700)
        self.panel.show()
        qtbot.waitExposed(self.panel)

    def load(self, name: str) -> None:
        self.session.load_preset(catalogue().presets[name])
        self.wait(lambda: self.session.can_step)
        self.go_to(Phase.LOSS)

    def go_to(self, phase: Phase) -> None:
        walk = self.session.walk
        self.session.go_to_position(next(i for i, stage in enumerate(walk) if stage.phase is phase))

    def wait(self, true) -> None:
        self.qtbot.waitUntil(true, timeout=20_000)

    def child(self, kind: type[QWidget], name: str):
        found = self.panel.findChild(kind, name)
        assert found is not None, name
        return found

    def switch(self) -> None:
        check = self.child(QCheckBox, "saliency_check")
        self.qtbot.mouseClick(check, LEFT, pos=QPoint(10, check.height() // 2))

    @property
    def shown(self) -> np.ndarray | None:
        return self.gradients[-1] if self.gradients else None

    def wait_for_another(self, before: np.ndarray | None) -> np.ndarray:
        self.wait(lambda: self.shown is not None and (before is None or not np.array_equal(self.shown, before)))
        assert self.shown is not None
        return self.shown

    def draw(self) -> None:
        pad = self.child(PixelCanvas, "drawing_pad")
        middle = pad.rect().center()
        self.qtbot.mousePress(pad, LEFT, pos=middle - QPoint(40, 40))
        self.qtbot.mouseMove(pad, middle + QPoint(40, -40))
        self.qtbot.mouseRelease(pad, LEFT, pos=middle + QPoint(0, 60))


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = Bench(qtbot)
    yield made
    made.session.close()


def test_the_bars_stay_in_sight(bench: Bench) -> None:
    """At the size that a dock has in a window of 1280×720."""
    bench.panel.resize(290, 640)
    bench.load("digits")
    pad, bars = bench.child(PixelCanvas, "drawing_pad"), bench.child(QWidget, "prediction_bars")
    bench.qtbot.mouseClick(pad, LEFT)
    bench.switch()
    bench.wait(lambda: bench.child(QWidget, "saliency_picture").isVisible())
    bench.wait(lambda: bars.visibleRegion().boundingRect().height() == bars.height())


def test_it_is_off_at_first_and_asks_nothing(bench: Bench) -> None:
    bench.load("digits")
    bench.draw()
    bench.wait(lambda: bench.session.frame.trace.is_drawing)
    assert bench.shown is None
    assert not bench.child(QWidget, "saliency_picture").isVisible()


def test_it_follows_sample_class_and_drawing(bench: Bench) -> None:
    bench.load("digits")
    bench.switch()
    first = bench.wait_for_another(None)
    assert first.shape == (8, 8)
    assert bench.child(QWidget, "saliency_picture").isVisible()
    bench.session.select_sample(1)
    second = bench.wait_for_another(first)
    combo = bench.child(QComboBox, "saliency_class_combo")
    assert [combo.itemText(index) for index in range(combo.count())] == ["predicted one", *"0123456789"]
    bench.qtbot.keyClicks(combo, "3")
    bench.wait(lambda: "more like 3" in bench.child(QLabel, "saliency_text").text())
    third = bench.wait_for_another(second)
    bench.draw()
    bench.wait_for_another(third)


def test_it_is_live_while_the_network_runs(bench: Bench) -> None:
    bench.load("digits")
    bench.switch()
    first = bench.wait_for_another(None)
    bench.session.run()
    second = bench.wait_for_another(first)
    bench.wait_for_another(second)


def test_the_mean_of_a_batch_has_none(bench: Bench) -> None:
    bench.load("digits")
    bench.switch()
    bench.wait_for_another(None)
    bench.session.select_sample(None)
    bench.wait(lambda: bench.shown is None)
    assert "Choose a sample" in bench.child(QLabel, "saliency_text").text()


def test_it_comes_with_the_output_and_goes_with_it(bench: Bench) -> None:
    """Its words name the class that is predicted, and its colours tell of it."""
    bench.load("digits")
    bench.switch()
    here = bench.wait_for_another(None)
    text, classes = bench.child(QLabel, "saliency_text"), bench.child(QComboBox, "saliency_class_combo")
    picture = bench.child(QWidget, "saliency_picture")
    coloured = picture.grab().toImage()
    bench.go_to(Phase.FORWARD)
    for label in (0, 4):
        classes.setCurrentIndex(label)
        assert bench.shown is None
        assert "not known yet" in text.text()
        assert picture.grab().toImage() != coloured
    classes.setCurrentIndex(0)
    bench.go_to(Phase.LOSS)
    bench.wait(lambda: np.array_equal(bench.shown, here))
    assert "more like" in text.text()
    bench.draw()
    bench.wait_for_another(here)
    bench.session.step_back()
    bench.session.previous_layer()
    assert bench.session.frame.trace.is_drawing
    assert bench.shown is None


def test_a_worksheet_keeps_it_secret_until_the_output_is_answered(bench: Bench) -> None:
    bench.load("digits")
    bench.switch()
    here = bench.wait_for_another(None)
    bench.session.worksheet.set_active(True)
    assert bench.shown is None
    bench.session.worksheet.set_active(False)
    bench.wait(lambda: np.array_equal(bench.shown, here))


def test_switching_off_and_hiding_take_it_away(bench: Bench) -> None:
    bench.load("digits")
    bench.switch()
    before = bench.wait_for_another(None)
    bench.switch()
    assert bench.shown is None
    bench.switch()
    bench.wait(lambda: np.array_equal(bench.shown, before))
    bench.panel.hide()
    assert bench.shown is None
    bench.panel.show()
    bench.wait(lambda: np.array_equal(bench.shown, before))


def test_there_is_none_for_points(bench: Bench) -> None:
    bench.load("digits")
    bench.switch()
    bench.wait_for_another(None)
    bench.load("circle")
    assert bench.shown is None
    assert not bench.child(QCheckBox, "saliency_check").isVisible()


def test_another_place_that_asks_gets_its_own_answer_and_takes_none_away(bench: Bench) -> None:
    bench.load("digits")
    bench.draw()
    bench.wait(lambda: bench.session.frame.trace.is_drawing)
    bench.switch()
    here = bench.wait_for_another(None)
    other, told = SaliencyAsker(bench.session, "other", bench.panel), []
    other.answered.connect(lambda inputs, gradient, text: told.append(text))
    text = bench.child(QLabel, "saliency_text")
    before = text.text()
    classes = bench.child(QComboBox, "saliency_class_combo")
    classes.setCurrentIndex(4)
    other.ask(bench.session.frame.trace.inputs[0], 7)
    classes.setCurrentIndex(6)  # it waits, while the first one is under way
    bench.wait(lambda: "more like 5" in text.text() and bool(told))
    assert before != text.text()
    assert [each.split(".")[0] for each in told] == ["Brighter at green: more like 7"]
    assert not np.array_equal(here, bench.shown)
