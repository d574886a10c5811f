"""What is wrong with a training, if anything: rules with named thresholds, from what the layers and the curves show.

Every rule looks only at what came after the last change of settings, so that a remedy gets a fair chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, isfinite, sqrt
from statistics import median

import numpy as np
from numpy.typing import NDArray

from nnviz.core.history import History
from nnviz.core.layer_statistics import Snapshot, silent_shares

RECENT = 5
"""Snapshots whose median is judged: a single batch says little."""
VANISHED = 0.01
"""A gradient that arrives at the first layer with less than this share of the largest has vanished: there the steps
are a hundred times too short. The presets never fall below 0.1."""
EXPLODED = 50.0
"""A gradient norm that is so many times the loss of pure chance (or 1) has exploded. The presets stay below 5."""
DEAD = 0.5
"""From this share of a layer's ReLUs on, silence is an illness: a fifth of them is usual, and does no harm."""
DEAD_SAMPLES = 256
"""So many samples in a row a ReLU must be silent for, to be called dead."""
GROUP_SAMPLES = 30
"""Losses are averaged over so many samples, so that the noise of small batches is not taken for jumps."""
WINDOW = 20
"""Groups that are compared with each other."""
JUMPS = 0.15
"""Typical rise from one group to the next, as a share of the loss at the start: the presets stay below 0.08."""
CLIMBED, CLIMBED_MARGIN = 1.5, 0.05
"""Training loss has climbed if it is that many times its best, and that share of the starting loss above it."""
SHOT_UP, CAME_BACK = 2.5, 0.9
"""The loss has shot up if it was that many times its start, and has not come below that share of the start since."""
PATIENCE = 5
"""Epochs without a better validation loss, before one speaks of overfitting."""
OVERFITTED, OVERFITTED_MARGIN = 1.2, 0.02
"""Validation loss has risen if it is that many times its best, and that share of the loss of chance above it."""


STUCK_LOSS, STUCK_GRADIENT = 0.95, 0.001
"""A network is stuck if its loss is not below that share of the loss of chance, and no hidden layer has a gradient norm
of more than that share of it: even slow trainings have a hundred times as much."""


class Illness(StrEnum):
    """What can be wrong, the likeliest cause first."""

    OVERFLOW = "overflow"
    ALIKE = "alike"
    LEARNING_RATE = "learning_rate"
    EXPLODING = "exploding"
    DEAD = "dead"
    STUCK = "stuck"
    VANISHING = "vanishing"
    OVERFITTING = "overfitting"


SERIOUS = frozenset(Illness) - {Illness.OVERFITTING}
"""What keeps the network from learning."""


@dataclass(frozen=True)
class Finding:
    """An illness, the layer where it shows (or None), and the number that gives it away.

    `measure` is not a number after an overflow; the number of units that are alike; the size of the jumps as a share of
    the starting loss, or how many times its best (or start) the loss is; the gradient norm; the share of dead units;
    the largest gradient norm of a hidden layer that is stuck; the share of the gradient that arrives; how many times
    its best the validation loss is.
    """

    illness: Illness
    layer: int | None
    measure: float


def judge(
    row: Sequence[Snapshot], history: History, batch_size: int, overfitted_since: int | None = None
) -> tuple[Finding, ...]:
    """Find what is wrong.

    Parameters
    ----------
    row : sequence of Snapshot
        Oldest first, of the present network.
    history : History
    batch_size : int
        What a loss in the curve is the mean over.
    overfitted_since : int, optional
        The settings in force are known to overfit, from epochs after this step: they need no new chance.

    Returns
    -------
    tuple of Finding
        In the order of `Illness`; empty for a sound training.
    """
    changed = max((mark.step for mark in history.marks), default=0)
    row = [each for each in row if each.step >= changed]
    if not row:
        return ()
    chance = float(np.mean([each.chance for each in row[-WINDOW:]]))
    found = [
        *_overflow(row),
        *_alike(row),
        *_learning_rate(history, changed, batch_size, chance),
        *_exploding(row, chance),
        *_dead(row),
        *_stuck(row, history, changed, batch_size, chance),
        *_vanishing(row),
        *_overfitting(history, changed, chance, overfitted_since),
    ]
    explained = {symptom for finding in found for symptom in _EXPLAINS.get(finding.illness, ())}
    return tuple(finding for finding in found if finding.illness not in explained)


