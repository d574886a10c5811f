"""Digits drawn on the pad, a handful of strokes each, are recognised by a network that has learned real ones."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from nnviz.core.drawing import preparer_for
from nnviz.core.facts import RunState
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.trainer import Trainer
from nnviz.session.session import Session
from nnviz.ui.panels.drawing import DrawingPanel
from nnviz.ui.widgets.pixel_canvas import PixelCanvas
from nnviz.ui.widgets.prediction_bars import PredictionBars

Stroke = list[tuple[float, float]]


def arc(x: float, y: float, width: float, height: float, start: float, end: float, points: int = 20) -> Stroke:
    """Part of an ellipse, in degrees, counted against the clock from the right."""
    angles = [math.radians(start + (end - start) * i / points) for i in range(points + 1)]
    return [(x + width * math.cos(angle), y - height * math.sin(angle)) for angle in angles]


DIGITS: tuple[list[Stroke], ...] = (
    [arc(0.5, 0.5, 0.22, 0.34, 90, 450)],
    [[(0.5, 0.14), (0.5, 0.5), (0.49, 0.86)]],
    [
        [
            (0.28, 0.3),
            (0.33, 0.2),
            (0.5, 0.14),
            (0.66, 0.2),
            (0.7, 0.34),
            (0.6, 0.52),
            (0.42, 0.7),
            (0.27, 0.85),
            (0.5, 0.84),
            (0.74, 0.85),
        ]
    ],
    [
        [
            (0.3, 0.2),
            (0.5, 0.13),
            (0.68, 0.22),
            (0.66, 0.38),
            (0.48, 0.47),
            (0.68, 0.56),
            (0.72, 0.72),
            (0.55, 0.86),
            (0.3, 0.8),
        ]
    ],
    [
        [(0.55, 0.12), (0.4, 0.35), (0.25, 0.58), (0.5, 0.6), (0.78, 0.58)],
        [(0.62, 0.35), (0.6, 0.6), (0.58, 0.9)],
    ],
    [
        [
            (0.7, 0.15),
            (0.36, 0.15),
            (0.33, 0.45),
            (0.5, 0.42),
            (0.68, 0.52),
            (0.7, 0.68),
            (0.58, 0.83),
            (0.42, 0.86),
            (0.28, 0.78),
        ]
    ],
    [
        [
            (0.62, 0.13),
            (0.45, 0.3),
            (0.34, 0.52),
            (0.33, 0.7),
            (0.42, 0.84),
            (0.56, 0.85),
            (0.66, 0.74),
            (0.62, 0.6),
            (0.48, 0.55),
            (0.36, 0.65),
        ]
    ],
    [[(0.25, 0.2), (0.5, 0.2), (0.75, 0.2), (0.62, 0.45), (0.5, 0.65), (0.42, 0.85)]],
    [arc(0.5, 0.32, 0.17, 0.17, 270, -90) + arc(0.5, 0.67, 0.2, 0.18, 90, 450)],
    [[*arc(0.5, 0.33, 0.17, 0.18, 0, 360), (0.67, 0.33), (0.65, 0.6), (0.6, 0.87)]],
)


def draw(qtbot: QtBot, pad: PixelCanvas, strokes: list[Stroke]) -> None:
    side = min(pad.width(), pad.height())
    left, top = (pad.width() - side) / 2, (pad.height() - side) / 2
    for stroke in strokes:
        places = [QPoint(round(left + x * side), round(top + y * side)) for x, y in stroke]
        qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=places[0])
        for place in places[1:]:
            qtbot.mouseMove(pad, place)
        qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=places[-1])


def shows_whole_drawing(session: Session, pad: PixelCanvas) -> bool:
    """Whether the newest prediction is that of the last stroke, too."""
    frame = session.frame
    if frame is None or not frame.trace.is_drawing:
        return False
    prepare = preparer_for(frame.trace.inputs.shape[1:])
    assert prepare is not None
    preparation = prepare(pad.pixels().astype(np.float32) / 255)
    return preparation is not None and np.array_equal(frame.trace.inputs[0], preparation.inputs)


def recognised(qtbot: QtBot, places: DataPlaces, preset: str, epochs: int) -> int:
    """Train in the session as a user would, draw all ten digits, and count those that win."""
    session = Session(lambda: Trainer(catalogue(), places))
    try:
        panel = DrawingPanel(session, catalogue())
        qtbot.addWidget(panel)
        panel.resize(320, 800)
        panel.show()
        session.load_preset(catalogue().presets[preset])
        qtbot.waitUntil(lambda: session.can_step, timeout=30_000)
        session.run()
        qtbot.waitUntil(lambda: len(session.history.epochs) >= epochs, timeout=120_000)
        session.pause()
        qtbot.waitUntil(lambda: session.run_state is RunState.PAUSED and session.can_step, timeout=30_000)
        pad = panel.findChild(PixelCanvas, "drawing_pad")
        bars = panel.findChild(PredictionBars, "prediction_bars")
        assert pad is not None
        assert bars is not None
        right = 0
        for digit, strokes in enumerate(DIGITS):
            draw(qtbot, pad, strokes)
            qtbot.waitUntil(lambda: shows_whole_drawing(session, pad), timeout=10_000)
            right += bars.winner == digit
            qtbot.mouseClick(panel.clear_button, Qt.MouseButton.LeftButton)
            qtbot.waitUntil(lambda: bars.winner is None)
    finally:
        session.close()
    return right


def test_the_8x8_network_recognises_drawn_digits(qtbot: QtBot, tmp_path: Path) -> None:
    assert recognised(qtbot, DataPlaces(None, tmp_path), "digits", epochs=60) >= 8


def test_the_mnist_network_recognises_drawn_digits(qtbot: QtBot, tmp_path: Path, mnist_folder: Path) -> None:
    assert recognised(qtbot, DataPlaces(mnist_folder, tmp_path), "mnist", epochs=3) >= 8
