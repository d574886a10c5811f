"""Flatten: rows and columns laid out as one long column."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, ClassVar

from nnviz.core.spec import LayerSpec, Picture, Shape, Wiring

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Flatten(LayerSpec):
    """Lays an image out as one column of numbers, row after row (28×28 → 784). Nothing is computed."""

    kind: ClassVar[str] = "flatten"
    title: ClassVar[str] = "Flatten"
    help: ClassVar[str] = "Lays an image out as one long column of numbers, row after row. Nothing is computed."
    wiring: ClassVar[Wiring] = Wiring.RESHAPE

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the number of values."""
        return (prod(input_shape),)

    def picture(self, input_shape: Shape) -> Picture:
        """A thin column of pixels; circles where it flattens nothing."""
        return Picture.STRIP if len(input_shape) > 1 else Picture.UNITS

    def build(self, input_shape: Shape) -> nn.Module:
        """Build ``nn.Flatten`` and a probe."""
        from torch import nn

        from nnviz.engine.probe import named_pieces

        return named_pieces(reshape=nn.Flatten(), output=None)
