"""A trainer that agrees to every setting, unless told otherwise: for the tests of the forms and panels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.data import DataSummary, Task
from nnviz.core.devices import Devices
from nnviz.core.spec import Preset
from nnviz.engine.catalogue import catalogue

POINTS = 500
IMAGES = 1_000
TEST_IMAGES = 100


def example_summary(preset: Preset) -> DataSummary:
    """What a data panel is told of the preset's data: random samples of the right shape."""
    entry = catalogue().dataset(preset.data.name)
    rng = np.random.default_rng(0)
    is_image = len(entry.sample_shape) == 2
    count = IMAGES if is_image else int(preset.data.settings.get("samples", POINTS))
    held_out = round(count * preset.data.validation_split)
    divisor = 255.0 if is_image else 1.0
    raw = rng.integers(0, 256, (count, *entry.sample_shape), np.uint8)
    raw = raw if is_image else (raw.astype(np.float32) / 64 - 2)
    targets = rng.integers(0, len(entry.classes), count) if entry.classes else rng.random((count, 1), np.float32)
    return DataSummary(
        name=entry.name,
        title=entry.label,
        sample_shape=entry.sample_shape,
        training_samples=count - held_out,
        validation_samples=held_out,
        test_samples=TEST_IMAGES if is_image else 0,
        divisor=divisor,
        classes=entry.classes,
        task=Task.CLASSES if entry.classes else Task.VALUES,
        feature_names=() if is_image else ("x₁", "x₂"),
        value_range=(float(raw.min()), float(raw.max())),
        stored_type=str(raw.dtype),
        preview_raw=raw[:24],
        preview_targets=targets[:24],
        points=None if is_image else raw,
        point_targets=None if is_image else targets,
    )


class SettingsTrainer:
    """Remembers the commands; `refusal`, if set, answers the next change."""

    running = False

    def __init__(self) -> None:
        self.commands: list[c.Command] = []
        self.refusal: f.Fact | None = None
        self.has_mnist = False
        self.preset: Preset | None = None
        self.revision = 0
        self.devices = Devices()

    def execute(self, command: c.Command) -> Iterable[f.Fact]:
        if isinstance(command, c.Foresee):  # nobody asked for it: it comes by itself
            return ()
        self.commands.append(command)
        if isinstance(command, c.LoadPreset):
            return self._load(command.preset)
        if self.preset is None or isinstance(command, c.SetMemoryLimit | c.SetDataFolder):
            return ()
        if self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            return (refusal,)
        match command:
            case c.ChangeTraining():
                self.preset = replace(self.preset, training=command.training)
                return (f.TrainingChanged(command.training, self.revision),)
            case c.ChangeNetwork():
                return self._load(replace(self.preset, network=command.network))
            case c.SetDevice():
                used = "cpu" if command.name == "auto" else command.name
                self.devices = replace(self.devices, wish=command.name, used=used)
                return self._load(self.preset)
            case c.Ask():
                return (f.Answered(command.question, {"cpu": 0.00016, "cuda": 0.0009}),)
            case c.ChangeData():
                return self._load(replace(self.preset, data=command.data))
        return ()

    def _load(self, preset: Preset) -> Iterable[f.Fact]:
        if preset.data.name == "mnist" and not self.has_mnist:
            return (f.DataMissing(catalogue().presets["mnist"], "MNIST", "MNIST is not on this computer yet (11 MB)."),)
        self.preset = preset
        self.revision += 1
        return (f.Loaded(preset, example_summary(preset), self.revision, 0, devices=self.devices),)

    def advance(self, seconds: float) -> Iterable[f.Fact]:
        return ()

    def stop(self) -> None:
        """Nothing runs."""

    def sent(self, kind: type) -> list[c.Command]:
        """The commands of one kind."""
        return [command for command in self.commands if isinstance(command, kind)]
