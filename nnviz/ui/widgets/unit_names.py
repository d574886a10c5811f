"""How neurons, pixels and features are called. All are counted from 0, as in the formulas and in the arrays."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from nnviz.core.data import DataSummary
from nnviz.core.explain import image_behind, input_behind
from nnviz.core.spec import NetworkSpec
from nnviz.ui.widgets.texts import translated

translate = QCoreApplication.translate


@dataclass(frozen=True)
class UnitNames:
    """Names of the units of one layer.

    Attributes
    ----------
    layer_name : str
    names : tuple of str
        Names of features or classes, where there are any.
    columns : int
        For pixels: how many there are in a row of the image; else 0.
    kind : str
        Neuron, pixel, class …
    """

    layer_name: str
    names: tuple[str, ...]
    columns: int = 0
    kind: str = ""

    def short(self, unit: int) -> str:
        """Return a name for tables under the heading `kind`: 7, or row,column."""
        if self.columns:
            row, column = divmod(unit, self.columns)
            return f"{row},{column}"
        return self.names[unit] if unit < len(self.names) else str(unit)

    def of_kind(self, unit: int) -> str:
        """Return a name that says what it is: neuron 7."""
        if self.columns:
            row, column = divmod(unit, self.columns)
            return translate("names", "pixel in row {row}, column {column}").format(row=row, column=column)
        return f"{self.kind} {self.short(unit)}"

    def long(self, unit: int) -> str:
        """Return a name that stands alone: Hidden 1 · neuron 7."""
        return f"{self.layer_name} · {self.of_kind(unit)}"


def unit_names(network: NetworkSpec, layer: int, summary: DataSummary | None) -> UnitNames:
    """Choose names for the units of `layer`: after pixels, features or classes where they stand for some."""
    layer_name = translated(network.layer_name(layer))
    shape = image_behind(network, layer)
    if shape is not None:
        return UnitNames(layer_name, (), shape[1], translate("names", "pixel"))
    if input_behind(network, layer):
        features = () if summary is None else summary.feature_names
        return UnitNames(layer_name, features, 0, translate("names", "feature"))
    units = network.output_shapes()[layer]
    is_last = layer == len(network.layers) - 1
    if is_last and summary is not None and units == (len(summary.classes),):
        return UnitNames(layer_name, summary.classes, 0, translate("names", "class"))
    return UnitNames(layer_name, (), 0, translate("names", "neuron"))
