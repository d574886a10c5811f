"""From a drawing on the pad to what a network is fed: the steps by which the digits it learned from were made.

A network recognises a drawing only if the drawing looks like its training data. So each preparation repeats how its
data set was made, and keeps every stage, for the learner to see.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from nnviz.core.data import FloatArray
from nnviz.core.spec import Shape

FAINTEST_INK = 0.1
"""Whatever is fainter is background, so that the soft rim of a brush does not count as drawn."""

DIGITS_BITMAP = 32
DIGITS_WIDTH = 20
DIGITS_INK = 310
DIGITS_BLOCK = 4
LARGEST_STRETCH = 1.5
LARGEST_SHEAR = 0.6


@dataclass(frozen=True)
class Preparation:
    """A drawing on its way into the network.

    Attributes
    ----------
    stages : tuple of (str, ndarray of float32)
        Label and picture of every step, the drawing itself first, all in 0 (black) … 1 (white). The last one is
        `inputs`.
    inputs : ndarray of float32
        What the network is fed, of the shape of one sample, in 0 … 1.
    """

    stages: tuple[tuple[str, FloatArray], ...]
    inputs: FloatArray


Preparer = Callable[[FloatArray], Preparation | None]


def preparer_for(sample_shape: Shape) -> Preparer | None:
    """Choose how drawings are prepared for samples of this shape; None where samples are not pictures."""
    if len(sample_shape) != 2 or 0 in sample_shape:
        return None
    if sample_shape == (8, 8):
        return prepare_digits
    return partial(prepare_centred, shape=sample_shape)


def prepare_mnist(canvas: FloatArray) -> Preparation | None:
    """Prepare a drawing as the pictures of MNIST were: 20×20, centred by centre of mass in 28×28.

    Parameters
    ----------
    canvas : ndarray, shape (height, width)
        The drawing, white (1) on black (0), of any size.

    Returns
    -------
    Preparation or None
        None while nothing is drawn.

    Notes
    -----
    LeCun, Cortes, Burges, "The MNIST database of handwritten digits": size normalised to fit in a 20×20 box while
    preserving the aspect ratio, grey levels from anti-aliasing, centre of mass in the middle of a 28×28 field.
    """
    return prepare_centred(canvas, (28, 28))


def prepare_centred(canvas: FloatArray, shape: Shape) -> Preparation | None:
    """Prepare a drawing as `prepare_mnist` does, for pictures of another `shape`, with margins in proportion."""
    cropped = _crop(canvas)
    if cropped is None:
        return None
    height, width = shape
    box_height, box_width = max(1, round(height * 20 / 28)), max(1, round(width * 20 / 28))
    factor = min(box_height / cropped.shape[0], box_width / cropped.shape[1])
    scaled = _resize(cropped, cropped.shape[0] * factor, cropped.shape[1] * factor)
    scaled /= scaled.max()  # strokes as bright as those of the data, however thin they were drawn
    centred = _centre(scaled, shape)
    return _preparation(
        ("drawn", canvas),
        ("cropped", cropped),
        (f"scaled into {box_height}×{box_width}", scaled),
        (f"centred in {height}×{width}", centred),
    )


def prepare_digits(canvas: FloatArray) -> Preparation | None:
    """Prepare a drawing as the 8×8 digits were: an upright 32×32 bitmap, then the ink counted in blocks of 4×4.

    Parameters
    ----------
    canvas : ndarray, shape (height, width)
        The drawing, white (1) on black (0), of any size.

    Returns
    -------
    Preparation or None
        None while nothing is drawn. `inputs` are the counts (0 … 16) divided by 16.

    Notes
    -----
    Alpaydin & Kaynak, "Optical Recognition of Handwritten Digits" (UCI, 1998), used NIST's normalisation. What it did
    can be read off the data: digits stand upright, fill all 32 rows and the middle 20 columns (narrow ones less),
    and every picture has about 310 pixels of ink, however thick the pen was.
    """
    cropped = _crop(canvas)
    if cropped is None:
        return None
    upright = _upright(cropped)
    natural_width = upright.shape[1] * DIGITS_BITMAP / upright.shape[0]
    width = min(DIGITS_WIDTH, natural_width * LARGEST_STRETCH)
    fitted = _centre_box(_resize(upright, DIGITS_BITMAP, width), (DIGITS_BITMAP, DIGITS_WIDTH))
    bitmap = _centre_box(_thickest(fitted, DIGITS_INK), (DIGITS_BITMAP, DIGITS_BITMAP))
    blocks = DIGITS_BITMAP // DIGITS_BLOCK
    counts = bitmap.reshape(blocks, DIGITS_BLOCK, blocks, DIGITS_BLOCK).sum(axis=(1, 3))
    return _preparation(
        ("drawn", canvas),
        ("cropped", cropped),
        ("upright", upright),
        ("bitmap 32×32", bitmap),
        ("ink in 4×4 blocks", counts / DIGITS_BLOCK**2),
    )


def _preparation(*stages: tuple[str, FloatArray]) -> Preparation:
    """Keep the stages as read-only copies, of which the last is the network's input."""
    kept = tuple((label, _read_only(picture)) for label, picture in stages)
    return Preparation(kept, kept[-1][1])


