"""Rules of health, one by one, on made-up courses; `tests/engine/test_health_of_trainings.py` has real ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnviz.core.health import DEAD_SAMPLES, Diagnosis, Finding, Illness, judge
from nnviz.core.history import BatchPoints, EpochResult, History, Mark
from nnviz.core.layer_statistics import LayerStatistics, Snapshot

CHANCE = float(np.log(10))
SOUND = LayerStatistics(
    layer=1,
    units=4,
    weights=np.zeros(33, np.float32),
    activations=np.zeros(33, np.float32),
    gradients=None,
    gradient_norm=0.5,
    silent=np.zeros(4, bool),
    saturated=None,
    alike=False,
)


def row(*layers: LayerStatistics, count: int = 10) -> list[Snapshot]:
    placed = tuple(replace(layer, layer=place) for place, layer in enumerate(layers or (SOUND, SOUND), start=1))
    return [Snapshot(step, 32, CHANCE, placed) for step in range(count)]


def history(losses: np.ndarray | None = None, epochs: list[tuple[float, float]] | None = None) -> History:
    made = History()
    if losses is not None:
        made.append(BatchPoints(0, np.asarray(losses, np.float32), None))
    for number, (train, val) in enumerate(epochs or [], start=1):
        made.epochs.append(EpochResult(number, 10 * number, train, None, val, None, 0.1))
    return made


def illnesses(found: tuple[Finding, ...]) -> list[Illness]:
    return [finding.illness for finding in found]


FALLING = np.linspace(2.3, 0.2, 100) + np.random.default_rng(0).normal(0, 0.05, 100)


def test_nothing_ails_a_training_whose_loss_falls():
    assert judge(row(), history(FALLING), 32) == ()
    assert judge([], history(FALLING), 32) == ()


def test_gradients_that_get_lost_on_the_way_back_have_vanished():
    weak, strong = replace(SOUND, gradient_norm=0.001), replace(SOUND, gradient_norm=0.5)
    (finding,) = judge(row(weak, strong), History(), 32)
    assert finding == Finding(Illness.VANISHING, 1, pytest.approx(0.002))
    assert judge(row(strong, weak), History(), 32) == ()  # small at the end only: nothing got lost


def test_huge_gradients_have_exploded_if_they_stay():
    wild = replace(SOUND, gradient_norm=500.0)
    (finding,) = judge(row(wild, SOUND), History(), 32)
    assert finding == Finding(Illness.EXPLODING, 1, 500.0)
    assert judge(row(wild, SOUND, count=2), History(), 32) == ()


def test_half_of_the_relus_dead_is_an_illness_once_enough_samples_have_passed():
    half = replace(SOUND, silent=np.array([True, True, False, False]))
    (finding,) = judge(row(SOUND, half), History(), 32)
    assert finding == Finding(Illness.DEAD, 2, 0.5)
    few = replace(SOUND, silent=np.array([True, False, False, False]))
    assert judge(row(SOUND, few), History(), 32) == ()
    assert judge(row(SOUND, half, count=DEAD_SAMPLES // 32 - 1), History(), 32) == ()


def test_dead_units_explain_a_vanished_gradient():
    dead = replace(SOUND, silent=np.ones(4, bool), gradient_norm=0.0)
    assert illnesses(judge(row(dead, SOUND), History(), 32)) == [Illness.DEAD]


def test_equal_units_are_an_illness_in_hidden_layers_only():
    alike = replace(SOUND, alike=True, gradient_norm=0.0)
    (finding,) = judge(row(alike, SOUND), History(), 32)
    assert finding == Finding(Illness.ALIKE, 1, 4)
    assert judge(row(SOUND, replace(SOUND, alike=True)), History(), 32) == ()


@pytest.mark.parametrize("batch_size", [4, 32])
def test_a_loss_that_jumps_up_and_down_is_told_whatever_the_batch_size(batch_size: int):
    swings = np.repeat([0.8, 2.4, 0.9, 2.6], 32 // batch_size)
    found = judge(row(), history(np.tile(swings, 40)), batch_size)
    assert illnesses(found) == [Illness.LEARNING_RATE]
    noise = np.random.default_rng(1).normal(1.0, 0.2 * np.sqrt(32 / batch_size), 1000)
    assert judge(row(), history(noise), batch_size) == ()


def test_a_loss_that_climbs_again_is_told():
    losses = np.concatenate([np.linspace(2.3, 0.3, 60), np.linspace(0.3, 1.2, 60)])
    (finding,) = judge(row(), history(losses), 32)
    assert finding.illness is Illness.LEARNING_RATE
    assert finding.measure > 2


def test_a_loss_that_has_shot_up_and_not_come_back_is_told():
    stuck = np.concatenate([[2.3], np.full(25, 40.0), np.full(60, 2.4)])
    assert illnesses(judge(row(), history(stuck), 32)) == [Illness.LEARNING_RATE]
    recovered = np.concatenate([[2.3], np.full(5, 8.0), np.full(60, 0.4)])
    assert judge(row(), history(recovered), 32) == ()


def test_overfitting_is_a_rising_validation_loss_while_the_training_loss_falls():
    epochs = [(1.0, 0.9), (0.5, 0.5), (0.3, 0.4), *((0.3 - 0.02 * i, 0.4 + 0.03 * i) for i in range(1, 12))]
    (finding,) = judge(row(), history(epochs=epochs), 32)
    assert finding.illness is Illness.OVERFITTING
    assert finding.measure == pytest.approx(0.70 / 0.4)
    assert judge(row(), history(epochs=epochs[:8]), 32) == ()  # not for long enough
    both = [(max(train, val), val) for train, val in epochs]
    assert judge(row(), history(epochs=both), 32) == ()  # training gets worse, too: that is no overfitting


def test_only_what_came_after_the_last_change_counts():
    swings = history(np.tile([0.5, 2.5], 50), [(0.1, 1.0 + 0.2 * i) for i in range(9)])
    assert judge(row(), swings, 32)
    swings.marks.append(Mark(100, "lr 0.001"))
    assert judge([], swings, 32) == judge(row(), swings, 32) == ()


def test_findings_come_in_the_order_of_causes():
    dead = replace(SOUND, silent=np.ones(4, bool))
    found = judge(row(dead, SOUND), history(np.tile([0.5, 2.5], 50)), 32)
    assert illnesses(found) == [Illness.LEARNING_RATE, Illness.DEAD]


def test_what_too_large_steps_bring_along_is_not_told_beside_them():
    wild = row(replace(SOUND, gradient_norm=0.001), replace(SOUND, gradient_norm=500.0))
    rising = [(1.0 - 0.05 * i, 1.0 + 0.2 * i) for i in range(9)]
    found = judge(wild, history(np.tile([0.5, 2.5], 50), rising), 32)
    assert illnesses(found) == [Illness.LEARNING_RATE]
    assert illnesses(judge(wild, history(epochs=rising), 32)) == [
        Illness.EXPLODING,
        Illness.VANISHING,
        Illness.OVERFITTING,
    ]


def test_a_diagnosis_does_not_flicker():
    once, none = (Finding(Illness.DEAD, 1, 0.5),), ()
    diagnosis = Diagnosis()
    assert diagnosis.take(once) == ()
    assert diagnosis.take(none) == ()
    assert diagnosis.take(once) == ()
    assert diagnosis.take(once) == once
    worse = (Finding(Illness.DEAD, 1, 0.9),)
    assert diagnosis.take(worse) == worse
    assert diagnosis.take(none) == worse
    assert diagnosis.take(none) == worse
    assert diagnosis.take(none) == ()
    diagnosis.take(once)
    diagnosis.clear()
    assert diagnosis.take(once) == ()


def test_a_network_that_guesses_and_gets_no_gradients_is_stuck():
    tiny = replace(SOUND, gradient_norm=1e-5)
    guessing = np.full(100, CHANCE * 1.01)
    (finding,) = judge(row(tiny, tiny, replace(SOUND, gradient_norm=0.005)), history(guessing), 32)
    assert finding == Finding(Illness.STUCK, None, pytest.approx(1e-5))
    none = replace(SOUND, gradient_norm=0.0)
    assert illnesses(judge(row(none, none, none), history(guessing), 32)) == [Illness.STUCK]
    assert judge(row(none, none, none), history(np.full(100, 1e-6)), 32) == ()  # nothing left to learn
    assert judge(row(SOUND, SOUND), history(guessing), 32) == ()  # slow, but it gets somewhere
    assert judge(row(tiny), history(guessing), 32) == ()  # a single layer is no hidden one


@pytest.mark.parametrize("norm", [float("nan"), float("inf")])
def test_an_overflow_is_told_at_once_and_explains_all_else(norm: float):
    lost = replace(SOUND, gradient_norm=norm)
    found = judge(row(lost, SOUND, count=1), history(FALLING), 32)
    assert illnesses(found) == [Illness.OVERFLOW]
    diagnosis = Diagnosis()
    assert illnesses(diagnosis.take(found)) == [Illness.OVERFLOW]
    assert diagnosis.take(()) == ()


def test_settings_that_are_known_to_overfit_need_no_new_chance():
    risen = [(1 / n, 1.0) for n in range(1, 9)] + [(0.05 / n, 1.5) for n in range(1, 12)]
    made = history(epochs=risen)
    assert illnesses(judge(row(), made, 32)) == [Illness.OVERFITTING]
    made.marks.append(Mark(180, "L2 0"))
    assert judge(row(count=200), made, 32) == ()
    assert illnesses(judge(row(count=200), made, 32, overfitted_since=0)) == [Illness.OVERFITTING]
    made.marks.append(Mark(190, "L2 0"))  # not before an epoch has ended
    assert judge(row(count=200), made, 32, overfitted_since=0) == ()


def test_a_diagnosis_goes_on_from_what_was_told():
    told = (Finding(Illness.DEAD, 1, 0.9),)
    diagnosis = Diagnosis()
    diagnosis.resume(told)
    assert diagnosis.take(()) == told
