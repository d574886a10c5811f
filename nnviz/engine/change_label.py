"""What a change of the training is called on the curves."""

from __future__ import annotations

from nnviz.core.catalogue import Catalogue
from nnviz.core.spec import TrainingSpec


def change_label(catalogue: Catalogue, old: TrainingSpec, new: TrainingSpec) -> str:
    """Say in a few words what has changed."""
    entry = catalogue.optimizer(new.optimizer.name)
    after = entry.complete(new.optimizer)
    if new.optimizer.name != old.optimizer.name:
        return entry.label
    before = entry.complete(old.optimizer)
    changed = [f"{name} {after[name]:g}" for name in after if after[name] != before[name]]
    changed += [
        f"{label} {getattr(new, name):g}"
        for name, label in (("batch_size", "batch"), ("l1", "L1"), ("l2", "L2"))
        if getattr(new, name) != getattr(old, name)
    ]
    if new.loss != old.loss:
        changed.append(catalogue.loss(new.loss).label)
    return ", ".join(changed) or entry.label
