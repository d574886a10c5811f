"""The curves of the present run: how they grow, are cut and change."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnviz.core.facts import Progress
from nnviz.core.history import BatchPoints, EpochResult, History, Mark
from nnviz.session.curves import Curves

EPOCH = EpochResult(1, 2, 0.5, None, None, None, 0.1)
MARK = Mark(2, "lr 0.1")


def report(step: int, **news: object) -> Progress:
    return Progress(1, step, 0, step, 10, 0, 0.0, **news)  # type: ignore[arg-type]


def losses(first_step: int, *values: float) -> tuple[BatchPoints]:
    return (BatchPoints(first_step, np.array(values, np.float32), None),)


@pytest.fixture
def curves() -> Curves:
    curves = Curves()
    curves.receive(report(3, points=losses(0, 3.0, 2.0, 1.0), epochs=(EPOCH,), marks=(MARK,)))
    return curves


def test_they_grow_by_what_is_reported_and_a_mark_counts_once(qtbot: QtBot, curves: Curves) -> None:
    again = report(4, points=losses(3, 0.5), marks=(MARK,))
    with qtbot.waitSignals([curves.history_changed, curves.progressed], order="strict"):
        curves.receive(again)
    np.testing.assert_array_equal(curves.history.batch_losses.points()[1], [3.0, 2.0, 1.0, 0.5])
    assert (curves.history.epochs, curves.history.marks) == ([EPOCH], [MARK])
    assert curves.progress is again


def test_a_report_without_news_changes_no_curve(qtbot: QtBot, curves: Curves) -> None:
    with qtbot.assertNotEmitted(curves.history_changed), qtbot.waitSignal(curves.progressed):
        curves.receive(report(3))


def test_going_back_cuts_them(qtbot: QtBot, curves: Curves) -> None:
    with qtbot.waitSignal(curves.history_changed):
        curves.rewind(1)
    assert len(curves.history.batch_losses) == 1
    assert not curves.history.epochs
    assert not curves.history.marks


def test_only_a_mark_that_is_there_is_taken_off(qtbot: QtBot, curves: Curves) -> None:
    with qtbot.assertNotEmitted(curves.history_changed):
        curves.take_off(None)
    with qtbot.waitSignal(curves.history_changed):
        curves.take_off(MARK)
    assert not curves.history.marks


def test_those_of_another_run_take_their_place(qtbot: QtBot, curves: Curves) -> None:
    other = History()
    with qtbot.waitSignal(curves.history_changed):
        curves.change_to(other)
    assert curves.history is other


def test_a_new_start_begins_with_the_epochs_that_are_known(curves: Curves) -> None:
    curves.start_over(History(epochs=[EPOCH]))
    assert curves.history.epochs == [EPOCH]
    assert len(curves.history.batch_losses) == 0
    assert curves.progress is None
