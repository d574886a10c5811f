"""Preset and project files: what is written is read again; everything else is refused in plain words."""

from __future__ import annotations

import errno
import json
import os
import pickle
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from nnviz.core.spec import DataSpec, NetworkSpec, OptimizerSpec, Preset, TrainingSpec
from nnviz.engine.files import (
    LARGEST_PRESET,
    FileError,
    Project,
    atomic_write,
    preset_from_json,
    preset_to_json,
    read_preset,
    read_project,
    write_preset,
    write_project,
)
from nnviz.engine.layers import LAYERS, Dense, Dropout, Flatten, Input
from nnviz.engine.optimizers import OPTIMIZERS
from nnviz.engine.presets import read_presets
from tests.support.reference import image_network, random_weights

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


# --- presets ----------------------------------------------------------------------------------------------------------


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


# --- projects ---------------------------------------------------------------------------------------------------------


def example_project() -> Project:
    preset = replace(PRESET, network=image_network())
    rng = np.random.default_rng(1)
    extra = {"optimizer/step": np.array(3.0, np.float32), "optimizer/exp_avg": rng.random((5, 4), np.float32).T}
    return Project(preset, random_weights(preset.network, rng), extra, {"step": "12", "epoch": "1"})


def test_project_comes_back_as_it_was(tmp_path: Path) -> None:
    project = example_project()
    write_project(tmp_path / "my.nnviz", project)
    back = read_project(tmp_path / "my.nnviz")
    assert back.preset == project.preset
    assert back.metadata == project.metadata
    assert [set(own) for own in back.weights] == [set(own) for own in project.weights]
    for own, theirs in zip(project.weights, back.weights, strict=True):
        for name in own:
            np.testing.assert_array_equal(own[name], theirs[name])
            assert theirs[name].flags.writeable
    assert back.extra.keys() == project.extra.keys()
    for name, array in project.extra.items():
        np.testing.assert_array_equal(array, back.extra[name], strict=True)


def test_project_is_plain_safetensors(tmp_path: Path) -> None:
    write_project(tmp_path / "my.nnviz", example_project())
    tensors = load_file(tmp_path / "my.nnviz")
    assert tensors["layers/2/weight"].shape == (20, 64)
    assert tensors["layers/4/bias"].shape == (10,)


def test_truncated_projects_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "my.nnviz"
    write_project(path, example_project())
    content = path.read_bytes()
    for length in (*range(0, 200, 13), len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(FileError, match=r"my\.nnviz is damaged"):
            read_project(path)


@any_file
@given(st.data())
def test_no_damage_raises_anything_else(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "my.nnviz"
    write_project(path, example_project())
    content = bytearray(path.read_bytes())
    header = 8 + int.from_bytes(content[:8], "little")
    for position in data.draw(st.lists(st.integers(0, header - 1), min_size=1, max_size=4)):
        content[position] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    with suppress(FileError):
        read_project(path)


def test_pickles_are_refused_and_never_opened(tmp_path: Path) -> None:
    import torch

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "trapped"),)

    torch.save({"a": Trap()}, tmp_path / "torch.nnviz")
    (tmp_path / "pickle.nnviz").write_bytes(pickle.dumps(Trap()))
    for name in ("torch.nnviz", "pickle.nnviz"):
        with pytest.raises(FileError, match="is a pickle"):
            read_project(tmp_path / name)
    assert not (tmp_path / "trapped").exists()


def test_foreign_and_unfit_tensors_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "my.nnviz"
    write_project(path, example_project())
    good = load_file(path)
    metadata = {"format": "nnviz", "version": "1", "preset": preset_to_json(example_project().preset)}
    wrong_shape = {**good, "layers/2/weight": np.zeros((20, 63), np.float32)}
    wrong_type = {**good, "layers/2/weight": np.zeros((20, 64), np.float64)}
    missing = {name: array for name, array in good.items() if name != "layers/4/bias"}
    cases: list[tuple[dict[str, np.ndarray], dict[str, str] | None, str]] = [
        (good, None, "not written by nnviz"),
        (good, {"format": "pt"}, "not written by nnviz"),
        (good, {**metadata, "version": "2"}, "another version"),
        (good, {**metadata, "preset": "{}"}, r"my\.nnviz is not a preset that nnviz can read: format is missing"),
        (wrong_shape, metadata, r"layers/2/weight has shape \(20, 63\), the network needs \(20, 64\)"),
        (wrong_type, metadata, "numbers of type F64, not F32"),
        (missing, metadata, "differ in layers/4/bias"),
        ({**good, "layers/9/weight": good["layers/2/weight"]}, metadata, "differ in layers/9/weight"),
    ]
    for tensors, facts, message in cases:
        save_file(tensors, path, facts)
        with pytest.raises(FileError, match=message):
            read_project(path)


def test_types_that_numpy_does_not_know_are_refused(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file as save_torch

    path = tmp_path / "my.nnviz"
    write_project(path, example_project())
    tensors = {name: torch.from_numpy(array) for name, array in load_file(path).items()}
    metadata = {"format": "nnviz", "version": "1", "preset": preset_to_json(example_project().preset)}
    save_torch({**tensors, "optimizer/x": torch.zeros(3, dtype=torch.float8_e5m2)}, path, metadata)
    with pytest.raises(FileError, match="of a type that nnviz does not know"):
        read_project(path)


# --- writing ----------------------------------------------------------------------------------------------------------


def test_writing_replaces_the_whole_file_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"something much longer than what follows")
    path.chmod(0o640)
    atomic_write(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640


def test_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    atomic_write(tmp_path / "mine", b"")
    (tmp_path / "usual").touch()
    assert (tmp_path / "mine").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    atomic_write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "my.nnviz"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match=r"my\.nnviz could not be written: No space left on device.*is untouched"):
        write_project(path, example_project())
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_places_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path in (
        tmp_path,
        tmp_path / "no" / "my.json",
        tmp_path / "file" / "my.json",
        tmp_path / "loop",
        tmp_path / "a\0b",
        Path("/dev/null"),
    ):
        with pytest.raises(FileError, match="written"):
            write_preset(path, PRESET)
    assert Path("/dev/null").is_char_device()
    assert {path.name for path in tmp_path.iterdir()} == {"file", "loop"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(FileError, match="Permission denied"):
        write_preset(tmp_path / "my.json", PRESET)
    tmp_path.chmod(0o700)
