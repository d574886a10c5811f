"""What a formula is about: the frame, and the neuron or weight whose numbers are written out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnviz.core.catalogue import Catalogue
from nnviz.core.data import FloatArray
from nnviz.core.playback import Frame, LayerFrame


@dataclass(frozen=True)
class Explanation:
    """One sentence on what happens at this stage, and the formula with its numbers (empty where there is none)."""

    sentence: str
    formula: str


@dataclass(frozen=True)
class Focus:
    """The neuron a person has chosen, or the weight into it from `source`. Counted from 0, as flat indices."""

    layer: int
    unit: int
    source: int | None = None


BLOCK = 65_536  # numbers that fit into the processor's cache


@dataclass(frozen=True)
class Scene:
    """A frame, what is in focus, and how many terms of a long sum there is room for."""

    frame: Frame
    catalogue: Catalogue
    focus: Focus | None = None
    terms: int = 3

    @property
    def here(self) -> LayerFrame:
        """The layer at work."""
        return self.frame.layers[self.frame.stage.layer]

    @property
    def is_mean(self) -> bool:
        """Whether the picture shows the mean over the batch."""
        return self.frame.cursor.sample is None

    @property
    def batch_size(self) -> int:
        """Number of samples whose losses are averaged."""
        return self.frame.trace.batch_size

    def focus_on(self, layer: int) -> Focus | None:
        """What is in focus, if it lies in this layer."""
        return self.focus if self.focus is not None and self.focus.layer == layer else None

    def unit(self, array: FloatArray, layer: int | None = None) -> int:
        """Flat index of the unit to write out: the one in focus, or else the one with the largest |number|."""
        focus = self.focus_on(self.here.index if layer is None else layer)
        if focus is not None and 0 <= focus.unit < array.size:
            return focus.unit
        return largest(array)

    def source(self, layer: int) -> FloatArray:
        """Return what flows into `layer` at this cursor, shape (inputs,)."""
        output = self.frame.layers[layer - 1].output
        assert output is not None  # what lies to the left was computed before
        return np.ravel(output)

    def batch_column(self, layer: int, part: str, unit: int, gradient: bool = False) -> FloatArray:
        """One unit's numbers for all samples, shape (batch,)."""
        record = self.frame.trace.layers[layer].parts[part]
        array = record.gradient if gradient else record.value
        assert array is not None
        column: FloatArray = array.reshape(len(array), -1)[:, unit]
        return column


def largest(array: FloatArray) -> int:
    """Flat index of the largest |number|; what is not a number counts as 0."""
    flat = np.ravel(array)
    found, most = 0, 0.0
    for start in range(0, flat.size, BLOCK):  # ten times as fast as whole temporaries of a huge matrix
        sizes = np.abs(np.nan_to_num(flat[start : start + BLOCK], nan=0.0))
        place = int(np.argmax(sizes))
        if sizes[place] > most:
            found, most = start + place, float(sizes[place])
    return found
