"""The verdict on made-up races."""

from __future__ import annotations

import numpy as np
import pytest

from nnviz.core.history import EpochResult
from nnviz.core.race import Criterion, Racer
from nnviz.core.race_verdict import Ending, ending_of, verdict_of
from nnviz.core.runs import COLORS, free_colors
from nnviz.core.spec import OptimizerSpec

STEPS = 200
NOISE = np.random.default_rng(0).normal(0, 0.05, STEPS)
FALLING = np.linspace(2, 0.5, STEPS) + NOISE
FLAT = np.full(STEPS, 1.0) + NOISE
JUMPING = np.where(np.arange(STEPS) // 15 % 2, 2.0, 0.5)


def racer(loss: float, curve: np.ndarray, moved: float = 3.0, val: bool = True, **facts: object) -> Racer:
    """A racer that has finished two epochs, the last with that loss."""
    epochs = [EpochResult(n, n * 100, loss, None, loss if val else None, None, 0.1) for n in (1, 2)]
    one = Racer(OptimizerSpec("sgd"), epochs=epochs, moved=moved, **facts)
    one.losses.append(curve.astype(np.float32))
    return one


@pytest.mark.parametrize(
    ("curve", "ending"),
    [
        (FALLING, Ending.FALLING),
        (FLAT, Ending.FLAT),
        (JUMPING, Ending.UNSTEADY),
        (FALLING[::-1], Ending.UNSTEADY),
        (FLAT + 8 * NOISE, Ending.UNCLEAR),
        (FALLING[:30], Ending.UNCLEAR),
    ],
)
def test_endings(curve: np.ndarray, ending: Ending) -> None:
    assert ending_of(curve) is ending


def test_before_the_first_epoch_there_is_no_verdict() -> None:
    assert verdict_of([Racer(OptimizerSpec("sgd"))]) is None
    assert verdict_of([]) is None


def test_each_of_those_behind_lacks_something() -> None:
    verdict = verdict_of(
        [
            racer(1.0, FALLING, moved=0.4),
            racer(0.2, FLAT, stride=0.1),
            racer(0.35, FALLING),
            racer(0.9, FLAT),
            racer(0.8, JUMPING, stride=0.2),
            racer(2.3, FLAT, moved=40.0, stride=0.3),
            racer(0.6, FALLING, moved=9.0, stride=0.3),
            racer(0.1, FALLING, diverged_at=9),
        ]
    )
    assert verdict is not None
    assert (verdict.winner, verdict.second, verdict.epochs) == (1, 2, 2)
    assert not verdict.is_close
    assert not verdict.winner_falling
    assert (verdict.short, verdict.short_falling) == ((0,), True)
    assert verdict.wild == (4,)
    assert verdict.long == (6, 5)
    assert verdict.unsteady == ()
    assert verdict.falling == (2,)
    assert verdict.flat == (3,)
    assert verdict.diverged == (7,)


def test_steps_that_are_no_longer_than_those_of_the_winner_are_not_too_long() -> None:
    verdict = verdict_of(
        [
            racer(0.1, FALLING, moved=10.0, stride=0.5),
            racer(1.0, FLAT, moved=18.0, stride=0.05),
            racer(1.1, JUMPING, moved=1.0, stride=0.01),
            racer(1.2, FALLING, moved=18.0, stride=0.05),
        ]
    )
    assert verdict is not None
    assert (verdict.wild, verdict.long) == ((), ())
    assert (verdict.flat, verdict.unsteady, verdict.falling) == ((1,), (2,), (3,))


def test_equals_are_too_close_to_call() -> None:
    verdict = verdict_of([racer(0.5, FLAT, seconds=3.0), racer(0.51, FALLING, moved=0.1, seconds=1.0)])
    assert verdict is not None
    assert verdict.is_close
    assert verdict.short == ()
    assert verdict.slower == pytest.approx(3.0)


def test_without_validation_data_the_training_loss_decides() -> None:
    verdict = verdict_of([racer(0.5, FLAT, val=False), racer(0.1, FLAT, val=False)])
    assert verdict is not None
    assert verdict.criterion is Criterion.LOSS
    assert verdict.losses == (0.5, 0.1)


def test_where_all_have_diverged_nobody_won() -> None:
    verdict = verdict_of([racer(0.5, FLAT, diverged_at=3), racer(0.5, FLAT, diverged_at=4)])
    assert verdict is not None
    assert verdict.winner is None
    assert verdict.diverged == (0, 1)
    alone = verdict_of([racer(0.5, FLAT), racer(0.5, FLAT, diverged_at=4)])
    assert alone is not None
    assert (alone.winner, alone.second, alone.slower) == (0, None, None)


def test_colours_that_nobody_has_come_first() -> None:
    assert free_colors(3, (0, 2)) == (1, 3, 4)
    assert sorted(free_colors(COLORS, (0,))) == list(range(COLORS))
    assert free_colors(1, (*range(COLORS), 0, 1)) == (2,)
