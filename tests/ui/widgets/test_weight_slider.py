"""The slider for a weight: how far it reaches."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QSlider
from pytestqt.qtbot import QtBot

from nnviz.ui.widgets.weight_slider import WeightSlider


@pytest.fixture
def slider(qtbot: QtBot) -> WeightSlider:
    made = WeightSlider()
    qtbot.addWidget(made)
    return made


def ends(slider: WeightSlider) -> list[str]:
    return sorted(label.text() for label in slider.findChildren(QLabel))


def test_it_reaches_as_far_as_the_weight_needs(slider: WeightSlider) -> None:
    slider.show_value(-0.308, True)
    assert ends(slider) == ["1", "−1"]
    slider.show_value(1.9, False)
    assert ends(slider) == ["5", "−5"]


def test_a_little_less_leaves_it_alone(slider: WeightSlider) -> None:
    slider.show_value(9.0, True)
    before = ends(slider)
    slider.show_value(0.5, False)
    assert ends(slider) == before


def test_after_an_explosion_and_a_reset_it_is_fine_again(slider: WeightSlider) -> None:
    slider.show_value(-0.308, True)
    slider.show_value(7e18, False)
    assert ends(slider) != ["1", "−1"]
    slider.show_value(-0.308, False)
    assert ends(slider) == ["1", "−1"]
    assert slider.findChild(QSlider).value() == -308
