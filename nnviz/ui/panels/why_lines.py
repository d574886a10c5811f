"""Why a weight goes up or down, in one plain sentence with the numbers of the step."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from nnviz.core.weight_step import Cause, WeightStep
from nnviz.ui.formula.numbers import digits_to_tell, significant, written_change

translate = QCoreApplication.translate


def why_it_moves(step: WeightStep, optimizer: str, has_momentum: bool) -> str:
    """Say why a weight moves, or why it stays.

    Parameters
    ----------
    optimizer : str
        What the optimizer is called.
    has_momentum : bool
        Whether that has a momentum; else what it remembers are means of the gradients.
    """
    match step.cause:
        case Cause.DIVERGED:
            return translate("why", "∂L/∂w or w is no number any more: the training has diverged.")
        case Cause.GRADIENT:
            return f"{_gradient(step)} {_so_it_moves(step)}"
        case Cause.NOTHING:
            text = translate("why", "{gradient} So the step leaves w at {w}.")
        case Cause.FROZEN:
            text = translate("why", "{gradient} But this weight is frozen: the step leaves it at {w}.")
        case Cause.ROUNDING:
            text = translate(
                "why", "{gradient} But the step is too small for the last digit of a 32-bit number: w stays at {w}."
            )
        case Cause.DECAY:
            text = (
                translate("why", "{gradient} But the weight decay pulls w towards 0, and that is stronger: {moves}.")
                if step.gradient
                else translate("why", "{gradient} But the weight decay pulls w towards 0: {moves}.")
            )
            return text.format(gradient=_gradient(step), moves=_moves(step))
        case Cause.MEMORY:
            return _against_memory(step, optimizer, has_momentum)
    return text.format(gradient=_gradient(step), w=significant(step.after, 4))


def _gradient(step: WeightStep) -> str:
    """What the gradient says, and whether the samples or a penalty make it so."""
    if step.gradient == 0:
        return translate("why", "∂L/∂w is 0: for this batch, a slightly different w does not change the loss.")
    rises = step.gradient < 0
    if step.penalty_free == 0:
        text = (
            translate("why", "To the samples w does not matter, but the penalty makes ∂L/∂w negative.")
            if rises
            else translate("why", "To the samples w does not matter, but the penalty makes ∂L/∂w positive.")
        )
    elif step.penalty_free is not None and step.penalty_free * step.gradient < 0:
        text = (
            translate("why", "For the samples alone w should fall, but the penalty makes ∂L/∂w negative.")
            if rises
            else translate("why", "For the samples alone w should rise, but the penalty makes ∂L/∂w positive.")
        )
    elif step.penalty_free is not None:
        text = (
            translate("why", "∂L/∂w is negative: a larger w lowers the loss with its penalty.")
            if rises
            else translate("why", "∂L/∂w is positive: a smaller w lowers the loss with its penalty.")
        )
    else:
        text = (
            translate("why", "∂L/∂w is negative: a larger w lowers the loss.")
            if rises
            else translate("why", "∂L/∂w is positive: a smaller w lowers the loss.")
        )
    return text


def _so_it_moves(step: WeightStep) -> str:
    if step.change > 0:
        return translate("why", "So the step raises w by {by}, from {before} to {after}.").format(**_numbers(step))
    return translate("why", "So the step lowers w by {by}, from {before} to {after}.").format(**_numbers(step))


def _moves(step: WeightStep) -> str:
    if step.change > 0:
        return translate("why", "w goes up by {by}, from {before} to {after}").format(**_numbers(step))
    return translate("why", "w goes down by {by}, from {before} to {after}").format(**_numbers(step))


def _against_memory(step: WeightStep, optimizer: str, has_momentum: bool) -> str:
    if step.gradient == 0:
        said = translate("why", "∂L/∂w is 0 this time")
    elif step.gradient > 0:
        said = translate("why", "∂L/∂w is positive this time")
    else:
        said = translate("why", "∂L/∂w is negative this time")
    if has_momentum:
        text = (
            translate("why", "{said}, but the momentum of earlier steps still pushes w up {how}.")
            if step.change > 0
            else translate("why", "{said}, but the momentum of earlier steps still pushes w down {how}.")
        )
    else:
        text = (
            translate("why", "{said}, but earlier gradients, which {optimizer} remembers, still push w up {how}.")
            if step.change > 0
            else translate(
                "why", "{said}, but earlier gradients, which {optimizer} remembers, still push w down {how}."
            )
        )
    how = translate("why", "by {by}, from {before} to {after}").format(**_numbers(step))
    return text.format(said=said, optimizer=optimizer, how=how)


def _numbers(step: WeightStep) -> dict[str, str]:
    digits = digits_to_tell(step.before, step.after)
    return {
        "by": written_change(abs(step.change), step.before),
        "before": significant(step.before, digits),
        "after": significant(step.after, digits),
    }
