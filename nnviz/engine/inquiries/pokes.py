"""What the pokes do: the network judged without them, and with them."""

from __future__ import annotations

import numpy as np
import torch

from nnviz.core.data import FloatArray
from nnviz.core.pokes import AskPokeEffect, Judged, PokeEffect, SetWeight
from nnviz.engine.inquiries.other_weights import other_weights
from nnviz.engine.pokes import apply_changes, units_off
from nnviz.engine.run import Run
from nnviz.engine.stepper import Stepper

WORK = 120_000_000  # multiplications, twice: some 35 ms, for which training waits
FEWEST = 100


def poke_effect(stepper: Stepper, question: AskPokeEffect) -> PokeEffect:
    """Judge the network of this moment twice, dropout off.

    Raises
    ------
    LookupError
        If nothing is poked.
    """
    run = stepper.run
    network, pokes = run.network, run.pokes
    if not pokes:
        raise LookupError("nothing is changed by hand")
    inputs = question.inputs
    if inputs is not None and inputs.shape != run.network_spec.output_shapes()[0]:
        inputs = None  # of another network
    _, available = run.samples
    judged = min(available, max(FEWEST, WORK // run.network_spec.parameter_count()))
    network.eval()
    present = _judge(run, inputs, judged)
    with other_weights(network, network.flat):
        apply_changes(network, pokes, [SetWeight(each.weight, each.before) for each in pokes.edited])
        network.switch_off({})
        try:
            without = _judge(run, inputs, judged)
        finally:
            network.switch_off(units_off(pokes))
    return PokeEffect(without, present, judged, available)


def _judge(run: Run, inputs: FloatArray | None, count: int) -> Judged:
    loss, accuracy = run.evaluate(count)
    with torch.no_grad():
        outputs = np.empty(0) if inputs is None else run.network(run.data.sample(inputs)).numpy(force=True)
    return Judged(loss, accuracy, tuple(np.ravel(outputs).tolist()))
