"""Preset files: what is written is read again; everything else is refused in plain words."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnviz.core.spec import DataSpec, NetworkSpec, OptimizerSpec, Preset, TrainingSpec
from nnviz.engine.files import (
    LARGEST_PRESET,
    FileError,
    preset_from_json,
    preset_to_json,
    read_preset,
    read_project,
    write_preset,
)
from nnviz.engine.layers import LAYERS, Dense, Dropout, Flatten, Input
from nnviz.engine.optimizers import OPTIMIZERS
from nnviz.engine.presets import read_presets

PRESET = Preset(
    "Ziffern “8×8”",
    "Eine Zeile.\nNoch eine.",
    DataSpec("digits", validation_split=0.25, shuffle=False),
    NetworkSpec((Input((8, 8)), Flatten(), Dense(20, "gelu", "he_normal", False), Dropout(0.5), Dense(10, "softmax"))),
    TrainingSpec(OptimizerSpec("adamw", {"lr": 0.003, "weight_decay": 0.1}), batch_size=17, l2=0.01, seed=5),
)
any_file = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def as_dict() -> dict[str, Any]:
    return json.loads(preset_to_json(PRESET))


def refused(content: dict[str, Any] | bytes) -> str:
    """The message for a preset file with that content."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(FileError) as caught:
        preset_from_json(text, "my.json")
    message = str(caught.value)
    assert message.startswith("my.json")
    assert "\n" not in message
    assert len(message) < 400
    return message


def test_preset_comes_back_as_it_was(tmp_path: Path) -> None:
    write_preset(tmp_path / "my.json", PRESET)
    assert read_preset(tmp_path / "my.json") == PRESET


@pytest.mark.parametrize("name", read_presets())
def test_shipped_presets_come_back_as_they_were(name: str) -> None:
    preset = read_presets()[name]
    assert preset_from_json(preset_to_json(preset), name) == preset


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda row: row.name)
def test_every_optimizer_comes_back_with_all_its_settings(optimizer: Any) -> None:
    spec = OptimizerSpec(optimizer.name, dict(optimizer.defaults))
    preset = PRESET.with_training(replace(PRESET.training, optimizer=spec))
    assert preset_from_json(preset_to_json(preset), "my.json") == preset


def test_file_is_readable_by_people() -> None:
    lines = preset_to_json(PRESET).splitlines()
    assert '    {"kind": "dropout", "rate": 0.5},' in lines
    assert all(len(line) < 200 for line in lines)


def test_defaults_can_be_left_out_but_not_what_a_layer_is_about() -> None:
    content = as_dict()
    content["network"] = [{"kind": "input", "shape": [8, 8]}, {"kind": "flatten"}, {"kind": "dense", "units": 10}]
    content["data"] = {"name": "digits"}
    content["training"] = {"optimizer": {"name": "sgd"}, "loss": "mean_squared_error", "batch_size": 8}
    del content["description"]
    preset = preset_from_json(json.dumps(content), "my.json")
    assert preset.network.layers[-1] == Dense(10)
    assert preset.data == DataSpec("digits")
    for kind in (layer.kind for layer in LAYERS if layer is not Flatten):
        content["network"][1] = {"kind": kind}
        assert "is missing" in refused(content)


def test_byte_order_mark_of_windows_editors_is_passed_over() -> None:
    assert preset_from_json(b"\xef\xbb\xbf" + preset_to_json(PRESET).encode(), "my.json") == PRESET


