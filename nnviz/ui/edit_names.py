"""How an edit is named in the menu: by what becomes different with it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from nnviz.core.catalogue import Catalogue
from nnviz.core.data import DataSummary
from nnviz.core.pokes import Change, Freeze, Pokes, SetWeight
from nnviz.core.settings import settings_of
from nnviz.core.spec import NetworkSpec, Preset, TrainingSpec
from nnviz.ui.formula.numbers import significant
from nnviz.ui.widgets.number_field import written
from nnviz.ui.widgets.poke_texts import short_name
from nnviz.ui.widgets.texts import translated

translate = QCoreApplication.translate


@dataclass(frozen=True)
class Edits:
    """All that a person has chosen, settings and changes by hand; and the `revision` of the network made of it."""

    preset: Preset
    pokes: Pokes
    revision: int


def edit_name(before: Edits, after: Edits, catalogue: Catalogue, summary: DataSummary | None) -> str:
    """Name what leads from one state to the next, in a few words."""
    old, new = before.preset, after.preset
    if old.data.points != new.data.points:
        return translate("edits", "points")
    if old.data != new.data:
        return translate("edits", "data")
    if old.network != new.network:
        return translate("edits", "architecture")
    if old.training != new.training:
        return _training_name(old.training, new.training, catalogue)
    if before.revision != after.revision:  # with the same settings: trained anew, or by another
        return translate("edits", "weights")
    changes = before.pokes.changes_to(after.pokes)
    return ", ".join(_poke_name(change, new.network, summary) for change in changes[:1]) + " …" * (len(changes) > 1)


def _training_name(old: TrainingSpec, new: TrainingSpec, catalogue: Catalogue) -> str:
    """Name the optimizer, the loss, or the first setting that is another."""
    entry = catalogue.optimizer(new.optimizer.name)
    if old.optimizer.name != entry.name:
        return translated(entry.label)
    if old.loss != new.loss:
        return translated(catalogue.loss(new.loss).label)
    before, after = entry.complete(old.optimizer), entry.complete(new.optimizer)
    declared = settings_of(TrainingSpec)
    rows = [(setting, before[name], after[name]) for name, setting in entry.settings.items()]
    rows += [(setting, getattr(old, name), getattr(new, name)) for name, setting in declared.items()]
    changed = [(setting.label, value) for setting, was, value in rows if was != value]
    if not changed:
        return translate("edits", "training")
    label, value = changed[0]
    return f"{translated(label)} {written(float(value))}" + " …" * (len(changed) > 1)


def _poke_name(change: Change, network: NetworkSpec, summary: DataSummary | None) -> str:
    if isinstance(change, SetWeight):
        text, what = translate("edits", "{what} = {value}"), change.weight
        return text.format(what=short_name(what, network, summary), value=significant(change.value, 4))
    if isinstance(change, Freeze):
        text = translate("edits", "freeze {what}") if change.on else translate("edits", "let {what} learn")
        return text.format(what=short_name(change.what, network, summary))
    text = translate("edits", "switch {what} off") if change.on else translate("edits", "switch {what} on")
    return text.format(what=short_name(change.unit, network, summary))
