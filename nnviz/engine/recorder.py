"""Recording: what every part of every layer computed, and the gradient that came back to it.

Forward hooks on the probes keep the tensors themselves, no copies: no layer writes over what it has passed on. Autograd
is then asked for the gradients of all of them at once, together with those of the parameters.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
from torch import Tensor, nn

from nnviz.core.trace import LayerRecord, ParameterRecord, PartRecord, frozen
from nnviz.engine.network import Network
from nnviz.engine.probe import Probe

Key = tuple[int, str]


class Recording:
    """Values and gradients, by (layer, part)."""

    def __init__(self) -> None:
        self.values: dict[Key, Tensor] = {}
        self.gradients: dict[Key, Tensor | None] = {}


class Recorder:
    """Listens at the probes of a network, whenever something is to be recorded."""

    def __init__(self, network: Network) -> None:
        self._record: Recording | None = None
        for index, layer in enumerate(network.layers):
            for name, probe in layer.named_children():
                if isinstance(probe, Probe):
                    probe.register_forward_hook(partial(self._keep, (index, name)))

    def _keep(self, key: Key, module: nn.Module, arguments: object, value: Tensor) -> None:
        del module, arguments
        if self._record is not None:
            self._record.values[key] = value

    @contextmanager
    def recording(self) -> Iterator[Recording]:
        """Record everything that passes through the probes meanwhile."""
        self._record = record = Recording()
        try:
            yield record
        finally:
            self._record = None


def to_array(tensor: Tensor) -> np.ndarray:
    """The only crossing from tensor to array: detached, on the CPU, read-only. Shares memory: nobody may change it."""
    return frozen(tensor.numpy(force=True))


def layer_records(
    network: Network, record: Recording, before: Tensor, gradient: Tensor | None, after: Tensor | None
) -> tuple[LayerRecord, ...]:
    """Freeze a recording.

    Parameters
    ----------
    before, gradient, after : Tensor, shape (parameters,)
        Copies of the flat parameters before the step, their gradients, and the parameters after it.
    """
    flats = [None if flat is None else to_array(flat) for flat in (before, gradient, after)]
    parameters: list[dict[str, ParameterRecord]] = [{} for _ in network.layers]
    for place in network.places:
        old, slope, new = (None if flat is None else flat[place.here].reshape(place.shape) for flat in flats)
        assert old is not None
        parameters[place.layer][place.name] = ParameterRecord(old, slope, new)
    return tuple(
        LayerRecord(
            parts={part.name: _part(record, (index, part.name)) for part in layer.parts},
            parameters=parameters[index],
        )
        for index, layer in enumerate(network.spec.layers)
    )


def _part(record: Recording, key: Key) -> PartRecord:
    gradient = record.gradients.get(key)
    return PartRecord(to_array(record.values[key]), None if gradient is None else to_array(gradient))
