"""What the stages, phases and layers of a walk are called on the screen."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from nnviz.core.playback import PARAMETERS, Phase, Stage
from nnviz.core.spec import NetworkSpec
from nnviz.ui.widgets.texts import translated

translate = QCoreApplication.translate


def phase_name(phase: Phase) -> str:
    """Return the phase as a heading."""
    match phase:
        case Phase.FORWARD:
            return translate("stages", "Forward")
        case Phase.LOSS:
            return translate("stages", "Loss")
        case Phase.BACKWARD:
            return translate("stages", "Backward")
        case Phase.UPDATE:
            return translate("stages", "Update")


def stage_name(stage: Stage, network: NetworkSpec) -> str:
    """Return one stage in a few words, such as "Backward, Hidden 1: gradient of the weights"."""
    phase = phase_name(stage.phase)
    if stage.phase in (Phase.LOSS, Phase.UPDATE):
        return phase
    layer = network.layer_name(stage.layer)
    if stage.part == PARAMETERS:
        return translate("stages", "{phase}, {layer}: gradient of the weights").format(phase=phase, layer=layer)
    parts = network.layers[stage.layer].parts
    label = next(translated(part.label) for part in parts if part.name == stage.part)
    if stage.phase is Phase.BACKWARD:
        label = translate("stages", "gradient of the {part}").format(part=label)
    return f"{phase}, {layer}: {label}"
