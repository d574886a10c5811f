"""What is wrong with a training, and what to try, in words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from nnviz.core.health import Finding, Illness
from nnviz.core.remedies import Cure, Remedy
from nnviz.core.spec import NetworkSpec
from nnviz.ui.formula.numbers import significant
from nnviz.ui.widgets.texts import translated


def _tr(text: str) -> str:
    return QCoreApplication.translate("health", text)


def finding_text(finding: Finding, network: NetworkSpec) -> str:
    """Say in one or two sentences what is wrong, and how one can tell."""
    layer = "" if finding.layer is None else translated(network.layer_name(finding.layer))
    texts = {
        Illness.OVERFLOW: _tr(
            "Overflow: the gradient of {layer} is NaN (“not a number”) or infinite, and nothing can be learned from "
            "that."
        ),
        Illness.ALIKE: _tr(
            "All {number} neurons of {layer} have the same weights: they always do the same, and stay alike for ever."
        ),
        Illness.LEARNING_RATE: _tr("The loss jumps up instead of falling: the learning rate is probably too high."),
        Illness.EXPLODING: _tr("The gradients explode: that of {layer} has a norm of {number}."),
        Illness.DEAD: _tr(
            "{share} of the ReLU neurons of {layer} are dead: they are 0 for every sample, and so learn nothing more."
        ),
        Illness.STUCK: _tr(
            "It does not learn: the loss is that of guessing, and the gradients of the hidden layers are tiny, at most "
            "{number}."
        ),
        Illness.VANISHING: _tr(
            "The gradients vanish on their way back: only {share} of the largest one arrives at {layer}, which hardly "
            "learns."
        ),
        Illness.OVERFITTING: _tr(
            "Overfitting: the training loss still falls, but the validation loss has risen to {number} times its best. "
            "The network learns its samples by heart."
        ),
    }
    return texts[finding.illness].format(
        layer=layer, number=significant(finding.measure, 2), share=_percent(finding.measure)
    )


def _percent(share: float) -> str:
    return f"{significant(100 * share, 2)} %"


def remedy_text(remedy: Remedy) -> str:
    """Name what a remedy does, short enough for a button."""
    number = significant(remedy.value, 2)
    texts = {
        Cure.GO_BACK: _tr("Go back, with learning rate {number}"),
        Cure.LOWER_LEARNING_RATE: _tr("Learning rate {number}"),
        Cure.HIGHER_LEARNING_RATE: _tr("Learning rate {number}"),
        Cure.NEW_WEIGHTS: _tr("Start again with other weights"),
        Cure.RELU: _tr("Start again with ReLU"),
        Cure.LEAKY_RELU: _tr("Use leaky ReLU"),
        Cure.DROPOUT: _tr("Add dropout {share}"),
        Cure.PENALTY: _tr("L2 penalty {number}"),
    }
    return texts[remedy.cure].format(number=number, share=f"{remedy.value:.0%}")


def remedy_help(remedy: Remedy) -> str:
    """Say why a remedy may help."""
    return {
        Cure.GO_BACK: _tr("To the last moment at which training was sound, and on from there in smaller steps."),
        Cure.HIGHER_LEARNING_RATE: _tr("Ten times the learning rate: larger steps may lead out of a flat region."),
        Cure.LOWER_LEARNING_RATE: _tr(
            "A tenth of the learning rate: smaller steps do not overshoot. If the network has got lost, start again "
            "with R."
        ),
        Cure.NEW_WEIGHTS: _tr(
            "Weights drawn by chance, as suits the activation function, make the neurons different from each other, "
            "and keep the size of the gradients."
        ),
        Cure.RELU: _tr(
            "The slope of sigmoid is at most 0.25, so each layer passes on less of the gradient. ReLU with He's "
            "initial weights passes it on undiminished."
        ),
        Cure.LEAKY_RELU: _tr("It has a small slope below 0, too, so that a dead neuron can come back to life."),
        Cure.DROPOUT: _tr("It switches neurons off by chance while training, so that none learns samples by heart."),
        Cure.PENALTY: _tr("It keeps all weights small, which makes the network simpler and smoother."),
    }[remedy.cure]
