"""What the picture shows at a frame, on which scale. No QApplication is needed."""

from __future__ import annotations

import numpy as np
import pytest

from nnviz.core.playback import Cursor, EdgeMode, Frame, Phase, frame_at, stages_of
from nnviz.core.spec import NetworkSpec
from nnviz.core.trace import Trace
from nnviz.ui.graph.flow import BURST_SECONDS, DRIFT_SECONDS, comets, progress_at
from nnviz.ui.graph.look import Look, Scales, blank_look, dead_units, look_at
from nnviz.ui.graph.scale import Limits, ScaleChoice, readable, robust_limit
from nnviz.ui.graph.wording import limit_text, number, percentage, shape_text, short_number
from tests.support.reference import example_trace, image_network, random_weights, reference_trace


@pytest.fixture
def trace() -> Trace:
    return example_trace()


def at(trace: Trace, phase: Phase, layer: int, part: str = "") -> Frame:
    for position, stage in enumerate(stages_of(trace)):
        if (stage.phase, stage.layer, stage.part) == (phase, layer, part):
            return frame_at(trace, Cursor(position, 0))
    raise LookupError


def look(frame: Frame, mode: EdgeMode = EdgeMode.AUTO, choice: ScaleChoice = ScaleChoice.LAYER) -> Look:
    return look_at(frame, mode, Scales(choice, Limits(), False))


def test_nothing_is_known_of_a_bare_network() -> None:
    network: NetworkSpec = image_network()
    blank = blank_look(network, EdgeMode.AUTO)
    assert all(layer.values is None for layer in blank.layers)
    assert all(gap.values is None for gap in blank.gaps)
    assert sum(gap.edge_count for gap in blank.gaps) == 64 * 20 + 20 * 14 + 14 * 10
    assert blank.mode is EdgeMode.WEIGHT


def test_going_forward_only_what_is_computed_is_shown(trace: Trace) -> None:
    frame = at(trace, Phase.FORWARD, 2, "pre_activation")
    shown = look(frame)
    assert [layer.values is not None for layer in shown.layers] == [True, True, True, False, False]
    assert shown.layers[2].part.symbol == "z"
    np.testing.assert_array_equal(shown.layers[2].values, trace.layers[2].parts["pre_activation"].value[0])
    assert [gap.emphasis for gap in shown.gaps] == [0.5, 1.0, 0.5, 0.5]
    assert shown.mode is EdgeMode.WEIGHT
    assert not shown.edge_is_gradient


def test_going_back_gradients_replace_activations_where_they_are_known(trace: Trace) -> None:
    shown = look(at(trace, Phase.BACKWARD, 3, "pre_activation"))
    assert [layer.is_gradient for layer in shown.layers] == [False, False, False, True, True]
    assert [layer.dim for layer in shown.layers] == [True, True, True, False, False]
    np.testing.assert_array_equal(shown.layers[3].values, trace.layers[3].parts["pre_activation"].gradient[0])
    assert [gap.values is not None for gap in shown.gaps] == [False, False, False, True]
    assert shown.edge_is_gradient


def test_an_overview_shows_activations_and_weights(trace: Trace) -> None:
    frame = frame_at(trace, Cursor(len(stages_of(trace)) - 1, 0, overview=True))
    shown = look(frame)
    assert not any(layer.is_gradient or layer.dim for layer in shown.layers)
    assert all(gap.emphasis == 1.0 for gap in shown.gaps)
    np.testing.assert_array_equal(shown.gaps[1].values, trace.layers[2].parameters["weight"].after)


def test_one_range_for_the_whole_network_is_the_largest(trace: Trace) -> None:
    frame = at(trace, Phase.LOSS, 4)
    own = [gap.limit for gap in look(frame).gaps if gap.values is not None]
    common = {gap.limit for gap in look(frame, choice=ScaleChoice.NETWORK).gaps if gap.values is not None}
    assert common == {max(own)}
    assert look(frame).layers[4].limit == 1.0  # softmax: probabilities have their natural scale


def test_a_fixed_range_stays(trace: Trace) -> None:
    limits = Limits()
    scales = Scales(ScaleChoice.FIXED, limits, False)
    before = look_at(at(trace, Phase.LOSS, 4), EdgeMode.WEIGHT, scales).gaps[1].limit
    other = example_trace(seed=3)
    louder = look_at(at(other, Phase.UPDATE, 4), EdgeMode.WEIGHT, scales).gaps[1].limit
    assert before == louder


