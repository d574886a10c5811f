"""The network: an ``nn.Module`` whose forward is a plain loop over its layers.

All parameters are views of one flat tensor, and their gradients views of another: the optimizer makes one call instead
of one per array, and a checkpoint is one copy. The arithmetic stays the same, number by number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nnviz.core.given import GivenWeights
from nnviz.core.spec import NetworkSpec, Shape, SpecError
from nnviz.engine.chance import draw_from
from nnviz.engine.losses import is_fused
from nnviz.engine.off import Off
from nnviz.engine.probe import Probe

CPU = torch.device("cpu")

Key = tuple[int, str]
"""A part of a layer: the layer's index, the part's name."""


@dataclass(frozen=True)
class Place:
    """Where a parameter is: its layer, its name (weight, bias), its place in the flat tensor, and its shape."""

    layer: int
    name: str
    here: slice
    shape: Shape


class Network(nn.Module):
    """A network built from its spec, with weights drawn from `seed`.

    Parameters
    ----------
    spec : NetworkSpec
    loss : str
        Decides whether training stops at the logits (`scores`).
    seed : int
        Draws the initial weights; the same seed gives the same weights, on every device.
    device : torch.device
    """

    def __init__(self, spec: NetworkSpec, loss: str, seed: int, device: torch.device = CPU) -> None:
        super().__init__()
        if not spec.layers_with_parameters:
            raise SpecError("A network needs at least one layer that learns: add a dense layer.")
        self.spec = spec
        with draw_from(seed):
            self.layers = nn.ModuleList(
                layer.build(shape) for layer, shape in zip(spec.layers, spec.input_shapes(), strict=True)
            )
        self.to(device)
        self.learned = [parameter for _, _, parameter in self.named_layer_parameters()]
        self.flat, self.flat_grad, self.places = _flatten(self)
        self.gradients = [view_of(self.flat_grad, place) for place in self.places]
        self._off: dict[int, Off] = {}
        self.set_loss(loss)

    def take_given(self, weights: Sequence[GivenWeights | None]) -> None:
        """Take over initial weights that are given rather than drawn."""
        for index, name, parameter in self.named_layer_parameters():
            numbers = getattr(weights[index], name) if weights and weights[index] is not None else None
            if numbers is not None:
                parameter.data.copy_(torch.tensor(numbers))

    def set_loss(self, loss: str) -> None:
        """Train for another loss, with the same weights."""
        self.loss = loss
        self.fused = is_fused(loss, self.spec.layers[-1].activation_name)
        pieces = list(self._all_pieces())
        # the output function and its probe are left out of the way to the loss where that starts from the logits
        end = len(pieces) - 2 if self.fused else len(pieces)
        self._pieces, self._tail = pieces[:end], pieces[end:]
        self._quick = [piece for _, piece in self._pieces if not isinstance(piece, Probe | nn.Identity)]

    def switch_off(self, units: Mapping[int, Sequence[int]]) -> None:
        """Let the outputs of these neurons, for each hidden layer that has such, be 0; all others are on."""
        self._off = {}
        for layer, own in units.items():
            mask = torch.zeros(self.spec.output_shapes()[layer], dtype=torch.bool, device=self.flat.device)
            mask[list(own)] = True
            self._off[layer] = Off(mask)
        self.set_loss(self.loss)

    def _all_pieces(self) -> Iterator[tuple[Key, nn.Module]]:
        """Go through the modules of all layers; what is switched off is 0 before it passes the last probe."""
        for index, layer in enumerate(self.layers):
            last = self.spec.layers[index].parts[-1].name
            for name, piece in layer.named_children():
                if name == last and index in self._off:
                    yield (index, "off"), self._off[index]
                yield (index, name), piece

    def scores(self, inputs: Tensor, values: dict[Key, Tensor]) -> Tensor:
        """What the loss judges: the logits where it is computed from them, else the output.

        `values` takes what passes the probes, by layer and part: the tensors themselves, which nothing writes over.
        """
        return _passed(self._pieces, inputs, values)

    @property
    def pieces(self) -> tuple[tuple[Key, nn.Module], ...]:
        """The modules on the way to the scores, in their order, each with its layer and its name in there."""
        return tuple(self._pieces)

    def quick_scores(self, inputs: Tensor) -> Tensor:
        """The same numbers, of which none are kept: for training freely."""
        for piece in self._quick:
            inputs = piece(inputs)
        return inputs

    def output_from_scores(self, scores: Tensor, values: dict[Key, Tensor]) -> Tensor:
        """The network's output (probabilities) for those scores; `values` as in `scores`."""
        return _passed(self._tail, scores, values)

    def forward(self, inputs: Tensor) -> Tensor:
        """Output of the last layer, shape (batch, *output_shape)."""
        return self.output_from_scores(self.quick_scores(inputs), {})

    def named_layer_parameters(self) -> Iterator[tuple[int, str, nn.Parameter]]:
        """Layer index, name (weight, bias) and parameter, in the order of the flat tensor."""
        for index, layer in enumerate(self.layers):
            for name, parameter in layer.named_parameters():
                yield index, name.rsplit(".", 1)[-1], parameter

    def weight_tensors(self) -> list[Tensor]:
        """All weights without the biases: what penalties look at."""
        return [parameter for _, name, parameter in self.named_layer_parameters() if name != "bias"]


def _passed(pieces: list[tuple[Key, nn.Module]], inputs: Tensor, values: dict[Key, Tensor]) -> Tensor:
    """Pass through the pieces, one after the other, and keep what passes the probes."""
    for key, piece in pieces:
        if isinstance(piece, Probe):
            values[key] = inputs
        else:
            inputs = piece(inputs)
    return inputs


def view_of(flat: Tensor, place: Place) -> Tensor:
    """Look at one parameter in a flat tensor."""
    return flat[place.here].view(place.shape)


def _flatten(network: Network) -> tuple[Tensor, Tensor, tuple[Place, ...]]:
    """Move all parameters into one flat tensor, of which they become views; likewise their gradients."""
    flat = torch.cat([parameter.detach().reshape(-1) for parameter in network.learned])
    flat.grad = gradient = torch.zeros_like(flat)
    places, offset = [], 0
    for layer, name, parameter in network.named_layer_parameters():
        place = Place(layer, name, slice(offset, offset + parameter.numel()), tuple(parameter.shape))
        parameter.data, parameter.grad = view_of(flat, place), view_of(gradient, place)
        places.append(place)
        offset += parameter.numel()
    return flat, gradient, tuple(places)
