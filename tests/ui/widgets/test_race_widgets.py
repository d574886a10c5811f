"""The parts of the race: its table, its curves, and the picture of the surface."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnviz.core.history import BatchPoints, EpochResult
from nnviz.core.race import Criterion, Racer
from nnviz.core.race_verdict import Verdict
from nnviz.core.spec import OptimizerSpec
from nnviz.core.surface import Plane, Surface
from nnviz.engine.catalogue import catalogue
from nnviz.ui.theme import DARK, LIGHT, Theme
from nnviz.ui.widgets.race_curves import RaceCurve, loss_range, race_curve, trailing_mean
from nnviz.ui.widgets.race_table import RaceTable
from nnviz.ui.widgets.race_verdict import verdict_text
from nnviz.ui.widgets.racer_names import has_usual_rate, optimizer_name, racer_name, rate_said, short_names
from nnviz.ui.widgets.surface_paint import contour_lines, log_range, ramp, scale_ticks, stretched, surface_image
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
    table.show_racers([racer(diverged_at=1234), racer()], ["SGD", "Adam"], [("10", "10"), ("0.001, usual", "0.001")])
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
    table.show_racers([racer(None, None)], ["SGD"], [("0.1, usual", "0.1")])
    assert table.item(0, 5).text() == "0.4000"


def test_names_say_what_differs_from_the_defaults() -> None:
    spec = OptimizerSpec("momentum", {"lr": 0.02, "momentum": 0.5})
    assert optimizer_name(catalogue(), spec) == "SGD + momentum · momentum 0.5"
    assert racer_name(catalogue(), spec) == "SGD + momentum · lr 0.02 · momentum 0.5"
    assert racer_name(catalogue(), OptimizerSpec("adam")) == "Adam · lr 0.001"


def test_names_are_as_short_as_tells_them_apart() -> None:
    fast, slow, adam = OptimizerSpec("sgd", {"lr": 1.0}), OptimizerSpec("sgd", {"lr": 0.1}), OptimizerSpec("adam")
    assert short_names(catalogue(), [fast, adam]) == ["SGD", "Adam"]
    assert short_names(catalogue(), [fast, slow]) == ["lr 1", "lr 0.1"]
    assert short_names(catalogue(), [fast, slow, OptimizerSpec("adam", {"lr": 1.0})])[0] == "SGD · lr 1"


def test_a_usual_learning_rate_is_said_to_be_one() -> None:
    assert rate_said(catalogue(), OptimizerSpec("sgd", {"lr": 0.1})) == "0.1, usual"
    assert rate_said(catalogue(), OptimizerSpec("sgd", {"lr": 0.2})) == "0.2"
    assert rate_said(catalogue(), OptimizerSpec("adam")) == "0.001, usual"


@pytest.mark.parametrize("width", [290, 330, 500, 900])
def test_no_column_is_cut(qtbot: QtBot, width: int) -> None:
    table = RaceTable()
    qtbot.addWidget(table)
    table.resize(width, 200)
    table.show()
    table.show_racers([racer(), racer()], ["SGD", "RMSprop"], [("0.1, usual", "0.1"), ("0.001, usual", "0.001")])
    shown = [column for column in range(table.columnCount()) if not table.isColumnHidden(column)]
    assert sum(table.columnWidth(column) for column in shown) <= table.viewport().width()
    for column in shown:
        assert table.columnWidth(column) >= table.sizeHintForColumn(column)
        assert table.columnWidth(column) >= table.horizontalHeader().sectionSizeHint(column)


# --- the verdict ------------------------------------------------------------------------------------------------------


def said(verdict: Verdict, is_over: bool = True, **facts: float) -> str:
    racers = [racer(moved=3.1, stride=0.05, **facts), racer(moved=0.4, stride=0.3), racer(diverged_at=7)]
    names = ["Adam · lr 0.001", "SGD · lr 0.1", "Momentum · lr 1"]
    return verdict_text(verdict, racers, names, ["Adam", "SGD", "Momentum"], "5 epochs", is_over)


def test_the_verdict_names_the_winner_and_what_the_others_lacked() -> None:
    verdict = Verdict(
        5, Criterion.VAL_LOSS, 0, 1, (0.214, 0.391, np.nan), short=(1,), short_falling=True, diverged=(2,)
    )
    assert said(verdict) == (
        "Adam · lr 0.001 won: validation loss 0.214 after 5 epochs, SGD 0.391 (1.83×). "
        "SGD moved the weights by only 0.4 on the whole, Adam by 3.1, with the loss still falling: "
        "a larger learning rate or more epochs would help. "
        "Momentum diverged: the learning rate was too large."
    )
    assert said(verdict, is_over=False).startswith("Adam · lr 0.001 is ahead: ")
    wild = said(replace(verdict, short=(), wild=(1,)))
    assert "SGD took too long steps (0.3 on average, Adam 0.05) and jumped about: a smaller" in wild
    long = said(replace(verdict, short=(), long=(1,)))
    assert "SGD took longer steps (0.3 on average, Adam 0.05) and came farther, but no lower: a smaller" in long
    assert "jumped" not in long
    unsteady = said(replace(verdict, short=(), unsteady=(1,)))
    assert "SGD jumped about, though in steps no longer" in unsteady
    assert "learning rate would help" not in unsteady


def test_those_whose_losses_still_fell_are_told_in_one_clear_sentence() -> None:
    verdict = Verdict(5, Criterion.VAL_LOSS, 0, 1, (0.2, 0.4, 0.5), falling=(1, 2))
    assert "SGD and Momentum moved their weights about as far; their losses were still fall" in said(verdict)
    assert "SGD and Momentum moved their weights farther; their losses were still falling" in verdict_text(
        verdict,
        [racer(moved=1.0), racer(moved=3.0), racer(moved=4.0)],
        ["A"] * 3,
        ["Adam", "SGD", "Momentum"],
        "",
        True,
    )
    alone = said(replace(verdict, falling=(1,)))
    assert "SGD moved its weights about as far; its loss was still falling, so more epochs would help it." in alone


def test_the_verdict_of_unusual_races() -> None:
    losses = (0.214, 0.215, np.nan)
    close = said(Verdict(5, Criterion.LOSS, 0, 1, losses, is_close=True, slower=2.0))
    assert close.startswith(
        "Too close to call: Adam · lr 0.001 has training loss 0.214 after 5 epochs, SGD 0.215. Adam moved"
    )
    assert close.endswith("It took Adam 2.0 times the computing time of SGD.")
    assert said(Verdict(0, Criterion.LOSS, None, None, losses, diverged=(0, 1, 2))) == (
        "Nobody won. Adam, SGD and Momentum diverged: the learning rate was too large."
    )
    alone = said(Verdict(5, Criterion.LOSS, 0, None, losses, winner_falling=True))
    assert alone.startswith(
        "Adam · lr 0.001 is the only one left: training loss 0.214 after 5 epochs. The loss of Adam was"
    )


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


@pytest.mark.parametrize(("low", "high"), [(-1.0, 0.5), (0.36, 0.49), (-9.0, 3.0)])
def test_the_scale_has_ticks_from_end_to_end(low: float, high: float) -> None:
    ticks = scale_ticks(low, high, 5)
    places = [place for place, _ in ticks]
    assert len(ticks) >= 3
    assert places[0] - low < 0.2 * (high - low)
    assert high - places[-1] < 0.2 * (high - low)
    assert len({text for _, text in ticks}) == len(ticks)


def test_without_a_surface_the_view_says_what_to_do(qtbot: QtBot) -> None:
    view = SurfaceView()
    qtbot.addWidget(view)
    view.resize(300, 200)
    view.show_surface(None, ("", ""), "Press Measure.", is_partial=False)
    view.show()
    assert not view.grab().isNull()


def test_usual_learning_rates() -> None:
    assert has_usual_rate(catalogue(), OptimizerSpec("sgd", {"lr": 0.1}))
    assert not has_usual_rate(catalogue(), OptimizerSpec("sgd"))
    assert has_usual_rate(catalogue(), OptimizerSpec("adamw"))
    assert all(has_usual_rate(catalogue(), entry.usual) for entry in catalogue().optimizers)
