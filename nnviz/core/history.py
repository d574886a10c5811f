"""The curves of a run: loss and accuracy per batch and per epoch, in bounded memory."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class EpochResult:
    """What one epoch gave. The training figures are running means over its batches; accuracies are shares (0 to 1).

    `accuracy` is None where the task has no classes; the validation figures are None without validation data.
    """

    epoch: int
    step: int
    train_loss: float
    train_accuracy: float | None
    val_loss: float | None
    val_accuracy: float | None
    seconds: float


@dataclass(frozen=True)
class BatchPoints:
    """Losses of consecutive steps: ``losses[i]`` is that of step ``first_step + i``; `accuracies` likewise."""

    first_step: int
    losses: NDArray[np.float32]
    accuracies: NDArray[np.float32] | None


@dataclass(frozen=True)
class Mark:
    """A live change, as a labelled line in the plots. `step` counts optimizer steps."""

    step: int
    label: str


class Curve:
    """An append-only row of points that never holds more than `capacity`.

    When it is full, neighbours are averaged in pairs: the curve keeps its whole length at half the resolution.
    `capacity` is even. The curve begins at the step of its first value, which is not 0 in a project that was opened.
    """

    def __init__(self, capacity: int = 16_384) -> None:
        self._values = np.zeros(capacity, np.float64)
        self._count = 0
        self._stride = 1
        self._first_step = 0
        self._pending: list[float] = []

    def append(self, values: NDArray[np.float32], first_step: int = 0) -> None:
        """Append one value per step; `first_step` says where an empty curve begins."""
        if not self._count and not self._pending:
            self._first_step = first_step
        waiting = np.concatenate([np.asarray(self._pending, np.float64), np.asarray(values, np.float64)])
        while True:
            whole = len(waiting) // self._stride
            room = len(self._values) - self._count
            taken = min(whole, room)
            block = waiting[: taken * self._stride].reshape(taken, self._stride)
            self._values[self._count : self._count + taken] = block.mean(axis=1)
            self._count += taken
            waiting = waiting[taken * self._stride :]
            if taken == whole:
                break
            self._halve()
        self._pending = waiting.tolist()

    def _halve(self) -> None:
        half = len(self._values) // 2
        self._values[:half] = self._values[: 2 * half].reshape(half, 2).mean(axis=1)
        self._count = half
        self._stride *= 2

    def truncate(self, step: int) -> None:
        """Forget everything from `step` on."""
        length = max(0, step - self._first_step)
        keep = min(self._count, length // self._stride)
        rest = length - keep * self._stride
        if keep == self._count:
            self._pending = self._pending[:rest]
        else:  # a block is cut in two: its mean stands for the steps that are kept
            self._pending = [float(self._values[keep])] * rest
        self._count = keep

    def points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Steps (the middle of what was averaged, counted from 1 for the first step) and values."""
        steps = np.arange(self._count, dtype=np.float64) * self._stride + (self._stride + 1) / 2
        return steps + self._first_step, self._values[: self._count]

    def copy(self) -> Curve:
        """Another curve with the same points; much faster than `copy.deepcopy`."""
        other = copy(self)
        other._values, other._pending = self._values.copy(), self._pending[:]
        return other

    def __len__(self) -> int:
        """Count the points held."""
        return self._count


@dataclass
class History:
    """All curves of a run. Appended to, never rewritten, except that stepping back forgets what lies ahead."""

    batch_losses: Curve = field(default_factory=Curve)
    batch_accuracies: Curve = field(default_factory=Curve)
    epochs: list[EpochResult] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    batches_per_epoch: int = 1

    def append(self, points: BatchPoints) -> None:
        """Append the losses (and accuracies) of consecutive steps."""
        self.batch_losses.append(points.losses, points.first_step)
        if points.accuracies is not None:
            self.batch_accuracies.append(points.accuracies, points.first_step)

    def copy(self) -> History:
        """Return the same curves, for something else to be appended to."""
        return replace(
            self,
            batch_losses=self.batch_losses.copy(),
            batch_accuracies=self.batch_accuracies.copy(),
            epochs=self.epochs[:],
            marks=self.marks[:],
        )

    def truncate(self, step: int) -> None:
        """Forget everything from `step` on."""
        self.batch_losses.truncate(step)
        self.batch_accuracies.truncate(step)
        self.epochs = [result for result in self.epochs if result.step <= step]
        self.marks = [mark for mark in self.marks if mark.step <= step]