_EXPLAINS = {
    Illness.OVERFLOW: frozenset(Illness) - {Illness.OVERFLOW},
    Illness.ALIKE: {Illness.STUCK, Illness.VANISHING},
    Illness.LEARNING_RATE: {Illness.EXPLODING, Illness.STUCK, Illness.VANISHING, Illness.OVERFITTING},
    Illness.DEAD: {Illness.STUCK, Illness.VANISHING},
    Illness.STUCK: {Illness.VANISHING},
}
"""What an illness brings along: too large steps saturate neurons and throw all losses about, dead neurons let no
gradient through."""


def _overflow(row: Sequence[Snapshot]) -> Iterator[Finding]:
    """Gradients that are no numbers make weights of which nothing can be computed any more."""
    for layer in row[-1].layers:
        if layer.gradient_norm is not None and not isfinite(layer.gradient_norm):
            yield Finding(Illness.OVERFLOW, layer.layer, layer.gradient_norm)
            return


def _alike(row: Sequence[Snapshot]) -> Iterator[Finding]:
    """Units of a hidden layer with equal weights get equal gradients, and stay equal for ever."""
    newest = row[-1].layers
    layer = next((layer for layer in newest[:-1] if layer.alike), None)
    if layer is not None:
        yield Finding(Illness.ALIKE, layer.layer, layer.units)


def _learning_rate(history: History, changed: int, batch_size: int, chance: float) -> Iterator[Finding]:
    """The loss jumps up and down, has climbed again, or has shot up and not come back."""
    groups = _grouped_losses(history, changed, batch_size)
    if len(groups) < WINDOW // 2:
        return
    start, newest = float(groups[0]), groups[-WINDOW:]
    scale = max(start, chance)
    rest = len(groups) % WINDOW  # the windows are counted from the end
    means = groups[rest:].reshape(-1, WINDOW).mean(axis=1)
    now, best = float(newest.mean()), min(start, float(means.min(initial=np.inf)))
    peak = max(float(means.max(initial=now)), float(groups[:rest].mean()) if rest else 0.0)
    rises = np.maximum(np.diff(newest), 0.0)
    jumps = sqrt(float(np.square(rises).mean())) / scale
    if jumps > JUMPS:
        yield Finding(Illness.LEARNING_RATE, None, jumps)
    elif now > CLIMBED * best + CLIMBED_MARGIN * scale:
        yield Finding(Illness.LEARNING_RATE, None, now / best)
    elif peak > SHOT_UP * start and now > CAME_BACK * start:
        yield Finding(Illness.LEARNING_RATE, None, peak / start)


def _grouped_losses(history: History, changed: int, batch_size: int) -> NDArray[np.float64]:
    """Training losses since the last change, each the mean over some `GROUP_SAMPLES` samples."""
    steps, losses = history.batch_losses.points()
    losses = losses[np.searchsorted(steps, changed, side="right") :]
    stride = steps[1] - steps[0] if len(steps) > 1 else 1.0
    size = max(1, ceil(GROUP_SAMPLES / (stride * batch_size)))
    whole = len(losses) // size
    grouped: NDArray[np.float64] = losses[: whole * size].reshape(whole, size).mean(axis=1)
    return grouped


def _recent_norms(row: Sequence[Snapshot]) -> dict[int, float]:
    """Median gradient norm of each layer; nothing where there is none."""
    norms: dict[int, list[float]] = {}
    for each in row[-RECENT:]:
        for layer in each.layers:
            if layer.gradient_norm is not None and isfinite(layer.gradient_norm):
                norms.setdefault(layer.layer, []).append(layer.gradient_norm)
    return {layer: median(values) for layer, values in norms.items()}


