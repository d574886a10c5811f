"""Rules of health on real trainings: each illness is found in a network that has it, and none in the presets."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nnviz.core.data import Dataset, Task
from nnviz.core.health import Diagnosis, Illness, judge
from nnviz.core.history import History
from nnviz.core.layer_statistics import Snapshots, snapshot
from nnviz.core.remedies import Cure, remedies
from nnviz.core.spec import DataSpec, NetworkSpec, OptimizerSpec, Preset
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces, load_dataset
from nnviz.engine.layers import Dense
from nnviz.engine.run import Run
from nnviz.engine.stepper import Stepper

CATALOGUE = catalogue()
DIGITS, CIRCLE = CATALOGUE.presets["digits"], CATALOGUE.presets["circle"]
EVERY = 10  # steps between two looks


def enlarged_digits() -> Dataset:
    """Stands in for MNIST, which tests do not download: the 8×8 digits, three times as large, with a margin."""
    small = load_dataset(DIGITS.data, 1, DataPlaces(None, Path()))
    large = np.pad(np.kron(small.raw, np.ones((1, 3, 3), np.uint8)), ((0, 0), (2, 2), (2, 2)))
    return replace(small, name="mnist", title="MNIST", raw=np.minimum(large * 15, 255).astype(np.uint8), divisor=255.0)


def findings_of(preset: Preset, steps: int) -> Counter[Illness]:
    """Train as the window does, look every few steps, and count how often each illness is told."""
    is_mnist = preset.data.name == "mnist"
    dataset = (
        enlarged_digits() if is_mnist else load_dataset(preset.data, preset.training.seed, DataPlaces(None, Path()))
    )
    stepper, history, row, diagnosis = Stepper(Run(preset, dataset, 1), 10**8), History(), Snapshots(), Diagnosis()
    told: Counter[Illness] = Counter()
    while stepper.run.step < steps:
        row.add(snapshot(stepper.recorded_step()[0]))
        goal = stepper.run.step + EVERY - 1
        while stepper.run.step < goal:
            assert stepper.plain_steps(goal - stepper.run.step) is None
        progress = stepper.progress(0.0)
        for points in progress.points:
            history.append(points)
        history.epochs.extend(progress.epochs)
        found = diagnosis.take(judge(row.row, history, preset.training.batch_size))
        told.update(finding.illness for finding in found)
    return told


def changed_hidden(preset: Preset, **changes: object) -> Preset:
    """The same with other settings in all hidden layers."""
    learning = preset.network.layers_with_parameters[:-1]
    layers = enumerate(preset.network.layers)
    network = NetworkSpec(tuple(replace(layer, **changes) if i in learning else layer for i, layer in layers))
    return replace(preset, network=network)


def deep(preset: Preset, layers: int, units: int, activation: str, initialisation: str = "glorot_uniform") -> Preset:
    first, last = preset.network.layers[:2], preset.network.layers[-1]
    hidden = [Dense(units, activation, initialisation) for _ in range(layers)]
    return replace(preset, network=NetworkSpec((*first, *hidden, last)))


def trained_with(preset: Preset, optimizer: str, lr: float) -> Preset:
    return preset.with_training(replace(preset.training, optimizer=OptimizerSpec(optimizer, {"lr": lr})))


@pytest.mark.parametrize("name", list(CATALOGUE.presets))
def test_no_false_alarm_on_a_preset_trained_normally(name: str) -> None:
    assert findings_of(CATALOGUE.presets[name], 2500) == {}


@pytest.mark.parametrize(
    "preset",
    [
        pytest.param(CIRCLE.with_training(replace(CIRCLE.training, batch_size=1)), id="single samples"),
        pytest.param(trained_with(DIGITS, "sgd", 0.1), id="quick SGD"),
        pytest.param(trained_with(DIGITS, "sgd", 1e-4), id="slow SGD"),
        pytest.param(DIGITS.with_training(replace(DIGITS.training, loss="mean_squared_error")), id="squared error"),
        pytest.param(deep(DIGITS, 6, 16, "tanh"), id="deep tanh"),
    ],
)
def test_no_false_alarm_on_other_sound_trainings(preset: Preset) -> None:
    assert findings_of(preset, 1500) == {}


def test_gradients_vanish_in_a_deep_sigmoid_network_and_its_remedy_helps() -> None:
    ill = trained_with(deep(DIGITS, 6, 16, "sigmoid"), "sgd", 0.1)
    told = findings_of(ill, 1000)
    assert set(told) == {Illness.VANISHING}
    assert told[Illness.VANISHING] > 90
    remedy = next(each for each in remedies(Illness.VANISHING, ill, CATALOGUE) if each.cure is Cure.RELU)
    assert remedy.network is not None
    assert Illness.VANISHING not in findings_of(replace(ill, network=remedy.network), 1000)


@pytest.mark.parametrize(("optimizer", "lr"), [("adam", 1.0), ("sgd", 10.0), ("rmsprop", 0.3)])
def test_a_learning_rate_far_too_high_is_found_on_images(optimizer: str, lr: float) -> None:
    told = findings_of(trained_with(DIGITS, optimizer, lr), 500)
    assert told[Illness.LEARNING_RATE] > 40
    assert set(told) <= {Illness.LEARNING_RATE, Illness.DEAD, Illness.EXPLODING}


@pytest.mark.parametrize("lr", [3.0, 10.0])
def test_a_learning_rate_far_too_high_is_found_on_points_and_its_remedy_helps(lr: float) -> None:
    ill = trained_with(CIRCLE, "sgd", lr)
    assert findings_of(ill, 1000)[Illness.LEARNING_RATE] > 50
    cured = ill
    for _ in range(2):
        (remedy,) = remedies(Illness.LEARNING_RATE, cured, CATALOGUE)
        assert remedy.training is not None
        cured = cured.with_training(remedy.training)
    assert Illness.LEARNING_RATE not in findings_of(cured, 1000)


def test_zero_weights_leave_all_neurons_alike_and_the_remedy_helps() -> None:
    ill = changed_hidden(DIGITS, initialisation="zeros")
    told = findings_of(ill, 500)
    assert told[Illness.ALIKE] > 45
    assert Illness.VANISHING not in told
    (remedy,) = remedies(Illness.ALIKE, ill, CATALOGUE)
    assert remedy.network is not None
    assert findings_of(replace(ill, network=remedy.network), 500) == {}


def test_relus_die_of_too_large_steps() -> None:
    assert findings_of(trained_with(DIGITS, "momentum", 0.5), 600)[Illness.DEAD] > 30


def test_gradients_explode_in_a_deep_network_whose_layers_enlarge() -> None:
    ill = trained_with(deep(DIGITS, 20, 32, "linear", "he_normal"), "sgd", 1e-7)
    told = findings_of(ill, 300)
    assert told[Illness.EXPLODING] > 20
    remedy = next(each for each in remedies(Illness.EXPLODING, ill, CATALOGUE) if each.cure is Cure.NEW_WEIGHTS)
    assert remedy.network is not None
    assert findings_of(replace(ill, network=remedy.network), 300) == {}


def test_few_noisy_samples_are_learned_by_heart() -> None:
    noisy = DataSpec("circle", {"samples": 100, "noise": 0.5}, validation_split=0.5)
    ill = replace(changed_hidden(trained_with(CIRCLE, "adam", 0.01), units=32), data=noisy)
    told = findings_of(ill, 2000)
    assert set(told) == {Illness.OVERFITTING}
    assert told[Illness.OVERFITTING] > 100


def test_tasks_with_numbers_are_judged_by_their_own_measure() -> None:
    layers = (CIRCLE.network.layers[0], Dense(4, "tanh"), Dense(1, "linear"))
    training = replace(trained_with(CIRCLE, "sgd", 0.03).training, loss="mean_squared_error")
    slope = Preset("Slope", "", DataSpec("plane"), NetworkSpec(layers), training)
    assert load_dataset(slope.data, 1, DataPlaces(None, Path())).task is Task.VALUES
    assert findings_of(slope, 1500) == {}
