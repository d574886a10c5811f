"""Walking through a trace: the stages, what is known at each, and which way the numbers flow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnviz.core.playback import (
    PARAMETERS,
    Cursor,
    Direction,
    EdgeMode,
    Frame,
    Phase,
    Stage,
    edge_values,
    frame_at,
    next_layer_position,
    previous_layer_position,
    shown_edge_mode,
    stages,
    stages_of,
)
from nnviz.core.spec import NetworkSpec, OptimizerSpec
from nnviz.core.trace import LayerRecord, ParameterRecord, PartRecord, Trace
from nnviz.engine.layers import Dense, Dropout, Flatten, Input
from tests.support.reference import example_trace, point_network

NETWORKS = {
    "points": point_network(),
    "image with dropout": NetworkSpec(
        (Input((4, 4)), Flatten(), Dense(6), Dropout(0.5), Dense(3, "softmax")),
    ),
    "no hidden layer": NetworkSpec((Input((2,)), Dense(1, "sigmoid"))),
    "nothing to learn": NetworkSpec((Input((3, 3)), Flatten())),
    "no bias": NetworkSpec((Input((2,)), Dense(3, "tanh", bias=False), Dense(2, "linear", bias=False))),
}


def random_trace(network: NetworkSpec, fused: bool = True, backward: bool = True, batch: int = 4) -> Trace:
    """A trace of the right shapes, filled by chance: playback does not care where numbers come from."""
    rng = np.random.default_rng(7)

    def some(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    layers = tuple(
        LayerRecord(
            {
                part.name: PartRecord(some(batch, *shape), some(batch, *shape) if backward else None)
                for part in spec.parts
            },
            {
                name: ParameterRecord(some(*own), some(*own) if backward else None, some(*own) if backward else None)
                for name, own in parameters.items()
            },
        )
        for spec, shape, parameters in zip(
            network.layers, network.output_shapes(), network.parameter_shapes(), strict=True
        )
    )
    outputs = int(np.prod(network.output_shapes()[-1]))
    losses = some(batch) if backward else None
    return Trace(
        revision=1,
        step=0,
        epoch=0,
        batch=0,
        batches=1,
        network=network,
        inputs=some(batch, *network.output_shapes()[0]),
        targets=np.zeros(batch, np.int64) if backward else None,
        target_values=some(batch, outputs) if backward else None,
        sample_indices=np.arange(batch),
        layers=layers,
        loss=None if losses is None else float(losses.mean()),
        penalty=0.0,
        sample_losses=losses,
        fused_loss=fused,
        loss_name="categorical_crossentropy",
        optimizer=OptimizerSpec(),
    )


TRACES = [
    pytest.param(random_trace(network, fused, backward), id=f"{name}, fused={fused}, backward={backward}")
    for name, network in NETWORKS.items()
    for fused, backward in ((True, True), (False, True), (False, False))
]
every_trace = pytest.mark.parametrize("trace", TRACES)


def told(walk: tuple[Stage, ...]) -> list[str]:
    return [f"{stage.phase}:{stage.layer}{':' if stage.part else ''}{stage.part}" for stage in walk]


def frames(trace: Trace, sample: int | None = 0) -> list[Frame]:
    return [frame_at(trace, Cursor(position, sample)) for position in range(len(stages_of(trace)))]


# --- stages -----------------------------------------------------------------------------------------------------------


def test_the_stages_of_a_network_with_dropout_in_full():
    assert told(stages(NETWORKS["image with dropout"], fused_loss=True)) == [
        "forward:0:output",
        "forward:1:output",
        "forward:2:pre_activation",
        "forward:2:activation",
        "forward:3:output",
        "forward:4:pre_activation",
        "forward:4:activation",
        "loss:4",
        "backward:4:pre_activation",  # the fused loss enters at the logits
        "backward:4:parameters",
        "backward:3:output",
        "backward:2:activation",
        "backward:2:pre_activation",
        "backward:2:parameters",  # nothing to the left of it learns
        "update:4",
    ]


def test_without_a_hidden_layer():
    assert told(stages(NETWORKS["no hidden layer"])) == [
        "forward:0:output",
        "forward:1:pre_activation",
        "forward:1:activation",
        "loss:1",
        "backward:1:activation",
        "backward:1:pre_activation",
        "backward:1:parameters",
        "update:1",
    ]


def test_a_network_that_learns_nothing_has_no_backward_pass():
    assert told(stages(NETWORKS["nothing to learn"])) == ["forward:0:output", "forward:1:output", "loss:1", "update:1"]


def test_a_drawing_without_a_label_is_only_passed_forward():
    phases = {stage.phase for stage in stages(NETWORKS["points"], has_backward=False)}
    assert phases == {Phase.FORWARD}


@every_trace
def test_no_stage_comes_twice_and_phases_follow_one_another(trace):
    walk = stages_of(trace)
    assert len(set(walk)) == len(walk)
    order = [Phase.FORWARD, Phase.LOSS, Phase.BACKWARD, Phase.UPDATE]
    ranks = [order.index(stage.phase) for stage in walk]
    assert ranks == sorted(ranks)
    forward = [stage.layer for stage in walk if stage.phase is Phase.FORWARD]
    backward = [stage.layer for stage in walk if stage.phase is Phase.BACKWARD]
    assert forward == sorted(forward)
    assert backward == sorted(backward, reverse=True)


# --- walking by layers ------------------------------------------------------------------------------------------------


@every_trace
def test_layer_steps_forward_and_back_meet_at_the_same_places(trace):
    walk = stages_of(trace)
    starts = [0]
    while (position := next_layer_position(walk, starts[-1])) < len(walk):
        assert (walk[position].phase, walk[position].layer) != (walk[starts[-1]].phase, walk[starts[-1]].layer)
        starts.append(position)
    back = [len(walk)]
    while (position := previous_layer_position(walk, back[-1])) >= 0:
        back.append(position)
    assert back[:0:-1] == starts


@every_trace
def test_a_layer_step_back_goes_to_the_nearest_beginning(trace):
    walk = stages_of(trace)
    begins = [
        p == 0 or (walk[p].phase, walk[p].layer) != (walk[p - 1].phase, walk[p - 1].layer) for p in range(len(walk))
    ]
    for position in range(len(walk)):
        back = previous_layer_position(walk, position)
        assert back == -1 if position == 0 else begins[back]
        assert not any(begins[max(back + 1, 0) : position])
        onward = next_layer_position(walk, position)
        assert onward == len(walk) or begins[onward]
        assert not any(begins[position + 1 : onward])


# --- frames -----------------------------------------------------------------------------------------------------------


def knowledge(frame: Frame) -> set[tuple[int, str, str]]:
    """Everything that a frame tells."""
    known = set()
    for layer in frame.layers:
        for kind in ("values", "gradients", "parameter_gradients", "parameter_updates"):
            known |= {(layer.index, kind, name) for name in getattr(layer, kind)}
    return known | ({(-1, "loss", "")} if frame.loss is not None else set())


@every_trace
def test_knowledge_only_grows_and_by_the_stage_that_is_entered(trace):
    before: set[tuple[int, str, str]] = set()
    for frame in frames(trace):
        now = knowledge(frame)
        assert before <= now
        new, stage = now - before, frame.stage
        if stage.phase is Phase.FORWARD:
            assert new == {(stage.layer, "values", stage.part)}
        elif stage.phase is Phase.LOSS:
            assert new == {(-1, "loss", "")}
        elif stage.phase is Phase.BACKWARD and stage.part != PARAMETERS:
            assert new == {(stage.layer, "gradients", stage.part)}
        elif stage.phase is Phase.BACKWARD:
            assert {(layer, kind) for layer, kind, _ in new} == {(stage.layer, "parameter_gradients")}
        else:
            assert {kind for _, kind, _ in new} <= {"parameter_updates"}
        before = now


@every_trace
def test_the_last_frame_knows_everything_that_was_recorded(trace):
    last = frames(trace)[-1]
    for layer, record in zip(last.layers, trace.layers, strict=True):
        assert set(layer.values) == set(record.parts)
        for name, parameter in record.parameters.items():
            expected = parameter.after if trace.has_backward else parameter.before
            assert layer.parameters[name] is expected
            if trace.has_backward:
                np.testing.assert_array_equal(layer.parameter_gradients[name], parameter.gradient)
                np.testing.assert_array_equal(layer.parameter_updates[name], parameter.after - parameter.before)


@every_trace
def test_weights_are_those_before_the_step_until_the_update(trace):
    for frame in frames(trace):
        for layer, record in zip(frame.layers, trace.layers, strict=True):
            for name, parameter in record.parameters.items():
                updated = frame.phase is Phase.UPDATE
                assert layer.parameters[name] is (parameter.after if updated else parameter.before)


@every_trace
def test_a_sample_is_a_row_and_none_is_the_mean_of_the_batch(trace):
    position = len(stages_of(trace)) - 1
    for sample, pick in ((2, lambda a: a[2]), (None, lambda a: a.mean(axis=0)), (99, lambda a: a[-1])):
        frame = frame_at(trace, Cursor(position, sample))
        for layer, record in zip(frame.layers, trace.layers, strict=True):
            for name, value in layer.values.items():
                np.testing.assert_array_equal(value, pick(record.parts[name].value))
            for name, gradient in layer.gradients.items():
                np.testing.assert_array_equal(gradient, pick(record.parts[name].gradient))
        if trace.has_backward:
            assert frame.loss == pytest.approx(float(pick(trace.sample_losses)), rel=1e-6)
            np.testing.assert_array_equal(frame.target, pick(trace.target_values))
        else:
            assert frame.loss is None
            assert frame.target is None


@every_trace
def test_the_layer_at_work_is_marked_while_going_forward_and_back(trace):
    for frame in frames(trace):
        active = [layer.index for layer in frame.layers if layer.active]
        busy = frame.phase in (Phase.FORWARD, Phase.BACKWARD)
        assert active == ([frame.stage.layer] if busy else [])


def test_a_frame_describes_its_layers():
    frame = frame_at(random_trace(NETWORKS["image with dropout"]), Cursor())
    assert [layer.name for layer in frame.layers] == ["Input", "Flatten", "Hidden 1", "Dropout", "Output"]
    assert [layer.output_shape for layer in frame.layers] == [(4, 4), (16,), (6,), (6,), (3,)]
    assert frame.layers[0].output is not None
    assert frame.layers[-1].output is None
    assert frame.layers[-1].output_gradient is None


def test_updates_and_means_are_computed_once_for_all_stages_of_a_trace():
    trace = example_trace(point_network())
    last = len(stages_of(trace)) - 1
    one, other = (frame_at(trace, Cursor(position, None)) for position in (last, last))
    assert one.layers[1].parameter_updates["weight"] is other.layers[1].parameter_updates["weight"]
    assert one.layers[1].output is other.layers[1].output
    assert one.layers[1].values.get("nothing of the kind") is None


def test_the_same_cursor_gives_an_equal_picture():
    trace = example_trace()
    one, other = frame_at(trace, Cursor(7, 3)), frame_at(trace, Cursor(7, 3))
    assert one.stage == other.stage
    assert knowledge(one) == knowledge(other)
    for a, b in zip(one.layers, other.layers, strict=True):
        for name, value in a.values.items():
            np.testing.assert_array_equal(value, b.values[name])


@pytest.mark.parametrize("position", [-1, 1000])
def test_there_is_no_frame_outside_of_the_trace(position):
    with pytest.raises(IndexError, match="outside"):
        frame_at(example_trace(), Cursor(position))


def test_moving_a_cursor_keeps_the_sample_and_leaves_the_overview():
    assert Cursor(3, 5, overview=True).moved_to(8) == Cursor(8, 5)


# --- flow -------------------------------------------------------------------------------------------------------------


def test_numbers_flow_right_into_the_layer_at_work_and_left_out_of_it():
    flows = [(told((f.stage,))[0], f.flow_gap, f.flow) for f in frames(random_trace(NETWORKS["image with dropout"]))]
    forward, backward, none = Direction.FORWARD, Direction.BACKWARD, Direction.NONE
    assert flows == [
        ("forward:0:output", None, none),
        ("forward:1:output", 1, forward),
        ("forward:2:pre_activation", 2, forward),
        ("forward:2:activation", None, none),
        ("forward:3:output", 3, forward),
        ("forward:4:pre_activation", 4, forward),
        ("forward:4:activation", None, none),
        ("loss:4", None, none),
        ("backward:4:pre_activation", None, none),
        ("backward:4:parameters", 4, backward),
        ("backward:3:output", 4, backward),
        ("backward:2:activation", 3, backward),
        ("backward:2:pre_activation", None, none),
        ("backward:2:parameters", 2, backward),
        ("update:4", None, none),
    ]


@every_trace
def test_flow_has_a_gap_exactly_when_it_has_a_direction(trace):
    for frame in frames(trace):
        assert (frame.flow_gap is None) == (frame.flow is Direction.NONE)
        assert frame.flow_gap is None or 1 <= frame.flow_gap < len(frame.layers)


# --- edges ------------------------------------------------------------------------------------------------------------


def test_edge_values_of_every_mode_once_they_are_known():
    trace = random_trace(NETWORKS["points"])
    last = frame_at(trace, Cursor(len(stages_of(trace)) - 1, 1))
    weight = trace.layers[2].parameters["weight"]
    source = trace.layers[1].parts["activation"].value[1]
    np.testing.assert_array_equal(edge_values(last, 2, EdgeMode.WEIGHT), weight.after)
    np.testing.assert_array_equal(edge_values(last, 2, EdgeMode.GRADIENT), weight.gradient)
    np.testing.assert_array_equal(edge_values(last, 2, EdgeMode.UPDATE), weight.after - weight.before)
    np.testing.assert_array_equal(edge_values(last, 2, EdgeMode.CONTRIBUTION), weight.after * source[None, :])


def test_contributions_into_a_neuron_and_its_bias_add_up_to_its_weighted_sum():
    trace = example_trace(point_network())
    at = next(i for i, stage in enumerate(stages_of(trace)) if stage == Stage(Phase.FORWARD, 2, "pre_activation"))
    frame = frame_at(trace, Cursor(at, 3))
    terms = edge_values(frame, 2, EdgeMode.CONTRIBUTION)
    sums = np.asarray(terms).sum(axis=1) + frame.layers[2].parameters["bias"]
    np.testing.assert_allclose(sums, frame.layers[2].values["pre_activation"], rtol=1e-5, atol=1e-6)


def test_edge_values_are_unknown_before_their_stage():
    trace = random_trace(NETWORKS["points"])
    first = frame_at(trace, Cursor(0))
    assert edge_values(first, 2, EdgeMode.WEIGHT) is not None
    for mode in (EdgeMode.GRADIENT, EdgeMode.UPDATE, EdgeMode.CONTRIBUTION):
        assert edge_values(first, 2, mode) is None
    assert edge_values(first, 1, EdgeMode.CONTRIBUTION) is not None, "the input is there from the start"


def test_a_layer_without_weights_has_no_edge_values():
    trace = random_trace(NETWORKS["image with dropout"])
    last = frame_at(trace, Cursor(len(stages_of(trace)) - 1))
    for mode in (EdgeMode.WEIGHT, EdgeMode.GRADIENT, EdgeMode.UPDATE, EdgeMode.CONTRIBUTION):
        assert edge_values(last, 3, mode) is None


def test_an_image_before_a_dense_layer_is_read_row_by_row():
    trace = random_trace(NETWORKS["image with dropout"])
    frame = frame_at(trace, Cursor(len(stages_of(trace)) - 1, 0))
    assert edge_values(frame, 2, EdgeMode.CONTRIBUTION).shape == (6, 16)


def test_auto_shows_weights_forward_gradients_backward_and_what_is_added_at_the_update():
    trace = random_trace(NETWORKS["points"])
    shown = {(frame.phase, shown_edge_mode(EdgeMode.AUTO, frame)) for frame in frames(trace)}
    assert shown == {
        (Phase.FORWARD, EdgeMode.WEIGHT),
        (Phase.LOSS, EdgeMode.WEIGHT),
        (Phase.BACKWARD, EdgeMode.GRADIENT),
        (Phase.UPDATE, EdgeMode.UPDATE),
    }
    last = frames(trace)[-1]
    overview = replace(last, cursor=replace(last.cursor, overview=True))
    assert shown_edge_mode(EdgeMode.AUTO, overview) is EdgeMode.WEIGHT
    assert shown_edge_mode(EdgeMode.AUTO, None) is EdgeMode.WEIGHT
    assert shown_edge_mode(EdgeMode.UPDATE, frames(trace)[0]) is EdgeMode.UPDATE
