"""What may be seen of a stage that is solved in part: the numbers that were worked out, and gaps for the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from nnviz.core.data import FloatArray
from nnviz.core.playback import Frame, LayerFrame
from nnviz.core.trace import frozen
from nnviz.core.worksheet_quantities import Kind, Quantity


def with_solved(known: Frame, ahead: Frame, solved: Sequence[Quantity]) -> Frame:
    """Add to `known` what is solved of the numbers that `ahead`, the next stage's frame, brings.

    The others of its layer are NaN: see `Frame.partial`.
    """
    by_layer: dict[int, list[Quantity]] = {}
    for asked in solved:
        by_layer.setdefault(asked.layer, []).append(asked)
    if not by_layer:
        return known
    layers = list(known.layers)
    for index, quantities in by_layer.items():
        layers[index] = _layer_with(known.layers[index], ahead, quantities)
    return replace(known, layers=tuple(layers), partial=True)


def _layer_with(layer: LayerFrame, ahead: Frame, solved: list[Quantity]) -> LayerFrame:
    full, part = ahead.layers[layer.index], ahead.stage.part
    units = tuple(asked.unit for asked in solved)
    match solved[0].kind:
        case Kind.SUM | Kind.OUTPUT:
            return replace(layer, values=_added(layer.values, part, full.values[part], (units,)))
        case Kind.OUTPUT_GRADIENT | Kind.DELTA:
            return replace(layer, gradients=_added(layer.gradients, part, full.gradients[part], (units,)))
        case Kind.WEIGHT_GRADIENT | Kind.BIAS_GRADIENT:
            gradients = layer.parameter_gradients
            for name, where in _places(solved).items():
                gradients = _added(gradients, name, full.parameter_gradients[name], where)
            return replace(layer, parameter_gradients=gradients)
        case Kind.UPDATE:
            updates = _added({}, "weight", full.parameter_updates["weight"], _places(solved)["weight"])
            return replace(layer, parameter_updates=updates)
        case Kind.LOSS:  # one question: when it is solved, so is the stage
            return layer


def _places(solved: list[Quantity]) -> dict[str, tuple[tuple[int, ...], ...]]:
    """Sort into weights and biases: name of the parameter → indices, as NumPy takes them."""
    weights = [(asked.unit, asked.source) for asked in solved if asked.source is not None]
    biases = tuple(asked.unit for asked in solved if asked.source is None)
    places: dict[str, tuple[tuple[int, ...], ...]] = {"bias": (biases,)} if biases else {}
    if weights:
        places["weight"] = tuple(zip(*weights, strict=True))
    return places


def _added(
    known: Mapping[str, FloatArray], name: str, full: FloatArray, where: tuple[tuple[int, ...], ...]
) -> dict[str, FloatArray]:
    seen = np.full_like(full, np.nan)
    seen[where] = full[where]
    return {**known, name: frozen(seen)}
