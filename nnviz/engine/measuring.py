"""How well a network does on samples, in portions that fit into memory."""

from __future__ import annotations

import torch
from torch import Tensor

from nnviz.engine.losses import loss_from_scores
from nnviz.engine.network import Network
from nnviz.engine.targets import TargetRule

CHUNK = 4096  # samples that are passed forward at a time


def measure(network: Network, loss: str, rule: TargetRule, inputs: Tensor, targets: Tensor) -> tuple[float, int]:
    """Sum of the losses, and number of right answers, on all these samples."""
    total, right = 0.0, 0
    with torch.no_grad():
        for some, wanted in zip(inputs.split(CHUNK), targets.split(CHUNK), strict=True):
            scores = network.quick_scores(some)
            total += loss_from_scores(loss, scores, wanted).item() * len(wanted)
            right += rule.count_right(scores, wanted)
    return total, right
