"""Recorded numbers against an independent network in NumPy, plain autograd, and finite differences."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from nnviz.core.data import Dataset, Task
from nnviz.core.playback import stages_of
from nnviz.core.spec import NetworkSpec, Preset, SpecError, TrainingSpec
from nnviz.core.trace import Trace
from nnviz.engine.layers import LAYERS, Dense, Dropout, Flatten, Input
from nnviz.engine.layers.dense import ACTIVATIONS, INITIALISATIONS
from nnviz.engine.losses import LOSSES
from nnviz.engine.run import Run
from nnviz.engine.targets import target_rule
from tests.engine.support import picture_data, picture_preset, point_data, point_preset, stepper
from tests.support.reference import reference_trace

HIDDEN = [option.value for option in ACTIVATIONS if option.value != "softmax"]
COMBINATIONS = [
    pytest.param(hidden, output.value, loss.name, id=f"{hidden}-{output.value}-{loss.name}")
    for hidden, output, loss in itertools.product(HIDDEN, ACTIVATIONS, LOSSES)
    if (loss.name != "categorical_crossentropy" or output.value == "softmax")
    and (loss.name != "binary_crossentropy" or output.value == "sigmoid")
]


def recorded(preset: Preset, dataset: Dataset, warm_up: int = 3) -> Trace:
    steps = stepper(preset, dataset)
    for _ in range(warm_up):
        steps.plain_steps(1)
    return steps.propose().trace


def reference_of(trace: Trace, lr: float = 0.1) -> Trace:
    weights = [{name: p.before for name, p in layer.parameters.items()} for layer in trace.layers]
    assert trace.target_values is not None
    assert trace.targets is not None
    return reference_trace(
        trace.network, weights, trace.inputs, trace.target_values, trace.targets, trace.loss_name, lr
    )


def assert_same(trace: Trace, reference: Trace) -> None:
    assert trace.loss == pytest.approx(reference.loss, rel=1e-5)
    assert trace.sample_losses == pytest.approx(reference.sample_losses, rel=1e-4, abs=1e-6)
    for mine, theirs in zip(trace.layers, reference.layers, strict=True):
        for name, part in mine.parts.items():
            np.testing.assert_allclose(part.value, theirs.parts[name].value, rtol=1e-4, atol=2e-6)
            assert part.gradient is not None
            np.testing.assert_allclose(part.gradient, theirs.parts[name].gradient, rtol=1e-3, atol=2e-6)
        for name, parameter in mine.parameters.items():
            np.testing.assert_allclose(parameter.gradient, theirs.parameters[name].gradient, rtol=1e-3, atol=2e-6)
            np.testing.assert_allclose(parameter.after, theirs.parameters[name].after, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("hidden", "output", "loss"), COMBINATIONS)
def test_everything_recorded_agrees_with_the_numpy_network(hidden: str, output: str, loss: str) -> None:
    trace = recorded(picture_preset(hidden=hidden, output=output, loss=loss), picture_data())
    assert_same(trace, reference_of(trace))


@pytest.mark.parametrize(
    ("output", "loss", "task"),
    [
        ("sigmoid", "binary_crossentropy", Task.CLASSES),
        ("tanh", "mean_squared_error", Task.CLASSES),
        ("sigmoid", "mean_squared_error", Task.CLASSES),
        ("linear", "mean_squared_error", Task.VALUES),
        ("sigmoid", "half_squared_error", Task.VALUES),
    ],
)
def test_a_single_output_agrees_too(output: str, loss: str, task: Task) -> None:
    preset = point_preset(output=output, loss=loss)
    preset = preset.with_training(replace(preset.training, optimizer=picture_preset().training.optimizer))
    trace = recorded(preset, point_data(task=task))
    assert_same(trace, reference_of(trace))


@pytest.mark.parametrize(("hidden", "output", "loss"), COMBINATIONS)
def test_weight_gradients_agree_with_a_finite_difference(hidden: str, output: str, loss: str) -> None:
    """In float64, so that the difference quotient is exact to many digits."""
    trace = recorded(picture_preset(hidden=hidden, output=output, loss=loss), picture_data())
    network = trace.network
    weights = [{name: p.before.astype(np.float64) for name, p in layer.parameters.items()} for layer in trace.layers]
    rng = np.random.default_rng(0)
    step = 1e-6
    for layer in network.layers_with_parameters:
        gradient = trace.layers[layer].parameters["weight"].gradient
        assert gradient is not None
        for _ in range(3):
            place = tuple(rng.integers(0, extent) for extent in gradient.shape)
            original = weights[layer]["weight"][place]
            losses = []
            for sign in (1, -1):
                weights[layer]["weight"][place] = original + sign * step
                losses.append(exact_loss(trace, weights))
            weights[layer]["weight"][place] = original
            assert gradient[place] == pytest.approx((losses[0] - losses[1]) / (2 * step), rel=2e-3, abs=2e-6)


def exact_loss(trace: Trace, weights: list[dict[str, np.ndarray]]) -> float:
    """The loss in float64, by torch's functions on plain tensors."""
    x = torch.from_numpy(trace.inputs.astype(np.float64))
    for layer, own in zip(trace.network.layers, weights, strict=True):
        if isinstance(layer, Flatten):
            x = x.flatten(1)
        elif isinstance(layer, Dense):
            z = x @ torch.from_numpy(own["weight"]).T + torch.from_numpy(own["bias"])
            x = {
                "linear": lambda z: z,
                "relu": torch.relu,
                "leaky_relu": torch.nn.functional.leaky_relu,
                "sigmoid": torch.sigmoid,
                "tanh": torch.tanh,
                "gelu": torch.nn.functional.gelu,
                "softmax": lambda z: torch.softmax(z, 1),
            }[layer.activation](z)
    assert trace.target_values is not None
    y = torch.from_numpy(trace.target_values.astype(np.float64))
    if trace.loss_name == "categorical_crossentropy":
        return float(-(y * x.log()).sum(1).mean())
    if trace.loss_name == "binary_crossentropy":
        return float(torch.nn.functional.binary_cross_entropy(x, y))
    if trace.loss_name == "half_squared_error":
        return float(((x - y) ** 2).sum() / 2 / len(x))
    return float(torch.nn.functional.mse_loss(x, y))


