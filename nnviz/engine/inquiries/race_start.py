"""A copy of the network as it is, or as it began, to race from or to measure around."""

from __future__ import annotations

from nnviz.core.race import AskForStart, StartFrom, StartingPoint
from nnviz.engine.stepper import Stepper


def race_start(stepper: Stepper, question: AskForStart) -> StartingPoint:
    """Answer `AskForStart`."""
    run = stepper.run
    twin = run.sibling(run.training)
    initial = question.start is StartFrom.INITIAL
    checkpoint = twin.checkpoint() if initial else run.checkpoint()
    epochs = () if initial else tuple(result for result in stepper.epochs if result.step <= run.step)
    return StartingPoint(run.preset.with_training(run.training), checkpoint.step, run.batches, epochs, twin, checkpoint)
