"""What every neuron answers over the plane, against NumPy; and points that are added to the data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.added_points import AddedPoint
from nnviz.core.plane import MOST_UNITS, AskPlane, PlaneAnswer
from nnviz.core.spec import DataSpec, NetworkSpec, Preset, SpecError, TrainingSpec
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces, load_dataset
from nnviz.engine.layers import Dense, Dropout, Input
from nnviz.engine.stepper import Stepper
from nnviz.engine.trainer import Trainer
from tests.engine.support import answer, picture_preset, point_data, point_preset, stepper
from tests.support.reference import reference_trace

NOWHERE = DataPlaces(None, Path("/nonexistent/nnviz"))
FIRST, SECOND = AddedPoint(1.5, -2.0, 1), AddedPoint(0.25, 3.0, 0)


def ask(asked: Stepper, reach: float = 3.0) -> PlaneAnswer:
    found = answer(asked, AskPlane(reach))
    assert isinstance(found, PlaneAnswer)
    return found


@pytest.mark.parametrize(
    ("hidden", "output", "loss", "low"),
    [
        ("tanh", "sigmoid", "binary_crossentropy", 0.0),
        ("relu", "tanh", "mean_squared_error", -1.0),
        ("gelu", "linear", "mean_squared_error", 0.0),
    ],
)
def test_all_neurons_answer_as_numpy_does(hidden: str, output: str, loss: str, low: float) -> None:
    asked = stepper(point_preset(hidden=hidden, output=output, loss=loss), point_data())
    found = ask(asked)
    side = found.outputs.shape[-1]
    middles = (np.arange(side) + 0.5) * 6.0 / side - 3.0
    x1, x2 = np.meshgrid(middles, middles[::-1])
    inputs = np.column_stack([x1.ravel(), x2.ravel()])
    weights: list[dict[str, np.ndarray]] = [{} for _ in asked.run.network_spec.layers]
    for index, name, parameter in asked.run.network.named_layer_parameters():
        weights[index][name] = parameter.detach().numpy()
    targets = np.zeros(len(inputs), np.int64)
    numpy = reference_trace(
        asked.run.network_spec, weights, inputs, np.full((len(inputs), 1), 0.5), targets, "mean_squared_error"
    )
    assert found.low == low
    for layer, expected in zip(found.layers, numpy.layers, strict=True):
        assert list(layer) == list(expected.parts)
        for name, maps in layer.items():
            value = expected.parts[name].value
            np.testing.assert_allclose(maps, value.T.reshape(-1, side, side), atol=1e-5)
    np.testing.assert_array_equal(found.outputs, found.layers[-1]["activation"])


def test_asking_changes_nothing_and_switches_dropout_off() -> None:
    network = NetworkSpec((Input((2,)), Dense(8, "tanh"), Dropout(0.5), Dense(1, "sigmoid")))
    preset = replace(point_preset(), network=network)
    asked, other = stepper(preset, point_data()), stepper(preset, point_data())
    np.testing.assert_array_equal(ask(asked).outputs, ask(asked).outputs)
    for each in (asked, other):
        each.plain_steps(5)
    assert torch.equal(asked.run.network.flat, other.run.network.flat)


def test_wide_layers_are_left_out_and_huge_networks_answered_coarsely() -> None:
    wide = NetworkSpec((Input((2,)), Dense(MOST_UNITS + 1, "tanh"), Dense(1, "sigmoid")))
    found = ask(stepper(replace(point_preset(), network=wide), point_data()))
    assert [len(layer) for layer in found.layers] == [1, 0, 2]
    huge = NetworkSpec((Input((2,)), Dense(1000, "tanh"), Dense(1000, "tanh"), Dense(1, "sigmoid")))
    found = ask(stepper(replace(point_preset(), network=huge), point_data()))
    assert found.outputs.shape == (1, 14, 14)


def test_there_is_no_plane_for_images() -> None:
    assert answer(stepper(picture_preset()), AskPlane(6.0)) is None


# --- added points -----------------------------------------------------------------------------------------------------


def test_added_points_come_last() -> None:
    bare = load_dataset(DataSpec("moons", {"samples": 30}), 1, NOWHERE)
    data = load_dataset(DataSpec("moons", {"samples": 30}, points=(FIRST, SECOND)), 1, NOWHERE)
    assert data.added == 2
    np.testing.assert_array_equal(data.raw[:30], bare.raw)
    np.testing.assert_array_equal(data.raw[30:], [[1.5, -2.0], [0.25, 3.0]])
    np.testing.assert_array_equal(data.targets[30:], [1, 0])
    assert data.targets.dtype == np.int64
    assert not data.raw.flags.writeable


def test_a_number_is_added_to_a_slope() -> None:
    data = load_dataset(DataSpec("plane", points=(AddedPoint(1, 2, -0.5),)), 1, NOWHERE)
    assert data.targets.shape == (501, 1)
    assert data.targets[-1] == -0.5


@pytest.mark.parametrize(
    ("name", "point", "message"),
    [
        ("digits", FIRST, "not a data set of points"),
        ("xor", AddedPoint(0, 0, 2), "0 … 1"),
        ("xor", AddedPoint(0, 0, 0.5), "0 … 1"),
    ],
)
def test_what_cannot_be_added_is_refused(name: str, point: AddedPoint, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        load_dataset(DataSpec(name, points=(point,)), 1, NOWHERE)


class Bench:
    """A real trainer with the circle, and the newest fact of each kind."""

    def __init__(self) -> None:
        self.trainer = Trainer(catalogue(), NOWHERE)
        self.facts: dict[type, f.Fact] = {}
        network = NetworkSpec((Input((2,)), Dense(3, "tanh"), Dense(1, "sigmoid")))
        training = TrainingSpec(loss="binary_crossentropy", batch_size=8)
        self.tell(c.LoadPreset(Preset("Circle", "", DataSpec("circle", {"samples": 40}), network, training)))

    def tell(self, command: c.Command) -> None:
        self.facts.update({type(fact): fact for fact in self.trainer.execute(command)})

    def get(self, kind: type):
        return self.facts[kind]


def test_training_goes_on_from_the_same_weights_with_the_new_point() -> None:
    bench = Bench()
    for _ in range(2):
        bench.tell(c.Commit())
        bench.tell(c.Propose())
    before = bench.get(f.Recorded).trace.layers[1].parameters["weight"].before
    held_out = bench.get(f.Loaded).summary.held_out
    bench.tell(c.SetPoints((FIRST,)))
    loaded, recorded = bench.get(f.Loaded), bench.get(f.Recorded)
    assert not loaded.fresh
    assert loaded.preset.data.points == (FIRST,)
    assert loaded.summary.training_samples == 33
    np.testing.assert_array_equal(loaded.summary.held_out, held_out)
    np.testing.assert_array_equal(recorded.trace.layers[1].parameters["weight"].before, before)
    assert (recorded.trace.step, recorded.trace.batch, recorded.trace.batches) == (2, 0, 5)
    seen: set[int] = set()
    for _ in range(5):
        seen |= set(bench.get(f.Recorded).trace.sample_indices.tolist())
        bench.tell(c.Commit())
        bench.tell(c.Propose())
    assert 40 in seen
    bench.tell(c.SetPoints(()))
    assert bench.get(f.Loaded).summary.training_samples == 32


def test_a_point_that_is_refused_changes_nothing() -> None:
    bench = Bench()
    bench.tell(c.SetPoints((AddedPoint(0, 0, 7),)))
    assert bench.get(f.Failed).place is f.Place.DATA
    assert bench.get(f.Loaded).preset.data.points == ()


@pytest.mark.parametrize("name", ["saved.nnviz", "saved.json"])
def test_added_points_are_kept_in_files(tmp_path: Path, name: str) -> None:
    bench = Bench()
    bench.tell(c.SetPoints((FIRST, SECOND)))
    bench.tell(c.SaveFile(tmp_path / name))
    opened = Bench()
    opened.tell(c.OpenFile(tmp_path / name))
    assert opened.get(f.Loaded).preset.data.points == (FIRST, SECOND)
    assert opened.get(f.Loaded).summary.training_samples == 34


def test_a_file_with_an_impossible_point_is_refused(tmp_path: Path) -> None:
    bench = Bench()
    bench.tell(c.SaveFile(tmp_path / "saved.json"))
    text = (tmp_path / "saved.json").read_text()
    (tmp_path / "saved.json").write_text(text.replace('"shuffle": true', '"shuffle": true, "points": [[0, 1e9, 1]]'))
    bench.tell(c.OpenFile(tmp_path / "saved.json"))
    assert "must be between" in bench.get(f.Failed).message
