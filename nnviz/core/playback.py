"""Walking through a trace: phases, stages, the cursor, and the frame that every view paints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

import numpy as np

from nnviz.core.data import FloatArray
from nnviz.core.memo import Memo
from nnviz.core.spec import LayerSpec, NetworkSpec, Picture, Shape
from nnviz.core.trace import LayerRecord, Trace, frozen

PARAMETERS = "parameters"


class Phase(StrEnum):
    """The four phases of a training step."""

    FORWARD = "forward"
    LOSS = "loss"
    BACKWARD = "backward"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Stage:
    """A place in a trace.

    `layer` is the layer at work; `part` what it computes: the name of one of its parts, or ``"parameters"`` for the
    gradients of its weights. Loss and update have the last layer and no part.
    """

    phase: Phase
    layer: int
    part: str = ""


@lru_cache(maxsize=32)
def stages(network: NetworkSpec, has_backward: bool = True, fused_loss: bool = False) -> tuple[Stage, ...]:
    """Order the stages of a pass through `network`.

    Forward layer by layer and part by part, loss, backward from the last layer to the first one that learns (each
    part in reverse, then the parameters), update. With a fused loss the gradient enters at the logits, so the
    output part of the last layer has no stage of its own on the way back.
    """
    walk = [
        Stage(Phase.FORWARD, index, part.name) for index, layer in enumerate(network.layers) for part in layer.parts
    ]
    learning = network.layers_with_parameters
    last = len(network.layers) - 1
    if not has_backward:
        return tuple(walk)
    walk.append(Stage(Phase.LOSS, last))
    if learning:
        for index in range(last, learning[0] - 1, -1):
            parts = network.layers[index].parts
            if fused_loss and index == last:
                parts = parts[:-1]
            walk.extend(Stage(Phase.BACKWARD, index, part.name) for part in reversed(parts))
            if index in learning:
                walk.append(Stage(Phase.BACKWARD, index, PARAMETERS))
    walk.append(Stage(Phase.UPDATE, last))
    return tuple(walk)


def stages_of(trace: Trace) -> tuple[Stage, ...]:
    """Order the stages of `trace`."""
    return stages(trace.network, trace.has_backward, trace.fused_loss)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A stage and a sample.

    `position` counts the stages from 0. `sample` is a row of the batch, or None for the mean of the batch.
    `overview` says that this is the picture of a network that trains freely (or has just been paused), where the
    weights matter more than the pass that happens to be shown.
    """

    position: int = 0
    sample: int | None = 0
    overview: bool = False

    def moved_to(self, position: int) -> Cursor:
        """Return the same sample at another stage."""
        return replace(self, position=position, overview=False)


def next_layer_position(walk: tuple[Stage, ...], position: int) -> int:
    """Position of the first stage that belongs to another layer or phase, going forward."""
    here = walk[position]
    for later in range(position + 1, len(walk)):
        if (walk[later].phase, walk[later].layer) != (here.phase, here.layer):
            return later
    return len(walk)


def previous_layer_position(walk: tuple[Stage, ...], position: int) -> int:
    """Position of the first stage of the layer before this one, or −1 at the start."""
    starts = [0]
    while (following := next_layer_position(walk, starts[-1])) < len(walk):
        starts.append(following)
    earlier = [start for start in starts if start < position]
    return earlier[-1] if earlier else -1


class Direction(StrEnum):
    """Which way numbers move along the edges of a gap."""

    FORWARD = "forward"
    BACKWARD = "backward"
    NONE = "none"


@dataclass(frozen=True)
class LayerFrame:
    """What is known of one layer at a cursor. Whatever is missing has not been computed yet.

    Attributes
    ----------
    values, gradients : mapping of part name to ndarray of the part's shape
        Of the chosen sample, or the mean over the batch. Gradients carry the factor 1/batch of the mean loss.
        Like the updates, means are computed when they are asked for, and kept as long as the trace.
    parameters : mapping of name to ndarray
        The weights that the engine holds at this moment: before the step, or after it in the update phase.
    parameter_gradients, parameter_updates : mapping of name to ndarray
        ∂loss/∂parameter from its stage on, and after − before in the update phase.
    active : bool
        Whether this is the layer at work.
    """

    index: int
    spec: LayerSpec
    name: str
    picture: Picture
    input_shape: Shape
    output_shape: Shape
    values: Mapping[str, FloatArray]
    gradients: Mapping[str, FloatArray]
    parameters: Mapping[str, FloatArray]
    parameter_gradients: Mapping[str, FloatArray]
    parameter_updates: Mapping[str, FloatArray]
    active: bool

    @property
    def output(self) -> FloatArray | None:
        """Value of the last part, or None while it is not computed."""
        return self.values.get(self.spec.parts[-1].name)

    @property
    def output_gradient(self) -> FloatArray | None:
        """Gradient of the last part, or None while it is not computed."""
        return self.gradients.get(self.spec.parts[-1].name)


