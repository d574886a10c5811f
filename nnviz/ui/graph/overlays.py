"""What may lie over the neurons and the input besides their numbers: maps of the plane, and saliency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from nnviz.core.data import FloatArray
from nnviz.core.plane import PlaneAnswer
from nnviz.core.playback import Frame
from nnviz.core.spec import Picture
from nnviz.ui.graph.items.heat import HeatLook, fits_column
from nnviz.ui.graph.layout import NetworkLayout
from nnviz.ui.graph.look import Look


@dataclass(frozen=True)
class Seen:
    """What of it is seen in one picture: maps by layer, and the gradient that lies over the input image."""

    heats: Mapping[int, HeatLook] = field(default_factory=dict)
    saliency: FloatArray | None = None


class Overlays:
    """The newest answers, and whether they are wanted."""

    def __init__(self) -> None:
        self.heat_maps = True
        self._plane: PlaneAnswer | None = None
        self._version = 0
        self.saliency: FloatArray | None = None

    def forget(self) -> None:
        """Nothing is known of a new network."""
        self._plane = self.saliency = None

    def set_plane(self, answer: PlaneAnswer) -> None:
        """Take what the neurons answer for every place in the plane."""
        self._plane = answer
        self._version += 1

    def seen(self, frame: Frame | None, look: Look, layout: NetworkLayout) -> Seen:
        """Choose what fits: maps of the part that the neurons show; none where they show gradients, or nothing.

        Saliency tells of the output, so there is none before that is known.
        """
        image = layout.columns[0].picture is Picture.IMAGE
        answered = frame is not None and frame.layers[-1].output is not None
        saliency = self.saliency if image and answered else None
        if not self.heat_maps or self._plane is None or frame is None:
            return Seen(saliency=saliency)
        place = _place(frame, self._plane.reach)
        heats = {}
        for column, layer, parts in zip(layout.columns, look.layers, self._plane.layers, strict=True):
            shows_values = layer.values is not None and not layer.is_gradient and layer.part.name in parts
            if shows_values and column.picture is Picture.UNITS and fits_column(column):
                maps = parts[layer.part.name]
                heats[column.index] = HeatLook(maps, self._version, place, not frame.cursor.overview)
        return Seen(heats, saliency)


def _place(frame: Frame, reach: float) -> tuple[float, float] | None:
    """Where the shown sample lies in the square; None for the mean of the batch, and while many pass by."""
    sample = frame.cursor.sample
    if sample is None or frame.cursor.overview:
        return None
    x1, x2 = np.ravel(frame.trace.inputs[min(sample, len(frame.trace.inputs) - 1)]).tolist()
    return (x1 + reach) / (2 * reach), (reach - x2) / (2 * reach)