def test_numbers_have_the_types_of_the_specs() -> None:
    content = as_dict()
    content["network"][2]["units"] = 20.0
    content["training"]["l1"] = 0
    preset = preset_from_json(json.dumps(content), "my.json")
    assert isinstance(preset.network.layers[2].units, int)  # type: ignore[attr-defined]
    assert isinstance(preset.training.l1, float)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("network", 2, "units"), 0, "network, layer 3 (dense): units must be between 1 and 16384, not 0"),
        (("network", 2, "units"), 10_000_000, "network, layer 3 (dense): units must be between 1 and 16384"),
        (("network", 2, "units"), 2.5, "units must be a whole number, not 2.5"),
        (("network", 2, "units"), "20", "units must be a whole number, not '20'"),
        (("network", 2, "units"), True, "units must be a whole number"),
        (("network", 2, "units"), None, "units must be a whole number"),
        (("network", 2, "units"), 10**400, "units is far too large"),
        (("network", 2, "activation"), "relux", "activation must be one of linear, relu"),
        (("network", 2, "activation"), [[]], "activation must be one of"),
        (("network", 2, "bias"), 1, "bias must be true or false"),
        (("network", 2, "kind"), "denze", "network, layer 3: there is no layer 'denze'; there are: input, flatten"),
        (("network", 2, "size"), 3, "network, layer 3 (dense): there is no field 'size'"),
        (("network", 2), 7, "network, layer 3"),
        (("network", 0, "shape"), [8, "8"], "network, layer 1 (input), shape, entry 2: this must be a whole number"),
        (("network", 0, "shape"), [8, 0], "An input of shape (8, 0) is not possible"),
        (("network", 0, "shape"), "8x8", "this must be a list"),
        (("network", 1), {"kind": "dropout", "rate": 0.1}, "network: A dense layer needs a flat input"),
        (("network",), [], "network: A network needs an input layer"),
        (("network",), {}, "network: this must be a list"),
        (("training", "batch_size"), -1, "training: batch_size must be between 1 and 100000, not -1"),
        (("training", "seed"), -1, "training: seed must be between"),
        (("training", "loss"), "hinge", "training, loss: there is no loss 'hinge'"),
        (
            ("training", "optimizer", "name"),
            "lion",
            "training, optimizer: there is no optimizer 'lion'; there are: sgd",
        ),
        (("training", "optimizer", "lr"), 0, "training, optimizer: lr must be between 1e-07 and 100, not 0"),
        (("training", "optimizer", "lr"), -1, "lr must be between"),
        (("training", "optimizer", "lr"), 1e20, "lr must be between"),
        (("training", "optimizer", "lr"), float("nan"), "lr must be between"),
        (("training", "optimizer", "lr"), "fast", "lr must be a number, not 'fast'"),
        (("training", "optimizer", "momentum"), 0.9, "training, optimizer: there is no 'momentum' here"),
        (("training", "optimizer"), "adam", "training, optimizer: this must be an object"),
        (("data", "name"), "cats", "data: there is no data set 'cats'; there are: "),
        (("data", "validation_split"), 0.95, "data: validation_split must be between 0 and 0.9"),
        (("data", "colour"), 1, "data: there is no 'colour' here"),
        (("format",), 2, "its format is 2; this version of nnviz reads format 1"),
        (("title",), 3, "title: this must be text in quotation marks"),
        (("author",), "me", "there is no field 'author'"),
    ],
)
def test_wrong_value_is_refused_and_the_place_named(path: tuple[str | int, ...], value: Any, message: str) -> None:
    content: Any = as_dict()
    here = content
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    assert message in refused(content)


def every_place(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all fields of nested objects."""
    if isinstance(value, dict):
        return [(*path, key) for key in value] + [p for k, v in value.items() for p in every_place(v, (*path, k))]
    if isinstance(value, list):
        return [p for k, v in enumerate(value) for p in every_place(v, (*path, k))]
    return []


@pytest.mark.parametrize(
    "path",
    [
        ("format",),
        ("title",),
        ("data",),
        ("data", "name"),
        ("network",),
        ("network", 0, "shape"),
        ("network", 2, "units"),
        ("network", 2, "kind"),
        ("network", 3, "rate"),
        ("training",),
        ("training", "optimizer"),
        ("training", "optimizer", "name"),
        ("training", "loss"),
        ("training", "batch_size"),
    ],
)
def test_missing_field_is_named(path: tuple[str | int, ...]) -> None:
    content: Any = as_dict()
    here = content
    for step in path[:-1]:
        here = here[step]
    del here[path[-1]]
    assert f"{path[-1]} is missing" in refused(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe{\x00}\x00",
        b'{"format": 1, "title": "\xe9"}',
        b"[" * 200_000,
        b'{"network": ' * 100_000,
        b"9" * 5000,
        b'{"format": NaN}',
        b"\x00" * 100,
        b'{"title": "\\ud800"}',
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_no_preset_at_all_is_refused(content: bytes) -> None:
    refused(content)


def test_lone_surrogates_in_text_are_refused() -> None:
    with pytest.raises(FileError, match=r"my\.json"):
        preset_from_json('"\ud800"', "my.json")


@any_file
@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    refused(content)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@any_file
@given(st.data())
def test_no_value_anywhere_raises_anything_else(data: st.DataObject) -> None:
    content: Any = as_dict()
    path = data.draw(st.sampled_from(every_place(content)))
    here = content
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = data.draw(json_values)
    with suppress(FileError):
        preset = preset_from_json(json.dumps(content), "my.json")
        assert preset_from_json(preset_to_json(preset), "my.json") == preset


def test_missing_files_folders_and_huge_files_are_refused(tmp_path: Path) -> None:
    huge = tmp_path / "huge.json"
    huge.write_bytes(b" " * (LARGEST_PRESET + 1))
    for path, message in (
        (tmp_path / "no.json", "does not exist"),
        (tmp_path, "is a folder"),
        (huge, "too large"),
        (Path("a\0b.json"), "does not exist"),
        (tmp_path / ("x" * 5000), "could not be read|does not exist"),
        (huge / "inside.json", "does not exist"),
    ):
        for read in (read_preset, read_project) if path != huge else (read_preset,):
            with pytest.raises(FileError, match=message):
                read(path)
