"""Which outputs are labelled, and where, when there is room for few."""

from __future__ import annotations

import numpy as np
import pytest

from nnviz.ui.graph.items.labels import OutputLabels
from nnviz.ui.graph.layout import Column, Metrics, layout_network
from tests.support.reference import image_network

TEXT = 18.0  # px that a label is high


def outputs(height: float) -> Column:
    return layout_network(image_network(8), 900.0, height, Metrics()).columns[-1]


def labels(target: int | None, strongest: int) -> OutputLabels:
    values = np.full(10, 0.01, np.float32)
    values[strongest] = 0.9
    wanted = None if target is None else np.eye(10, dtype=np.float32)[target]
    return OutputLabels(tuple("0123456789"), 10.0, values, wanted, True, 40.0)


def test_where_there_is_room_all_stand_beside_their_neurons() -> None:
    column = outputs(500)
    rows = labels(9, 7).rows(column, TEXT)
    assert [unit for unit, _ in rows] == list(range(10))
    assert [y for _, y in rows] == column.points[:, 1].tolist()


@pytest.mark.parametrize(("target", "strongest"), [(9, 7), (7, 9), (8, 7), (0, 9)])
def test_where_there_is_little_the_target_and_the_strongest_are_labelled(target: int, strongest: int) -> None:
    column = outputs(160)
    rows = dict(labels(target, strongest).rows(column, TEXT))
    assert set(rows) == {target, strongest}
    upper, lower = sorted(rows)
    assert rows[lower] - rows[upper] >= TEXT - 1e-9
    for unit, y in rows.items():
        assert abs(y - column.points[unit, 1]) <= TEXT / 2


@pytest.mark.parametrize("target", [None, 7])
def test_an_answer_that_is_right_or_cannot_be_judged_has_one_label(target: int | None) -> None:
    column = outputs(160)
    assert labels(target, 7).rows(column, TEXT) == [(7, float(column.points[7, 1]))]
