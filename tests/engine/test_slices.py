"""Many steps in one call: autograd's gradients and torch's own optimizer steps, to the bit."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
import torch

from nnviz.core.settings import Number
from nnviz.core.spec import NetworkSpec, OptimizerSpec, Preset
from nnviz.engine import slices
from nnviz.engine.layers import Dense, Flatten, Input
from nnviz.engine.losses import loss_from_scores
from nnviz.engine.optimizers import OPTIMIZERS, OptimizerRow
from nnviz.engine.run import Run
from tests.engine.support import picture_data, picture_preset, point_data, point_preset
from tests.engine.test_recording import COMBINATIONS

NAMES = [row.name for row in OPTIMIZERS]


def optimizer_state(run: Run) -> dict[str, torch.Tensor]:
    state = run.optimizer.state.get(run.network.flat, {})
    return {name: value for name, value in state.items() if isinstance(value, torch.Tensor)}


def assert_same(one: Run, other: Run) -> None:
    assert torch.equal(one.network.flat, other.network.flat)
    assert torch.equal(one.network.flat_grad, other.network.flat_grad)
    mine, theirs = optimizer_state(one), optimizer_state(other)
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert (one.step, one.epoch, one.offset) == (other.step, other.epoch, other.offset)
    assert replace(one.sums, seconds=0.0) == replace(other.sums, seconds=0.0)


def run_with(preset: Preset) -> Run:
    return Run(preset, picture_data() if len(preset.network.output_shapes()[0]) == 2 else point_data(), 1)


def take(run: Run, steps: int, at_once: int) -> list[float]:
    """Losses of so many steps."""
    losses: list[float] = []
    while len(losses) < steps:
        losses += [result.loss for result in run.plain_steps(min(at_once, steps - len(losses)))]
        if run.epoch_is_over:
            run.finish_epoch()
    return losses


def take_recorded(run: Run, steps: int) -> list[float]:
    losses = []
    for _ in range(steps):
        losses.append(run.recorded_step()[1].loss)
        if run.epoch_is_over:
            run.finish_epoch()
    return losses


def variants(row: OptimizerRow) -> list[OptimizerSpec]:
    """The defaults, and everything that can be changed, changed."""
    changed = {}
    for name, setting in row.settings.items():
        assert isinstance(setting, Number)
        changed[name] = {"lr": 0.02, "weight_decay": 0.01, "lr_decay": 0.1, "eps": 1e-4}.get(name, 0.8)
    return [OptimizerSpec(row.name), OptimizerSpec(row.name, changed)]


@pytest.mark.parametrize("spec", [spec for row in OPTIMIZERS for spec in variants(row)], ids=str)
def test_two_hundred_steps_in_slices_are_those_of_autograd_and_torchs_optimizer(spec: OptimizerSpec) -> None:
    preset = picture_preset(optimizer=spec)
    fast, slow = run_with(preset), run_with(preset)
    assert take(fast, 200, 50) == take_recorded(slow, 200)
    assert_same(fast, slow)


@pytest.mark.parametrize(("hidden", "output", "loss"), COMBINATIONS)
def test_every_activation_and_loss(hidden: str, output: str, loss: str) -> None:
    preset = picture_preset(hidden=hidden, output=output, loss=loss)
    fast, slow = run_with(preset), run_with(preset)
    assert take(fast, 12, 7) == take_recorded(slow, 12)
    assert_same(fast, slow)


@pytest.mark.parametrize("name", NAMES)
def test_one_at_a_time_is_the_same_as_many_at_once(name: str) -> None:
    preset = picture_preset(optimizer=OptimizerSpec(name))
    one, many = run_with(preset), run_with(preset)
    assert take(one, 60, 1) == take(many, 60, 1000)
    assert_same(one, many)


def test_layers_without_bias_and_single_outputs() -> None:
    network = NetworkSpec((Input((4, 4)), Flatten(), Dense(6, "relu", bias=False), Dense(3, "softmax", bias=False)))
    for preset in (replace(picture_preset(), network=network), point_preset()):
        fast, slow = run_with(preset), run_with(preset)
        assert take(fast, 30, 30) == take_recorded(slow, 30)
        assert_same(fast, slow)


def test_the_gradients_are_autograds() -> None:
    run = run_with(picture_preset())
    take(run, 5, 5)
    batch, before = run.next_batch(), run.network.flat.clone()
    run.network.flat_grad.zero_()
    loss = loss_from_scores(run.training.loss, run.network.quick_scores(batch.inputs), batch.targets)
    loss.backward()
    expected = run.network.flat_grad.clone()
    run.network.flat_grad.fill_(7.0)
    assert run.plain_steps(1)[0].loss == loss.item()
    assert torch.equal(run.network.flat_grad, expected)
    assert not torch.equal(run.network.flat, before)


def test_a_slice_ends_with_the_epoch() -> None:
    run = run_with(picture_preset())
    run.plain_steps(1)
    results = run.plain_steps(10_000)
    assert len(results) == run.batches - 1
    assert run.epoch_is_over


@pytest.mark.parametrize("change", [{"dropout": 0.5}, {"l1": 1e-3}, {"l2": 1e-3}])
def test_what_only_autograd_can_do_goes_step_by_step(change: dict[str, float]) -> None:
    dropout = change.pop("dropout", None)
    preset = picture_preset(dropout=dropout)
    preset = preset.with_training(replace(preset.training, **change))
    fast, slow = run_with(preset), run_with(preset)
    assert take(fast, 20, 20) == take_recorded(slow, 20)
    assert len(fast.plain_steps(5)) == 1
    slow.recorded_step()
    assert_same(fast, slow)


def test_without_torchscript_training_goes_on_step_by_step(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fast = run_with(picture_preset())

    def gone(function: object) -> object:
        raise RuntimeError("TorchScript is gone")

    monkeypatch.setattr(torch.jit, "script", gone)
    slices.compiled.cache_clear()
    try:
        with caplog.at_level(logging.WARNING):
            slow = run_with(picture_preset())
    finally:
        slices.compiled.cache_clear()
    assert "TorchScript is not available" in caplog.text
    assert take(slow, 60, 50) == take(fast, 60, 50)
    assert_same(fast, slow)


def test_after_another_batch_size_in_the_middle_a_slice_still_ends_with_the_epoch() -> None:
    run = run_with(picture_preset())
    run.plain_steps(1)
    count, _ = run.samples
    run.change_training(replace(run.training, batch_size=run.training.batch_size * 2 - 1))
    left = -(-(count - run.offset) // run.training.batch_size)
    assert run.batches_left == left
    assert len(run.plain_steps(10_000)) == left
    assert run.epoch_is_over
