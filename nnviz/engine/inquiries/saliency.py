"""Saliency: the gradient of a class score with respect to the input."""

from __future__ import annotations

import torch

from nnviz.core.saliency import AskSaliency, Saliency
from nnviz.engine.network import Key
from nnviz.engine.recorder import to_array
from nnviz.engine.stepper import Stepper


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
    network.scores(sample, values)
    scores = values[len(spec.layers) - 1, spec.layers[-1].parts[0].name][0]
    if len(scores) == 1:  # one output for two classes
        scores = torch.cat([-scores, scores])
    label = int(scores.argmax()) if question.label is None else question.label
    score = scores[label]  # IndexError is a LookupError
    (gradient,) = torch.autograd.grad(score, sample)
    return Saliency(label, float(score), to_array(gradient[0]))
