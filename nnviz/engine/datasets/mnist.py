"""MNIST: 70,000 handwritten digits of 28×28 pixels (LeCun, Cortes, Burges), from a folder or downloaded."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnviz.core.catalogue import DatasetEntry
from nnviz.core.data import Dataset, IntArray, Task
from nnviz.core.trace import frozen
from nnviz.engine.datasets.fetch import PATIENCE_SECONDS, DownloadCancelled, fetch
from nnviz.engine.datasets.idx import CHUNK, read_idx, unpacked
from nnviz.engine.datasets.places import DataError, DataPlaces, MissingDataError

log = logging.getLogger(__name__)

BASE_URL = "https://ossci-datasets.s3.amazonaws.com/mnist/"

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"

MD5_OF_PAYLOAD: Mapping[str, str] = {
    TRAIN_IMAGES: "6bbc9ace898e44ae57da46a324031adb",
    TRAIN_LABELS: "a25bea736e30d166cdddb491f175f624",
    TEST_IMAGES: "2646ac647ad5339dbf082846283269ea",
    TEST_LABELS: "27ae3e4e09519cfbb04c329615203637",
}
"""MD5 of the unpacked files, which is the same whoever packed them."""

IMAGE_SHAPE = (28, 28)
LARGEST_PAYLOAD = 64 * 2**20
OPEN_A_FOLDER = "Try again later, or choose “Open a folder with the four MNIST files” if you have them."
OTHER_WAYS = "Or download the four MNIST files (11 MB), or open another folder that has them."

ENTRY = DatasetEntry(
    name="mnist",
    label="MNIST 28×28",
    help="70,000 handwritten digits of 28×28 grey pixels: the classic. 11 MB, downloaded once.",
    settings={},
    defaults={},
    sample_shape=IMAGE_SHAPE,
    classes=tuple("0123456789"),
    needs_download=True,
)


def load(settings: Mapping[str, Any], seed: int, places: DataPlaces) -> Dataset:
    """Load MNIST from the first of the places that has all four files, whole.

    Raises
    ------
    MissingDataError
        If none has. The message names the first file or folder that cannot be used, if there is one; a download helps
        then, too, since it replaces what is damaged in the cache.
    """
    del settings, seed
    problems: list[DataError] = []
    for folder in places.folders:
        try:
            paths = _files_in(folder)
            if len(paths) == len(MD5_OF_PAYLOAD):
                return _read(paths)
        except DataError as error:
            log.warning("%s", error)
            problems.append(error)
    if problems:
        raise MissingDataError(f"{problems[0]} {OTHER_WAYS}") from problems[0]
    raise MissingDataError(_what_is_missing(places))


def _files_in(folder: Path) -> dict[str, Path]:
    """Find which of the four files are in `folder`, packed or not, in both usual spellings."""
    try:
        present = set(os.listdir(folder))
    except FileNotFoundError:
        return {}
    except NotADirectoryError as error:
        raise DataError(f"{folder} is not a folder: open the folder that holds the four MNIST files.") from error
    except OSError as error:
        raise DataError(f"The folder {folder} cannot be read: {error.strerror}. Open another one.") from error
    found = {}
    for name in MD5_OF_PAYLOAD:
        dotted = name.replace("-idx", ".idx")
        # the packed one first: it is what a download replaces
        for spelling in (f"{name}.gz", name, f"{dotted}.gz", dotted):
            if spelling in present:
                found[name] = folder / spelling
                break
    return found


def _what_is_missing(places: DataPlaces) -> str:
    message = (
        "The four MNIST files are not on this computer yet: download them (11 MB), or open a folder that has them, "
        "gzipped or not."
    )
    if places.folder is not None:
        found = _files_in(places.folder)
        missing = ", ".join(name for name in MD5_OF_PAYLOAD if name not in found)
        message += f" The folder {places.folder} lacks {missing}."
    return message


def _read(paths: Mapping[str, Path]) -> Dataset:
    images, labels = _read_pair(paths[TRAIN_IMAGES], paths[TRAIN_LABELS])
    test_images, test_labels = _read_pair(paths[TEST_IMAGES], paths[TEST_LABELS])
    return Dataset(
        name=ENTRY.name,
        title=ENTRY.label,
        raw=images,
        divisor=255,
        targets=labels,
        classes=ENTRY.classes,
        task=Task.CLASSES,
        test_raw=test_images,
        test_targets=test_labels,
    )


def _read_pair(images_path: Path, labels_path: Path) -> tuple[NDArray[np.uint8], IntArray]:
    """Read images and their labels, and check that they belong together."""
    images, labels = read_idx(images_path, IMAGE_SHAPE), read_idx(labels_path, ())
    if len(images) != len(labels):
        raise DataError(
            f"{images_path} holds {len(images):,} images, but {labels_path} {len(labels):,} labels: "
            "take both files from the same source."
        )
    if len(images) == 0:
        raise DataError(f"{images_path} holds no images. Download or copy it again.")
    if labels.max() > 9:
        raise DataError(f"{labels_path} holds the label {labels.max()}, but digits end at 9. Take MNIST's own file.")
    return images, frozen(labels.astype(np.int64))


def download(
    target: Path,
    progress: Callable[[str, int, int], None],
    cancelled: Callable[[], bool],
    base_url: str = BASE_URL,
    md5_of_payload: Mapping[str, str] = MD5_OF_PAYLOAD,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Download those of the four files that are not yet in `target`, or are damaged there.

    A file appears in `target` whole and verified, or not at all.

    Parameters
    ----------
    target : Path
        The folder; it is made if needed.
    progress : callable
        Called on this thread with the file's name, bytes received, and bytes expected (0 if unknown).
    cancelled : callable
        Whether to stop; asked about every 50 ms.
    md5_of_payload : mapping of str to str
        The files, without ``.gz``, and the MD5 of each, unpacked.
    patience : float
        Seconds without any data after which the server is given up.

    Raises
    ------
    DownloadCancelled
        If it was cancelled; files that are complete stay.
    DataError
        If a file cannot be fetched, is not what it should be, or cannot be written; the message says what to do.
    """
    for name, md5 in md5_of_payload.items():
        if cancelled():
            raise DownloadCancelled
        packed = target / f"{name}.gz"
        if _is_intact(packed, md5):
            size = packed.stat().st_size
            progress(packed.name, size, size)
        else:
            _download_file(packed, base_url, md5, progress, cancelled, patience)


