"""Remembering what was computed from arrays."""

from __future__ import annotations

import gc

import numpy as np

from nnviz.core.memo import Memo


def test_nothing_is_computed_twice_for_the_same_arrays() -> None:
    asked = []

    @Memo
    def total(one: np.ndarray, other: np.ndarray, factor: int) -> float:
        asked.append(factor)
        return float(one.sum() + other.sum()) * factor

    one, other = np.ones(3), np.ones(3)
    assert [total(one, other, 2), total(one, other, 2)] == [12.0, 12.0]
    assert asked == [2]
    assert total(one, other, 3) == 18.0
    assert total(one, one, 2) == 12.0
    assert asked == [2, 3, 2]


def test_a_result_is_forgotten_with_any_of_its_arrays() -> None:
    sums = Memo(lambda one, other: [float(one.sum() + other.sum())])
    kept = np.ones(4)
    for value in range(50):  # arrays that come and go may get the same address
        passing = np.full(4, value, np.float64)
        assert sums(kept, passing) == [4.0 + 4 * value]
        del passing
        gc.collect(0)
