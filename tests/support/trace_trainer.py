"""A trainer that answers with reference traces: for the tests of panels that show what is in a trace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.data import DataSummary, Task
from nnviz.core.spec import Preset
from nnviz.core.trace import PartRecord, Trace, frozen
from tests.support.reference import example_trace

DIGITS = tuple("0123456789")


def summary_of(preset: Preset, classes: tuple[str, ...]) -> DataSummary:
    """What the session is told of data that fit the network."""
    shape = preset.network.output_shapes()[0]
    divisor = {(8, 8): 16.0, (28, 28): 255.0}.get(shape, 1.0)
    raw = np.zeros((4, *shape), np.uint8)
    return DataSummary(
        name=preset.data.name,
        title="Example",
        sample_shape=shape,
        training_samples=80,
        validation_samples=20,
        test_samples=0,
        divisor=divisor,
        classes=classes,
        task=Task.CLASSES if classes else Task.VALUES,
        feature_names=("x₁", "x₂") if len(shape) == 1 else (),
        value_range=(0.0, divisor) if len(shape) == 2 else (-6.0, 6.0),
        stored_type="uint8",
        preview_raw=raw,
        preview_targets=np.zeros(4, np.int64),
    )


class TraceTrainer:
    """Remembers the commands, and records example traces of a batch size that can be changed."""

    def __init__(self, preset: Preset, classes: tuple[str, ...] = DIGITS, batch: int = 8) -> None:
        self.preset = preset
        self.classes = classes
        self.batch = batch
        self.running = False
        self.commands: list[c.Command] = []
        self.step = 0

    def execute(self, command: c.Command) -> Iterable[f.Fact]:
        if isinstance(command, c.Foresee):  # nobody asked for it: it comes by itself
            return
        self.commands.append(command)
        match command:
            case c.LoadPreset():
                summary = summary_of(self.preset, self.classes)
                yield f.Loaded(self.preset, summary, 0, 0)
                yield f.Recorded(self._trace(), committed=False)
            case c.Propose():
                self.step += 1
                yield f.Recorded(self._trace(), committed=False)
            case c.Run():
                self.running = True
            case c.Look():
                self.step += 1
                yield f.Progress(0, self.step, 0, 0, 10, 0, 100.0, trace=self._trace())
            case c.Pause():
                self.running = False
                yield f.Stopped()
                yield f.Recorded(self._trace(), committed=True)
            case c.Predict(inputs):
                yield f.Predicted(without_targets(self.drawn(inputs, 0)))
            case c.ProposeDrawing(inputs, label):
                yield f.Recorded(self.drawn(inputs, label), committed=False)

    def _trace(self) -> Trace:
        return example_trace(self.preset.network, self.batch, seed=self.step, step=self.step)

    def drawn(self, inputs: np.ndarray, label: int) -> Trace:
        """Some trace of a batch of one, with these inputs and that target."""
        trace = example_trace(self.preset.network, 1, seed=1)
        first = replace(trace.layers[0], parts={"output": PartRecord(frozen(inputs[None].copy()), None)})
        return replace(
            trace,
            inputs=frozen(inputs[None].copy()),
            layers=(first, *trace.layers[1:]),
            targets=frozen(np.array([label])),
            sample_indices=frozen(np.array([-1])),
            is_drawing=True,
        )

    def advance(self, seconds: float) -> Iterable[f.Fact]:
        return ()

    def stop(self) -> None:
        self.running = False

    def sent(self, kind: type) -> list[c.Command]:
        """The commands of one kind."""
        return [command for command in self.commands if isinstance(command, kind)]


def without_targets(trace: Trace) -> Trace:
    """A forward pass alone."""
    return replace(trace, targets=None, target_values=None, loss=None, sample_losses=None)
