"""The trace: everything that one optimizer step on one mini-batch produced, exactly as autograd computed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nnviz.core.data import FloatArray, IntArray
from nnviz.core.pokes import NO_POKES, Pokes
from nnviz.core.spec import NetworkSpec, OptimizerSpec


@dataclass(frozen=True)
class PartRecord:
    """What one part of a layer computed.

    Attributes
    ----------
    value : ndarray, shape (batch, *part_shape)
    gradient : ndarray of the same shape, or None
        ∂loss/∂value. The loss is the mean over the batch, so each sample's gradient carries the factor 1/batch.
        None where nothing flowed back: in a trace without targets, left of the first layer that learns, and for
        the output of a fused loss (see `LayerRecord`).
    """

    value: FloatArray
    gradient: FloatArray | None


@dataclass(frozen=True)
class ParameterRecord:
    """A learned array before the step, its gradient, and after the step. All of one shape, as PyTorch stores them.

    `gradient` is that of the whole objective: loss and penalties, averaged over the batch.
    """

    before: FloatArray
    gradient: FloatArray | None
    after: FloatArray | None


@dataclass(frozen=True)
class LayerRecord:
    """Parts and parameters of one layer, by name.

    Where the loss is computed from the logits (softmax with categorical, sigmoid with binary cross-entropy) the
    gradient of the output part is the derivative of the same loss written with the probabilities, and the gradient
    of `pre_activation` is what autograd computed.
    """

    parts: Mapping[str, PartRecord]
    parameters: Mapping[str, ParameterRecord]


@dataclass(frozen=True)
class Trace:
    """One optimizer step on one mini-batch, or (without targets) one forward pass.

    All arrays are read-only copies.

    Attributes
    ----------
    revision : int
        Counts the networks of this process; a trace of another revision is stale.
    step : int
        How many optimizer steps were taken before this one, since the initial weights.
    epoch, batch : int
        Position in the data, counted from 0; `batches` is their number in an epoch.
    inputs : ndarray, shape (batch, *input_shape)
        What the network was fed (preprocessed).
    targets : ndarray or None
        int64 class indices, shape (batch,), or float32, shape (batch, outputs).
    target_values : ndarray or None, shape (batch, outputs)
        What the output should have been: one-hot for classes.
    sample_indices : ndarray, shape (batch,)
        Which samples of the data set these are; −1 for a drawing.
    loss : float or None
        Mean over the batch, without penalties.
    penalty : float
        L1 and L2 terms, which the gradients of the weights contain.
    sample_losses : ndarray or None, shape (batch,)
    fused_loss : bool
        Whether the loss was computed from the logits.
    is_drawing : bool
        Whether the batch is the drawing from the pad.
    pokes : Pokes
        What was changed by hand.
    """

    revision: int
    step: int
    epoch: int
    batch: int
    batches: int
    network: NetworkSpec
    inputs: FloatArray
    targets: IntArray | FloatArray | None
    target_values: FloatArray | None
    sample_indices: IntArray
    layers: tuple[LayerRecord, ...]
    loss: float | None
    penalty: float
    sample_losses: FloatArray | None
    fused_loss: bool
    loss_name: str
    optimizer: OptimizerSpec
    is_drawing: bool = False
    pokes: Pokes = NO_POKES

    @property
    def batch_size(self) -> int:
        """Number of samples in the batch."""
        return len(self.inputs)

    @property
    def has_backward(self) -> bool:
        """Whether there are targets, and so a loss, gradients and an update."""
        return self.loss is not None

    @property
    def outputs(self) -> FloatArray:
        """Output of the last layer, shape (batch, outputs)."""
        last = self.network.layers[-1].parts[-1].name
        return self.layers[-1].parts[last].value


def frozen(array: np.ndarray) -> np.ndarray:
    """Make an array read-only and return it."""
    array.setflags(write=False)
    return array
