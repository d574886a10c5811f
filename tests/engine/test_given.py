"""Weights and samples that stand in a preset file; Mazur's worked example."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnviz.app import main
from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.data import Task
from nnviz.core.given import GivenSamples, GivenWeights
from nnviz.core.resources import resources
from nnviz.core.settings import SettingError
from nnviz.core.spec import DataSpec, NetworkSpec, Preset, SpecError
from nnviz.core.trace import Trace
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces, load_dataset
from nnviz.engine.files import FileError, preset_from_json, preset_to_json, read_preset, write_preset
from nnviz.engine.layers import Dense
from nnviz.engine.presets import read_presets
from nnviz.engine.trainer import Trainer

MAZUR = read_presets()["mazur"]
PLACES = DataPlaces.from_environment()


def mazur_file() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(preset_to_json(MAZUR))
    return content


def read(content: dict[str, Any]) -> Preset:
    return preset_from_json(json.dumps(content), "sheet.json")


def refused(content: dict[str, Any]) -> str:
    with pytest.raises(FileError) as caught:
        read(content)
    return str(caught.value)


def recorded(facts: Any) -> Trace:
    return next(fact.trace for fact in facts if isinstance(fact, f.Recorded))


def loaded(preset: Preset = MAZUR) -> tuple[Trainer, Trace]:
    trainer = Trainer(catalogue(), PLACES)
    return trainer, recorded(trainer.execute(c.LoadPreset(preset)))


def before(trace: Trace, layer: int, name: str = "weight") -> list[float]:
    return trace.layers[layer].parameters[name].before.ravel().tolist()


# --- Mazur ------------------------------------------------------------------------------------------------------------


def test_mazur_gives_the_published_numbers() -> None:
    """Matt Mazur, A Step by Step Backpropagation Example, 2015; to the digits that 32 bits have."""
    _, trace = loaded()
    after = {(layer, name): p.after for layer in (1, 2) for name, p in trace.layers[layer].parameters.items()}
    assert trace.loss == pytest.approx(0.298371109, abs=3e-8)
    np.testing.assert_allclose(
        np.ravel(after[2, "weight"]), [0.35891648, 0.408666186, 0.511301270, 0.561370121], atol=3e-8
    )
    np.testing.assert_allclose(
        np.ravel(after[1, "weight"]), [0.149780716, 0.19956143, 0.24975114, 0.29950229], atol=3e-8
    )
    hidden, output = trace.layers[1].parts, trace.layers[2].parts
    np.testing.assert_allclose(hidden["activation"].value[0], [0.593269992, 0.596884378], atol=1e-7)
    np.testing.assert_allclose(output["activation"].value[0], [0.75136507, 0.772928465], atol=1e-7)
    assert output["activation"].gradient is not None
    assert output["activation"].gradient[0, 0] == pytest.approx(0.74136507, abs=1e-7)
    assert output["pre_activation"].gradient is not None
    assert output["pre_activation"].gradient[0, 0] == pytest.approx(0.138498562, abs=1e-7)
    assert trace.layers[2].parameters["weight"].gradient is not None
    assert trace.layers[2].parameters["weight"].gradient[0, 0] == pytest.approx(0.082167041, abs=1e-7)
    assert hidden["activation"].gradient is not None
    assert hidden["activation"].gradient[0, 0] == pytest.approx(0.036350306, abs=1e-7)


@pytest.mark.parametrize(("bias_rate", "error"), [(0.0, 0.0000351085), (0.5, 0.00000245)])
def test_ten_thousand_steps_end_where_the_help_says(bias_rate: float, error: float) -> None:
    """An independent little network in float64: with biases that stay, as in the article, and with ours that learn."""
    w, v = (np.array(MAZUR.weights[layer].weight) for layer in (1, 2))  # type: ignore[union-attr]
    b, d = np.array([0.35, 0.35]), np.array([0.6, 0.6])
    x, t = np.array([0.05, 0.1]), np.array([0.01, 0.99])

    def forward() -> tuple[np.ndarray, np.ndarray]:
        h = 1 / (1 + np.exp(-(w @ x + b)))
        return h, 1 / (1 + np.exp(-(v @ h + d)))

    for _ in range(10_000):
        h, o = forward()
        delta = (o - t) * o * (1 - o)
        below = (v.T @ delta) * h * (1 - h)
        v, w = v - 0.5 * np.outer(delta, h), w - 0.5 * np.outer(below, x)
        d, b = d - bias_rate * delta, b - bias_rate * below
    assert 0.5 * ((t - forward()[1]) ** 2).sum() == pytest.approx(error, rel=2e-3)


# --- weights ----------------------------------------------------------------------------------------------------------


def test_weights_come_back_from_a_file_as_they_were(tmp_path: Path) -> None:
    write_preset(tmp_path / "sheet.json", MAZUR)
    assert read_preset(tmp_path / "sheet.json") == MAZUR
    content = mazur_file()
    assert content["network"][1]["weights"] == [[0.15, 0.2], [0.25, 0.3]]
    assert content["network"][1]["bias"] == [0.35, 0.35]
    assert content["data"]["inputs"] == [[0.05, 0.1]]


def test_what_is_not_given_is_drawn_as_usual() -> None:
    content = mazur_file()
    del content["network"][1]["weights"]
    content["network"][2]["bias"] = True
    trace = loaded(read(content))[1]
    assert before(trace, 1) != pytest.approx([0.15, 0.2, 0.25, 0.3])
    assert before(trace, 1, "bias") == pytest.approx([0.35, 0.35])
    assert before(trace, 2) == pytest.approx([0.4, 0.45, 0.5, 0.55])
    assert before(trace, 2, "bias") == [0.0, 0.0]


def test_a_layer_without_biases_can_have_weights() -> None:
    content = mazur_file()
    content["network"][1]["bias"] = False
    preset = read(content)
    assert preset.network.layers[1] == Dense(2, "sigmoid", bias=False)
    assert "bias" not in loaded(preset)[1].layers[1].parameters


@pytest.mark.parametrize(
    ("layer", "field", "value", "said"),
    [
        (1, "weights", [[0.15, 0.2]], "layer 2: weights has 1 row, but the layer has 2 neurons"),
        (1, "weights", [[0.15, 0.2], [0.25]], "layer 2: row 2 of weights has 1 numbers, but each neuron has 2 inputs"),
        (2, "bias", [0.6], "layer 3: bias has 1 numbers, but the layer has 2 neurons"),
        (1, "weights", [[0.15, 1e99], [0.25, 0.3]], "layer 2: weights: the numbers must be between"),
        (1, "weights", [0.15, 0.2], "weights, entry 1: this must be a list"),
        (1, "weights", [["a", 0.2], [0.25, 0.3]], "weights, entry 1, entry 1: this must be a number"),
        (1, "bias", ["a", 0.2], "bias must be true, false or a list of numbers"),
        (1, "bias", "yes", "bias must be true or false"),
        (0, "weights", [[1.0]], "there is no field 'weights'"),
    ],
)
def test_weights_that_do_not_fit_are_refused_with_the_place(layer: int, field: str, value: Any, said: str) -> None:
    content = mazur_file()
    content["network"][layer][field] = value
    assert said in refused(content)


def test_a_preset_cannot_be_made_with_weights_that_do_not_fit() -> None:
    with pytest.raises(SpecError, match="layer 2"):
        replace(MAZUR, weights=(None, GivenWeights(bias=(1.0,)), None))
    network = NetworkSpec((MAZUR.network.layers[0], Dense(2, "sigmoid", bias=False)))
    with pytest.raises(SpecError, match="no bias"):
        replace(MAZUR, network=network, weights=(None, GivenWeights(bias=(1.0, 1.0))))
    with pytest.raises(SpecError, match="for 2 layers"):
        replace(MAZUR, weights=(None, None))


def test_reset_goes_back_to_them_and_new_weights_are_drawn() -> None:
    trainer, _ = loaded()
    list(trainer.execute(c.Commit()))
    assert before(recorded(trainer.execute(c.Reset())), 1) == pytest.approx([0.15, 0.2, 0.25, 0.3])
    drawn = recorded(trainer.execute(c.Reset(new_weights=True)))
    assert before(drawn, 1) != pytest.approx([0.15, 0.2, 0.25, 0.3])
    assert before(recorded(trainer.execute(c.Reset())), 1) == before(drawn, 1)


def test_another_network_keeps_them_only_if_they_fit() -> None:
    trainer, _ = loaded()
    layers = MAZUR.network.layers
    other = NetworkSpec((layers[0], Dense(2, "tanh"), layers[2]))
    facts = list(trainer.execute(c.ChangeNetwork(other, keep_weights=False)))
    assert before(recorded(facts), 1) == pytest.approx([0.15, 0.2, 0.25, 0.3])
    wider = NetworkSpec((layers[0], Dense(3, "tanh"), layers[2]))
    facts = list(trainer.execute(c.ChangeNetwork(wider, keep_weights=False)))
    assert next(fact for fact in facts if isinstance(fact, f.Loaded)).preset.weights == ()


# --- samples ----------------------------------------------------------------------------------------------------------


def test_without_a_word_all_samples_are_learned_in_their_order() -> None:
    content = mazur_file()
    for name in ("validation_split", "shuffle"):
        del content["data"][name]
    data = read(content).data
    assert (data.validation_split, data.shuffle) == (0.0, False)


def test_samples_with_classes() -> None:
    content = mazur_file()
    table = {"inputs": [[0, 0], [0, 1], [1, 0], [1, 1]], "targets": [0, 1, 1, 0], "classes": ["no", "yes"]}
    content["data"] = {"name": "given", **table}
    content["training"] |= {"batch_size": 4, "loss": "mean_squared_error"}
    preset = read(content)
    assert preset_from_json(preset_to_json(preset), "sheet.json") == preset
    dataset = load_dataset(preset.data, 1, PLACES)
    assert (dataset.task, dataset.classes, dataset.feature_names) == (Task.CLASSES, ("no", "yes"), ("x₁", "x₂"))
    assert dataset.targets.tolist() == [0, 1, 1, 0]
    trace = loaded(preset)[1]
    assert trace.inputs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert trace.target_values is not None
    assert trace.target_values.tolist() == [[1, 0], [0, 1], [0, 1], [1, 0]]


def test_without_samples_of_its_own_it_is_the_truth_table_of_xor() -> None:
    dataset = load_dataset(DataSpec("given"), 1, PLACES)
    assert [int(a != b) for a, b in dataset.raw.tolist()] == dataset.targets.tolist()


def test_samples_wait_while_other_data_are_in_use() -> None:
    trainer, _ = loaded()
    facts = list(trainer.execute(c.ChangeData(replace(MAZUR.data, name="circle"))))
    preset = next(fact for fact in facts if isinstance(fact, f.Loaded)).preset
    assert "inputs" not in preset_to_json(preset)
    assert recorded(trainer.execute(c.ChangeData(replace(preset.data, name="given")))).inputs.tolist() == [
        pytest.approx([0.05, 0.1])
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"inputs": [[1, 2], [3]]}, "data: inputs: sample 2 has 1 numbers, the first one has 2"),
        ({"inputs": [[]]}, "inputs: a sample needs at least one number"),
        ({"targets": []}, "targets: there must be 1 to 1,000 samples, not 0"),
        ({"targets": [[0.01, 0.99], [1, 0]]}, "there are 1 inputs, but 2 targets"),
        ({"targets": [["a"]]}, "each target is a number, or a list of numbers"),
        ({"targets": [2], "classes": ["no", "yes"]}, "each target is one of 0 … 1, not 2"),
        ({"classes": ["yes"], "targets": [0]}, "at least two classes"),
        ({"features": ["a"]}, "there are 1 names for 2 inputs"),
        ({"inputs": [[1e9, 0]]}, "the numbers must be between"),
        ({"name": "circle"}, "inputs and targets belong to the data set 'given'"),
        ({"inputs": [["a", 1]]}, "inputs, entry 1, entry 1: this must be a number"),
        ({"noise": 0.1}, "there is no 'noise' here"),
    ],
)
def test_samples_that_make_no_sense_are_refused(changes: dict[str, Any], said: str) -> None:
    content = mazur_file()
    content["data"] |= changes
    assert said in refused(content)


def test_samples_made_in_code_are_checked_too() -> None:
    with pytest.raises(SettingError, match="not nan"):
        GivenSamples(((float("nan"),),), ((1.0,),))


def test_the_example_in_the_help_can_be_opened() -> None:
    page = (resources() / "help" / "8-worksheets.md").read_text(encoding="utf-8")
    example = "\n".join(line for line in page.splitlines() if line.startswith("    "))
    trace = loaded(preset_from_json(example, "my.json"))[1]
    assert before(trace, 1) == pytest.approx([0.5, -0.3])
    assert trace.loss == pytest.approx(
        np.mean([0.5 * (1 / (1 + np.exp(-(0.5 * p - 0.3 * q + 0.1))) - (p and q)) ** 2 for p in (0, 1) for q in (0, 1)])
    )


def test_the_command_line_prints_the_published_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "mazur", "--out", str(tmp_path / "mazur.npz")]) == 0
    printed = capsys.readouterr().out
    assert "loss 0.29837111" in printed
    assert "after   0.3589165 0.40866616 0.5113013 0.56137013" in printed
    assert "after   0.14978072 0.19956143 0.24975115 0.2995023" in printed
