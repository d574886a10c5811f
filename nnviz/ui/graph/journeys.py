"""What slow motion shows at a stage: which numbers travel along which edges, and what becomes of them. No painting.

Only a few edges are followed: those of the neuron that is pinned, or else of the one that the caption writes out. All
numbers are those of the frame: what is not known there does not travel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QCoreApplication

from nnviz.core.explain import Terms, neuron_facts
from nnviz.core.microscope import backward_terms
from nnviz.core.playback import PARAMETERS, Direction, Frame, LayerFrame, Phase
from nnviz.core.spec import Wiring
from nnviz.ui.formula.functions import FUNCTIONS
from nnviz.ui.formula.numbers import Expr, significant, subscript
from nnviz.ui.formula.scene import largest
from nnviz.ui.graph.hit_test import EdgePick, UnitPick

ALL, SOME = 7, 6  # so many edges of a neuron are all followed; of more than that, only the strongest
UPDATES = 8  # weights whose change is shown, all layers together

translate = QCoreApplication.translate
Picked = UnitPick | EdgePick | None


@dataclass(frozen=True)
class Label:
    """A number on its way: what is written, and the number that gives it its colour."""

    text: str
    value: float
    is_gradient: bool


@dataclass(frozen=True)
class Traveller:
    """What travels along one edge.

    Attributes
    ----------
    edge : EdgePick
    leaves, arrives : Label or None
        As it leaves its neuron, and what arrives at the other end.
    meets : Label or None
        What comes towards it.
    works : tuple of Label
        What happens to it in the middle of the edge; the longer wording first, for where there is room.
    rests : tuple of Label
        What is left there, likewise.
    """

    edge: EdgePick
    leaves: Label | None
    arrives: Label | None
    meets: Label | None
    works: tuple[Label, ...]
    rests: tuple[Label, ...]


@dataclass(frozen=True)
class Journey:
    """All that moves at a stage.

    Attributes
    ----------
    travellers : tuple of Traveller
        In the order in which they leave.
    backward : bool
        Whether they run from right to left.
    goal : UnitPick or None
        The neuron at which they arrive.
    sums : tuple of Label
        What is written at the goal: one after each arrival, and then the rest, one after the other.
    """

    travellers: tuple[Traveller, ...]
    backward: bool
    goal: UnitPick | None = None
    sums: tuple[Label, ...] = ()


def journey_at(frame: Frame, picked: Picked) -> Journey | None:
    """Choose what travels at the stage of `frame`; None where nothing does, or its numbers are not known.

    `picked` is the neuron or edge that the user looks at.
    """
    journey = _journey_at(frame, picked)
    return _without_secrets(journey) if frame.partial and journey is not None else journey


def _without_secrets(journey: Journey) -> Journey | None:
    """Leave out what is NaN, since it is still to be worked out; None where that is the sum of all."""
    if any(math.isnan(label.value) for label in journey.sums):
        return None
    known = tuple(each for each in journey.travellers if not math.isnan(each.rests[0].value))
    return replace(journey, travellers=known) if known or journey.sums else None


def _journey_at(frame: Frame, picked: Picked) -> Journey | None:
    if frame.cursor.overview:
        return None
    here, part = frame.layers[frame.stage.layer], frame.stage.part
    if frame.phase is Phase.UPDATE:
        return _update(frame, picked)
    if frame.phase is Phase.LOSS or here.spec.wiring is not Wiring.DENSE:
        return _backward_sum(frame, here, picked) if frame.flow is Direction.BACKWARD else None
    first, last = here.spec.parts[0].name, here.spec.parts[-1].name
    if frame.phase is Phase.FORWARD:
        return _forward_sum(frame, here, picked) if part == first else _through(frame, here, picked, forward=True)
    if part == PARAMETERS:
        return _weight_gradients(frame, here, picked)
    if part == last and frame.flow is Direction.BACKWARD:
        return _backward_sum(frame, here, picked)
    return _through(frame, here, picked, forward=False)


# --- which neuron -----------------------------------------------------------------------------------------------------


def _unit(layer: int, picked: Picked, sizes: np.ndarray) -> int:
    """Choose the neuron that is picked in a layer, or else the one with the largest |number|, as the caption does."""
    if picked is not None and picked.layer == layer:
        return picked.out if isinstance(picked, EdgePick) else picked.unit
    return largest(sizes)


def _forward_unit(frame: Frame, here: LayerFrame, picked: Picked) -> int:
    """Choose by the output, so that z and a of one and the same neuron are shown one after the other."""
    output = frame.trace.layers[here.index].parts[here.spec.parts[-1].name].value
    sample = frame.cursor.sample
    return _unit(here.index, picked, output.mean(axis=0) if sample is None else output[sample])


# --- weighted sums ----------------------------------------------------------------------------------------------------


def _expr(value: float) -> Expr:
    return Expr(significant(value), value)


def _few(count: int) -> int:
    return count if count <= ALL else SOME


def _forward_sum(frame: Frame, here: LayerFrame, picked: Picked) -> Journey | None:
    """Follow Σ w·x + b into one neuron."""
    unit = _forward_unit(frame, here, picked)
    inputs = here.parameters["weight"].shape[1]
    facts = neuron_facts(frame, here.index, unit, _few(inputs))
    if facts.terms is None or facts.terms.products is None or facts.z is None:
        return None
    if zeros := int(np.count_nonzero(facts.terms.products == 0)):
        facts = neuron_facts(frame, here.index, unit, max(1, len(facts.terms.units) - zeros))
    edges = tuple(EdgePick(here.index, unit, int(source)) for source in facts.terms.units)
    travellers = tuple(_weighed(facts.terms, edges, is_gradient=False))
    mean = frame.cursor.sample is None
    sums = tuple(_sums(facts.terms, facts.bias, _symbol("z", unit, mean), facts.z, is_gradient=False))
    return Journey(travellers, False, UnitPick(here.index, unit), sums)


def _backward_sum(frame: Frame, here: LayerFrame, picked: Picked) -> Journey | None:
    """Follow ∂L/∂a = Σ w·δ back into one neuron."""
    gradient = here.output_gradient
    if gradient is None:
        return None
    unit = _unit(here.index, picked, gradient)
    following = frame.layers[here.index + 1]
    if following.spec.wiring is not Wiring.DENSE:
        return None
    outputs = following.parameters["weight"].shape[0]
    terms = backward_terms(frame, here.index, unit, _few(outputs))
    if terms is None or terms.products is None:
        return None
    edges = tuple(EdgePick(following.index, int(out), unit) for out in terms.units)
    value = float(np.ravel(gradient)[unit])
    symbol = _symbol("∂L/∂a", unit, frame.cursor.sample is None)
    sums = tuple(_sums(terms, None, symbol, value, is_gradient=True))
    return Journey(tuple(_weighed(terms, edges, is_gradient=True)), True, UnitPick(here.index, unit), sums)


def _weighed(terms: Terms, edges: tuple[EdgePick, ...], is_gradient: bool) -> Iterator[Traveller]:
    """Turn each number into its product with the weight of its edge."""
    assert terms.inputs is not None
    assert terms.products is not None
    rows = zip(edges, terms.weights.tolist(), terms.inputs.tolist(), terms.products.tolist(), strict=True)
    for edge, weight, number, product in rows:
        arrives = Label(significant(product), product, is_gradient)
        written = (_expr(number) * _expr(weight)).text
        whole = Label(f"{written} = {arrives.text}", product, is_gradient)
        yield Traveller(
            edge,
            Label(significant(number), number, is_gradient),
            arrives,
            None,
            (whole, Label(written, product, is_gradient)),
            (whole, arrives),
        )


def _sums(terms: Terms, bias: float | None, symbol: str, total: float, is_gradient: bool) -> Iterator[Label]:
    """Write the sum so far after each arrival, then what is added at the end, then the result."""
    assert terms.products is not None
    with np.errstate(invalid="ignore"):  # ∞ − ∞, when the training has diverged
        so_far = np.cumsum(terms.products)
    for value in so_far.tolist():
        yield Label(f"Σ = {significant(value)}", value, is_gradient)
    if terms.rest_count and terms.rest_sum:
        more = translate("travelling", "+ {sum} ({count} more)")
        text = more.format(sum=_signed(terms.rest_sum), count=f"{terms.rest_count:,}")
        yield Label(text, float(so_far[-1]) + terms.rest_sum, is_gradient)
    if bias is not None:
        yield Label(translate("travelling", "+ {bias} (bias)").format(bias=_signed(bias)), total, is_gradient)
    yield Label(f"{symbol} = {significant(total)}", total, is_gradient)


def _signed(value: float) -> str:
    return _expr(value).factor


def _symbol(symbol: str, unit: int, mean: bool) -> str:
    name = f"{symbol}{subscript(unit)}"
    return translate("formula", "mean {symbol}").format(symbol=name) if mean else name


# --- inside a neuron --------------------------------------------------------------------------------------------------


def _through(frame: Frame, here: LayerFrame, picked: Picked, forward: bool) -> Journey | None:
    """Follow one number through the activation function of its neuron: z becomes a, ∂L/∂a becomes δ."""
    before, after = here.spec.parts[0].name, here.spec.parts[-1].name
    known = here.values if forward else here.gradients
    old, new = (before, after) if forward else (after, before)
    if frame.stage.part != new or new not in known:
        return None
    unit = _forward_unit(frame, here, picked) if forward else _unit(here.index, picked, known[new])
    mean = frame.cursor.sample is None
    names = ("z", "a") if forward else ("∂L/∂a", "δ")
    value = float(np.ravel(known[new])[unit])
    labels = []
    if old in known:
        start = float(np.ravel(known[old])[unit])
        labels.append(Label(f"{_symbol(names[0], unit, mean)} = {significant(start)}", start, not forward))
        if rule := "" if mean else _rule(frame, here, unit, start):
            labels.append(Label(rule, value, not forward))
    labels.append(Label(f"{_symbol(names[1], unit, mean)} = {significant(value)}", value, not forward))
    return Journey((), not forward, UnitPick(here.index, unit), tuple(labels))


def _rule(frame: Frame, here: LayerFrame, unit: int, start: float) -> str:
    """Write what is done to a number, with the formula of the activation function; empty where that is too long."""
    written = FUNCTIONS.get(here.spec.activation_name or "")
    if frame.phase is Phase.FORWARD:
        return f"exp({significant(start)}) / Σ exp(z)" if written is None else written.value(_expr, start).text
    if written is None:
        return ""
    z, a = (float(np.ravel(here.values[part.name])[unit]) for part in here.spec.parts)
    return f"{_expr(start).text}·φ′(z)" if written.slope is None else (_expr(start) * written.slope(_expr, z, a)).text


# --- weights ----------------------------------------------------------------------------------------------------------


def _weight_gradients(frame: Frame, here: LayerFrame, picked: Picked) -> Journey | None:
    """Let δ meet x on the edges of one neuron; what stays there is the gradient of the weight, over the batch."""
    gradients = here.parameter_gradients.get("weight")
    deltas, inputs = here.gradients.get(here.spec.parts[0].name), frame.layers[here.index - 1].output
    if gradients is None or deltas is None or inputs is None:
        return None
    single = frame.cursor.sample is not None
    travellers = []
    for unit, source in _strongest_of_unit(here.index, picked, gradients):
        gradient = float(gradients[unit, source])
        delta, x = float(np.ravel(deltas)[unit]), float(np.ravel(inputs)[source])
        short = Label(significant(gradient), gradient, True)
        travellers.append(
            Traveller(
                EdgePick(here.index, unit, source),
                Label(f"δ {significant(delta)}", delta, True) if single else None,
                None,
                Label(f"x {significant(x)}", x, False) if single else None,
                (),
                (Label(f"∂L/∂w = {short.text}", gradient, True), short),
            )
        )
    return Journey(tuple(travellers), True)


def _strongest_of_unit(layer: int, picked: Picked, sizes: np.ndarray) -> list[tuple[int, int]]:
    """Name the edges with the largest |number| into the neuron that has the very largest, or is picked."""
    if picked is not None and picked.layer == layer:
        unit = picked.out if isinstance(picked, EdgePick) else picked.unit
    else:
        unit = largest(sizes) // sizes.shape[1]
    row = np.abs(np.nan_to_num(sizes[unit]))
    if isinstance(picked, EdgePick) and picked.layer == layer:
        row[picked.source] = np.inf
    order = np.argsort(-row, kind="stable")[: _few(len(row))]
    return [(unit, int(source)) for source in order]


def _update(frame: Frame, picked: Picked) -> Journey | None:
    """Let Δw land on the edges: on those of the picked neuron, or else on a few in every layer."""
    updates = {layer.index: layer.parameter_updates.get("weight") for layer in frame.layers}
    known = {index: update for index, update in updates.items() if update is not None and update.ndim == 2}
    if picked is not None and picked.layer in known:
        known, each = {picked.layer: known[picked.layer]}, UPDATES
    else:
        each = max(1, UPDATES // max(len(known), 1))
    travellers = tuple(
        _landing(EdgePick(layer, unit, source), float(update[unit, source]))
        for layer, update in list(known.items())[-UPDATES:]
        for unit, source in _strongest_of_unit(layer, picked, update)[:each]
    )
    return Journey(travellers, False) if travellers else None


def _landing(edge: EdgePick, change: float) -> Traveller:
    short = Label(significant(change), change, True)
    return Traveller(edge, None, None, None, (), (Label(f"Δw = {short.text}", change, True), short))
