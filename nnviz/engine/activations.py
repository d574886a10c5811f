"""Activation functions and weight initialisations, PyTorch's own, by name."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

_MODULES: dict[str, Callable[[], nn.Module]] = {
    "linear": nn.Identity,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "softmax": lambda: nn.Softmax(dim=1),
}

_INITIALISERS: dict[str, Callable[[Tensor], Tensor]] = {
    "glorot_uniform": nn.init.xavier_uniform_,
    "glorot_normal": nn.init.xavier_normal_,
    "he_uniform": lambda weight: nn.init.kaiming_uniform_(weight, nonlinearity="relu"),
    "he_normal": lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu"),
    "zeros": nn.init.zeros_,
}


def activation_module(name: str) -> nn.Module:
    """Build the activation function called `name` in `nnviz.engine.layers.dense.ACTIVATIONS`."""
    return _MODULES[name]()


def initialise(linear: nn.Linear, name: str) -> None:
    """Draw the weights as `name` says, and set the biases to zero, as Keras does; "pytorch" keeps torch's own."""
    if name == "pytorch":
        return
    _INITIALISERS[name](linear.weight)
    if linear.bias is not None:
        nn.init.zeros_(linear.bias)
