"""One optimizer step on the flat parameters: the kernels that the classes in ``torch.optim`` call, in the same order.

Weights and what the optimizer remembers belong to torch's optimizer; this changes them in place, as its ``step`` does,
to the bit (a test compares all of them). RMSprop has no kernel of its own, so its lines are written out.

A function of TorchScript, like those in `backprop`. The kernels take lists of tensors; these have one element each, and
are made by the caller: writing to a list that is made here, TorchScript takes for nothing, and leaves out.
"""

import torch
from torch import Tensor


def update(
    name: str,
    settings: dict[str, float],
    weights: list[Tensor],
    gradient: list[Tensor],
    remembered: dict[str, list[Tensor]],
) -> None:
    """Take one step.

    Parameters
    ----------
    name : str
        Of the class in ``torch.optim``.
    settings : dict
        Its arguments, as numbers.
    weights, gradient : list of one Tensor
    remembered : dict
        Its state of these weights.
    """
    lr, decay = settings["lr"], settings["weight_decay"]
    if name == "SGD":
        momentum = settings["momentum"]
        torch._fused_sgd_(
            weights,
            gradient,
            remembered["momentum_buffer"] if momentum != 0.0 else [],
            weight_decay=decay,
            momentum=momentum,
            lr=lr,
            dampening=settings["dampening"],
            nesterov=settings["nesterov"] != 0.0,
            maximize=False,
            is_first_step=False,
        )
        return
    steps = remembered["step"]
    steps[0].add_(1)
    if name == "Adagrad":
        torch._fused_adagrad_(
            weights,
            gradient,
            remembered["sum"],
            steps,
            lr=lr,
            lr_decay=settings["lr_decay"],
            weight_decay=decay,
            eps=settings["eps"],
            maximize=False,
        )
    elif name == "RMSprop":
        w, g, square, alpha = weights[0], gradient[0], remembered["square_avg"][0], settings["alpha"]
        if decay != 0.0:
            g = g.add(w, alpha=decay)
        square.mul_(alpha).addcmul_(g, g, value=1 - alpha)
        root = square.sqrt().add_(settings["eps"])
        if settings["momentum"] > 0.0:
            speed = remembered["momentum_buffer"][0].mul_(settings["momentum"]).addcdiv_(g, root)
            w.add_(speed, alpha=-lr)
        else:
            w.addcdiv_(g, root, value=-lr)
    elif name == "AdamW":
        torch._fused_adamw_(
            weights,
            gradient,
            remembered["exp_avg"],
            remembered["exp_avg_sq"],
            [],
            steps,
            lr=lr,
            beta1=settings["beta1"],
            beta2=settings["beta2"],
            weight_decay=decay,
            eps=settings["eps"],
            amsgrad=False,
            maximize=False,
        )
    else:
        torch._fused_adam_(
            weights,
            gradient,
            remembered["exp_avg"],
            remembered["exp_avg_sq"],
            [],
            steps,
            lr=lr,
            beta1=settings["beta1"],
            beta2=settings["beta2"],
            weight_decay=decay,
            eps=settings["eps"],
            amsgrad=False,
            maximize=False,
        )
