"""The optimizers there are: torch's own, one row each, with the settings a learner meets and their ranges."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nnviz.core.catalogue import OptimizerEntry
from nnviz.core.settings import Number, Setting
from nnviz.core.spec import OptimizerSpec, SpecError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

MOMENTUM = Number(
    "Momentum",
    "Share of the previous step that is kept, so that steps in a lasting direction add up, like a rolling ball.",
    0.0,
    0.999,
    step=0.05,
)

SETTINGS: dict[str, Setting] = {
    "lr": Number(
        "Learning rate",
        "Size of a step: too small and learning takes for ever, too large and the loss jumps or explodes.",
        1e-7,
        100.0,
        logarithmic=True,
    ),
    "momentum": MOMENTUM,
    "alpha": Number(
        "Smoothing α",
        "How long the running average of squared gradients remembers: 0.99 is about a hundred steps.",
        0.0,
        0.9999,
        step=0.01,
    ),
    "beta1": Number(
        "β₁ (mean)",
        "How long the running mean of the gradients remembers: 0.9 is about ten steps.",
        0.0,
        0.9999,
        step=0.01,
    ),
    "beta2": Number(
        "β₂ (square)",
        "How long the running mean of the squared gradients remembers: 0.999 is about a thousand steps.",
        0.0,
        0.99999,
        step=0.001,
    ),
    "eps": Number(
        "ε",
        "A tiny number added to the divisor, so that nothing is divided by zero.",
        0.0,
        1.0,
        logarithmic=True,
        step=1e-10,
    ),
    "lr_decay": Number(
        "Learning rate decay", "Shrinks the learning rate to lr/(1 + steps · decay).", 0.0, 1.0, step=0.001
    ),
    "weight_decay": Number(
        "Weight decay",
        "Pulls every weight a little towards zero at each step, which keeps the network simple.",
        0.0,
        1.0,
        step=0.001,
        logarithmic=True,
    ),
}


@dataclass(frozen=True)
class OptimizerRow(OptimizerEntry):
    """An entry of the table: the class in ``torch.optim``, what is always passed to it, and where it can be fused."""

    torch_name: str = ""
    fixed: dict[str, Any] = field(default_factory=dict)
    fused: bool = True
    fused_anywhere: bool = True


def _row(
    name: str,
    label: str,
    help_text: str,
    formula: str,
    torch_name: str,
    defaults: dict[str, float],
    usual_lr: float,
    ranges: dict[str, Setting] | None = None,
    **extra: Any,
) -> OptimizerRow:
    settings = {key: SETTINGS[key] for key in defaults} | (ranges or {})
    return OptimizerRow(name, label, help_text, formula, settings, defaults, usual_lr, torch_name, **extra)


# Formulas as in PyTorch's documentation of each class (https://docs.pytorch.org/docs/stable/optim.html)
OPTIMIZERS: tuple[OptimizerRow, ...] = (
    _row(
        "sgd",
        "SGD",
        "Stochastic gradient descent: steps straight down the gradient of the current batch.",
        "w ← w − lr·g",
        "SGD",
        {"lr": 1e-3, "weight_decay": 0.0},
        usual_lr=0.1,
    ),
    _row(
        "momentum",
        "SGD + momentum",
        "Keeps part of its speed from step to step, so it rolls through flat stretches and small bumps.",
        "v ← momentum·v + g;  w ← w − lr·v",
        "SGD",
        {"lr": 1e-3, "momentum": 0.9, "weight_decay": 0.0},
        usual_lr=0.01,
    ),
    _row(
        "nesterov",
        "SGD + Nesterov",
        "Momentum that looks ahead: it uses the gradient of where its speed will carry it.",
        "v ← momentum·v + g;  w ← w − lr·(g + momentum·v)",
        "SGD",
        {"lr": 1e-3, "momentum": 0.9, "weight_decay": 0.0},
        usual_lr=0.01,
        ranges={"momentum": replace(MOMENTUM, minimum=0.01)},  # without any, there is nothing to look ahead with
        fixed={"nesterov": True},
    ),
    _row(
        "adagrad",
        "Adagrad",
        "Gives each weight its own learning rate, which shrinks with all the gradients it has seen.",
        "s ← s + g²;  w ← w − lr·g/(√s + ε)",
        "Adagrad",
        {"lr": 1e-2, "lr_decay": 0.0, "eps": 1e-10, "weight_decay": 0.0},
        usual_lr=0.01,
        fused_anywhere=False,
    ),
    _row(
        "rmsprop",
        "RMSprop",
        "Divides each step by the recent size of that weight's gradients: steep and flat directions move alike.",
        "s ← α·s + (1 − α)·g²;  w ← w − lr·g/(√s + ε)",
        "RMSprop",
        {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "momentum": 0.0, "weight_decay": 0.0},
        usual_lr=0.001,
        fused=False,
    ),
    _row(
        "adam",
        "Adam",
        "Momentum and RMSprop together, with a correction for the first steps. A good first choice.",
        "m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²;  w ← w − lr·m̂/(√v̂ + ε)",
        "Adam",
        {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.0},
        usual_lr=0.001,
    ),
    _row(
        "adamw",
        "AdamW",
        "Adam whose weight decay pulls on the weights themselves instead of on the gradients.",
        "w ← w − lr·λ·w;  then as Adam",
        "AdamW",
        {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 1e-2},
        usual_lr=0.001,
    ),
)


def optimizer_row(name: str) -> OptimizerRow:
    """Find a row by name; raises `SpecError` for an unknown one."""
    for row in OPTIMIZERS:
        if row.name == name:
            return row
    raise SpecError(f"There is no optimizer {name!r}; there are: {', '.join(row.name for row in OPTIMIZERS)}.")


def _arguments(row: OptimizerRow, spec: OptimizerSpec) -> dict[str, Any]:
    """Keyword arguments for torch's class; the two betas become one pair."""
    settings: dict[str, Any] = dict(row.complete(spec))
    if "beta1" in settings:
        settings["betas"] = (settings.pop("beta1"), settings.pop("beta2"))
    return settings


def build_optimizer(spec: OptimizerSpec, parameters: list[Tensor]) -> Optimizer:
    """Make torch's optimizer.

    Raises
    ------
    SpecError, SettingError
        For unknown names and values out of range.
    """
    import torch

    row = optimizer_row(spec.name)
    on_cpu = parameters[0].device.type == "cpu"
    fused = {"fused": True} if row.fused and (on_cpu or row.fused_anywhere) else {}
    arguments = _arguments(row, spec)
    try:
        optimizer: Optimizer = getattr(torch.optim, row.torch_name)(parameters, **arguments, **row.fixed, **fused)
    except ValueError as error:
        raise SpecError(f"{row.label} cannot work with these settings: {error}.") from error
    return optimizer


def change_settings(optimizer: Optimizer, spec: OptimizerSpec) -> None:
    """Give a running optimizer other settings; what it has remembered stays."""
    arguments = _arguments(optimizer_row(spec.name), spec)
    for group in optimizer.param_groups:
        group.update(arguments)
    if arguments.get("momentum"):  # torch makes this buffer at the first step alone, and only if there is momentum then
        for parameter, state in optimizer.state.items():
            state.setdefault("momentum_buffer", parameter.new_zeros(parameter.shape))
