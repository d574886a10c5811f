"""Recolouring and repainting edges, without a GPU: the strongest, and all of them, at 1400 × 900.

Each round brings new random numbers, as a training step does, and ends with a finished image. All edges are painted as
in the window, on the background thread, from the request to the image's arrival in the event loop. The baseline is
what Qt offers for such pictures: an item per edge, whose pen changes; of 1M edges it is not measured, it takes minutes.
How fast a graphics processor is, `bench_edges_gl.py` tells.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np
import pytest
from PySide6.QtCore import QObject, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGraphicsLineItem, QGraphicsScene, QGraphicsView
from pytestqt.qtbot import QtBot

from nnviz.core.playback import EdgeMode
from nnviz.core.spec import NetworkSpec, Wiring
from nnviz.ui.graph.coverage_painter import CoveragePainter
from nnviz.ui.graph.edge_paint import LinePainter
from nnviz.ui.graph.edge_sets import STRONGEST, crisp_group, dense_gaps, edge_colors, strongest_edges, thickness_for
from nnviz.ui.graph.full_picture import EdgeScene, FullPicture
from nnviz.ui.graph.layout import Camera, Metrics, NetworkLayout, layout_network
from nnviz.ui.graph.look import GapLook, Look
from nnviz.ui.graph.scale import robust_limit
from nnviz.ui.theme import ThemeChoice, theme_manager
from tests.benchmarks.conftest import Bench
from tests.support.reference import image_network

WIDTH, HEIGHT = 1400, 900
NETWORKS = {
    "1k": image_network(8, (14, 10)),
    "16k": image_network(28, (20, 14, 10)),
    "109k": image_network(28, (128, 64, 10)),
    "1M": image_network(28, (1024, 256, 10)),
}
ITEMS, AT_ONCE = "one QGraphicsLineItem per edge, in a view", "one QGraphicsLineItem per edge, into an image"


class Numbers:
    """A network in its layout, with other random numbers on its edges each time it is asked."""

    def __init__(self, network: NetworkSpec) -> None:
        self.layout: NetworkLayout = layout_network(network, WIDTH, HEIGHT, Metrics(output_labels=100))
        self._network, self._rng = network, np.random.default_rng(0)

    def look(self) -> Look:
        sizes = [column.points.shape[0] for column in self.layout.columns]
        gaps = []
        for layer, spec in enumerate(self._network.layers[1:], start=1):
            shape, values = (sizes[layer], sizes[layer - 1]), None
            if spec.wiring is Wiring.DENSE:
                values = self._rng.standard_normal(shape, np.float32)
            limit = 1.0 if values is None else robust_limit(values)
            gaps.append(GapLook(layer, spec.wiring, shape, values, limit, None, 1.0))
        return Look((), tuple(gaps), EdgeMode.WEIGHT)

    def scene(self) -> EdgeScene:
        theme = theme_manager().theme
        return EdgeScene(self.look(), self.layout, self.layout, Camera(), theme, WIDTH, HEIGHT, 1.0)

    @property
    def edge_count(self) -> int:
        return sum(gap.edge_count for gap in self.look().gaps)


class EdgeItems(QGraphicsView):
    """The baseline: an item per edge, in a view.

    Without an index, which takes most of a minute to follow 16,000 new pens. Most of what is left is the view looking
    which parts have to be painted anew.
    """

    def __init__(self, numbers: Numbers) -> None:
        super().__init__()
        self.setScene(QGraphicsScene(0, 0, WIDTH, HEIGHT, self))
        self.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.resize(WIDTH, HEIGHT)
        self._numbers, self.pictures = numbers, 0
        self._items: list[QGraphicsLineItem] = []
        for gap in dense_gaps(numbers.look(), numbers.layout, 1.0, HEIGHT):
            for end in gap.ends.tolist():
                self._items += [self.scene().addLine(*start, *end) for start in gap.starts.tolist()]

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.pictures += 1

    def recolour(self) -> None:
        look = self._numbers.look()
        strengths = np.concatenate([np.ravel(gap.values) / gap.limit for gap in look.gaps if gap.values is not None])
        pair = [QColor(color) for color in edge_colors(theme_manager().theme, False)]
        for item, strength in zip(self._items, strengths.tolist(), strict=True):
            color = pair[strength > 0]
            color.setAlphaF(min(abs(strength), 1.0))
            item.setPen(QPen(color, 1.0))

    def seconds_at_once(self) -> float:
        """Recolour and paint all items in one go, without the bookkeeping of a view: the best that items can do."""
        began = perf_counter()
        self.recolour()
        image = QImage(WIDTH, HEIGHT, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(0)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.scene().render(painter, QRectF(0, 0, WIDTH, HEIGHT), QRectF(0, 0, WIDTH, HEIGHT))
        painter.end()
        return perf_counter() - began

    def seconds(self, qtbot: QtBot) -> float:
        """Recolour, and wait for the view to be painted."""
        before, began = self.pictures, perf_counter()
        self.recolour()
        qtbot.waitUntil(lambda: self.pictures > before, timeout=60_000)
        return perf_counter() - began


@pytest.fixture
def items_of(qtbot: QtBot) -> Callable[[Numbers], EdgeItems]:
    def make(numbers: Numbers) -> EdgeItems:
        view = EdgeItems(numbers)
        qtbot.addWidget(view)
        view.show()
        qtbot.waitUntil(lambda: view.pictures > 0, timeout=60_000)
        return view

    return make


def all_edges(qtbot: QtBot, numbers: Numbers, painter: CoveragePainter, owner: QObject) -> Callable[[], float]:
    """Seconds from the request for a picture of all edges to its arrival."""
    picture = FullPicture(lambda: painter, owner)

    def paint() -> float:
        scene = numbers.scene()
        began = perf_counter()
        with qtbot.waitSignal(picture.finished, timeout=60_000):
            picture.request(scene)
        return perf_counter() - began

    return paint


@pytest.fixture(autouse=True)
def light(qapp: object) -> None:
    theme_manager().choose(ThemeChoice.LIGHT)


def test_strongest(bench: Bench) -> None:
    numbers = Numbers(NETWORKS["16k"])

    def paint() -> float:
        look = numbers.look()
        began = perf_counter()
        shown = strongest_edges(look, numbers.layout, STRONGEST)
        thickest = thickness_for(STRONGEST)
        groups = [crisp_group(edges, theme_manager().theme, False, 1.0, thickest, HEIGHT) for edges in shown]
        LinePainter().paint(WIDTH, HEIGHT, tuple(groups))
        return perf_counter() - began

    paint()
    seconds = bench.take_turns({"strongest": paint}, rounds=15)["strongest"]
    bench.at_most(f"strongest {STRONGEST:,} of 16k: find, recolour, repaint", "", "", 1000 * seconds, 8.0, "ms")


@pytest.mark.parametrize(("name", "most"), [("1k", None), ("16k", 33.0), ("109k", 150.0), ("1M", None)])
def test_all_edges(
    bench: Bench, qtbot: QtBot, items_of: Callable[[Numbers], EdgeItems], name: str, most: float | None
) -> None:
    numbers, painter, owner = Numbers(NETWORKS[name]), CoveragePainter(), QObject()
    question = f"all {name} edges: recolour, repaint"
    paint = all_edges(qtbot, numbers, painter, owner)
    first = paint()
    medians: dict[str, float] = {}
    if name in ("1k", "16k"):
        items, hidden_items = items_of(numbers), EdgeItems(numbers)
        figures = {ITEMS: lambda: items.seconds(qtbot), AT_ONCE: hidden_items.seconds_at_once, question: paint}
        medians = bench.take_turns(figures)
    else:
        medians = bench.take_turns({question: paint}, rounds=15)
        if name == "109k":  # it takes so long that once has to be enough
            medians[AT_ONCE] = EdgeItems(numbers).seconds_at_once()
    seconds = medians[question]
    measured = f"{1000 * seconds:.1f} ms"
    if most is None:
        bench.tell(question, "", "", measured)
    else:
        bench.at_most(question, "", "", 1000 * seconds, most, "ms")
    for baseline in (ITEMS, AT_ONCE):
        if baseline not in medians:
            continue
        against, ratio = f"{baseline}: {1000 * medians[baseline]:.0f} ms", medians[baseline] / seconds
        if name == "16k" and baseline == ITEMS:
            bench.at_least(question, measured, against, ratio, 50.0)
        else:
            bench.tell(question, measured, against, f"{ratio:.1f} ×")
    bench.tell(f"all {name} edges: the first picture", f"{painter.nbytes / 1e6:.0f} MB kept", "", f"{first:.2f} s")
