"""Where everything is in the picture of a network: pure geometry, in pixels, without Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, prod, sqrt

import numpy as np
from numpy.typing import NDArray

from nnviz.core.spec import NetworkSpec, Picture, Shape, Wiring

Points = NDArray[np.float64]

MARGIN = 16.0
SMALLEST_PITCH = 11.5  # px from neuron to neuron: below this, circles cannot be told apart
CIRCLE_SHARE = 0.8  # of the pitch
SMALLEST_GAP = 26.0
GRID_SHARE = 0.16  # of the width, at most, for a layer that shows all of its many neurons
GAP_WEIGHTS = {Wiring.RESHAPE: 0.5, Wiring.ONE_TO_ONE: 0.5}


@dataclass(frozen=True, slots=True)
class Rect:
    """An upright rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Lower edge."""
        return self.y + self.height

    @property
    def center_x(self) -> float:
        """Middle of the width."""
        return self.x + self.width / 2

    @property
    def center_y(self) -> float:
        """Middle of the height."""
        return self.y + self.height / 2

    def contains(self, x: float, y: float, reach: float = 0.0) -> bool:
        """Whether a point lies inside, or no farther than `reach` outside."""
        return self.x - reach <= x <= self.right + reach and self.y - reach <= y <= self.bottom + reach


@dataclass(frozen=True, slots=True)
class Camera:
    """What zooming and panning do: a point of the layout is seen at ``zoom · point + (x, y)``."""

    zoom: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def zoomed(self, factor: float, about_x: float, about_y: float) -> Camera:
        """Zoom by `factor`; what is seen at (`about_x`, `about_y`) stays there."""
        zoom = min(max(self.zoom * factor, 0.25), 40.0)
        k = zoom / self.zoom
        return Camera(zoom, about_x + (self.x - about_x) * k, about_y + (self.y - about_y) * k)

    def panned(self, dx: float, dy: float) -> Camera:
        """Move what is seen by (`dx`, `dy`)."""
        return replace(self, x=self.x + dx, y=self.y + dy)

    def rect(self, rect: Rect) -> Rect:
        """Where a rectangle is seen."""
        return Rect(
            rect.x * self.zoom + self.x, rect.y * self.zoom + self.y, rect.width * self.zoom, rect.height * self.zoom
        )

    def points(self, points: Points) -> Points:
        """Where points are seen; shape (n, 2)."""
        return points * self.zoom + np.array([self.x, self.y])


@dataclass(frozen=True, slots=True)
class Metrics:
    """The space that texts need, in pixels: it depends on fonts, which geometry knows nothing of."""

    header: float = 56.0
    input_labels: float = 0.0
    output_labels: float = 0.0
    below_output: float = 0.0
    name: float = 0.0


@dataclass(frozen=True, eq=False)
class Column:
    """One layer of the picture.

    Attributes
    ----------
    body : Rect
        The circles, the image or the strip.
    block : Rect
        The body with the labels beside it.
    header : Rect
        Stays at the top of the view when the picture is moved.
    points : ndarray, shape (values, 2)
        Centre of every value of the layer, in the order in which a dense layer sees them.
    port_in, port_out : float
        How far left and right of its point the edges of a value begin.
    diameter : float
        Of a circle; of a pixel or cell its height.
    circles : ndarray of int
        The values that are drawn as circles.
    folded : ndarray of int
        The values that `fold` stands for, because there are too many for circles.
    fold : Rect or None
        The strip that stands for the middle of a wide layer.
    wide : bool
        Whether the layer can be folded and unfolded.
    """

    index: int
    picture: Picture
    shape: Shape
    body: Rect
    block: Rect
    header: Rect
    points: Points
    port_in: float
    port_out: float
    diameter: float
    circles: NDArray[np.intp]
    folded: NDArray[np.intp]
    fold: Rect | None = None
    wide: bool = False

    @property
    def toggle(self) -> tuple[float, float] | None:
        """Where the button that folds or unfolds a wide layer is centred."""
        if not self.wide:
            return None
        return (self.fold.center_x, self.fold.center_y) if self.fold else (self.body.center_x, self.body.bottom + 12)

    def seen_through(self, camera: Camera) -> Column:
        """The same column, zoomed and moved; the header moves sideways only."""
        body = camera.rect(self.body)
        pad_left, pad_right = self.body.x - self.block.x, self.block.right - self.body.right
        return replace(
            self,
            body=body,
            block=Rect(body.x - pad_left, body.y, body.width + pad_left + pad_right, body.height),
            header=replace(
                self.header,
                x=self.header.x * camera.zoom + camera.x,
                width=self.header.width * camera.zoom,
            ),
            points=camera.points(self.points),
            port_in=self.port_in * camera.zoom,
            port_out=self.port_out * camera.zoom,
            diameter=self.diameter * camera.zoom,
            fold=camera.rect(self.fold) if self.fold else None,
        )

    def starts(self) -> Points:
        """Where the edges to the next layer begin; shape (values, 2)."""
        return self.points + np.array([self.port_out, 0.0])

    def ends(self) -> Points:
        """Where the edges from the layer before end; shape (values, 2)."""
        return self.points - np.array([self.port_in, 0.0])


@dataclass(frozen=True, eq=False)
class NetworkLayout:
    """All columns, left to right, and the size they take."""

    columns: tuple[Column, ...]
    width: float
    height: float

    def seen_through(self, camera: Camera) -> NetworkLayout:
        """The same picture, zoomed and moved."""
        return replace(self, columns=tuple(column.seen_through(camera) for column in self.columns))

    def fitting_camera(self, width: float, height: float) -> Camera:
        """The camera that shows the whole picture in the middle of a view of this size."""
        zoom = min(1.0, width / self.width, height / self.height)
        return Camera(zoom, (width - self.width * zoom) / 2, (height - self.height * zoom) / 2)


@dataclass(frozen=True)
class _Body:
    """The inside of a column, before it is known where the column stands: x is measured from its left edge."""

    width: float
    height: float
    points: Points
    diameter: float
    circles: NDArray[np.intp]
    folded: NDArray[np.intp]
    fold: Rect | None = None
    wide: bool = False
    port_in: float = 0.0
    port_out: float = 0.0


NOTHING = np.zeros(0, np.intp)


def _image_body(shape: Shape, width: float, height: float) -> _Body:
    rows, columns = shape
    cell = min(height * 0.92 / rows, width * 0.16 / columns, 44.0)
    y, x = np.mgrid[0:rows, 0:columns]
    points = np.stack([(x.ravel() + 0.5) * cell, (y.ravel() + 0.5) * cell + (height - rows * cell) / 2], axis=1)
    half = columns * cell / 2
    return _Body(columns * cell, rows * cell, points, cell, NOTHING, NOTHING, port_in=half, port_out=half)


def _strip_body(count: int, height: float) -> _Body:
    cell = min(height / count, 16.0)
    body_width = 14.0
    y = (height - count * cell) / 2 + (np.arange(count) + 0.5) * cell
    points = np.stack([np.full(count, body_width / 2), y], axis=1)
    return _Body(
        body_width, count * cell, points, cell, NOTHING, NOTHING, port_in=body_width / 2, port_out=body_width / 2
    )


def _largest_circle(height: float) -> float:
    return min(max(height * 0.16, 42.0), 84.0)


def _single_file(count: int, height: float) -> _Body:
    largest = _largest_circle(height)
    pitch = min(height / count, largest * 1.7)
    diameter = min(pitch * CIRCLE_SHARE, largest)
    y = (height - count * pitch) / 2 + (np.arange(count) + 0.5) * pitch
    points = np.stack([np.full(count, diameter / 2), y], axis=1)
    return _Body(diameter, count * pitch, points, diameter, np.arange(count), NOTHING)


def _folded_file(count: int, height: float) -> _Body:
    """First and last neurons as circles, and a strip for those between."""
    pitch = min(max(height * 0.06, 16.0), 26.0)
    ends = max(2, int(height * 0.3 / pitch))
    strip = Rect(0.0, ends * pitch + 4, pitch * CIRCLE_SHARE, height - 2 * ends * pitch - 8)
    first, last = np.arange(ends), np.arange(count - ends, count)
    hidden = np.arange(ends, count - ends)
    y = np.empty(count)
    y[first] = (first + 0.5) * pitch
    y[last] = height - (count - last - 0.5) * pitch
    y[hidden] = strip.y + (np.arange(len(hidden)) + 0.5) * strip.height / len(hidden)
    diameter = pitch * CIRCLE_SHARE
    points = np.stack([np.full(count, diameter / 2), y], axis=1)
    return _Body(diameter, height, points, diameter, np.concatenate([first, last]), hidden, strip, wide=True)


def _grid(count: int, width: float, height: float) -> _Body:
    """All neurons of a wide layer, column after column."""
    height -= 24.0  # room for the button that folds it again
    pitch = min(22.0, sqrt(width * GRID_SHARE * height / count))
    rows = max(1, int(height / pitch))
    files = ceil(count / rows)
    order = np.arange(count)
    points = np.stack([(order // rows + 0.5) * pitch, (order % rows + 0.5) * pitch], axis=1)
    return _Body(files * pitch, rows * pitch, points, pitch * 0.86, order, NOTHING, wide=True)


def _body_of(picture: Picture, shape: Shape, width: float, height: float, unfolded: bool) -> _Body:
    count = prod(shape)
    if picture is Picture.IMAGE:
        return _image_body(shape, width, height)
    if picture is Picture.STRIP:
        return _strip_body(count, height)
    if count * SMALLEST_PITCH <= height:
        return _single_file(count, height)
    return _grid(count, width, height) if unfolded else _folded_file(count, height)


def _divide(space: float, weights: list[float], least: list[float], largest: float) -> list[float]:
    """Divide `space` by `weights`, but give nobody less than its least, nor more than its weight times `largest`."""
    settled: dict[int, float] = {}
    while len(settled) < len(weights):
        open_weights = sum(weight for index, weight in enumerate(weights) if index not in settled)
        unit = max((space - sum(settled.values())) / open_weights, 0.0)
        short = [i for i in range(len(weights)) if i not in settled and weights[i] * unit < least[i]]
        if not short:
            unit = min(unit, largest)
            return [settled.get(i, max(weights[i] * unit, least[i])) for i in range(len(weights))]
        settled.update((index, least[index]) for index in short)
    return [settled[index] for index in range(len(weights))]


def layout_network(
    network: NetworkSpec, width: float, height: float, metrics: Metrics, unfolded: frozenset[int] = frozenset()
) -> NetworkLayout:
    """Place the columns of `network` in a view.

    Parameters
    ----------
    width, height : float
        Size of the view. A network of very many layers gets wider than that.
    unfolded : frozenset of int
        The wide layers that show all of their neurons.
    """
    top = 6.0 + metrics.header + 12.0
    available = max(height - top - 12.0, 60.0)
    shapes, pictures = network.output_shapes(), network.pictures()
    last = len(shapes) - 1
    room = [available - (metrics.below_output if index == last else 0.0) for index in range(last + 1)]
    bodies = [
        _body_of(picture, shape, width, room[index], index in unfolded)
        for index, (picture, shape) in enumerate(zip(pictures, shapes, strict=True))
    ]
    left = [metrics.input_labels if index == 0 and pictures[0] is Picture.UNITS else 0.0 for index in range(last + 1)]
    right = [metrics.output_labels if index == last else 0.0 for index in range(last + 1)]
    weights = [GAP_WEIGHTS.get(layer.wiring, 1.0) for layer in network.layers[1:]]
    blocks = [before + body.width + after for before, body, after in zip(left, bodies, right, strict=True)]
    margins = [max(MARGIN, (metrics.name - block) / 2 + 6.0) for block in (blocks[0], blocks[-1])]
    taken = sum(blocks) + sum(margins)
    # a name must fit above each column
    least = [max(SMALLEST_GAP, metrics.name - (one + other) / 2) for one, other in pairwise(blocks)]
    # two columns side by side would leave a gulf between them: keep the picture together
    largest = max(available * 0.9, 240.0)
    gaps = _divide(width - taken, weights, least, largest)
    total = taken + sum(gaps)
    x = margins[0] + max(0.0, width - total) / 2
    spans = []
    for index, body in enumerate(bodies):
        spans.append((x, x + left[index] + body.width + right[index]))
        x = spans[-1][1] + (gaps[index] if index < last else 0.0)
    middles = [(start + end) / 2 for start, end in spans]
    # headers share the space between the middles of their columns
    edges = [max(4.0, middles[0] - 110.0)]
    edges += [(one + other) / 2 for one, other in pairwise(middles)]
    edges.append(min(max(width, total) - 4.0, middles[-1] + 110.0))
    columns = tuple(
        _column(
            index, pictures[index], shapes[index], body, spans[index], left[index], top, room[index], edges, metrics
        )
        for index, body in enumerate(bodies)
    )
    return NetworkLayout(columns, max(width, total), height)


def _column(
    index: int,
    picture: Picture,
    shape: Shape,
    body: _Body,
    span: tuple[float, float],
    pad: float,
    top: float,
    available: float,
    edges: list[float],
    metrics: Metrics,
) -> Column:
    x = span[0] + pad
    y = top + (available - body.height) / 2
    middle = (span[0] + span[1]) / 2
    half = max(min(middle - edges[index], edges[index + 1] - middle) - 2.0, 10.0)
    # points of a grid are measured from the top of their body, all others from the top of the free space
    lift = y if body.wide and body.fold is None else top
    return Column(
        index=index,
        picture=picture,
        shape=shape,
        body=Rect(x, y, body.width, body.height),
        block=Rect(span[0], y, span[1] - span[0], body.height),
        header=Rect(middle - half, 6.0, 2 * half, metrics.header),
        points=body.points + np.array([x, lift]),
        port_in=body.port_in,
        port_out=body.port_out,
        diameter=body.diameter,
        circles=body.circles,
        folded=body.folded,
        fold=Rect(body.fold.x + x, body.fold.y + top, body.fold.width, body.fold.height) if body.fold else None,
        wide=body.wide,
    )
