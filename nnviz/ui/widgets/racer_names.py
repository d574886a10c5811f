"""What a racer is called: its optimizer, its learning rate, and what else differs from the defaults."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from nnviz.core.catalogue import Catalogue
from nnviz.core.spec import OptimizerSpec
from nnviz.ui.widgets.number_field import written
from nnviz.ui.widgets.texts import translated


def other_settings(catalogue: Catalogue, spec: OptimizerSpec) -> str:
    """Name the settings, apart from the learning rate, that are not the defaults: "momentum 0.5"."""
    entry = catalogue.optimizer(spec.name)
    changed = [
        f"{translated(entry.settings[name].label).lower()} {written(float(value))}"
        for name, value in spec.settings.items()
        if name != "lr" and value != entry.defaults[name]
    ]
    return ", ".join(changed)


def learning_rate(catalogue: Catalogue, spec: OptimizerSpec) -> str:
    """Write the learning rate."""
    return written(float(catalogue.optimizer(spec.name).complete(spec)["lr"]))


def rate_said(catalogue: Catalogue, spec: OptimizerSpec) -> str:
    """Write the learning rate, and whether it is the one that one usually begins with: "0.001, usual"."""
    rate = learning_rate(catalogue, spec)
    if not has_usual_rate(catalogue, spec):
        return rate
    return QCoreApplication.translate("racer_names", "{rate}, usual").format(rate=rate)


def has_usual_rate(catalogue: Catalogue, spec: OptimizerSpec) -> bool:
    """Whether it has the learning rate that one usually begins with."""
    entry = catalogue.optimizer(spec.name)
    return entry.complete(spec)["lr"] == entry.usual_lr


def optimizer_name(catalogue: Catalogue, spec: OptimizerSpec) -> str:
    """Name an optimizer, and what differs from its defaults apart from the learning rate."""
    parts = (translated(catalogue.optimizer(spec.name).label), other_settings(catalogue, spec))
    return " · ".join(part for part in parts if part)


def racer_name(catalogue: Catalogue, spec: OptimizerSpec) -> str:
    """Name an optimizer with its settings: "Adam · lr 0.001 · weight decay 0.01"."""
    label = translated(catalogue.optimizer(spec.name).label)
    parts = (label, f"lr {learning_rate(catalogue, spec)}", other_settings(catalogue, spec))
    return " · ".join(part for part in parts if part)


def short_names(catalogue: Catalogue, specs: Sequence[OptimizerSpec]) -> list[str]:
    """Name optimizers by as little as tells them apart: which they are, or their learning rates, or everything."""
    for short in (
        [translated(catalogue.optimizer(spec.name).label) for spec in specs],
        [optimizer_name(catalogue, spec) for spec in specs],
        [f"lr {learning_rate(catalogue, spec)}" for spec in specs],
    ):
        if len(set(short)) == len(short):
            return short
    return [racer_name(catalogue, spec) for spec in specs]
