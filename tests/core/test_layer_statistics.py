"""Snapshots of layers, against plain NumPy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnviz.core.layer_statistics import (
    MOST_SNAPSHOTS,
    QUANTILES,
    Snapshot,
    Snapshots,
    silent_shares,
    snapshot,
    spread,
)
from nnviz.core.trace import ParameterRecord, PartRecord, Trace
from tests.support.reference import example_trace, point_network

TRACE = example_trace()


def with_layer(trace: Trace, index: int, output: np.ndarray | None = None, weight: np.ndarray | None = None) -> Trace:
    """The same trace with other outputs or weights in one layer."""
    record = trace.layers[index]
    parts, parameters = dict(record.parts), dict(record.parameters)
    if output is not None:
        parts["activation"] = PartRecord(output.astype(np.float32), parts["activation"].gradient)
    if weight is not None:
        old = parameters["weight"]
        parameters["weight"] = ParameterRecord(weight.astype(np.float32), old.gradient, old.after)
    layer = replace(record, parts=parts, parameters=parameters)
    return replace(trace, layers=(*trace.layers[:index], layer, *trace.layers[index + 1 :]))


def empty(step: int, samples: int = 8) -> Snapshot:
    return Snapshot(step, samples, 1.0, ())


def test_layers_without_weights_are_left_out():
    taken = snapshot(TRACE)
    assert [layer.layer for layer in taken.layers] == [2, 3, 4]
    assert [layer.units for layer in taken.layers] == [20, 14, 10]
    assert (taken.step, taken.samples, taken.chance) == (0, 8, pytest.approx(np.log(10)))


def test_norms_are_those_of_the_weights():
    for layer in snapshot(TRACE).layers:
        weight = TRACE.layers[layer.layer].parameters["weight"]
        assert layer.gradient_norm == pytest.approx(np.linalg.norm(weight.gradient.astype(np.float64)), rel=1e-5)


def test_quantiles_run_from_the_smallest_to_the_largest_number():
    weight = TRACE.layers[3].parameters["weight"].before
    quantiles = snapshot(TRACE).layers[1].weights
    np.testing.assert_array_equal(quantiles, np.quantile(weight, np.linspace(0, 1, QUANTILES), method="nearest"))
    rng = np.random.default_rng(3)
    many = spread(rng.standard_normal(1_000_000).astype(np.float32))
    assert many[QUANTILES // 2] == pytest.approx(0.0, abs=0.05)
    assert many[QUANTILES // 4] == pytest.approx(-0.674, abs=0.07)  # the lower quartile of a normal distribution


def test_what_is_not_finite_is_left_out_of_a_spread():
    assert spread(np.array([np.nan, 1.0, np.inf, 3.0], np.float32)).tolist() == [1.0] * 17 + [3.0] * 16
    assert np.isnan(spread(np.full(4, np.nan, np.float32))).all()


def test_gradients_are_spread_over_powers_of_ten_and_zeros_have_none():
    gradient = TRACE.layers[2].parameters["weight"].gradient
    logarithms = np.log10(np.abs(gradient[gradient != 0]))
    quantiles = snapshot(TRACE).layers[0].gradients
    assert quantiles is not None
    assert (quantiles[0], quantiles[-1]) == pytest.approx((logarithms.min(), logarithms.max()))
    record = TRACE.layers[2]
    weight = record.parameters["weight"]
    still = ParameterRecord(weight.before, np.zeros_like(weight.before), weight.before)
    layer = replace(record, parameters={"weight": still})
    taken = snapshot(replace(TRACE, layers=(*TRACE.layers[:2], layer, *TRACE.layers[3:]))).layers[0]
    assert (taken.gradients, taken.gradient_norm) == (None, 0.0)


def test_silent_are_the_relus_that_no_sample_wakes():
    outputs = np.ones((8, 20))
    outputs[:, 3] = 0.0
    outputs[:7, 5] = 0.0
    taken = snapshot(with_layer(TRACE, 2, output=outputs)).layers[0]
    assert np.flatnonzero(taken.silent).tolist() == [3]
    assert taken.saturated is None


def test_saturated_are_outputs_near_the_ends_but_not_those_of_the_last_layer():
    trace = example_trace(point_network())
    outputs = np.zeros((8, 4))
    outputs[:, 0] = 0.99
    outputs[:4, 1] = -0.97
    hidden, _, output = snapshot(with_layer(trace, 1, output=outputs)).layers
    assert hidden.saturated == pytest.approx(12 / 32)
    assert (hidden.silent, output.saturated) == (None, None)


def test_alike_are_units_whose_weights_are_equal_to_the_last_bit():
    assert not any(layer.alike for layer in snapshot(TRACE).layers)
    same = np.tile(np.arange(20.0), (14, 1))
    assert snapshot(with_layer(TRACE, 3, weight=same)).layers[1].alike
    single = snapshot(example_trace(point_network())).layers[-1]
    assert (single.units, single.alike) == (1, False)


def test_chance_is_the_loss_of_an_answer_that_is_always_the_same():
    assert snapshot(example_trace(point_network())).chance == pytest.approx(np.log(2))
    squares = replace(TRACE, loss_name="mean_squared_error")
    assert snapshot(squares).chance == pytest.approx(TRACE.target_values.var(axis=0).mean())


def test_a_row_stays_in_order_and_replaces_what_is_recorded_anew():
    row = Snapshots()
    for step in (0, 10, 5):
        row.add(empty(step))
    row.add(newer := empty(5))
    assert [each.step for each in row.row] == [0, 5, 10]
    assert row.row[1] is newer
    row.forget_after(5)
    assert [each.step for each in row.row] == [0, 5]
    row.clear()
    assert not row.row


def test_a_long_row_is_thinned_out_and_keeps_its_ends():
    row = Snapshots()
    for step in range(1000):
        row.add(empty(step))
        assert len(row.row) <= MOST_SNAPSHOTS
    steps = [each.step for each in row.row]
    assert steps[-1] == 999
    assert steps[0] == 0
    assert max(np.diff(steps)) <= 16
    assert set(np.diff(steps[-32:])) == {1}


def test_dead_is_what_is_silent_in_all_of_the_newest_batches():
    row = []
    for step in range(4):
        outputs = np.ones((8, 20))
        outputs[:, : 10 - step] = 0.0  # one neuron after the other wakes up
        row.append(replace(snapshot(with_layer(TRACE, 2, output=outputs)), step=step))
    shares, samples = silent_shares(row, at_least=16)
    assert samples == 16
    assert shares[2] == pytest.approx(7 / 20)
    shares, samples = silent_shares(row, at_least=1000)
    assert (samples, shares[2]) == (32, pytest.approx(7 / 20))
    assert 4 not in shares  # softmax
    assert silent_shares([], 10) == ({}, 0)