def _read_only(picture: FloatArray) -> FloatArray:
    copy = np.clip(picture, 0, 1).astype(np.float32)
    copy.flags.writeable = False
    return copy


def _crop(picture: FloatArray) -> FloatArray | None:
    """Cut to the bounding box of the ink; None where there is none."""
    ink = picture > FAINTEST_INK
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if rows.size == 0:
        return None
    return np.asarray(picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], np.float32)


def _resampling(count: int, length: float) -> FloatArray:
    """Weights that bring `count` pixels to `length`, shape (length rounded up, count).

    Each new pixel averages a window around its centre: as wide as itself when shrinking (area averaging), one old
    pixel wide when enlarging (linear interpolation). What lies beyond the picture is black, so a `length` that is
    not whole gives faint pixels at both ends, and not a picture that is a little too wide.
    """
    ratio = count / length
    reach = max(ratio, 1.0) / 2
    target = max(1, int(np.ceil(length - 1e-6)))
    centres = (np.arange(target)[:, None] - (target - 1) / 2) * ratio + count / 2
    left = np.arange(count)[None, :]
    overlap = np.clip(np.minimum(centres + reach, left + 1) - np.maximum(centres - reach, left), 0, None)
    return np.asarray(overlap / (2 * reach), np.float32)


def _resize(picture: FloatArray, height: float, width: float) -> FloatArray:
    """Bring a picture to another size, antialiased."""
    rows, columns = _resampling(picture.shape[0], height), _resampling(picture.shape[1], width)
    return np.asarray(rows @ picture @ columns.T, np.float32)


def _centre(picture: FloatArray, shape: Shape) -> FloatArray:
    """Place a picture in an empty field so that its centre of mass is in the middle, without cutting anything off.

    The middle of a field of 28 is at index 14, as measured over MNIST (13.996 ± 0.3).
    """
    field = np.zeros(shape, np.float32)
    total = picture.sum()
    corner = []
    for axis in (0, 1):
        mean = picture.sum(axis=1 - axis) @ np.arange(picture.shape[axis]) / total
        room = shape[axis] - picture.shape[axis]
        corner.append(int(np.clip(round(float(shape[axis] / 2 - mean)), 0, room)))
    field[corner[0] : corner[0] + picture.shape[0], corner[1] : corner[1] + picture.shape[1]] = picture
    return field


def _centre_box(picture: FloatArray, shape: Shape) -> FloatArray:
    """Place a picture in the middle of an empty field, by its outline."""
    top, left = (shape[0] - picture.shape[0]) // 2, (shape[1] - picture.shape[1]) // 2
    field = np.zeros(shape, np.float32)
    field[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return field


def _upright(picture: FloatArray) -> FloatArray:
    """Take the slant out: shear by the covariance of the ink's rows and columns, then crop again."""
    height, width = picture.shape
    rows, columns = np.arange(height) - (height - 1) / 2, np.arange(width)
    total = picture.sum()
    mean_row, mean_column = picture.sum(axis=1) @ rows / total, picture.sum(axis=0) @ columns / total
    covariance = (rows - mean_row) @ picture @ (columns - mean_column)
    variance = (rows - mean_row) ** 2 @ picture.sum(axis=1)
    if variance == 0:  # a single row has no slant
        return picture
    shear = float(np.clip(covariance / variance, -LARGEST_SHEAR, LARGEST_SHEAR))
    margin = int(np.ceil(abs(shear) * height / 2)) + 1
    padded = np.pad(picture, ((0, 0), (margin, margin + 1)))
    # each row is read at a place of its own, between two pixels
    places = np.clip(np.arange(width + 2 * margin)[None, :] + shear * rows[:, None], 0, width + 2 * margin - 1)
    below = places.astype(np.intp)
    share = places - below
    row = np.arange(height)[:, None]
    sheared = np.asarray(padded[row, below] * (1 - share) + padded[row, below + 1] * share, np.float32)
    cropped = _crop(sheared)
    return picture if cropped is None else cropped


def _thickest(picture: FloatArray, ink: int) -> FloatArray:
    """Choose the `ink` pixels that are in or nearest to the strokes: thin strokes grow, thick ones shrink."""
    nearness = picture
    for _ in range(4):
        nearness = _blur(_blur(nearness).T).T
    nearest = np.argsort(-nearness, axis=None, kind="stable")[:ink]
    bitmap = np.zeros(picture.size, np.float32)
    bitmap[nearest] = nearness.ravel()[nearest] > 0.02 * nearness.max()
    return bitmap.reshape(picture.shape)


def _blur(picture: FloatArray) -> FloatArray:
    """Weigh each row with its neighbours, 1:2:1."""
    padded = np.pad(picture, ((1, 1), (0, 0)))
    return np.asarray((padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4, np.float32)
