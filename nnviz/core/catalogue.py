"""What there is to choose from, by name. Filled by the engine, handed to the window by ``app``; needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from nnviz.core.settings import Setting, check_values
from nnviz.core.spec import LayerSpec, OptimizerSpec, Preset, SpecError


@dataclass(frozen=True)
class OptimizerEntry:
    """An optimizer: its name, one teaching sentence, its update rule, its settings and their defaults.

    `usual_lr` is the learning rate that one usually begins with. The defaults are PyTorch's, and with its 0.001 SGD
    hardly moves.
    """

    name: str
    label: str
    help: str
    formula: str
    settings: Mapping[str, Setting]
    defaults: Mapping[str, float]
    usual_lr: float

    @property
    def usual(self) -> OptimizerSpec:
        """The optimizer as one usually begins with it."""
        return OptimizerSpec(self.name, {"lr": self.usual_lr})

    def complete(self, spec: OptimizerSpec) -> dict[str, float]:
        """Return all settings of `spec`, defaults filled in.

        Raises
        ------
        SettingError
            For unknown settings and values out of range.
        """
        check_values(self.settings, spec.settings)
        return {**self.defaults, **spec.settings}


@dataclass(frozen=True)
class LossEntry:
    """A loss: its name, one teaching sentence, its formula, and the outputs it can judge.

    `fused_activation` is the activation that is computed together with the loss, from the logits, because this is
    numerically safe (softmax with categorical, sigmoid with binary cross-entropy).
    """

    name: str
    label: str
    help: str
    formula: str
    fused_activation: str | None = None


@dataclass(frozen=True)
class DatasetEntry:
    """A data set: its name, one sentence, and its own settings with their defaults."""

    name: str
    label: str
    help: str
    settings: Mapping[str, Setting]
    defaults: Mapping[str, object]
    sample_shape: tuple[int, ...]
    classes: tuple[str, ...]
    needs_download: bool = False


@dataclass(frozen=True)
class Catalogue:
    """All there is to choose from."""

    layers: tuple[type[LayerSpec], ...]
    optimizers: tuple[OptimizerEntry, ...]
    losses: tuple[LossEntry, ...]
    datasets: tuple[DatasetEntry, ...]
    presets: Mapping[str, Preset]

    def optimizer(self, name: str) -> OptimizerEntry:
        """Find an optimizer; raises `SpecError` for an unknown name."""
        return _find(self.optimizers, name, "optimizer")

    def loss(self, name: str) -> LossEntry:
        """Find a loss; raises `SpecError` for an unknown name."""
        return _find(self.losses, name, "loss")

    def dataset(self, name: str) -> DatasetEntry:
        """Find a data set; raises `SpecError` for an unknown name."""
        return _find(self.datasets, name, "data set")


Entry = TypeVar("Entry", OptimizerEntry, LossEntry, DatasetEntry)


def _find(entries: tuple[Entry, ...], name: str, what: str) -> Entry:
    for entry in entries:
        if entry.name == name:
            return entry
    raise SpecError(f"There is no {what} {name!r}; there are: {', '.join(entry.name for entry in entries)}.")
