"""Why a weight moves: what is said of each weight, against the optimizers' own arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from nnviz.core.microscope import AskOptimizerStep, OptimizerStep
from nnviz.core.playback import Cursor, frame_at
from nnviz.core.pokes import Freeze, WeightPlace
from nnviz.core.spec import OptimizerSpec
from nnviz.core.trace import Trace
from nnviz.core.weight_step import Cause, WeightStep, weight_step
from nnviz.engine.optimizers import OPTIMIZERS, optimizer_row
from nnviz.engine.run import Run
from tests.engine.support import answer, picture_data, picture_preset, stepper

LAYER = 3
SETTINGS: dict[str, list[dict[str, float]]] = {
    "sgd": [{}, {"weight_decay": 0.5}],
    "momentum": [{}, {"weight_decay": 0.5}],
    "nesterov": [{}],
    "adagrad": [{"weight_decay": 0.5}],
    "rmsprop": [{}, {"momentum": 0.8}],
    "adam": [{}, {"weight_decay": 0.5}],
    "adamw": [{}, {"weight_decay": 0.5}],
}
CASES = [pytest.param(name, settings, id=f"{name}-{settings}") for name in SETTINGS for settings in SETTINGS[name]]


def test_every_optimizer_is_tried() -> None:
    assert set(SETTINGS) == {row.name for row in OPTIMIZERS}


def steps_of(name: str, settings: dict[str, float]) -> Iterator[tuple[WeightStep, OptimizerStep]]:
    """What is said of each weight of a layer in a few steps, and what the optimizer knew of it."""
    training = stepper(picture_preset(optimizer=OptimizerSpec(name, settings)))
    complete = optimizer_row(name).complete(OptimizerSpec(name, settings))
    for step in range(8):
        trace = training.propose().trace
        for out, inp in np.ndindex(trace.layers[LAYER].parameters["weight"].before.shape):
            said = weight_step(trace, LAYER, out, inp, complete)
            known = answer(training, AskOptimizerStep(1, step, LAYER, out, inp))
            assert said is not None
            assert isinstance(known, OptimizerStep)
            yield said, known
        training.commit()


def without_memory(known: OptimizerStep, decay: float) -> float:
    """Where the weight would go if only this step's gradient, and the decay, counted: but for a positive factor."""
    return -(known.gradient + decay * known.weight)


def without_decay(known: OptimizerStep) -> float:
    """The step that AdamW would take without its weight decay: but for a positive factor."""
    return -known.remembered["exp_avg"]


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_what_decides_is_what_the_optimizers_own_numbers_say(name: str, settings: dict[str, float]) -> None:
    causes = set()
    decay = settings.get("weight_decay", 0.01 if name == "adamw" else 0.0)
    for said, known in steps_of(name, settings):
        causes.add(said.cause)
        assert (said.before, said.gradient) == (known.weight, known.gradient)
        assert said.change == pytest.approx(known.change)
        match said.cause:
            case Cause.GRADIENT:
                assert said.change * known.gradient < 0
            case Cause.MEMORY:
                assert said.change * known.gradient > 0
                buffer = known.remembered.get("exp_avg", known.remembered.get("momentum_buffer", 0.0))
                assert buffer * said.change < 0  # what is remembered points the other way than this gradient
                if name == "adamw":
                    assert without_decay(known) * said.change > 0
                else:
                    assert without_memory(known, decay) * said.change < 0
            case Cause.DECAY:
                assert decay
                assert said.change * known.gradient > 0
                assert said.change * known.weight < 0  # towards 0
                if name == "adamw":
                    assert without_decay(known) * said.change <= 0
                else:
                    assert without_memory(known, decay) * said.change > 0
            case _:
                pytest.fail(f"{said} with {known}")
    assert Cause.GRADIENT in causes
    has_memory = name in ("momentum", "nesterov", "adam", "adamw") or settings.get("momentum", 0) > 0
    assert (Cause.MEMORY in causes) == has_memory
    assert (Cause.DECAY in causes) == (decay > 0)


def recorded(l2: float = 0.0, frozen: WeightPlace | None = None) -> Trace:
    preset = picture_preset()
    run = Run(replace(preset, training=replace(preset.training, l2=l2)), picture_data(), 1)
    if frozen is not None:
        run.poke([Freeze(frozen, True)])
    return run.recorded_step()[0]


def test_a_frozen_weight_stays() -> None:
    trace = recorded(frozen=WeightPlace(LAYER, 1, 2))
    step = weight_step(trace, LAYER, 1, 2, {"lr": 0.1})
    assert step is not None
    assert (step.cause, step.change) == (Cause.FROZEN, 0.0)


def test_the_gradient_of_the_samples_is_told_from_that_of_a_penalty() -> None:
    l2 = 0.3
    trace = recorded(l2=l2)
    for out, inp in np.ndindex(trace.layers[LAYER].parameters["weight"].before.shape):
        step = weight_step(trace, LAYER, out, inp, {"lr": 0.1})
        assert step is not None
        assert step.penalty_free == pytest.approx(step.gradient - l2 * step.before, abs=1e-6)
    plain = weight_step(recorded(), LAYER, 0, 0, {"lr": 0.1})
    assert plain is not None
    assert plain.penalty_free is None


def changed(gradient: float, change: float) -> Trace:
    """A trace in which one weight of 0.5 has another gradient and another step."""
    trace = recorded()
    layers = list(trace.layers)
    record = layers[LAYER].parameters["weight"]
    assert record.gradient is not None
    before = np.full_like(record.before, 0.5)
    weight = replace(
        record,
        before=before,
        gradient=np.full_like(record.gradient, gradient),
        after=(before + np.float32(change)).astype(np.float32),
    )
    layers[LAYER] = replace(layers[LAYER], parameters={**layers[LAYER].parameters, "weight": weight})
    return replace(trace, layers=tuple(layers))


@pytest.mark.parametrize(
    ("gradient", "change", "cause"),
    [
        (0.0, 0.0, Cause.NOTHING),
        (1e-12, 0.0, Cause.ROUNDING),
        (float("nan"), 0.1, Cause.DIVERGED),
        (1.0, float("inf"), Cause.DIVERGED),
    ],
)
def test_weights_that_stay_and_weights_that_are_lost(gradient: float, change: float, cause: Cause) -> None:
    step = weight_step(changed(gradient, change), LAYER, 1, 1, {"lr": 0.1})
    assert step is not None
    assert step.cause is cause


def test_without_a_step_there_is_nothing_to_say() -> None:
    preset = picture_preset()
    trace = Run(preset, picture_data(), 1).forward_trace(np.zeros((4, 4), np.float32))
    assert weight_step(trace, LAYER, 0, 0, {"lr": 0.1}) is None


def test_a_sample_whose_class_is_known_has_a_target_but_no_loss() -> None:
    trace = Run(picture_preset(), picture_data(), 1).forward_trace(np.zeros((4, 4), np.float32), 17, 2)
    assert trace.targets is not None
    assert trace.targets.tolist() == [2]
    assert not trace.has_backward
    target = frame_at(trace, Cursor()).target
    assert target is not None
    assert target.tolist() == [0, 0, 1]
