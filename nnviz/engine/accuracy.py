"""When an answer counts as right. A function of TorchScript, like those in `backprop`."""

from torch import Tensor


def count_right(scores: Tensor, targets: Tensor, threshold: float, middle: float) -> int:
    """Count the samples that were given their class.

    Parameters
    ----------
    scores : Tensor, shape (samples, outputs)
        What the loss judges.
    targets : Tensor
        As the loss wants them: class indices, one-hot, or one number that says which of two classes it is.
    threshold, middle : float
        With a single output: the score and the target above which class 1 is meant.
    """
    if scores.shape[1] == 1:
        right = (scores > threshold) == (targets > middle)
    elif targets.dim() == 1:
        right = scores.argmax(1) == targets
    else:
        right = scores.argmax(1) == targets.argmax(1)
    return int(right.sum().item())