def test_dropout_is_recorded_as_it_was_drawn() -> None:
    trace = recorded(picture_preset(dropout=0.5), picture_data())
    at = next(i for i, layer in enumerate(trace.network.layers) if isinstance(layer, Dropout))
    source, dropped = trace.layers[at - 1].parts["activation"], trace.layers[at].parts["output"]
    kept = dropped.value != 0
    assert 0.2 < kept.mean() < 0.8
    np.testing.assert_allclose(dropped.value[kept], source.value[kept] * 2, rtol=1e-6)
    assert source.gradient is not None
    assert dropped.gradient is not None
    np.testing.assert_allclose(source.gradient, np.where(kept, dropped.gradient * 2, 0), rtol=1e-6)


@pytest.mark.parametrize("initialisation", [option.value for option in INITIALISATIONS])
@pytest.mark.parametrize("bias", [True, False])
def test_every_initialisation_with_and_without_bias(initialisation: str, bias: bool) -> None:
    network = NetworkSpec((Input((4, 4)), Flatten(), Dense(30, "tanh", initialisation, bias), Dense(3, "softmax")))
    run = Run(replace(picture_preset(), network=network), picture_data(), 1)
    weight = run.network.layers[2].linear.weight.detach()
    limits = {
        "glorot_uniform": (6 / (16 + 30)) ** 0.5,
        "glorot_normal": 4.5 * (2 / (16 + 30)) ** 0.5,
        "he_uniform": (6 / 16) ** 0.5,
        "he_normal": 4.5 * (2 / 16) ** 0.5,
        "zeros": 0.0,
        "pytorch": 1 / 16**0.5,
    }
    spreads = {
        "glorot_uniform": (2 / (16 + 30)) ** 0.5,
        "glorot_normal": (2 / (16 + 30)) ** 0.5,
        "he_uniform": (2 / 16) ** 0.5,
        "he_normal": (2 / 16) ** 0.5,
        "zeros": 0.0,
        "pytorch": 1 / 16**0.5 / 3**0.5,
    }
    assert float(weight.abs().max()) <= limits[initialisation] + 1e-6
    assert float(weight.std()) == pytest.approx(spreads[initialisation], rel=0.15)
    assert ("bias" in dict(run.network.layers[2].linear.named_parameters())) is bias
    assert_same(*(lambda trace: (trace, reference_of(trace)))(recorded_run(run)))


