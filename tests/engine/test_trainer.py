"""Commands in, facts out: the whole engine without a window."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.spec import DataSpec, NetworkSpec, OptimizerSpec, TrainingSpec
from nnviz.core.trace import Trace
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.layers import Dense, Dropout, Flatten, Input
from nnviz.engine.trainer import Trainer
from tests.support.trainer import do, only, run


@pytest.fixture
def trainer(tmp_path: Path) -> Trainer:
    made = Trainer(catalogue(), DataPlaces(None, tmp_path / "cache"))
    do(made, c.LoadPreset(catalogue().presets["digits"]))
    return made


def weights(trace: Trace, moment: str = "before") -> np.ndarray:
    return np.concatenate([getattr(p, moment).ravel() for layer in trace.layers for p in layer.parameters.values()])


def test_loading_gives_a_network_its_data_and_the_first_proposal(trainer: Trainer) -> None:
    facts = do(trainer, c.LoadPreset(catalogue().presets["digits"]))
    loaded, recorded = only(facts, f.Loaded), only(facts, f.Recorded)
    assert loaded.fresh
    assert loaded.summary.sample_shape == (8, 8)
    assert (loaded.summary.training_samples, loaded.summary.validation_samples) == (1438, 359)
    assert recorded.trace.revision == loaded.revision
    assert recorded.trace.step == 0
    assert not recorded.committed


def test_stepping_back_over_batches_shows_the_same_numbers_again(trainer: Trainer) -> None:
    traces = []
    for _ in range(5):
        traces.append(only(do(trainer, c.Propose()), f.Recorded).trace)
        do(trainer, c.Commit())
    for step in (3, 2, 1, 0):
        facts = do(trainer, c.GoTo(step, commit=True))
        again = only(facts, f.Recorded)
        assert again.committed
        assert again.trace.step == step
        np.testing.assert_array_equal(weights(again.trace), weights(traces[step]))
        np.testing.assert_array_equal(weights(again.trace, "after"), weights(traces[step], "after"))
        np.testing.assert_array_equal(again.trace.inputs, traces[step].inputs)
        assert only(facts, f.Rewound).step == step


def test_an_epoch_run_ends_with_the_recorded_last_step(trainer: Trainer) -> None:
    facts = run(trainer)
    only(facts, f.Stopped)
    recorded = only(facts, f.Recorded)
    assert recorded.committed
    assert recorded.trace.step == 44
    progress = [fact for fact in facts if isinstance(fact, f.Progress)]
    assert sum(len(points.losses) for each in progress for points in each.points) == 45
    epochs = [epoch for each in progress for epoch in each.epochs]
    assert [epoch.epoch for epoch in epochs] == [1]
    assert 0 < epochs[0].seconds < 60
    back = only(do(trainer, c.GoTo(43)), f.Recorded).trace
    np.testing.assert_array_equal(weights(back, "after"), weights(recorded.trace))


def test_looking_while_running_takes_part_in_the_training(trainer: Trainer, tmp_path: Path) -> None:
    do(trainer, c.Run())
    looked = only(do(trainer, c.Look()), f.Progress)
    assert looked.trace is not None
    assert looked.trace.step == 0
    assert looked.step == 1
    facts = do(trainer, c.Pause())
    shown = only(facts, f.Recorded).trace
    other = Trainer(catalogue(), DataPlaces(None, tmp_path))
    do(other, c.LoadPreset(catalogue().presets["digits"]))
    same = only(do(other, c.GoTo(shown.step)), f.Recorded).trace
    np.testing.assert_array_equal(weights(shown), weights(same))


def test_changing_the_learning_rate_records_the_same_batch_anew(trainer: Trainer) -> None:
    first = only(do(trainer, c.Propose()), f.Recorded).trace
    preset = catalogue().presets["digits"]
    training = replace(preset.training, optimizer=OptimizerSpec("adam", {"lr": 0.1}))
    facts = do(trainer, c.ChangeTraining(training))
    assert only(facts, f.TrainingChanged).training == training
    second = only(facts, f.Recorded)
    assert not second.committed
    np.testing.assert_array_equal(second.trace.inputs, first.inputs)
    np.testing.assert_array_equal(weights(second.trace), weights(first))
    small, large = weights(first, "after") - weights(first), weights(second.trace, "after") - weights(second.trace)
    np.testing.assert_allclose(large, 100 * small, rtol=2e-2, atol=1e-4)
    mark = only(facts, f.Progress).marks[0]
    assert mark.label == "lr 0.1"


def test_switching_while_running_and_going_back_restores_the_settings(trainer: Trainer) -> None:
    run(trainer)
    preset = catalogue().presets["digits"]
    do(trainer, c.ChangeTraining(replace(preset.training, optimizer=OptimizerSpec("rmsprop"))))
    run(trainer)
    facts = do(trainer, c.GoTo(10))
    assert only(facts, f.TrainingChanged).training == preset.training


@pytest.mark.parametrize(
    ("training", "words"),
    [
        (TrainingSpec(optimizer=OptimizerSpec("adam", {"lr": 0.0})), "Learning rate must be between"),
        (TrainingSpec(optimizer=OptimizerSpec("adam", {"lr": 1e20})), "not 1e+20"),
        (TrainingSpec(batch_size=5000), "at most 1438"),
        (TrainingSpec(loss="binary_crossentropy"), "sigmoid"),
        (TrainingSpec(optimizer=OptimizerSpec("magic")), "no optimizer"),
    ],
)
def test_bad_settings_are_said_in_words_and_change_nothing(
    trainer: Trainer, training: TrainingSpec, words: str
) -> None:
    before = only(do(trainer, c.Propose()), f.Recorded).trace
    failed = only(do(trainer, c.ChangeTraining(training)), f.Failed)
    assert words in failed.message
    assert failed.place is f.Place.TRAINING
    np.testing.assert_array_equal(weights(only(do(trainer, c.Propose()), f.Recorded).trace), weights(before))


def test_reset_gives_the_same_weights_and_shift_reset_new_ones(trainer: Trainer) -> None:
    first = only(do(trainer, c.Propose()), f.Recorded).trace
    run(trainer)
    same = only(do(trainer, c.Reset()), f.Recorded).trace
    np.testing.assert_array_equal(weights(first), weights(same))
    facts = do(trainer, c.Reset(new_weights=True))
    assert not np.array_equal(weights(first), weights(only(facts, f.Recorded).trace))
    assert only(facts, f.Loaded).preset.training.seed == catalogue().presets["digits"].training.seed + 1


def test_another_layer_keeps_the_weights_that_fit_and_goes_on(trainer: Trainer) -> None:
    run(trainer)
    learned = only(do(trainer, c.Propose()), f.Recorded).trace
    layers = catalogue().presets["digits"].network.layers
    wider = NetworkSpec((*layers[:3], replace(layers[3], units=30), layers[4]))
    facts = do(trainer, c.ChangeNetwork(wider, keep_weights=True))
    loaded, trace = only(facts, f.Loaded), only(facts, f.Recorded).trace
    assert not loaded.fresh
    assert trace.step == learned.step
    np.testing.assert_array_equal(
        trace.layers[2].parameters["weight"].before, learned.layers[2].parameters["weight"].before
    )
    assert trace.layers[3].parameters["weight"].before.shape == (30, 20)
    assert any(mark.label == "network" for fact in facts if isinstance(fact, f.Progress) for mark in fact.marks)
    fresh = do(trainer, c.ChangeNetwork(wider, keep_weights=False))
    assert only(fresh, f.Loaded).fresh


def test_a_layer_put_in_between_does_not_part_the_others_from_their_weights(trainer: Trainer) -> None:
    run(trainer)
    learned = only(do(trainer, c.Propose()), f.Recorded).trace
    layers = catalogue().presets["digits"].network.layers
    longer = NetworkSpec((*layers[:3], Dropout(0.1), *layers[3:]))
    trace = only(do(trainer, c.ChangeNetwork(longer, keep_weights=True)), f.Recorded).trace
    np.testing.assert_array_equal(weights(trace), weights(learned))


def test_a_load_that_is_refused_while_it_runs_leaves_a_paused_trainer(trainer: Trainer) -> None:
    do(trainer, c.Run())
    list(trainer.advance(0.01))
    facts = do(trainer, c.LoadPreset(catalogue().presets["mnist"]))
    assert not trainer.running
    kinds = [type(fact) for fact in facts]
    assert kinds.index(f.Stopped) < kinds.index(f.Recorded) < kinds.index(f.DataMissing)


def test_a_network_that_does_not_fit_is_refused_next_to_the_architecture(trainer: Trainer) -> None:
    wrong = NetworkSpec((Input((8, 8)), Flatten(), Dense(7, "softmax")))
    failed = only(do(trainer, c.ChangeNetwork(wrong, keep_weights=True)), f.Failed)
    assert failed.place is f.Place.ARCHITECTURE
    assert "10 units" in failed.message
    only(do(trainer, c.Propose()), f.Recorded)


@pytest.mark.parametrize("name", ["circle", "xor", "gaussians", "spiral", "moons", "plane"])
def test_every_small_data_set_fits_itself_to_the_network_and_learns(trainer: Trainer, name: str) -> None:
    facts = do(trainer, c.ChangeData(DataSpec(name)))
    loaded = only(facts, f.Loaded)
    assert loaded.summary.sample_shape == (2,)
    assert loaded.summary.points is not None
    first = only(facts, f.Recorded).trace.loss
    for _ in range(5):
        facts = run(trainer)
    assert first is not None
    assert [p for p in facts if isinstance(p, f.Progress)][-1].epochs[0].train_loss < first


def test_missing_mnist_is_said_and_the_network_in_force_stays(trainer: Trainer) -> None:
    mnist = catalogue().presets["mnist"]
    missing = only(do(trainer, c.LoadPreset(mnist)), f.DataMissing)
    assert missing.preset == mnist
    assert "MNIST" in missing.title
    again = only(do(trainer, c.ChangeData(DataSpec("mnist"))), f.DataMissing)
    assert again.preset == mnist
    assert only(do(trainer, c.Propose()), f.Recorded).trace.network == catalogue().presets["digits"].network


def test_drawings_are_predicted_and_learned(trainer: Trainer) -> None:
    drawing = np.zeros((8, 8), np.float32)
    drawing[1:7, 3:5] = 1
    predicted = only(do(trainer, c.Predict(drawing)), f.Predicted).trace
    assert predicted.outputs.shape == (1, 10)
    assert do(trainer, c.Predict(np.zeros((28, 28), np.float32))) == []
    before = predicted.outputs[0, 1]
    for _ in range(20):
        recorded = only(do(trainer, c.ProposeDrawing(drawing, 1)), f.Recorded)
        assert recorded.trace.is_drawing
        do(trainer, c.Commit())
    assert only(do(trainer, c.Predict(drawing)), f.Predicted).trace.outputs[0, 1] > before
    assert isinstance(do(trainer, c.ProposeDrawing(drawing, 10))[-1], f.Failed)


def test_divergence_pauses_names_the_place_and_can_be_undone(trainer: Trainer) -> None:
    preset = catalogue().presets["digits"]
    run(trainer)
    do(trainer, c.ChangeTraining(replace(preset.training, optimizer=OptimizerSpec("sgd", {"lr": 100.0}))))
    layers = preset.network.layers
    linear = NetworkSpec((*layers[:2], Dense(20, "linear"), Dense(14, "linear"), layers[4]))
    do(trainer, c.ChangeNetwork(linear, keep_weights=True))
    facts = run(trainer, to_end_of_epoch=False)
    diverged = only(facts, f.Diverged)
    assert not trainer.running
    assert diverged.can_recover
    assert diverged.layer_name in {"Hidden 1", "Hidden 2", "Output"}
    recorded = only(facts, f.Recorded)
    assert recorded.trace.loss is None or not math.isfinite(recorded.trace.loss)
    facts = do(trainer, c.RecoverFromDivergence())
    assert only(facts, f.TrainingChanged).training.optimizer.settings["lr"] == pytest.approx(10.0)
    loss = [fact for fact in facts if isinstance(fact, f.Recorded)][-1].trace.loss
    assert loss is not None
    assert math.isfinite(loss)


def test_a_project_goes_on_exactly_where_it_was_saved(trainer: Trainer, tmp_path: Path) -> None:
    run(trainer)
    path = tmp_path / "mine.nnviz"
    assert only(do(trainer, c.SaveFile(path)), f.Saved).path == path
    run(trainer)
    expected = only(do(trainer, c.Propose()), f.Recorded).trace
    other = Trainer(catalogue(), DataPlaces(None, tmp_path))
    facts = do(other, c.OpenFile(path))
    loaded = only(facts, f.Loaded)
    assert loaded.step == 45
    assert [epoch.epoch for epoch in loaded.epochs] == [1]
    run(other)
    actual = only(do(other, c.Propose()), f.Recorded).trace
    np.testing.assert_array_equal(weights(actual), weights(expected))
    assert actual.step == expected.step == 90


def test_files_that_cannot_be_read_or_written_are_said_in_words(trainer: Trainer, tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.nnviz"
    garbage.write_bytes(b"not a project")
    failures = [
        do(trainer, c.OpenFile(garbage)),
        do(trainer, c.OpenFile(tmp_path / "missing.json")),
        do(trainer, c.SaveFile(tmp_path / "no" / "folder.nnviz")),
        do(trainer, c.ExportStep(tmp_path / "no" / "step.npz")),
    ]
    for facts in failures:
        assert isinstance(facts[-1], f.Failed), facts
    only(do(trainer, c.Propose()), f.Recorded)


def test_a_step_is_exported_from_the_window(trainer: Trainer, tmp_path: Path) -> None:
    trace = only(do(trainer, c.Propose()), f.Recorded).trace
    do(trainer, c.ExportStep(tmp_path / "step.npz"))
    with np.load(tmp_path / "step.npz", allow_pickle=False) as exported:
        np.testing.assert_array_equal(exported["layers/1/weight/before"], trace.layers[2].parameters["weight"].before)


def test_commands_before_anything_is_loaded_are_refused(tmp_path: Path) -> None:
    empty = Trainer(catalogue(), DataPlaces(None, tmp_path))
    for command in (c.Propose(), c.Commit(), c.Run(), c.Reset(), c.Look(), c.SaveFile(tmp_path / "x.nnviz")):
        assert isinstance(do(empty, command)[-1], f.Failed)


def test_the_article_network_reaches_95_percent_on_mnist(mnist_folder: Path, tmp_path: Path) -> None:
    trainer = Trainer(catalogue(), DataPlaces(mnist_folder, tmp_path))
    preset = catalogue().presets["mnist"]
    assert only(do(trainer, c.LoadPreset(preset)), f.Loaded).summary.training_samples == 48_000
    best = 0.0
    for _ in range(8):
        for fact in run(trainer):
            if isinstance(fact, f.Progress):
                best = max([best, *(epoch.val_accuracy or 0 for epoch in fact.epochs)])
        if best >= 0.95:
            break
    assert best >= 0.95
