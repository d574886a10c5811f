"""MNIST from a folder: every spelling, and everything that can be wrong with the four files."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from nnviz.core.data import Dataset, Task
from nnviz.core.spec import DataSpec
from nnviz.engine.datasets import DataPlaces, MissingDataError, load_dataset

NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def contents(train: int = 12, test: int = 5) -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    arrays = (
        rng.integers(0, 256, (train, 28, 28)),
        np.arange(train) % 10,
        rng.integers(0, 256, (test, 28, 28)),
        np.arange(test) % 10,
    )
    return {name: idx(array) for name, array in zip(NAMES, arrays, strict=True)}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def load(folder: Path | None, cache: Path = Path("/nonexistent/nnviz")) -> Dataset:
    return load_dataset(DataSpec("mnist"), 1, DataPlaces(folder, cache))


SPELLINGS = {
    "gzipped": lambda name, content: (f"{name}.gz", gzip.compress(content)),
    "unpacked": lambda name, content: (name, content),
    "dotted": lambda name, content: (name.replace("-idx", ".idx"), content),
    "dotted and gzipped": lambda name, content: (name.replace("-idx", ".idx") + ".gz", gzip.compress(content)),
    "gzipped without saying so": lambda name, content: (name, gzip.compress(content)),
    "unpacked, still called .gz": lambda name, content: (f"{name}.gz", content),
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_every_usual_form_is_read(tmp_path, spell) -> None:
    data = load(write(tmp_path, dict(spell(name, content) for name, content in contents().items())))
    assert data.raw.shape == (12, 28, 28)
    assert data.targets.tolist() == [*range(10), 0, 1]
    assert data.test_raw.shape == (5, 28, 28)
    assert data.test_targets.tolist() == [0, 1, 2, 3, 4]
    assert data.divisor == 255
    assert data.task is Task.CLASSES
    assert not any(array.flags.writeable for array in (data.raw, data.targets, data.test_raw, data.test_targets))


def test_the_users_folder_comes_before_the_cache(tmp_path) -> None:
    mine, cache = write(tmp_path / "mine", contents(train=7)), write(tmp_path / "cache", contents(train=9))
    assert len(load(mine, cache)) == 7
    assert len(load(None, cache)) == 9
    (mine / NAMES[3]).unlink()
    assert len(load(mine, cache)) == 9


def test_missing_files_are_said_with_what_to_do(tmp_path) -> None:
    with pytest.raises(MissingDataError, match=r"not on this computer yet: download them .* or open a folder"):
        load(None)
    files = contents()
    del files[NAMES[1]]
    with pytest.raises(MissingDataError, match=f"The folder {tmp_path} lacks {NAMES[1]}\\."):
        load(write(tmp_path, files))
    with pytest.raises(MissingDataError, match=r"lacks train-images-idx3-ubyte, train-labels"):
        load(tmp_path / "nowhere")


def test_a_folder_that_cannot_be_read_is_said(tmp_path) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    with pytest.raises(MissingDataError, match=r"file is not a folder: open the folder that holds .* Or download"):
        load(file)
    with pytest.raises(MissingDataError, match="cannot be read: File name too long"):
        load(tmp_path / ("long" * 200))


def test_what_cannot_be_used_does_not_hide_the_cache(tmp_path) -> None:
    cache = write(tmp_path / "cache", contents(train=9))
    damaged = write(tmp_path / "damaged", {**contents(), NAMES[0]: b"nothing"})
    file = tmp_path / "file"
    file.write_text("no folder")
    for folder in (damaged, file, tmp_path / ("long" * 200)):
        assert len(load(folder, cache)) == 9


def test_where_all_places_are_damaged_the_first_is_said(tmp_path) -> None:
    mine = write(tmp_path / "mine", {**contents(), NAMES[0]: b"nothing"})
    cache = write(tmp_path / "cache", {**contents(), NAMES[1]: b""})
    with pytest.raises(MissingDataError, match=f"{mine / NAMES[0]} is not a usable IDX file: .* Or download"):
        load(mine, cache)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (NAMES[1], idx(np.zeros(11)), "holds 12 images, but .* 11 labels"),
        (NAMES[2], idx(np.zeros((6, 28, 28))), "holds 6 images, but .* 5 labels"),
        (NAMES[1], idx(np.full(12, 10)), "holds the label 10, but digits end at 9"),
        (NAMES[0], idx(np.zeros((12, 8, 8))), "samples are 8×8, not 28×28"),
        (NAMES[0], idx(np.zeros(12)), "images and labels mixed up"),
        (NAMES[3], b"", "it is empty"),
    ],
)
def test_files_that_do_not_fit_are_said(tmp_path, name, content, said) -> None:
    folder = write(tmp_path, {**contents(), name: content})
    with pytest.raises(MissingDataError, match=f"{said}.* Or download the four MNIST files") as caught:
        load(folder)
    assert name in str(caught.value)


def test_files_without_any_image_are_said(tmp_path) -> None:
    with pytest.raises(MissingDataError, match="holds no images"):
        load(write(tmp_path, contents(train=0)))


def test_a_folder_instead_of_a_file_is_said(tmp_path) -> None:
    write(tmp_path, contents())
    (tmp_path / NAMES[0]).unlink()
    (tmp_path / NAMES[0]).mkdir()
    with pytest.raises(MissingDataError, match="is a folder, not a file"):
        load(tmp_path)


def test_the_real_one(mnist_folder) -> None:
    data = load(mnist_folder)
    assert data.raw.shape == (60_000, 28, 28)
    assert data.test_raw.shape == (10_000, 28, 28)
    assert data.targets[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(data.targets).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