def _download_file(
    packed: Path,
    base_url: str,
    md5: str,
    progress: Callable[[str, int, int], None],
    cancelled: Callable[[], bool],
    patience: float,
) -> None:
    try:
        content = fetch(
            base_url + packed.name,
            LARGEST_PAYLOAD,
            lambda done, total: progress(packed.name, done, total),
            cancelled,
            patience,
        )
    except DataError as error:
        raise DataError(f"{packed.name} could not be downloaded. {error} {OPEN_A_FOLDER}") from error
    try:
        _put_in_place(content, packed, md5)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        problem = "the disk is full. Make room (about 12 MB)" if full else f"{error.strerror}. Check the folder"
        raise DataError(f"{packed.name} could not be saved in {packed.parent}: {problem}, and try again.") from error


def _put_in_place(content: bytes, packed: Path, md5: str) -> None:
    """Write to a temporary file, verify what was written, and only then give it its name."""
    packed.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=packed.parent, prefix=f".{packed.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(content)
            file.close()
            if not _is_intact(temporary, md5):
                raise DataError(
                    f"{packed.name} is not the file it should be: it was changed on the way, or the server hands out "
                    f"another one. It was removed. {OPEN_A_FOLDER}"
                )
            temporary.replace(packed)
        except BaseException:
            file.close()
            temporary.unlink(missing_ok=True)
            raise


def _is_intact(path: Path, md5: str) -> bool:
    """Whether the file is there and its unpacked content has this MD5."""
    digest = hashlib.md5(usedforsecurity=False)
    size = 0
    try:
        with path.open("rb") as file, unpacked(file) as stream:
            while size <= LARGEST_PAYLOAD and (chunk := stream.read(CHUNK)):
                digest.update(chunk)
                size += len(chunk)
    except (OSError, EOFError, zlib.error):
        return False
    return digest.hexdigest() == md5
