"""Where numbers on their way are: pure geometry."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnviz.ui.graph.flow import LANDED, flights, lanes, on_lane, place_on_the_way, spread_apart

places = st.lists(st.floats(0.0, 400.0), min_size=1, max_size=8)


@given(places)
def test_labels_are_kept_apart_within_the_view(wanted: list[float]) -> None:
    apart = np.sort(spread_apart(np.array(wanted), 20.0, 0.0, 400.0))
    assert (np.diff(apart) >= 20.0 - 1e-6).all()
    assert apart[0] >= -1e-6
    assert apart[-1] <= 400.0 + 1e-6


def test_labels_with_room_stay_where_they_are_and_others_share_the_way() -> None:
    assert spread_apart(np.array([300.0, 100.0]), 20.0, 0.0, 400.0).tolist() == [300.0, 100.0]
    assert spread_apart(np.array([100.0, 100.0, 300.0]), 20.0, 0.0, 400.0).tolist() == [90.0, 110.0, 300.0]


def test_a_lane_leads_from_end_to_end_and_bends_only_where_it_must() -> None:
    lines = np.array([[0.0, 0.0, 100.0, 50.0], [0.0, 200.0, 100.0, 50.0]])
    straight, other = lanes(lines, 20.0, 0.0, 400.0)
    assert on_lane(straight, 0.0) == (0.0, 0.0)
    assert on_lane(straight, 1.0) == (100.0, 50.0)
    assert on_lane(straight, 0.25) == pytest.approx((25.0, 12.5))
    assert on_lane(other, 0.5) == pytest.approx((50.0, 125.0))
    close = lanes(np.array([[0.0, 50.0, 100.0, 50.0]] * 2), 30.0, 0.0, 400.0)
    assert on_lane(close[1], 0.5)[1] - on_lane(close[0], 0.5)[1] == pytest.approx(30.0)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_numbers_leave_one_after_the_other_and_all_arrive(count: int) -> None:
    assert flights(0.0, count).tolist() == [0.0] * count
    halfway = flights(LANDED / 2, count)
    assert (np.diff(halfway) <= 0).all()
    assert 0.0 < halfway[0] < 1.0 or halfway[0] == 1.0
    assert flights(LANDED, count) == pytest.approx(np.ones(count))


def test_a_number_moves_on_except_in_the_middle() -> None:
    way = [place_on_the_way(flown) for flown in np.linspace(0.0, 1.0, 101)]
    assert (np.diff(way) >= 0).all()
    assert np.abs(np.diff(way)).max() < 0.04  # no jumps
    assert way[45] == way[55] == 0.5
