"""The trainer: carries out commands on a run, and reports what has become true. Knows no Qt; lives on one thread."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import torch

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.catalogue import Catalogue
from nnviz.core.data import Task
from nnviz.core.devices import AUTO
from nnviz.core.history import EpochResult
from nnviz.core.runs import DEFAULT_MEMORY
from nnviz.core.settings import SettingError
from nnviz.core.spec import Preset, SpecError, TrainingSpec
from nnviz.engine.attic import Attic, is_twin
from nnviz.engine.branches import Branches
from nnviz.engine.builder import Builder
from nnviz.engine.change_label import change_label
from nnviz.engine.datasets import DataPlaces, MissingDataError
from nnviz.engine.devices import devices_for
from nnviz.engine.divergence import first_overflow
from nnviz.engine.files import FileError, read_preset
from nnviz.engine.looking import Looking
from nnviz.engine.poking import Poking
from nnviz.engine.project import load_project
from nnviz.engine.rebuilding import Rebuilding, preset_wanting_data
from nnviz.engine.recovery import Recovery, can_recover
from nnviz.engine.run import Run
from nnviz.engine.stepper import Proposal, Stepper
from nnviz.engine.summary import data_summary
from nnviz.engine.time_travel import TimeTravel

log = logging.getLogger(__name__)


class Trainer:
    """One run at a time, and what to do with it.

    `execute` carries out a command, `advance` trains freely for a while; both report facts. A user's mistake becomes a
    `Failed` fact and changes nothing.
    """

    def __init__(self, catalogue: Catalogue, places: DataPlaces, device: str = AUTO) -> None:
        # more threads make small networks slower, and many times slower on a busy machine
        torch.set_num_threads(1)
        self.running = False
        self._catalogue = catalogue
        self._builder = Builder(catalogue, places, device)
        self._preset: Preset | None = None
        self._stepper: Stepper | None = None
        self._branches = Branches()
        self._attic = Attic()
        self._revision = 0
        self._memory_limit = DEFAULT_MEMORY
        self._stop_at_epoch_end = False
        self._speed = 0.0
        self._seconds_per_step = math.inf
        self._handlers: dict[type, Callable[..., Iterable[f.Fact]]] = {
            c.LoadPreset: self._load_preset,
            c.OpenFile: self._open_file,
            c.ChangeTraining: self._change_training,
            c.Propose: self._propose,
            c.Commit: self._commit,
            c.Revert: self._revert,
            c.GoTo: self._go_to,
            c.Run: self._start_running,
            c.Pause: self._pause,
            c.Look: self._look,
            c.ProposeDrawing: self._propose_drawing,
            c.SetMemoryLimit: self._set_memory_limit,
            c.SetDataFolder: self._set_data_folder,
            c.SetDevice: self._set_device,
            **TimeTravel(catalogue, self._branches, self._present, self._go_on_with).handlers,
            c.BringBack: self._bring_back,
            **Looking(self._present).handlers,
            **Rebuilding(catalogue, self._present, self._builder.dataset_for, self._new_run, self._begin).handlers,
            **Recovery(catalogue, self._present, self._go_on_with_training, self._propose).handlers,
            **Poking(self._present, self._report, lambda: self.running).handlers,
        }

    def stop(self) -> None:
        """Stop training freely, at once."""
        self.running = False

    def execute(self, command: c.Command) -> Iterator[f.Fact]:
        """Carry out a command, and report."""
        place = _PLACES.get(type(command), f.Place.WINDOW)
        try:
            if self.running and isinstance(command, c.LOADING_COMMANDS + c.RUN_CHANGES):
                yield from self._finish_running()
            if self._branches.visiting and isinstance(command, c.Look):
                return  # asked for before the visit began: the past is not a picture of the training
            if not isinstance(command, c.WHILE_VISITING):
                self._branches.come_back()
            yield from self._handlers[type(command)](command)
            if (stepper := self._stepper) is not None:
                self._limit_attic(stepper)
                if self._branches.make_room(stepper.timeline, self._memory_limit - self._attic.size):
                    yield self._branches.report(stepper)
        except MissingDataError as error:
            yield f.Working("")
            preset = preset_wanting_data(command, self._catalogue, self._present)
            yield f.DataMissing(preset, self._catalogue.dataset(preset.data.name).label, str(error))
        except (SpecError, SettingError, FileError) as error:
            log.info("%s refused: %s", type(command).__name__, error)
            yield f.Working("")
            yield f.Failed(str(error), place)
        except (MemoryError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and "memory" not in str(error):  # torch's way to say it
                raise
            yield f.Working("")
            yield f.Failed("There is not enough memory for this network: take fewer units or layers.", place)

    def _present(self) -> tuple[Preset, Stepper]:
        if self._preset is None or self._stepper is None:
            raise SpecError("There is no network yet: open a preset first.")
        return self._preset, self._stepper

    # --- loading and saving -------------------------------------------------------------------------------------------

    def _load_preset(self, command: c.LoadPreset) -> Iterator[f.Fact]:
        yield f.Working("Loading data…")
        run = self._new_run(command.preset)
        is_reload = self._preset is not None and self._preset.title == command.preset.title
        yield from self._begin(command.preset, run, new_start=not (is_reload or command.is_edit))

    def _open_file(self, command: c.OpenFile) -> Iterator[f.Fact]:
        yield f.Working("Opening…")
        if command.path.suffix.lower() == ".json":
            yield from self.execute(c.LoadPreset(read_preset(command.path)))
        else:
            run, preset, epochs = load_project(command.path, self._new_run)
            self._branches.forget_all()
            yield from self._begin(preset, run, epochs, new_start=True)

    def _new_run(self, preset: Preset) -> Run:
        """Build a run; nothing of the present one changes."""
        return self._builder.run(preset, self._revision + 1)

    def _begin(
        self,
        preset: Preset,
        run: Run,
        epochs: Iterable[EpochResult] = (),
        *,
        fresh: bool = True,
        new_start: bool = False,
    ) -> Iterator[f.Fact]:
        """Make `run` the present one, and propose its next step; see `Begin`."""
        if new_start:
            self._attic.clear()
        elif self._stepper is None or preset != self._preset or not is_twin(run, self._stepper.run):
            yield from self._put_away()
        stepper = self._take(preset, Stepper(run, self._row_limit, epochs))
        yield self._branches.begin(preset, stepper, fresh)
        yield f.Working("")
        yield replace(self._loaded(), fresh=fresh, is_new_start=new_start)
        yield from self._propose()

    def _take(self, preset: Preset, stepper: Stepper) -> Stepper:
        """Let this be what is trained."""
        self.running = False
        self._preset, self._stepper, self._revision, self._speed = preset, stepper, stepper.run.revision, 0.0
        return stepper

    def _loaded(self) -> f.Loaded:
        preset, stepper = self._present()
        self._limit_attic(stepper)
        run, epochs, devices, kept = stepper.run, tuple(stepper.epochs), self._builder.devices, self._attic.revisions
        summary = data_summary(run)
        return f.Loaded(preset, summary, run.revision, run.step, epochs, devices=devices, pokes=run.pokes, kept=kept)

    def _put_away(self) -> Iterator[f.Fact]:
        """Keep what is trained at present: what comes now is an edit, which can be taken back."""
        if self._preset is not None and self._stepper is not None:
            self._attic.put(self._revision, self._preset, self._stepper, self._branches.state)
            yield self._stepper.progress(self._speed)
            yield f.PutAway(self._revision)

    def _bring_back(self, command: c.BringBack) -> Iterator[f.Fact]:
        kept, otherwise = self._attic.get(command.revision), command.otherwise
        if kept is None:
            yield from self._handlers[type(otherwise)](otherwise)
            return
        run = self._new_run(kept.preset)
        run.restore(kept.end)
        run.extra_batches = dict(kept.extra_batches)
        self._attic.remove(command.revision)  # before there are too many
        yield from self._put_away()
        if kept.timeline is not None:
            kept.timeline.set_limit(self._row_limit)
        stepper = self._take(kept.preset, Stepper(run, self._row_limit, kept.epochs, kept.timeline))
        runs = self._branches.bring_back(kept.branches, kept.preset, stepper)
        yield replace(self._loaded(), fresh=False, brought_back=command.revision)
        yield runs
        yield from self._report(stepper.propose_again())

    def _go_on_with(self, stepper: Stepper, restored: bool) -> Iterator[f.Fact]:
        """Train another run of the same network from now on."""
        self._stepper = stepper
        yield self._branches.report(stepper)
        yield from self._follow_training(restored)
        yield from self._report(stepper.propose_again())

    @property
    def _row_limit(self) -> int:
        """What the way back of the present run may take: always room for what edits have replaced."""
        return self._memory_limit * 3 // 4

    def _limit_attic(self, stepper: Stepper) -> None:
        self._attic.keep_within(self._memory_limit - min(self._branches.size(stepper.timeline), self._row_limit))

    def _set_memory_limit(self, command: c.SetMemoryLimit) -> Iterator[f.Fact]:
        self._memory_limit = command.limit
        if self._stepper is not None:
            self._stepper.timeline.set_limit(self._row_limit)
            yield self._stepper.progress(self._speed)

    def _set_data_folder(self, command: c.SetDataFolder) -> Iterator[f.Fact]:
        self._builder.places = replace(self._builder.places, folder=command.folder)
        yield from ()

    def _set_device(self, command: c.SetDevice) -> Iterator[f.Fact]:
        """Go on elsewhere, with the same weights and what the optimizer remembers."""
        preset, stepper = self._present()
        devices = devices_for(command.name, preset)
        run = Run(preset, stepper.run.dataset, self._revision + 1, devices.used)
        run.restore(stepper.run.checkpoint())
        self._builder.devices = devices
        yield stepper.progress(self._speed)
        yield from self._begin(preset, run, stepper.epochs, fresh=False)

    # --- changing the training ----------------------------------------------------------------------------------------

    def _change_training(self, command: c.ChangeTraining) -> Iterator[f.Fact]:
        preset, stepper = self._present()
        old, new = preset.training, command.training
        label = change_label(self._catalogue, old, new)
        if new.seed != old.seed:
            changed = preset.with_training(new)
            yield from self._begin(changed, self._new_run(changed))
            return
        stepper.change_training(new, label)
        self._preset = preset.with_training(new)
        yield f.TrainingChanged(new, stepper.run.revision)
        if not self.running:
            yield stepper.progress(self._speed)
            if stepper.proposal is not None and not stepper.committed:
                proposal = stepper.propose_again()
                yield f.Recorded(proposal.trace, committed=False, serial=proposal.serial)

    def _go_on_with_training(self, training: TrainingSpec) -> Iterator[f.Fact]:
        """Change the settings that were in force at the place one has gone back to."""
        preset, stepper = self._present()
        self._preset = preset.with_training(stepper.run.training)
        yield from self._change_training(c.ChangeTraining(training))

    # --- stepping -----------------------------------------------------------------------------------------------------

    def _propose(self, command: c.Propose | None = None) -> Iterator[f.Fact]:
        del command
        _, stepper = self._present()
        yield from self._report(stepper.propose())

    def _report(self, proposal: Proposal, committed: bool = False) -> Iterator[f.Fact]:
        """Send a recorded step; where its loss is not a number, say so."""
        _, stepper = self._present()
        yield stepper.progress(self._speed)
        yield f.Recorded(proposal.trace, committed, proposal.serial)
        if not math.isfinite(proposal.result.loss):
            layer, what = first_overflow(proposal.trace)
            name = proposal.trace.network.layer_name(layer)
            yield f.Diverged(proposal.trace.step, name, what, can_recover(stepper.timeline))

    def _commit(self, command: c.Commit) -> Iterator[f.Fact]:
        _, stepper = self._present()
        if stepper.commit(command.serial):
            yield stepper.progress(self._speed)

    def _revert(self, command: c.Revert) -> Iterator[f.Fact]:
        _, stepper = self._present()
        if stepper.revert(command.serial):
            yield f.Rewound(stepper.run.step)
            yield from self._follow_training()
            yield stepper.progress(self._speed)

    def _go_to(self, command: c.GoTo) -> Iterator[f.Fact]:
        _, stepper = self._present()
        target = max(0, command.step)
        if target < stepper.run.step:
            stepper.go_back_to(target)
            yield f.Rewound(target)
            yield from self._follow_training()
        else:
            stepper.drop_proposal()
            while stepper.run.step < target:
                if (failed := stepper.plain_steps(target - stepper.run.step)) is not None:
                    yield from self._stop_diverged(failed)
                    return
        proposal = stepper.propose_again()
        if command.commit:
            stepper.commit()
        yield from self._report(proposal, command.commit)

    def _follow_training(self, restored: bool = True) -> Iterator[f.Fact]:
        """Report the settings that were in force at the place one has gone back to."""
        preset, stepper = self._present()
        if stepper.run.training != preset.training:
            self._preset = preset.with_training(stepper.run.training)
            yield f.TrainingChanged(stepper.run.training, stepper.run.revision, restored)

    def _propose_drawing(self, command: c.ProposeDrawing) -> Iterator[f.Fact]:
        preset, stepper = self._present()
        dataset = stepper.run.dataset
        if dataset.task is not Task.CLASSES or not 0 <= command.label < len(dataset.classes):
            raise SpecError(f"{preset.title} has no class number {command.label}.")
        batch = stepper.run.data.drawing(command.inputs, command.label, command.sample)
        yield from self._report(stepper.propose(batch))

    # --- running freely -----------------------------------------------------------------------------------------------

    def _start_running(self, command: c.Run) -> Iterator[f.Fact]:
        _, stepper = self._present()
        stepper.drop_proposal()
        stepper.timeline.add(stepper.run.checkpoint())
        self.running, self._stop_at_epoch_end, self._speed = True, command.to_end_of_epoch, 0.0
        self._seconds_per_step = math.inf
        yield from ()

    def advance(self, seconds: float) -> Iterator[f.Fact]:
        """Train freely for about that long, at least one step."""
        _, stepper = self._present()
        run = stepper.run
        started, first = time.perf_counter(), run.step
        elapsed = 0.0
        while self.running and elapsed < seconds / 2:  # few long calls: each has to wait for Python's lock at its end
            steps = max(1, round((seconds - elapsed) / self._seconds_per_step))
            if self._stop_at_epoch_end and run.last_batch_of_epoch:
                yield from self._finish_running()
                return
            if self._stop_at_epoch_end:  # the last one is going to be shown
                steps = min(steps, max(1, run.batches_left - 1))
            if (failed := stepper.plain_steps(steps)) is not None:
                yield from self._stop_diverged(failed)
                return
            elapsed = time.perf_counter() - started
            self._seconds_per_step = elapsed / (run.step - first)
        speed = (run.step - first) * run.training.batch_size / elapsed
        self._speed = speed if self._speed == 0 else 0.9 * self._speed + 0.1 * speed

    def _look(self, command: c.Look) -> Iterator[f.Fact]:
        """Report; while running, take one of the steps recorded, and send its trace along."""
        del command
        _, stepper = self._present()
        if not self.running or (self._stop_at_epoch_end and stepper.run.last_batch_of_epoch):
            yield stepper.progress(self._speed)
            return
        trace, result = stepper.recorded_step()
        if math.isfinite(result.loss):
            yield replace(stepper.progress(self._speed), trace=trace)
        else:
            yield from self._stop_diverged(stepper.run.step - 1)

    def _pause(self, command: c.Pause) -> Iterator[f.Fact]:
        del command
        if self.running:
            yield from self._finish_running()

    def _finish_running(self) -> Iterator[f.Fact]:
        """End free running with a recorded step, so that one can go back from what is shown."""
        _, stepper = self._present()
        self.running = False
        proposal = stepper.propose()
        stepper.commit()
        yield f.Stopped()
        yield from self._report(proposal, committed=True)

    def _stop_diverged(self, step: int) -> Iterator[f.Fact]:
        """Pause because the loss of `step` is not finite, and show the pass in which that happened."""
        _, stepper = self._present()
        self.running = False
        stepper.go_back_to(step)
        yield f.Stopped()
        yield f.Rewound(step)
        yield from self._report(stepper.propose())


_PLACES: dict[type, f.Place] = {
    c.ChangeTraining: f.Place.TRAINING,
    c.Branch: f.Place.TRAINING,
    c.ChangeNetwork: f.Place.ARCHITECTURE,
    c.ChangeData: f.Place.DATA,
    c.SetPoints: f.Place.DATA,
}
