"""Talking to the real trainer: commands in, facts out."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.trace import Trace
from nnviz.engine.trainer import Trainer


def do(trainer: Trainer, command: c.Command) -> list[f.Fact]:
    return list(trainer.execute(command))


def only(facts: Iterable[f.Fact], kind: type):
    found = [fact for fact in facts if isinstance(fact, kind)]
    assert len(found) == 1, f"{len(found)} {kind.__name__} in {facts}"
    return found[0]


def run(trainer: Trainer, to_end_of_epoch: bool = True, slices: int = 10_000) -> list[f.Fact]:
    facts = do(trainer, c.Run(to_end_of_epoch))
    for _ in range(slices):
        if not trainer.running:
            break
        facts += trainer.advance(0.005)
    return facts


def proposed(trainer: Trainer) -> Trace:
    return only(do(trainer, c.Propose()), f.Recorded).trace


def train_to(trainer: Trainer, step: int) -> Trace:
    return only(do(trainer, c.GoTo(step)), f.Recorded).trace


def numbers(trace: Trace) -> np.ndarray:
    """Everything in a trace, in a row."""
    layers = [part for layer in trace.layers for part in layer.parts.values()]
    parameters = [p for layer in trace.layers for p in layer.parameters.values()]
    arrays = [trace.inputs, *(p.value for p in layers), *(p.gradient for p in layers if p.gradient is not None)]
    arrays += [array for p in parameters for array in (p.before, p.gradient, p.after) if array is not None]
    return np.concatenate([np.ravel(array) for array in arrays])


def assert_same(one: Trace, other: Trace) -> None:
    assert (one.step, one.epoch, one.batch, one.loss) == (other.step, other.epoch, other.batch, other.loss)
    np.testing.assert_array_equal(numbers(one), numbers(other))
