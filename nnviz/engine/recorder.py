"""Recording: what every part of every layer computed, and the gradient that came back to it.

Forward hooks on the probes keep a copy of the value (a later operation may overwrite it in place) and hang a gradient
hook on the tensor itself. ``register_full_backward_hook`` fails with in-place activations, and ``retain_grad`` loses
such gradients.
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
    """Values and gradients, by (layer, part). Tensors are copies."""

    def __init__(self) -> None:
        self.values: dict[Key, Tensor] = {}
        self.gradients: dict[Key, Tensor] = {}

    def keep(self, key: Key, module: nn.Module, arguments: object, value: Tensor) -> None:
        """Forward hook: copy the value and wait for its gradient."""
        del module, arguments
        self.values[key] = value.detach().clone()
        if value.requires_grad:
            value.register_hook(partial(self._keep_gradient, key))

    def _keep_gradient(self, key: Key, gradient: Tensor) -> None:
        self.gradients[key] = gradient.detach().clone()


@contextmanager
def recording(network: Network) -> Iterator[Recording]:
    """Record everything that passes through the probes of `network`; the hooks are always removed."""
    record = Recording()
    handles = [
        probe.register_forward_hook(partial(record.keep, (index, name)))
        for index, layer in enumerate(network.layers)
        for name, probe in layer.named_children()
        if isinstance(probe, Probe)
    ]
    try:
        yield record
    finally:
        for handle in handles:
            handle.remove()


def to_array(tensor: Tensor) -> np.ndarray:
    """The only crossing from tensor to array: detached, on the CPU, read-only. Shares memory: pass a copy."""
    return frozen(tensor.detach().cpu().numpy())


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
    offset = 0
    for index, name, parameter in network.named_layer_parameters():
        here = slice(offset, offset + parameter.numel())
        old, slope, new = (None if flat is None else flat[here].reshape(parameter.shape) for flat in flats)
        assert old is not None
        parameters[index][name] = ParameterRecord(old, slope, new)
        offset += parameter.numel()
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
