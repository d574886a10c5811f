"""Probes: identity modules that mark where, inside of a layer, a number can be read and its gradient caught."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn


class Probe(nn.Module):
    """Returns its input. While a step is recorded, the network keeps what passes here."""

    def forward(self, value: Tensor) -> Tensor:
        """Return `value` itself."""
        return value


def named_pieces(**pieces: nn.Module | None) -> nn.Sequential:
    """Chain modules by name; a piece that is None becomes a `Probe`, named after the part that it marks."""
    return nn.Sequential(OrderedDict((name, piece or Probe()) for name, piece in pieces.items()))
