"""Questions of a worksheet against arithmetic done by hand (NumPy, float64), and how answers are marked."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from nnviz.core.playback import PARAMETERS, Phase, Stage, stages_of
from nnviz.core.spec import NetworkSpec
from nnviz.core.trace import Trace
from nnviz.core.worksheet import TOLERANCES, Pass, State, Tolerance, Verdict, mark
from nnviz.core.worksheet_quantities import Kind, Quantity, Slip, plain_rate, quantities
from nnviz.engine.layers import Dense, Dropout, Flatten, Input
from tests.support.reference import ACTIVATIONS, SLOPES, example_trace, image_network, reference_trace

PERCENT = TOLERANCES["percent"]
RATE = 0.5


def trace_of(
    loss: str = "half_squared_error", batch: int = 1, hidden: str = "sigmoid", output: str = "sigmoid"
) -> Trace:
    network = NetworkSpec((Input((2,)), Dense(2, hidden), Dense(2, output)))
    rng = np.random.default_rng(7)
    weights: list[dict[str, np.ndarray]] = [{}]
    weights += [{"weight": rng.normal(size=(2, 2)), "bias": rng.normal(size=2)} for _ in range(2)]
    weights = [{name: array.astype(np.float32) for name, array in own.items()} for own in weights]
    inputs = rng.random((batch, 2)).astype(np.float32)
    targets = np.array([0, 1] * batch)[:batch]
    wanted = np.eye(2, dtype=np.float32)[targets]
    return reference_trace(network, weights, inputs, wanted, targets, loss, RATE)


class ByHand:
    """The same pass for one sample, each line as a learner writes it."""

    def __init__(self, trace: Trace, sample: int = 0) -> None:
        self.B, parameters = trace.batch_size, [layer.parameters for layer in trace.layers]
        self.w = [None] + [own["weight"].before.astype(np.float64) for own in parameters[1:]]
        self.new = [None] + [own["weight"].after.astype(np.float64) for own in parameters[1:]]  # type: ignore[union-attr]
        self.b = [None] + [own["bias"].before.astype(np.float64) for own in parameters[1:]]
        assert trace.target_values is not None
        self.t = trace.target_values[sample].astype(np.float64)
        self.a = [trace.inputs[sample].astype(np.float64)]
        self.z: list[np.ndarray] = [np.zeros(0)]
        for layer in (1, 2):
            self.z.append(self.w[layer] @ self.a[-1] + self.b[layer])
            self.a.append(ACTIVATIONS[trace.network.layers[layer].activation_name or ""](self.z[-1][None])[0])


def asked(trace: Trace, stage: Stage, sample: int = 0) -> list[Quantity]:
    assert stage in stages_of(trace)
    return list(quantities(trace, stage, sample))


def slips(quantity: Quantity) -> dict[Slip, float]:
    return dict(quantity.slips)


def told(trace: Trace, stage: Stage, index: int, answer: float) -> Slip | None:
    """What the learner is told about an answer that is wrong."""
    found = asked(trace, stage)
    verdict = mark(answer, found[index], found, TOLERANCES["permille"])
    assert not verdict.right
    return verdict.slip


Z1, A1 = Stage(Phase.FORWARD, 1, "pre_activation"), Stage(Phase.FORWARD, 1, "activation")
A2 = Stage(Phase.FORWARD, 2, "activation")
LOSS, UPDATE = Stage(Phase.LOSS, 2), Stage(Phase.UPDATE, 2)
DA2, DZ2 = Stage(Phase.BACKWARD, 2, "activation"), Stage(Phase.BACKWARD, 2, "pre_activation")
DW2, DW1 = Stage(Phase.BACKWARD, 2, PARAMETERS), Stage(Phase.BACKWARD, 1, PARAMETERS)
DA1, DZ1 = Stage(Phase.BACKWARD, 1, "activation"), Stage(Phase.BACKWARD, 1, "pre_activation")


# --- the right numbers ------------------------------------------------------------------------------------------------


def test_all_right_numbers_of_a_pass() -> None:
    trace = trace_of()
    hand = ByHand(trace)
    da2 = hand.a[2] - hand.t
    delta2 = da2 * hand.a[2] * (1 - hand.a[2])
    da1 = hand.w[2].T @ delta2
    delta1 = da1 * hand.a[1] * (1 - hand.a[1])
    w2, w1 = np.outer(delta2, hand.a[1]), np.outer(delta1, hand.a[0])
    expected = {
        Z1: hand.z[1],
        A1: hand.a[1],
        A2: hand.a[2],
        LOSS: [0.5 * ((hand.t - hand.a[2]) ** 2).sum()],
        DA2: da2,
        DZ2: delta2,
        DW2: [*w2.ravel(), *delta2],
        DA1: da1,
        DZ1: delta1,
        DW1: [*w1.ravel(), *delta1],
        UPDATE: [*-RATE * w2.ravel(), *-RATE * w1.ravel()],
    }
    for stage, numbers in expected.items():
        assert [quantity.value for quantity in asked(trace, stage)] == pytest.approx(list(numbers), rel=1e-4), stage


def test_a_right_answer_is_right_with_every_tolerance() -> None:
    trace = trace_of(batch=3)
    for stage in stages_of(trace):
        for quantity in asked(trace, stage):
            for tolerance in TOLERANCES.values():
                assert mark(float(f"{quantity.value:.4g}"), quantity, (), tolerance).right


def test_nothing_is_asked_where_nothing_is_computed() -> None:
    layers = (Input((4, 4)), Flatten(), Dense(3, "relu"), Dropout(0.2), Dense(2, "softmax"))
    trace = example_trace(NetworkSpec(layers))
    kinds = {stage: [each.kind for each in asked(trace, stage)] for stage in stages_of(trace)}
    for layer, part in ((0, "output"), (1, "output"), (3, "output")):
        assert kinds[Stage(Phase.FORWARD, layer, part)] == []
    assert kinds[Stage(Phase.BACKWARD, 3, "output")] == []
    assert kinds[Stage(Phase.BACKWARD, 2, "activation")] == [Kind.OUTPUT_GRADIENT] * 3


def test_of_a_large_layer_a_few_are_asked() -> None:
    trace = example_trace(image_network())
    for stage in stages_of(trace):
        found = asked(trace, stage)
        assert len(found) <= (8 if stage.phase is Phase.UPDATE else 6)
        assert len({(each.kind, each.layer, each.unit, each.source) for each in found}) == len(found)
    chosen = [
        [each.unit for each in asked(trace, Stage(Phase.FORWARD, 2, part))] for part in ("pre_activation", "activation")
    ]
    assert chosen[0] == chosen[1] == sorted(chosen[0])


def test_numbers_of_a_network_that_has_diverged_are_not_asked() -> None:
    trace = trace_of()
    assert trace.sample_losses is not None
    assert asked(replace(trace, sample_losses=np.array([math.nan], np.float32)), LOSS) == []


def test_only_plain_gradient_descent_is_asked() -> None:
    trace = trace_of()
    assert plain_rate(trace) == pytest.approx(RATE, rel=1e-4)
    layers = list(trace.layers)
    weight = layers[1].parameters["weight"]
    assert weight.after is not None
    changed = replace(weight, after=weight.before - 0.1 * np.sign(weight.gradient))
    layers[1] = replace(layers[1], parameters={**layers[1].parameters, "weight": changed})
    other = replace(trace, layers=tuple(layers))
    assert plain_rate(other) is None
    assert asked(other, UPDATE) == []


# --- the mistakes -----------------------------------------------------------------------------------------------------


def test_mistakes_on_the_way_forward() -> None:
    trace = trace_of()
    hand = ByHand(trace)
    assert told(trace, Z1, 0, hand.z[1][0] - hand.b[1][0]) is Slip.NO_BIAS
    assert told(trace, Z1, 0, -hand.z[1][0]) is Slip.SIGN
    assert told(trace, Z1, 0, hand.w[1][:, 0] @ hand.a[0] + hand.b[1][0]) is Slip.TRANSPOSED
    assert told(trace, Z1, 0, hand.z[1][1]) is Slip.OTHER_ROW
    assert told(trace, A1, 1, hand.z[1][1]) is Slip.NO_ACTIVATION
    assert told(trace, A1, 0, 1 / (1 + math.exp(hand.z[1][0]))) is Slip.EXPONENT_SIGN
    assert told(trace, Z1, 0, 123.0) is None


@pytest.mark.parametrize(
    ("loss", "output", "wrong", "slip"),
    [
        ("half_squared_error", "sigmoid", lambda a, t: ((a - t) ** 2).sum(), Slip.NO_HALF),
        ("mean_squared_error", "tanh", lambda a, t: ((a - t) ** 2).sum(), Slip.NO_MEAN),
        ("mean_squared_error", "tanh", lambda a, t: ((a - t) ** 2).mean() / 2, Slip.HALVED),
        ("categorical_crossentropy", "softmax", lambda a, t: np.log((a * t).sum()), Slip.SIGN),
        ("categorical_crossentropy", "softmax", lambda a, t: -np.log10((a * t).sum()), Slip.DECIMAL_LOGARITHM),
        ("binary_crossentropy", "sigmoid", lambda a, t: -np.log(np.where(t > 0, a, 1 - a)).sum(), Slip.NO_MEAN),
    ],
)
def test_mistakes_with_the_loss(
    loss: str, output: str, wrong: Callable[[np.ndarray, np.ndarray], float], slip: Slip
) -> None:
    trace = trace_of(loss, output=output)
    hand = ByHand(trace)
    assert told(trace, LOSS, 0, wrong(hand.a[2], hand.t)) is slip


def test_mistakes_where_the_way_back_begins() -> None:
    trace = trace_of(batch=3)
    hand = ByHand(trace)
    error = hand.a[2] - hand.t
    assert told(trace, DA2, 0, -error[0] / 3) is Slip.SIGN
    assert told(trace, DA2, 0, error[0]) is Slip.NO_BATCH
    assert told(trace, DA2, 0, 2 * error[0] / 3) is Slip.TWO_LEFT
    assert told(trace, DZ2, 0, error[0] / 3) is Slip.NO_SLOPE
    assert told(trace, DZ2, 0, error[0] / 3 * hand.z[2][0] * (1 - hand.z[2][0])) is Slip.SLOPE_OF_Z
    assert told(trace, DZ2, 0, error[0] * hand.a[2][0] * (1 - hand.a[2][0])) is Slip.NO_BATCH
    squares = trace_of("mean_squared_error", batch=3)
    assert told(squares, DA2, 0, error[0] / 3 / 2) is Slip.NO_TWO
    assert told(squares, DA2, 0, 2 * error[0] / 3) is Slip.NO_MEAN


def test_mistakes_with_a_fused_loss() -> None:
    trace = trace_of("binary_crossentropy", batch=2)
    hand = ByHand(trace)
    delta = (hand.a[2] - hand.t) / 4
    assert [each.value for each in asked(trace, DZ2)] == pytest.approx(list(delta), rel=1e-4)
    assert told(trace, DZ2, 0, delta[0] * hand.a[2][0] * (1 - hand.a[2][0])) is Slip.SLOPE_TOO_MUCH
    assert told(trace, DZ2, 0, 2 * delta[0]) is Slip.NO_BATCH
    assert Slip.NO_SLOPE not in slips(asked(trace, DW2)[0])
    assert Slip.NO_SLOPE_AFTER not in slips(asked(trace, DA1)[0])


def test_mistakes_on_the_way_to_the_layer_before() -> None:
    trace = trace_of(hidden="tanh")
    hand = ByHand(trace)
    error = hand.a[2] - hand.t
    delta = error * SLOPES["sigmoid"](hand.z[2])
    assert told(trace, DA1, 0, hand.w[2][:, 0] @ error) is Slip.NO_SLOPE_AFTER
    assert told(trace, DA1, 0, hand.new[2][:, 0] @ delta) is Slip.NEW_WEIGHTS
    assert told(trace, DA1, 0, hand.w[2][0] @ delta) is Slip.TRANSPOSED
    assert told(trace, DA1, 0, hand.w[2][0, 0] * delta[0]) is Slip.ONE_PATH
    assert told(trace, DA1, 0, hand.w[2][1, 0] * delta[1]) is Slip.ONE_PATH
    flowing = hand.w[2].T @ delta
    assert told(trace, DZ1, 0, flowing[0] * (1 - hand.z[1][0] ** 2)) is Slip.SLOPE_OF_Z


def test_mistakes_with_the_weights() -> None:
    trace = trace_of(batch=3)
    hands = [ByHand(trace, sample) for sample in range(3)]
    deltas = [(hand.a[2] - hand.t) / 3 * SLOPES["sigmoid"](hand.z[2]) for hand in hands]
    gradient = sum(np.outer(delta, hand.a[1]) for delta, hand in zip(deltas, hands, strict=True))
    errors = sum(np.outer((hand.a[2] - hand.t) / 3, hand.a[1]) for hand in hands)
    assert told(trace, DW2, 0, 3 * gradient[0, 0]) is Slip.NO_BATCH
    assert told(trace, DW2, 0, -gradient[0, 0]) is Slip.SIGN
    assert told(trace, DW2, 0, errors[0, 0]) is Slip.NO_SLOPE
    assert told(trace, DW2, 0, sum(delta[0] for delta in deltas)) is Slip.NO_INPUT
    assert told(trace, DW2, 0, deltas[0][0] * hands[0].a[1][0]) is Slip.ONE_SAMPLE
    bias = next(place for place, each in enumerate(asked(trace, DW2)) if each.kind is Kind.BIAS_GRADIENT)
    assert told(trace, DW2, bias, deltas[0][0]) is Slip.ONE_SAMPLE
    assert told(trace, UPDATE, 0, RATE * gradient[0, 0]) is Slip.SIGN
    assert told(trace, UPDATE, 0, -gradient[0, 0]) is Slip.NO_RATE
    assert told(trace, UPDATE, 0, hands[0].new[2][0, 0]) is Slip.NEW_WEIGHT


# --- marking ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tolerance", "value", "answer", "right"),
    [
        (Tolerance(relative=0.01), 0.5, 0.505, True),
        (Tolerance(relative=0.01), 0.5, 0.506, False),
        (Tolerance(relative=0.01), -0.5, 0.5, False),
        (Tolerance(absolute=0.001), 0.5, 0.501, True),
        (Tolerance(absolute=0.001), 0.5, 0.5011, False),
        (Tolerance(absolute=0.001), 0.0004, 0.0, False),
        (Tolerance(absolute=0.001), 0.0004, 0.00043, True),
        (Tolerance(relative=0.01), 0.0, 0.0, True),
        (Tolerance(relative=0.01), 0.0, 0.001, False),
    ],
)
def test_tolerance(tolerance: Tolerance, value: float, answer: float, right: bool) -> None:
    assert tolerance.allows(answer, value) is right


def test_a_mistake_that_gives_the_right_number_is_none() -> None:
    same = Quantity(Kind.SUM, 1, 0, 0.4, ((Slip.NO_BIAS, 0.4), (Slip.SIGN, -0.4)))
    assert mark(0.4, same, (), PERCENT) == Verdict(True)
    assert mark(-0.4, same, (), PERCENT) == Verdict(False, Slip.SIGN)


def test_a_pass_opens_stage_by_stage_and_counts() -> None:
    trace = trace_of()
    sheet = Pass(trace, 0)
    assert sheet.items(0) == ()
    assert sheet.first_open() == 1
    first, second = (item.asked.value for item in sheet.items(1))
    assert sheet.answer(1, 0, "0", 0.0, PERCENT) == Verdict(False, None)
    assert sheet.items(1)[0].state is State.WRONG
    assert sheet.answer(1, 0, str(first), first, PERCENT).right
    assert not sheet.is_done(1)
    assert sheet.answer(1, 1, str(second), second, PERCENT).right
    assert sheet.first_open() == 2
    sheet.show(2, 0)
    score = sheet.score()
    assert (score.right, score.at_once, score.shown) == (2, 1, 1)
    for position in range(2, len(sheet.walk)):
        for index, item in enumerate(sheet.items(position)):
            if not item.done:
                sheet.show(position, index)
    assert sheet.first_open() == len(sheet.walk)
