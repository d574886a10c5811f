"""Painting all edges anew on a graphics processor, until the image is there: new numbers each time, 1400 × 900 pixels.

It needs a screen, which tests otherwise do without::

    QT_QPA_PLATFORM=xcb pytest tests/benchmarks/bench_edges_gl.py
"""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication

from nnviz.core.playback import EdgeMode
from nnviz.core.spec import NetworkSpec, Wiring
from nnviz.engine.layers import Dense, Flatten, Input
from nnviz.ui.graph.coverage_painter import CoveragePainter
from nnviz.ui.graph.edge_sets import dense_gaps, edge_colors
from nnviz.ui.graph.faint_edges import DenseGap, EdgePicture
from nnviz.ui.graph.gl_edges import GlEdgePainter, gl_painter
from nnviz.ui.graph.layout import Metrics, layout_network
from nnviz.ui.graph.look import blank_look
from nnviz.ui.theme import LIGHT
from tests.benchmarks.conftest import Bench

WIDTH, HEIGHT = 1400, 900
PICTURES = 10  # of which a figure is the mean


@pytest.fixture
def painter(qapp: QGuiApplication) -> GlEdgePainter:
    """The painter of a graphics processor; skips where there is none."""
    painter = gl_painter(CoveragePainter())
    if not isinstance(painter, GlEdgePainter):
        pytest.skip(f"no graphics processor: the platform is {qapp.platformName()!r}, or NNVIZ_NO_GPU is set")
    painter.paint(EdgePicture(WIDTH, HEIGHT, (), *edge_colors(LIGHT, False)), lambda: False)
    if painter.renderer is None:
        pytest.skip("no graphics processor: none was found, or only one in software")
    return painter


def pictures(*sizes: int) -> list[tuple[DenseGap, ...]]:
    """A few states of a network on images of 28 × 28 pixels, as the window lays it out."""
    network = NetworkSpec((Input((28, 28)), Flatten(), *(Dense(size) for size in sizes)))
    layout, look = layout_network(network, WIDTH, HEIGHT, Metrics()), blank_look(network, EdgeMode.WEIGHT)
    rng = np.random.default_rng(0)
    states = []
    for _ in range(3):
        gaps = tuple(
            replace(gap, values=rng.standard_normal(gap.shape, np.float32), limit=2.5)
            for gap in look.gaps
            if gap.wiring is Wiring.DENSE
        )
        states.append(dense_gaps(replace(look, gaps=gaps), layout, 1.0, HEIGHT))
    return states


SIZES = {"16k": ((20, 14, 10), None), "109k": ((128, 64, 10), 8.0), "1M": ((1024, 256, 10), 33.0)}


@pytest.mark.parametrize(("sizes", "wanted"), SIZES.values(), ids=SIZES)
def test_all_edges(bench: Bench, painter: GlEdgePainter, sizes: tuple[int, ...], wanted: float | None) -> None:
    states = cycle(pictures(*sizes))
    count = sum(gap.values.size for gap in next(states))

    def milliseconds() -> float:
        began = time.perf_counter()
        for _ in range(PICTURES):
            assert (
                painter.paint(EdgePicture(WIDTH, HEIGHT, next(states), *edge_colors(LIGHT, False)), lambda: False)
                is not None
            )
        return (time.perf_counter() - began) / PICTURES * 1000

    milliseconds()
    found = bench.take_turns({"OpenGL": milliseconds})["OpenGL"]
    question = f"all {count:,} edges with OpenGL"
    if wanted is None:
        bench.tell(question, f"{found:.1f} ms", painter.renderer or "")
    else:
        bench.at_most(question, f"{found:.1f} ms", painter.renderer or "", found, wanted, "ms")
