"""Backpropagation written out, for stacks of dense layers: what autograd does, without building a graph each time.

Forward: z = W·x + b, a = φ(z), layer by layer. Backward, from the last layer to the first: δ = ∂L/∂z,
∂L/∂W = δᵀ·x, ∂L/∂b = Σ δ over the batch, and for the layer below ∂L/∂a = δ·W, δ = ∂L/∂a · φ′(z)
(Rumelhart, Hinton & Williams 1986). Each line calls the very kernel that autograd calls, in the same order, so the
gradients are the same to the bit; a test holds this for every activation and loss. A recorded step asks autograd.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from nnviz.core.spec import Wiring
from nnviz.engine.layers import Dense
from nnviz.engine.network import Network

aten = torch.ops.aten

Slope = Callable[[Tensor, Tensor, Tensor], Tensor]

# (∂L/∂a, z, a) → ∂L/∂z
_SLOPES: dict[str, Slope] = {
    "linear": lambda gradient, z, a: gradient,
    "relu": lambda gradient, z, a: aten.threshold_backward.default(gradient, a, 0),
    "leaky_relu": lambda gradient, z, a: aten.leaky_relu_backward.default(gradient, z, 0.01, False),
    "sigmoid": lambda gradient, z, a: aten.sigmoid_backward.default(gradient, a),
    "tanh": lambda gradient, z, a: aten.tanh_backward.default(gradient, a),
    "gelu": lambda gradient, z, a: aten.gelu_backward.default(gradient, z),
    "softmax": lambda gradient, z, a: aten._softmax_backward_data.default(gradient, a, 1, torch.float32),
}

_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda z: z,
    "relu": torch.relu,
    "leaky_relu": functional.leaky_relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "gelu": functional.gelu,
    "softmax": lambda z: torch.softmax(z, 1),
}

_ONE = torch.ones(())
_MEAN = 1  # the code of reduction="mean" in torch's kernels


def _categorical(scores: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Loss and ∂L/∂z = (softmax(z) − y)/batch."""
    logs = torch.log_softmax(scores, 1)
    loss, weight = aten.nll_loss_forward.default(logs, targets, None, _MEAN, -100)
    gradient = aten.nll_loss_backward.default(_ONE, logs, targets, None, _MEAN, -100, weight)
    return loss, aten._log_softmax_backward_data.default(gradient, logs, 1, torch.float32)


def _binary(scores: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Loss and ∂L/∂z = (sigmoid(z) − y)/(batch · outputs)."""
    loss = functional.binary_cross_entropy_with_logits(scores, targets)
    return loss, (torch.sigmoid(scores) - targets) * _ONE / scores.numel()


def _squared(scores: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Loss and ∂L/∂a = 2·(a − y)/(batch · outputs)."""
    loss = functional.mse_loss(scores, targets)
    return loss, aten.mse_loss_backward.default(_ONE, scores, targets, _MEAN)


_LOSSES: dict[str, Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]] = {
    "categorical_crossentropy": _categorical,
    "binary_crossentropy": _binary,
    "mean_squared_error": _squared,
}


@dataclass(frozen=True)
class _DenseLayer:
    """Views of one layer's parameters and of their places among the gradients; None without a bias."""

    weight: Tensor
    bias: Tensor | None
    weight_gradient: Tensor
    bias_gradient: Tensor | None
    function: Callable[[Tensor], Tensor]
    slope: Slope

    @classmethod
    def of(cls, linear: nn.Linear, activation: str) -> Self:
        """Look at the parameters of `linear`, which are views of the network's flat ones."""
        weight, bias = linear.weight, linear.bias
        assert weight.grad is not None
        no_bias = bias is None
        return cls(
            weight.data,
            None if no_bias else bias.data,
            weight.grad,
            None if no_bias else bias.grad,
            _FUNCTIONS[activation],
            _SLOPES[activation],
        )


class Backprop:
    """Loss and gradients of a stack of dense layers.

    Parameters
    ----------
    network : Network
        Its flat gradients are filled, and nothing else is changed.
    loss : str
    """

    def __init__(self, network: Network, loss: str) -> None:
        self._loss = _LOSSES[loss]
        self._layers = []
        for spec, module in zip(network.spec.layers, network.layers, strict=True):
            if isinstance(spec, Dense):
                linear = module.get_submodule("linear")
                assert isinstance(linear, nn.Linear)
                judged_by_logits = network.fused and spec is network.spec.layers[-1]
                self._layers.append(_DenseLayer.of(linear, "linear" if judged_by_logits else spec.activation))

    @torch.no_grad()
    def __call__(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Fill the gradients of a batch.

        Returns
        -------
        loss : Tensor, scalar
            Mean over the batch.
        scores : Tensor, shape (batch, outputs)
            What the loss judged: logits, or outputs where it is not computed from logits.
        """
        a = inputs.flatten(1)
        passed = []
        for layer in self._layers:
            z = functional.linear(a, layer.weight, layer.bias)
            passed.append((a, z, a := layer.function(z)))
        loss, gradient = self._loss(a, targets)
        for layer, (source, z, output) in zip(reversed(self._layers), reversed(passed), strict=True):
            delta = layer.slope(gradient, z, output)
            torch.mm(delta.t(), source, out=layer.weight_gradient)
            if layer.bias_gradient is not None:
                torch.sum(delta, 0, out=layer.bias_gradient)
            if layer is not self._layers[0]:
                gradient = torch.mm(delta, layer.weight)
        return loss, a


def backprop_for(network: Network, loss: str) -> Backprop | None:
    """The written-out backpropagation of `network`, or None where only autograd can do it."""
    plain = (Wiring.NONE, Wiring.RESHAPE)
    if all(isinstance(layer, Dense) or layer.wiring in plain for layer in network.spec.layers):
        return Backprop(network, loss)
    return None
