"""What a worksheet file gives by itself: initial weights, written out, and a handful of samples."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nnviz.core.settings import SettingError

Shape = tuple[int, ...]
Row = tuple[float, ...]

MOST_SAMPLES = 1_000
LARGEST_NUMBER = 1e6


@dataclass(frozen=True)
class GivenWeights:
    """Initial weights of one layer; what is None is drawn as usual.

    Attributes
    ----------
    weight : tuple of rows or None
        One row per neuron, one number per input: shape (out, in), as PyTorch stores it.
    bias : tuple of float or None
        One number per neuron.
    """

    weight: tuple[Row, ...] | None = None
    bias: Row | None = None

    def problem(self, shapes: dict[str, Shape]) -> str | None:
        """Say what is wrong with these numbers in a layer whose parameters have these shapes, or None."""
        for name, label, numbers in (("weight", "weights", self.weight), ("bias", "bias", self.bias)):
            if numbers is None:
                continue
            if name not in shapes:
                return f"this layer has no {label}."
            if problem := _shape_problem(label, numbers, shapes[name]):
                return problem
        return None


def _shape_problem(label: str, numbers: tuple[Row, ...] | Row, shape: Shape) -> str | None:
    count = f"{len(numbers)} row{'s' * (len(numbers) != 1)}" if len(shape) > 1 else f"{len(numbers)} numbers"
    if len(numbers) != shape[0]:
        return f"{label} has {count}, but the layer has {shape[0]} neurons: write one for each neuron."
    rows: list[Row] = [row if isinstance(row, tuple) else (row,) for row in numbers]
    for place, row in enumerate(rows, start=1):
        if len(shape) > 1 and len(row) != shape[1]:
            return f"row {place} of {label} has {len(row)} numbers, but each neuron has {shape[1]} inputs."
        if problem := _number_problem(row):
            return f"{label}: {problem}"
    return None


def weights_problem(given: Sequence[GivenWeights | None], shapes: Sequence[dict[str, Shape]]) -> tuple[int, str] | None:
    """Find the first layer whose given weights do not fit, and say why; None where all do.

    Parameters
    ----------
    given : sequence
        One entry per layer, or none at all.
    shapes : sequence of dict
        Shapes of every layer's parameters, by name.
    """
    if given and len(given) != len(shapes):
        return 0, f"weights are given for {len(given)} layers, but there are {len(shapes)}."
    for index, (weights, own) in enumerate(zip(given, shapes, strict=False)):
        if weights is not None and (problem := weights.problem(own)):
            return index, problem
    return None


def _number_problem(numbers: Iterable[float]) -> str | None:
    for number in numbers:
        if not (math.isfinite(number) and abs(number) <= LARGEST_NUMBER):
            return f"the numbers must be between −{LARGEST_NUMBER:,.0f} and {LARGEST_NUMBER:,.0f}, not {number!r}."
    return None


@dataclass(frozen=True)
class GivenSamples:
    """A data set that stands in the file itself.

    Attributes
    ----------
    inputs : tuple of rows
        One row per sample, one number per feature.
    targets : tuple of rows
        What the outputs should be, one row per sample. With `classes`: rows of one number, which counts them from 0.
    features, classes : tuple of str
        Names; without classes the targets are numbers to be predicted.

    Raises
    ------
    SettingError
        If rows have different lengths, or there are too many or senseless numbers.
    """

    inputs: tuple[Row, ...]
    targets: tuple[Row, ...]
    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what does not fit together."""
        for name, rows in (("inputs", self.inputs), ("targets", self.targets)):
            _check_rows(name, rows)
        if len(self.inputs) != len(self.targets):
            raise SettingError(
                "targets", f"there are {len(self.inputs)} inputs, but {len(self.targets)} targets: one belongs to each."
            )
        width = len(self.inputs[0])
        if self.features and len(self.features) != width:
            raise SettingError("features", f"there are {len(self.features)} names for {width} inputs of a sample.")
        if self.classes:
            self._check_classes()

    def _check_classes(self) -> None:
        if len(self.classes) < 2:
            raise SettingError("classes", "there must be at least two classes.")
        known = {(float(number),) for number in range(len(self.classes))}
        if wrong := next((row for row in self.targets if row not in known), None):
            shown = ", ".join(f"{number:g}" for number in wrong)
            raise SettingError(
                "targets", f"with classes, each target is one of 0 … {len(self.classes) - 1}, not {shown}."
            )


def _check_rows(name: str, rows: tuple[Row, ...]) -> None:
    if not 0 < len(rows) <= MOST_SAMPLES:
        raise SettingError(name, f"{name}: there must be 1 to {MOST_SAMPLES:,} samples, not {len(rows):,}.")
    width = len(rows[0])
    if not width:
        raise SettingError(name, f"{name}: a sample needs at least one number.")
    for place, row in enumerate(rows, start=1):
        if len(row) != width:
            raise SettingError(name, f"{name}: sample {place} has {len(row)} numbers, the first one has {width}.")
        if problem := _number_problem(row):
            raise SettingError(name, f"{name}: {problem}")
