"""What the network takes the samples for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nnviz.core.confusion import AskMistakes, Mistakes, Samples
from nnviz.core.data import FloatArray, IntArray, Task
from nnviz.core.trace import frozen
from nnviz.engine.batches import Batches
from nnviz.engine.losses import loss_from_scores
from nnviz.engine.measuring import CHUNK
from nnviz.engine.recorder import to_array
from nnviz.engine.run import Run
from nnviz.engine.stepper import Stepper
from nnviz.engine.targets import TargetRule, target_rule

WORK = 250_000_000  # multiplications: some 35 ms, for which training waits
FEWEST = 200


@dataclass(frozen=True)
class _Verdicts:
    """Of every sample judged: class, predicted class, output for that, and loss."""

    targets: IntArray
    predictions: IntArray
    outputs: FloatArray
    losses: FloatArray


def mistakes(stepper: Stepper, question: AskMistakes) -> Mistakes:
    """Judge the samples with the weights of this moment, dropout off.

    Raises
    ------
    LookupError
        If there are no such samples, or nothing but numbers is predicted.
    """
    run = stepper.run
    inputs, encoded, places = _samples(run.data, question.samples)
    if run.dataset.task is not Task.CLASSES or not len(places):
        raise LookupError("nothing to confuse")
    judged = min(len(places), max(FEWEST, WORK // run.network_spec.parameter_count()))
    verdicts = _judge(run, inputs[:judged], encoded[:judged], run.dataset.targets[places[:judged]])
    rows = _wanted(verdicts, question)
    return Mistakes(
        counts=_counts(verdicts, len(run.dataset.classes)),
        available=len(places),
        indices=frozen(places[rows]),
        inputs=to_array(inputs[torch.from_numpy(rows)]),
        targets=frozen(verdicts.targets[rows]),
        predictions=frozen(verdicts.predictions[rows]),
        outputs=frozen(verdicts.outputs[rows]),
        losses=frozen(verdicts.losses[rows]),
    )


def _samples(data: Batches, samples: Samples) -> tuple[Tensor, Tensor, IntArray]:
    if samples is Samples.TRAINING:
        return data.inputs, data.targets, data.trained_on
    return data.validation_inputs, data.validation_targets, data.held_out


def _judge(run: Run, inputs: Tensor, encoded: Tensor, labels: IntArray | FloatArray) -> _Verdicts:
    network, loss = run.network, run.training.loss
    rule = target_rule(run.network_spec, loss, run.dataset)
    network.eval()
    predictions, outputs, losses = [], [], []
    with torch.no_grad():
        for chunk, targets in zip(inputs.split(CHUNK), encoded.split(CHUNK), strict=True):
            scores = network.quick_scores(chunk)
            losses.append(to_array(loss_from_scores(loss, scores, targets, "none")))
            predicted, output = _predicted(rule, scores, network.output_from_scores(scores, {}))
            predictions.append(predicted)
            outputs.append(output)
    return _Verdicts(
        np.asarray(labels, np.int64), np.concatenate(predictions), np.concatenate(outputs), np.concatenate(losses)
    )


def _predicted(rule: TargetRule, scores: Tensor, outputs: Tensor) -> tuple[IntArray, FloatArray]:
    """Predicted classes, and the outputs for them; a single output tells two classes apart."""
    if rule.outputs == 1:
        second = (scores > rule.threshold).flatten()
        towards = outputs.flatten()
        return to_array(second.long()), to_array(torch.where(second, towards, 1 + rule.low - towards))
    classes = scores.argmax(dim=1)
    return to_array(classes), to_array(outputs.gather(1, classes[:, None]).flatten())


def _counts(verdicts: _Verdicts, classes: int) -> IntArray:
    """Confusion matrix. scikit-learn's gives the same (tests compare them), but training would wait for its import."""
    cells = np.bincount(verdicts.targets * classes + verdicts.predictions, minlength=classes * classes)
    return frozen(cells.reshape(classes, classes).astype(np.int64))


def _wanted(verdicts: _Verdicts, question: AskMistakes) -> IntArray:
    """Rows of the samples that are asked for, the highest loss first."""
    if question.cell is None:
        chosen = verdicts.targets != verdicts.predictions
    else:
        chosen = (verdicts.targets == question.cell[0]) & (verdicts.predictions == question.cell[1])
    rows = np.flatnonzero(chosen)
    worst = np.argsort(-verdicts.losses[rows], kind="stable")[: question.most]
    return rows[worst]
