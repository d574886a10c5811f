"""Trying out other weights, and putting the real ones back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from nnviz.engine.network import Network


@contextmanager
def other_weights(network: Network, weights: Tensor) -> Iterator[None]:
    """Let `network` have these flat weights for a while. Its gradients and its optimizer stay untouched."""
    present = network.flat.clone()
    with torch.no_grad():
        network.flat.copy_(weights)
    try:
        yield
    finally:
        with torch.no_grad():
            network.flat.copy_(present)
