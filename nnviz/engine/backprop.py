"""Backpropagation written out, for stacks of dense layers: what autograd does, without building a graph each time.

Forward: z = W·x + b, a = φ(z), layer by layer. Backward, from the last layer to the first: δ = ∂L/∂z,
∂L/∂W = δᵀ·x, ∂L/∂b = Σ δ over the batch, and for the layer below ∂L/∂a = δ·W, δ = ∂L/∂a · φ′(z)
(Rumelhart, Hinton & Williams 1986). Each line calls the very kernel that autograd calls, in the same order, so the
gradients are the same to the bit; a test holds this for every activation and loss. A recorded step asks autograd.

Where neurons are switched off, a 0 takes the place of their outputs, and of what flows back to them.

These are functions of TorchScript: plain Python, but with types that ``torch.jit.script`` can read (see `slices`).
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


class DenseLayer(NamedTuple):
    """One layer's parameters and the places of their gradients, all views of the network's flat tensors.

    `off` tells which of its neurons are switched off: a tensor of bool, shape (units,), or None.
    """

    weight: Tensor
    bias: Tensor | None
    weight_gradient: Tensor
    bias_gradient: Tensor | None
    activation: str
    off: Tensor | None


def activate(name: str, z: Tensor) -> Tensor:
    """Output a = φ(z)."""
    if name == "relu":
        return torch.relu(z)
    if name == "leaky_relu":
        return functional.leaky_relu(z)
    if name == "sigmoid":
        return torch.sigmoid(z)
    if name == "tanh":
        return torch.tanh(z)
    if name == "gelu":
        return functional.gelu(z)
    if name == "softmax":
        return torch.softmax(z, 1)
    return z


def through_activation(name: str, gradient: Tensor, z: Tensor, a: Tensor) -> Tensor:
    """Gradient ∂L/∂z = ∂L/∂a · φ′(z)."""
    if name == "relu":
        gradient = torch.ops.aten.threshold_backward(gradient, a, 0)
    elif name == "leaky_relu":
        gradient = torch.ops.aten.leaky_relu_backward(gradient, z, 0.01, False)
    elif name == "sigmoid":
        gradient = torch.ops.aten.sigmoid_backward(gradient, a)
    elif name == "tanh":
        gradient = torch.ops.aten.tanh_backward(gradient, a)
    elif name == "gelu":
        gradient = torch.ops.aten.gelu_backward(gradient, z)
    elif name == "softmax":
        gradient = torch.ops.aten._softmax_backward_data(gradient, a, 1, torch.float32)
    return gradient


def switched_off(off: Tensor | None, values: Tensor) -> Tensor:
    """Put 0 in the place of the neurons that are off."""
    return values if off is None else values.masked_fill(off, 0.0)


def judge(loss: str, scores: Tensor, targets: Tensor, one: Tensor) -> tuple[Tensor, Tensor]:
    """Loss and its gradient with respect to the scores, mean over the batch; `one` is ∂L/∂L.

    Categorical cross-entropy: (softmax(z) − y)/batch. Binary: (sigmoid(z) − y)/(batch · outputs). Mean squared error:
    2·(a − y)/(batch · outputs). Half the sum of squared errors: (a − y)/batch.
    """
    if loss == "categorical_crossentropy":
        logs = torch.log_softmax(scores, 1)
        value, weight = torch.ops.aten.nll_loss_forward(logs, targets, None, 1, -100)
        gradient = torch.ops.aten.nll_loss_backward(one, logs, targets, None, 1, -100, weight)
        return value, torch.ops.aten._log_softmax_backward_data(gradient, logs, 1, torch.float32)
    if loss == "binary_crossentropy":
        value = functional.binary_cross_entropy_with_logits(scores, targets)
        return value, (torch.sigmoid(scores) - targets) * one / scores.numel()
    if loss == "half_squared_error":
        share = 0.5 / len(scores)
        value = functional.mse_loss(scores, targets, reduction="sum") * share
        return value, torch.ops.aten.mse_loss_backward(one * share, scores, targets, 2)
    value = functional.mse_loss(scores, targets)
    return value, torch.ops.aten.mse_loss_backward(one, scores, targets, 1)


def backprop(layers: list[DenseLayer], loss: str, x: Tensor, targets: Tensor, one: Tensor) -> tuple[Tensor, Tensor]:
    """Fill the gradients of a batch.

    Returns
    -------
    loss : Tensor, scalar
        Mean over the batch.
    scores : Tensor, shape (batch, outputs)
        What the loss judged: logits, or outputs where it is not computed from logits.
    """
    inputs = [x]
    sums: list[Tensor] = []
    outputs: list[Tensor] = []
    for layer in layers:
        sums.append(functional.linear(inputs[-1], layer.weight, layer.bias))
        outputs.append(activate(layer.activation, sums[-1]))
        inputs.append(switched_off(layer.off, outputs[-1]))
    scores = inputs[-1]
    value, gradient = judge(loss, scores, targets, one)
    for below in range(len(layers)):
        i = len(layers) - 1 - below
        layer = layers[i]
        gradient = switched_off(layer.off, gradient)
        delta = through_activation(layer.activation, gradient, sums[i], outputs[i])
        torch.mm(delta.t(), inputs[i], out=layer.weight_gradient)
        bias_gradient = layer.bias_gradient
        if bias_gradient is not None:
            torch.sum(delta, 0, out=bias_gradient)
        if i > 0:
            gradient = torch.mm(delta, layer.weight)
    return value, scores
