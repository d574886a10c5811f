"""The confusion matrix and the worst mistakes, against NumPy and against what training reports."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from nnviz.core.confusion import AskMistakes, Mistakes, Samples
from nnviz.core.data import Task, split_indices
from nnviz.core.spec import NetworkSpec, Preset, TrainingSpec
from nnviz.engine.inquiries import confusion
from nnviz.engine.layers import Dense, Input
from nnviz.engine.stepper import Stepper
from tests.engine.support import answer, picture_data, picture_preset, point_data, point_preset, stepper
from tests.support.reference import ACTIVATIONS, sample_losses


def ask(steps: Stepper, samples: Samples = Samples.VALIDATION, **more: object) -> Mistakes:
    found = answer(steps, AskMistakes(samples, **more))
    assert isinstance(found, Mistakes)
    return found


def trained(preset: Preset, dataset=None, steps: int = 40) -> Stepper:
    made = stepper(preset, dataset)
    for _ in range(steps):
        made.plain_steps(1)
    return made


def outputs_of(steps: Stepper, inputs: np.ndarray) -> np.ndarray:
    """Pass samples forward in NumPy, float64."""
    x = inputs.reshape(len(inputs), -1).astype(np.float64)
    for layer, built in zip(steps.run.network_spec.layers, steps.run.network.layers, strict=True):
        if isinstance(layer, Dense):
            weight, bias = (parameter.detach().numpy().astype(np.float64) for parameter in built.parameters())
            x = ACTIVATIONS[layer.activation](x @ weight.T + bias)
    return x


@pytest.mark.parametrize("samples", list(Samples))
def test_counts_losses_and_outputs_are_those_of_numpy(samples: Samples) -> None:
    dataset = picture_data()
    steps = trained(picture_preset(dropout=0.3))
    training, validation = split_indices(len(dataset), 0.2, steps.run.training.seed)
    places = training if samples is Samples.TRAINING else validation
    outputs = outputs_of(steps, dataset.raw[places] / 16.0)
    targets, predicted = dataset.targets[places], outputs.argmax(axis=1)
    found = ask(steps, samples)
    np.testing.assert_array_equal(found.counts, confusion_matrix(targets, predicted, labels=range(3)))
    assert (found.judged, found.available) == (len(places), len(places))
    assert found.wrong == (targets != predicted).sum()
    assert len(found.indices) == found.wrong
    rows = [places.tolist().index(index) for index in found.indices]
    np.testing.assert_array_equal(found.targets, targets[rows])
    np.testing.assert_array_equal(found.predictions, predicted[rows])
    np.testing.assert_allclose(found.outputs, outputs[rows].max(axis=1), rtol=1e-5)
    losses = sample_losses("categorical_crossentropy", outputs, np.eye(3)[targets])
    np.testing.assert_allclose(found.losses, losses[rows], rtol=1e-4)
    assert (np.diff(found.losses) <= 0).all()
    np.testing.assert_allclose(found.inputs, dataset.raw[found.indices] / 16.0)


def test_the_share_of_right_answers_is_the_accuracy_that_training_reports() -> None:
    steps = trained(picture_preset())
    found = ask(steps)
    _, accuracy = steps.run.evaluate()
    assert 1 - found.wrong / found.judged == pytest.approx(accuracy)
    np.testing.assert_allclose(found.shares().sum(axis=1)[found.counts.sum(axis=1) > 0], 1.0, rtol=1e-6)


def test_a_cell_holds_its_samples_right_ones_too() -> None:
    steps = trained(picture_preset())
    counts = ask(steps, Samples.TRAINING).counts
    for row in range(3):
        for column in range(3):
            found = ask(steps, Samples.TRAINING, cell=(row, column))
            assert len(found.indices) == counts[row, column]
            assert set(found.targets) <= {row}
            assert set(found.predictions) <= {column}
    assert len(ask(steps, Samples.TRAINING, cell=(0, 0), most=2).indices) == min(2, counts[0, 0])


@pytest.mark.parametrize(
    ("output", "loss"),
    [("sigmoid", "binary_crossentropy"), ("tanh", "mean_squared_error"), ("linear", "mean_squared_error")],
)
def test_one_output_tells_two_classes_apart(output: str, loss: str) -> None:
    dataset = point_data()
    steps = trained(point_preset(output=output, loss=loss), dataset, steps=10)
    _, validation = split_indices(len(dataset), 0.2, steps.run.training.seed)
    towards = outputs_of(steps, dataset.raw[validation])[:, 0]
    middle = 0.0 if output == "tanh" else 0.5
    found = ask(steps)
    right = (towards > middle) == (dataset.targets[validation] > 0)
    assert found.wrong == (~right).sum()
    for row, index in enumerate(found.indices):
        value = towards[validation.tolist().index(index)]
        low = -1.0 if output == "tanh" else 0.0
        assert found.outputs[row] == pytest.approx(value if value > middle else 1 + low - value, abs=1e-5)


def test_nothing_is_changed_by_asking() -> None:
    asked, unasked = trained(picture_preset(dropout=0.5)), trained(picture_preset(dropout=0.5))
    ask(asked)
    for steps in (asked, unasked):
        steps.plain_steps(1)
    np.testing.assert_array_equal(asked.run.network.flat.detach(), unasked.run.network.flat.detach())


def test_where_there_is_nothing_to_confuse_there_is_no_answer() -> None:
    preset = picture_preset()
    all_in_training = replace(preset, data=replace(preset.data, validation_split=0.0))
    assert answer(stepper(all_in_training), AskMistakes(Samples.VALIDATION)) is None
    network = NetworkSpec((Input((2,)), Dense(1, "linear")))
    numbers = replace(preset, network=network, training=TrainingSpec(loss="mean_squared_error", batch_size=8))
    assert answer(stepper(numbers, point_data(task=Task.VALUES)), AskMistakes(Samples.VALIDATION)) is None


def test_of_too_many_samples_only_the_first_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confusion, "FEWEST", 5)
    monkeypatch.setattr(confusion, "WORK", 0)
    found = ask(trained(picture_preset()), Samples.TRAINING)
    assert (found.judged, found.available) == (5, 48)


def test_a_sample_of_the_data_can_be_shown_and_learned_like_a_drawing() -> None:
    steps = trained(picture_preset())
    found = ask(steps, Samples.TRAINING)
    index, inputs, target = int(found.indices[0]), found.inputs[0], int(found.targets[0])
    shown = steps.run.forward_trace(inputs, index)
    assert shown.sample_indices.tolist() == [index]
    assert shown.outputs[0].argmax() == found.predictions[0]
    trace = steps.propose(steps.run.data.drawing(inputs, target, index)).trace
    assert (trace.is_drawing, trace.sample_indices.tolist()) == (True, [index])
    assert trace.loss == pytest.approx(float(found.losses[0]), rel=1e-5)
