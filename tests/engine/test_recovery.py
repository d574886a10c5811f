"""The way back after an overflow: always to weights that one can go on from."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.spec import NetworkSpec, OptimizerSpec, Preset
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.layers import Dense
from nnviz.engine.recovery import can_recover, last_sound
from nnviz.engine.trainer import Trainer
from tests.engine.support import picture_preset, stepper
from tests.support.trainer import do, only, run

DIGITS = catalogue().presets["digits"]


def linear(lr: float) -> Preset:
    """Five linear layers: what is too large in one gets larger in the next."""
    layers = DIGITS.network.layers
    network = NetworkSpec((*layers[:2], *(Dense(16, "linear") for _ in range(5)), layers[-1]))
    return replace(
        DIGITS, network=network, training=replace(DIGITS.training, optimizer=OptimizerSpec("sgd", {"lr": lr}))
    )


@pytest.fixture
def trainer(tmp_path: Path) -> Trainer:
    return Trainer(catalogue(), DataPlaces(None, tmp_path / "cache"))


def largest_weight(facts: list[f.Fact]) -> float:
    trace = [fact for fact in facts if isinstance(fact, f.Recorded)][-1].trace
    assert trace.loss is not None
    assert math.isfinite(trace.loss)
    return max(float(abs(p.before).max()) for layer in trace.layers for p in layer.parameters.values())


@pytest.mark.parametrize("runs", [1, 2, 3])
def test_however_often_one_ran_into_it_the_way_leads_back_to_small_weights(trainer: Trainer, runs: int) -> None:
    do(trainer, c.LoadPreset(linear(1.0)))
    for _ in range(runs):
        assert only(run(trainer, to_end_of_epoch=False, slices=500), f.Diverged).can_recover
    facts = do(trainer, c.RecoverFromDivergence())
    assert not [fact for fact in facts if isinstance(fact, f.Diverged)]
    assert largest_weight(facts) < 2
    assert only(facts, f.TrainingChanged).training.optimizer.settings["lr"] == pytest.approx(0.1)


def test_one_gets_out_of_it_by_going_back_again_and_again(trainer: Trainer) -> None:
    do(trainer, c.LoadPreset(linear(100.0)))
    for _ in range(8):
        facts = run(trainer)
        if not [fact for fact in facts if isinstance(fact, f.Diverged)]:
            break
        assert largest_weight(do(trainer, c.RecoverFromDivergence())) < 2
    facts = run(trainer)
    assert [result.train_loss for fact in facts if isinstance(fact, f.Progress) for result in fact.epochs][-1] < 2.3


def test_what_was_learned_before_the_overflow_is_kept(trainer: Trainer) -> None:
    do(trainer, c.LoadPreset(linear(0.03)))
    for _ in range(4):
        facts = run(trainer)
    trained = [fact for fact in facts if isinstance(fact, f.Progress)][-1]
    do(trainer, c.ChangeTraining(linear(30.0).training))
    only(run(trainer, to_end_of_epoch=False, slices=500), f.Diverged)
    facts = do(trainer, c.RecoverFromDivergence())
    assert only(facts, f.Rewound).step == trained.step
    assert [fact for fact in facts if isinstance(fact, f.Recorded)][-1].trace.loss < 1


def test_a_second_failure_at_once_leads_further_back(trainer: Trainer) -> None:
    do(trainer, c.LoadPreset(linear(0.03)))
    for _ in range(4):
        run(trainer)
    do(trainer, c.ChangeTraining(linear(100.0).training))
    steps = []
    for _ in range(2):
        only(run(trainer, to_end_of_epoch=False, slices=500), f.Diverged)
        steps.append(only(do(trainer, c.RecoverFromDivergence()), f.Rewound).step)
    assert steps[1] < steps[0]


def test_a_checkpoint_after_the_overflow_began_is_not_sound() -> None:
    steps = stepper(picture_preset())
    first = steps.run.checkpoint()
    steps.timeline.add(replace(first, step=50, weights=first.weights * 0.9))
    steps.timeline.add(replace(first, step=100, weights=first.weights * 1e15, loss=0.1))
    steps.timeline.add(replace(first, step=150, weights=first.weights * float("nan"), loss=0.1))
    found = last_sound(steps.run, steps.timeline, 200)
    assert found is not None
    assert found.step == 50


def test_without_any_numbers_there_is_no_way_back() -> None:
    steps = stepper(picture_preset())
    first = steps.run.checkpoint()
    steps.timeline.add(replace(first, weights=first.weights * float("nan")))
    assert not can_recover(steps.timeline)
    assert last_sound(steps.run, steps.timeline, 10) is None


def test_the_learning_rate_is_a_tenth_without_the_noise_of_binary_fractions(trainer: Trainer) -> None:
    do(trainer, c.LoadPreset(linear(0.7)))
    assert only(do(trainer, c.RecoverFromDivergence()), f.TrainingChanged).training.optimizer.settings["lr"] == 0.07
