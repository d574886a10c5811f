"""Pure parts of the plots with several runs: own parts, names at the ends of lines, steps and epochs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QFontMetricsF

from nnviz.core.history import EpochResult, History
from nnviz.ui.widgets.curve_readout import read_runs, readout_of
from nnviz.ui.widgets.curve_scale import LOOKS
from nnviz.ui.widgets.curves import Curves, Line, epochs_at, steps_at
from nnviz.ui.widgets.end_names import place_names, room_for
from nnviz.ui.widgets.other_curves import MOST_POINTS, OtherCurves, RunCurves, name_tags, own_part


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


def test_a_run_is_named_where_it_ends_or_leaves_the_picture(qapp: object) -> None:
    area = QRectF(0, 0, 30, 100)
    broken = RunCurves(Curves(line((1, 2), (2, 1), (3, np.nan), (5, 8))), 1, "long")
    tags = name_tags((broken, RunCurves(Curves(), 0, "empty")), area, lambda at: QPointF(10 * at.x(), 10 * at.y()))
    assert [(tag.text, tag.end) for tag in tags] == [("long", QPointF(20, 10))]


def test_what_is_seen_of_other_runs_ends_with_the_axis() -> None:
    others = OtherCurves(None)
    others.drawn = (RunCurves(Curves(line((1, 9), (12, 1))), 0, ""), RunCurves(Curves(line((11, 5))), 1, ""))
    (part,) = others.until(10.0)
    assert part.training.x.tolist() == [1]


@given(st.lists(st.floats(-20, 120), max_size=9))
def test_names_lie_inside_and_off_each_other(ends: list[float]) -> None:
    area = QRectF(300, 0, 80, 100)
    boxes = place_names(ends, 15, area)
    assert len(boxes) == min(len(ends), 6)
    for index, box in enumerate(boxes):
        assert area.adjusted(-1e-6, -1e-6, 1e-6, 1e-6).contains(box)
        assert not any(box.adjusted(0, 1e-6, 0, -1e-6).intersects(other) for other in boxes[:index])


def test_names_take_no_room_where_there_is_little(qapp: object) -> None:
    metrics = QFontMetricsF(QFont())
    assert room_for(["Run 1"], metrics, 250) == 0
    assert room_for([], metrics, 900) == 0
    assert 0 < room_for(["Run 1", "a very long name" * 20], metrics, 900) <= 300


def test_all_runs_are_read_at_the_same_epoch(qapp: object) -> None:
    present = RunCurves(Curves(line((1, 5), (2, 4)), line((1, 6), (2, 5))), 0, "now")
    other = RunCurves(Curves(line((1, 3), (2, 2), (3, 1)), line((1, 4), (2, 3), (3, 2))), 1, "before")
    names = ("Training", "Validation", "Batch")
    for x, epoch, rows in ((1.8, "2", [("4", "5"), ("2", "3")]), (3.4, "3", [("–", "–"), ("1", "2")])):
        reading = read_runs(present.curves, 3.0, x)
        assert f"{reading.epoch:.0f}" == epoch
        text = readout_of("", present, reading, (other,), names, LOOKS, "{:.0f}".format)
        assert text.columns == ("Training", "Validation")
        assert [row.values for row in text.rows] == rows
        assert [row.name for row in text.rows] == ["now", "before"]


@given(st.floats(0, 500))
def test_steps_and_epochs_are_turned_into_each_other(step: float) -> None:
    history = History(batches_per_epoch=30)
    for epoch, at in ((1, 45), (2, 90), (3, 120)):
        history.epochs.append(EpochResult(epoch, at, 1.0, None, None, None, 0.0))
    there = epochs_at(np.array([step]), history)
    assert steps_at(there, history)[0] == pytest.approx(step, abs=1e-6)
