"""The shipped presets: as the issue describes them, and they learn."""

from __future__ import annotations

import pytest

from nnviz.cli.presets import layer_sizes
from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.history import EpochResult
from nnviz.core.resources import resources
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets.places import DataPlaces
from nnviz.engine.files import read_preset
from nnviz.engine.presets import read_presets
from nnviz.engine.trainer import Trainer

PRESETS = read_presets()


def test_digits_come_first() -> None:
    assert next(iter(PRESETS)) == "digits"
    assert set(PRESETS) >= {"digits", "mnist", "circle", "spiral", "xor"}


@pytest.mark.parametrize("name", PRESETS)
def test_preset_file_stands_the_checks_that_a_start_leaves_out(name: str) -> None:
    checked = read_preset(resources() / "presets" / f"{name}.json")
    assert repr(PRESETS[name]) == repr(checked)  # 1 and 1.0 are equal, but not the same in a file


@pytest.mark.parametrize(
    ("name", "sizes", "optimizer", "lr", "batch_size", "split"),
    [
        ("digits", "64-20-14-10", "adam", 1e-3, 32, 0.2),
        ("mnist", "784-20-14-10", "adam", 1e-3, 32, 0.2),
        ("circle", "2-4-2-1", "sgd", 0.03, 10, 0.5),
    ],
)
def test_preset_is_as_in_the_articles(
    name: str, sizes: str, optimizer: str, lr: float, batch_size: int, split: float
) -> None:
    preset = PRESETS[name]
    assert layer_sizes(preset.network) == sizes
    assert preset.training.optimizer.name == optimizer
    assert catalogue().optimizer(optimizer).complete(preset.training.optimizer)["lr"] == lr
    assert preset.training.batch_size == batch_size
    assert preset.data.validation_split == split


def test_xor_is_small_enough_for_paper() -> None:
    assert layer_sizes(PRESETS["xor"].network) == "2-2-1"
    assert PRESETS["xor"].network.parameter_count() == 9


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_preset_says_what_it_teaches_in_one_sentence(preset: object) -> None:
    description = preset.description  # type: ignore[attr-defined]
    assert 20 < len(description) < 200
    assert description.endswith(".")


def trained(name: str, epochs: int, enough: float) -> EpochResult:
    """Train until the training accuracy is `enough`, but at most `epochs`."""
    trainer = Trainer(catalogue(), DataPlaces.from_environment())
    assert any(isinstance(fact, f.Loaded) for fact in trainer.execute(c.LoadPreset(PRESETS[name])))
    results: list[EpochResult] = []
    while len(results) < epochs and (not results or (results[-1].train_accuracy or 0) < enough):
        list(trainer.execute(c.Run(to_end_of_epoch=True)))
        while trainer.running:
            for fact in trainer.advance(1.0):
                assert not isinstance(fact, f.Failed | f.Diverged)
                results.extend(fact.epochs if isinstance(fact, f.Progress) else ())
    return results[-1]


@pytest.mark.parametrize(
    ("name", "epochs", "train_accuracy", "val_accuracy"),
    [
        ("digits", 40, 0.97, 0.9),
        ("circle", 60, 0.97, 0.95),
        ("spiral", 500, 0.99, 0.9),
        ("xor", 200, 1.0, None),
    ],
)
def test_preset_learns(name: str, epochs: int, train_accuracy: float, val_accuracy: float | None) -> None:
    result = trained(name, epochs, train_accuracy)
    assert result.train_accuracy is not None
    assert result.train_accuracy >= train_accuracy
    if val_accuracy is not None:
        assert result.val_accuracy is not None
        assert result.val_accuracy >= val_accuracy
