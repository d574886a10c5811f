"""The parts of the race: its table, its curves, and the picture of the surface."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnviz.core.history import BatchPoints, EpochResult
from nnviz.core.race import Racer
from nnviz.core.spec import OptimizerSpec
from nnviz.core.surface import Plane, Surface
from nnviz.engine.catalogue import catalogue
from nnviz.ui.theme import DARK, LIGHT, Theme
from nnviz.ui.widgets.race_curves import RaceCurve, loss_range, race_curve, trailing_mean
from nnviz.ui.widgets.race_table import RaceTable
from nnviz.ui.widgets.racer_names import optimizer_name, racer_name
from nnviz.ui.widgets.surface_paint import contour_lines, log_range, ramp, stretched, surface_image
from nnviz.ui.widgets.surface_view import SurfaceView


def racer(val_loss: float | None = 0.5, accuracy: float | None = 0.9, **facts: object) -> Racer:
    result = EpochResult(1, 10, 0.4, accuracy, val_loss, accuracy, 0.1)
    return Racer(OptimizerSpec("sgd"), epochs=[result], **facts)


def surface(losses: np.ndarray) -> Surface:
    return Surface(1, Plane.RANDOM, losses, (-1.0, 1.0), (-1.0, 1.0), 100, None, True)


# --- the table --------------------------------------------------------------------------------------------------------


def test_who_diverged_is_marked_and_comes_last(qtbot: QtBot) -> None:
    table = RaceTable()
    qtbot.addWidget(table)
    table.show_racers([racer(diverged_at=1234), racer()], ["SGD", "Adam"], ["10", "0.001"])
    assert [table.item(row, 1).text() for row in range(2)] == ["Adam", "SGD · diverged at step 1,234"]
    assert table.item(1, 3).text() == "–"


def test_columns_without_a_measure_are_left_out(qtbot: QtBot) -> None:
    table = RaceTable()
    qtbot.addWidget(table)
    table.choose_columns(has_validation=False, has_accuracy=False)
    titles = [
        table.horizontalHeaderItem(column).text()
        for column in range(table.columnCount())
        if not table.isColumnHidden(column)
    ]
    assert titles == ["", "Optimizer", "Rate", "Loss", "Time"]
    table.show_racers([racer(None, None)], ["SGD"], ["0.1"])
    assert table.item(0, 5).text() == "0.4000"


def test_names_say_what_differs_from_the_defaults() -> None:
    spec = OptimizerSpec("momentum", {"lr": 0.02, "momentum": 0.5})
    assert optimizer_name(catalogue(), spec) == "SGD + momentum · momentum 0.5"
    assert racer_name(catalogue(), spec) == "SGD + momentum · 0.02 · momentum 0.5"
    assert racer_name(catalogue(), OptimizerSpec("adam")) == "Adam · 0.001"


# --- the curves -------------------------------------------------------------------------------------------------------


def test_the_mean_trails() -> None:
    values = np.array([4.0, 2.0, 6.0, 8.0])
    np.testing.assert_allclose(trailing_mean(values, 2), [4.0, 3.0, 4.0, 7.0])
    np.testing.assert_allclose(trailing_mean(values, 9), [4.0, 3.0, 4.0, 5.0])
    np.testing.assert_array_equal(trailing_mean(values, 1), values)
    assert len(trailing_mean(np.empty(0), 3)) == 0


def test_curves_begin_at_the_start_of_the_race() -> None:
    one = racer()
    one.epochs = [EpochResult(4, 110, 0.5, None, 0.6, None, 0.1)]
    one.losses.append(BatchPoints(100, np.ones(10, np.float32), None).losses, 100)
    curve = race_curve(one, 0, "SGD", 100, 10)
    np.testing.assert_allclose(curve.training.x, np.arange(1, 11) / 10)
    assert curve.validation.x.tolist() == [1.0]
    assert curve.validation.y.tolist() == [0.6]


def test_a_racer_on_its_way_out_does_not_flatten_the_others() -> None:
    tame, wild = racer(), racer()
    tame.losses.append(np.linspace(2, 1, 20, dtype=np.float32))
    wild.losses.append(np.geomspace(2, 1e30, 20).astype(np.float32))
    curves = tuple(race_curve(each, n, "", 0, 4) for n, each in enumerate((tame, wild)))
    low, high = loss_range(curves, with_validation=False)
    assert low == pytest.approx(1.0)
    assert high == pytest.approx(6.0)
    assert loss_range((RaceCurve(0, ""),), with_validation=True) == (0.0, 1.0)


# --- the surface ------------------------------------------------------------------------------------------------------


def test_stretching_keeps_the_points_and_is_exact_for_straight_lines() -> None:
    weights = stretched(5, 41)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-6)
    values = np.array([3.0, 1.0, 4.0, 1.0, 5.0])
    np.testing.assert_allclose((weights @ values)[::10], values, atol=1e-6)
    line = weights @ np.arange(5.0)
    np.testing.assert_allclose(line[10:31], np.linspace(1, 3, 21), atol=1e-6)


def test_contours_are_thin_lines_at_the_halves() -> None:
    levels = np.tile(np.linspace(0, 3, 301, dtype=np.float32), (5, 1))
    lines = contour_lines(levels)[2]
    assert np.flatnonzero(lines > 0.9).tolist() == [50, 150, 250]
    assert (lines > 0).sum() < 12


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_low_losses_have_the_colour_of_the_canvas(theme: Theme) -> None:
    losses = np.outer(np.ones(9), np.geomspace(0.01, 10, 9))
    image = surface_image(surface(losses), 90, 60, theme)
    assert image.shape == (60, 90, 4)
    np.testing.assert_array_equal(image[30, 0, :3], ramp(theme)[0][::-1].round())
    np.testing.assert_allclose(image[30, -1, :3], ramp(theme)[-1][::-1], atol=1)


def test_the_second_coordinate_grows_upwards() -> None:
    losses = np.outer(np.geomspace(0.01, 10, 9), np.ones(9))
    image = surface_image(surface(losses), 20, 20, LIGHT)
    assert image[-1, 10, 0] > image[0, 10, 0]  # low losses are light, and they are at the bottom


@pytest.mark.parametrize(
    "losses", [np.full((5, 5), 0.3), np.zeros((5, 5)), np.full((5, 5), np.inf), np.diag([1.0, 2.0, np.inf, 3.0, 0.0])]
)
def test_strange_surfaces_have_a_range_too(losses: np.ndarray) -> None:
    low, high = log_range(surface(losses))
    assert np.isfinite([low, high]).all()
    assert high > low
    surface_image(surface(losses), 30, 30, DARK)


def test_without_a_surface_the_view_says_what_to_do(qtbot: QtBot) -> None:
    view = SurfaceView()
    qtbot.addWidget(view)
    view.resize(300, 200)
    view.show_surface(None, ("", ""), "Press Measure.")
    view.show()
    assert not view.grab().isNull()
