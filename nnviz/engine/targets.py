"""What the output should be: how labels become numbers for a loss, and when an answer counts as right.

Also fits a network to its data: which outputs and losses go with which task.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from nnviz.core.data import Dataset, FloatArray, IntArray, Task
from nnviz.core.spec import LayerSpec, NetworkSpec, SpecError, Wiring
from nnviz.engine.layers import Dense, Flatten, Input
from nnviz.engine.losses import judges_numbers, loss_entry

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class TargetRule:
    """How the labels of one task are encoded for one network and loss.

    Attributes
    ----------
    outputs : int
        Number of output units.
    low, threshold : float
        For a single output that tells two classes apart: the target of class 0 (class 1 has 1), and the score above
        which class 1 is taken to be meant.
    """

    task: Task
    loss: str
    outputs: int
    low: float
    threshold: float

    def encode(self, targets: IntArray | FloatArray) -> IntArray | FloatArray:
        """What the loss is given: class indices for categorical cross-entropy, else `values`."""
        if self.loss == "categorical_crossentropy":
            return targets
        return self.values(targets)

    def values(self, targets: IntArray | FloatArray) -> FloatArray:
        """What the outputs should be, shape (samples, outputs): one-hot for several classes."""
        if self.task is Task.VALUES:
            return np.asarray(targets, np.float32)
        if self.outputs == 1:
            return np.where(targets[:, None] > 0, np.float32(1), np.float32(self.low)).astype(np.float32)
        return _unit_rows(self.outputs)[np.asarray(targets, np.int64)]

    @property
    def middle(self) -> float:
        """For a single output that tells two classes apart: between their targets."""
        return (1 + self.low) / 2

    def count_right(self, scores: Tensor, encoded: Tensor) -> int:
        """Count the samples that were given their class; 0 where there are none. `scores` as the loss judges them."""
        from nnviz.engine.accuracy import count_right

        return count_right(scores, encoded, self.threshold, self.middle) if self.has_accuracy else 0

    @property
    def has_accuracy(self) -> bool:
        """Whether answers are right or wrong, rather than near or far."""
        return self.task is Task.CLASSES


@lru_cache(maxsize=8)
def _unit_rows(count: int) -> FloatArray:
    """Return the unit matrix: row k stands for class k."""
    return np.eye(count, dtype=np.float32)


def target_rule(network: NetworkSpec, loss: str, dataset: Dataset) -> TargetRule:
    """Check that network, loss and data go together, and say how labels are encoded.

    Raises
    ------
    SpecError
        With what to change, where they do not.
    """
    _check_input(network, dataset)
    _check_softmax(network)
    outputs = _output_units(network)
    activation = network.layers[-1].activation_name or "linear"
    label = loss_entry(loss).label
    if dataset.task is Task.VALUES:
        wanted = dataset.targets.shape[1]
        if not judges_numbers(loss):
            raise SpecError(
                f"{dataset.title} asks for numbers, not classes: use the mean squared error, or half the sum."
            )
        if outputs != wanted:
            raise SpecError(f"{dataset.title} needs {wanted} output unit(s); the last layer has {outputs}.")
        return TargetRule(dataset.task, loss, outputs, 0.0, 0.5)
    classes = len(dataset.classes)
    if loss == "categorical_crossentropy" and activation != "softmax":
        raise SpecError(f"{label} needs softmax in the last layer, which has {activation}.")
    if loss == "binary_crossentropy" and activation != "sigmoid":
        raise SpecError(f"{label} needs sigmoid in the last layer, which has {activation}.")
    single = outputs == 1 and classes == 2 and loss != "categorical_crossentropy"
    if outputs != classes and not single:
        also = " (or 1, without softmax)" if classes == 2 else ""
        raise SpecError(
            f"{dataset.title} has {classes} classes, so the last layer needs {classes} units{also}; it has {outputs}."
        )
    if activation == "softmax" and outputs == 1:
        raise SpecError("Softmax over a single unit is always 1: use sigmoid, or two units.")
    low = -1.0 if activation == "tanh" else 0.0
    threshold = 0.0 if loss == "binary_crossentropy" else (1 + low) / 2
    return TargetRule(dataset.task, loss, outputs, low, threshold)


def _output_units(network: NetworkSpec) -> int:
    shape = network.output_shapes()[-1]
    if len(shape) != 1:
        raise SpecError("The last layer has to give a flat row of numbers: end with a dense layer.")
    return shape[0]


def _check_input(network: NetworkSpec, dataset: Dataset) -> None:
    shape = network.output_shapes()[0]
    if shape != dataset.sample_shape:
        raise SpecError(
            f"The network takes inputs of shape {_shape_text(shape)}, {dataset.title} has "
            f"{_shape_text(dataset.sample_shape)}."
        )


def _check_softmax(network: NetworkSpec) -> None:
    if any(layer.activation_name == "softmax" for layer in network.layers[:-1]):
        raise SpecError("Softmax belongs into the last layer: inside, it would let one neuron silence the others.")


def _shape_text(shape: tuple[int, ...]) -> str:
    return "×".join(str(extent) for extent in shape)


def fitted(network: NetworkSpec, loss: str, dataset: Dataset) -> tuple[NetworkSpec, str]:
    """Change only as much of input, output and loss as other data need.

    Returns
    -------
    network, loss
        The same objects where they fit already.
    """
    layers = _fit_input(list(network.layers), dataset)
    try:
        candidate = NetworkSpec(tuple(layers))
        target_rule(candidate, loss, dataset)
    except SpecError:
        pass
    else:
        return candidate, loss
    if dataset.task is Task.VALUES:
        units, activation, loss = dataset.targets.shape[1], "linear", "mean_squared_error"
    elif len(dataset.classes) == 2:
        units, activation, loss = 1, "sigmoid", "binary_crossentropy"
    else:
        units, activation, loss = len(dataset.classes), "softmax", "categorical_crossentropy"
    last = layers[-1]
    output = replace(last, units=units, activation=activation) if isinstance(last, Dense) else Dense(units, activation)
    if isinstance(last, Dense):
        layers.pop()
    return NetworkSpec((*layers, output)), loss


def _fit_input(layers: list[LayerSpec], dataset: Dataset) -> list[LayerSpec]:
    rest = layers[1:]
    flat = len(dataset.sample_shape) == 1
    if flat:
        rest = [layer for layer in rest if layer.wiring is not Wiring.RESHAPE]
    elif not any(layer.wiring is Wiring.RESHAPE for layer in rest) and prod(dataset.sample_shape) > 1:
        rest.insert(0, Flatten())
    return [Input(dataset.sample_shape), *rest]
