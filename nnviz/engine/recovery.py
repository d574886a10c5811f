"""The way back from a loss that is no number any more: to where training was still sound, with smaller steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from math import inf, isfinite

import torch

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.catalogue import Catalogue
from nnviz.core.remedies import slower
from nnviz.core.spec import Preset, SpecError, TrainingSpec
from nnviz.engine.checkpoint import Checkpoint, Timeline
from nnviz.engine.run import Run
from nnviz.engine.stepper import CHECKPOINT_EVERY, Stepper

SAMPLES = 256  # on which the loss at a checkpoint is measured: that of one batch says little
WORSE, OF_START = 2.0, 0.5  # sound is up to so many times the best loss, or that share of the one it began with
AT_ONCE = CHECKPOINT_EVERY  # steps within which a second failure says that one has not gone back far enough


def can_recover(timeline: Timeline) -> bool:
    """Whether there is anything to go back to: the earliest weights at least are numbers."""
    return any(_is_finite(checkpoint) for checkpoint in timeline)


def last_sound(run: Run, timeline: Timeline, before: int) -> Checkpoint | None:
    """Find the last checkpoint before step `before` where training was still sound, or else the earliest of all.

    Weights that are huge, but still numbers, are not sound: so the loss is measured again at each checkpoint, on the
    same samples. Losses of different kinds are not compared.

    Parameters
    ----------
    run : Run
        Its state is another one afterwards.

    Returns
    -------
    Checkpoint or None
        None where not even the earliest weights are numbers.
    """
    finite = [each for each in timeline if _is_finite(each)]
    kind = run.training.loss
    losses = {}
    for each in finite:
        if each.training.loss == kind and each.step < before:
            run.restore(each)
            loss, count = run.measure(run.data.inputs[:SAMPLES], run.data.targets[:SAMPLES])[0], run.samples[0]
            losses[each.step] = loss / min(count, SAMPLES)
    numbers = [loss for loss in losses.values() if isfinite(loss)]
    bound = max(WORSE * min(numbers), OF_START * numbers[0]) if numbers else -inf
    sound = [each for each in finite if losses.get(each.step, inf) <= bound]
    return sound[-1] if sound else next(iter(finite), None)


def _is_finite(checkpoint: Checkpoint) -> bool:
    return bool(torch.isfinite(checkpoint.weights).all().item())


class Recovery:
    """Carries `RecoverFromDivergence` out; where that was not far enough back, the next time goes further.

    Parameters
    ----------
    present : callable
        Returns the preset in force, and what is trained.
    change_training : callable
        Puts other settings in force for what is trained, and reports it.
    propose : callable
        Records the next step, and reports it.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        present: Callable[[], tuple[Preset, Stepper]],
        change_training: Callable[[TrainingSpec], Iterator[f.Fact]],
        propose: Callable[[], Iterator[f.Fact]],
    ) -> None:
        self._catalogue, self._present = catalogue, present
        self._change_training, self._propose = change_training, propose
        self._last = (-1, 0)  # revision and step of where one went back to the last time
        self.handlers: Mapping[type, Callable[..., Iterable[f.Fact]]] = {c.RecoverFromDivergence: self._recover}

    def _recover(self, command: c.RecoverFromDivergence) -> Iterator[f.Fact]:
        """Go back to the last sound place, with a tenth of the learning rate."""
        del command
        _, stepper = self._present()
        run = stepper.run
        failed, optimizer = run.step, slower(run.training.optimizer, self._catalogue)
        revision, last = self._last
        in_vain = revision == run.revision and last <= failed <= last + AT_ONCE
        sound = last_sound(run, stepper.timeline, last if in_vain else failed)
        if sound is None:
            raise SpecError("There is no sound state to go back to: reset the network and use a lower learning rate.")
        stepper.go_back_to(sound.step)
        self._last = run.revision, sound.step
        yield f.Rewound(sound.step)
        yield from self._change_training(replace(run.training, optimizer=optimizer))
        yield from self._propose()
