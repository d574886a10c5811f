"""The input layer: what the network is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nnviz.core.spec import OUTPUT, LayerSpec, Part, Picture, Shape, SpecError, Wiring

if TYPE_CHECKING:
    from torch import nn

LARGEST_INPUT = 1_000_000


@dataclass(frozen=True)
class Input(LayerSpec):
    """One sample, preprocessed: an image in greys (rows, columns), or a few features (n,)."""

    shape: tuple[int, ...] = (8, 8)

    kind: ClassVar[str] = "input"
    title: ClassVar[str] = "Input"
    help: ClassVar[str] = "What the network is shown: one number for each pixel or feature."
    wiring: ClassVar[Wiring] = Wiring.NONE
    parts: ClassVar[tuple[Part, ...]] = (OUTPUT,)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of a sample."""
        del input_shape
        size = 1
        for extent in self.shape:
            size *= extent
        if not self.shape or min(self.shape) < 1 or size > LARGEST_INPUT:
            raise SpecError(f"An input of shape {self.shape} is not possible.")
        return tuple(self.shape)

    def picture(self, input_shape: Shape) -> Picture:
        """An image as an image, features as circles."""
        return Picture.IMAGE if len(self.shape) == 2 else Picture.UNITS

    def build(self, input_shape: Shape) -> nn.Module:
        """Build a probe alone: nothing is computed."""
        from nnviz.engine.probe import named_pieces

        return named_pieces(output=None)
