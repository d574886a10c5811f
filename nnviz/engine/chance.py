"""What chance draws at a step follows from the seed and the step alone, so that it can be drawn again.

Torch has one generator for the whole process. Whoever seeds it keeps it to himself until he has drawn: a race draws on
another thread than the training.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from nnviz.core.spec import TrainingSpec

_turn = threading.RLock()


@contextmanager
def draw_as_at(training: TrainingSpec, step: int) -> Iterator[None]:
    """Let the generators of chance stand, at first, where optimizer step `step` begins."""
    with _turn:
        torch.manual_seed((training.seed << 32) + step)
        yield


@contextmanager
def draw_from(seed: int) -> Iterator[None]:
    """Draw from `seed`; afterwards the generator stands where it stood."""
    with _turn, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