def recorded_run(run: Run) -> Trace:
    return run.recorded_step()[0]


def test_penalties_are_in_the_gradients_of_weights_but_not_of_biases() -> None:
    preset = picture_preset()
    plain = recorded(preset, picture_data(), warm_up=0)
    both = recorded(preset.with_training(replace(preset.training, l1=0.01, l2=0.1)), picture_data(), warm_up=0)
    penalty = 0.0
    for without, with_penalty in zip(plain.layers, both.layers, strict=True):
        for name, parameter in without.parameters.items():
            w = parameter.before.astype(np.float64)
            extra = 0.01 * np.sign(w) + 0.1 * w if name == "weight" else 0.0
            penalty += 0.01 * np.abs(w).sum() + 0.05 * (w**2).sum() if name == "weight" else 0.0
            expected = np.asarray(parameter.gradient) + extra
            np.testing.assert_allclose(with_penalty.parameters[name].gradient, expected, rtol=1e-4, atol=1e-6)
    assert both.loss == pytest.approx(plain.loss)
    assert both.penalty == pytest.approx(penalty, rel=1e-5)


def test_a_trace_is_read_only_and_has_every_stage() -> None:
    trace = recorded(picture_preset(dropout=0.3), picture_data())
    arrays = [part.value for layer in trace.layers for part in layer.parts.values()]
    arrays += [parameter.before for layer in trace.layers for parameter in layer.parameters.values()]
    assert not any(array.flags.writeable for array in arrays)
    assert {type(layer) for layer in trace.network.layers} == set(LAYERS)
    for stage in stages_of(trace):
        if stage.part and stage.part != "parameters":
            assert trace.layers[stage.layer].parts[stage.part].gradient is not None


def test_a_forward_trace_has_no_loss_and_changes_nothing() -> None:
    run = Run(picture_preset(dropout=0.5), picture_data(), 1)
    weights, random = run.network.flat.clone(), torch.get_rng_state()
    drawing = np.linspace(0, 1, 16, dtype=np.float32).reshape(4, 4)
    trace = run.forward_trace(drawing)
    assert trace.loss is None
    assert not trace.has_backward
    np.testing.assert_allclose(trace.outputs.sum(), 1, rtol=1e-6)
    np.testing.assert_array_equal(trace.outputs, run.forward_trace(drawing).outputs)
    assert torch.equal(weights, run.network.flat)
    assert torch.equal(random, torch.get_rng_state())


@pytest.mark.parametrize(
    ("output", "loss", "units", "part"),
    [
        ("relu", "categorical_crossentropy", 3, "softmax"),
        ("softmax", "binary_crossentropy", 3, "sigmoid"),
        ("softmax", "categorical_crossentropy", 4, "3 units"),
        ("linear", "mean_squared_error", 1, "3 units"),
    ],
)
def test_outputs_that_do_not_fit_are_refused_with_what_to_change(output: str, loss: str, units: int, part: str) -> None:
    preset = picture_preset(output=output, loss=loss, units=units)
    with pytest.raises(SpecError, match=part):
        target_rule(preset.network, loss, picture_data())


def test_softmax_inside_and_numbers_with_cross_entropy_are_refused() -> None:
    preset = picture_preset(hidden="softmax")
    with pytest.raises(SpecError, match="last layer"):
        target_rule(preset.network, "categorical_crossentropy", picture_data())
    points = point_preset(output="linear", loss="binary_crossentropy")
    with pytest.raises(SpecError, match="mean squared error"):
        target_rule(points.network, "binary_crossentropy", point_data(task=Task.VALUES))
    assert TrainingSpec().loss == "categorical_crossentropy"
