"""The race: optimizers that learn from the same batches, side by side, on a thread of their own.

They take turns, a slice of steps each, always the one that is furthest behind. What they share with the present
training are the samples, which nobody writes to.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from math import isfinite

import numpy as np
import torch
from torch import Tensor

from nnviz.core.data import FloatArray
from nnviz.core.facts import Failed
from nnviz.core.history import BatchPoints, EpochResult
from nnviz.core.race import (
    BeginRace,
    CancelSurface,
    ContinueRace,
    LookAtRace,
    MeasureSurface,
    RaceFact,
    RaceLooked,
    RacerNews,
    RacerTaken,
    StartingPoint,
    StopRace,
    SurfaceMeasured,
    TakeRacer,
)
from nnviz.core.settings import SettingError
from nnviz.core.spec import OptimizerSpec, SpecError
from nnviz.core.surface import Plane
from nnviz.engine.checkpoint import Checkpoint, EpochSums
from nnviz.engine.run import Run, StepResult
from nnviz.engine.surface import Measurement, Slice, principal_slice, random_slice, ranges_around

log = logging.getLogger(__name__)

PATH_POINTS = 64
PATH_MEMORY = 64 * 2**20  # of all paths together
MOST_MEMORY = 2 * 2**30  # of all racers together
COPIES = 6  # of its weights that a racer holds at most: with gradient, two buffers of an optimizer, and to spare
MOST_STEPS = 64  # in a turn
RUNAWAY = 3.0  # times the loss at the start
RANDOM_RANGE = (-1.0, 1.0)


class Path:
    """The way of a racer: its weights every so many steps, in bounded memory. When it is full, every second goes."""

    def __init__(self, most: int) -> None:
        self.points: list[Tensor] = []
        self.every = 1
        self._most = most
        self._begin = 0

    def add(self, step: int, weights: Tensor) -> bool:
        """Note the weights if they are due at `step`; return whether they were."""
        if not self.points:
            self._begin = step
        if (step - self._begin) % self.every:
            return False
        self.points.append(weights.clone())
        if len(self.points) > self._most:
            del self.points[1::2]
            self.every *= 2
        return True

    def steps_to_next(self, step: int) -> int:
        """How many steps it takes until weights are due again."""
        return self.every - (step - self._begin) % self.every


class EngineRacer:
    """An optimizer on its way."""

    def __init__(self, run: Run, path: Path) -> None:
        self.run, self.path = run, path
        self.seconds = 0.0
        self.diverged_at: int | None = None
        self.epochs: list[EpochResult] = []
        self._first_loss: float | None = None
        self._first_new = run.step
        self._losses: list[float] = []
        self._new_epochs: list[EpochResult] = []
        self._way, self._measured = 0.0, 0  # length of all steps, if those of a turn are as long as its first; how many
        path.add(run.step, run.network.flat)

    def take_steps(self, most: int) -> None:
        """Take up to `most` steps, not beyond the end of the epoch; measure on the validation data there."""
        run, first = self.run, self.run.step
        most = min(most, self.path.steps_to_next(first))
        before = run.network.flat.clone()
        results = self._timed_steps(1)
        stride = float((run.network.flat - before).norm())
        if most > 1 and not run.epoch_is_over:
            results += self._timed_steps(most - 1)
        self._way += stride * len(results)
        self._measured += len(results)
        losses = [result.loss for result in self._sound(results, first)]
        if self._first_loss is None and losses:
            self._first_loss = losses[0]
        self._losses += losses
        if self.diverged_at is not None:
            return
        self.path.add(run.step, run.network.flat)
        if run.epoch_is_over:
            self._finish_epoch()

    def _timed_steps(self, most: int) -> list[StepResult]:
        started = time.thread_time()  # other threads may take their share of the machine meanwhile
        results = self.run.plain_steps(most)
        self.seconds += time.thread_time() - started
        return results

    @property
    def ran_away(self) -> bool:
        """Whether it is far worse than at the start: its path would dwarf those of the others."""
        lost = self._first_loss is not None and self.run.loss > RUNAWAY * self._first_loss
        return self.diverged_at is not None or lost

    def _sound(self, results: list[StepResult], first: int) -> list[StepResult]:
        """The steps before the first whose loss was not finite; with that, the race is over for this one."""
        for count, result in enumerate(results):
            if not isfinite(result.loss):
                self.diverged_at = first + count
                return results[:count]
        return results

    def _finish_epoch(self) -> None:
        result = self.run.finish_epoch()
        if result.val_loss is not None and not isfinite(result.val_loss):
            self.diverged_at = self.run.step
            return
        self.epochs.append(result)
        self._new_epochs.append(result)

    def news(self, where: Slice | None) -> RacerNews:
        """Report, with what has been added since the last report."""
        points: tuple[BatchPoints, ...] = ()
        if self._losses:
            points = (BatchPoints(self._first_new, np.array(self._losses, np.float32), None),)
        epochs = tuple(self._new_epochs)
        self._first_new += len(self._losses)
        self._losses, self._new_epochs = [], []
        loss, accuracy = self.run.epoch_so_far()
        return RacerNews(
            step=self.run.step,
            epoch=self.run.epoch,
            seconds=self.seconds,
            loss=loss,
            accuracy=accuracy,
            points=points,
            epochs=epochs,
            diverged_at=self.diverged_at,
            path=None if where is None else self._path_on(where),
            moved=float((self.run.network.flat - self.path.points[0]).norm()),
            stride=self._way / max(1, self._measured),
        )

    def _path_on(self, where: Slice) -> FloatArray:
        points = self.path.points
        if self.diverged_at is None:
            points = [*points, self.run.network.flat]
        return where.coordinates(points).astype(np.float32)


class RaceTrainer:
    """Carries out the commands of a race, as `Trainer` does those of the training."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        self._number = 0
        self._start: StartingPoint | None = None
        self._racers: list[EngineRacer] = []
        self._racing = False
        self._last_epoch = 0
        self._seconds_per_step = 0.0
        self._where: Slice | None = None
        self._measurement: Measurement | None = None
        self._surfaces = 0
        self._handlers: dict[type, Callable[..., Iterable[RaceFact]]] = {
            BeginRace: self._begin,
            ContinueRace: self._continue,
            StopRace: self._stop_racing,
            LookAtRace: self._look,
            TakeRacer: self._take_racer,
            MeasureSurface: self._begin_measuring,
            CancelSurface: self._cancel_measuring,
        }

    @property
    def running(self) -> bool:
        """Whether there is anything to do."""
        return self._racing or self._measurement is not None

    def stop(self) -> None:
        """Stop everything, after an error."""
        self._racing, self._measurement = False, None

    def execute(self, command: object) -> Iterator[RaceFact | Failed]:
        """Carry out a command, and report. A user's mistake becomes a `Failed` and changes nothing."""
        try:
            yield from self._handlers[type(command)](command)
        except (SpecError, SettingError) as error:
            log.info("%s refused: %s", type(command).__name__, error)
            yield Failed(str(error))
            yield self._looked()

    def advance(self, seconds: float) -> Iterator[RaceFact]:
        """Race for about that long, then measure for about that long."""
        started = time.perf_counter()
        while self._racing and time.perf_counter() - started < seconds / 2:
            self._take_turn(seconds)
        if self._measurement is not None:
            surface = self._measurement.advance(seconds / 2)
            if self._measurement.is_over:
                self._measurement = None
            if surface is not None:
                yield SurfaceMeasured(surface)

    # --- racing -------------------------------------------------------------------------------------------------------

    def _begin(self, command: BeginRace) -> Iterator[RaceFact]:
        run, checkpoint = _engine_part(command.start)
        self.stop()
        self._number, self._start, self._where = command.number, command.start, None
        self._racers = []  # before there are new ones, for the sake of memory
        size = run.network.flat.numel() * run.network.flat.element_size()
        count = len(command.optimizers)
        if size * COPIES * count > MOST_MEMORY:
            raise SpecError(f"{count} copies of this network do not fit into memory: race with fewer optimizers.")
        points = int(np.clip(PATH_MEMORY // (size * count), 4, PATH_POINTS))
        self._racers = [EngineRacer(_at_start(run, checkpoint, spec), Path(points)) for spec in command.optimizers]
        self._last_epoch = checkpoint.epoch + command.epochs
        self._seconds_per_step = 0.0
        self._racing = True
        yield self._looked()

    def _active(self) -> list[EngineRacer]:
        return [each for each in self._racers if each.diverged_at is None and each.run.epoch < self._last_epoch]

    def _take_turn(self, seconds: float) -> None:
        """Let the racer that is furthest behind catch up, and go ahead a little."""
        active = self._active()
        if not active:
            self._racing = False
            return
        racer = min(active, key=lambda each: each.run.step)
        first, before = racer.run.step, racer.seconds
        most = seconds / 4 / self._seconds_per_step if self._seconds_per_step else 1
        racer.take_steps(max(1, min(MOST_STEPS, round(most))))
        self._seconds_per_step = (racer.seconds - before) / (racer.run.step - first)

    def _continue(self, command: ContinueRace) -> Iterator[RaceFact]:
        sound = [each for each in self._racers if each.diverged_at is None]
        if sound and not self._active():
            self._last_epoch = sound[0].run.epoch + command.epochs
        self._racing = bool(sound)
        yield self._looked()

    def _stop_racing(self, command: StopRace) -> Iterator[RaceFact]:
        del command
        self._racing = False
        yield self._looked()

    def _look(self, command: LookAtRace) -> Iterator[RaceFact]:
        del command
        yield self._looked()

    def _looked(self) -> RaceLooked:
        racers = tuple(racer.news(self._where) for racer in self._racers)
        measured = None if self._measurement is None else self._measurement.share
        return RaceLooked(self._number, self._racing and bool(self._active()), racers, measured)

    def _take_racer(self, command: TakeRacer) -> Iterator[RaceFact]:
        racer = self._racers[command.index]
        if racer.diverged_at is not None:
            raise SpecError("This one has diverged: there is nothing to go on with.")
        assert self._start is not None
        preset = self._start.preset.with_training(racer.run.training)
        yield RacerTaken(preset, (*self._start.epochs, *racer.epochs), racer.run.checkpoint())

    # --- the surface --------------------------------------------------------------------------------------------------

    def _begin_measuring(self, command: MeasureSurface) -> Iterator[RaceFact]:
        if command.plane is Plane.PATHS:
            run, where = self._through_the_paths()
        else:
            run, where = _around(command.start, command.seed)
        points = self._path_points()
        fits = bool(points) and len(points[0]) == len(where.origin)
        self._where = where if fits else None
        ranges = (RANDOM_RANGE, RANDOM_RANGE)
        if command.plane is Plane.PATHS:
            ranges = ranges_around(where.coordinates(points))
        self._surfaces += 1
        held = where.held(points) if fits else None
        self._measurement = Measurement(self._surfaces, command.plane, where, run, ranges, held)
        yield self._looked()

    def _through_the_paths(self) -> tuple[Run, Slice]:
        """Lay the plane through the paths so far; the run to measure with is one of its own."""
        points = self._path_points()
        if self._start is None or len(points) < 3:
            raise SpecError("There are no paths yet: start a race first.")
        template, checkpoint = _engine_part(self._start)
        return _at_start(template, checkpoint, self._racers[0].run.training.optimizer), principal_slice(points)

    def _path_points(self) -> list[Tensor]:
        """All points of the paths, but not of those who ran away, if there are others."""
        chosen = [racer for racer in self._racers if not racer.ran_away] or self._racers
        return [point for racer in chosen for point in racer.path.points]

    def _cancel_measuring(self, command: CancelSurface) -> Iterator[RaceFact]:
        del command
        self._measurement = None
        yield self._looked()


def _engine_part(start: StartingPoint) -> tuple[Run, Checkpoint]:
    """What the window has passed on without a look into it."""
    assert isinstance(start.run, Run)
    assert isinstance(start.checkpoint, Checkpoint)
    return start.run, start.checkpoint


def _around(start: StartingPoint | None, seed: int) -> tuple[Run, Slice]:
    """Lay a plane along random directions around the weights of `start`."""
    assert start is not None
    run, checkpoint = _engine_part(start)
    run.restore(checkpoint)
    return run, random_slice(run, seed)


def _at_start(template: Run, checkpoint: Checkpoint, optimizer: OptimizerSpec) -> Run:
    """Put an optimizer, which remembers nothing yet, at the start."""
    training = replace(checkpoint.training, optimizer=optimizer)
    run = template.sibling(training)
    run.restore(replace(checkpoint, training=training, optimizer_state={}, sums=EpochSums()))
    return run
