"""Looking at the past, branching off from it, and going back to other runs: all of it bit-exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.runs import Memory
from nnviz.core.spec import OptimizerSpec, Preset
from nnviz.core.trace import Trace
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.layers import Dense, Dropout
from nnviz.engine.trainer import Trainer
from tests.support.trainer import assert_same, do, numbers, only, proposed, train_to

DIGITS = catalogue().presets["digits"]


def visit(trainer: Trainer, step: int) -> Trace:
    """Look at a moment, in as many pieces as that takes."""
    for _ in range(1000):
        fact = only(do(trainer, c.Visit(step)), f.Visited)
        if fact.arrived:
            assert fact.trace is not None
            assert fact.trace.step == step
            return fact.trace
    raise AssertionError("never arrived")


def with_dropout(preset: Preset) -> Preset:
    layers = list(preset.network.layers)
    place = next(i for i, layer in enumerate(layers) if isinstance(layer, Dense)) + 1
    return replace(preset, network=replace(preset.network, layers=(*layers[:place], Dropout(0.3), *layers[place:])))


@pytest.fixture
def make(tmp_path: Path) -> Callable[[Preset], Trainer]:
    def make(preset: Preset = DIGITS) -> Trainer:
        trainer = Trainer(catalogue(), DataPlaces(None, tmp_path / "cache"))
        do(trainer, c.LoadPreset(preset))
        return trainer

    return make


@pytest.fixture
def trainer(make) -> Trainer:
    return make()


PRESETS = [pytest.param(DIGITS, id="digits"), pytest.param(with_dropout(DIGITS), id="dropout")]


@pytest.mark.parametrize("preset", PRESETS)
def test_looking_back_shows_the_same_numbers_and_changes_nothing(make, preset) -> None:
    looked, untouched = make(preset), make(preset)
    seen = {}
    for step in range(130):
        seen[step] = proposed(looked)
        do(looked, c.Commit())
        proposed(untouched)
        do(untouched, c.Commit())
    for step in (129, 3, 77, 78, 79, 0, 100):
        assert_same(visit(looked, step), seen[step])
    do(looked, c.Return())
    assert_same(train_to(looked, 200), train_to(untouched, 200))


def test_a_look_leaves_the_step_that_is_proposed_or_taken_as_it_is(trainer) -> None:
    train_to(trainer, 60)
    for taken in (False, True):
        recorded = only(do(trainer, c.Propose()), f.Recorded)
        if taken:
            do(trainer, c.Commit(recorded.serial))
        visit(trainer, 10)
        do(trainer, c.Return())
        facts = do(trainer, c.Revert(recorded.serial) if taken else c.Commit(recorded.serial))
        step = recorded.trace.step
        assert only(facts, f.Progress).step == (step if taken else step + 1)


def test_whatever_changes_something_comes_back_to_the_present_first(trainer, make, tmp_path) -> None:
    other = make()
    for each in (trainer, other):
        train_to(each, 70)
    visit(trainer, 20)
    assert only(do(trainer, c.Propose()), f.Recorded).trace.step == 70
    visit(trainer, 20)
    do(trainer, c.SaveFile(tmp_path / "now.nnviz"))
    do(other, c.OpenFile(tmp_path / "now.nnviz"))
    assert_same(replace(proposed(trainer), revision=0), replace(proposed(other), revision=0))


def test_questions_and_exports_are_about_the_moment_that_is_visited(trainer, tmp_path) -> None:
    train_to(trainer, 70)
    shown = visit(trainer, 20)
    do(trainer, c.ExportStep(tmp_path / "then.npz"))
    with np.load(tmp_path / "then.npz") as exported:
        inputs = next(exported[name] for name in exported.files if exported[name].shape == shown.inputs.shape)
    np.testing.assert_array_equal(inputs, shown.inputs)
    drawn = shown.inputs[0]
    predicted = only(do(trainer, c.Predict(drawn)), f.Predicted).trace
    np.testing.assert_allclose(predicted.outputs[0], shown.outputs[0], rtol=1e-5, atol=1e-7)


def test_a_far_way_shows_the_checkpoint_at_its_beginning_first(trainer, monkeypatch) -> None:
    monkeypatch.setattr("nnviz.engine.visit.LONGEST", 1e-9)  # one step for each piece
    train_to(trainer, 300)
    expected = [visit(trainer, step) for step in (104, 105)]
    do(trainer, c.Return())
    first = only(do(trainer, c.Visit(104)), f.Visited)
    assert not first.arrived
    assert first.trace is not None
    assert first.trace.step < 104
    second = only(do(trainer, c.Visit(104)), f.Visited)
    assert second.trace is None
    assert_same(visit(trainer, 104), expected[0])
    assert_same(visit(trainer, 105), expected[1])


def test_what_is_forgotten_gives_way_to_the_earliest_that_is_remembered(trainer) -> None:
    train_to(trainer, 120)
    visit(trainer, 7)
    oldest = only(do(trainer, c.SetMemoryLimit(1)), f.Progress).oldest_step
    assert oldest > 7
    seen = only(do(trainer, c.Visit(7)), f.Visited)
    assert (seen.step, seen.arrived, seen.trace.step) == (7, True, oldest)
    facts = do(trainer, c.Branch(7))
    assert only(facts, f.Recorded).trace.step == oldest
    assert {fact.runs[-1].begun for fact in facts if isinstance(fact, f.RunsChanged)} == {oldest}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_branch_with_the_same_settings_takes_the_very_same_steps(make, preset) -> None:
    trainer = make(preset)
    original = train_to(trainer, 230)
    facts = do(trainer, c.Branch(83))
    runs = only(facts, f.RunsChanged)
    assert [(run.number, run.parent, run.begun) for run in runs.runs] == [(1, None, 0), (2, 1, 83)]
    assert runs.present == 2
    assert only(facts, f.Recorded).trace.step == 83
    assert_same(train_to(trainer, 230), original)


def test_a_branch_after_a_look_does_not_go_the_way_twice(trainer) -> None:
    original = train_to(trainer, 230)
    shown = visit(trainer, 83)
    assert_same(only(do(trainer, c.Branch(83)), f.Recorded).trace, shown)
    assert_same(train_to(trainer, 230), original)


def test_one_can_go_back_to_the_end_of_another_run_and_continue_it(trainer, make) -> None:
    reference = make()
    train_to(trainer, 150)
    do(trainer, c.Branch(40, replace(DIGITS.training, optimizer=OptimizerSpec("sgd", {"lr": 0.05}))))
    in_branch = train_to(trainer, 90)
    facts = do(trainer, c.SwitchRun(1))
    assert only(facts, f.RunsChanged).present == 1
    assert only(facts, f.TrainingChanged).training == DIGITS.training
    assert_same(only(facts, f.Recorded).trace, train_to(reference, 150))
    assert_same(visit(trainer, 77), only(do(reference, c.GoTo(77)), f.Recorded).trace)
    assert_same(train_to(trainer, 180), train_to(reference, 180))
    back = do(trainer, c.SwitchRun(2))
    assert only(back, f.TrainingChanged).training.optimizer.name == "sgd"
    assert_same(only(back, f.Recorded).trace, in_branch)
    assert_same(visit(trainer, 20), train_to(make(), 20))


def test_a_branch_with_other_settings_leaves_a_mark_and_learns_with_them(trainer, make) -> None:
    train_to(trainer, 120)
    slower = replace(DIGITS.training, optimizer=replace(DIGITS.training.optimizer, settings={"lr": 1e-4}))
    facts = do(trainer, c.Branch(50, slower))
    marks = [mark for fact in facts if isinstance(fact, f.Progress) for mark in fact.marks]
    assert [(mark.step, mark.label) for mark in marks] == [(50, "lr 0.0001")]
    assert only(facts, f.TrainingChanged).training == slower
    by_hand = make()
    train_to(by_hand, 50)
    do(by_hand, c.ChangeTraining(slower))
    assert_same(train_to(trainer, 110), train_to(by_hand, 110))


def test_settings_that_are_refused_leave_a_branch_with_those_of_then(trainer) -> None:
    train_to(trainer, 60)
    facts = do(trainer, c.Branch(30, replace(DIGITS.training, batch_size=10_000)))
    assert only(facts, f.Failed).place is f.Place.TRAINING
    assert only(facts, f.Recorded).trace.step == 30
    assert not [fact for fact in facts if isinstance(fact, f.TrainingChanged)]


def test_a_branch_crosses_live_changes_and_learned_drawings(trainer) -> None:
    train_to(trainer, 20)
    do(trainer, c.ChangeTraining(replace(DIGITS.training, batch_size=50)))
    train_to(trainer, 31)
    drawing = only(do(trainer, c.ProposeDrawing(np.full((8, 8), 0.5, np.float32), 3)), f.Recorded).trace
    do(trainer, c.Commit())
    at_60 = train_to(trainer, 60)
    train_to(trainer, 140)
    assert_same(visit(trainer, 31), drawing)
    assert visit(trainer, 12).batch_size == DIGITS.training.batch_size
    facts = do(trainer, c.Branch(33))
    assert not [fact for fact in facts if isinstance(fact, f.TrainingChanged)]
    assert_same(train_to(trainer, 60), at_60)
    do(trainer, c.SwitchRun(1))
    assert_same(visit(trainer, 60), at_60)


def test_a_reset_begins_another_run_from_the_same_weights(trainer) -> None:
    at_100 = train_to(trainer, 100)
    runs = only(do(trainer, c.Reset()), f.RunsChanged)
    assert [run.number for run in runs.runs] == [1, 2]
    assert runs.present == 2
    assert runs.runs[0].memory is Memory.ALL
    train_to(trainer, 30)
    back = only(do(trainer, c.SwitchRun(1)), f.Recorded).trace
    np.testing.assert_array_equal(numbers(back), numbers(at_100))
    np.testing.assert_array_equal(numbers(visit(trainer, 64)), numbers(train_to(trainer, 64)))


def test_a_run_that_never_took_a_step_of_its_own_is_not_kept(trainer) -> None:
    assert [run.number for run in only(do(trainer, c.Reset()), f.RunsChanged).runs] == [1]
    train_to(trainer, 40)
    do(trainer, c.Branch(10))
    runs = only(do(trainer, c.SwitchRun(1)), f.RunsChanged)
    assert [run.number for run in runs.runs] == [1]


def test_another_network_keeps_the_curves_and_other_data_nothing(trainer) -> None:
    train_to(trainer, 40)
    do(trainer, c.Branch(10))
    train_to(trainer, 20)
    network = replace(DIGITS.network, layers=(*DIGITS.network.layers[:-1], Dense(12), DIGITS.network.layers[-1]))
    runs = only(do(trainer, c.ChangeNetwork(network, keep_weights=True)), f.RunsChanged)
    assert [(run.number, run.memory) for run in runs.runs] == [(1, Memory.CURVES), (2, Memory.ALL)]
    assert "cannot be continued" in only(do(trainer, c.SwitchRun(1)), f.Failed).message
    runs = only(do(trainer, c.LoadPreset(catalogue().presets["xor"])), f.RunsChanged)
    assert [run.number for run in runs.runs] == [1]


def test_newly_drawn_weights_leave_only_the_curves_of_the_others(trainer) -> None:
    train_to(trainer, 40)
    runs = only(do(trainer, c.Reset(new_weights=True)), f.RunsChanged)
    assert [(run.number, run.memory) for run in runs.runs] == [(1, Memory.CURVES), (2, Memory.ALL)]


def test_an_old_run_can_be_deleted_and_the_present_one_cannot(trainer) -> None:
    train_to(trainer, 40)
    do(trainer, c.Branch(10))
    train_to(trainer, 20)
    for number in (1, 2):
        assert [run.number for run in only(do(trainer, c.DeleteRun(number)), f.RunsChanged).runs] == [2]


def test_the_run_that_was_left_first_is_forgotten_first_when_memory_is_short(trainer) -> None:
    for end in (400, 300, 200):
        train_to(trainer, end)
        do(trainer, c.Branch(100))
    train_to(trainer, 150)
    seen = []
    for limit in (10**9, 400_000, 200_000, 100_000, 50_000, 20_000, 1):
        facts = do(trainer, c.SetMemoryLimit(limit))
        for fact in facts:
            if isinstance(fact, f.RunsChanged):
                seen.append([run.memory for run in fact.runs])
    order = [Memory.ALL, Memory.END, Memory.CURVES]
    assert seen[-1][:3] == [Memory.CURVES] * 3
    for memory in seen:
        assert [order.index(each) for each in memory] == sorted((order.index(each) for each in memory), reverse=True)
    assert any(memory[0] is Memory.END for memory in seen)
    assert only(do(trainer, c.Propose()), f.Recorded).trace.step == 150


def test_there_are_never_more_than_a_dozen_runs(trainer) -> None:
    for end in range(20, 40):
        train_to(trainer, end)
        runs = only(do(trainer, c.Branch(10)), f.RunsChanged)
    assert len(runs.runs) == 12
    assert runs.present == runs.runs[-1].number == 21


def test_among_a_dozen_runs_the_oldest_can_be_continued_and_none_is_lost(trainer) -> None:
    for end in range(20, 32):
        train_to(trainer, end)
        runs = only(do(trainer, c.Branch(10)), f.RunsChanged).runs
    train_to(trainer, 40)
    facts = do(trainer, c.SwitchRun(runs[0].number))
    after = only(facts, f.RunsChanged)
    assert after.present == runs[0].number
    assert [info.number for info in after.runs] == [info.number for info in runs]


def test_a_look_asked_for_before_a_visit_does_not_end_it(trainer) -> None:
    train_to(trainer, 30)
    visit(trainer, 7)
    assert do(trainer, c.Look()) == []
    assert only(do(trainer, c.Visit(9)), f.Visited).trace.step == 9


def test_a_look_pauses_a_run_that_is_under_way(trainer) -> None:
    do(trainer, c.Run())
    for _ in range(5):
        list(trainer.advance(0.005))
    facts = do(trainer, c.Visit(3))
    assert not trainer.running
    only(facts, f.Stopped)
    assert only(facts, f.Visited).trace.step == 3
