"""How what is changed by hand is named."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from nnviz.core.data import DataSummary
from nnviz.core.pokes import BIAS, UnitPlace, WeightPlace
from nnviz.core.spec import NetworkSpec
from nnviz.ui.widgets.unit_names import unit_names

translate = QCoreApplication.translate


def short_name(what: WeightPlace | UnitPlace, network: NetworkSpec, summary: DataSummary | None) -> str:
    """Name a weight, a bias, or a neuron, for a table."""
    names = unit_names(network, what.layer, summary)
    neuron = f"{names.layer_name} · {names.short(what.unit)}"
    if isinstance(what, UnitPlace):
        return neuron
    if what.source == BIAS:
        return translate("pokes", "{neuron}, bias").format(neuron=neuron)
    return f"{neuron} ← {unit_names(network, what.layer - 1, summary).short(what.source)}"


def long_name(what: WeightPlace | UnitPlace, network: NetworkSpec, summary: DataSummary | None) -> str:
    """Name it so that it can stand alone."""
    neuron = unit_names(network, what.layer, summary).long(what.unit)
    if isinstance(what, UnitPlace):
        return neuron
    if what.source == BIAS:
        return translate("pokes", "Bias of {neuron}").format(neuron=neuron)
    source = unit_names(network, what.layer - 1, summary).long(what.source)
    return f"{source} → {neuron}"
