"""What a project must hold besides its weights so that a run can go on from it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.history import EpochResult
from nnviz.core.spec import DataSpec, OptimizerSpec, Preset, TrainingSpec
from nnviz.engine.catalogue import catalogue
from nnviz.engine.checkpoint import EpochSums
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.files import FileError, Project, read_project, write_project
from nnviz.engine.optimizers import OPTIMIZERS
from nnviz.engine.project import load_project, save_project
from nnviz.engine.run import Run
from nnviz.engine.trainer import Trainer
from tests.engine.support import picture_data, picture_preset

Damage = Callable[[Project], Project]


def new_run(preset: Preset) -> Run:
    return Run(preset, picture_data(), revision=1)


def trained(optimizer: str = "adam", steps: int = 9, **settings: float) -> tuple[Preset, Run, list[EpochResult]]:
    data = DataSpec("digits", validation_split=0.2)  # a name that presets may have
    preset = replace(picture_preset(optimizer=OptimizerSpec(optimizer, settings)), data=data)
    run, epochs = new_run(preset), []
    for _ in range(steps):
        run.plain_steps(1)
        if run.epoch_is_over:
            epochs.append(run.finish_epoch())
    return preset, run, epochs


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "my.nnviz"


def with_metadata(**changed: str | None) -> Damage:
    def damage(project: Project) -> Project:
        metadata = {**project.metadata, **changed}
        return replace(project, metadata={name: text for name, text in metadata.items() if text is not None})

    return damage


def with_sums(**changed: Any) -> Damage:
    return with_metadata(sums=json.dumps({**asdict(EpochSums(samples=14)), **changed}))


def with_epoch(**changed: Any) -> Damage:
    good = asdict(EpochResult(1, 7, 1.0, 0.5, 1.0, 0.5, 0.1))
    return with_metadata(epochs=json.dumps([{**good, **changed}]))


def with_state(**changed: np.ndarray | None) -> Damage:
    def damage(project: Project) -> Project:
        extra = {**project.extra, **{f"optimizer/{name}": array for name, array in changed.items()}}
        return replace(project, extra={name: array for name, array in extra.items() if array is not None})

    return damage


ONES = np.ones(3, np.float32)
DAMAGES: dict[str, tuple[Damage, str]] = {
    "no step": (with_metadata(step=None), "step: Field required"),
    "a step that is a word": (with_metadata(step="a"), "step: "),
    "a negative step": (with_metadata(step="-1"), "step: .*greater than or equal to 0"),
    "a huge step": (with_metadata(step=str(2**40)), "step: .*less than"),
    "an epoch that is no number": (with_metadata(epoch="nan"), "epoch: "),
    "an offset beyond the data": (with_metadata(offset="48"), "place in the data is impossible"),
    "an offset that the sums do not have": (with_metadata(offset="0"), "place in the data is impossible"),
    "a loss that is a word": (with_metadata(loss="a"), "loss: "),
    "a negative loss": (with_metadata(loss="-1.0"), "loss: .*must not be negative"),
    "sums that are no JSON": (with_metadata(sums="{"), "sums: "),
    "sums of words": (with_metadata(sums='{"samples": "a"}'), "sums samples: "),
    "sums of nothing": (with_metadata(sums="[]"), "sums: "),
    "unknown sums": (with_sums(other=1), "sums other: "),
    "more right answers than samples": (with_sums(correct=15), "place in the data is impossible"),
    "endless seconds": (with_sums(seconds=math.inf), "sums seconds: .*finite"),
    "epochs that are no list": (with_metadata(epochs="1"), "epochs: "),
    "an epoch without a step": (with_epoch(step=None), "epochs 0 step: "),
    "an accuracy over 100 %": (with_epoch(val_accuracy=1.5), "epochs 0 val_accuracy: "),
    "an epoch that is to come": (with_epoch(epoch=2), "epochs lie ahead"),
    "a part of the state missing": (with_state(exp_avg_sq=None), "the state of the optimizer is not that of adam"),
    "the state of another optimizer": (with_state(momentum_buffer=ONES), "is not that of adam"),
    "a state of another size": (with_state(exp_avg=ONES), "optimizer's exp_avg does not fit"),
    "a number instead of a row": (with_state(exp_avg=np.float32(1)), "optimizer's exp_avg does not fit"),
    "a row instead of a number": (with_state(step=ONES), "optimizer's step does not fit"),
    "a state of another type": (with_state(step=np.array(9.0)), "optimizer's step does not fit"),
}


@pytest.mark.parametrize(("damage", "said"), DAMAGES.values(), ids=DAMAGES.keys())
def test_what_cannot_go_on_is_not_opened(path: Path, damage: Damage, said: str) -> None:
    save_project(path, *trained())
    write_project(path, damage(read_project(path)))
    with pytest.raises(FileError, match=rf"(?s)my\.nnviz is not a complete .* \(.*{said}.*\): nothing was opened"):
        load_project(path, new_run)


@pytest.mark.parametrize("optimizer", [row.name for row in OPTIMIZERS])
@pytest.mark.parametrize("steps", [0, 9])
def test_each_optimizer_goes_on_to_the_bit(path: Path, optimizer: str, steps: int) -> None:
    preset, run, epochs = trained(optimizer, steps)
    save_project(path, preset, run, epochs)
    opened, _, read = load_project(path, new_run)
    assert read == epochs
    assert (opened.step, opened.epoch, opened.offset, opened.sums) == (run.step, run.epoch, run.offset, run.sums)
    assert opened.loss == run.loss or steps == 0
    for _ in range(3):
        assert opened.plain_steps(1) == run.plain_steps(1)
    np.testing.assert_array_equal(opened.network.flat.numpy(), run.network.flat.numpy())


@pytest.mark.parametrize("optimizer", ["momentum", "rmsprop"])
@pytest.mark.parametrize(("before", "after"), [(0.9, 0.0), (0.0, 0.9)])
def test_a_momentum_that_was_changed_on_the_way_can_be_opened(
    path: Path, optimizer: str, before: float, after: float
) -> None:
    preset, run, epochs = trained(optimizer, momentum=before)
    changed = preset.with_training(replace(preset.training, optimizer=OptimizerSpec(optimizer, {"momentum": after})))
    run.change_training(changed.training)
    save_project(path, changed, run, epochs)
    opened, _, _ = load_project(path, new_run)
    assert opened.plain_steps(1) == run.plain_steps(1)


def test_older_files_without_the_loss_can_be_opened(path: Path) -> None:
    save_project(path, *trained())
    write_project(path, with_metadata(loss=None)(read_project(path)))
    assert math.isnan(load_project(path, new_run)[0].loss)


def test_a_run_that_has_diverged_can_be_saved_and_opened(path: Path) -> None:
    preset, run, epochs = trained("sgd")
    run.network.flat.fill_(math.nan)
    run.plain_steps(1)
    save_project(path, preset, run, epochs)
    assert math.isnan(load_project(path, new_run)[0].sums.loss)


# --- the trainer ------------------------------------------------------------------------------------------------------


def trainer(tmp_path: Path) -> Trainer:
    return Trainer(catalogue(), DataPlaces(None, tmp_path))


def test_a_project_that_is_refused_leaves_the_present_one_alone(tmp_path: Path, path: Path) -> None:
    present = trainer(tmp_path)
    list(present.execute(c.LoadPreset(catalogue().presets["digits"])))
    list(present.execute(c.Propose()))
    list(present.execute(c.Commit()))
    list(present.execute(c.SaveFile(path)))
    write_project(path, with_state(exp_avg_sq=None)(read_project(path)))
    facts = list(present.execute(c.OpenFile(path)))
    assert isinstance(facts[-1], f.Failed)
    assert not any(isinstance(fact, f.Loaded) for fact in facts)
    recorded = [fact for fact in present.execute(c.Propose()) if isinstance(fact, f.Recorded)]
    assert recorded[0].trace.step == 1


def test_an_opened_project_that_diverges_can_be_recovered(tmp_path: Path, path: Path) -> None:
    first, other = trainer(tmp_path), trainer(tmp_path)
    list(first.execute(c.LoadPreset(catalogue().presets["digits"])))
    list(first.execute(c.GoTo(20)))
    list(first.execute(c.SaveFile(path)))
    list(other.execute(c.OpenFile(path)))
    training: TrainingSpec = catalogue().presets["digits"].training
    list(other.execute(c.ChangeTraining(replace(training, optimizer=OptimizerSpec("adam", {"lr": 100.0})))))
    facts = list(other.execute(c.RecoverFromDivergence()))
    assert next(fact for fact in facts if isinstance(fact, f.Rewound)).step == 20
