"""The losses there are, and what the last layer has to look like for each.

Where a loss and an activation belong together (softmax with categorical, sigmoid with binary cross-entropy) the loss is
computed from the logits: the same number, without the overflow of e^z or the logarithm of a rounded zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from nnviz.core.catalogue import LossEntry
from nnviz.core.spec import SpecError, TrainingSpec

if TYPE_CHECKING:
    from torch import Tensor

# Formulas: y is what the output should be, p or a what it is (Goodfellow et al., Deep Learning, 2016, chapter 6.2)
LOSSES: tuple[LossEntry, ...] = (
    LossEntry(
        "categorical_crossentropy",
        "Categorical cross-entropy",
        "For one class out of several: minus the logarithm of the probability that the right class was given.",
        "L = −ln p(right class)",
        fused_activation="softmax",
    ),
    LossEntry(
        "binary_crossentropy",
        "Binary cross-entropy",
        "For yes or no: minus the logarithm of the probability that the right answer was given.",
        "L = −y·ln a − (1 − y)·ln(1 − a)",
        fused_activation="sigmoid",
    ),
    LossEntry(
        "mean_squared_error",
        "Mean squared error",
        "For numbers: the square of the distance between what came out and what should have, averaged.",
        "L = mean (a − y)²",
    ),
    LossEntry(
        "half_squared_error",
        "Half the sum of squared errors",
        "For numbers, as in textbooks: half the square of each distance, added up over the outputs. In the derivative, "
        "a − y, the ½ is gone.",
        "L = ½·Σ (a − y)²",
    ),
)


def loss_entry(name: str) -> LossEntry:
    """Find a loss by name; raises `SpecError` for an unknown one."""
    for entry in LOSSES:
        if entry.name == name:
            return entry
    raise SpecError(f"There is no loss {name!r}; there are: {', '.join(entry.name for entry in LOSSES)}.")


def judges_numbers(name: str) -> bool:
    """Whether the loss measures how far numbers are from each other, rather than judging probabilities."""
    return name in ("mean_squared_error", "half_squared_error")


def is_fused(loss: str, output_activation: str | None) -> bool:
    """Whether the loss is computed from the logits of an output layer with that activation."""
    return output_activation is not None and loss_entry(loss).fused_activation == output_activation


def loss_from_scores(name: str, scores: Tensor, targets: Tensor, reduction: str = "mean") -> Tensor:
    """Loss of a batch, as it is trained.

    Parameters
    ----------
    scores : Tensor, shape (batch, outputs)
        Logits for the cross-entropies, outputs for the squared errors.
    targets : Tensor
        int64 class indices, shape (batch,), for categorical cross-entropy; else float32, shape (batch, outputs).
    reduction : str
        "mean" over the batch (a scalar), or "none": one loss per sample, shape (batch,).
    """
    from torch.nn import functional

    if name == "categorical_crossentropy":
        return functional.cross_entropy(scores, targets, reduction=reduction)
    if name == "half_squared_error":
        if reduction == "none":
            return functional.mse_loss(scores, targets, reduction="none").sum(dim=1) * 0.5
        return functional.mse_loss(scores, targets, reduction="sum") * (0.5 / len(scores))
    judge = functional.binary_cross_entropy_with_logits if name == "binary_crossentropy" else functional.mse_loss
    if reduction == "mean":
        return judge(scores, targets)
    return judge(scores, targets, reduction="none").mean(dim=1)


def loss_from_outputs(name: str, outputs: Tensor, targets: Tensor) -> Tensor:
    """The same loss written with the probabilities: for showing ∂loss/∂output where training uses the logits."""
    from torch.nn import functional

    if name == "categorical_crossentropy":
        return functional.nll_loss(outputs.log(), targets)
    if name == "binary_crossentropy":
        return functional.binary_cross_entropy(outputs, targets)
    return functional.mse_loss(outputs, targets)


def with_penalties(loss: Tensor, weights: Callable[[], Iterable[Tensor]], training: TrainingSpec) -> Tensor:
    """Add l1·Σ|w| + l2/2·Σw² over the weights (not the biases); without penalties, it is the very same tensor."""
    l1, l2 = training.l1, training.l2
    for weight in weights() if l1 or l2 else ():
        loss = loss + l1 * weight.abs().sum() + 0.5 * l2 * weight.square().sum()
    return loss
