"""Files: presets (.json, for people to read and edit) and projects (.nnviz, with the weights).

A project is a safetensors file, so opening one never runs code. Its metadata hold the preset; its tensors are the
weights, ``layers/<index>/<name>``, and whatever else is needed to go on, such as ``optimizer/…``.
"""

from __future__ import annotations

import codecs
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import IO, Any

import numpy as np

from nnviz.core.spec import Preset, Shape, SpecError
from nnviz.engine.preset_values import FORMAT, describe_data, describe_network, describe_training

LARGEST_PRESET = 1_000_000
PROJECT_FORMAT = "nnviz"
PROJECT_VERSION = "1"
_WEIGHT_TYPE = "F32"
_RESERVED = ("format", "version", "preset")
_HEAD = 9  # of a project: the length of the description, in eight bytes, and its first brace
_LONGEST_DESCRIPTION = 100_000_000  # that safetensors reads
_ZIP = b"PK\x03\x04"
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")  # how they begin, by version
_EXPORTED = "inputs.npy"  # that every exported step has; see `engine.export`
_WHAT_OPENS = "Open a project (.nnviz) or a preset (.json)."


class FileError(Exception):
    """A file that cannot be read or written. The message names the file, says why, and is fit to be shown."""


@dataclass(frozen=True)
class Project:
    """A network that has learned something, and all that is needed to go on.

    Attributes
    ----------
    weights : sequence of mapping of name to ndarray of float32
        One mapping per layer, empty where nothing is learned.
    extra : mapping of name to ndarray
        Other arrays, such as the optimizer's state; no name begins with ``layers/``.
    metadata : mapping of str to str
        Other facts, such as the step.
    """

    preset: Preset
    weights: Sequence[Mapping[str, np.ndarray]]
    extra: Mapping[str, np.ndarray] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


# --- writing ----------------------------------------------------------------------------------------------------------


def atomic_write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: a reader sees the old content or the new one, never half of it.

    Raises
    ------
    FileError
        If it cannot be written. Whatever was there before is untouched.
    """
    temporary: Path | None = None
    try:
        target = path.resolve()  # a symbolic link stays one
        if target.exists() and not target.is_file():
            raise FileError(f"{path} cannot be written: it is not a file.")
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".nnviz-", delete=False) as file:
            temporary = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        else:
            temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except (OSError, ValueError, RuntimeError) as error:  # also for names with a zero byte, and loops of links
        raise FileError(
            f"{path} could not be written: {_reason(error)}. Nothing was changed; an older file of that name is "
            "untouched."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _umask() -> int:
    """Permissions that new files do not get (there is no other way to ask than to set it)."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def preset_to_json(preset: Preset) -> str:
    """Return a preset as JSON, one layer to a line."""

    def one_line(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)

    layers = ",\n".join(f"    {one_line(layer)}" for layer in describe_network(preset))
    training = ",\n".join(
        f"    {one_line(name)}: {one_line(value)}" for name, value in describe_training(preset.training).items()
    )
    members = {
        "format": one_line(FORMAT),
        "title": one_line(preset.title),
        "description": one_line(preset.description),
        "data": one_line(describe_data(preset.data)),
        "network": f"[\n{layers}\n  ]",
        "training": f"{{\n{training}\n  }}",
    }
    lines = ",\n".join(f'  "{name}": {text}' for name, text in members.items())
    return f"{{\n{lines}\n}}\n"


def write_preset(path: Path, preset: Preset) -> None:
    """Write a preset file.

    Raises
    ------
    FileError
        If it cannot be written.
    """
    atomic_write(path, preset_to_json(preset).encode())


def write_project(path: Path, project: Project) -> None:
    """Write a project file.

    Raises
    ------
    FileError
        If it cannot be written.
    """
    from safetensors.numpy import save

    tensors = {
        f"layers/{index}/{name}": weight for index, own in enumerate(project.weights) for name, weight in own.items()
    }
    tensors.update(project.extra)
    # the format stores memory as it lies; ascontiguousarray would turn single numbers into rows
    ordered = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    metadata = {
        **project.metadata,
        "format": PROJECT_FORMAT,
        "version": PROJECT_VERSION,
        "preset": preset_to_json(project.preset),
    }
    atomic_write(path, save(ordered, metadata))


# --- reading ----------------------------------------------------------------------------------------------------------


def preset_from_json(text: bytes | str, name: str) -> Preset:
    """Read a preset.

    Parameters
    ----------
    name : str
        What the message calls the file.

    Raises
    ------
    FileError
        With what is wrong, and where.
    """
    from nnviz.engine.preset_form import parse_preset  # with pydantic: not for a start that opens no file

    encoded = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        return parse_preset(encoded.removeprefix(codecs.BOM_UTF8))
    except SpecError as error:
        raise FileError(f"{name} is not a preset that nnviz can read: {error}") from error


def read_preset(path: Path | Traversable) -> Preset:
    """Read a preset file.

    Raises
    ------
    FileError
        If there is none, or something is wrong with it.
    """
    _check_is_file(path)
    try:
        with path.open("rb") as file:
            _refuse_foreign(file, path.name)
            text = file.read(LARGEST_PRESET + 1)
    except OSError as error:
        raise FileError(f"{path.name} could not be read: {_reason(error)}.") from error
    if len(text) > LARGEST_PRESET:
        raise FileError(f"{path.name} is too large for a preset (more than {LARGEST_PRESET:,} bytes).")
    return preset_from_json(text, path.name)


