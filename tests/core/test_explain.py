from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnviz.core.explain import edge_facts, image_behind, input_behind, neuron_facts
from nnviz.core.playback import Cursor, Frame, Phase, Stage, frame_at, stages_of
from nnviz.core.spec import NetworkSpec
from nnviz.core.trace import Trace
from nnviz.engine.layers import Dense, Dropout, Flatten, Input
from tests.support.reference import example_trace, image_network, point_network


def frame_after(trace: Trace, stage: Stage, sample: int | None = 0) -> Frame:
    return frame_at(trace, Cursor(stages_of(trace).index(stage), sample))


def last_frame(trace: Trace, sample: int | None = 0) -> Frame:
    return frame_at(trace, Cursor(len(stages_of(trace)) - 1, sample))


@pytest.mark.parametrize("network", [image_network(), point_network()], ids=["image", "points"])
@pytest.mark.parametrize("sample", [0, 3, None], ids=["first", "fourth", "mean"])
@pytest.mark.parametrize("most", [1000, 2], ids=["all terms", "two terms"])
def test_the_terms_and_the_bias_add_up_to_z(network: NetworkSpec, sample: int | None, most: int) -> None:
    trace = example_trace(network)
    frame = last_frame(trace, sample)  # in the update phase, with other weights than those of the pass
    for layer in network.layers_with_parameters:
        for unit in range(network.output_shapes()[layer][0]):
            facts = neuron_facts(frame, layer, unit, most)
            assert facts.terms is not None
            assert facts.terms.products is not None
            assert len(facts.terms.units) == min(most, network.output_shapes()[layer - 1][0])
            listed = facts.terms.products.sum() + (facts.terms.rest_sum or 0.0)
            assert listed == pytest.approx(facts.terms.total)
            assert listed + (facts.bias or 0.0) == pytest.approx(facts.z, rel=1e-4, abs=1e-5)


def test_terms_come_largest_first_and_say_where_from() -> None:
    trace = example_trace()
    terms = neuron_facts(last_frame(trace, 2), 2, 7, most=10).terms
    assert terms is not None
    assert terms.products is not None
    assert terms.inputs is not None
    assert (np.diff(np.abs(terms.products)) <= 0).all()
    weights = trace.layers[2].parameters["weight"].before[7]
    np.testing.assert_allclose(terms.weights, weights[terms.units])
    np.testing.assert_allclose(terms.inputs, trace.inputs[2].ravel()[terms.units])
    assert terms.rest_count == 54
    np.testing.assert_allclose(np.abs(weights * trace.inputs[2].ravel()).max(), abs(terms.products[0]))


def test_before_its_stage_nothing_of_a_neuron_is_told() -> None:
    trace = example_trace()
    facts = neuron_facts(frame_after(trace, Stage(Phase.FORWARD, 1, "output")), 2, 7)
    assert facts.terms is not None
    assert facts.terms.products is facts.terms.total is facts.terms.rest_sum is None
    assert facts.z is facts.value is facts.output_gradient is facts.bias_gradient is None
    assert (np.diff(np.abs(facts.terms.weights)) <= 0).all()
    assert facts.terms.inputs is not None  # the layer before is done


def test_a_neuron_agrees_with_the_trace() -> None:
    trace = example_trace()
    facts = neuron_facts(last_frame(trace, 5), 3, 4)
    record = trace.layers[3]
    assert facts.z == record.parts["pre_activation"].value[5, 4]
    assert facts.value == record.parts["activation"].value[5, 4]
    assert record.parts["activation"].gradient is not None
    assert facts.output_gradient == record.parts["activation"].gradient[5, 4]
    assert record.parts["pre_activation"].gradient is not None
    assert facts.bias_gradient == pytest.approx(record.parts["pre_activation"].gradient[:, 4].sum(), rel=1e-4)


def test_only_outputs_have_a_target() -> None:
    trace = example_trace()
    frame = last_frame(trace, 1)
    assert trace.targets is not None
    right = int(trace.targets[1])
    assert neuron_facts(frame, 4, right).target == 1
    assert neuron_facts(frame, 4, (right + 1) % 10).target == 0
    assert neuron_facts(frame, 3, 0).target is None


