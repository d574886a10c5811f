"""All there is to choose from, put together. Imports neither torch nor scikit-learn."""

from __future__ import annotations

from functools import lru_cache

from nnviz.core.catalogue import Catalogue
from nnviz.engine.datasets import DATASETS
from nnviz.engine.layers import LAYERS
from nnviz.engine.losses import LOSSES
from nnviz.engine.optimizers import OPTIMIZERS
from nnviz.engine.presets import read_presets


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Return the layers, optimizers, losses, data sets and presets that this program knows."""
    return Catalogue(LAYERS, OPTIMIZERS, LOSSES, DATASETS, read_presets())
