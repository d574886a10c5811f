"""Dropout (Srivastava et al. 2014): switches off neurons by chance while training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nnviz.core.settings import Number, setting
from nnviz.core.spec import LayerSpec, Picture, Shape, Wiring

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Dropout(LayerSpec):
    """Sets each value to zero with probability `rate`, and scales the others by 1/(1 − rate), while training."""

    rate: float = setting(
        0.2,
        Number("Rate", "Share of the values that are switched off at each training step.", 0.0, 0.95, step=0.05),
    )

    kind: ClassVar[str] = "dropout"
    title: ClassVar[str] = "Dropout"
    help: ClassVar[str] = (
        "Switches off neurons by chance at each training step, so that the network cannot rely on any single one: "
        "less overfitting."
    )
    wiring: ClassVar[Wiring] = Wiring.ONE_TO_ONE
    draws_by_chance: ClassVar[bool] = True

    def output_shape(self, input_shape: Shape) -> Shape:
        """Keep the shape."""
        return input_shape

    def picture(self, input_shape: Shape) -> Picture:
        """Drawn like what it thins out."""
        return Picture.IMAGE if len(input_shape) == 2 else Picture.UNITS

    def build(self, input_shape: Shape) -> nn.Module:
        """Build ``nn.Dropout`` and a probe."""
        from torch import nn

        from nnviz.engine.probe import named_pieces

        return named_pieces(drop=nn.Dropout(self.rate), output=None)

    @property
    def detail(self) -> str:
        """Name the rate."""
        return f"{self.rate:.0%}"
