"""Pure parts of the plots with several runs: own parts, names at the ends of lines, steps and epochs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF

from nnviz.core.history import EpochResult, History
from nnviz.ui.widgets.curve_overlay import place_names
from nnviz.ui.widgets.curves import Curves, Line, epochs_at, steps_at
from nnviz.ui.widgets.other_curves import MOST_POINTS, RunCurves, own_part


def line(*points: tuple[float, float]) -> Line:
    return Line(np.array([x for x, _ in points]), np.array([y for _, y in points]))


def test_a_branch_begins_at_the_last_point_before_it_left() -> None:
    epochs = line((1, 9), (2, 8), (3, 7), (4, 6))
    part = own_part(Curves(epochs, epochs, line((0.1, 10), (3.9, 6))), 2.5)
    assert part.training.x.tolist() == part.validation.x.tolist() == [2, 3, 4]
    assert not len(part.batch)


def test_a_short_branch_is_shown_by_its_batches() -> None:
    batches = Line(np.linspace(0, 3, 3001), np.arange(3001.0))
    part = own_part(Curves(line((1, 9), (2, 8), (3, 7)), line((1, 9), (2, 8), (3, 7)), batches), 3.0)
    assert not len(part.training)
    part = own_part(Curves(line((1, 9)), line((1, 9)), batches), 0.0)
    assert 0 < len(part.batch) <= MOST_POINTS
    assert part.batch.y.mean() == pytest.approx(1500, rel=0.01)


def test_a_run_ends_at_its_last_finite_point() -> None:
    broken = line((1, 2), (2, 1), (3, np.nan))
    assert RunCurves(Curves(broken), 0, "").end == (2, 1)
    assert RunCurves(Curves(), 0, "").end is None


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(0, 100), st.floats(10, 90)), max_size=9))
def test_names_lie_inside_and_off_each_other(ends: list[tuple[float, float, float]]) -> None:
    area = QRectF(0, 0, 300, 100)
    boxes = place_names([QPointF(x, y) for x, y, _ in ends], [width for _, _, width in ends], 15, area)
    assert len(boxes) == min(len(ends), 6)
    for index, box in enumerate(boxes):
        assert area.adjusted(-1e-6, -1e-6, 1e-6, 1e-6).contains(box)
        assert not any(box.adjusted(0, 1e-6, 0, -1e-6).intersects(other) for other in boxes[:index])


@given(st.floats(0, 500))
def test_steps_and_epochs_are_turned_into_each_other(step: float) -> None:
    history = History(batches_per_epoch=30)
    for epoch, at in ((1, 45), (2, 90), (3, 120)):
        history.epochs.append(EpochResult(epoch, at, 1.0, None, None, None, 0.0))
    there = epochs_at(np.array([step]), history)
    assert steps_at(there, history)[0] == pytest.approx(step, abs=1e-6)
