"""What the picture shows at a frame: numbers, their scales, and what recedes. Pure; the items only paint it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from nnviz.core.data import FloatArray
from nnviz.core.memo import Memo
from nnviz.core.playback import EdgeMode, EdgeValues, Frame, LayerFrame, Phase, edge_values, shown_edge_mode
from nnviz.core.spec import NetworkSpec, Part, Picture, Wiring
from nnviz.ui.graph.hit_test import EdgePick
from nnviz.ui.graph.scale import Limits, ScaleChoice, robust_limit

FEWEST_FOR_DEAD = 8  # samples: a neuron that is 0 for fewer may just be choosy
BOUNDED = frozenset({"sigmoid", "softmax", "tanh"})  # activations whose natural scale is −1 … 1
RECEDED = 0.5

_reach_of = Memo(robust_limit)  # the arrays of a trace are looked at again at every stage of it


@dataclass(frozen=True)
class LayerLook:
    """The values of one layer.

    Attributes
    ----------
    values : ndarray, shape (values,), or None
        None while nothing has been computed.
    limit : float
        Gets the full colour.
    is_gradient : bool
        Whether these are gradients.
    part : Part
        What is shown.
    dim : bool
        Whether the layer recedes: its activation stands in for a gradient that is not known yet.
    dead : ndarray of bool, shape (values,), or None
        Neurons that could be anything, but are 0 for every sample of the batch.
    partial : bool
        Whether what is NaN is not known yet, rather than the end of a training that has diverged.
    """

    values: FloatArray | None
    limit: float
    is_gradient: bool
    part: Part
    dim: bool
    dead: NDArray[np.bool_] | None = None
    partial: bool = False


@dataclass(frozen=True)
class GapLook:
    """What runs between layer `layer` − 1 and `layer`.

    Attributes
    ----------
    wiring : Wiring
    shape : tuple of int
        (outputs, inputs).
    values : ndarray or EdgeNumbers, shape (outputs, inputs), or None
        Numbers on the edges of a dense layer; None where they are not known yet, and for other wirings.
    passes : ndarray of bool, shape (outputs,), or None
        For a one-to-one wiring: which values get through.
    emphasis : float
        Share of the full opacity: gaps that are not at work recede.
    """

    layer: int
    wiring: Wiring
    shape: tuple[int, int]
    values: EdgeValues | None
    limit: float
    passes: NDArray[np.bool_] | None
    emphasis: float

    @property
    def edge_count(self) -> int:
        """Count the edges that carry a weight."""
        return prod(self.shape) if self.wiring is Wiring.DENSE else 0


@dataclass(frozen=True)
class Look:
    """The whole picture: `gaps[i]` lies before layer i + 1. `mode` is never ``AUTO``."""

    layers: tuple[LayerLook, ...]
    gaps: tuple[GapLook, ...]
    mode: EdgeMode

    @property
    def edge_is_gradient(self) -> bool:
        """Whether the edges wear the colours of gradients."""
        return self.mode in (EdgeMode.GRADIENT, EdgeMode.UPDATE)

    def edge_color(self, edge: EdgePick) -> str:
        """Name the colour of the theme that says which sign the number on one edge has."""
        values = self.gaps[edge.layer - 1].values
        return sign_color(0.0 if values is None else float(values[edge.out, edge.source]), self.edge_is_gradient)


def sign_color(value: float, is_gradient: bool) -> str:
    """Name the colour of the theme for the sign of a number; what is 0, not known, or not a number has none."""
    if not value > 0 and not value < 0:
        return "muted"
    sign = "positive" if value > 0 else "negative"
    return f"gradient_{sign}" if is_gradient else sign


def _gap_shape(network: NetworkSpec, layer: int) -> tuple[int, int]:
    shapes = network.output_shapes()
    return prod(shapes[layer]), prod(shapes[layer - 1])


def blank_look(network: NetworkSpec, mode: EdgeMode) -> Look:
    """Nothing is computed, nothing is known."""
    layers = tuple(LayerLook(None, 1.0, False, spec.parts[-1], False) for spec in network.layers)
    gaps = tuple(
        GapLook(index, network.layers[index].wiring, _gap_shape(network, index), None, 1.0, None, 1.0)
        for index in range(1, len(network.layers))
    )
    return Look(layers, gaps, shown_edge_mode(mode, None))


def shown_part(frame: Frame, layer: LayerFrame) -> tuple[Part, FloatArray | None, bool]:
    """Which part of a layer its neurons show, its values, and whether they are gradients.

    On the way back the gradient that was computed last, as soon as there is one; else the newest value.
    """
    parts = layer.spec.parts
    backward = frame.phase in (Phase.BACKWARD, Phase.UPDATE) and not frame.cursor.overview
    if backward and layer.picture not in (Picture.IMAGE, Picture.STRIP):
        for part in parts:
            if part.name in layer.gradients:
                return part, layer.gradients[part.name], True
    for part in reversed(parts):
        if part.name in layer.values:
            return part, layer.values[part.name], False
    return parts[-1], None, False


def _natural_limit(frame: Frame, layer: LayerFrame, part: Part, is_gradient: bool) -> float:
    """Reach of a part. That of values covers the whole batch, so that colours can be compared from sample to sample."""
    if not is_gradient and part is layer.spec.parts[-1] and layer.spec.activation_name in BOUNDED:
        return 1.0
    if is_gradient:  # a sample that is classified well has tiny gradients, whose pattern should be seen all the same
        return robust_limit(layer.gradients[part.name])
    return _reach_of(frame.trace.layers[layer.index].parts[part.name].value)


@Memo
def _silent(output: FloatArray) -> NDArray[np.bool_]:
    """Which units are 0 for every sample of a batch."""
    silent: NDArray[np.bool_] = ~output.any(axis=0)
    return silent


def dead_units(frame: Frame, layer: LayerFrame) -> NDArray[np.bool_] | None:
    """Which neurons with a ReLU are 0 for every sample of the batch; None without one, or for too few samples."""
    output = frame.trace.layers[layer.index].parts[layer.spec.parts[-1].name].value
    if layer.spec.activation_name != "relu" or layer.output is None or len(output) < FEWEST_FOR_DEAD:
        return None
    dead = _silent(output)
    return dead if dead.any() else None


def _gap_look(frame: Frame, layer: int, values: EdgeValues | None, limit: float) -> GapLook:
    here, before = frame.layers[layer], frame.layers[layer - 1]
    passes = None
    if here.spec.wiring is not Wiring.DENSE and here.output is not None and before.output is not None:
        passes = ~((np.ravel(here.output) == 0) & (np.ravel(before.output) != 0))
    at_work = frame.flow_gap is None or frame.flow_gap == layer
    return GapLook(
        layer=layer,
        wiring=here.spec.wiring,
        shape=_gap_shape(frame.trace.network, layer),
        values=values,
        limit=limit,
        passes=passes,
        emphasis=1.0 if at_work or frame.cursor.overview else RECEDED,
    )


@dataclass(frozen=True)
class Scales:
    """The choice of the user, and the limits that were in use before."""

    choice: ScaleChoice
    limits: Limits
    steady: bool

    def resolve(self, family: str, reaches: dict[int, float], shared: dict[int, float]) -> dict[int, float]:
        """Limit for each layer, from how far its numbers reach; `shared` are those that count for the whole network."""
        fixed = self.choice is ScaleChoice.FIXED
        if self.choice is ScaleChoice.LAYER:
            return {i: self.limits.limit((family, i), reach, self.steady, fixed) for i, reach in reaches.items()}
        limit = self.limits.limit(family, max(shared.values(), default=0.0), self.steady, fixed)
        return dict.fromkeys(reaches, limit)


def _layer_looks(frame: Frame, mode: EdgeMode, scales: Scales) -> tuple[LayerLook, ...]:
    parts = [shown_part(frame, layer) for layer in frame.layers]
    limits: dict[int, float] = {}
    for is_gradient in (False, True):
        reaches = {
            layer.index: _natural_limit(frame, layer, part, gradient)
            for layer, (part, _, gradient) in zip(frame.layers, parts, strict=True)
            if gradient is is_gradient
        }
        shared = {index: reach for index, reach in reaches.items() if _counts(frame.layers[index])}
        limits |= scales.resolve("gradient" if is_gradient else "value", reaches, shared)
    dims = mode is EdgeMode.GRADIENT and frame.phase is Phase.BACKWARD
    return tuple(
        LayerLook(
            values=None if values is None else np.ravel(values),
            limit=limits[layer.index],
            is_gradient=gradient,
            part=part,
            dim=dims and not gradient,
            dead=None if values is None or gradient else dead_units(frame, layer),
            partial=frame.partial,
        )
        for layer, (part, values, gradient) in zip(frame.layers, parts, strict=True)
    )


def look_at(frame: Frame, mode: EdgeMode, scales: Scales) -> Look:
    """Resolve a frame and the choices of the user into what is painted."""
    shown_mode = shown_edge_mode(mode, frame)
    edges = {
        index: edge_values(frame, index, shown_mode)
        for index, layer in enumerate(frame.layers)
        if layer.spec.wiring is Wiring.DENSE
    }
    reaches = {index: _reach_of(values) for index, values in edges.items() if values is not None}
    limits = scales.resolve(shown_mode.value, reaches, reaches)
    gaps = tuple(
        _gap_look(frame, index, edges.get(index), limits.get(index, 1.0)) for index in range(1, len(frame.layers))
    )
    return Look(_layer_looks(frame, shown_mode, scales), gaps, shown_mode)


def with_known_edges(look: Look, before: Look) -> Look:
    """Return `look` with the very arrays of the look before where their numbers are the same.

    What was worked out for an array (which edges are the strongest, how they look) is known as long as it is that one.
    Each batch and each stroke on the drawing pad comes with copies of all weights, which may not have changed.
    """
    if len(look.gaps) != len(before.gaps):
        return look
    pairs = zip(look.gaps, before.gaps, strict=True)
    return replace(look, gaps=tuple(replace(new, values=_known(new.values, old.values)) for new, old in pairs))


def _known(new: EdgeValues | None, old: EdgeValues | None) -> EdgeValues | None:
    if not (isinstance(new, np.ndarray) and isinstance(old, np.ndarray)) or new is old or new.shape != old.shape:
        return new
    return old if np.array_equal(new[0], old[0]) and np.array_equal(new, old) else new  # most differ in the first row


def _counts(layer: LayerFrame) -> bool:
    """Whether a layer takes part in the scale of the whole network: pixels are grey and have their own."""
    return layer.picture not in (Picture.IMAGE, Picture.STRIP) and bool(layer.values)
