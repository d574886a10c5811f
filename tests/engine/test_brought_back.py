"""Edits that replace the network: taking them back brings back what had been learned, bit-exact."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.added_points import AddedPoint
from nnviz.core.pokes import NO_POKES, SetWeight, WeightPlace
from nnviz.core.runs import MOST_KEPT
from nnviz.core.spec import NetworkSpec, OptimizerSpec, Preset
from nnviz.engine.catalogue import catalogue
from nnviz.engine.checkpoint import Checkpoint
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.layers import Dense
from nnviz.engine.trainer import Trainer
from tests.support.trainer import assert_same, do, only, proposed, train_to

CIRCLE, DIGITS = catalogue().presets["circle"], catalogue().presets["digits"]

Edit = c.LoadPreset | c.ChangeNetwork | c.ChangeData | c.SetPoints | c.Reset


def wider(preset: Preset, keep_weights: bool) -> c.ChangeNetwork:
    layers = preset.network.layers
    return c.ChangeNetwork(NetworkSpec((*layers[:-1], Dense(7, "relu"), layers[-1])), keep_weights)


EDITS: dict[str, Edit] = {
    "network": wider(CIRCLE, keep_weights=False),
    "network with the same weights": wider(CIRCLE, keep_weights=True),
    "noise": c.ChangeData(replace(CIRCLE.data, settings={"noise": 0.2})),
    "split": c.ChangeData(replace(CIRCLE.data, validation_split=0.3)),
    "other data": c.ChangeData(replace(CIRCLE.data, name="xor")),
    "a point": c.SetPoints((AddedPoint(1.0, 1.0, 0.0),)),
    "other weights": c.LoadPreset(CIRCLE.with_training(replace(CIRCLE.training, seed=7))),
    "newly drawn weights": c.Reset(new_weights=True),
}


@pytest.fixture
def twin(tmp_path: Path) -> Callable[[], Trainer]:
    def make() -> Trainer:
        made = Trainer(catalogue(), DataPlaces(None, tmp_path / "cache"))
        do(made, c.LoadPreset(CIRCLE))
        return made

    return make


@pytest.fixture
def trainer(twin: Callable[[], Trainer]) -> Trainer:
    return twin()


def back(trainer: Trainer, revision: int) -> list[f.Fact]:
    return do(trainer, c.BringBack(revision, c.LoadPreset(CIRCLE)))


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_what_an_edit_replaced_comes_back_and_goes_on_as_if_nothing_had_been(trainer, twin, edit: Edit) -> None:
    train_to(trainer, 120)
    before = proposed(trainer)
    revision = only(do(trainer, edit), f.PutAway).revision
    assert revision == before.revision
    train_to(trainer, 130)
    facts = back(trainer, revision)
    loaded = only(facts, f.Loaded)
    assert (loaded.preset, loaded.step, loaded.brought_back, loaded.fresh) == (CIRCLE, 120, revision, False)
    assert len(loaded.epochs) == 120 // before.batches
    assert_same(only(facts, f.Recorded).trace, before)
    other = twin()
    assert_same(train_to(trainer, 190), train_to(other, 190))
    assert_same(train_to(trainer, 40), train_to(other, 40))  # and there is a way back


def test_it_can_be_made_again(trainer) -> None:
    train_to(trainer, 60)
    first = only(do(trainer, EDITS["network"]), f.PutAway).revision
    train_to(trainer, 90)
    then = proposed(trainer)
    second = only(back(trainer, first), f.PutAway).revision
    assert_same(only(back(trainer, second), f.Recorded).trace, then)


def test_the_other_runs_come_back_too(trainer) -> None:
    train_to(trainer, 60)
    do(trainer, c.Branch(20))
    train_to(trainer, 50)
    facts = do(trainer, EDITS["noise"])
    assert [run.number for run in only(facts, f.RunsChanged).runs] == [1]
    runs = only(back(trainer, only(facts, f.PutAway).revision), f.RunsChanged)
    assert [(run.number, run.step) for run in runs.runs] == [(1, 60), (2, 50)]
    assert runs.present == 2
    assert only(do(trainer, c.SwitchRun(1)), f.Recorded).trace.step == 60


def test_what_is_not_kept_is_asked_for_otherwise(trainer) -> None:
    train_to(trainer, 60)
    revision = only(do(trainer, EDITS["network"]), f.PutAway).revision
    for _ in range(MOST_KEPT):
        do(trainer, EDITS["newly drawn weights"])
    loaded = only(do(trainer, c.BringBack(revision, c.LoadPreset(CIRCLE))), f.Loaded)
    assert (loaded.step, loaded.brought_back) == (0, None)


def test_memory_is_bounded_the_past_goes_first(trainer) -> None:
    train_to(trainer, 600)
    do(trainer, c.SetMemoryLimit(40_000))
    revisions = []
    for _ in range(4):
        revisions.append(only(do(trainer, EDITS["newly drawn weights"]), f.PutAway).revision)
        train_to(trainer, 600)
    loaded = only(back(trainer, revisions[-1]), f.Loaded)
    assert loaded.brought_back == revisions[-1]
    do(trainer, c.SetMemoryLimit(1000))
    assert only(back(trainer, revisions[0]), f.Loaded).brought_back is None


def test_another_preset_is_a_new_start(trainer) -> None:
    revision = proposed(trainer).revision
    assert not [fact for fact in do(trainer, c.LoadPreset(DIGITS)) if isinstance(fact, f.PutAway)]
    assert only(back(trainer, revision), f.Loaded).brought_back is None


def test_a_reset_can_be_taken_back_with_what_was_poked(trainer) -> None:
    train_to(trainer, 60)
    weight = WeightPlace(1, 0, 0)
    do(trainer, c.Poke((SetWeight(weight, 3.0),)))
    before = proposed(trainer)
    facts = do(trainer, c.Reset())
    assert only(facts, f.Loaded).kept == {before.revision}
    facts = back(trainer, before.revision)
    assert only(facts, f.Loaded).pokes == before.pokes != NO_POKES
    assert_same(only(facts, f.Recorded).trace, before)


@pytest.mark.parametrize("command", [c.Reset(), c.LoadPreset(CIRCLE), c.SetDevice("cpu")])
def test_where_nothing_is_lost_nothing_is_put_away(trainer, command) -> None:
    facts = do(trainer, command)
    assert not [fact for fact in facts if isinstance(fact, f.PutAway)]
    loaded = only(facts, f.Loaded)
    assert not loaded.kept
    assert not loaded.is_new_start


def test_the_oldest_comes_back_although_there_are_as_many_as_can_be_kept(trainer) -> None:
    train_to(trainer, 30)
    before = proposed(trainer)
    for _ in range(MOST_KEPT):
        loaded = only(do(trainer, EDITS["newly drawn weights"]), f.Loaded)
    assert before.revision in loaded.kept
    facts = back(trainer, before.revision)
    assert only(facts, f.Loaded).brought_back == before.revision
    assert_same(only(facts, f.Recorded).trace, before)


def test_what_other_runs_go_on_to_do_does_not_change_what_is_kept_of_them(trainer) -> None:
    at_70, at_100 = train_to(trainer, 70), train_to(trainer, 100)
    do(trainer, c.Branch(50))
    train_to(trainer, 60)
    slow = replace(CIRCLE.training, optimizer=OptimizerSpec("sgd", {"lr": 0.01}))
    revision = only(do(trainer, c.LoadPreset(CIRCLE.with_training(slow))), f.PutAway).revision
    do(trainer, c.SwitchRun(1))
    train_to(trainer, 55)
    do(trainer, c.ChangeTraining(slow))
    train_to(trainer, 90)
    back(trainer, revision)
    assert_same(only(do(trainer, c.SwitchRun(1)), f.Recorded).trace, replace(at_100))
    assert_same(train_to(trainer, 70), at_70)


def test_where_a_network_is_not_kept_its_edit_is_still_no_new_start(trainer) -> None:
    train_to(trainer, 30)
    revision = only(do(trainer, EDITS["other data"]), f.PutAway).revision
    train_to(trainer, 30)
    do(trainer, c.SetMemoryLimit(1))
    do(trainer, c.SetMemoryLimit(10**8))
    other = proposed(trainer)
    loaded = only(do(trainer, c.BringBack(revision, c.LoadPreset(CIRCLE, is_edit=True))), f.Loaded)
    assert (loaded.preset, loaded.brought_back, loaded.is_new_start) == (CIRCLE, None, False)
    assert loaded.kept == {other.revision}
    assert_same(only(back(trainer, other.revision), f.Recorded).trace, other)


def test_it_is_said_what_there_was_no_memory_for(trainer) -> None:
    train_to(trainer, 30)
    do(trainer, c.SetMemoryLimit(1))
    facts = do(trainer, EDITS["network"])
    assert [fact for fact in facts if isinstance(fact, f.PutAway)]
    assert not only(facts, f.Loaded).kept


def checkpoints() -> dict[int, Checkpoint]:
    """All that there are in this process, by their identities."""
    return {id(each): each for each in gc.get_objects() if type(each) is Checkpoint}


def test_the_way_back_other_runs_and_what_was_replaced_share_the_memory(twin) -> None:
    others = checkpoints()  # of other tests
    trainer = twin()

    def sizes() -> list[int]:
        gc.collect()
        return [each.size for key, each in checkpoints().items() if key not in others]

    def taken() -> int:
        return sum(sizes()) - 2 * size  # but for the step that is proposed

    size = max(sizes())
    limit = 14 * size
    do(trainer, c.SetMemoryLimit(limit))
    train_to(trainer, 600)
    do(trainer, EDITS["newly drawn weights"])
    assert taken() > limit / 3
    for _ in range(4):
        train_to(trainer, 300)
        assert taken() <= limit
        do(trainer, c.Branch(1))
        assert taken() <= limit
