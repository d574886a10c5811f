"""Slices through the loss surface.

Two ways to lay a plane through the space of all weights: random directions, normalised filter by filter (Li, Xu,
Taylor, Studer & Goldstein 2018, "Visualizing the Loss Landscape of Neural Nets", section 4), and the first two
principal components of the paths that optimizers took (the same, section 7).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nnviz.core.surface import Plane, Surface
from nnviz.engine.losses import loss_from_scores
from nnviz.engine.network import Network, view_of
from nnviz.engine.run import Run

MOST_SAMPLES = 1000
CELLS = 32  # along each side
STRIDES = (8, 4, 2, 1)  # coarse grids first
MARGIN = 0.2
NARROWEST = 0.3  # of the longer side


def filter_normalised(network: Network, weights: Tensor, seed: int) -> Tensor:
    """Draw a random direction that moves each filter in proportion to its size, shape of the flat weights.

    For a dense layer a filter is the incoming weights of one neuron: the direction has the same length as they have.
    Biases do not move, as in the paper.
    """
    chance = torch.Generator().manual_seed(seed)
    direction = torch.zeros(weights.shape)
    present = weights.cpu()
    for place in network.places:
        drawn = torch.randn(place.shape, generator=chance)
        if place.name == "bias" or len(place.shape) < 2:
            continue
        lengths = view_of(present, place).flatten(1).norm(dim=1)
        drawn = drawn.flatten(1)
        view_of(direction, place).copy_((drawn * (lengths / drawn.norm(dim=1))[:, None]).view(place.shape))
    return direction.to(weights.device)


@dataclass(frozen=True)
class Slice:
    """A plane through the space of all weights: where it lies, and two directions in it, each of that shape."""

    origin: Tensor
    first: Tensor
    second: Tensor

    def at(self, x: float, y: float) -> Tensor:
        """Weights at a point of the plane."""
        return self.origin + x * self.first + y * self.second

    def coordinates(self, points: Sequence[Tensor]) -> np.ndarray:
        """Find the points of the plane that are nearest to some weights, shape (points, 2)."""
        across = torch.stack((self.first, self.second)).double()
        products = torch.stack([across @ (point - self.origin).double() for point in points])
        found = torch.linalg.solve(across @ across.T, products.T).T
        return np.asarray(found.cpu().numpy(), np.float64)

    def held(self, points: Sequence[Tensor]) -> float:
        """Share of the variance of some weights that lies in the plane."""
        middle = torch.stack(list(points)).mean(dim=0)
        total = sum(float((point - middle).double().square().sum()) for point in points)
        moved = self.coordinates(points)
        moved -= moved.mean(axis=0)
        across = torch.stack((self.first, self.second)).double()
        kept = float(np.einsum("pi,ij,pj->", moved, (across @ across.T).cpu().numpy(), moved))
        return kept / total if total else 1.0


def principal_slice(points: Sequence[Tensor]) -> Slice:
    """Lay a plane through some weights so that it holds as much of their variance as a plane can.

    Principal components by way of the products of all pairs, since there are few points with many weights each. The
    directions have length 1, and such signs that the coordinate farthest from zero is positive.
    """
    middle = torch.stack(list(points)).double().mean(dim=0)
    moved = torch.stack([point.double() - middle for point in points])
    _, vectors = torch.linalg.eigh(moved @ moved.T)
    directions: list[Tensor] = []
    for column in (-1, -2):  # eigenvalues come in rising order
        direction = moved.T @ vectors[:, column]
        for other in directions:
            direction = direction - (direction @ other) * other
        length = direction.norm()
        if not length > 1e-6 * (1 + moved.norm()):  # the paths are a straight line: any other direction will do
            direction = _any_other(directions, middle)
            length = direction.norm()
        direction = direction / length
        along = moved @ direction
        directions.append(direction if along[along.abs().argmax()] >= 0 else -direction)
    kind = points[0].dtype
    return Slice(middle.to(kind), directions[0].to(kind), directions[1].to(kind))


def _any_other(directions: list[Tensor], like: Tensor) -> Tensor:
    """A direction at a right angle to those."""
    drawn = torch.randn(like.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(like.device)
    for other in directions:
        drawn = drawn - (drawn @ other) * other
    return drawn


def random_slice(run: Run, seed: int) -> Slice:
    """Lay a plane through the weights of `run`, along two filter-normalised random directions."""
    weights = run.network.flat.detach().clone()
    first, second = (filter_normalised(run.network, weights, 2 * seed + which) for which in (0, 1))
    return Slice(weights, first, second)


def subset_loss(run: Run, weights: Tensor | None = None) -> tuple[float, int]:
    """Loss of other (or its own) weights on the first training samples, without penalties and dropout.

    Returns
    -------
    loss, samples
    """
    inputs, targets = run.data.inputs[:MOST_SAMPLES], run.data.targets[:MOST_SAMPLES]
    with torch.no_grad():
        if weights is not None:
            run.network.flat.copy_(weights)
        run.network.eval()
        loss = loss_from_scores(run.training.loss, run.network.quick_scores(inputs), targets).item()
    return loss, len(inputs)


class Measurement:
    """Measures the loss on the points of a slice, coarse grids first, a few points at a time.

    Parameters
    ----------
    run : Run
        Nobody else's: its weights are written over.
    """

    def __init__(
        self,
        number: int,
        plane: Plane,
        where: Slice,
        run: Run,
        ranges: tuple[tuple[float, float], tuple[float, float]],
        held: float | None,
    ) -> None:
        self.where = where
        self._number, self._plane, self._run, self._held = number, plane, run, held
        self._x, self._y = ranges
        self._losses = np.full((CELLS + 1, CELLS + 1), np.nan)
        self._left = _points_by_grid()
        self._all = sum(len(points) for points in self._left)
        self._done = 0

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1."""
        return self._done / self._all

    @property
    def is_over(self) -> bool:
        """Whether everything is measured."""
        return not self._left

    def advance(self, seconds: float) -> Surface | None:
        """Measure for about that long; return the surface when a grid is complete, else None."""
        started = time.perf_counter()
        points = self._left[0]
        while points:
            self._measure(*points.pop())
            if time.perf_counter() - started > seconds:
                break
        if points:
            return None
        self._left.pop(0)
        stride = STRIDES[len(STRIDES) - len(self._left) - 1]
        return Surface(
            self._number,
            self._plane,
            self._losses[::stride, ::stride].copy(),
            self._x,
            self._y,
            min(MOST_SAMPLES, self._run.samples[0]),
            self._held,
            complete=not self._left,
        )

    def _measure(self, row: int, column: int) -> None:
        x = self._x[0] + (self._x[1] - self._x[0]) * column / CELLS
        y = self._y[0] + (self._y[1] - self._y[0]) * row / CELLS
        loss, _ = subset_loss(self._run, self.where.at(x, y))
        self._losses[row, column] = np.inf if np.isnan(loss) else loss
        self._done += 1


def _points_by_grid() -> list[list[tuple[int, int]]]:
    """Rows and columns of the points that each grid adds to those before."""
    seen: set[tuple[int, int]] = set()
    grids = []
    for stride in STRIDES:
        steps = range(0, CELLS + 1, stride)
        points = [(row, column) for row in steps for column in steps if (row, column) not in seen]
        seen.update(points)
        grids.append(points[::-1])
    return grids


def ranges_around(coordinates: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    """Choose the part of a plane that shows all of some points, shape (points, 2), with a margin around them."""
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    middle, half = (low + high) / 2, (high - low) / 2 * (1 + 2 * MARGIN)
    half = np.maximum(half, NARROWEST * half.max())
    half = np.where(half > 0, half, 1.0)
    (left, bottom), (right, top) = (middle - half).tolist(), (middle + half).tolist()
    return (left, right), (bottom, top)
