"""The data of a run, prepared for a network and cut into mini-batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nnviz.core.data import Dataset, FloatArray, IntArray, split_indices
from nnviz.core.spec import DataSpec
from nnviz.engine.targets import TargetRule


@dataclass(frozen=True)
class Batch:
    """A mini-batch: inputs (batch, *input_shape), encoded targets, and which samples these are (−1: a drawing)."""

    inputs: Tensor
    targets: Tensor
    labels: IntArray | FloatArray
    indices: IntArray


class Batches:
    """Training and validation samples on a device. The order in an epoch follows from seed and epoch alone.

    Attributes
    ----------
    inputs, targets : Tensor, shape (samples, …)
        All that is trained on; the targets as the loss wants them.
    validation_inputs, validation_targets : Tensor
    """

    def __init__(self, dataset: Dataset, data: DataSpec, seed: int, rule: TargetRule, device: torch.device) -> None:
        self.dataset = dataset
        self._shuffle, self._seed, self._device = data.shuffle, seed, device
        self._training, self._validation = split_indices(len(dataset), data.validation_split, seed, dataset.added)
        if not data.shuffle:
            self._training.sort()  # the split is by chance; without shuffling the samples keep their own order
        self.inputs, self.validation_inputs = self._prepare(self._training), self._prepare(self._validation)
        self._order_of: tuple[int, Tensor] | None = None
        self.encode_with(rule)

    def _prepare(self, indices: np.ndarray) -> Tensor:
        raw = self.dataset.raw[indices].astype(np.float32)
        raw /= np.float32(self.dataset.divisor)
        return torch.from_numpy(raw).to(self._device)

    def encode_with(self, rule: TargetRule) -> None:
        """Write the targets as another loss wants them."""
        self._rule = rule
        encoded = rule.encode(self.dataset.targets)
        self.targets = torch.from_numpy(np.ascontiguousarray(encoded[self._training])).to(self._device)
        self.validation_targets = torch.from_numpy(np.ascontiguousarray(encoded[self._validation])).to(self._device)

    @property
    def trained_on(self) -> IntArray:
        """Which samples of the data set are for training."""
        return self._training

    @property
    def held_out(self) -> IntArray:
        """Which samples of the data set are for validation."""
        return self._validation

    @property
    def samples(self) -> tuple[int, int]:
        """Number of training and of validation samples."""
        return len(self._training), len(self._validation)

    def order(self, epoch: int) -> Tensor:
        """Rows of the training samples in the order of an epoch."""
        if self._order_of is None or self._order_of[0] != epoch:
            count = len(self._training)
            if self._shuffle:
                order = np.random.default_rng([self._seed, 2, epoch]).permutation(count)
            else:
                order = np.arange(count)
            self._order_of = (epoch, torch.from_numpy(order).to(self._device))
        return self._order_of[1]

    def batch(self, rows: Tensor) -> Batch:
        """The batch of these rows."""
        indices = self._training[rows.cpu().numpy()]
        return Batch(self.inputs[rows], self.targets[rows], self.dataset.targets[indices], indices)

    def drawing(self, inputs: FloatArray, label: int, index: int = -1) -> Batch:
        """A batch of one: a drawing (or the sample `index` of the data set) with its label."""
        labels = np.array([label], dtype=np.int64)
        encoded = torch.from_numpy(self._rule.encode(labels)).to(self._device)
        return Batch(self.sample(inputs), encoded, labels, np.array([index]))

    def sample(self, inputs: FloatArray) -> Tensor:
        """One sample as a batch of one."""
        return torch.from_numpy(inputs[None].astype(np.float32)).to(self._device)
