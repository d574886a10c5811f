"""What a racer is called: its optimizer, its learning rate, and what else differs from the defaults."""

from __future__ import annotations

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


def optimizer_name(catalogue: Catalogue, spec: OptimizerSpec) -> str:
    """Name an optimizer, and what differs from its defaults apart from the learning rate."""
    parts = (translated(catalogue.optimizer(spec.name).label), other_settings(catalogue, spec))
    return " · ".join(part for part in parts if part)


def racer_name(catalogue: Catalogue, spec: OptimizerSpec) -> str:
    """Name an optimizer with its settings: "Adam · 0.001 · weight decay 0.01"."""
    label = translated(catalogue.optimizer(spec.name).label)
    parts = (label, learning_rate(catalogue, spec), other_settings(catalogue, spec))
    return " · ".join(part for part in parts if part)
