"""Preparation of drawings: like the data sets were made, wherever and however large one draws."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnviz.core.drawing import prepare_digits, prepare_mnist, preparer_for

SIDE = 120


def draw(strokes: list[list[tuple[float, float]]], side: int = SIDE, pen: float = 0.05) -> np.ndarray:
    """Polylines in a unit square (x right, y down), with a soft round pen, white on black."""
    y, x = (np.mgrid[0:side, 0:side] + 0.5) / side
    canvas = np.zeros((side, side), np.float32)
    for stroke in strokes:
        for (x0, y0), (x1, y1) in pairwise(stroke):
            dx, dy = x1 - x0, y1 - y0
            along = np.clip(((x - x0) * dx + (y - y0) * dy) / max(dx * dx + dy * dy, 1e-12), 0, 1)
            distance = np.hypot(x - x0 - along * dx, y - y0 - along * dy)
            canvas = np.maximum(canvas, np.clip((pen - distance) * side + 0.5, 0, 1).astype(np.float32))
    return canvas


coordinates = st.tuples(st.floats(0.3, 0.7), st.floats(0.3, 0.7))
drawings = st.lists(st.lists(coordinates, min_size=2, max_size=5), min_size=1, max_size=3)
preparers = pytest.mark.parametrize("prepare", [prepare_mnist, prepare_digits])


@preparers
def test_an_empty_canvas_gives_nothing(prepare) -> None:
    assert prepare(np.zeros((28, 28), np.float32)) is None
    assert prepare(np.full((28, 28), 0.05, np.float32)) is None


@pytest.mark.parametrize(("prepare", "shape"), [(prepare_mnist, (28, 28)), (prepare_digits, (8, 8))])
@settings(deadline=None, max_examples=30)
@given(strokes=drawings)
def test_every_stage_is_a_picture_and_the_last_is_the_input(prepare, shape, strokes) -> None:
    prepared = prepare(draw(strokes))
    assert prepared is not None
    assert prepared.inputs.shape == shape
    assert prepared.stages[-1][1] is prepared.inputs
    for label, picture in prepared.stages:
        assert label
        assert picture.dtype == np.float32
        assert not picture.flags.writeable
        assert picture.ndim == 2
        assert picture.min() >= 0
        assert 0 < picture.max() <= 1


@preparers
@settings(deadline=None, max_examples=30)
@given(strokes=drawings, down=st.integers(-25, 25), right=st.integers(-25, 25))
def test_it_does_not_matter_where_one_draws(prepare, strokes, down, right) -> None:
    canvas = draw(strokes)
    shifted = np.roll(canvas, (down, right), axis=(0, 1))
    np.testing.assert_array_equal(prepare(canvas).inputs, prepare(shifted).inputs)


@preparers
def test_it_hardly_matters_how_large_one_draws(prepare) -> None:
    two = [[(0.3, 0.35), (0.5, 0.25), (0.65, 0.4), (0.3, 0.75), (0.7, 0.75)]]
    reference = prepare(draw(two, 280)).inputs
    for side in (56, 112, 168, 420):
        assert np.abs(prepare(draw(two, side)).inputs - reference).mean() < 0.02


@settings(deadline=None, max_examples=60)
@given(strokes=drawings)
def test_mnist_has_its_centre_of_mass_in_the_middle(strokes) -> None:
    prepared = prepare_mnist(draw(strokes))
    inputs, box = prepared.inputs, dict(prepared.stages)["scaled into 20×20"]
    assert max(box.shape) == 20
    for axis in (0, 1):
        profile = inputs.sum(axis=1 - axis)
        centre = profile @ np.arange(28) / profile.sum()
        ink = np.flatnonzero(profile)
        touches_the_edge = ink[0] == 0 or ink[-1] == 27  # nothing is cut off to get to the middle
        assert abs(centre - 14) <= 1 or touches_the_edge


def test_mnist_keeps_the_aspect_ratio_and_all_of_the_ink() -> None:
    canvas = np.zeros((100, 100), np.float32)
    canvas[10:90, 40:60] = 1
    prepared = prepare_mnist(canvas)
    expected = np.zeros((28, 28), np.float32)
    expected[4:24, 12:17] = 1  # 80×20 becomes 20×5
    np.testing.assert_allclose(prepared.inputs, expected, atol=1e-6)
    assert [label for label, _ in prepared.stages] == ["drawn", "cropped", "scaled into 20×20", "centred in 28×28"]


def test_shrinking_averages_areas() -> None:
    checks = np.indices((40, 40)).sum(axis=0) % 2
    scaled = dict(prepare_mnist(checks.astype(np.float32)).stages)["scaled into 20×20"]
    np.testing.assert_allclose(scaled, 1.0, atol=1e-6)  # 0.5 everywhere, brought to full brightness


def test_a_single_dot_is_a_drawing() -> None:
    canvas = np.zeros((28, 28), np.float32)
    canvas[3, 24] = 1
    assert prepare_mnist(canvas).inputs.max() == 1
    assert prepare_digits(canvas).inputs.sum() > 0


def test_thin_strokes_come_out_as_bright_as_thick_ones() -> None:
    seven = [[(0.2, 0.2), (0.8, 0.2), (0.4, 0.8)]]
    for pen in (0.01, 0.03, 0.06):
        assert prepare_mnist(draw(seven, 280, pen)).inputs.max() == 1


def test_digits_are_counts_of_ink_in_blocks() -> None:
    three = [[(0.3, 0.2), (0.7, 0.2), (0.45, 0.45), (0.7, 0.6), (0.55, 0.8), (0.3, 0.75)]]
    prepared = prepare_digits(draw(three))
    bitmap = dict(prepared.stages)["bitmap 32×32"]
    assert set(np.unique(bitmap)) == {0.0, 1.0}
    for row in range(8):
        for column in range(8):
            block = bitmap[4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
            assert prepared.inputs[row, column] * 16 == block.sum()


@pytest.mark.parametrize("pen", [0.015, 0.03, 0.06])
def test_digits_look_like_the_data_however_thick_the_pen(pen) -> None:
    """What holds for (nearly) all of the 1,797: all 8 rows used, columns 0 and 7 empty, ink of about 310."""
    zero = [[(0.5 + 0.2 * np.sin(t), 0.5 - 0.3 * np.cos(t)) for t in np.linspace(0, 2 * np.pi, 40)]]
    inputs = prepare_digits(draw(zero, 280, pen)).inputs * 16
    assert (inputs.sum(axis=1) > 0).all()
    assert inputs[:, 0].sum() == inputs[:, 7].sum() == 0
    assert inputs.sum() == 310


def test_digits_stand_upright() -> None:
    slanted = prepare_digits(draw([[(0.6, 0.2), (0.4, 0.8)]], 280)).inputs
    upright = prepare_digits(draw([[(0.5, 0.2), (0.5, 0.8)]], 280)).inputs
    assert np.abs(slanted - upright).mean() < 0.06


def test_the_shape_of_the_samples_chooses_the_preparation() -> None:
    canvas = draw([[(0.2, 0.2), (0.8, 0.2), (0.4, 0.8)]])
    np.testing.assert_array_equal(preparer_for((8, 8))(canvas).inputs, prepare_digits(canvas).inputs)
    np.testing.assert_array_equal(preparer_for((28, 28))(canvas).inputs, prepare_mnist(canvas).inputs)
    assert preparer_for((2,)) is None
    assert preparer_for((3, 8, 8)) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (5, 2), (16, 16), (32, 20), (64, 64)])
def test_other_pictures_are_fitted_and_centred(shape) -> None:
    prepare = preparer_for(shape)
    prepared = prepare(draw([[(0.2, 0.2), (0.8, 0.2), (0.4, 0.8)]]))
    assert prepared.inputs.shape == shape
    assert prepared.inputs.max() == 1
    assert prepare(np.zeros((9, 9), np.float32)) is None
