"""Export of one recorded step as arrays, for checking by hand or with other programs."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np

from nnviz.core.trace import LayerRecord, Trace
from nnviz.engine.files import atomic_write


def export_trace(trace: Trace, path: Path) -> None:
    """Write a trace as .npz (readable with ``numpy.load(path)``, no pickles).

    Layers are those with parameters, counted from 1. For the N-th, with arrays of shape (batch, units)::

        inputs                                        (batch, …), as the network was fed
        targets                                       (batch,) class indices, or (batch, outputs) numbers
        loss                                          mean over the batch, without penalties
        layers/N/pre_activation, layers/N/activation
        layers/N/grad_pre_activation, layers/N/grad_activation
        layers/N/weight/before, …/gradient, …/after   (out, in), as in PyTorch
        layers/N/bias/before, …/gradient, …/after     (out,)

    What a trace does not have (a drawing without a label has no gradients) is left out.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    arrays: dict[str, np.ndarray] = {"inputs": trace.inputs}
    if trace.targets is not None:
        arrays["targets"] = trace.targets
    if trace.loss is not None:
        arrays["loss"] = np.array(trace.loss)
    for number, index in enumerate(trace.network.layers_with_parameters, start=1):
        for name, array in _layer_arrays(trace.layers[index]).items():
            arrays[f"layers/{number}/{name}"] = array
    buffer = BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    atomic_write(path, buffer.getvalue())


def _layer_arrays(layer: LayerRecord) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray | None] = {}
    for name, part in layer.parts.items():
        arrays[name] = part.value
        arrays[f"grad_{name}"] = part.gradient
    for name, parameter in layer.parameters.items():
        arrays[f"{name}/before"] = parameter.before
        arrays[f"{name}/gradient"] = parameter.gradient
        arrays[f"{name}/after"] = parameter.after
    return {name: array for name, array in arrays.items() if array is not None}
