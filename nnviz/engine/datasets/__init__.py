"""The data sets there are. To add one: a file like `digits.py`, and one line in `_SOURCES`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnviz.core.catalogue import DatasetEntry
from nnviz.core.data import Dataset
from nnviz.core.settings import check_values
from nnviz.core.spec import DataSpec, SpecError
from nnviz.engine.datasets import digits, given, mnist, plane
from nnviz.engine.datasets.places import DataError, DataPlaces, MissingDataError

Loader = Callable[[Mapping[str, Any], int, DataPlaces], Dataset]

_SOURCES: tuple[tuple[DatasetEntry, Loader], ...] = (
    (digits.ENTRY, digits.load),
    (mnist.ENTRY, mnist.load),
    *plane.SOURCES,
)

DATASETS: tuple[DatasetEntry, ...] = (*(entry for entry, _ in _SOURCES), given.ENTRY)


def load_dataset(data: DataSpec, seed: int, places: DataPlaces) -> Dataset:
    """Load or make the data set that `data` names.

    Parameters
    ----------
    seed : int
        For data sets that are made by chance: the same seed gives the same points.
    places : DataPlaces
        Where the files of downloaded data sets are looked for.

    Returns
    -------
    Dataset
        All its arrays are read-only.

    Raises
    ------
    SpecError
        For an unknown name, or added points that the data set cannot take.
    SettingError
        For a setting that the data set does not have, or a value out of range.
    MissingDataError
        If its files are not on this machine; the message says what to do.
    DataError
        If its files are there, but cannot be used.
    """
    dataset = _load(data, seed, places)
    return plane.with_points(dataset, data.points) if data.points else dataset


def _load(data: DataSpec, seed: int, places: DataPlaces) -> Dataset:
    """Load a data set, without the points that were added."""
    if data.name == given.ENTRY.name:
        check_values({}, data.settings)
        return given.load(data.given)
    for entry, load in _SOURCES:
        if entry.name == data.name:
            check_values(entry.settings, data.settings)
            return load({**entry.defaults, **data.settings}, seed, places)
    names = ", ".join(entry.name for entry in DATASETS)
    raise SpecError(f"There is no data set {data.name!r}; there are: {names}.")


__all__ = ["DATASETS", "DataError", "DataPlaces", "MissingDataError", "load_dataset"]
