"""What the microscope asks about one weight in the proposed step: other values of it, and the optimizer's memory."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from nnviz.core.microscope import AskNudges, AskOptimizerStep, Nudges, OptimizerStep, WeightQuestion
from nnviz.engine.exact import LossOfWeight
from nnviz.engine.optimizers import optimizer_row
from nnviz.engine.stepper import Proposal, Stepper

POINTS = 41
NARROWEST, WIDEST = 1.0, 2.0  # how far it is moved: at least so far, or so many times its own size
H = 1e-5  # the rounding error, 2·10⁻¹⁶/H, and that of the cut series, H²/6·L‴, are both about 10⁻¹¹


def _proposal(stepper: Stepper, question: WeightQuestion) -> Proposal:
    proposal = stepper.proposal
    if proposal is None or (proposal.trace.revision, proposal.trace.step) != (question.revision, question.step):
        raise LookupError("another step is shown by now")
    return proposal


def _flat_index(stepper: Stepper, question: WeightQuestion) -> int:
    """Where the weight stands among the flat parameters."""
    for place in stepper.run.network.places:
        if (place.layer, place.name) == (question.layer, "weight") and len(place.shape) == 2:
            rows, columns = place.shape
            if 0 <= question.out < rows and 0 <= question.inp < columns:
                return int(place.here.start) + question.out * columns + question.inp
    raise LookupError("there is no such weight")


def nudges(stepper: Stepper, question: AskNudges) -> Generator[None, None, Nudges]:
    """Compute the loss for other values of a weight, and its finite difference; a piece for every few values.

    Raises
    ------
    LookupError
        If the step or the weight is not there, or the loss was changed since.
    """
    proposal = _proposal(stepper, question)
    training = proposal.before.training
    if training.loss != stepper.run.training.loss:
        raise LookupError("the network is judged by another loss by now")
    gradient = proposal.trace.layers[question.layer].parameters["weight"].gradient
    assert gradient is not None  # a proposal has targets
    loss = LossOfWeight(stepper.run.network, proposal, question.layer, question.out, question.inp)
    yield
    reach = max(NARROWEST, WIDEST * abs(loss.weight))
    shifts = torch.linspace(-reach, reach, POINTS, dtype=torch.float64)
    shifts[POINTS // 2] = 0.0
    around = torch.tensor([-H, H], dtype=torch.float64)
    samples = yield from _gathered(loss.samples_at(shifts))
    below_and_above = yield from _gathered(loss.samples_at(around))
    penalties = loss.penalty_at(around)
    # sample by sample: the difference of two means would lose a digit
    rise = (below_and_above[1] - below_and_above[0]).mean() + penalties[1] - penalties[0]
    losses = samples.mean(dim=1) + loss.penalty_at(shifts) + loss.other_penalties()
    return Nudges(
        weights=(loss.weight + shifts).numpy(),
        losses=losses.numpy(),
        gradient=float(gradient[question.out, question.inp]),
        exact_gradient=loss.gradient(),
        difference=rise.item() / (2.0 * H),
        h=H,
        l1=training.l1,
        l2=training.l2,
    )


def _gathered(blocks: Iterator[Tensor]) -> Generator[None, None, Tensor]:
    """Gather what is computed block by block; whoever waits has a turn after each."""
    found = []
    for block in blocks:
        found.append(block)
        yield
    return torch.cat(found)


def optimizer_step(stepper: Stepper, question: AskOptimizerStep) -> OptimizerStep:
    """Read what the optimizer remembered of a weight before and after the step.

    Raises
    ------
    LookupError
        If the step or the weight is not there.
    """
    proposal = _proposal(stepper, question)
    index = _flat_index(stepper, question)
    record = proposal.trace.layers[question.layer].parameters["weight"]
    assert record.gradient is not None  # a proposal has targets
    spec = proposal.before.training.optimizer
    return OptimizerStep(
        optimizer=spec.name,
        settings=optimizer_row(spec.name).complete(spec),
        weight=float(proposal.before.weights[index]),
        after=float(proposal.after.weights[index]),
        gradient=float(record.gradient[question.out, question.inp]),
        before=_of_weight(proposal.before.optimizer_state, index),
        remembered=_of_weight(proposal.after.optimizer_state, index),
    )


def _of_weight(state: Mapping[str, Any], index: int) -> dict[str, float]:
    """Pick the numbers of one weight; a number that stands alone (the count of steps) is that of all weights."""
    numbers = {}
    for name, value in state.items():
        if isinstance(value, Tensor):
            numbers[name] = float(value.flatten()[index if value.numel() > 1 else 0])
        elif isinstance(value, int | float):
            numbers[name] = float(value)
    return numbers
