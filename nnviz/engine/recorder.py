"""Recording: what every part of every layer computed, and the gradient that came back to it, frozen into arrays.

What passes the probes is kept as it is, without copies: no layer writes over what it has passed on. Autograd is then
asked for the gradients of all of it at once, together with those of the parameters.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from nnviz.core.trace import LayerRecord, ParameterRecord, PartRecord, frozen
from nnviz.engine.losses import loss_from_outputs
from nnviz.engine.network import Key, Network


class Recording:
    """Values and gradients, by layer and part."""

    def __init__(self) -> None:
        self.values: dict[Key, Tensor] = {}
        self.gradients: dict[Key, Tensor | None] = {}


def to_array(tensor: Tensor) -> np.ndarray:
    """The only crossing from tensor to array: detached, on the CPU, read-only. Shares memory: nobody may change it."""
    return frozen(tensor.numpy(force=True))


def differentiate(network: Network, record: Recording, objective: Tensor, scores: Tensor, targets: Tensor) -> None:
    """Ask autograd for the gradients of everything recorded, and of the parameters.

    Where training starts from the logits, the output and ∂loss/∂output are computed on the side, from the `scores`
    without their history: the two sums do not meet, and one pass backwards does for both.
    """
    total = objective
    if network.fused:
        output = network.output_from_scores(scores, record.values).requires_grad_()
        total = objective + loss_from_outputs(network.loss, output, targets)
    learned = network.learned
    found = torch.autograd.grad(total, [*learned, *record.values.values()], allow_unused=True)
    torch._foreach_copy_(network.gradients, found[: len(learned)])
    record.gradients = dict(zip(record.values, found[len(learned) :], strict=True))


def layer_records(
    network: Network, record: Recording, before: Tensor, gradient: Tensor | None, after: Tensor | None
) -> tuple[LayerRecord, ...]:
    """Freeze a recording.

    Parameters
    ----------
    before, gradient, after : Tensor, shape (parameters,)
        Copies of the flat parameters before the step, their gradients, and the parameters after it.
    """
    old = to_array(before)
    slopes, new = (None if flat is None else to_array(flat) for flat in (gradient, after))
    parameters: list[dict[str, ParameterRecord]] = [{} for _ in network.layers]
    for place in network.places:
        here, shape = place.here, place.shape
        parameters[place.layer][place.name] = ParameterRecord(
            old[here].reshape(shape),
            None if slopes is None else slopes[here].reshape(shape),
            None if new is None else new[here].reshape(shape),
        )
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
