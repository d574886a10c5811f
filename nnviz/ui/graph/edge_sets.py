"""Which edges are painted, where and how strongly: the strongest, those of one neuron, or all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from nnviz.core.memo import Memo
from nnviz.core.spec import Picture, Wiring
from nnviz.ui.graph.edge_paint import EdgeGroup, at, line_array, shares, spread, strongest
from nnviz.ui.graph.faint_edges import DenseGap
from nnviz.ui.graph.hit_test import EdgePick, UnitPick, nearest_segment
from nnviz.ui.graph.layout import NetworkLayout
from nnviz.ui.graph.look import GapLook, Look
from nnviz.ui.theme import Theme

STRONGEST = 1_000
LAYERS_OF_PAINT = 2.0  # that edges of full strength would make, if they were spread evenly over the height
SAME = (Wiring.RESHAPE, Wiring.ONE_TO_ONE)  # wirings that lead each value to one and the same value

_strongest_of = Memo(strongest)


@dataclass(frozen=True)
class ShownEdges:
    """Edges of one gap that can be seen one by one.

    Attributes
    ----------
    chosen : ndarray of int, shape (n,)
        Positions in the flattened (outputs, inputs) matrix.
    lines : ndarray, shape (n, 4)
        In logical pixels.
    """

    gap: GapLook
    chosen: NDArray[np.intp]
    lines: NDArray[np.float64]

    def pick(self, index: int) -> EdgePick:
        """Name the edge at `index`."""
        out, source = divmod(int(self.chosen[index]), self.gap.shape[1])
        return EdgePick(self.gap.layer, out, source)

    def strengths(self) -> NDArray[np.float32] | None:
        """Value through limit of each edge, −1 … 1; None while values are unknown."""
        if self.gap.values is None:
            return None
        picked = at(self.gap.values, self.chosen)
        shares = picked / np.float32(self.gap.limit)
        return np.clip(np.where(np.isnan(shares), np.float32(0.0), shares), -1.0, 1.0)


def pick_edge(shown: tuple[ShownEdges, ...], x: float, y: float, reach: float) -> EdgePick | None:
    """Which of the visible edges of dense layers is at (x, y)."""
    for edges in shown:
        lines = edges.lines
        if edges.gap.wiring is Wiring.DENSE and len(lines) and lines[:, 0].min() <= x <= lines[:, 2].max():
            index = nearest_segment(lines, x, y, reach)
            if index is not None:
                return edges.pick(index)
    return None


def _shown(gap: GapLook, layout: NetworkLayout, chosen: NDArray[np.intp]) -> ShownEdges:
    before, here = layout.columns[gap.layer - 1], layout.columns[gap.layer]
    return ShownEdges(gap, chosen, line_array(before.starts(), here.ends(), chosen))


def _one_to_one(gap: GapLook, layout: NetworkLayout) -> ShownEdges:
    before, here = layout.columns[gap.layer - 1], layout.columns[gap.layer]
    kept = np.arange(gap.shape[0]) if gap.passes is None else np.flatnonzero(gap.passes)
    lines = np.concatenate([before.starts()[kept], here.ends()[kept]], axis=1)
    return ShownEdges(gap, kept * gap.shape[1] + kept, lines)


def has_bands(layout: NetworkLayout, gap: GapLook) -> bool:
    """Whether a gap is drawn as bands from rows of an image, not as lines."""
    return gap.wiring in SAME and layout.columns[gap.layer - 1].picture is Picture.IMAGE


def strongest_edges(look: Look, layout: NetworkLayout, count: int = STRONGEST) -> tuple[ShownEdges, ...]:
    """Return the strongest edges of each pair of layers, about `count` in all; where values are unknown, some edges."""
    dense = [gap for gap in look.gaps if gap.wiring is Wiring.DENSE]
    budget = dict(zip((gap.layer for gap in dense), shares([gap.edge_count for gap in dense], count), strict=True))
    shown = []
    for gap in look.gaps:
        if gap.layer in budget:
            count = budget[gap.layer]
            chosen = spread(gap.edge_count, count) if gap.values is None else _strongest_of(gap.values, count)
            shown.append(_shown(gap, layout, chosen))
        elif not has_bands(layout, gap):
            shown.append(_one_to_one(gap, layout))
    return tuple(shown)


def dense_gaps(look: Look, layout: NetworkLayout, ratio: float, height: float) -> tuple[DenseGap, ...]:
    """All edges whose values are known, to be seen all together: the more there are, the fainter is each.

    Parameters
    ----------
    ratio : float
        Device pixels to a logical one.
    height : float
        Of the picture, in device pixels: about how many lines fit side by side.
    """
    found = []
    for gap in look.gaps:
        if gap.values is not None:
            full = min(LAYERS_OF_PAINT * height / max(gap.edge_count, 1), 0.5)
            starts = (layout.columns[gap.layer - 1].starts() * ratio).astype(np.float32)
            ends = (layout.columns[gap.layer].ends() * ratio).astype(np.float32)
            found.append(DenseGap(starts, ends, gap.values, gap.limit, full * 0.08, full, contrast=2.0))
    return tuple(found)


def linked_values(pick: UnitPick, look: Look) -> tuple[UnitPick, ...]:
    """Return a value and what it is before and after reshaping or one-to-one layers: the pixel and its cell."""
    links = [pick]
    layer = pick.layer
    while layer > 0 and look.gaps[layer - 1].wiring in SAME:
        layer -= 1
        links.append(UnitPick(layer, pick.unit))
    layer = pick.layer
    while layer < len(look.gaps) and look.gaps[layer].wiring in SAME:
        layer += 1
        links.append(UnitPick(layer, pick.unit))
    return tuple(links)


def edges_of(pick: UnitPick, look: Look, layout: NetworkLayout) -> tuple[ShownEdges, ...]:
    """All edges into and out of a value, and of what it is linked with."""
    shown = []
    for link in linked_values(pick, look):
        for layer in (link.layer, link.layer + 1):
            if not 0 < layer < len(layout.columns) or look.gaps[layer - 1].wiring is not Wiring.DENSE:
                continue
            gap = look.gaps[layer - 1]
            outs, sources = gap.shape
            into = layer == link.layer
            chosen = link.unit * sources + np.arange(sources) if into else np.arange(outs) * sources + link.unit
            if gap.values is not None:  # strong ones on top
                chosen = chosen[np.argsort(np.abs(at(gap.values, chosen)), kind="stable")]
            shown.append(_shown(gap, layout, chosen))
    return tuple(shown)


def edge_colors(theme: Theme, is_gradient: bool) -> tuple[QColor, QColor]:
    """Colours of negative and positive numbers."""
    if is_gradient:
        return theme.color("gradient_negative"), theme.color("gradient_positive")
    return theme.color("negative"), theme.color("positive")


def crisp_group(
    edges: ShownEdges, theme: Theme, is_gradient: bool, ratio: float, thickest: float, height: float
) -> EdgeGroup:
    """Edges that are meant to be seen one by one; where they crowd, in `height` device pixels, the weaker recede."""
    strengths = edges.strengths()
    if strengths is None:
        grey = theme.color("muted" if edges.gap.wiring in SAME else "unknown")
        faint = 0.30 if edges.gap.wiring in SAME else 0.34
        still = np.zeros(len(edges.lines), np.float32)
        return EdgeGroup(edges.lines * ratio, still, grey, grey, faint, faint)
    negative, positive = edge_colors(theme, is_gradient)
    contrast = float(np.clip(1.2 + len(edges.lines) / max(height / ratio, 1.0), 1.2, 3.2))
    thickness = max(thickest * ratio, 1.0)
    return EdgeGroup(edges.lines * ratio, strengths, negative, positive, 0.10, 1.0, thickness, contrast)


def thickness_for(count: int) -> float:
    """Width of the strongest edges: few edges have room to be thick."""
    return float(np.interp(count, [8, 60, 300, 1000], [4.5, 3.4, 2.2, 1.45]))