def _check_is_file(path: Path | Traversable) -> None:
    """Refuse what is not there, and folders and devices, before anything is opened."""
    try:
        if path.is_file():
            return
        problem = "is a folder, not a file" if path.is_dir() else "does not exist"
    except OSError as error:
        problem = f"could not be read: {_reason(error)}"
    raise FileError(f"{path} {problem}.")


def _refuse_foreign(file: IO[bytes], name: str) -> bytes:
    """Refuse what is neither a project nor a preset, and say what it is; else return how the file begins.

    Raises
    ------
    FileError
        For empty files, for NumPy's archives, and for pickles, which are never opened.
    """
    head = file.read(_HEAD)
    if not head:
        raise FileError(f"{name} is empty. {_WHAT_OPENS}")
    members = _members(file) if head.startswith(_ZIP) else []
    if head.startswith(_PICKLES) or any(member.endswith(".pkl") for member in members):
        raise FileError(
            f"{name} is a pickle, as torch.save writes it. Opening one can run any program, so nnviz does not. "
            f"{_WHAT_OPENS}"
        )
    if members and all(member.endswith(".npy") for member in members):
        what = "an exported step" if _EXPORTED in members else "a file of arrays"
        raise FileError(f"{name} is {what}, for NumPy: it cannot be opened here. {_WHAT_OPENS}")
    file.seek(0)
    return head


def _members(file: IO[bytes]) -> list[str]:
    """Names of what a zip archive holds, without unpacking it; nothing where it is damaged."""
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return []


def _is_like_project(head: bytes) -> bool:
    """Whether a file begins as projects do, be it whole or damaged."""
    return head[8:] == b"{" and int.from_bytes(head[:8], "little") <= _LONGEST_DESCRIPTION


def read_project(path: Path) -> Project:
    """Read a project file.

    Raises
    ------
    FileError
        If there is none, if it is something else (a pickle is never opened), or if it does not fit together.
    """
    from safetensors import SafetensorError, safe_open

    _check_is_file(path)
    try:
        with path.open("rb") as file:
            head = _refuse_foreign(file, path.name)
        if not _is_like_project(head):
            raise FileError(f"{path.name} is no project of nnviz: it holds something else. {_WHAT_OPENS}")
        with safe_open(path, framework="np") as tensors:
            return _project(tensors, path.name)
    except OSError as error:
        raise FileError(f"{path.name} could not be read: {_reason(error)}.") from error
    except SafetensorError as error:
        raise FileError(
            f"{path.name} is damaged: part of it is missing or was changed, so nothing was opened. Open another copy "
            "of it."
        ) from error


def _project(tensors: Any, name: str) -> Project:
    metadata = dict(tensors.metadata() or {})
    if metadata.get("format") != PROJECT_FORMAT or "preset" not in metadata:
        raise FileError(f"{name} holds tensors, but was not written by nnviz: there is no network in it.")
    if metadata.get("version") != PROJECT_VERSION:
        raise FileError(f"{name} was written by another version of nnviz (version {metadata.get('version')!r}).")
    preset = preset_from_json(metadata["preset"], name)
    wanted = preset.network.parameter_shapes()
    _check_weights(tensors, wanted, name)
    weights = tuple(
        {key: _array(tensors, f"layers/{index}/{key}", name) for key in shapes} for index, shapes in enumerate(wanted)
    )
    return Project(
        preset,
        weights,
        {key: _array(tensors, key, name) for key in tensors.keys() if not key.startswith("layers/")},  # noqa: SIM118
        {key: value for key, value in metadata.items() if key not in _RESERVED},
    )


def _check_weights(tensors: Any, wanted: tuple[dict[str, Shape], ...], name: str) -> None:
    """Compare what is stored with what the network needs, before any of it is loaded."""
    shapes = {f"layers/{index}/{key}": shape for index, own in enumerate(wanted) for key, shape in own.items()}
    stored = {key for key in tensors.keys() if key.startswith("layers/")}  # noqa: SIM118
    if different := sorted(stored.symmetric_difference(shapes)):
        raise FileError(f"{name} does not fit together: its network and its weights differ in {different[0]}.")
    for key, shape in shapes.items():
        tensor = tensors.get_slice(key)
        found = tuple(tensor.get_shape())
        if found != shape:
            raise FileError(f"{name} does not fit together: {key} has shape {found}, the network needs {shape}.")
        if tensor.get_dtype() != _WEIGHT_TYPE:
            raise FileError(f"{name}: {key} holds numbers of type {tensor.get_dtype()}, not {_WEIGHT_TYPE}.")


def _array(tensors: Any, key: str, name: str) -> np.ndarray:
    try:
        return np.array(tensors.get_tensor(key))
    except (TypeError, AttributeError, ValueError) as error:  # types that NumPy does not know, such as bfloat16
        raise FileError(f"{name}: {key} holds numbers of a type that nnviz does not know.") from error
