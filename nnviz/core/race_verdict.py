"""Who won a race, and what the others lacked: measured facts, from which the window makes sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from nnviz.core.race import Criterion, Racer, common_epoch, figures_of, ranking

BLOCKS = 8
FEWEST_LOSSES = 3 * BLOCKS  # in the half that is judged
CHANGE = 0.05  # of the loss: less is as good as none
UNSTEADY = 0.2  # of the loss: so far the blocks lie from a straight line where it jumps
SURE = 2.5  # times the standard error
CLOSE = 1.05  # times the loss of the winner
SHORTER, MUCH_SHORTER, LONGER = 0.8, 0.5, 1.5  # times the way of the winner
FAR = 2.0  # times the loss of the winner
SLOWER = 1.5  # times the computing time of the second


class Lack(StrEnum):
    """What one behind the winner lacked."""

    WAY = "way"
    CALM = "calm"
    CALM_AND_SHORTER_STEPS = "calm and shorter steps"
    SHORTER_STEPS = "shorter steps"
    EPOCHS = "epochs"
    WAY_DOWN = "way down"


class Ending(StrEnum):
    """What the loss of a racer did in the second half of the race."""

    FALLING = "falling"
    FLAT = "flat"
    UNSTEADY = "unsteady"
    """It jumped up and down, or rose."""
    UNCLEAR = "unclear"


def ending_of(losses: NDArray[np.float64]) -> Ending:
    """Judge the second half of a curve of losses, shape (steps,).

    Means of eight blocks are compared with a straight line: each batch is another one, so single losses say little.
    """
    half = losses[len(losses) // 2 :]
    if len(half) < FEWEST_LOSSES:
        return Ending.UNCLEAR
    means = np.array([block.mean() for block in np.array_split(half, BLOCKS)])
    level, places = float(means.mean()), np.arange(BLOCKS)
    line = np.polynomial.Polynomial.fit(places, means, 1)
    spread = float(np.sqrt(np.square(means - line(places)).sum() / (BLOCKS - 2)))
    fall = float(means[: BLOCKS // 2].mean() - means[BLOCKS // 2 :].mean())
    doubt = SURE * spread * float(np.sqrt(4 / BLOCKS))
    if fall > max(doubt, CHANGE * level):
        return Ending.FALLING
    if spread > UNSTEADY * level or -fall > max(doubt, CHANGE * level):
        return Ending.UNSTEADY
    return Ending.FLAT if abs(fall) + doubt < 2 * CHANGE * level else Ending.UNCLEAR


@dataclass(frozen=True)
class Verdict:
    """Who won, and what became of those that were clearly behind. Racers are named by their numbers.

    Attributes
    ----------
    epochs : int
        After how many all are compared.
    criterion : Criterion
        The loss that decides: on the validation data, or on the training data where there are no others.
    winner, second : int or None
        None where nobody is left in the race.
    losses : tuple of float
        Of all racers; not-a-number for those who diverged.
    is_close : bool
        Whether the second is as good.
    winner_falling : bool
        Whether the loss of the winner was still falling.
    short : tuple of int
        They had not come as far from the start as the winner.
    short_falling : bool
        Whether the losses of all of these were still falling.
    wild : tuple of int
        Their steps were longer than the winner's, and their loss jumped or rose.
    unsteady : tuple of int
        Their loss jumped or rose, though their steps were no longer than the winner's.
    long : tuple of int
        In longer steps than the winner they came farther, without getting down.
    falling : tuple of int
        Their loss was still falling, though they had come as far.
    flat : tuple of int
        Their loss had stopped falling, higher than that of the winner.
    diverged : tuple of int
    slower : float or None
        How many times the computing time of the second the winner took, where that is much.
    """

    epochs: int
    criterion: Criterion
    winner: int | None
    second: int | None
    losses: tuple[float, ...]
    is_close: bool = False
    winner_falling: bool = False
    short: tuple[int, ...] = ()
    short_falling: bool = False
    wild: tuple[int, ...] = ()
    unsteady: tuple[int, ...] = ()
    long: tuple[int, ...] = ()
    falling: tuple[int, ...] = ()
    flat: tuple[int, ...] = ()
    diverged: tuple[int, ...] = ()
    slower: float | None = None


def verdict_of(racers: Sequence[Racer]) -> Verdict | None:
    """Judge a race; None before the end of its first epoch."""
    diverged = tuple(n for n, racer in enumerate(racers) if racer.diverged_at is not None)
    epochs = common_epoch(racers)
    criterion = Criterion.VAL_LOSS
    if epochs and any(racer.epochs[epochs - 1].val_loss is None for racer in racers if racer.diverged_at is None):
        criterion = Criterion.LOSS
    losses = tuple(_loss(racer, epochs, criterion) for racer in racers)
    if racers and len(diverged) == len(racers):
        return Verdict(0, criterion, None, None, losses, diverged=diverged)
    if not epochs:
        return None
    winner, *others = (n for n in ranking(racers, criterion) if n not in diverged)
    endings = {n: ending_of(racers[n].losses.points()[1]) for n in (winner, *others)}
    behind = tuple(n for n in others if losses[n] > CLOSE * losses[winner])
    lacks = {n: _lack(racers[n], racers[winner], endings[n], losses[n] < FAR * losses[winner]) for n in behind}
    second = others[0] if others else None
    time = 0.0 if second is None else racers[second].seconds
    slower = racers[winner].seconds / time if time else 1.0

    def lacking(lack: Lack) -> tuple[int, ...]:
        return tuple(n for n in behind if lacks[n] is lack)

    return Verdict(
        epochs,
        criterion,
        winner,
        second,
        losses,
        is_close=second is not None and second not in behind,
        winner_falling=endings[winner] is Ending.FALLING,
        short=lacking(Lack.WAY),
        short_falling=all(endings[n] is Ending.FALLING for n in lacking(Lack.WAY)),
        wild=lacking(Lack.CALM_AND_SHORTER_STEPS),
        unsteady=lacking(Lack.CALM),
        long=lacking(Lack.SHORTER_STEPS),
        falling=lacking(Lack.EPOCHS),
        flat=lacking(Lack.WAY_DOWN),
        diverged=diverged,
        slower=slower if slower >= SLOWER else None,
    )


def _lack(racer: Racer, winner: Racer, ending: Ending, is_near: bool) -> Lack | None:
    """Say what one behind the winner lacked; None where nothing is certain. `is_near`: its loss is about as low."""
    way = racer.moved / (winner.moved or 1.0)
    has_longer_steps = racer.stride > winner.stride
    came_down = ending is Ending.FALLING and is_near
    if ending is Ending.UNSTEADY:
        return Lack.CALM_AND_SHORTER_STEPS if has_longer_steps else Lack.CALM
    if way > LONGER and has_longer_steps and not came_down:
        return Lack.SHORTER_STEPS
    if way < MUCH_SHORTER or (way < SHORTER and ending is not Ending.FLAT):
        return Lack.WAY
    return {Ending.FALLING: Lack.EPOCHS, Ending.FLAT: Lack.WAY_DOWN}.get(ending)


def _loss(racer: Racer, epochs: int, criterion: Criterion) -> float:
    value: float | None = None if racer.diverged_at is not None else getattr(figures_of(racer, epochs), criterion)
    return float("nan") if value is None else value