def _exploding(row: Sequence[Snapshot], chance: float) -> Iterator[Finding]:
    norms = _recent_norms(row) if len(row) >= RECENT else {}  # after the first steps it may be over
    layer = max(norms, key=lambda each: norms[each], default=None)
    if layer is not None and norms[layer] > EXPLODED * max(chance, 1.0):
        yield Finding(Illness.EXPLODING, layer, norms[layer])


def _stuck(
    row: Sequence[Snapshot], history: History, changed: int, batch_size: int, chance: float
) -> Iterator[Finding]:
    """The loss is that of guessing, and nothing tells the hidden layers what to do about it."""
    losses, norms = _grouped_losses(history, changed, batch_size), _recent_norms(row)
    hidden = [norms[layer] for layer in sorted(norms)[:-1]]
    if len(losses) < WINDOW // 2 or not hidden:
        return
    is_guessing = losses[-WINDOW:].mean() > STUCK_LOSS * chance
    if is_guessing and max(hidden) < STUCK_GRADIENT * chance:
        yield Finding(Illness.STUCK, None, max(hidden))


def _vanishing(row: Sequence[Snapshot]) -> Iterator[Finding]:
    norms = _recent_norms(row)
    if len(norms) > 1:
        first, largest = min(norms), max(norms.values())
        if norms[first] < VANISHED * largest:
            yield Finding(Illness.VANISHING, first, norms[first] / largest)


def _dead(row: Sequence[Snapshot]) -> Iterator[Finding]:
    shares, samples = silent_shares(row, DEAD_SAMPLES)
    layer = max(shares, key=lambda each: shares[each], default=None)
    if layer is not None and samples >= DEAD_SAMPLES and shares[layer] >= DEAD:
        yield Finding(Illness.DEAD, layer, shares[layer])


def _overfitting(history: History, changed: int, chance: float, known_since: int | None) -> Iterator[Finding]:
    """Training gets better while validation, which is what counts, has been getting worse for a while."""
    first = changed if known_since is None else known_since
    epochs = [(e.train_loss, e.val_loss) for e in history.epochs if e.step > first and e.val_loss is not None]
    if len(epochs) <= PATIENCE or history.epochs[-1].step <= changed:
        return
    best = min(range(len(epochs)), key=lambda place: epochs[place][1])
    lowest = epochs[best][1]
    now = float(np.mean([val for _, val in epochs[-3:]]))
    has_risen = now > OVERFITTED * lowest + OVERFITTED_MARGIN * chance
    if len(epochs) - 1 - best >= PATIENCE and has_risen and epochs[-1][0] < epochs[best][0]:
        yield Finding(Illness.OVERFITTING, None, now / max(lowest, 1e-12))


class Diagnosis:
    """Findings that last: what is seen but once is not told, and what is told does not flicker."""

    TOLD, MOST = 2, 4
    """An illness is told when it has been found so many times in a row, and at most so many misses take it back.

    An overflow is told at once: nothing comes after it."""

    def __init__(self) -> None:
        self._levels: dict[Illness, int] = {}
        self._told: dict[Illness, Finding] = {}

    def take(self, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Take what has been found now; return what is told, in the order of `Illness`."""
        seen = {finding.illness: finding for finding in found}
        for illness in Illness:
            level = self._levels.get(illness, 0) + (1 if illness in seen else -1)
            self._levels[illness] = level = min(max(level, 0), self.MOST)
            if illness in seen and (level >= self.TOLD or illness in self._told or illness is Illness.OVERFLOW):
                self._told[illness] = seen[illness]
            elif level == 0:
                self._told.pop(illness, None)
        return tuple(self._told[illness] for illness in Illness if illness in self._told)

    def resume(self, told: tuple[Finding, ...]) -> None:
        """Go on with what was told before."""
        self._levels = {finding.illness: self.MOST for finding in told}
        self._told = {finding.illness: finding for finding in told}

    def clear(self) -> None:
        """Start afresh."""
        self._levels.clear()
        self._told.clear()
