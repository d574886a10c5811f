"""Project files, and how all files are written."""

from __future__ import annotations

import errno
import os
import pickle
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from nnviz.engine.export import export_trace
from nnviz.engine.files import (
    FileError,
    Project,
    atomic_write,
    preset_to_json,
    read_preset,
    read_project,
    write_preset,
    write_project,
)
from nnviz.engine.presets import read_presets
from tests.support.reference import example_trace, image_network, random_weights

PRESET = read_presets()["digits"]
any_file = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

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
    for length in (*range(13, 200, 13), len(content) // 2, len(content) - 1):
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


def test_what_is_no_project_is_told_without_jargon(tmp_path: Path) -> None:
    what_opens = r"Open a project \(\.nnviz\) or a preset \(\.json\)\.$"
    np.savez(tmp_path / "step.npz", **{"inputs": np.zeros(2), "layers/1/activation": np.zeros(2)})
    np.savez(tmp_path / "foreign.npz", a=np.zeros(2))
    (tmp_path / "empty.nnviz").write_bytes(b"")
    (tmp_path / "notes.nnviz").write_text("Buy milk.\nAnd {bread}.\n" * 50)
    (tmp_path / "short.nnviz").write_text("Hi.")
    (tmp_path / "preset.nnviz").write_text(preset_to_json(PRESET))
    with zipfile.ZipFile(tmp_path / "photos.nnviz", "w") as archive:
        archive.writestr("one.jpg", b"...")
    (tmp_path / "torn.nnviz").write_bytes((tmp_path / "foreign.npz").read_bytes()[:40])
    told = {
        "step.npz": r"^step\.npz is an exported step, for NumPy: it cannot be opened here\. ",
        "foreign.npz": r"^foreign\.npz is a file of arrays, for NumPy: it cannot be opened here\. ",
        "empty.nnviz": r"^empty\.nnviz is empty\. ",
        **{
            f"{name}.nnviz": rf"^{name}\.nnviz is no project of nnviz: it holds something else\. "
            for name in ("notes", "short", "preset", "photos", "torn")
        },
    }
    for name, message in told.items():
        with pytest.raises(FileError, match=message + what_opens):
            read_project(tmp_path / name)
    for name in ("step.npz", "foreign.npz", "empty.nnviz"):  # as the command line reads what is not called .nnviz
        with pytest.raises(FileError, match=told[name] + what_opens):
            read_preset(tmp_path / name)


def test_a_step_that_was_exported_is_recognised(tmp_path: Path) -> None:
    export_trace(example_trace(), tmp_path / "step.npz")
    with pytest.raises(FileError, match="is an exported step, for NumPy"):
        read_project(tmp_path / "step.npz")


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
