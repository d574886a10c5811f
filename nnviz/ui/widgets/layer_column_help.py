"""What the columns of the layers panel mean."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def _tr(text: str) -> str:
    return QCoreApplication.translate("LayerStrips", text)


def column_help(column: int) -> str:
    """Explain a column: name, gradient norm, idle units; weights, activations, gradients."""
    return (
        _tr("The layers that have weights, from the input to the output."),
        _tr(
            "Length of the layer's gradient, √Σ(∂loss/∂w)². Each mark of the bar is a factor of ten: where it "
            "shrinks from the last row to the first, the gradients vanish on their way back."
        ),
        _tr(
            "Dead: ReLU neurons that were 0 for every one of the newest samples. Saturated: outputs of sigmoid or "
            "tanh so near to their ends that hardly any gradient passes."
        ),
        _tr("How the weights are spread: time goes to the right, the stronger the colour, the more there are."),
        _tr("How the outputs of the layer are spread, over the samples of a batch."),
        _tr("How large the gradients are, each line a factor of ten; those that are 0 are left out."),
    )[column]
