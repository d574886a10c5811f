"""Curves in bounded memory, and what stepping back does to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnviz.core.history import BatchPoints, Curve, EpochResult, History, Mark


@dataclass(frozen=True)
class Append:
    count: int


@dataclass(frozen=True)
class Truncate:
    share: float


actions = st.lists(
    st.one_of(
        st.integers(0, 70).map(Append),
        st.floats(0, 1.2).map(Truncate),
    ),
    max_size=12,
)


def stride_of(curve: Curve) -> int:
    """Steps in a point: the first point lies in the middle of its steps."""
    steps, _ = curve.points()
    return round(2 * (steps[0] - FIRST) - 1)


FIRST = 40


@given(actions, st.sampled_from([2, 4, 8, 64]))
def test_a_curve_holds_the_mean_of_every_step_in_bounded_memory(actions, capacity):
    curve, steps_taken, value_range = Curve(capacity), 0, (np.inf, -np.inf)
    for action in actions:
        if isinstance(action, Append):
            values = np.arange(steps_taken, steps_taken + action.count, dtype=np.float32)
            curve.append(values, FIRST + steps_taken)
            steps_taken += action.count
            if action.count:
                value_range = (0.0, max(value_range[1], steps_taken))
        else:
            steps_taken = min(steps_taken, int(action.share * steps_taken))
            curve.truncate(FIRST + steps_taken)
        places, values = curve.points()
        assert len(curve) == len(values) <= capacity
        if not len(curve):
            continue
        stride = stride_of(curve)
        assert np.log2(stride).is_integer()
        assert steps_taken - stride < len(curve) * stride <= steps_taken, "only an unfinished point is left out"
        np.testing.assert_allclose(np.diff(places), stride)
        assert ((value_range[0] <= values) & (values <= value_range[1])).all()


@given(st.lists(st.integers(0, 50), max_size=10))
def test_without_going_back_every_point_is_exactly_the_mean_of_its_steps(counts):
    curve, taken = Curve(16), np.zeros(0)
    rng = np.random.default_rng(3)
    for count in counts:
        fresh = rng.standard_normal(count).astype(np.float32)
        curve.append(fresh, FIRST)
        taken = np.concatenate([taken, fresh])
    _, values = curve.points()
    if len(curve):
        stride = stride_of(curve)
        expected = taken[: len(curve) * stride].reshape(len(curve), stride).mean(axis=1)
        np.testing.assert_allclose(values, expected, atol=1e-9)


@given(st.integers(1, 100), st.integers(0, 100))
def test_cutting_at_any_step_and_going_on_keeps_later_steps_in_place(length, cut):
    cut = min(cut, length)
    curve = Curve(8)
    curve.append(np.zeros(length, np.float32), FIRST)
    curve.truncate(FIRST + cut)
    curve.append(np.ones(400, np.float32), FIRST + cut)
    places, values = curve.points()
    stride = places[1] - places[0]
    after = places - stride / 2 - 0.5 >= FIRST + cut
    before = places + stride / 2 - 0.5 <= FIRST + cut
    np.testing.assert_allclose(values[after], 1.0)
    np.testing.assert_allclose(values[before], 0.0)


def test_points_lie_in_the_middle_of_the_steps_they_stand_for():
    curve = Curve(4)
    curve.append(np.array([1, 3, 5, 7], np.float32))
    assert [list(row) for row in curve.points()] == [[1, 2, 3, 4], [1, 3, 5, 7]]
    curve.append(np.array([9, 11], np.float32))
    assert [list(row) for row in curve.points()] == [[1.5, 3.5, 5.5], [2, 6, 10]]


def test_a_project_that_was_opened_goes_on_where_it_stood():
    history = History(batches_per_epoch=10)
    history.append(BatchPoints(300, np.array([1, 2, 3], np.float32), np.array([0.1, 0.2, 0.3], np.float32)))
    assert list(history.batch_losses.points()[0]) == [301, 302, 303]
    history.truncate(301)
    assert list(history.batch_accuracies.points()[1]) == pytest.approx([0.1])


def test_stepping_back_forgets_epochs_and_marks_that_lie_ahead():
    history = History()
    history.append(BatchPoints(0, np.arange(20, dtype=np.float32), None))
    history.epochs += [EpochResult(n, n * 10, 1.0, None, None, None, 0.1) for n in (1, 2)]
    history.marks += [Mark(5, "early"), Mark(15, "late")]
    history.truncate(10)
    assert [result.epoch for result in history.epochs] == [1]
    assert [mark.label for mark in history.marks] == ["early"]
    assert len(history.batch_losses) == 10
    assert len(history.batch_accuracies) == 0
    history.truncate(0)
    assert not history.epochs
    assert len(history.batch_losses) == 0


def test_a_copy_has_the_same_curves_and_grows_on_its_own():
    history = History(batch_losses=Curve(4))
    epoch = EpochResult(1, 5, 1.0, None, None, None, 0.1)
    history.append(BatchPoints(0, np.arange(5, dtype=np.float32), None))
    history.epochs.append(epoch)
    copied = history.copy()
    before = history.batch_losses.points()[1].copy()
    copied.append(BatchPoints(5, np.full(3, 9, np.float32), None))
    copied.epochs.append(epoch)
    copied.marks.append(Mark(5, "lr"))
    np.testing.assert_array_equal(history.batch_losses.points()[1], before)
    assert (history.epochs, history.marks) == ([epoch], [])
    history.append(BatchPoints(5, np.full(3, 9, np.float32), None))
    np.testing.assert_array_equal(history.batch_losses.points(), copied.batch_losses.points())
