"""The race: fair to the bit, in order, bounded, and without a trace in the present training."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from nnviz.core.facts import Failed
from nnviz.core.race import (
    AskForStart,
    BeginRace,
    ContinueRace,
    LookAtRace,
    RaceLooked,
    RacerTaken,
    StartFrom,
    StartingPoint,
    StopRace,
    TakeRacer,
)
from nnviz.core.spec import OptimizerSpec, Preset
from nnviz.engine import race as race_module
from nnviz.engine.race import EngineRacer, Path, RaceTrainer
from nnviz.engine.run import Run
from nnviz.engine.stepper import Stepper
from tests.engine.support import answer, picture_data, picture_preset, point_data, point_preset, stepper

SGD = OptimizerSpec("sgd", {"lr": 0.1})
FOUR = (SGD, OptimizerSpec("momentum", {"lr": 0.01}), OptimizerSpec("rmsprop"), OptimizerSpec("adam"))
SLICE = 0.016


def start_of(one: Stepper, start: StartFrom = StartFrom.PRESENT) -> StartingPoint:
    point = answer(one, AskForStart(start))
    assert isinstance(point, StartingPoint)
    return point


def race(*optimizers: OptimizerSpec, start: StartingPoint, epochs: int = 3) -> RaceTrainer:
    trainer = RaceTrainer()
    assert [type(fact) for fact in trainer.execute(BeginRace(1, start, optimizers, epochs))] == [RaceLooked]
    return trainer


def to_the_end(trainer: RaceTrainer) -> RaceLooked:
    deadline = time.monotonic() + 60
    while trainer.running:
        assert time.monotonic() < deadline
        list(trainer.advance(SLICE))
    return look(trainer)


def look(trainer: RaceTrainer) -> RaceLooked:
    (looked,) = trainer.execute(LookAtRace())
    assert isinstance(looked, RaceLooked)
    return looked


def taken(trainer: RaceTrainer, index: int) -> RacerTaken:
    (fact,) = trainer.execute(TakeRacer(index))
    assert isinstance(fact, RacerTaken)
    return fact


def epochs_of(run: Run, count: int) -> None:
    """Train as the present run would."""
    for _ in range(count):
        while not run.epoch_is_over:
            run.plain_steps(5)
        run.finish_epoch()


def assert_same_state(one: object, other: object) -> None:
    assert torch.equal(one.weights, other.weights)
    assert one.optimizer_state.keys() == other.optimizer_state.keys()
    for name, value in one.optimizer_state.items():
        assert torch.equal(value, other.optimizer_state[name]) if torch.is_tensor(value) else value == value
    assert (one.step, one.epoch, one.offset) == (other.step, other.epoch, other.offset)


@pytest.mark.parametrize("optimizer", FOUR, ids=lambda spec: spec.name)
@pytest.mark.parametrize("dropout", [None, 0.3], ids=["dense", "dropout"])
def test_equal_racers_stay_equal_to_the_bit_and_to_the_present_training(
    optimizer: OptimizerSpec, dropout: float | None
) -> None:
    preset = picture_preset(optimizer=optimizer, dropout=dropout)
    present = stepper(preset)
    trainer = race(optimizer, SGD, optimizer, start=start_of(present))
    to_the_end(trainer)
    epochs_of(present.run, 3)
    for index in (0, 2):
        assert_same_state(taken(trainer, index).checkpoint, present.run.checkpoint())


def test_a_race_from_the_middle_takes_the_batches_that_the_training_would_take() -> None:
    present = stepper(picture_preset(optimizer=SGD))
    present.run.plain_steps(4)
    trainer = race(SGD, start=start_of(present), epochs=2)
    to_the_end(trainer)
    epochs_of(present.run, 2)
    assert_same_state(taken(trainer, 0).checkpoint, present.run.checkpoint())


def test_a_race_from_the_initial_weights() -> None:
    present = stepper(picture_preset(optimizer=SGD))
    initial = present.run.network.flat.clone()
    present.run.plain_steps(4)
    start = start_of(present, StartFrom.INITIAL)
    assert (start.step, start.epochs) == (0, ())
    assert torch.equal(start.checkpoint.weights, initial)


@pytest.mark.parametrize("optimizers", [(SGD,), FOUR])
def test_the_present_training_is_not_touched(optimizers: tuple[OptimizerSpec, ...]) -> None:
    present = stepper(picture_preset())
    before = present.run.checkpoint()
    to_the_end(race(*optimizers, start=start_of(present)))
    assert_same_state(present.run.checkpoint(), before)
    inputs = present.run.data.inputs
    assert torch.equal(inputs, stepper(picture_preset()).run.data.inputs)


def test_the_samples_are_shared_and_not_copied() -> None:
    present = stepper(picture_preset())
    start = start_of(present)
    assert start.run.data.inputs is present.run.data.inputs


def test_another_loss_in_the_training_does_not_reach_the_race() -> None:
    preset = point_preset()
    present = stepper(preset, point_data())
    trainer = race(SGD, start=start_of(present))
    other = stepper(preset, point_data())
    present.change_training(replace(preset.training, loss="mean_squared_error"), "loss")
    to_the_end(trainer)
    other_race = race(SGD, start=start_of(other))
    to_the_end(other_race)
    assert_same_state(taken(trainer, 0).checkpoint, taken(other_race, 0).checkpoint)


def test_the_reports_add_up_to_the_losses_of_the_training() -> None:
    preset = picture_preset(optimizer=SGD)
    present = stepper(preset)
    trainer = race(SGD, start=start_of(present), epochs=2)
    looks = [look(trainer)]
    while trainer.running:
        list(trainer.advance(1e-4))
        looks.append(look(trainer))
    points = [points for each in looks for points in each.racers[0].points]
    losses = np.concatenate([each.losses for each in points])
    wanted = [result.loss for _ in range(len(losses)) for result in [_one(present.run)]]
    np.testing.assert_array_equal(losses, np.array(wanted, np.float32))
    assert [each.first_step for each in points] == list(np.cumsum([0, *(len(each.losses) for each in points[:-1])]))
    assert [result.epoch for each in looks for result in each.racers[0].epochs] == [1, 2]


def _one(run: Run):
    (result,) = run.plain_steps(1)
    if run.epoch_is_over:
        run.finish_epoch()
    return result


def test_they_stay_side_by_side() -> None:
    trainer = race(*FOUR, start=start_of(stepper(picture_preset())), epochs=200)
    for _ in range(10):
        list(trainer.advance(SLICE))
        steps = [racer.step for racer in look(trainer).racers]
        assert max(steps) - min(steps) <= race_module.MOST_STEPS
    assert look(trainer).running


def test_who_diverges_drops_out_and_the_others_go_on() -> None:
    wild = OptimizerSpec("sgd", {"lr": 100.0})
    preset = picture_preset(hidden="linear", output="linear", loss="mean_squared_error")
    trainer = race(wild, SGD, start=start_of(stepper(preset)), epochs=6)
    first, second = to_the_end(trainer).racers
    assert first.diverged_at is not None
    assert first.step < second.step
    assert second.diverged_at is None
    assert second.epoch == 6
    (failed, _) = trainer.execute(TakeRacer(0))
    assert isinstance(failed, Failed)


def test_stop_and_go_on_is_the_same_race() -> None:
    present = stepper(picture_preset())
    trainer = race(*FOUR, start=start_of(present), epochs=4)
    list(trainer.advance(1e-3))
    (looked,) = trainer.execute(StopRace())
    assert not looked.running
    assert not trainer.running
    list(trainer.execute(ContinueRace(9)))  # those who are on the way finish their way first
    assert to_the_end(trainer).racers[0].epoch == 4
    list(trainer.execute(ContinueRace(2)))
    assert to_the_end(trainer).racers[0].epoch == 6
    straight = race(*FOUR, start=start_of(present), epochs=6)
    to_the_end(straight)
    for index in range(len(FOUR)):
        assert_same_state(taken(trainer, index).checkpoint, taken(straight, index).checkpoint)


def test_a_taken_racer_brings_its_settings_and_its_epochs() -> None:
    preset = picture_preset()
    present = stepper(preset)
    epochs_of(present.run, 1)
    trainer = race(*FOUR, start=start_of(present), epochs=2)
    to_the_end(trainer)
    fact = taken(trainer, 3)
    assert fact.preset == preset.with_training(replace(preset.training, optimizer=FOUR[3]))
    assert [result.epoch for result in fact.epochs] == [2, 3]
    run = Run(fact.preset, picture_data(), 1)
    run.restore(fact.checkpoint)
    assert run.training.optimizer == FOUR[3]
    assert run.epoch == 3


def test_settings_that_are_not_allowed_are_refused() -> None:
    trainer = RaceTrainer()
    start = start_of(stepper(picture_preset()))
    failed, looked = trainer.execute(BeginRace(1, start, (OptimizerSpec("sgd", {"lr": -1.0}),), 3))
    assert isinstance(failed, Failed)
    assert looked.racers == ()
    assert not trainer.running


def test_too_many_large_networks_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(race_module, "MOST_MEMORY", 10_000)
    failed, _ = RaceTrainer().execute(BeginRace(1, start_of(stepper(picture_preset())), FOUR, 3))
    assert "memory" in failed.message


def test_a_path_thins_out_and_keeps_its_beginning() -> None:
    path = Path(8)
    for step in range(5, 105):
        path.add(step, torch.tensor([float(step)]))
    points = [int(point) for point in path.points]
    assert points[0] == 5
    assert len(points) <= 8 + 1
    assert np.ptp(np.diff(points)) == 0
    assert path.steps_to_next(points[-1]) == path.every


def test_a_stride_counts_as_often_as_the_steps_it_stands_for() -> None:
    racer, twin = (stepper(picture_preset(optimizer=SGD)).run for _ in range(2))
    path = Path(64)
    path.every = 100
    one = EngineRacer(racer, path)
    strides = []
    for steps in (1, 3):
        before = twin.network.flat.clone()
        twin.plain_steps(1)
        strides += [float((twin.network.flat - before).norm())] * steps
        one.take_steps(steps)
        twin.restore(racer.checkpoint())
    assert one.news(None).stride == pytest.approx(np.mean(strides))


def test_every_optimizer_can_race() -> None:
    from nnviz.engine.optimizers import OPTIMIZERS

    trainer = race(*(OptimizerSpec(row.name) for row in OPTIMIZERS), start=start_of(stepper(picture_preset())))
    assert [racer.epoch for racer in to_the_end(trainer).racers] == [3] * len(OPTIMIZERS)


def test_without_validation_data_there_is_still_a_race() -> None:
    preset: Preset = picture_preset()
    preset = replace(preset, data=replace(preset.data, validation_split=0.0))
    trainer = race(SGD, start=start_of(stepper(preset)))
    (news,) = to_the_end(trainer).racers
    assert [result.val_loss for result in news.epochs] == [None] * 3


def test_a_race_on_another_thread_does_not_touch_what_dropout_draws() -> None:
    preset = picture_preset(optimizer=SGD, dropout=0.4)
    alone, present = stepper(preset), stepper(preset)
    epochs_of(alone.run, 30)
    start = start_of(present)
    raced: list[RaceTrainer] = []

    def run_race() -> None:
        raced.append(race(SGD, SGD, start=start, epochs=30))
        to_the_end(raced[0])

    thread = threading.Thread(target=run_race)
    thread.start()
    epochs_of(present.run, 30)
    thread.join()
    assert_same_state(present.run.checkpoint(), alone.run.checkpoint())
    assert_same_state(taken(raced[0], 0).checkpoint, alone.run.checkpoint())
