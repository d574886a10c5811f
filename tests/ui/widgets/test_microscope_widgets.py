"""The small plots and the digits, with numbers that are hard to show."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QSlider
from pytestqt.qtbot import QtBot

from nnviz.core.activation_curves import ACTIVATION_CURVES
from nnviz.core.microscope import Nudges
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.activation_plot import ActivationPicture, ActivationPlot
from nnviz.ui.widgets.digits_label import DigitsLabel, printed_alike
from nnviz.ui.widgets.fact_sheet import FactSheet
from nnviz.ui.widgets.nudge_box import NudgeBox
from nnviz.ui.widgets.nudge_plot import NudgePlot
from nnviz.ui.widgets.sample_dots import SampleDots
from nnviz.ui.widgets.small_plot import SmallPlot, room_around

NAN, INFINITY = float("nan"), float("inf")


def shown(qtbot: QtBot, plot: SmallPlot) -> SmallPlot:
    theme_manager()
    qtbot.addWidget(plot)
    plot.resize(260, plot.sizeHint().height())
    plot.show()
    return plot


@pytest.mark.parametrize(
    ("values", "texts", "unit"),
    [
        ([0.0123456789, 0.0123456001], ["0.0123456789", "0.0123456001"], ""),
        ([-1.5, 2.25], ["−1.50000000", "2.25000000"], ""),
        ([1.5e-7, 1.25e-7], ["1.50000000", "1.25000000"], "·10⁻⁷"),
        ([0.0, 0.0], ["0", "0"], ""),
        ([NAN, 1.0], ["nan", "1"], ""),
        ([INFINITY, INFINITY], ["inf", "inf"], ""),
        ([2.5e9, 2.5e9], ["2.50000000", "2.50000000"], "·10⁹"),
        ([123456.7, 0.5], ["123456.700", "0.500"], ""),
    ],
)
def test_numbers_are_printed_with_the_same_places(values: list[float], texts: list[str], unit: str) -> None:
    assert printed_alike(values) == (texts, unit)


def test_agreeing_digits_are_underlined(qtbot: QtBot) -> None:
    label = DigitsLabel("digits", "Digits")
    qtbot.addWidget(label)
    assert label.show_numbers((("a", 0.123456789), ("b", 0.123456111), ("c", 0.123456112))) == [6, 8]
    assert "underline'>0.12345611</span>1" in label.text()
    assert "underline'>0.123456</span>789" in label.text()
    assert label.accessibleDescription() == "a 0.123456789, b 0.123456111, c 0.123456112"


@pytest.mark.parametrize("z", [0.3, -2000.0, 1e30])
@pytest.mark.parametrize("name", list(ACTIVATION_CURVES))
def test_every_activation_is_painted_wherever_the_neuron_stands(qtbot: QtBot, name: str, z: float) -> None:
    plot = shown(qtbot, ActivationPlot())
    assert isinstance(plot, ActivationPlot)
    plot.show_picture(ActivationPicture(ACTIVATION_CURVES[name], np.array([z]), has_tangent=True))
    assert not plot.grab().isNull()


def test_a_neuron_that_is_switched_off_has_its_dot_at_zero(qtbot: QtBot) -> None:
    plot = shown(qtbot, ActivationPlot())
    assert isinstance(plot, ActivationPlot)

    def picture(z: float, is_off: bool) -> QImage:
        plot.show_picture(ActivationPicture(ACTIVATION_CURVES["relu"], np.array([z]), has_tangent=False, is_off=is_off))
        return plot.grab().toImage()

    assert picture(-3.0, is_off=True) == picture(-3.0, is_off=False)  # there it is on the curve
    assert picture(3.0, is_off=True) != picture(3.0, is_off=False)


def nudges(losses: np.ndarray) -> Nudges:
    weights = np.linspace(-1, 1, len(losses))
    return Nudges(weights, losses, 0.2, 0.2, 0.2, 1e-5, 0.0, 0.0)


@pytest.mark.parametrize(
    "losses",
    [
        np.full(41, 0.5),
        np.full(41, NAN),
        np.where(np.arange(41) < 30, np.linspace(1, 2, 41), INFINITY),
        0.5 + 1e-9 * np.arange(41),
        1e30 * np.arange(41),
    ],
    ids=["flat", "nan", "overflow", "tiny change", "huge"],
)
def test_a_loss_of_any_kind_is_painted(qtbot: QtBot, losses: np.ndarray) -> None:
    plot = shown(qtbot, NudgePlot())
    assert isinstance(plot, NudgePlot)
    for chosen in (0, 20, 40):
        plot.show_nudges(nudges(losses), chosen)
        assert not plot.grab().isNull()


def test_a_loss_that_is_not_a_number_is_said_to_be_none(qtbot: QtBot) -> None:
    box = NudgeBox()
    qtbot.addWidget(box)
    box.show_nudges(nudges(np.full(41, INFINITY)), step_taken=False)
    box.findChild(QSlider, "nudge_slider").setValue(3)
    assert "change of the loss\tNaN" in box.findChild(FactSheet, "nudge_facts").plain_text()


def test_the_slider_stays_where_it_is_when_the_step_changes(qtbot: QtBot) -> None:
    box = NudgeBox()
    qtbot.addWidget(box)
    first, second = nudges(np.linspace(2, 1, 41)), nudges(np.linspace(3, 1, 41))
    box.show_nudges(first, step_taken=False)
    slider = box.findChild(QSlider, "nudge_slider")
    slider.setValue(6)
    box.show_nudges(second, step_taken=False)
    assert slider.value() == 6
    assert (slider.minimum(), slider.maximum()) == (-20, 20)


@pytest.mark.parametrize(
    "values",
    [
        np.array([0.1, -0.2, 0.0]),
        np.zeros(5),
        np.array([NAN, NAN]),
        np.array([1.0, INFINITY]),
        np.random.default_rng(0).normal(size=5_000),
        np.array([1e-30, -1e-30]),
        np.zeros(0),
    ],
    ids=["few", "zeros", "nan", "infinite", "many", "tiny", "none"],
)
def test_samples_of_any_kind_are_painted(qtbot: QtBot, values: np.ndarray) -> None:
    plot = shown(qtbot, SampleDots())
    assert isinstance(plot, SampleDots)
    plot.show_values(values, 0)
    assert not plot.grab().isNull()


def test_a_range_is_never_empty() -> None:
    for values in (np.zeros(3), np.array([5.0]), np.array([NAN]), np.zeros(0), np.array([1e-300, 1e-300])):
        low, high = room_around(values)
        assert low < high
