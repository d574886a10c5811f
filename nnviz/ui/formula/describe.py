"""Choose the sentence and the formula for a frame."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QCoreApplication

from nnviz.core.catalogue import Catalogue
from nnviz.core.playback import PARAMETERS, Frame, Phase
from nnviz.core.spec import SpecError, Wiring
from nnviz.ui.formula.backward import backward_formula, optimizer_name, update_formula, updated_weight
from nnviz.ui.formula.forward import forward_formula
from nnviz.ui.formula.loss import loss_formula
from nnviz.ui.formula.numbers import significant, subscript
from nnviz.ui.formula.scene import Explanation, Focus, Scene
from nnviz.ui.widgets.texts import translated

translate = QCoreApplication.translate


def describe(frame: Frame, catalogue: Catalogue, focus: Focus | None = None, terms: int = 3) -> Explanation:
    """Say what happens at the frame's stage.

    Parameters
    ----------
    focus
        The neuron (or weight) to write out; by default the one with the largest number at this stage.
    terms
        How many terms of a long sum to print one by one.
    """
    with np.errstate(all="ignore"):  # a network that has diverged is explained, too
        return _explained(Scene(frame, catalogue, focus, terms))


def _explained(scene: Scene) -> Explanation:
    frame = scene.frame
    if frame.cursor.overview:
        return _overview(scene)
    match frame.phase:
        case Phase.FORWARD:
            return Explanation(_forward_sentence(scene), forward_formula(scene))
        case Phase.LOSS:
            return Explanation(_loss_sentence(scene), loss_formula(scene))
        case Phase.BACKWARD:
            return Explanation(_backward_sentence(scene), backward_formula(scene))
        case Phase.UPDATE:
            return Explanation(_update_sentence(scene), _update(scene))


def _overview(scene: Scene) -> Explanation:
    trace = scene.frame.trace
    if not trace.has_backward:
        text = translate("formula", "{sample} has passed through the network.").format(sample=_shown_sample(scene))
        return Explanation(text, _best_output(scene))
    sentence = translate("formula", "Batch {batch} of epoch {epoch} has just been learned.").format(
        batch=trace.batch + 1, epoch=trace.epoch + 1
    )
    formula = f"L = {significant(trace.loss or 0.0)}"
    if trace.batch_size > 1:
        formula += translate("formula", "  (mean over {count} samples)").format(count=trace.batch_size)
    return Explanation(sentence, formula)


def _best_output(scene: Scene) -> str:
    outputs = scene.frame.trace.outputs[0].ravel()
    best = int(outputs.argmax())
    return translate("formula", "largest output: a{unit} = {value}").format(
        unit=subscript(best), value=significant(float(outputs[best]))
    )


def _shown_sample(scene: Scene) -> str:
    sample = scene.frame.cursor.sample
    if scene.frame.trace.is_drawing:
        index = int(scene.frame.trace.sample_indices[0])
        if index < 0:
            return translate("formula", "Your drawing")
        return translate("formula", "Sample {index} of the data").format(index=index)
    if sample is None:
        return translate("formula", "The mean of the batch's {count} samples").format(count=scene.batch_size)
    return translate("formula", "Sample {number} of {count}").format(number=sample + 1, count=scene.batch_size)


def _forward_sentence(scene: Scene) -> str:
    here = scene.here
    match here.spec.wiring:
        case Wiring.NONE:
            return translate("formula", "{sample} enters the network.").format(sample=_shown_sample(scene))
        case Wiring.RESHAPE:
            return translate("formula", "{layer} lays the numbers out in one column; nothing is computed.").format(
                layer=here.name
            )
        case Wiring.ONE_TO_ONE if not scene.frame.trace.has_backward:
            return translate("formula", "{layer} passes all on: it switches neurons off only while learning.").format(
                layer=here.name
            )
        case Wiring.ONE_TO_ONE:
            return translate("formula", "{layer} switches off neurons by chance, and enlarges the others.").format(
                layer=here.name
            )
        case Wiring.DENSE if scene.frame.stage.part == here.spec.parts[0].name:
            return translate("formula", "{layer}: each neuron adds up weight times input, and its bias.").format(
                layer=here.name
            )
        case Wiring.DENSE if here.spec.activation_name == "softmax":
            return translate(
                "formula", "{layer}: softmax turns the sums z into probabilities that add up to 1."
            ).format(layer=here.name)
        case Wiring.DENSE:
            return translate("formula", "{layer}: {function} turns each sum z into the neuron's output a.").format(
                layer=here.name, function=here.spec.detail
            )
    return translate("formula", "{layer} computes its {part}.").format(layer=here.name, part=scene.frame.stage.part)


def _loss_sentence(scene: Scene) -> str:
    name = scene.frame.trace.loss_name
    try:
        name = translated(scene.catalogue.loss(name).label)
    except SpecError:
        name = name.replace("_", " ")
    return translate("formula", "The loss says how wrong the output is: {loss}.").format(
        loss=name[:1].lower() + name[1:]
    )


def _backward_sentence(scene: Scene) -> str:
    here, part = scene.here, scene.frame.stage.part
    if part == PARAMETERS:
        return translate("formula", "{layer}: a weight's gradient is δ times input, summed over the batch.").format(
            layer=here.name
        )
    is_output = part == here.spec.parts[-1].name
    if here.index == len(scene.frame.layers) - 1:
        if is_output:
            text = translate("formula", "The way back begins: how does the loss change with each output?")
        elif scene.frame.trace.fused_loss:
            text = translate(
                "formula",
                "The way back begins: the error δ is (output − target) / batch size B.",
            )
        else:
            text = translate("formula", "{layer}: back through {function}, whose slope scales each error δ.")
        return text.format(layer=here.name, function=here.spec.detail)
    if not is_output:
        return translate("formula", "{layer}: back through {function}, whose slope scales each error δ.").format(
            layer=here.name, function=here.spec.detail
        )
    return translate("formula", "{layer}: each output collects the errors δ it caused, along its weights.").format(
        layer=here.name
    )


def _update(scene: Scene) -> str:
    """Write out the step of one weight, and between which neurons that is."""
    formula, place = update_formula(scene), updated_weight(scene)
    if place is None or not formula:
        return formula
    before, here = (scene.frame.layers[layer].name for layer in (place.layer - 1, place.layer))
    return f"{before} #{place.source} → {here} #{place.unit}:  {formula}"


def _update_sentence(scene: Scene) -> str:
    return translate("formula", "{optimizer} moves every weight a little, so that the loss falls.").format(
        optimizer=optimizer_name(scene)
    )
