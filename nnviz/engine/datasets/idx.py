"""Reading IDX files, the format of MNIST: a header that says type and shape, then the numbers, often gzipped.

Format (LeCun): two zero bytes, one byte for the type (8 = unsigned bytes), one for the number of dimensions, each
dimension as a big-endian 32-bit number, and then the elements, the last dimension varying fastest.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from nnviz.core.spec import Shape
from nnviz.core.trace import frozen
from nnviz.engine.datasets.places import DataError

UNSIGNED_BYTES = 8
LARGEST_FILE = 2**28
CHUNK = 2**20
GZIP_MAGIC = b"\x1f\x8b"


def read_idx(path: Path, sample_shape: Shape) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, gzipped or not (told by its content, not by its name).

    Memory grows with what the file really holds, never with what its header claims.

    Parameters
    ----------
    sample_shape : tuple of int
        What every sample must look like: (28, 28) for images of MNIST, () for labels.

    Returns
    -------
    ndarray of uint8, shape (samples, *sample_shape)
        Read-only.

    Raises
    ------
    DataError
        If the file cannot be read or is not such a file.
    """
    with _plain_words(path), path.open("rb") as file, unpacked(file) as stream:
        shape = _read_header(stream, path, len(sample_shape) + 1)
        if shape[1:] != sample_shape:
            raise _damaged(path, f"its samples are {_times(shape[1:])}, not {_times(sample_shape)}")
        expected = prod(shape)
        if expected > LARGEST_FILE:
            raise _damaged(path, f"it claims to hold {shape[0]:,} samples, more than nnviz can take")
        payload = read_at_most(stream, expected + 1)
    if len(payload) < expected:
        raise _damaged(path, f"it is cut off: {expected:,} bytes are announced, {len(payload):,} are there")
    if len(payload) > expected:
        raise _damaged(path, f"it goes on after the {expected:,} bytes that are announced")
    array: NDArray[np.uint8] = frozen(np.frombuffer(payload, np.uint8).reshape(shape))
    return array


@contextmanager
def unpacked(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Read `file` through gzip if it starts like a gzip file, or else as it is."""
    start = file.read(len(GZIP_MAGIC))
    file.seek(0)
    if start == GZIP_MAGIC:
        with gzip.open(file) as stream:
            yield cast(IO[bytes], stream)
    else:
        yield file


def read_at_most(stream: IO[bytes], limit: int) -> bytearray:
    """Read to the end, or to `limit` bytes, in pieces: a claim that is too large costs nothing."""
    payload = bytearray()
    while chunk := stream.read(min(CHUNK, limit - len(payload))):
        payload += chunk
    return payload


@contextmanager
def _plain_words(path: Path) -> Iterator[None]:
    """Say in the user's words what can go wrong while a file is read."""
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(f"There is no file {path}.") from error
    except IsADirectoryError as error:
        raise DataError(f"{path} is a folder, not a file: open the folder that holds the files themselves.") from error
    except PermissionError as error:
        raise DataError(f"{path} may not be read: give yourself permission to read it, or open a copy.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(path, "its compressed content is cut off or damaged") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error


def _damaged(path: Path, problem: str) -> DataError:
    return DataError(f"{path} is not a usable IDX file: {problem}. Delete it and download or copy it again.")


def _read_header(stream: IO[bytes], path: Path, dimensions: int) -> Shape:
    magic = stream.read(4)
    if not magic:
        raise _damaged(path, "it is empty")
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise _damaged(path, "it does not begin as IDX files do (is it another kind of file?)")
    if magic[2] != UNSIGNED_BYTES:
        raise _damaged(path, f"its elements are of type {magic[2]:#04x}, not unsigned bytes (0x08)")
    if magic[3] != dimensions:
        raise _damaged(path, f"it has {magic[3]} dimensions, not {dimensions} (images and labels mixed up?)")
    lengths = stream.read(4 * dimensions)
    if len(lengths) < 4 * dimensions:
        raise _damaged(path, "it is cut off within its header")
    return tuple(np.frombuffer(lengths, ">u4").tolist())


def _times(shape: Shape) -> str:
    return "×".join(str(length) for length in shape) or "single numbers"
