"""Free running at full speed: many steps in one call, without Python between them.

`train` is plain Python that ``torch.jit.script`` compiles. What it makes runs without Python's interpreter lock: the
steps cost a third less, and the window is painted meanwhile as if nothing else were going on. TorchScript is
deprecated, but what would replace it (``torch.compile``) needs a C++ compiler on the user's machine. Where it is not
to be had, `compiled` is None, and `Run` takes the steps one by one, as a textbook would.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from nnviz.core.spec import NetworkSpec, Wiring
from nnviz.engine.accuracy import count_right
from nnviz.engine.backprop import DenseLayer, backprop
from nnviz.engine.layers import Dense
from nnviz.engine.network import Network
from nnviz.engine.off import Off
from nnviz.engine.targets import TargetRule
from nnviz.engine.updates import update

log = logging.getLogger(__name__)


def train(
    layers: list[DenseLayer],
    loss: str,
    optimizer: str,
    settings: dict[str, float],
    weights: list[Tensor],
    gradient: list[Tensor],
    remembered: dict[str, list[Tensor]],
    inputs: Tensor,
    targets: Tensor,
    order: Tensor,
    batch_size: int,
    frozen: Tensor | None,
    judged: bool,
    threshold: float,
    middle: float,
) -> tuple[list[float], list[int]]:
    """Learn from the samples `order`, batch by batch.

    Parameters
    ----------
    layers : list of DenseLayer
        Views of `weights` and `gradient`.
    optimizer, settings, weights, gradient, remembered
        As in `updates.update`.
    inputs, targets : Tensor, shape (samples, features) and (samples, …)
        All training data.
    order : Tensor of int64, shape (n,)
        Which of them, one after the other.
    frozen : Tensor of int64, or None
        Which of the weights keep their values, as in `pokes.Hold`.
    judged : bool
        Whether to count the right answers, which `threshold` and `middle` tell, as in `accuracy.count_right`.

    Returns
    -------
    losses, right
        Of each batch, before its step. Numbers, not tensors: each tensor that Python touches makes it give up its lock,
        and wait for it again.
    """
    one = torch.ones([], dtype=inputs.dtype)
    losses: list[float] = []
    right: list[int] = []
    for first in range(0, len(order), batch_size):
        rows = order[first : first + batch_size]
        batch, wanted = inputs.index_select(0, rows), targets.index_select(0, rows)
        value, scores = backprop(layers, loss, batch, wanted, one)
        if frozen is None:
            update(optimizer, settings, weights, gradient, remembered)
        else:
            kept = weights[0].index_select(0, frozen)
            gradient[0].index_fill_(0, frozen, 0.0)
            update(optimizer, settings, weights, gradient, remembered)
            weights[0].index_copy_(0, frozen, kept)
        losses.append(float(value.item()))
        right.append(count_right(scores, wanted, threshold, middle) if judged else 0)
    return losses, right


@cache
def compiled() -> Callable[..., tuple[list[float], list[int]]] | None:
    """Compile `train`, once in a process; None where this version of torch cannot."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            function: Callable[..., tuple[list[float], list[int]]] = torch.jit.script(train)
    except Exception:  # whatever goes wrong in a compiler that is going to disappear: there is the other way
        log.warning("TorchScript is not available: training step by step", exc_info=True)
        return None
    return function


def is_dense_stack(network: NetworkSpec) -> bool:
    """Whether `backprop` can do it: dense layers, and such that change the shape alone."""
    plain = (Wiring.NONE, Wiring.RESHAPE)
    return all(isinstance(layer, Dense) or layer.wiring in plain for layer in network.layers)


@dataclass(frozen=True)
class Slices:
    """Takes many steps at once on a network.

    Attributes
    ----------
    layers : list of DenseLayer
        The network's, as `train` wants them.
    function
        `train`, compiled.
    """

    network: Network
    loss: str
    layers: list[DenseLayer]
    function: Callable[..., tuple[list[float], list[int]]]

    def run(
        self,
        optimizer: Optimizer,
        rule: TargetRule,
        inputs: Tensor,
        targets: Tensor,
        order: Tensor,
        batch_size: int,
        frozen: Tensor | None,
    ) -> tuple[list[float], list[int]] | None:
        """Learn from the samples `order`; see `train`.

        Returns
        -------
        losses, right
            None, and nothing is done, where torch's optimizer has not yet made what it remembers (it does so in its
            first step).
        """
        flat = self.network.flat
        settings, remembered = _numbers(optimizer), _tensors(optimizer.state.get(flat, {}))
        name = type(optimizer).__name__
        needed = ["momentum_buffer"] if settings.get("momentum") else []
        needed += [] if name == "SGD" else ["step"]
        if any(key not in remembered for key in needed):
            return None
        # the compiler's optimisation takes 0.1 s to warm up, changes last bits, and gains nothing here
        with torch.inference_mode(), torch.jit.optimized_execution(False):  # type: ignore[attr-defined]
            return self.function(
                self.layers,
                self.loss,
                name,
                settings,
                [flat],
                [self.network.flat_grad],
                remembered,
                inputs.flatten(1),
                targets,
                order,
                batch_size,
                frozen,
                rule.has_accuracy,
                rule.threshold,
                rule.middle,
            )


def slices_for(network: Network, loss: str) -> Slices | None:
    """Make what trains `network` in slices, or None where only autograd can do it."""
    if network.flat.device.type != "cpu" or not is_dense_stack(network.spec) or (function := compiled()) is None:
        return None
    layers = []
    last = len(network.spec.layers) - 1
    off = {layer: piece.mask for (layer, _), piece in network.pieces if isinstance(piece, Off)}
    for index, (spec, module) in enumerate(zip(network.spec.layers, network.layers, strict=True)):
        if isinstance(spec, Dense):
            linear = module.get_submodule("linear")
            assert isinstance(linear, nn.Linear)
            judged_by_logits = network.fused and index == last
            layers.append(_views(linear, "linear" if judged_by_logits else spec.activation, off.get(index)))
    return Slices(network, loss, layers, function)


def _views(linear: nn.Linear, activation: str, off: Tensor | None) -> DenseLayer:
    """Look at the parameters of `linear`, which are views of the network's flat ones."""
    weight, bias = linear.weight, linear.bias
    assert weight.grad is not None
    if bias is None:
        return DenseLayer(weight.data, None, weight.grad, None, activation, off)
    return DenseLayer(weight.data, bias.data, weight.grad, bias.grad, activation, off)


def _numbers(optimizer: Optimizer) -> dict[str, float]:
    """All settings that are numbers or switches; the two betas by name."""
    group = optimizer.param_groups[0]
    numbers = {name: float(value) for name, value in group.items() if isinstance(value, int | float)}
    if "betas" in group:
        numbers["beta1"], numbers["beta2"] = group["betas"]
    return numbers


def _tensors(state: dict[str, object]) -> dict[str, list[Tensor]]:
    return {name: [value] for name, value in state.items() if isinstance(value, Tensor)}
