"""Places in the plane, points that are added, and how sure the network is of each class."""

from __future__ import annotations

import numpy as np
import pytest

from nnviz.core.added_points import MOST_ADDED, AddedPoint
from nnviz.core.data import split_indices
from nnviz.core.plane import PlaneAnswer, grid_points, lead, plane_reach
from nnviz.core.spec import DataSpec, SpecError


def answer(outputs: np.ndarray, low: float = 0.0, reach: float = 2.0) -> PlaneAnswer:
    return PlaneAnswer(0, 0, reach, outputs.astype(np.float32), low, ())


def test_the_grid_holds_the_middles_of_the_cells_from_the_top_left() -> None:
    grid = grid_points(2.0, 4).reshape(4, 4, 2)
    np.testing.assert_allclose(grid[0, 0], [-1.5, 1.5])
    np.testing.assert_allclose(grid[0, :, 0], [-1.5, -0.5, 0.5, 1.5])
    np.testing.assert_allclose(grid[:, 0, 1], [1.5, 0.5, -0.5, -1.5])


def test_the_reach_is_a_whole_number_that_takes_all_points_in() -> None:
    assert plane_reach(np.array([[5.0, -5.5]], np.float32)) == 6.0
    assert plane_reach(np.array([[1.0, -9.2]], np.float32)) == 10.0
    assert plane_reach(np.zeros((0, 2), np.float32)) == 6.0


@pytest.mark.parametrize(("low", "output", "second"), [(0.0, 0.25, 0.25), (-1.0, 0.5, 0.75), (-1.0, -1.0, 0.0)])
def test_one_output_tells_two_classes_apart(low: float, output: float, second: float) -> None:
    shares = answer(np.full((1, 2, 2), output), low).class_shares(2)
    np.testing.assert_allclose(shares[:, 0, 0], [1 - second, second])


def test_several_outputs_are_shares_and_the_lead_is_over_the_next_one() -> None:
    outputs = np.array([0.1, 0.7, 0.2]).reshape(3, 1, 1)
    shares = answer(outputs).class_shares(3)
    np.testing.assert_allclose(shares, outputs, rtol=1e-6)
    np.testing.assert_allclose(lead(shares), [[0.5]], rtol=1e-6)


def test_a_place_has_the_answer_of_its_cell() -> None:
    asked = answer(np.arange(16.0).reshape(1, 4, 4))
    assert asked.at(-1.9, 1.9) == [0]
    assert asked.at(1.9, 1.9) == [3]
    assert asked.at(0.1, -0.1) == [10]
    assert asked.at(2.0, -2.0) == [15]


def test_added_points_are_finite_near_and_not_too_many() -> None:
    assert DataSpec("circle", points=(AddedPoint(1, 2, 0),)).points[0].x2 == 2
    for point in (AddedPoint(float("nan"), 0, 0), AddedPoint(0, float("inf"), 0), AddedPoint(0, 1e6, 0)):
        with pytest.raises(SpecError, match="must be between"):
            DataSpec("circle", points=(point,))
    with pytest.raises(SpecError, match="At most 2,000"):
        DataSpec("circle", points=(AddedPoint(0, 0, 0),) * (MOST_ADDED + 1))


def test_added_samples_are_trained_on_and_leave_the_others_where_they_were() -> None:
    training, held_out = split_indices(20, 0.3, 5)
    more, still = split_indices(23, 0.3, 5, added=3)
    np.testing.assert_array_equal(still, held_out)
    np.testing.assert_array_equal(more, [*training, 20, 21, 22])
