"""An independent little network in NumPy, float64, written from the formulas: checks the engine, and feeds ui tests.

Knows input, flatten and dense layers, all activations and losses; dropout passes everything. No torch anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from nnviz.core.spec import DataSpec, NetworkSpec, OptimizerSpec, Preset, TrainingSpec
from nnviz.core.trace import LayerRecord, ParameterRecord, PartRecord, Trace, frozen
from nnviz.engine.layers import Dense, Flatten, Input

erf = np.vectorize(math.erf)


def gelu(z: np.ndarray) -> np.ndarray:
    return z * 0.5 * (1 + erf(z / math.sqrt(2)))


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "gelu": gelu,
    "softmax": softmax,
}

SLOPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": np.ones_like,
    "relu": lambda z: (z > 0).astype(float),
    "leaky_relu": lambda z: np.where(z > 0, 1.0, 0.01),
    "sigmoid": lambda z: ACTIVATIONS["sigmoid"](z) * (1 - ACTIVATIONS["sigmoid"](z)),
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "gelu": lambda z: 0.5 * (1 + erf(z / math.sqrt(2))) + z * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi),
}


def sample_losses(loss: str, output: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Loss of each sample; `target` has the shape of `output`."""
    if loss == "categorical_crossentropy":
        return -(target * np.log(output)).sum(axis=1)
    if loss == "binary_crossentropy":
        return -(target * np.log(output) + (1 - target) * np.log(1 - output)).mean(axis=1)
    if loss == "half_squared_error":
        return 0.5 * ((output - target) ** 2).sum(axis=1)
    return ((output - target) ** 2).mean(axis=1)


def loss_slope(loss: str, output: np.ndarray, target: np.ndarray) -> np.ndarray:
    """∂(mean loss)/∂output."""
    samples, units = output.shape
    if loss == "categorical_crossentropy":
        return -target / output / samples
    if loss == "binary_crossentropy":
        return (-target / output + (1 - target) / (1 - output)) / samples / units
    if loss == "half_squared_error":
        return (output - target) / samples
    return 2 * (output - target) / samples / units


def through_activation(name: str, z: np.ndarray, a: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """∂loss/∂z from ∂loss/∂a."""
    if name == "softmax":
        return a * (gradient - (gradient * a).sum(axis=1, keepdims=True))
    return gradient * SLOPES[name](z)


def reference_trace(
    network: NetworkSpec,
    weights: list[dict[str, np.ndarray]],
    inputs: np.ndarray,
    target_values: np.ndarray,
    targets: np.ndarray,
    loss: str,
    lr: float = 0.1,
) -> Trace:
    """One step of plain gradient descent. `weights` has one dict per layer, empty where nothing is learned."""
    values: list[dict[str, np.ndarray]] = []
    x = np.asarray(inputs, np.float64)
    for layer, own in zip(network.layers, weights, strict=True):
        if isinstance(layer, Dense):
            z = x @ own["weight"].T.astype(np.float64) + own.get("bias", 0.0)
            x = ACTIVATIONS[layer.activation](z)
            values.append({"pre_activation": z, "activation": x})
        else:
            x = x.reshape(len(x), -1) if isinstance(layer, Flatten) else x
            values.append({"output": x})
    losses = sample_losses(loss, x, target_values)
    gradients: list[dict[str, np.ndarray]] = [{} for _ in network.layers]
    slopes: list[dict[str, np.ndarray]] = [{} for _ in network.layers]
    flowing = loss_slope(loss, x, target_values)
    for index in range(len(network.layers) - 1, 0, -1):
        layer, here = network.layers[index], values[index]
        if isinstance(layer, Dense):
            delta = through_activation(layer.activation, here["pre_activation"], here["activation"], flowing)
            gradients[index] = {"activation": flowing, "pre_activation": delta}
            below = values[index - 1]
            source = below[network.layers[index - 1].parts[-1].name]
            slopes[index]["weight"] = delta.T @ source.reshape(len(source), -1)
            if layer.bias:
                slopes[index]["bias"] = delta.sum(axis=0)
            flowing = delta @ weights[index]["weight"].astype(np.float64)
        else:
            gradients[index] = {"output": flowing}
            flowing = flowing.reshape(values[index - 1][network.layers[index - 1].parts[-1].name].shape)
    gradients[0] = {"output": flowing}

    def single(array: np.ndarray) -> np.ndarray:
        return frozen(np.asarray(array, np.float32).copy())

    last = network.layers[-1]
    return Trace(
        revision=0,
        step=0,
        epoch=0,
        batch=0,
        batches=1,
        network=network,
        inputs=single(inputs),
        targets=frozen(np.asarray(targets).copy()),
        target_values=single(target_values),
        sample_indices=frozen(np.arange(len(inputs))),
        layers=tuple(
            LayerRecord(
                parts={name: PartRecord(single(v), single(gradients[i][name])) for name, v in values[i].items()},
                parameters={
                    name: ParameterRecord(single(w), single(slopes[i][name]), single(w - lr * slopes[i][name]))
                    for name, w in weights[i].items()
                },
            )
            for i in range(len(network.layers))
        ),
        loss=float(losses.mean()),
        penalty=0.0,
        sample_losses=single(losses),
        fused_loss=(loss, last.activation_name)
        in {("categorical_crossentropy", "softmax"), ("binary_crossentropy", "sigmoid")},
        loss_name=loss,
        optimizer=OptimizerSpec("sgd", {"lr": lr}),
    )


def random_weights(network: NetworkSpec, rng: np.random.Generator, scale: float = 0.5) -> list[dict[str, np.ndarray]]:
    return [
        {name: (rng.standard_normal(shape) * scale).astype(np.float32) for name, shape in shapes.items()}
        for shapes in network.parameter_shapes()
    ]


def image_network(side: int = 8, units: tuple[int, ...] = (20, 14, 10)) -> NetworkSpec:
    """The article's network: image, flatten, ReLU layers, softmax."""
    hidden = tuple(Dense(units=n) for n in units[:-1])
    return NetworkSpec((Input((side, side)), Flatten(), *hidden, Dense(units=units[-1], activation="softmax")))


def point_network() -> NetworkSpec:
    """2-4-2-1, tanh and sigmoid."""
    return NetworkSpec(
        (Input((2,)), Dense(4, "tanh"), Dense(2, "tanh"), Dense(1, "sigmoid")),
    )


def example_trace(network: NetworkSpec | None = None, batch: int = 8, seed: int = 0, step: int = 0) -> Trace:
    """A trace with random weights and inputs, for tests of the window."""
    network = network or image_network()
    rng = np.random.default_rng(seed)
    inputs = rng.random((batch, *network.layers[0].output_shape(()))).astype(np.float32)
    outputs = network.output_shapes()[-1][0]
    if outputs == 1:
        targets = rng.integers(0, 2, batch)
        target_values, loss = targets[:, None].astype(np.float32), "binary_crossentropy"
    else:
        targets = rng.integers(0, outputs, batch)
        target_values, loss = np.eye(outputs, dtype=np.float32)[targets], "categorical_crossentropy"
    trace = reference_trace(network, random_weights(network, rng), inputs, target_values, targets, loss)
    return replace(trace, step=step)


def example_preset(network: NetworkSpec | None = None) -> Preset:
    """The digits preset, as an object."""
    return Preset(
        "Digits", "8×8 handwritten digits", DataSpec("digits"), network or image_network(), TrainingSpec(seed=1)
    )
