"""What OpenGL paints. Run by ``test_gl_edges.py`` on a virtual screen, for a plain test run has none."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QRunnable, QThreadPool
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from nnviz.ui.graph.coverage_painter import CoveragePainter
from nnviz.ui.graph.faint_edges import BALANCES, DENSEST, DENSITIES, DenseGap, EdgePicture, tone_table
from nnviz.ui.graph.gl_edges import GlEdgePainter, Gpu, gl_painter
from nnviz.ui.theme import DARK, LIGHT
from tests.support.command import python
from tests.ui.graph.test_gl_edges import Other

ORANGE, BLUE = QColor("#f59322"), QColor("#0877bd")
EVEN = BALANCES // 2
Pixels = np.ndarray
Paint = Callable[..., Pixels]


def never() -> bool:
    return False


def pixels(image: QImage | None) -> Pixels:
    assert image is not None
    assert image.format() is QImage.Format.Format_ARGB32_Premultiplied
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width()).copy()


@pytest.fixture
def painter(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> GlEdgePainter:
    painter = gl_painter(Other(), software_too=True)
    assert isinstance(painter, GlEdgePainter)
    painter.paint(EdgePicture(8, 8, (), ORANGE, BLUE), never)
    assert not caplog.records
    if painter.renderer is None:
        pytest.skip("no OpenGL 3.3")
    return painter


@pytest.fixture
def paint(painter: GlEdgePainter) -> Paint:
    def paint(*gaps: DenseGap, width: int = 200, height: int = 150) -> Pixels:
        return pixels(painter.paint(EdgePicture(width, height, gaps, ORANGE, BLUE), never))

    return paint


def line(x: float, y: float, x_end: float, y_end: float, value: float = 1.0) -> DenseGap:
    """One edge of opacity 1, if its strength is 1."""
    ends = (np.array([each], np.float32) for each in ((x, y), (x_end, y_end)))
    return DenseGap(*ends, np.array([[value]], np.float32), 1.0, 0.0, 1.0, 1.0)


def network(sizes: tuple[int, int], width: int = 200, height: int = 150, strongest: float = 0.1) -> DenseGap:
    """All edges between two columns, with random numbers on them."""
    places = zip(sizes, (10, width - 10), strict=True)
    columns = [np.stack([np.full(count, x), np.linspace(5, height - 5, count)], 1) for count, x in places]
    values = np.random.default_rng(0).standard_normal(sizes[::-1]).astype(np.float32)
    return DenseGap(*(column.astype(np.float32) for column in columns), values, 2.0, strongest * 0.1, strongest, 2.0)


def densities(picture: Pixels) -> Pixels:
    """Density that an opacity stands for."""
    return -np.log(1.0 - np.minimum(picture >> 24, 254) / 255.0)


@pytest.mark.parametrize("rise", [0.0, 0.1, -0.5, 0.93, -1.0])
@pytest.mark.parametrize("steep", [False, True])
def test_a_line_is_one_pixel_wide_and_where_it_belongs(paint: Paint, rise: float, steep: bool) -> None:
    first, last = np.array([20.0, 70.3]), np.array([90.0, 70.3 + 70.0 * rise])
    ends = np.concatenate([first[::-1], last[::-1]] if steep else [first, last])
    density = densities(paint(line(*ends)))
    density = density.T if steep else density
    inner = np.arange(21, 89)
    centres = np.arange(len(density)) + 0.5
    total = density[:, inner].sum(axis=0)
    np.testing.assert_allclose(total, np.hypot(1.0, rise), rtol=0.02)  # area of a strip, per pixel along the axis
    place = (density[:, inner] * centres[:, None]).sum(axis=0) / total
    np.testing.assert_allclose(place, first[1] + rise * (inner + 0.5 - first[0]), atol=0.02)
    assert not density[:, :19].any()
    assert not density[:, 91:].any()


def test_lines_from_right_to_left_are_the_same(paint: Paint) -> None:
    np.testing.assert_array_equal(paint(line(150, 90, 20, 30)), paint(line(20, 30, 150, 90)))


def test_the_picture_is_that_of_the_other_painter(paint: Paint) -> None:
    gap = network((40, 30))
    theirs = densities(pixels(CoveragePainter().paint(EdgePicture(200, 150, (gap,), ORANGE, BLUE), never)))
    ours = densities(paint(gap)).reshape(75, 2, 100, 2).mean(axis=(1, 3))
    inner = np.s_[:, 8:-8]  # away from the ends, where all lines meet
    assert ours[inner].mean() == pytest.approx(theirs[inner].mean(), rel=0.03)
    assert np.abs(ours - theirs)[inner].mean() < 0.05 * theirs[inner].mean()


def test_all_colours_are_of_the_table(paint: Paint) -> None:
    picture = paint(network((60, 50)))
    assert np.isin(picture, tone_table(ORANGE, BLUE)).all()
    assert len(np.unique(picture)) > 300


@pytest.mark.parametrize(
    ("value", "column"), [(-1.0, 0), (1.0, -1), (0.0, EVEN), (np.nan, EVEN), (np.inf, -1), (-9.0, 0)]
)
def test_signs_have_their_colours(paint: Paint, value: float, column: int) -> None:
    gap = replace(line(20, 50.5, 150, 50.5, value), faintest=0.5, strongest=0.5)
    row = round(np.sqrt(0.5 / DENSEST) * (DENSITIES - 1))
    assert paint(gap)[50, 80] == tone_table(ORANGE, BLUE)[row, column]


def test_opacity_follows_strength(paint: Paint) -> None:
    gap = replace(line(20, 50.5, 150, 50.5, 0.5), limit=1.0, faintest=0.1, strongest=0.9, contrast=3.0)
    assert densities(paint(gap))[50, 80] == pytest.approx(0.1 + 0.8 * 0.125, abs=0.006)


@pytest.mark.parametrize(("limit", "value", "expected"), [(0.0, 0.5, 1.0), (0.0, 0.0, 0.0), (np.inf, 0.5, 0.0)])
def test_any_limit_will_do(paint: Paint, limit: float, value: float, expected: float) -> None:
    gap = replace(line(20, 50.5, 150, 50.5, value), limit=limit)
    assert densities(paint(gap))[50, 80] == pytest.approx(expected, abs=0.01)


def test_order_does_not_matter(paint: Paint) -> None:
    gap = network((60, 50))
    rng = np.random.default_rng(1)
    sources, outs = rng.permutation(60), rng.permutation(50)
    mixed = replace(gap, starts=gap.starts[sources], ends=gap.ends[outs], values=gap.values[outs][:, sources])
    np.testing.assert_array_equal(paint(mixed), paint(gap))


def test_every_edge_of_a_large_matrix_is_where_it_belongs(paint: Paint) -> None:
    gap = replace(network((700, 500)), faintest=0.0)
    gap = replace(gap, values=np.copysign(2.0, gap.values))  # none is too faint to be drawn for sure
    last = np.zeros_like(gap.values)
    last[-1] = gap.values[-1]
    alone = replace(gap, ends=gap.ends[-1:], values=gap.values[-1:])
    np.testing.assert_array_equal(paint(replace(gap, values=last)), paint(alone))


def test_the_faintest_edges_add_up(paint: Paint) -> None:
    gap = replace(network((400, 400)), faintest=0.0002, strongest=0.0002)
    assert paint(gap).any()
    strong = replace(gap, faintest=0.002, strongest=0.002)
    inner = np.s_[20:-20, 20:-20]
    assert densities(paint(gap))[inner].mean() == pytest.approx(densities(paint(strong))[inner].mean() / 10, rel=0.03)


def test_nothing_is_painted_for_nothing(paint: Paint) -> None:
    gap = network((3, 2))
    empty = replace(gap, ends=gap.ends[:0], values=gap.values[:0])
    assert not paint().any()
    assert not paint(empty).any()
    np.testing.assert_array_equal(paint(empty, gap), paint(gap))


def test_read_only_and_wider_numbers_will_do(paint: Paint) -> None:
    gap = network((5, 4))
    frozen = gap.values.copy()
    frozen.flags.writeable = False
    np.testing.assert_array_equal(paint(replace(gap, values=frozen)), paint(gap))
    np.testing.assert_array_equal(paint(replace(gap, values=gap.values.astype(float))), paint(gap))
    np.testing.assert_array_equal(paint(replace(gap, values=np.asfortranarray(gap.values))), paint(gap))


def test_other_sizes_do_not_disturb(paint: Paint) -> None:
    gap = network((20, 10))
    before = paint(gap)
    assert paint(gap, width=1, height=1).shape == (1, 1)
    assert paint(gap, width=333, height=77).shape == (77, 333)
    np.testing.assert_array_equal(paint(gap), before)


def test_each_theme_has_its_colours(painter: GlEdgePainter) -> None:
    gap = network((20, 10))
    found = []
    for theme in (LIGHT, DARK):
        colors = theme.color("negative"), theme.color("positive")
        picture = pixels(painter.paint(EdgePicture(200, 150, (gap,), *colors), never))
        assert np.isin(picture, tone_table(*colors)).all()
        found.append(picture)
    np.testing.assert_array_equal(found[0] >> 24, found[1] >> 24)


class Job(QRunnable):
    def __init__(self, painter: GlEdgePainter, gap: DenseGap, found: list[Pixels]) -> None:
        super().__init__()
        self._painter, self._gap, self._found = painter, gap, found

    def run(self) -> None:
        for _ in range(3):
            self._found.append(pixels(self._painter.paint(EdgePicture(200, 150, (self._gap,), ORANGE, BLUE), never)))


def test_any_thread_may_paint_and_several_take_turns(painter: GlEdgePainter, paint: Paint) -> None:
    gap = network((20, 10))
    expected, found = paint(gap), []
    pool = QThreadPool()
    for _ in range(3):
        pool.start(Job(painter, gap, found))
    found.append(paint(gap))
    assert pool.waitForDone()
    assert len(found) == 10
    for picture in found:
        np.testing.assert_array_equal(picture, expected)


@pytest.mark.parametrize("questions", [0, 1, 2])
def test_what_is_cancelled_leaves_no_trace(painter: GlEdgePainter, paint: Paint, questions: int) -> None:
    gap, other = network((700, 500)), line(20, 30, 150, 90)
    before, asked = paint(other), []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > questions

    assert painter.paint(EdgePicture(200, 150, (gap,), ORANGE, BLUE), cancelled) is None
    assert len(asked) == questions + 1
    np.testing.assert_array_equal(paint(other), before)


@pytest.mark.qt_log_ignore("Framebuffer|framebuffer")
def test_a_fault_is_logged_once_and_the_other_paints(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    other = Other()
    painter = GlEdgePainter(Gpu(software_too=True), other)
    gap = network((3, 2))
    assert painter.paint(EdgePicture(200, 150, (gap,), ORANGE, BLUE), never) is not other.image
    assert painter.renderer is not None
    assert painter.paint(EdgePicture(1_000_000, 150, (gap,), ORANGE, BLUE), never) is other.image
    assert painter.paint(EdgePicture(200, 150, (gap,), ORANGE, BLUE), never) is other.image
    assert painter.renderer is None
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_software_is_left_to_the_other(painter: GlEdgePainter) -> None:
    assert "llvmpipe" in str(painter.renderer)
    other = Other()
    assert (
        GlEdgePainter(Gpu(software_too=False), other).paint(EdgePicture(9, 9, (), ORANGE, BLUE), never) is other.image
    )


def test_the_gpu_can_be_forbidden(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNVIZ_NO_GPU", "1")
    other = Other()
    assert gl_painter(other, software_too=True) is other


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.3])
def test_the_program_may_end_while_another_thread_paints(painter: GlEdgePainter, seconds: float) -> None:
    code = """
import sys, time
from PySide6.QtCore import QThreadPool
from PySide6.QtGui import QGuiApplication
from tests.ui.graph.on_screen_gl_edges import Job, Other, gl_painter, network
application = QGuiApplication()
painter = gl_painter(Other(), software_too=True)
QThreadPool.globalInstance().start(Job(painter, network((300, 200)), []))
time.sleep(float(sys.argv[1]))
print("end")
"""
    assert python(code, str(seconds)) == "end"
