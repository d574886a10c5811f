"""Neurons that are switched off: their output is 0, and nothing flows back through them."""

from __future__ import annotations

from torch import Tensor, nn


class Off(nn.Module):
    """Puts 0 in the place of some outputs of a layer; unlike a product with 0 also of those that are infinite.

    Attributes
    ----------
    mask : Tensor of bool, shape (units,)
    """

    def __init__(self, mask: Tensor) -> None:
        super().__init__()
        self.mask = mask

    def forward(self, values: Tensor) -> Tensor:
        """Return values of shape (batch, units) with those zeros."""
        return values.masked_fill(self.mask, 0.0)
