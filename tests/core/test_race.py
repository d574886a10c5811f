"""Who is ahead in a race."""

from __future__ import annotations

import numpy as np

from nnviz.core.history import BatchPoints, EpochResult
from nnviz.core.race import Criterion, Racer, RacerNews, common_epoch, figures_of, ranking
from nnviz.core.spec import OptimizerSpec


def result(epoch: int, loss: float, val_loss: float | None, accuracy: float | None = None) -> EpochResult:
    return EpochResult(epoch, epoch * 10, loss, accuracy, val_loss, accuracy, 0.1)


def racer(*epochs: EpochResult, **facts: object) -> Racer:
    return Racer(OptimizerSpec("sgd"), epochs=list(epochs), **facts)


def test_the_smallest_loss_comes_first() -> None:
    racers = [racer(result(1, 0.5, 0.9)), racer(result(1, 0.7, 0.6)), racer(result(1, 0.6, 0.7))]
    assert ranking(racers, Criterion.VAL_LOSS) == [1, 2, 0]
    assert ranking(racers, Criterion.LOSS) == [0, 2, 1]


def test_the_largest_accuracy_and_the_shortest_time_come_first() -> None:
    racers = [racer(result(1, 1.0, 1.0, 0.3), seconds=1.0), racer(result(1, 1.0, 1.0, 0.8), seconds=2.0)]
    assert ranking(racers, Criterion.ACCURACY) == [1, 0]
    assert ranking(racers, Criterion.VAL_ACCURACY) == [1, 0]
    assert ranking(racers, Criterion.SECONDS) == [0, 1]


def test_all_are_compared_after_the_same_epoch() -> None:
    ahead = racer(result(1, 0.9, 0.9), result(2, 0.1, 0.1))
    behind = racer(result(1, 0.5, 0.5))
    assert common_epoch([ahead, behind]) == 1
    assert ranking([ahead, behind], Criterion.LOSS) == [1, 0]
    assert figures_of(ahead, 1).loss == 0.9


def test_before_the_first_epoch_the_running_means_count() -> None:
    racers = [racer(loss=0.9, accuracy=0.2), racer(loss=0.4, accuracy=0.1)]
    assert ranking(racers, Criterion.LOSS) == [1, 0]
    assert ranking(racers, Criterion.ACCURACY) == [0, 1]
    assert ranking(racers, Criterion.VAL_LOSS) == [0, 1]  # not known yet: as they were entered


def test_who_has_diverged_comes_last_whoever_held_out_longest_first() -> None:
    racers = [
        racer(diverged_at=3),
        racer(result(1, 9.0, 9.0)),
        racer(result(1, 0.1, 0.1), diverged_at=40),
        racer(result(1, 1.0, 1.0)),
    ]
    for criterion in Criterion:
        assert ranking(racers, criterion)[2:] == [2, 0]
    assert common_epoch(racers) == 1


def test_without_validation_data_the_order_stays() -> None:
    racers = [racer(result(1, 0.9, None)), racer(result(1, 0.1, None))]
    assert ranking(racers, Criterion.VAL_LOSS) == [0, 1]


def test_a_racer_follows_its_news() -> None:
    one = racer()
    points = BatchPoints(7, np.array([2.0, 1.0], np.float32), None)
    one.take(RacerNews(9, 1, 0.5, 0.8, 0.7, (points,), (result(1, 1.5, 1.6),), None, None))
    assert (one.step, one.seconds, one.loss, one.accuracy) == (9, 0.5, 0.8, 0.7)
    steps, losses = one.losses.points()
    assert steps.tolist() == [8.0, 9.0]
    assert losses.tolist() == [2.0, 1.0]
    assert one.epochs == [result(1, 1.5, 1.6)]
