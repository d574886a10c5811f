"""What a trace says of one weight or neuron by itself, against arithmetic written out here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnviz.core.microscope import agreeing_digits, backward_terms, noise_of, sample_gradients
from nnviz.core.playback import Cursor, Frame, frame_at, stages_of
from tests.support.reference import example_trace


def at_the_end(sample: int | None = 0) -> Frame:
    trace = example_trace()
    return frame_at(trace, Cursor(len(stages_of(trace)) - 1, sample))


def test_the_mean_of_the_samples_gradients_is_the_gradient() -> None:
    trace = example_trace()
    record = trace.layers[3].parameters["weight"]
    assert record.gradient is not None
    gradients = sample_gradients(trace, 3, 4, 7)
    assert gradients is not None
    assert gradients.shape == (8,)
    assert gradients.mean() == pytest.approx(float(record.gradient[4, 7]), rel=1e-5)


def test_without_targets_no_sample_says_anything() -> None:
    trace = example_trace()
    layers = tuple(
        replace(layer, parts={name: replace(part, gradient=None) for name, part in layer.parts.items()})
        for layer in trace.layers
    )
    assert sample_gradients(replace(trace, layers=layers), 3, 4, 7) is None


def test_noise_is_told_in_numbers() -> None:
    noise = noise_of(np.array([3.0, -1.0, 0.0, 2.0]))
    assert (noise.mean, noise.against, noise.silent) == (1.0, 1, 1)
    assert noise.deviation == pytest.approx(np.sqrt((4 + 4 + 1 + 1) / 3))
    assert noise.error == pytest.approx(noise.deviation / 2)
    assert noise_of(np.array([-2.0])).deviation == 0.0
    assert noise_of(np.array([1.0, -1.0])).against == 0  # there is no way to be against a mean of 0


def test_gradients_that_have_overflowed_have_no_mean() -> None:
    assert np.isnan(noise_of(np.array([np.inf, -np.inf, 1.0])).mean)


@pytest.mark.parametrize("sample", [2, None])
def test_the_terms_of_the_way_back_add_up_to_the_gradient_of_the_output(sample: int | None) -> None:
    frame = at_the_end(sample)
    terms = backward_terms(frame, 2, 7, most=5)
    assert terms is not None
    assert terms.products is not None
    assert terms.inputs is not None
    assert terms.rest_sum is not None
    weights = frame.trace.layers[3].parameters["weight"].before
    np.testing.assert_array_equal(terms.weights, weights[terms.units, 7])
    np.testing.assert_allclose(terms.products, terms.weights * terms.inputs)
    assert terms.rest_count == 9
    gradient = frame.layers[2].gradients["activation"][7]
    assert terms.products.sum() + terms.rest_sum == pytest.approx(float(gradient), rel=1e-4, abs=1e-8)


def test_there_are_no_terms_where_nothing_is_weighed() -> None:
    frame = at_the_end()
    assert backward_terms(frame, 4, 3) is None  # the output
    assert backward_terms(frame, 0, 3) is None  # before a layer that only reshapes


def test_terms_are_unknown_before_their_stage() -> None:
    trace = example_trace()
    terms = backward_terms(frame_at(trace, Cursor(0)), 2, 7)
    assert terms is not None
    assert terms.inputs is None
    assert terms.products is None


@pytest.mark.parametrize(
    ("one", "other", "digits"),
    [
        ("0.0123456", "0.0123459", 5),
        ("−0.5000", "−0.5000", 4),
        ("0.5", "−0.5", 0),
        ("1.25", "1.26", 2),
        ("0.00", "0.01", 0),
        ("10.07", "10.09", 3),
    ],
)
def test_digits_that_agree_are_counted(one: str, other: str, digits: int) -> None:
    assert agreeing_digits(one, other) == digits
