"""The bars of the prediction, and how they move."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.prediction_bars import PredictionBars

CLASSES = tuple("0123456789")
PROBABILITIES = np.linspace(0.0, 0.2, 10, dtype=np.float32)


@pytest.fixture
def bars(qtbot: QtBot) -> PredictionBars:
    theme_manager()
    bars = PredictionBars()
    qtbot.addWidget(bars)
    bars.resize(300, 300)
    bars.set_classes(CLASSES)
    with qtbot.waitExposed(bars):
        bars.show()
    return bars


@pytest.fixture
def settled(qtbot: QtBot) -> QImage:
    """How they look in the end."""
    bars = PredictionBars()
    qtbot.addWidget(bars)
    bars.resize(300, 300)
    bars.set_reduced_motion(True)
    bars.set_classes(CLASSES)
    bars.show_probabilities(PROBABILITIES)
    with qtbot.waitExposed(bars):
        bars.show()
    return bars.grab().toImage()


def test_they_ease_towards_what_is_predicted(qtbot: QtBot, bars: PredictionBars, settled: QImage) -> None:
    bars.show_probabilities(PROBABILITIES)
    assert bars.grab().toImage() != settled
    qtbot.waitUntil(lambda: bars.grab().toImage() == settled)


def test_what_was_predicted_while_nobody_looked_is_there_at_once(bars: PredictionBars, settled: QImage) -> None:
    bars.show_probabilities(PROBABILITIES)
    bars.hide()
    bars.show()
    assert bars.grab().toImage() == settled
