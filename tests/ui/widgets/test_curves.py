"""The numbers of the curve plots, without a window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF

from nnviz.core.history import BatchPoints, EpochResult, History, Mark
from nnviz.ui.widgets.curve_overlay import place_labels
from nnviz.ui.widgets.curves import (
    Curves,
    Line,
    curves_of,
    epochs_at,
    linear_ticks,
    logarithmic_ticks,
    read_curves,
    read_moment,
    robust_range,
    widened,
)


def line(*values: float, start: float = 1.0, spacing: float = 1.0) -> Line:
    return Line(start + spacing * np.arange(len(values)), np.array(values, np.float64))


def epoch(number: int, step: int, loss: float = 1.0, val_loss: float | None = 2.0) -> EpochResult:
    return EpochResult(number, step, loss, 0.5, val_loss, 0.4, 0.1)


def test_steps_lie_at_their_share_of_the_epoch_also_after_the_batch_size_was_changed():
    history = History(epochs=[epoch(1, 10), epoch(2, 15)], batches_per_epoch=5)  # 10 batches, then 5
    places = epochs_at(np.array([0.0, 5.0, 10.0, 12.5, 15.0, 20.0]), history)
    np.testing.assert_allclose(places, [0.0, 0.5, 1.0, 1.5, 2.0, 3.0])


def test_curves_are_taken_out_of_the_history():
    history = History(batches_per_epoch=2)
    history.append(BatchPoints(0, np.array([4, 3, 2], np.float32), None))
    history.epochs.append(epoch(1, 2, loss=3.5, val_loss=None))
    history.marks.append(Mark(1, "lr 0.1 → 0.01"))
    curves = curves_of(history, history.batch_losses, lambda e: e.train_loss, lambda e: e.val_loss)
    np.testing.assert_allclose(curves.batch.x, [0.5, 1.0, 1.5])
    np.testing.assert_allclose(curves.batch.y, [4, 3, 2])
    np.testing.assert_allclose(curves.training.y, [3.5])
    assert np.isnan(curves.validation.y).all()
    assert curves.marks == ((0.5, "lr 0.1 → 0.01"),)
    assert curves.end == 1.5
    assert not curves.is_empty


def test_a_history_without_points_is_empty():
    history = History()
    assert curves_of(history, history.batch_losses, lambda e: e.train_loss, lambda e: e.val_loss).is_empty


CURVES = Curves(line(3.0, 2.0, 1.0), line(3.5, float("nan"), 1.5), line(*range(8, 0, -1), start=0.5, spacing=0.5))


@pytest.mark.parametrize(
    ("x", "place", "is_end", "values"),
    [
        (0.9, 1.0, True, (3.0, 3.5, 7.0)),
        (2.2, 2.0, True, (2.0, None, 5.0)),
        (0.3, 0.5, False, (None, None, 8.0)),
        (3.9, 4.0, False, (None, None, 1.0)),
        (float("inf"), 4.0, False, (1.0, 1.5, 1.0)),
    ],
)
def test_reading_snaps_to_the_end_of_an_epoch_or_to_a_batch(x, place, is_end, values):
    reading = read_curves(CURVES, x)
    assert (reading.epoch, reading.is_end, reading.values) == (place, is_end, values)


@pytest.mark.parametrize(
    ("x", "is_end", "values"),
    [
        (0.5, False, (None, None, 8.0)),
        (1.0, True, (3.0, 3.5, 7.0)),
        (1.5, False, (3.0, 3.5, 6.0)),
        (2.0, True, (2.0, None, 5.0)),
        (3.5, False, (1.0, 1.5, 2.0)),
    ],
)
def test_a_moment_is_read_at_its_own_batch_and_the_epoch_before(x, is_end, values):
    reading = read_moment(CURVES, x)
    assert (reading.epoch, reading.is_end, reading.values) == (x, is_end, values)


def test_a_single_wild_batch_at_the_start_does_not_rule_the_scale():
    low, high = robust_range(Curves(batch=line(900.0, *np.linspace(2, 1, 19))))
    assert (low, high) == pytest.approx((1.0, 2.0), abs=0.1)


def test_a_first_epoch_far_above_the_others_does_not_squash_them():
    _, high = robust_range(Curves(training=line(40.0, 1.0, 0.9, 0.8), validation=line(1.2, 1.1, 1.0, 0.9)))
    assert high == 1.2


def test_short_curves_are_shown_whole():
    assert robust_range(Curves(training=line(3.0, 2.0), validation=line(2.5, 2.2))) == (2.0, 3.0)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200))
def test_the_newest_value_is_always_in_range(values):
    low, high = robust_range(Curves(batch=line(*values), training=line(*values[:3])))
    assert low <= values[-1] <= high


@given(low=st.floats(-1e5, 1e5), span=st.floats(1e-6, 1e6), most=st.integers(2, 30))
def test_ticks_are_round_few_and_inside(low, span, most):
    high = low + span
    ticks = [value for value, _ in linear_ticks(low, high, most)]
    assert len(ticks) <= most + 1
    assert len(ticks) >= max(2, most / 2.5 - 1.0001)
    assert all(low - span * 1e-6 <= value <= high + span * 1e-6 for value in ticks)


@given(low=st.floats(-1e5, 1e5), span=st.floats(1e-3, 1e6))
def test_a_widened_range_holds_the_values_and_little_more(low, span):
    left, right = widened(low, low + span)
    assert left <= low + span * 1e-6
    assert right >= low + span * (1 - 1e-6)
    assert right - left <= span * 1.13


def test_a_range_of_nothing_is_widened_to_something():
    assert widened(2.0, 2.0) == (2.0, 3.0)


def test_ticks_of_huge_and_tiny_values_are_short():
    assert [text for _, text in linear_ticks(0, 2e12, 4)] == ["0", "5·10¹¹", "10¹²", "1.5·10¹²", "2·10¹²"]
    assert linear_ticks(0, 4e-6, 2)[1][1] == "2·10⁻⁶"
    assert logarithmic_ticks(11, 12, 2)[-1][1] == "10¹²"
    assert linear_ticks(-0.4, 0, 2)[0][1] == "−0.4"


def test_a_low_plot_has_two_ticks_at_least():
    assert [text for _, text in linear_ticks(0.0, 0.45, 2)] == ["0", "0.4"]
    assert [text for _, text in logarithmic_ticks(-0.2, 0.2, 2)] == ["1", "1.5"]
    assert [value for value, _ in logarithmic_ticks(-0.2, 0.2, 2)] == pytest.approx([0.0, np.log10(1.5)])


def test_logarithmic_ticks_read_as_powers_and_their_round_parts():
    assert [text for _, text in logarithmic_ticks(-2.0, 0.0, 10)] == ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1"]
    assert [text for _, text in logarithmic_ticks(-2.0, 0.0, 3)] == ["0.01", "0.1", "1"]
    assert len(logarithmic_ticks(-12.0, 12.0, 5)) <= 5


@given(
    st.lists(st.tuples(st.floats(60, 900), st.floats(20, 300)), max_size=12),
    st.floats(40, 400),
    st.booleans(),
)
def test_labels_of_marks_lie_inside_and_do_not_overlap(marks, height, at_bottom):
    area = QRectF(60, 8, 840, height)
    marks.sort()
    boxes = place_labels([x for x, _ in marks], [width for _, width in marks], 18, area, at_bottom)
    placed = [box for box in boxes if box is not None]
    assert all(area.contains(box) for box in placed)
    assert not any(a.intersects(b) for i, a in enumerate(placed) for b in placed[:i])
    for (x, _), box in zip(marks, boxes, strict=True):
        assert box is None or x in (pytest.approx(box.left()), pytest.approx(box.right()))
    if marks and height >= 60:
        assert boxes[-1] is not None, "the newest mark is labelled"


@given(st.lists(st.tuples(st.floats(60, 900), st.floats(20, 300)), max_size=8), st.floats(60, 900))
def test_labels_of_marks_keep_off_the_moment_that_is_shown(marks, moment):
    boxes = place_labels([x for x, _ in marks], [width for _, width in marks], 18, QRectF(60, 8, 840, 90), True, moment)
    assert not any(box.left() < moment < box.right() for box in boxes if box is not None)
