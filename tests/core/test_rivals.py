"""The comparison of two classes, against arithmetic written out here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnviz.core.playback import Cursor, Frame, frame_at, stages_of
from nnviz.core.rivals import odds, rivals
from tests.support.reference import example_trace, point_network

OUTPUT, SAMPLE = 4, 2


def seen(sample: int | None = SAMPLE, position: int = -1, target: int | None = None) -> Frame:
    """The example, with one and the same target for all samples, or with none."""
    trace = example_trace()
    values = None
    if target is not None:
        values = np.zeros((trace.batch_size, 10), np.float32)
        values[:, target] = 1
    trace = replace(trace, target_values=values)
    return frame_at(trace, Cursor(position % len(stages_of(trace)), sample))


def ranking() -> list[int]:
    z = seen().layers[OUTPUT].values["pre_activation"]
    return np.argsort(-z).tolist()


@pytest.mark.parametrize(
    ("target", "pinned", "pair"),
    [
        (4, 0, (0, 4)),  # places in the ranking: target, pinned, and (winner, other)
        (4, 4, (0, 4)),
        (4, 2, (0, 2)),
        (0, 0, (0, 1)),
        (0, 1, (0, 1)),
        (0, 5, (0, 5)),
        (None, 0, (0, 1)),
        (None, 3, (0, 3)),
    ],
)
def test_the_prediction_is_compared_with_what_matters(target: int | None, pinned: int, pair: tuple[int, int]) -> None:
    order = ranking()
    found = rivals(seen(target=None if target is None else order[target]), order[pinned])
    assert found is not None
    assert (found.winner, found.other) == (order[pair[0]], order[pair[1]])


def test_the_terms_add_up_to_the_difference() -> None:
    frame, order = seen(), ranking()
    found = rivals(frame, order[0], most=5)
    assert found is not None
    record = frame.trace.layers[OUTPUT].parameters
    weight, bias = record["weight"].before.astype(float), record["bias"].before.astype(float)
    a = frame.trace.layers[OUTPUT - 1].parts["activation"].value[SAMPLE].astype(float)
    one, other = order[:2]
    products = (weight[one] - weight[other]) * a
    assert found.terms.products is not None
    assert found.terms.rest_sum is not None
    assert found.biases is not None
    listed = np.argsort(-np.abs(products), kind="stable")[:5]
    np.testing.assert_array_equal(found.terms.units, listed)
    np.testing.assert_allclose(found.terms.products, products[listed], rtol=1e-6)
    assert found.terms.products.sum() + found.terms.rest_sum == pytest.approx(products.sum())
    total = products.sum() + bias[one] - bias[other]
    assert found.difference == pytest.approx(total, rel=1e-5)
    probabilities = frame.trace.outputs[SAMPLE].astype(float)
    assert odds(found) == pytest.approx(probabilities[one] / probabilities[other], rel=1e-4)


def test_there_is_nothing_to_compare() -> None:
    assert rivals(seen(sample=None), 0) is None  # the mean of the batch
    assert rivals(seen(position=3), 0) is None  # not computed yet
    points = example_trace(point_network())
    assert rivals(frame_at(points, Cursor(len(stages_of(points)) - 1)), 0) is None  # one output


def test_scores_that_have_overflowed_are_not_compared() -> None:
    trace = example_trace()
    layers = list(trace.layers)
    part = layers[OUTPUT].parts["pre_activation"]
    parts = {**layers[OUTPUT].parts, "pre_activation": replace(part, value=np.full_like(part.value, np.nan))}
    layers[OUTPUT] = replace(layers[OUTPUT], parts=parts)
    trace = replace(trace, layers=tuple(layers))
    assert rivals(frame_at(trace, Cursor(len(stages_of(trace)) - 1)), 0) is None


def test_huge_odds_are_infinite() -> None:
    found = rivals(seen(), ranking()[0])
    assert found is not None
    assert odds(replace(found, scores=(1000.0, 0.0))) == np.inf
