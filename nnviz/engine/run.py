"""One training from its initial weights: batches, steps, recorded steps, evaluation, and the way back."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from nnviz.core.data import Dataset, FloatArray, IntArray
from nnviz.core.history import EpochResult
from nnviz.core.pokes import NO_POKES, Change, Pokes
from nnviz.core.settings import SettingError
from nnviz.core.spec import NetworkSpec, Preset, TrainingSpec
from nnviz.core.trace import LayerRecord, Trace
from nnviz.engine.batches import Batch, Batches
from nnviz.engine.chance import draw_as_at
from nnviz.engine.checkpoint import Checkpoint, EpochSums, copied_state
from nnviz.engine.losses import loss_from_scores, with_penalties
from nnviz.engine.measuring import measure
from nnviz.engine.network import Network
from nnviz.engine.optimizers import build_optimizer, change_settings
from nnviz.engine.pokes import Hold, apply_changes, hold_for, units_off
from nnviz.engine.recorder import Recording, differentiate, layer_records, to_array
from nnviz.engine.slices import slices_for
from nnviz.engine.targets import target_rule


class StepResult(NamedTuple):
    """Loss and share of right answers (None without classes) of one batch, before its step."""

    loss: float
    accuracy: float | None


class Judged(NamedTuple):
    """What the loss says of a batch: its mean over it, penalties on top, and the loss of each sample."""

    loss: float
    penalty: float
    of_samples: FloatArray


class Run:
    """A network, its optimizer and its place in the data.

    The order of the samples in an epoch follows from seed and epoch alone, and what dropout draws at a step from seed
    and step: a place in the data is two numbers, and no state of a random generator has to be kept.

    Raises
    ------
    SpecError, SettingError
        If network, loss, data and settings do not go together.
    """

    def __init__(
        self, preset: Preset, dataset: Dataset, revision: int, device: str = "cpu", data: Batches | None = None
    ) -> None:
        self.preset, self.dataset, self.revision, self.training = preset, dataset, revision, preset.training
        self.network_spec: NetworkSpec = preset.network
        self.device = torch.device(device)
        self._rule = target_rule(preset.network, self.training.loss, dataset)
        self.data = data or Batches(dataset, preset.data, self.training.seed, self._rule, self.device)
        self._check_batch_size(self.training)
        self.network = Network(preset.network, self.training.loss, self.training.seed, self.device)
        self.network.take_given(preset.weights)
        self._slices = slices_for(self.network, self.training.loss)
        self.optimizer = build_optimizer(self.training.optimizer, [self.network.flat])
        self.pokes: Pokes = NO_POKES
        self._hold: Hold | None = None
        self.step = self.epoch = self.offset = 0
        self.sums = EpochSums()
        self.loss = float("nan")
        self.extra_batches: dict[int, Batch] = {}
        self._draws_by_chance = any(layer.draws_by_chance for layer in preset.network.layers)

    def sibling(self, training: TrainingSpec) -> Run:
        """Another run of the same network on the same samples (which are shared), from the initial weights.

        `training` has the loss and the seed of this run. The two may live on different threads.
        """
        preset = self.preset.with_training(training)
        return Run(preset, self.dataset, self.revision, str(self.device), copy(self.data))

    # --- data ---------------------------------------------------------------------------------------------------------

    def _check_batch_size(self, training: TrainingSpec) -> None:
        count, _ = self.samples
        if training.batch_size > count:
            raise SettingError(
                "batch_size",
                f"Batch size must be at most {count}, the number of training samples, not {training.batch_size}.",
            )

    @property
    def samples(self) -> tuple[int, int]:
        """Number of training and of validation samples."""
        return self.data.samples

    @property
    def batches(self) -> int:
        """Batches in an epoch."""
        return -(-self.samples[0] // self.training.batch_size)

    @property
    def batch_number(self) -> int:
        """Position of the next batch in its epoch, from 0."""
        return self.offset // self.training.batch_size

    @property
    def batches_left(self) -> int:
        """Batches that are still to come in this epoch; after a change of their size, not just `batches` less some."""
        return -(-(self.samples[0] - self.offset) // self.training.batch_size)

    def _next_rows(self, batches: int = 1) -> Tensor:
        return self.data.order(self.epoch)[self.offset : self.offset + batches * self.training.batch_size]

    def next_batch(self) -> Batch:
        """The batch that the next step learns from."""
        return self.extra_batches.get(self.step) or self.data.batch(self._next_rows())

    # --- steps --------------------------------------------------------------------------------------------------------

    def plain_steps(self, most: int) -> list[StepResult]:
        """Take up to `most` optimizer steps without recording anything; not beyond the end of an epoch.

        A network of dense layers takes them in one call, everything else one by one: the same numbers.
        """
        results = self._slice(min(most, self.batches_left))
        return results or [self._plain_step()]

    def _plain_step(self) -> StepResult:
        """Take one step as a textbook does: forward, loss, backward by autograd, optimizer."""
        started = time.perf_counter()
        batch = self.next_batch()
        self.network.flat_grad.zero_()
        with self._chance():
            scores = self.network.quick_scores(batch.inputs)
        loss = loss_from_scores(self.training.loss, scores, batch.targets)
        with_penalties(loss, self.network.weight_tensors, self.training).backward()
        self._step_optimizer()
        return self._advance(loss.item(), scores.detach(), batch.targets, started)

    def _step_optimizer(self) -> None:
        if self._hold is None:
            self.optimizer.step()
        else:
            self._hold.step(self.optimizer, self.network)

    def _slice(self, count: int) -> list[StepResult]:
        """Take `count` steps in one call; none where that is not possible."""
        started = time.perf_counter()
        special = any(self.step <= step < self.step + count for step in self.extra_batches)
        if self._slices is None or self.training.l1 or self.training.l2 or special:
            return []
        size, data = self.training.batch_size, self.data
        order = self._next_rows(count)
        frozen = None if self._hold is None else self._hold.frozen
        outcome = self._slices.run(self.optimizer, self._rule, data.inputs, data.targets, order, size, frozen)
        if outcome is None:
            return []
        losses, right = outcome
        sizes = [size] * (len(losses) - 1) + [len(order) - size * (len(losses) - 1)]
        self.offset += len(order)
        self.step += len(losses)
        self.loss = losses[-1]
        self.sums = self.sums.plus(losses, right, sizes, time.perf_counter() - started)
        if not self._rule.has_accuracy:
            return [StepResult(loss, None) for loss in losses]
        return [StepResult(loss, count / of) for loss, count, of in zip(losses, right, sizes, strict=True)]

    def recorded_step(self) -> tuple[Trace, StepResult]:
        """Take one optimizer step, and record all of it: the same arithmetic as a plain step, to the bit."""
        started = time.perf_counter()
        batch = self.next_batch()
        before = self.network.flat.clone()
        record = Recording()
        with self._chance():
            scores = self.network.scores(batch.inputs.detach().requires_grad_(), record.values)
        loss = loss_from_scores(self.training.loss, scores, batch.targets)
        objective = with_penalties(loss, self.network.weight_tensors, self.training)
        differentiate(self.network, record, objective, scores.detach(), batch.targets)
        gradient = self.network.flat_grad.clone()
        self._step_optimizer()
        trace = self._trace(
            batch.inputs,
            batch.labels,
            batch.indices,
            layer_records(self.network, record, before, gradient, self.network.flat.clone()),
            Judged(
                loss=loss.item(),
                penalty=0.0 if objective is loss else objective.item() - loss.item(),
                of_samples=to_array(loss_from_scores(self.training.loss, scores.detach(), batch.targets, "none")),
            ),
        )
        return trace, self._advance(loss.item(), scores.detach(), batch.targets, started)

    def _chance(self) -> AbstractContextManager[None]:
        """Let chance depend on seed and step alone."""
        if not self._draws_by_chance:  # no other layer behaves differently while training
            return nullcontext()
        self.network.train()
        return draw_as_at(self.training, self.step)

    def forward_trace(self, inputs: np.ndarray, index: int = -1, label: int | None = None) -> Trace:
        """Pass one sample forward (dropout off), and record it, with its class if known. No loss, gradients, step."""
        sample = self.data.sample(inputs)
        labels = None if label is None else np.array([label], dtype=np.int64)
        self.network.eval()
        record = Recording()
        with torch.no_grad():
            self.network.output_from_scores(self.network.scores(sample, record.values), record.values)
        records = layer_records(self.network, record, self.network.flat.clone(), None, None)
        return self._trace(sample, labels, np.array([index]), records)

    def _trace(
        self,
        inputs: Tensor,
        labels: IntArray | FloatArray | None,
        indices: IntArray,
        layers: tuple[LayerRecord, ...],
        judged: Judged | None = None,
    ) -> Trace:
        """Write down the present step; without a judgement, it is a forward pass alone."""
        return Trace(
            revision=self.revision,
            step=self.step,
            epoch=self.epoch,
            batch=self.batch_number,
            batches=self.batches,
            network=self.network_spec,
            inputs=to_array(inputs),
            targets=labels,
            target_values=None if labels is None else self._rule.values(labels),
            sample_indices=indices,
            layers=layers,
            loss=None if judged is None else judged.loss,
            penalty=0.0 if judged is None else judged.penalty,
            sample_losses=None if judged is None else judged.of_samples,
            fused_loss=self.network.fused,
            loss_name=self.training.loss,
            optimizer=self.training.optimizer,
            is_drawing=judged is None or self.step in self.extra_batches,
            pokes=self.pokes,
        )

    def _advance(self, loss: float, scores: Tensor, targets: Tensor, started: float) -> StepResult:
        """Judge and count a step that was taken since `started`."""
        right, count = self._rule.count_right(scores, targets), len(targets)
        if self.step not in self.extra_batches:
            self.offset += count
            self.sums = self.sums.plus([loss], [right], [count], time.perf_counter() - started)
        self.step += 1
        self.loss = loss
        return StepResult(loss, right / count if self._rule.has_accuracy else None)

    @property
    def last_batch_of_epoch(self) -> bool:
        """Whether the next step is the last of its epoch."""
        left = self.samples[0] - self.offset
        return self.step not in self.extra_batches and left <= self.training.batch_size

    @property
    def epoch_is_over(self) -> bool:
        """Whether all training samples have been used in this epoch."""
        return self.offset >= self.samples[0]

    def finish_epoch(self) -> EpochResult:
        """Measure on the validation data, and begin the next epoch."""
        started = time.perf_counter()
        val_loss, val_accuracy = self.evaluate()
        train_loss, train_accuracy = self.epoch_so_far()
        assert train_loss is not None  # an epoch has batches
        seconds = self.sums.seconds
        self.begin_epoch()
        return EpochResult(
            epoch=self.epoch,
            step=self.step,
            train_loss=train_loss,
            train_accuracy=train_accuracy,
            val_loss=val_loss,
            val_accuracy=val_accuracy,
            seconds=seconds + time.perf_counter() - started,
        )

    def begin_epoch(self) -> None:
        """Begin the next epoch."""
        self.epoch += 1
        self.offset = 0
        self.sums = EpochSums()

    def evaluate(self, most: int | None = None) -> tuple[float | None, float | None]:
        """Mean loss and accuracy on (the first `most`) validation data, dropout off; None without them or classes."""
        _, available = self.samples
        count = available if most is None else min(most, available)
        if count == 0:
            return None, None
        loss, right = self.measure(self.data.validation_inputs[:count], self.data.validation_targets[:count])
        return loss / count, right / count if self._rule.has_accuracy else None

    def measure(self, inputs: Tensor, targets: Tensor) -> tuple[float, int]:
        """Sum of the losses, and number of right answers, on these samples; dropout off."""
        if self._draws_by_chance:
            self.network.eval()
        return measure(self.network, self.training.loss, self._rule, inputs, targets)

    # --- changes and the way back -------------------------------------------------------------------------------------

    def change_training(self, training: TrainingSpec) -> None:
        """Go on with other settings, from the same weights. Another optimizer starts with nothing remembered.

        Raises
        ------
        SpecError, SettingError
            And nothing has changed.
        """
        self._check_batch_size(training)
        rule = target_rule(self.network_spec, training.loss, self.dataset)
        optimizer = build_optimizer(training.optimizer, [self.network.flat])
        if training.optimizer.name == self.training.optimizer.name:
            change_settings(self.optimizer, training.optimizer)
        else:
            self.optimizer = optimizer
        if training.loss != self.training.loss:
            self._rule = rule
            self.data.encode_with(rule)
            self.network.set_loss(training.loss)
            self._slices = slices_for(self.network, training.loss)
        self.training = training

    def poke(self, changes: Iterable[Change]) -> None:
        """Change the network by hand; raises `SpecError` for what is not there, and nothing has changed."""
        self._be_poked(apply_changes(self.network, self.pokes, changes))

    def _be_poked(self, pokes: Pokes) -> None:
        if pokes.off != self.pokes.off:
            self.network.switch_off(units_off(pokes))
            self._slices = slices_for(self.network, self.training.loss)
        self.pokes, self._hold = pokes, hold_for(self.network, pokes)

    def checkpoint(self, pinned: bool = False) -> Checkpoint:
        """Copy everything that is needed to continue from here."""
        return Checkpoint(
            step=self.step,
            epoch=self.epoch,
            offset=self.offset,
            training=self.training,
            weights=self.network.flat.clone(),
            optimizer_state=copied_state(self.optimizer.state.get(self.network.flat, {}), self.device),
            sums=self.sums,
            loss=self.loss,
            pokes=self.pokes,
            pinned=pinned,
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Continue from `checkpoint`, bit by bit as from the first time."""
        if checkpoint.training != self.training:
            self.change_training(checkpoint.training)
        if checkpoint.pokes != self.pokes:
            self._be_poked(checkpoint.pokes)
        self.network.flat.copy_(checkpoint.weights)
        self.optimizer.state.clear()
        if checkpoint.optimizer_state:
            self.optimizer.state[self.network.flat] = copied_state(checkpoint.optimizer_state, self.device)
        self.step, self.epoch, self.offset = checkpoint.step, checkpoint.epoch, checkpoint.offset
        self.sums, self.loss = checkpoint.sums, checkpoint.loss

    def continue_from(self, other: Run) -> None:
        """Go on at the place in the data, and with the count of steps, of `other`."""
        self.step, self.epoch, self.offset = other.step, other.epoch, other.offset
        self.sums, self.loss = other.sums, other.loss

    def begin_epoch_as(self, other: Run) -> None:
        """Take over the state of `other`, which learns from other samples: at the beginning of its present epoch."""
        self.restore(replace(other.checkpoint(), offset=0, sums=EpochSums()))

    def epoch_so_far(self) -> tuple[float | None, float | None]:
        """Running means of loss and accuracy over the epoch; None before its first batch, and without classes."""
        sums = self.sums
        if not sums.samples:
            return None, None
        return sums.loss / sums.samples, sums.correct / sums.samples if self._rule.has_accuracy else None
