"""Saliency: the gradient of a class score with respect to the input."""

from __future__ import annotations

import torch

from nnviz.core.saliency import AskSaliency, Saliency
from nnviz.engine.network import Key
from nnviz.engine.recorder import to_array
from nnviz.engine.stepper import Stepper
from nnviz.engine.targets import target_rule


def saliency(stepper: Stepper, question: AskSaliency) -> Saliency:
    """Differentiate the weighted sum of a class, before softmax; dropout is off.

    Raises
    ------
    LookupError
        If the input does not fit the network, or there is no such class.
    """
    network, spec, classes = stepper.run.network, stepper.run.network_spec, len(stepper.run.dataset.classes)
    if question.inputs.shape != spec.output_shapes()[0] or not classes:
        raise LookupError("another network")
    network.eval()
    sample = torch.tensor(question.inputs[None], dtype=torch.float32, device=network.flat.device, requires_grad=True)
    values: dict[Key, torch.Tensor] = {}
    outputs = network.output_from_scores(network.scores(sample, values), values)[0]
    sums = values[len(spec.layers) - 1, spec.layers[-1].parts[0].name][0]
    if len(sums) == 1:  # one output for two classes
        low = target_rule(spec, stepper.run.training.loss, stepper.run.dataset).low
        outputs, sums = torch.cat([1 + low - outputs, outputs]), torch.cat([-sums, sums])
    label = int(outputs.argmax()) if question.label is None else question.label
    if not 0 <= label < len(sums):
        raise LookupError("no such class")
    score = sums[label]
    (gradient,) = torch.autograd.grad(score, sample)
    return Saliency(label, score.item(), to_array(gradient[0]))
