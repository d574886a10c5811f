"""A label that says less where it is narrower."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from nnviz.ui.widgets.fitting_label import FittingLabel

LONG, SHORT = "After 3 epochs · from the initial weights", "from the initial weights"


@pytest.fixture
def label(qtbot: QtBot) -> FittingLabel:
    label = FittingLabel()
    qtbot.addWidget(label)
    label.resize(600, 30)
    with qtbot.waitExposed(label):
        label.show()
    label.show_first_fitting(LONG, SHORT)
    return label


def test_it_says_as_much_as_there_is_room_for(label: FittingLabel) -> None:
    needed = [label.fontMetrics().horizontalAdvance(text) for text in (LONG, SHORT)]
    for width, text in ((needed[0], LONG), (needed[0] - 1, SHORT), (needed[1] - 1, ""), (needed[0], LONG)):
        label.resize(width, 30)
        assert label.text() == text
        assert label.toolTip() == label.accessibleName() == LONG


def test_it_says_less_in_larger_type(label: FittingLabel) -> None:
    label.resize(label.fontMetrics().horizontalAdvance(LONG), 30)
    font = label.font()
    font.setPointSize(font.pointSize() + 3)
    label.setFont(font)
    assert label.text() == SHORT
