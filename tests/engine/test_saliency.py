"""∂score/∂x against finite differences of the same network in NumPy, float64."""

from __future__ import annotations

import numpy as np
import pytest

from nnviz.core.saliency import AskSaliency, Saliency
from nnviz.core.spec import Preset
from nnviz.engine.stepper import Stepper
from tests.engine.support import answer, picture_data, picture_preset, stepper
from tests.support.reference import ACTIVATIONS


def ask(asked: Stepper, inputs: np.ndarray, label: int | None = None) -> Saliency | None:
    found = answer(asked, AskSaliency(inputs, label))
    assert found is None or isinstance(found, Saliency)
    return found


def sums(asked: Stepper, inputs: np.ndarray) -> np.ndarray:
    """The weighted sums of the last layer."""
    values = inputs.astype(np.float64).ravel()
    z = values
    for index, layer in enumerate(asked.run.network_spec.layers):
        own = {
            name: parameter.detach().numpy().astype(np.float64)
            for place, name, parameter in asked.run.network.named_layer_parameters()
            if place == index
        }
        if own:
            z = own["weight"] @ values + own["bias"]
            if layer.activation_name != "softmax":
                values = ACTIVATIONS[layer.activation_name or "linear"](z)
    return z


def sample(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((4, 4)).astype(np.float32)


PRESETS = {
    "softmax": picture_preset(),
    "softmax, not fused": picture_preset(loss="mean_squared_error"),
    "linear": picture_preset(output="linear", loss="mean_squared_error"),
    "dropout": picture_preset(dropout=0.5),
}


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
@pytest.mark.parametrize("label", [None, 0, 2])
def test_gradient_of_the_sum_before_softmax(preset: Preset, label: int | None) -> None:
    asked, inputs = stepper(preset), sample()
    found = ask(asked, inputs, label)
    assert found is not None
    z = sums(asked, inputs)
    assert found.label == (int(z.argmax()) if label is None else label)
    assert found.score == pytest.approx(z[found.label], abs=1e-5)
    step = 1e-5
    for place in np.ndindex(4, 4):
        ahead, behind = inputs.astype(np.float64), inputs.astype(np.float64)
        ahead[place] += step
        behind[place] -= step
        slope = (sums(asked, ahead)[found.label] - sums(asked, behind)[found.label]) / (2 * step)
        assert found.gradient[place] == pytest.approx(slope, abs=1e-5)


def test_one_output_for_two_classes_has_two_opposite_scores() -> None:
    preset = picture_preset(output="sigmoid", loss="binary_crossentropy", units=1)
    asked = stepper(preset, picture_data(classes=2))
    first, second = ask(asked, sample(), 0), ask(asked, sample(), 1)
    assert first is not None
    assert second is not None
    np.testing.assert_array_equal(first.gradient, -second.gradient)
    predicted = ask(asked, sample())
    assert predicted is not None
    assert predicted.label == int(sums(asked, sample())[0] > 0)


@pytest.mark.parametrize(("inputs", "label"), [(sample(), 3), (sample(), -1), (np.zeros((5, 5), np.float32), 0)])
def test_what_is_not_there_has_no_answer(inputs: np.ndarray, label: int) -> None:
    assert ask(stepper(picture_preset()), inputs, label) is None


def test_the_gradients_of_the_weights_stay_as_they_are() -> None:
    asked = stepper(picture_preset())
    asked.propose()
    before = asked.run.network.flat_grad.clone()
    ask(asked, sample())
    assert bool((asked.run.network.flat_grad == before).all())
