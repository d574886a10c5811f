"""Where numbers stopped being numbers."""

from __future__ import annotations

import numpy as np

from nnviz.core.trace import Trace


def first_overflow(trace: Trace) -> tuple[int, str]:
    """Find the layer that overflowed first in a pass.

    Returns
    -------
    layer : int
    what : str
        "weights" where the weights themselves are not finite any more, else the label of the part ("weighted sum").
        The last layer's "loss" if all of its numbers are finite.
    """
    for index, record in enumerate(trace.layers):
        if not all(np.isfinite(parameter.before).all() for parameter in record.parameters.values()):
            return index, "weights"
        for part in trace.network.layers[index].parts:
            if not np.isfinite(record.parts[part.name].value).all():
                return index, part.label
    return len(trace.layers) - 1, "loss"
