"""Builds runs: loads their data, and chooses where to compute."""

from __future__ import annotations

from dataclasses import replace

from nnviz.core.catalogue import Catalogue
from nnviz.core.data import Dataset
from nnviz.core.devices import Devices
from nnviz.core.spec import DataSpec, Preset
from nnviz.engine.datasets import DataPlaces, load_dataset
from nnviz.engine.devices import devices_for
from nnviz.engine.run import Run


class Builder:
    """Remembers the data that were loaded last, and the device that was wished.

    Attributes
    ----------
    places : DataPlaces
        Where to look for data.
    devices : Devices
        The wish, and the device that the last run was built on.
    """

    def __init__(self, catalogue: Catalogue, places: DataPlaces, device: str) -> None:
        self.places, self.devices = places, Devices(device)
        self._catalogue = catalogue
        self._dataset: tuple[tuple[DataSpec, int], Dataset] | None = None

    def dataset_for(self, data: DataSpec, seed: int) -> Dataset:
        """Load a data set, or take the one at hand if it is the same."""
        self._catalogue.dataset(data.name)
        key = (replace(data, validation_split=0.0, shuffle=True), seed)
        if self._dataset is None or self._dataset[0] != key:
            self._dataset = (key, load_dataset(data, seed, self.places))
        return self._dataset[1]

    def run(self, preset: Preset, revision: int) -> Run:
        """Build a run."""
        dataset = self.dataset_for(preset.data, preset.training.seed)
        self.devices = devices_for(self.devices.wish, preset)
        return Run(preset, dataset, revision, self.devices.used)
