"""The row of checkpoints: bounded, ordered, and the way back stays open."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from nnviz.core.spec import TrainingSpec
from nnviz.engine.checkpoint import Checkpoint, Timeline
from tests.engine.support import picture_preset, stepper

BLANK = stepper(picture_preset()).run.checkpoint()


def at(step: int, pinned: bool = False, loss: float = 1.0) -> Checkpoint:
    return replace(BLANK, step=step, pinned=pinned, loss=loss, training=TrainingSpec())


@given(
    steps=st.lists(st.integers(0, 500), max_size=120),
    pins=st.sets(st.integers(0, 500)),
    room=st.integers(2, 20),
)
def test_memory_stays_within_its_bound_and_the_row_in_order(steps: list[int], pins: set[int], room: int) -> None:
    timeline = Timeline(memory_limit=room * BLANK.size)
    for step in steps:
        timeline.add(at(step, step in pins))
        found = timeline.at_or_before(step)
        assert found is not None
        assert found.step == step
        assert len(timeline) <= max(2, room)
        assert timeline.size == len(timeline) * BLANK.size
        assert timeline.at_or_before(10**9) is found


def test_thinning_keeps_the_first_and_the_pinned_ones_as_long_as_it_can() -> None:
    timeline = Timeline(memory_limit=20 * BLANK.size)
    for step in range(0, 5000, 50):
        timeline.add(at(step, pinned=step in (0, 700)))
    assert timeline.oldest_step == 0
    pinned = timeline.at_or_before(700)
    assert pinned is not None
    assert pinned.step == 700
    recent = [timeline.at_or_before(step) for step in (4950, 4900, 4850)]
    assert [each.step for each in recent if each] == [4950, 4900, 4850]


def test_the_row_grows_slowly_and_the_replay_is_a_share_of_the_way_back() -> None:
    timeline = Timeline(memory_limit=10**12)
    counts = {}
    for step in range(0, 100_001, 50):
        timeline.add(at(step))
        counts[step] = len(timeline)
    assert counts[100_000] - counts[1_000] < 40
    for back in (50, 100, 500, 1_000, 5_000, 20_000, 50_000, 90_000):
        found = timeline.at_or_before(100_000 - back)
        assert found is not None
        assert 100_000 - back - found.step <= 0.35 * back
    assert timeline.size == len(timeline) * BLANK.size


def test_a_smaller_limit_takes_effect_at_once() -> None:
    timeline = Timeline(memory_limit=100 * BLANK.size)
    for step in range(50):
        timeline.add(at(step))
    timeline.set_limit(5 * BLANK.size)
    assert len(timeline) <= 5


def test_stepping_back_beyond_the_bound_is_refused_in_words() -> None:
    steps = stepper(picture_preset(), memory_limit=3 * BLANK.size)
    for _ in range(400):
        steps.plain_steps(1)
    oldest = steps.timeline.oldest_step
    assert oldest is not None
    steps.go_back_to(oldest)
    assert steps.run.step == oldest
