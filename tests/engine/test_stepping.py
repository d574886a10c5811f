"""Steps forwards and backwards are bit-exact; updates are those of the published formulas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from nnviz.core.settings import SettingError
from nnviz.core.spec import OptimizerSpec, SpecError, TrainingSpec
from nnviz.engine.optimizers import OPTIMIZERS
from nnviz.engine.run import Run
from nnviz.engine.stepper import Stepper
from tests.engine.support import picture_data, picture_preset, stepper

NAMES = [row.name for row in OPTIMIZERS]


def weights(steps: Stepper) -> torch.Tensor:
    return steps.run.network.flat.clone()


def walk(steps: Stepper, count: int) -> None:
    target = steps.run.step + count
    while steps.run.step < target:
        assert steps.plain_steps(target - steps.run.step) is None


@pytest.mark.parametrize("dropout", [None, 0.5])
@pytest.mark.parametrize("name", NAMES)
def test_recorded_and_plain_steps_are_the_same_to_the_bit(name: str, dropout: float | None) -> None:
    preset = picture_preset(optimizer=OptimizerSpec(name), dropout=dropout)
    plain, recorded = stepper(preset), stepper(preset)
    walk(plain, 200)
    for _ in range(200):
        recorded.propose()
        assert recorded.commit()
    assert torch.equal(weights(plain), weights(recorded))
    assert plain.epochs[-1].train_loss == recorded.epochs[-1].train_loss


@pytest.mark.parametrize("dropout", [None, 0.5])
@pytest.mark.parametrize("name", NAMES)
def test_going_back_and_forward_again_is_bit_exact(name: str, dropout: float | None) -> None:
    steps = stepper(picture_preset(optimizer=OptimizerSpec(name), dropout=dropout))
    seen = [weights(steps)]
    for _ in range(130):
        steps.plain_steps(1)
        seen.append(weights(steps))
    for target in (129, 101, 100, 37, 0):
        steps.go_back_to(target)
        assert steps.run.step == target
        assert torch.equal(weights(steps), seen[target])
    for step in range(1, 131):
        steps.plain_steps(1)
        assert torch.equal(weights(steps), seen[step])


@pytest.mark.parametrize("name", NAMES)
def test_proposing_changes_nothing_and_committing_can_be_taken_back(name: str) -> None:
    steps = stepper(picture_preset(optimizer=OptimizerSpec(name), dropout=0.3))
    walk(steps, 11)
    before = weights(steps)
    trace = steps.propose().trace
    assert torch.equal(weights(steps), before)
    assert steps.commit()
    assert not steps.commit()
    after = weights(steps)
    recorded_after = np.concatenate(
        [p.after.ravel() for layer in trace.layers for p in layer.parameters.values() if p.after is not None]
    )
    np.testing.assert_array_equal(after.numpy(), recorded_after)
    assert steps.revert()
    assert not steps.revert()
    assert torch.equal(weights(steps), before)
    assert steps.commit()
    assert torch.equal(weights(steps), after)


def adam(g: list[np.ndarray], w: np.ndarray, decoupled: float = 0.0) -> np.ndarray:
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, gradient in enumerate(g, 1):
        w = w - 1e-3 * decoupled * w
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        w = w - 1e-3 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w


def with_momentum(g: list[np.ndarray], w: np.ndarray, nesterov: bool) -> np.ndarray:
    v = np.zeros_like(w)
    for gradient in g:
        v = 0.9 * v + gradient
        w = w - 1e-3 * (gradient + 0.9 * v if nesterov else v)
    return w


def scaled(g: list[np.ndarray], w: np.ndarray, alpha: float | None, eps: float) -> np.ndarray:
    s = np.zeros_like(w)
    for gradient in g:
        s = s + gradient**2 if alpha is None else alpha * s + (1 - alpha) * gradient**2
        w = w - 1e-2 * gradient / (np.sqrt(s) + eps)
    return w


# the published formulas, with PyTorch's defaults, in float64
FORMULAS: dict[str, Callable[[list[np.ndarray], np.ndarray], np.ndarray]] = {
    "sgd": lambda g, w: w - 1e-3 * sum(g),
    "momentum": lambda g, w: with_momentum(g, w, nesterov=False),
    "nesterov": lambda g, w: with_momentum(g, w, nesterov=True),
    "adagrad": lambda g, w: scaled(g, w, None, 1e-10),
    "rmsprop": lambda g, w: scaled(g, w, 0.99, 1e-8),
    "adam": adam,
    "adamw": lambda g, w: adam(g, w, decoupled=1e-2),
}


@pytest.mark.parametrize("name", NAMES)
def test_updates_follow_the_published_formula(name: str) -> None:
    steps = stepper(picture_preset(optimizer=OptimizerSpec(name)))
    start = steps.run.network.flat.numpy().astype(np.float64)
    gradients = []
    for _ in range(5):
        trace = steps.propose().trace
        gradients.append(
            np.concatenate(
                [
                    np.asarray(p.gradient, np.float64).ravel()
                    for layer in trace.layers
                    for p in layer.parameters.values()
                ]
            )
        )
        steps.commit()
    np.testing.assert_allclose(weights(steps).numpy(), FORMULAS[name](gradients, start), rtol=1e-4, atol=2e-7)


@pytest.mark.parametrize("row", OPTIMIZERS, ids=NAMES)
def test_defaults_are_those_of_torch(row) -> None:
    ours = stepper(picture_preset(optimizer=OptimizerSpec(row.name))).run.optimizer.param_groups[0]
    momentum = {"momentum": 0.9} if row.name in ("momentum", "nesterov") else {}
    fresh = getattr(torch.optim, row.torch_name)([torch.zeros(1)], **momentum, **row.fixed)
    theirs = fresh.param_groups[0]
    skipped = {"params", "fused", "foreach"}
    assert {k: v for k, v in ours.items() if k not in skipped} == {k: v for k, v in theirs.items() if k not in skipped}


@pytest.mark.parametrize("name", NAMES)
def test_settings_outside_of_their_range_are_refused(name: str) -> None:
    steps = stepper(picture_preset())
    walk(steps, 3)
    before = weights(steps)
    for lr in (0, -1, 1e20, float("nan")):
        with pytest.raises(SettingError, match="Learning rate"):
            steps.change_training(TrainingSpec(optimizer=OptimizerSpec(name, {"lr": lr}), batch_size=7), "lr")
    with pytest.raises(SettingError, match="no setting 'speed'"):
        steps.change_training(TrainingSpec(optimizer=OptimizerSpec(name, {"speed": 1}), batch_size=7), "speed")
    with pytest.raises(SettingError, match="at most 48"):
        steps.change_training(replace(steps.run.training, batch_size=1000), "batch")
    with pytest.raises(SpecError, match="no optimizer 'sofia'"):
        steps.change_training(TrainingSpec(optimizer=OptimizerSpec("sofia"), batch_size=7), "sofia")
    assert torch.equal(weights(steps), before)
    walk(steps, 1)


def test_switching_keeps_the_weights_and_forgets_the_optimizers_state() -> None:
    steps = stepper(picture_preset(optimizer=OptimizerSpec("adam")))
    walk(steps, 20)
    before = weights(steps)
    steps.change_training(replace(steps.run.training, optimizer=OptimizerSpec("momentum")), "SGD + momentum")
    assert torch.equal(weights(steps), before)
    assert not steps.run.checkpoint().optimizer_state
    walk(steps, 1)
    first = steps.run.network.flat_grad
    np.testing.assert_allclose(weights(steps), before - 1e-3 * first, rtol=1e-6, atol=1e-7)


def test_another_learning_rate_keeps_the_optimizers_state() -> None:
    steps = stepper(picture_preset(optimizer=OptimizerSpec("adam")))
    walk(steps, 20)
    remembered = steps.run.checkpoint().optimizer_state["exp_avg"].clone()
    steps.change_training(replace(steps.run.training, optimizer=OptimizerSpec("adam", {"lr": 0.5})), "lr 0.5")
    assert torch.equal(steps.run.checkpoint().optimizer_state["exp_avg"], remembered)


def test_the_way_back_over_live_changes_is_bit_exact() -> None:
    steps = stepper(picture_preset(dropout=0.2))
    seen = [weights(steps)]
    changes = {
        20: TrainingSpec(optimizer=OptimizerSpec("adam"), batch_size=7),
        41: TrainingSpec(optimizer=OptimizerSpec("adam", {"lr": 0.01}), batch_size=5),
        60: TrainingSpec(optimizer=OptimizerSpec("rmsprop"), batch_size=5, l2=0.01),
    }
    for step in range(100):
        if step in changes:
            steps.change_training(changes[step], "change")
        steps.plain_steps(1)
        seen.append(weights(steps))
    for target in (99, 61, 60, 59, 41, 40, 20, 19, 3):
        steps.go_back_to(target)
        assert torch.equal(weights(steps), seen[target])
    assert steps.run.training.optimizer.name == "sgd"


def test_a_drawing_is_learned_as_a_batch_of_one_and_replayed() -> None:
    steps = stepper(picture_preset())
    walk(steps, 5)
    offset = steps.run.offset
    drawing = np.linspace(0, 1, 16, dtype=np.float32).reshape(4, 4)
    trace = steps.propose(steps.run.data.drawing(drawing, 2)).trace
    assert trace.is_drawing
    assert trace.batch_size == 1
    assert trace.targets is not None
    assert trace.targets.tolist() == [2]
    steps.commit()
    assert steps.run.offset == offset
    walk(steps, 4)
    after = weights(steps)
    steps.go_back_to(7)
    walk(steps, 3)
    assert torch.equal(weights(steps), after)


def test_a_drawing_that_is_not_learned_leaves_no_trace() -> None:
    untouched, steps = stepper(picture_preset()), stepper(picture_preset())
    steps.propose(steps.run.data.drawing(np.zeros((4, 4), np.float32), 1))
    steps.propose()
    steps.commit()
    walk(untouched, 1)
    assert torch.equal(weights(untouched), weights(steps))


def test_one_seed_gives_one_run_and_another_seed_another() -> None:
    first, second = stepper(picture_preset(dropout=0.5)), stepper(picture_preset(dropout=0.5))
    walk(first, 30)
    walk(second, 30)
    assert torch.equal(weights(first), weights(second))
    preset = picture_preset(dropout=0.5)
    other = stepper(preset.with_training(replace(preset.training, seed=2)))
    walk(other, 30)
    assert not torch.equal(weights(first), weights(other))


def test_an_epoch_uses_every_training_sample_once_and_counts_running_means() -> None:
    steps = stepper(picture_preset(batch_size=7))
    seen, losses, sizes = [], [], []
    while not steps.epochs:
        proposal = steps.propose()
        seen += proposal.trace.sample_indices.tolist()
        losses.append(proposal.result.loss)
        sizes.append(proposal.trace.batch_size)
        steps.commit()
    assert len(seen) == len(set(seen)) == 48
    assert sizes == [7] * 6 + [6]
    assert steps.epochs[0].train_loss == pytest.approx(np.average(losses, weights=sizes))
    assert steps.epochs[0].epoch == 1
    assert steps.run.step == steps.epochs[0].step == 7


def test_validation_is_measured_on_the_samples_that_were_held_out() -> None:
    run = Run(picture_preset(), picture_data(), 1)
    val_loss, val_accuracy = run.evaluate()
    training = set()
    while not run.epoch_is_over:
        training |= set(run.next_batch().indices.tolist())
        run.plain_steps(1)
    held_out = [i for i in range(60) if i not in training]
    assert len(held_out) == 12
    fresh = Run(picture_preset(), picture_data(), 1)
    data = picture_data()
    outputs = np.stack([fresh.forward_trace(data.raw[i] / np.float32(16)).outputs[0] for i in held_out])
    right = data.targets[held_out]
    assert val_accuracy == pytest.approx((outputs.argmax(1) == right).mean())
    assert val_loss == pytest.approx(-np.log(outputs[np.arange(12), right]).mean(), rel=1e-5)


SETTINGS = [
    pytest.param(row.name, name, value, id=f"{row.name}-{name}-{value:g}")
    for row in OPTIMIZERS
    for name, setting in row.settings.items()
    for value in (setting.minimum, setting.maximum)
]


@pytest.mark.parametrize(("optimizer", "name", "value"), SETTINGS)
def test_every_setting_can_be_changed_live_to_both_ends_of_its_range(optimizer: str, name: str, value: float) -> None:
    steps = stepper(picture_preset(optimizer=OptimizerSpec(optimizer)))
    walk(steps, 3)
    changed = replace(steps.run.training, optimizer=OptimizerSpec(optimizer, {name: value}))
    steps.change_training(changed, "change")
    walk(steps, 3)
    steps.go_back_to(4)
    walk(steps, 1)
    assert steps.run.step == 5


def test_a_change_in_the_update_belongs_to_the_next_step() -> None:
    steps = stepper(picture_preset())
    walk(steps, 4)
    old = steps.run.training
    steps.propose()
    steps.commit()
    after = weights(steps)
    steps.change_training(replace(old, optimizer=OptimizerSpec("sgd", {"lr": 0.5})), "lr 0.5")
    assert steps.revert()
    assert steps.run.training == old
    assert steps.commit()
    assert torch.equal(weights(steps), after)
    assert steps.run.training == old


def test_the_way_back_over_changes_is_bit_exact_after_thinning() -> None:
    steps = stepper(picture_preset(optimizer=OptimizerSpec("adam")))
    seen = [weights(steps)]
    for step in range(400):
        if step == 46:
            steps.change_training(replace(steps.run.training, optimizer=OptimizerSpec("sgd", {"lr": 0.1})), "SGD")
            steps.propose()
            steps.commit()
        else:
            steps.plain_steps(1)
        seen.append(weights(steps))
    steps.timeline.set_limit(4 * steps.run.checkpoint().size)
    assert steps.timeline.size <= 4 * steps.run.checkpoint().size
    oldest = steps.timeline.oldest_step
    assert oldest is not None
    for target in (390, 120, 60, 46, 45, 3):
        if target >= oldest:
            steps.go_back_to(target)
            assert torch.equal(weights(steps), seen[target])


def test_a_step_that_has_been_proposed_anew_cannot_be_taken_by_its_old_number() -> None:
    steps = stepper(picture_preset())
    old = steps.propose().serial
    new = steps.propose().serial
    assert not steps.commit(old)
    assert steps.commit(new)
    assert not steps.revert(old)
    assert steps.revert(new)
