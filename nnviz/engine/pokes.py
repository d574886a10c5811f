"""Pokes in a network: numbers that are set, weights that are frozen, neurons that are switched off.

A frozen weight needs more than a gradient of 0: momentum would carry it on, and weight decay would pull at it. So the
optimizer is given a gradient of 0, and afterwards the weight gets its value back. The outputs of neurons that are off
are masked in the network itself (see `off`), and autograd does the rest: nothing flows back through them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

from nnviz.core.pokes import BIAS, Change, Freeze, Pokes, SetWeight, SwitchOff, UnitPlace, WeightPlace
from nnviz.core.spec import SpecError, Wiring
from nnviz.engine.network import Network, Place


@dataclass(frozen=True)
class Hold:
    """Takes optimizer steps that leave the frozen weights where they are.

    Attributes
    ----------
    frozen : Tensor of int64
        Where they stand among the flat parameters.
    """

    frozen: Tensor

    def step(self, optimizer: Optimizer, network: Network) -> None:
        """Take one step; the gradients of the frozen weights are 0 from then on."""
        kept = network.flat[self.frozen]
        network.flat_grad[self.frozen] = 0.0
        optimizer.step()
        network.flat[self.frozen] = kept


def hold_for(network: Network, pokes: Pokes) -> Hold | None:
    """Make what holds the frozen weights; None where there are none."""
    places = [index for what in pokes.frozen for index in _indices(network, what)]
    if not places:
        return None
    return Hold(torch.tensor(sorted(set(places)), dtype=torch.int64, device=network.flat.device))


def _indices(network: Network, what: WeightPlace | UnitPlace) -> Iterable[int]:
    """Where it stands among the flat parameters: one weight, or all that leads into a neuron and its bias."""
    if isinstance(what, WeightPlace):
        return [flat_index(network, what)]
    own = {place.name: place for place in network.places if place.layer == what.layer}
    weights = flat_index(network, WeightPlace(what.layer, what.unit, 0))
    row = range(weights, weights + own["weight"].shape[1])
    return [*row, flat_index(network, WeightPlace(what.layer, what.unit))] if "bias" in own else row


def flat_index(network: Network, weight: WeightPlace) -> int:
    """Where a weight of a dense layer stands among the flat parameters.

    Raises
    ------
    SpecError
        If there is no such weight.
    """
    place = next((each for each in network.places if (each.layer, each.name) == (weight.layer, weight.name)), None)
    offset = None if place is None or not _is_dense(network, weight.layer) else _offset(place, weight)
    if place is None or offset is None:
        raise SpecError("The network has no such weight.")
    return int(place.here.start) + offset


def _is_dense(network: Network, layer: int) -> bool:
    return network.spec.layers[layer].wiring is Wiring.DENSE


def _offset(place: Place, weight: WeightPlace) -> int | None:
    """Where a weight stands within its parameter; None where that is too small."""
    index = (weight.unit,) if weight.source == BIAS else (weight.unit, weight.source)
    if any(not 0 <= at < extent for at, extent in zip(index, place.shape, strict=True)):
        return None
    return int(np.ravel_multi_index(index, place.shape))


def check_unit(network: Network, unit: UnitPlace) -> None:
    """See that this neuron can be switched off.

    Raises
    ------
    SpecError
        If it is not a neuron of a hidden layer.
    """
    last = len(network.spec.layers) - 1
    hidden = 0 < unit.layer < last and _is_dense(network, unit.layer)
    if not hidden or not 0 <= unit.unit < network.spec.output_shapes()[unit.layer][0]:
        raise SpecError("Only neurons of hidden layers can be switched off.")


def check_pokes(network: Network, pokes: Pokes) -> None:
    """See that all of these can be in this network; raises `SpecError`."""
    for what in (*pokes.frozen, *(each.weight for each in pokes.edited)):
        _indices(network, what)
    for unit in pokes.off:
        check_unit(network, unit)


def units_off(pokes: Pokes) -> dict[int, tuple[int, ...]]:
    """Which neurons are off, for each layer that has such."""
    return {
        layer: tuple(sorted(place.unit for place in pokes.off if place.layer == layer))
        for layer in {place.layer for place in pokes.off}
    }


def apply_changes(network: Network, pokes: Pokes, changes: Iterable[Change]) -> Pokes:
    """Set the weights that are to be set, and return what is changed from now on.

    Raises
    ------
    SpecError
        And nothing has changed.
    """
    weights = network.flat.clone()
    for change in changes:
        now = 0.0
        match change:
            case SetWeight(weight, value):
                index = flat_index(network, weight)
                now, weights[index] = float(weights[index]), value
                change = replace(change, value=float(weights[index]))  # with 32 bits
            case Freeze(what):
                _indices(network, what)
            case SwitchOff(unit):
                check_unit(network, unit)
        pokes = pokes.after(change, now)
    with torch.no_grad():
        network.flat.copy_(weights)
    return pokes
