"""The reader of IDX files: whatever lies there, it gives the right array or says what is wrong."""

from __future__ import annotations

import gzip
import os
import struct
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from nnviz.engine.datasets import DataError
from nnviz.engine.datasets.idx import read_idx


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def read(content: bytes, sample_shape: tuple[int, ...]) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some-ubyte"
        path.write_bytes(content)
        return read_idx(path, sample_shape)


arrays = st_numpy.arrays(np.uint8, st_numpy.array_shapes(min_dims=1, max_dims=5, min_side=0, max_side=6))
images = np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)


@given(array=arrays, packed=st.booleans())
def test_what_was_written_is_read(array, packed) -> None:
    content = gzip.compress(idx(array)) if packed else idx(array)
    found = read(content, array.shape[1:])
    np.testing.assert_array_equal(found, array)
    assert found.dtype == np.uint8
    assert not found.flags.writeable


@given(array=arrays, packed=st.booleans(), data=st.data())
def test_every_truncation_is_noticed(array, packed, data) -> None:
    content = gzip.compress(idx(array)) if packed else idx(array)
    with pytest.raises(DataError):
        read(content[: data.draw(st.integers(0, len(content) - 1))], array.shape[1:])


@given(array=arrays, packed=st.booleans(), extra=st.binary(min_size=1, max_size=9).filter(any))
def test_everything_appended_is_noticed(array, packed, extra) -> None:
    content = gzip.compress(idx(array)) if packed else idx(array)
    with pytest.raises(DataError):
        read(content + extra, array.shape[1:])


@settings(max_examples=300)
@given(array=arrays, packed=st.booleans(), place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_a_changed_byte_never_gives_another_kind_of_error(array, packed, place, flip) -> None:
    content = bytearray(gzip.compress(idx(array), mtime=0) if packed else idx(array))
    content[int(place * len(content))] ^= flip
    try:
        found = read(bytes(content), array.shape[1:])
    except DataError:
        return
    assert found.shape[1:] == array.shape[1:]
    if packed:  # the checksum notices every change of the content
        np.testing.assert_array_equal(found, array)


@given(content=st.binary(max_size=200), packed=st.booleans())
def test_garbage_never_gives_another_kind_of_error(content, packed) -> None:
    with pytest.raises(DataError):
        read(gzip.compress(content) if packed else content, (28, 28))


PACKED = gzip.compress(idx(images), mtime=0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (gzip.compress(b"", mtime=0), "it is empty"),
        (b"PK\3\4 a zip file", "does not begin as IDX files do"),
        (b"<html>404</html>", "does not begin as IDX files do"),
        (b"\0\0", "does not begin as IDX files do"),
        (struct.pack(">4B3I", 0, 0, 13, 3, 2, 28, 28), "type 0x0d, not unsigned bytes"),
        (idx(np.zeros(5, np.uint8)), r"1 dimensions, not 3 \(images and labels mixed up"),
        (idx(images)[:10], "cut off within its header"),
        (idx(images)[:-1], "cut off: 1,568 bytes are announced, 1,567 are there"),
        (idx(images) + b"x", "goes on after the 1,568 bytes"),
        (gzip.compress(idx(images) + b"x", mtime=0), "goes on after the 1,568 bytes"),
        (idx(np.zeros((2, 8, 8), np.uint8)), "samples are 8×8, not 28×28"),
        (PACKED[:-4], "compressed content is cut off or damaged"),
        (PACKED[:60] + bytes(8) + PACKED[68:], "compressed content is cut off or damaged"),
        (PACKED + b"more", "compressed content is cut off or damaged"),
        (b"\x1f\x8b", "compressed content is cut off or damaged"),
        (b"\x1f\x8b not gzip at all, is it?", "compressed content is cut off or damaged"),
        (struct.pack(">4B3I", 0, 0, 8, 3, 2**32 - 1, 28, 28), "claims to hold 4,294,967,295 samples"),
    ],
)
def test_what_is_wrong_is_said_with_the_name_and_what_to_do(content, said) -> None:
    with pytest.raises(DataError, match=said) as caught:
        read(content, (28, 28))
    assert "some-ubyte" in str(caught.value)
    assert "Delete it and download or copy it again." in str(caught.value)


@pytest.mark.parametrize("packed", [False, True])
def test_a_large_claim_costs_no_memory(packed) -> None:
    header = struct.pack(">4B3I", 0, 0, 8, 3, 300_000, 28, 28)
    content = gzip.compress(header) if packed else header
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="cut off"):
            read(content, (28, 28))
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()


def test_a_gzip_bomb_is_unpacked_only_as_far_as_announced() -> None:
    content = gzip.compress(idx(images) + bytes(200 * 2**20))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="goes on after"):
            read(content, (28, 28))
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()


def test_a_missing_file_or_a_folder_is_said(tmp_path) -> None:
    with pytest.raises(DataError, match="There is no file"):
        read_idx(tmp_path / "nothing", ())
    with pytest.raises(DataError, match="is a folder, not a file"):
        read_idx(tmp_path, ())
    with pytest.raises(DataError, match="cannot be read: File name too long"):
        read_idx(tmp_path / ("long" * 200), ())


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_said(tmp_path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(idx(images))
    path.chmod(0)
    with pytest.raises(DataError, match="may not be read"):
        read_idx(path, (28, 28))