def test_the_shares_of_all_samples_add_up_to_the_gradient_of_an_edge() -> None:
    trace = example_trace()
    shares = [edge_facts(last_frame(trace, sample), 3, 4, 7).share for sample in range(trace.batch_size)]
    facts = edge_facts(last_frame(trace, 0), 3, 4, 7)
    assert sum(share or 0.0 for share in shares) == pytest.approx(facts.gradient, rel=1e-4, abs=1e-7)


def test_an_edge_in_numbers() -> None:
    trace = example_trace()
    facts = edge_facts(last_frame(trace, 2), 2, 7, 30)
    record = trace.layers[2].parameters["weight"]
    assert facts.weight == record.before[7, 30]
    assert facts.source == trace.inputs[2].ravel()[30]
    assert facts.product == pytest.approx(facts.weight * facts.source)
    assert record.after is not None
    assert facts.update == pytest.approx(record.after[7, 30] - record.before[7, 30])
    assert facts.gradient is not None
    assert facts.update == pytest.approx(-0.1 * facts.gradient, rel=1e-3, abs=1e-7)


def test_the_next_update_is_known_as_soon_as_the_gradient_is() -> None:
    trace = example_trace()
    before = edge_facts(frame_after(trace, Stage(Phase.BACKWARD, 2, "pre_activation")), 2, 7, 30)
    assert before.gradient is before.update is None
    assert before.share is not None
    known = edge_facts(frame_after(trace, Stage(Phase.BACKWARD, 2, "parameters")), 2, 7, 30)
    assert known.gradient is not None
    assert known.update is not None


def test_the_mean_of_the_batch_has_no_share_of_its_own() -> None:
    assert edge_facts(last_frame(example_trace(), None), 2, 7, 30).share is None


def test_a_neuron_without_bias() -> None:
    network = NetworkSpec((Input((3,)), Dense(2, "tanh", bias=False), Dense(2, "softmax")))
    facts = neuron_facts(last_frame(example_trace(network)), 1, 0)
    assert facts.bias is None
    assert facts.terms is not None
    assert facts.z == pytest.approx(facts.terms.total, rel=1e-5)


def test_pixels_and_places_in_a_column_weigh_nothing() -> None:
    trace = example_trace()
    for layer in (0, 1):
        facts = neuron_facts(last_frame(trace, 3), layer, 29)
        assert facts.terms is facts.z is None
        assert facts.value == trace.inputs[3].ravel()[29]
    assert neuron_facts(last_frame(trace, 3), 1, 29).source == trace.inputs[3].ravel()[29]


def test_terms_that_are_not_numbers_are_no_error() -> None:
    trace = example_trace(point_network())
    record = trace.layers[1]
    weight = record.parameters["weight"]
    broken = replace(weight, before=np.full_like(weight.before, np.inf))
    layers = list(trace.layers)
    layers[1] = replace(record, parameters={**record.parameters, "weight": broken})
    inputs = replace(trace.layers[0].parts["output"], value=np.zeros_like(trace.inputs))
    layers[0] = replace(trace.layers[0], parts={"output": inputs})
    terms = neuron_facts(last_frame(replace(trace, layers=tuple(layers))), 1, 0).terms
    assert terms is not None
    assert terms.total is not None
    assert np.isnan(terms.total)


@pytest.mark.parametrize(("layer", "unit"), [(2, 20), (2, -1), (0, 64), (4, 10)])
def test_there_is_no_such_unit(layer: int, unit: int) -> None:
    with pytest.raises(IndexError, match="there is no unit"):
        neuron_facts(last_frame(example_trace()), layer, unit)


@pytest.mark.parametrize(("layer", "out", "inp"), [(2, 20, 0), (2, 0, 64), (1, 0, 0), (0, 0, 0)])
def test_there_is_no_such_edge(layer: int, out: int, inp: int) -> None:
    with pytest.raises(IndexError, match="has no edge"):
        edge_facts(last_frame(example_trace()), layer, out, inp)


def test_which_layers_show_the_pixels_of_the_input() -> None:
    network = NetworkSpec((Input((8, 8)), Flatten(), Dropout(), Dense(4), Dropout(), Dense(2, "softmax")))
    assert [image_behind(network, layer) for layer in range(6)] == [(8, 8)] * 3 + [None] * 3
    assert [input_behind(network, layer) for layer in range(6)] == [True] * 3 + [False] * 3
    assert image_behind(point_network(), 0) is None
    assert input_behind(point_network(), 0)
