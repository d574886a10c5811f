"""The step after the proposed one, recorded ahead: the same to the bit, and void as soon as anything changes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.history import Mark
from nnviz.core.pokes import SetWeight, WeightPlace
from nnviz.core.spec import OptimizerSpec
from nnviz.engine import stepper as stepping
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.optimizers import OPTIMIZERS
from nnviz.engine.run import Run
from nnviz.engine.stepper import Stepper
from nnviz.engine.trainer import Trainer
from tests.engine.support import picture_preset, stepper
from tests.support.trainer import assert_same, do, only

NAMES = [row.name for row in OPTIMIZERS]


@pytest.fixture(autouse=True)
def quick_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is."""
    monkeypatch.setattr(stepping, "FORESEEN_SECONDS", math.inf)


def same_state(one: Stepper, other: Stepper) -> bool:
    mine, yours = one.run.checkpoint(), other.run.checkpoint()
    states = [list(state.optimizer_state.values()) for state in (mine, yours)]
    return (
        (mine.step, mine.epoch, mine.offset, mine.sums.loss) == (yours.step, yours.epoch, yours.offset, yours.sums.loss)
        and torch.equal(mine.weights, yours.weights)
        and all(torch.equal(torch.as_tensor(a), torch.as_tensor(b)) for a, b in zip(*states, strict=True))
    )


@pytest.mark.parametrize("dropout", [None, 0.4])
@pytest.mark.parametrize("name", NAMES)
def test_walking_with_foresight_is_walking_without_to_the_bit(name: str, dropout: float | None) -> None:
    preset = picture_preset(optimizer=OptimizerSpec(name), dropout=dropout)
    plain, seeing = stepper(preset), stepper(preset)
    for number in range(20):  # through several epochs
        one, other = plain.propose(), seeing.propose()
        assert_same(one.trace, other.trace)
        if number % 2:
            seeing.foresee()
        assert same_state(plain, seeing)
        assert plain.commit()
        assert seeing.commit()
        if not number % 2:
            seeing.foresee()
        assert same_state(plain, seeing)
        assert plain.news.losses == seeing.news.losses
        assert plain.epochs == [replace(e, seconds=p.seconds) for e, p in zip(seeing.epochs, plain.epochs, strict=True)]


def test_what_was_foreseen_is_what_is_proposed() -> None:
    steps = stepper(picture_preset())
    first = steps.propose()
    foreseen = steps.foresee()
    assert foreseen is not None
    assert foreseen.trace.step == first.trace.step + 1
    assert steps.foresee() is foreseen
    steps.commit()
    steps.revert()
    steps.commit()
    assert steps.propose() is foreseen
    assert not steps.committed


def test_what_was_foreseen_is_not_proposed_before_the_step_is_taken() -> None:
    steps = stepper(picture_preset())
    first = steps.propose()
    steps.foresee()
    assert_same(steps.propose().trace, first.trace)


def change_rate(steps: Stepper) -> None:
    training = steps.run.training
    steps.change_training(replace(training, optimizer=OptimizerSpec("sgd", {"lr": 0.5})), "faster")


def change_optimizer_and_back(steps: Stepper) -> None:
    training = steps.run.training
    steps.change_training(replace(training, optimizer=OptimizerSpec("adam", {})), "other")
    steps.change_training(training, "back")  # and what momentum remembered is lost


def poke(steps: Stepper) -> None:
    layer = steps.run.network_spec.layers_with_parameters[0]
    steps.run.poke((SetWeight(WeightPlace(layer, 0, 0), 3.0),))
    steps.stay_here(Mark(steps.run.step, "poked"))


@pytest.mark.parametrize("change", [change_rate, change_optimizer_and_back, poke])
def test_a_change_makes_it_void(change: Callable[[Stepper], None]) -> None:
    preset = picture_preset(optimizer=OptimizerSpec("momentum", {"lr": 0.1}))
    plain, seeing = stepper(preset), stepper(preset)
    for steps in (plain, seeing):
        for _ in range(3):
            steps.propose()
            steps.commit()
    assert seeing.foresee() is not None
    for steps in (plain, seeing):
        change(steps)
    one, other = plain.propose(), seeing.propose()
    assert_same(one.trace, other.trace)
    assert plain.commit()
    assert seeing.commit()
    assert same_state(plain, seeing)


def test_going_back_makes_it_void() -> None:
    steps = stepper(picture_preset())
    traces = []
    for _ in range(3):
        traces.append(steps.propose().trace)
        steps.commit()
    steps.foresee()
    steps.go_back_to(1)
    assert_same(steps.propose().trace, traces[1])


def test_neither_the_end_of_an_epoch_nor_a_slow_step_is_foreseen(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = stepper(picture_preset())
    assert steps.foresee() is None  # nothing is proposed
    while True:
        steps.propose()
        if steps.foresee() is None:
            break
        steps.commit()
    assert steps.run.batches_left == 2  # the one after this ends the epoch
    assert steps.epochs == []
    monkeypatch.setattr(stepping, "FORESEEN_SECONDS", 0.0)
    slow = stepper(picture_preset())
    slow.propose()
    assert slow.foresee() is None


@pytest.mark.parametrize("committed", [False, True])
def test_where_it_fails_nothing_has_happened(monkeypatch: pytest.MonkeyPatch, committed: bool) -> None:
    plain, seeing = stepper(picture_preset()), stepper(picture_preset())
    for steps in (plain, seeing):
        steps.propose()
        if committed:
            steps.commit()

    def fail(run: Run) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(Run, "recorded_step", fail)
        with pytest.raises(MemoryError):
            seeing.foresee()
    assert same_state(plain, seeing)
    assert_same(plain.propose().trace, seeing.propose().trace)


def test_nobody_hears_of_what_could_not_be_foreseen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    trainer = Trainer(catalogue(), DataPlaces(None, tmp_path))
    do(trainer, c.LoadPreset(catalogue().presets["circle"]))

    def fail(run: Run) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(Run, "recorded_step", fail)
        assert do(trainer, c.Foresee()) == []
    assert only(do(trainer, c.Foresee()), f.Foreseen).trace.step == 1