def test_limits_ignore_outliers_and_what_is_not_a_number() -> None:
    values = np.ones(1000, np.float32)
    values[0], values[1], values[2] = 1e6, np.nan, np.inf
    assert robust_limit(values) == 1.0
    assert robust_limit(np.full(5, np.nan, np.float32)) == 0.0
    assert robust_limit(np.random.default_rng(0).random(1_000_000).astype(np.float32)) == pytest.approx(0.995, abs=0.01)


@pytest.mark.parametrize(("limit", "expected"), [(0.8267, 0.83), (0.83, 0.83), (12.01, 13.0), (0.0, 1.0), (3e-7, 3e-7)])
def test_limits_are_readable(limit: float, expected: float) -> None:
    assert readable(limit) == pytest.approx(expected)


def test_limits_do_not_flicker_while_the_network_runs() -> None:
    limits = Limits()
    first = limits.limit("w", 1.0, steady=True, fixed=False)
    assert limits.limit("w", 0.6, steady=True, fixed=False) == first
    grown = limits.limit("w", 1.01, steady=True, fixed=False)
    assert grown > 1.1
    assert limits.limit("w", 1.1, steady=True, fixed=False) == grown
    assert limits.limit("w", 0.1, steady=True, fixed=False) < 0.2
    limits.forget()
    assert limits.limit("w", 9.0, steady=True, fixed=True) == 9.0


def test_numbers_on_their_way_ease_in_and_come_to_rest() -> None:
    distances = [progress_at(second, False).distance for second in np.linspace(0, BURST_SECONDS + DRIFT_SECONDS, 50)]
    assert distances[0] == 0
    assert (np.diff(distances) > 0).all()
    assert not progress_at(BURST_SECONDS + DRIFT_SECONDS, False).moving
    assert not progress_at(0.0, True).moving


def test_numbers_move_right_forward_and_left_backward() -> None:
    lines = np.array([[0.0, 0, 100, 0]])
    early, late = (comets(lines, progress_at(second, False), False) for second in (0.05, 0.15))
    assert early[0, 2] < late[0, 2]
    assert late[0, 0] < late[0, 2]  # the tail follows
    back = comets(lines, progress_at(0.15, False), True)
    assert back[0, 2] == pytest.approx(100 - late[0, 2])
    assert back[0, 0] > back[0, 2]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.834, "0.834"),
        (-0.5, "−0.500"),
        (12.345, "12.3"),
        (1234.5, "1,234"),
        (0.0, "0"),
        (3.1e-6, "3.1·10⁻⁶"),
        (0.00219, "0.00219"),
        (float(np.float32(0.01)), "0.0100"),
    ],
)
def test_numbers_are_written_for_people(value: float, text: str) -> None:
    assert number(value) == text


def test_other_wording() -> None:
    assert number(float("nan")) == "NaN"
    assert number(float("-inf")) == "−∞"
    assert short_number(-0.834) == "−0.83"
    assert [short_number(value) for value in (123.4, -12.34, 0.0129, 1e-5, 0.0)] == ["123", "−12.3", "0.013", "≈0", "0"]
    assert [short_number(value, 2) for value in (-0.0381, 0.004, 0.834)] == ["−0.04", "≈0", "0.83"]
    assert percentage(0.926) == "93 %"
    assert percentage(0.001) == "<1 %"
    assert percentage(0.999) == ">99 %"
    assert percentage(1.0) == "100 %"
    assert percentage(float("nan")) == "NaN"
    assert limit_text(0.83) == "0.83"
    assert shape_text((28, 28)) == "28×28"


def test_relu_neurons_that_are_silent_for_the_whole_batch_are_dead() -> None:
    network = image_network(8)
    rng = np.random.default_rng(0)
    weights = random_weights(network, rng)
    weights[2]["weight"][3] = 0.0
    weights[2]["bias"][3] = -1.0
    inputs = rng.random((16, 8, 8)).astype(np.float32)
    targets = np.zeros(16, np.int64)
    values = np.eye(10, dtype=np.float32)[targets]
    trace = reference_trace(network, weights, inputs, values, targets, "categorical_crossentropy")
    done = frame_at(trace, Cursor(len(stages_of(trace)) - 1, 0, overview=True))
    dead = dead_units(done, done.layers[2])
    assert dead is not None
    assert dead[3]
    silent_for_one = done.layers[2].output == 0
    assert silent_for_one.sum() > dead.sum()  # silent for this sample alone is not dead
    few = reference_trace(network, weights, inputs[:4], values[:4], targets[:4], "categorical_crossentropy")
    assert dead_units(frame_at(few, Cursor(8)), frame_at(few, Cursor(8)).layers[2]) is None
