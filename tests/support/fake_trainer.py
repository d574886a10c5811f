"""A trainer without torch that keeps the promises of the real one: for tests of the session and of the window."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.data import DataSummary, Task
from nnviz.core.history import BatchPoints
from nnviz.core.spec import Preset, TrainingSpec
from nnviz.core.trace import Trace
from tests.support.reference import example_preset, example_trace

BATCHES = 5
BATCH_SIZE = 4


def summary_of(preset: Preset) -> DataSummary:
    shape = preset.network.output_shapes()[0]
    return DataSummary(
        name=preset.data.name,
        title=preset.title,
        sample_shape=shape,
        training_samples=20,
        validation_samples=5,
        test_samples=0,
        divisor=16.0,
        classes=tuple("0123456789"),
        task=Task.CLASSES,
        feature_names=(),
        value_range=(0.0, 16.0),
        stored_type="uint8",
        preview_raw=np.zeros((4, *shape), np.uint8),
        preview_targets=np.zeros(4, np.int64),
    )


class FakeTrainer:
    """Counts steps instead of learning. `commands` is what it was told; `answer`, if set, answers the next command."""

    def __init__(self) -> None:
        self.running = False
        self.commands: list[c.Command] = []
        self.threads: set[int] = set()
        self.answer: list[f.Fact] | Exception | None = None
        self.step = 0
        self.oldest_step = 0
        self.revision = 0
        self.trace_revision: int | None = None
        self.preset = example_preset()
        self.reported = 0
        self.hold = threading.Event()
        self.hold.set()

    def told(self, kind: type) -> list[c.Command]:
        return [command for command in self.commands if isinstance(command, kind)]

    def execute(self, command: c.Command) -> Iterator[f.Fact]:
        if isinstance(command, c.Foresee):  # nobody asked for it: it comes by itself
            return
        self.commands.append(command)
        self.threads.add(threading.get_ident())
        self.hold.wait(10)
        answer, self.answer = self.answer, None
        if isinstance(answer, Exception):
            raise answer
        yield from answer if answer is not None else self._answer(command)

    def _answer(self, command: c.Command) -> Iterator[f.Fact]:
        match command:
            case c.LoadPreset():
                yield from self._begin(command.preset)
            case c.BringBack():
                yield from self._answer(command.otherwise)
            case c.Reset():
                yield from self._begin(self.preset)
            case c.Propose():
                yield from self._record(False)
            case c.Commit():
                self.step += 1
                yield self._progress()
            case c.Revert():
                self.step -= 1
                yield f.Rewound(self.step)
                yield self._progress()
            case c.GoTo():
                self.step = command.step
                yield f.Rewound(self.step)
                yield from self._record(command.commit)
            case c.ChangeTraining():
                self.preset = self.preset.with_training(command.training)
                yield f.TrainingChanged(command.training, self.revision)
                yield from self._record(False)
            case c.Run():
                self.running = True
            case c.Pause():
                self.running = False
                yield f.Stopped()
                yield from self._record(True)
            case c.Look():
                yield replace(self._progress(), trace=self._trace())
            case c.Predict():
                yield f.Predicted(_forward_only(self._trace()))
            case c.ProposeDrawing():
                drawing = replace(example_trace(self.preset.network, 1), is_drawing=True, revision=self.revision)
                yield f.Recorded(drawing, False)
            case c.SaveFile() | c.ExportStep():
                yield f.Saved(command.path)
            case c.OpenFile():
                yield from self._begin(self.preset)
            case c.RecoverFromDivergence():
                yield from self._record(False)

    def advance(self, seconds: float) -> Iterator[f.Fact]:
        self.step += 1
        yield from ()

    def stop(self) -> None:
        self.running = False

    def _begin(self, preset: Preset) -> Iterator[f.Fact]:
        self.preset, self.running, self.step, self.reported = preset, False, 0, 0
        self.revision += 1
        yield f.Working("")
        yield f.Loaded(preset, summary_of(preset), self.revision, 0)
        yield from self._record(False)

    def _record(self, committed: bool) -> Iterator[f.Fact]:
        trace = self._trace()
        if committed:
            self.step += 1
        yield self._progress()
        yield f.Recorded(trace, committed)

    def _trace(self) -> Trace:
        trace = example_trace(self.preset.network, BATCH_SIZE, seed=self.step, step=self.step)
        revision = self.revision if self.trace_revision is None else self.trace_revision
        optimizer = self.preset.training.optimizer
        epoch, batch = divmod(self.step, BATCHES)
        return replace(trace, revision=revision, optimizer=optimizer, epoch=epoch, batch=batch, batches=BATCHES)

    def _progress(self) -> f.Progress:
        new = max(0, self.step - self.reported)
        losses = np.linspace(2, 1, new, dtype=np.float32)
        points = (BatchPoints(self.reported, losses, losses / 4),) if new else ()
        self.reported = self.step
        epoch, batch = divmod(self.step, BATCHES)
        return f.Progress(self.revision, self.step, epoch, batch, BATCHES, self.oldest_step, 1234.5, points)


def _forward_only(trace: Trace) -> Trace:
    return replace(trace, loss=None, sample_losses=None, targets=None, target_values=None)


def faster(training: TrainingSpec, name: str = "sgd") -> TrainingSpec:
    """The same training with another optimizer."""
    return replace(training, optimizer=replace(training.optimizer, name=name))
