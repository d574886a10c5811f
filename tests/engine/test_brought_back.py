"""Edits that replace the network: taking them back brings back what had been learned, bit-exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nnviz.core import commands as c
from nnviz.core.added_points import AddedPoint
from nnviz.core.runs import MOST_KEPT
from nnviz.core.spec import NetworkSpec, Preset
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.layers import Dense
from nnviz.engine.trainer import Trainer
from tests.engine.test_time_travel import assert_same, do, only, proposed, train_to

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
def trainer(tmp_path: Path) -> Trainer:
    made = Trainer(catalogue(), DataPlaces(None, tmp_path / "cache"))
    do(made, c.LoadPreset(CIRCLE))
    return made


@pytest.fixture
def twin(tmp_path: Path) -> Callable[[], Trainer]:
    def make() -> Trainer:
        made = Trainer(catalogue(), DataPlaces(None, tmp_path / "cache"))
        do(made, c.LoadPreset(CIRCLE))
        return made

    return make


def back(trainer: Trainer, revision: int) -> list[c.Fact]:
    return do(trainer, c.BringBack(revision, c.LoadPreset(CIRCLE)))


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_what_an_edit_replaced_comes_back_and_goes_on_as_if_nothing_had_been(trainer, twin, edit: Edit) -> None:
    train_to(trainer, 120)
    before = proposed(trainer)
    revision = only(do(trainer, edit), c.PutAway).revision
    assert revision == before.revision
    train_to(trainer, 130)
    facts = back(trainer, revision)
    loaded = only(facts, c.Loaded)
    assert (loaded.preset, loaded.step, loaded.brought_back, loaded.fresh) == (CIRCLE, 120, revision, False)
    assert len(loaded.epochs) == 120 // before.batches
    assert_same(only(facts, c.Recorded).trace, before)
    other = twin()
    assert_same(train_to(trainer, 190), train_to(other, 190))
    assert_same(train_to(trainer, 40), train_to(other, 40))  # and there is a way back


def test_it_can_be_made_again(trainer) -> None:
    train_to(trainer, 60)
    first = only(do(trainer, EDITS["network"]), c.PutAway).revision
    train_to(trainer, 90)
    then = proposed(trainer)
    second = only(back(trainer, first), c.PutAway).revision
    assert_same(only(back(trainer, second), c.Recorded).trace, then)


def test_the_other_runs_come_back_too(trainer) -> None:
    train_to(trainer, 60)
    do(trainer, c.Branch(20))
    train_to(trainer, 50)
    facts = do(trainer, EDITS["noise"])
    assert [run.number for run in only(facts, c.RunsChanged).runs] == [1]
    runs = only(back(trainer, only(facts, c.PutAway).revision), c.RunsChanged)
    assert [(run.number, run.step) for run in runs.runs] == [(1, 60), (2, 50)]
    assert runs.present == 2
    assert only(do(trainer, c.SwitchRun(1)), c.Recorded).trace.step == 60


def test_what_is_not_kept_is_asked_for_otherwise(trainer) -> None:
    train_to(trainer, 60)
    revision = only(do(trainer, EDITS["network"]), c.PutAway).revision
    for _ in range(MOST_KEPT):
        do(trainer, EDITS["newly drawn weights"])
    loaded = only(do(trainer, c.BringBack(revision, c.LoadPreset(CIRCLE))), c.Loaded)
    assert (loaded.step, loaded.brought_back) == (0, None)


def test_memory_is_bounded_the_past_goes_first(trainer) -> None:
    train_to(trainer, 600)
    do(trainer, c.SetMemoryLimit(40_000))
    revisions = []
    for _ in range(4):
        revisions.append(only(do(trainer, EDITS["newly drawn weights"]), c.PutAway).revision)
        train_to(trainer, 600)
    loaded = only(back(trainer, revisions[-1]), c.Loaded)
    assert loaded.brought_back == revisions[-1]
    do(trainer, c.SetMemoryLimit(1000))
    assert only(back(trainer, revisions[0]), c.Loaded).brought_back is None


def test_another_preset_is_a_new_start(trainer) -> None:
    revision = proposed(trainer).revision
    assert not [fact for fact in do(trainer, c.LoadPreset(DIGITS)) if isinstance(fact, c.PutAway)]
    assert only(back(trainer, revision), c.Loaded).brought_back is None
