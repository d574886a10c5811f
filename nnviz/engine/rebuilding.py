"""The commands that put another network in the place of the present one, or other data before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.catalogue import Catalogue
from nnviz.core.data import Dataset
from nnviz.core.history import EpochResult, Mark
from nnviz.core.spec import DataSpec, Preset
from nnviz.engine.change_label import change_label
from nnviz.engine.checkpoint import Checkpoint
from nnviz.engine.kept_layers import keep_equal_layers
from nnviz.engine.run import Run
from nnviz.engine.stepper import Stepper
from nnviz.engine.targets import fitted


class Begin(Protocol):
    """Makes a run the present one, and reports it; what it replaces is kept, see `BringBack`."""

    def __call__(
        self,
        preset: Preset,
        run: Run,
        epochs: Iterable[EpochResult] = (),
        *,
        fresh: bool = True,
    ) -> Iterator[f.Fact]:
        """Begin."""


class Rebuilding:
    """Carries the commands out.

    Parameters
    ----------
    present : callable
        Returns the preset in force, and what is trained.
    dataset_for : callable
        Loads the data of a description, drawn with a seed.
    new_run : callable
        Builds a run, and changes nothing.
    begin : callable
        See `Begin`.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        present: Callable[[], tuple[Preset, Stepper]],
        dataset_for: Callable[[DataSpec, int], Dataset],
        new_run: Callable[[Preset], Run],
        begin: Begin,
    ) -> None:
        self._catalogue, self._present = catalogue, present
        self._dataset_for, self._new_run, self._begin = dataset_for, new_run, begin
        self.handlers: Mapping[type, Callable[..., Iterable[f.Fact]]] = {
            c.ChangeNetwork: self._change_network,
            c.ChangeData: self._change_data,
            c.SetPoints: self._set_points,
            c.Reset: self._reset,
            c.TakeOver: self._take_over,
        }

    def _change_network(self, command: c.ChangeNetwork) -> Iterator[f.Fact]:
        preset, stepper = self._present()
        changed = preset.with_network(command.network)
        run = self._new_run(changed)
        if not command.keep_weights or not keep_equal_layers(run.network, stepper.run.network):
            yield from self._begin(changed, run)
            return
        run.continue_from(stepper.run)
        yield from self._begin(changed, run, stepper.epochs, fresh=False)
        yield from self._mark("network")

    def _change_data(self, command: c.ChangeData) -> Iterator[f.Fact]:
        preset, _ = self._present()
        yield f.Working("Loading data…")
        dataset = self._dataset_for(command.data, preset.training.seed)
        network, loss = fitted(preset.network, preset.training.loss, dataset)
        training = replace(preset.training, loss=loss)
        changed = replace(preset.with_network(network), data=command.data, training=training)
        if command.data.name != preset.data.name:
            changed = replace(changed, title=dataset.title, description="")
        yield from self._begin(changed, self._new_run(changed))

    def _set_points(self, command: c.SetPoints) -> Iterator[f.Fact]:
        preset, stepper = self._present()
        changed = replace(preset, data=replace(preset.data, points=command.points))
        run = self._new_run(changed)
        run.begin_epoch_as(stepper.run)
        yield from self._begin(changed, run, stepper.epochs, fresh=False)

    def _reset(self, command: c.Reset) -> Iterator[f.Fact]:
        preset, _ = self._present()
        if command.new_weights:
            seed = (preset.training.seed + 1) % (2**31 - 1)
            preset = replace(preset.with_training(replace(preset.training, seed=seed)), weights=())
        yield from self._begin(preset, self._new_run(preset))

    def _take_over(self, command: c.TakeOver) -> Iterator[f.Fact]:
        before, _ = self._present()
        preset, checkpoint = command.racer.preset, command.racer.checkpoint
        assert isinstance(checkpoint, Checkpoint)
        run = self._new_run(preset)
        run.restore(checkpoint)
        yield from self._begin(preset, run, command.racer.epochs)
        yield from self._mark(change_label(self._catalogue, before.training, preset.training))

    def _mark(self, label: str) -> Iterator[f.Fact]:
        """Leave a mark on the curves where the run begins."""
        _, stepper = self._present()
        stepper.news.marks.append(Mark(stepper.run.step, label))
        yield stepper.progress(0.0)


def preset_wanting_data(
    command: c.Command, catalogue: Catalogue, present: Callable[[], tuple[Preset, Stepper]]
) -> Preset:
    """What to load once the data that `command` misses are there."""
    if isinstance(command, c.BringBack):
        return preset_wanting_data(command.otherwise, catalogue, present)
    if isinstance(command, c.LoadPreset):
        return command.preset
    if isinstance(command, c.ChangeData):
        known = (each for each in catalogue.presets.values() if each.data.name == command.data.name)
        return next(known, replace(present()[0], data=command.data))
    return present()[0]