@dataclass(frozen=True)
class Frame:
    """The trace seen from a cursor: what all views paint.

    Attributes
    ----------
    flow_gap : int or None
        Numbers move along the edges between layers `flow_gap` − 1 and `flow_gap` at this stage.
    flow : Direction
    loss : float or None
        Known from the loss stage on: of the chosen sample, or the mean over the batch.
    target : ndarray or None, shape (outputs,)
        What the output of the chosen sample should be (mean over the batch for the mean).
    partial : bool
        Whether a part of its numbers is withheld, of a worksheet that is not solved: those are NaN.
    """

    trace: Trace
    cursor: Cursor
    stage: Stage
    walk: tuple[Stage, ...]
    layers: tuple[LayerFrame, ...]
    flow_gap: int | None
    flow: Direction
    loss: float | None
    target: FloatArray | None
    partial: bool = False

    @property
    def phase(self) -> Phase:
        """The phase at the cursor."""
        return self.stage.phase


class _Computed(Mapping[str, FloatArray]):
    """Arrays by name, each computed when it is asked for: most are never looked at, and some are huge."""

    def __init__(self, names: Iterable[str], compute: Callable[[str], FloatArray]) -> None:
        self._names = tuple(names)
        self._compute = compute

    def __getitem__(self, name: str) -> FloatArray:
        if name not in self._names:
            raise KeyError(name)
        return self._compute(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@Memo
def batch_mean(batch: FloatArray) -> FloatArray:
    """Mean over the samples of an array of a trace; computed once."""
    return frozen(np.asarray(batch.mean(axis=0)))


@Memo
def _update(after: FloatArray, before: FloatArray) -> FloatArray:
    return frozen(after - before)


def _pick(array: FloatArray, sample: int | None) -> FloatArray:
    """One sample of a batch, or the mean over the batch."""
    picked: FloatArray = batch_mean(array) if sample is None else array[min(sample, len(array) - 1)]
    return picked


def _layer_frame(trace: Trace, index: int, walked: frozenset[Stage], cursor: Cursor, active: bool) -> LayerFrame:
    network = trace.network
    record: LayerRecord = trace.layers[index]
    updated = any(stage.phase is Phase.UPDATE for stage in walked)
    parts = network.layers[index].parts
    gradients = {}
    for part in parts:
        gradient = record.parts[part.name].gradient
        if gradient is not None and Stage(Phase.BACKWARD, index, part.name) in walked:
            gradients[part.name] = gradient
    steps = {
        name: (parameter.after, parameter.before)
        for name, parameter in record.parameters.items()
        if updated and parameter.after is not None
    }
    known_gradients = Stage(Phase.BACKWARD, index, PARAMETERS) in walked
    return LayerFrame(
        index=index,
        spec=network.layers[index],
        name=network.layer_name(index),
        picture=network.pictures()[index],
        input_shape=network.input_shapes()[index],
        output_shape=network.output_shapes()[index],
        values=_Computed(
            (part.name for part in parts if Stage(Phase.FORWARD, index, part.name) in walked),
            lambda name: _pick(record.parts[name].value, cursor.sample),
        ),
        gradients=_Computed(gradients, lambda name: _pick(gradients[name], cursor.sample)),
        parameters={
            name: parameter.after if updated and parameter.after is not None else parameter.before
            for name, parameter in record.parameters.items()
        },
        parameter_gradients={
            name: parameter.gradient
            for name, parameter in record.parameters.items()
            if known_gradients and parameter.gradient is not None
        },
        parameter_updates=_Computed(steps, lambda name: _update(*steps[name])),
        active=active,
    )


def _flow(stage: Stage, network: NetworkSpec) -> tuple[int | None, Direction]:
    """Which gap numbers move through at `stage`, and which way."""
    parts = network.layers[stage.layer].parts
    if stage.phase is Phase.FORWARD and stage.part == parts[0].name and stage.layer > 0:
        return stage.layer, Direction.FORWARD
    if stage.phase is Phase.BACKWARD:
        if stage.part == PARAMETERS:
            return stage.layer, Direction.BACKWARD
        if stage.part == parts[-1].name and stage.layer + 1 < len(network.layers):
            return stage.layer + 1, Direction.BACKWARD
    return None, Direction.NONE


def frame_at(trace: Trace, cursor: Cursor) -> Frame:
    """Everything that is known at `cursor`. Pure: the same arguments give an equal frame.

    Raises
    ------
    IndexError
        If the cursor lies outside of the trace.
    """
    walk = stages_of(trace)
    if not 0 <= cursor.position < len(walk):
        raise IndexError(f"position {cursor.position} outside of the {len(walk)} stages")
    stage = walk[cursor.position]
    walked = frozenset(walk[: cursor.position + 1])
    busy = stage.phase in (Phase.FORWARD, Phase.BACKWARD)
    flow_gap, flow = _flow(stage, trace.network)
    loss_known = any(done.phase is Phase.LOSS for done in walked)
    loss = None
    if loss_known and trace.sample_losses is not None:
        loss = trace.loss if cursor.sample is None else float(_pick(trace.sample_losses, cursor.sample))
    return Frame(
        trace=trace,
        cursor=cursor,
        stage=stage,
        walk=walk,
        layers=tuple(
            _layer_frame(trace, index, walked, cursor, busy and index == stage.layer)
            for index in range(len(trace.layers))
        ),
        flow_gap=flow_gap,
        flow=flow,
        loss=loss,
        target=None if trace.target_values is None else _pick(trace.target_values, cursor.sample),
    )


class EdgeMode(StrEnum):
    """What the colour of an edge means."""

    AUTO = "auto"
    WEIGHT = "weight"
    GRADIENT = "gradient"
    CONTRIBUTION = "contribution"
    UPDATE = "update"


def shown_edge_mode(mode: EdgeMode, frame: Frame | None) -> EdgeMode:
    """Resolve ``AUTO``: weights going forward and in an overview, gradients going back, what is added at the update."""
    if mode is not EdgeMode.AUTO:
        return mode
    if frame is None or frame.cursor.overview:
        return EdgeMode.WEIGHT
    return {Phase.BACKWARD: EdgeMode.GRADIENT, Phase.UPDATE: EdgeMode.UPDATE}.get(frame.phase, EdgeMode.WEIGHT)


class EdgeNumbers:
    """A matrix that follows from two others, computed only where it is asked for: a layer may have millions of edges.

    It is indexed as an array is; `numpy.asarray` computes all of it.

    Parameters
    ----------
    combine : ufunc
        Takes the two numbers of an edge.
    one, other : ndarray
        Of shape (out, in), `other` also of shape (in,).
    """

    def __init__(self, combine: np.ufunc, one: FloatArray, other: FloatArray) -> None:
        self.shape = one.shape
        self.size = one.size
        self._combine, self._one, self._given = combine, one, other
        self._other = np.broadcast_to(other, one.shape)

    def is_same_as(self, other: object) -> bool:
        """Whether `other` follows from the same matrices; a row for all neurons may be another of equal numbers."""
        if not isinstance(other, EdgeNumbers) or self._combine is not other._combine or self._one is not other._one:
            return False
        mine, yours = self._given, other._given
        return mine is yours or (mine.ndim == 1 and np.array_equal(mine, yours))

    def __getitem__(self, where: Any) -> Any:
        return self._combine(self._one[where], self._other[where])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> FloatArray:
        return np.asarray(self[...], dtype)


EdgeValues = FloatArray | EdgeNumbers


def edge_values(frame: Frame, layer: int, mode: EdgeMode) -> EdgeValues | None:
    """Numbers on the edges into a dense layer.

    Returns
    -------
    ndarray or EdgeNumbers, shape (out, in), or None
        None where the layer has no weights, or the number is not known yet at this stage. `mode` is not ``AUTO``.
    """
    here = frame.layers[layer]
    if mode is EdgeMode.GRADIENT:
        return here.parameter_gradients.get("weight")
    if mode is EdgeMode.UPDATE and frame.partial:
        return here.parameter_updates.get("weight")
    if mode is EdgeMode.UPDATE:
        record = frame.trace.layers[layer].parameters["weight"] if "weight" in here.parameter_updates else None
        return None if record is None or record.after is None else EdgeNumbers(np.subtract, record.after, record.before)
    weight = here.parameters.get("weight")
    if mode is EdgeMode.CONTRIBUTION and weight is not None:
        source = frame.layers[layer - 1].output
        return None if source is None else EdgeNumbers(np.multiply, weight, np.ravel(source))
    return weight
