"""Which numbers travel at each stage, checked against NumPy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnviz.core.playback import PARAMETERS, Cursor, Frame, Phase, frame_at, stages_of
from nnviz.core.spec import NetworkSpec
from nnviz.core.trace import LayerRecord, ParameterRecord, PartRecord, Trace
from nnviz.ui.formula.numbers import significant
from nnviz.ui.graph.hit_test import EdgePick, UnitPick
from nnviz.ui.graph.journeys import Journey, Picked, journey_at
from tests.support.reference import example_trace, image_network, point_network

HIDDEN = 2  # a dense layer of the image network; the one after it is dense, too


@pytest.fixture(scope="module")
def trace() -> Trace:
    return example_trace(image_network())


def frame(trace: Trace, phase: Phase, layer: int, part: str, sample: int | None = 0) -> Frame:
    walk = stages_of(trace)
    position = next(i for i, s in enumerate(walk) if (s.phase, s.layer, s.part) == (phase, layer, part))
    return frame_at(trace, Cursor(position, sample))


def journey(
    trace: Trace, phase: Phase, layer: int, part: str, sample: int | None = 0, picked: Picked = None
) -> Journey:
    found = journey_at(frame(trace, phase, layer, part, sample), picked)
    assert found is not None
    return found


def value(trace: Trace, layer: int, part: str, sample: int = 0) -> np.ndarray:
    return trace.layers[layer].parts[part].value[sample].ravel().astype(np.float64)


def gradient(trace: Trace, layer: int, part: str, sample: int = 0) -> np.ndarray:
    found = trace.layers[layer].parts[part].gradient
    assert found is not None
    return found[sample].ravel().astype(np.float64)


def test_forward_the_largest_products_of_the_most_active_neuron_add_up_to_z(trace: Trace) -> None:
    found = journey(trace, Phase.FORWARD, HIDDEN, "pre_activation")
    unit = int(np.argmax(np.abs(value(trace, HIDDEN, "activation"))))
    x, w = value(trace, 1, "output"), trace.layers[HIDDEN].parameters["weight"].before[unit].astype(np.float64)
    strongest = np.argsort(-np.abs(w * x))[:6]
    assert found.goal == UnitPick(HIDDEN, unit)
    assert [each.edge.source for each in found.travellers] == strongest.tolist()
    for each, source in zip(found.travellers, strongest, strict=True):
        assert each.leaves is not None
        assert each.arrives is not None
        assert (each.leaves.text, each.arrives.text) == (significant(x[source]), significant(w[source] * x[source]))
    so_far = np.cumsum((w * x)[strongest])
    assert [label.text for label in found.sums[:6]] == [f"Σ = {significant(part)}" for part in so_far]
    rest, bias, result = found.sums[6:]
    assert significant(float((w * x).sum() - so_far[-1])).lstrip("−") in rest.text
    assert "(58 more)" in rest.text
    assert significant(float(trace.layers[HIDDEN].parameters["bias"].before[unit])).lstrip("−") in bias.text
    assert result.text.endswith(f"= {significant(value(trace, HIDDEN, 'pre_activation')[unit])}")


def test_terms_that_are_zero_do_not_travel(trace: Trace) -> None:
    found = journey(trace, Phase.FORWARD, 4, "pre_activation")
    assert all(each.arrives is not None and each.arrives.value for each in found.travellers)
    assert len(found.travellers) <= np.count_nonzero(value(trace, 3, "activation"))


@pytest.mark.parametrize("sample", [1, None])
def test_the_sum_is_that_of_the_sample_or_of_the_mean(trace: Trace, sample: int | None) -> None:
    found = journey(trace, Phase.FORWARD, HIDDEN, "pre_activation", sample)
    sums = trace.layers[HIDDEN].parts["pre_activation"].value
    assert found.goal is not None
    expected = sums.mean(axis=0)[found.goal.unit] if sample is None else sums[sample, found.goal.unit]
    assert found.sums[-1].value == pytest.approx(expected)
    assert found.sums[-1].text.startswith("mean") is (sample is None)


def test_z_becomes_a_in_the_same_neuron(trace: Trace) -> None:
    before = journey(trace, Phase.FORWARD, HIDDEN, "pre_activation")
    found = journey(trace, Phase.FORWARD, HIDDEN, "activation")
    assert found.goal == before.goal
    assert not found.travellers
    first, rule, last = (label.text for label in found.sums)
    number = significant(before.sums[-1].value)
    assert first == before.sums[-1].text
    assert rule == f"max(0, {number})"
    assert last.endswith(number)


def test_backward_deltas_times_weights_add_up(trace: Trace) -> None:
    found = journey(trace, Phase.BACKWARD, HIDDEN, "activation")
    slopes = gradient(trace, HIDDEN, "activation")
    unit = int(np.argmax(np.abs(slopes)))
    w = trace.layers[HIDDEN + 1].parameters["weight"].before[:, unit].astype(np.float64)
    delta = gradient(trace, HIDDEN + 1, "pre_activation")
    assert found.backward
    assert found.goal == UnitPick(HIDDEN, unit)
    assert found.sums[-1].value == pytest.approx(slopes[unit])
    for each in found.travellers:
        assert each.edge.layer == HIDDEN + 1
        assert each.arrives is not None
        assert each.arrives.value == pytest.approx(w[each.edge.out] * delta[each.edge.out])


def test_backward_the_gradient_passes_the_activation() -> None:
    trace = example_trace(point_network())
    found = journey(trace, Phase.BACKWARD, 2, "pre_activation")
    assert found.goal is not None
    unit = found.goal.unit
    start, a = gradient(trace, 2, "activation")[unit], value(trace, 2, "activation")[unit]
    assert [label.value for label in found.sums] == pytest.approx([start, start * (1 - a**2), start * (1 - a**2)], 1e-4)
    assert significant(start) in found.sums[1].text
    assert "(1 − " in found.sums[1].text


def test_on_the_edges_delta_meets_x_and_the_gradient_of_the_batch_stays(trace: Trace) -> None:
    found = journey(trace, Phase.BACKWARD, HIDDEN, PARAMETERS)
    recorded = trace.layers[HIDDEN].parameters["weight"].gradient
    assert recorded is not None
    unit = int(np.unravel_index(np.argmax(np.abs(recorded)), recorded.shape)[0])
    delta = trace.layers[HIDDEN].parts["pre_activation"].gradient
    assert delta is not None
    for each in found.travellers:
        x = trace.layers[1].parts["output"].value[:, each.edge.source]
        assert each.edge.out == unit
        assert each.rests[-1].value == pytest.approx(float((delta[:, unit] * x).sum()), rel=1e-4)
        assert each.leaves is not None
        assert each.meets is not None
        assert each.leaves.text.endswith(significant(float(delta[0, unit])))
        assert each.meets.text.endswith(significant(float(x[0])))
    mean = journey(trace, Phase.BACKWARD, HIDDEN, PARAMETERS, None)
    assert all(each.leaves is None and each.meets is None for each in mean.travellers)


def test_at_the_update_the_change_of_weights_in_every_layer_lands(trace: Trace) -> None:
    found = journey(trace, Phase.UPDATE, 4, "")
    assert {each.edge.layer for each in found.travellers} == {2, 3, 4}
    assert len(found.travellers) <= 8
    for each in found.travellers:
        record = trace.layers[each.edge.layer].parameters["weight"]
        assert record.after is not None
        change = record.after - record.before
        assert each.rests[-1].value == pytest.approx(float(change[each.edge.out, each.edge.source]))


@pytest.mark.parametrize("picked", [UnitPick(HIDDEN, 3), EdgePick(HIDDEN, 3, 9)])
def test_the_numbers_are_those_of_the_neuron_that_is_picked(trace: Trace, picked: UnitPick | EdgePick) -> None:
    for phase, part in (
        (Phase.FORWARD, "pre_activation"),
        (Phase.FORWARD, "activation"),
        (Phase.BACKWARD, "activation"),
        (Phase.BACKWARD, "pre_activation"),
    ):
        assert journey(trace, phase, HIDDEN, part, picked=picked).goal == UnitPick(HIDDEN, 3)
    for phase, layer, part in ((Phase.BACKWARD, HIDDEN, PARAMETERS), (Phase.UPDATE, 4, "")):
        edges = [each.edge for each in journey(trace, phase, layer, part, picked=picked).travellers]
        assert {(edge.layer, edge.out) for edge in edges} == {(HIDDEN, 3)}
        assert isinstance(picked, UnitPick) or edges[0] == picked


def test_every_stage_is_calm(trace: Trace) -> None:
    for other in (trace, example_trace(point_network())):
        for position in range(len(stages_of(other))):
            found = journey_at(frame_at(other, Cursor(position)), None)
            assert found is None or len(found.travellers) <= 8


def test_nothing_travels_where_nothing_is_weighed_or_while_many_batches_pass_by(trace: Trace) -> None:
    assert journey_at(frame(trace, Phase.FORWARD, 0, "output"), None) is None
    assert journey_at(frame(trace, Phase.FORWARD, 1, "output"), None) is None
    assert journey_at(frame(trace, Phase.LOSS, 4, ""), None) is None
    last = frame(trace, Phase.UPDATE, 4, "")
    assert journey_at(replace(last, cursor=replace(last.cursor, overview=True)), None) is None


def test_what_is_not_known_does_not_travel(trace: Trace) -> None:
    """In a worksheet the frame says where the pass is, but holds only what has been answered."""
    for position in range(3, len(stages_of(trace))):
        now, before = frame_at(trace, Cursor(position)), frame_at(trace, Cursor(position - 1))
        hidden = replace(before, stage=now.stage, cursor=now.cursor, flow_gap=now.flow_gap, flow=now.flow)
        assert journey_at(hidden, None) is None, now.stage


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("network", [image_network(), point_network()], ids=["image", "points"])
def test_numbers_that_are_none_travel_like_others(network: NetworkSpec, number: float) -> None:
    sound = example_trace(network)

    def broken(array: np.ndarray | None) -> np.ndarray | None:
        return None if array is None else np.where(np.arange(array.size).reshape(array.shape) % 3, array, number)

    layers = tuple(
        LayerRecord(
            {name: PartRecord(broken(part.value), broken(part.gradient)) for name, part in layer.parts.items()},
            {
                name: ParameterRecord(broken(p.before), broken(p.gradient), broken(p.after))
                for name, p in layer.parameters.items()
            },
        )
        for layer in sound.layers
    )
    trace = replace(sound, layers=layers)
    with np.errstate(invalid="ignore"):
        for position in range(len(stages_of(trace))):
            journey_at(frame_at(trace, Cursor(position)), None)
