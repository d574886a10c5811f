"""What every neuron answers for every place in the plane."""

from __future__ import annotations

import math

import torch

from nnviz.core.data import FloatArray
from nnviz.core.plane import GRID_SIDE, MOST_UNITS, AskPlane, PlaneAnswer, grid_points
from nnviz.engine.network import Key
from nnviz.engine.recorder import to_array
from nnviz.engine.stepper import Stepper
from nnviz.engine.targets import target_rule

MOST_PRODUCTS = 2e8  # weight × value, in one answer: about 20 ms on one core
COARSEST = 8


def plane(stepper: Stepper, question: AskPlane) -> PlaneAnswer:
    """Pass the grid forward (dropout off).

    Raises
    ------
    LookupError
        If the network does not take points in the plane.
    """
    run = stepper.run
    if run.network_spec.output_shapes()[0] != (2,):
        raise LookupError("not a plane")
    side = _side(run.network_spec.parameter_count())
    network = run.network
    network.eval()
    values: dict[Key, torch.Tensor] = {}
    with torch.no_grad():
        grid = torch.from_numpy(grid_points(question.reach, side)).to(network.flat.device)
        outputs = network.output_from_scores(network.scores(grid, values), values)
    return PlaneAnswer(
        revision=run.revision,
        step=run.step,
        reach=question.reach,
        outputs=_maps(outputs, side),
        low=target_rule(run.network_spec, run.training.loss, run.dataset).low,
        layers=tuple(
            {
                part.name: _maps(values[index, part.name], side)
                for part in layer.parts
                if values[index, part.name].shape[1] <= MOST_UNITS
            }
            for index, layer in enumerate(run.network_spec.layers)
        ),
    )


def _side(parameters: int) -> int:
    """Cells in a row: fewer for networks so large that training would have to wait for the answer."""
    return max(COARSEST, min(GRID_SIDE, math.isqrt(int(MOST_PRODUCTS / parameters))))


def _maps(values: torch.Tensor, side: int) -> FloatArray:
    """Turn values of shape (side², units) into maps of shape (units, side, side)."""
    return to_array(values.T.contiguous().reshape(-1, side, side))
