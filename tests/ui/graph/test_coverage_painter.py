"""All edges in one picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, qAlpha, qBlue, qGreen, qRed

from nnviz.core.playback import EdgeNumbers
from nnviz.ui.graph.coverage_painter import CoveragePainter, opacities, tones
from nnviz.ui.graph.faint_edges import BALANCES, DENSEST, DENSITIES, DenseGap, EdgePicture, tone_table

RED, GREEN = QColor(255, 0, 0), QColor(0, 255, 0)
WIDTH, HEIGHT = 201, 121


def column(x: float, count: int) -> np.ndarray:
    return np.stack([np.full(count, x), np.linspace(20, 100, count)], axis=1).astype(np.float32)


def gap(values: np.ndarray, left: float = 10, right: float = 190, limit: float = 1.0) -> DenseGap:
    outs, sources = values.shape
    return DenseGap(column(left, sources), column(right, outs), values, limit, 0.1, 0.9, 2.0)


def painted(*gaps: DenseGap, painter: CoveragePainter | None = None) -> QImage:
    image = (painter or CoveragePainter()).paint(EdgePicture(WIDTH, HEIGHT, gaps, RED, GREEN), lambda: False)
    assert image is not None
    return image


def pixels(image: QImage) -> np.ndarray:
    """Premultiplied red, green, blue and alpha; shape (height, width, 4)."""
    words = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width())
    return np.stack([words >> shift & 255 for shift in (16, 8, 0, 24)], axis=-1).astype(int)


def noise(outs: int, sources: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((outs, sources)).astype(np.float32)


def test_the_picture_has_half_the_resolution_rounded_up() -> None:
    image = painted(gap(noise(3, 4)))
    assert (image.width(), image.height()) == (101, 61)
    assert image.format() == QImage.Format.Format_ARGB32_Premultiplied


@pytest.mark.parametrize(("value", "channel", "other"), [(1.0, 1, 0), (-1.0, 0, 1)])
def test_the_sign_gives_the_colour(value: float, channel: int, other: int) -> None:
    found = pixels(painted(gap(np.array([[value]], np.float32))))
    assert found[..., channel].max() > 50
    assert found[..., other].max() == 0
    rows = np.flatnonzero(found[..., 3].max(axis=1))
    assert rows.mean() * 2 + 1 == pytest.approx(20, abs=1.0)  # where the only line is, from y = 20 to 20


def test_opacity_follows_the_formula() -> None:
    opacity, signed = opacities(gap(np.array([[0.5, -2.0, 0.0]], np.float32)))
    np.testing.assert_allclose(opacity, [[0.1 + 0.8 * 0.25, 0.9, 0.1]], rtol=1e-6)
    np.testing.assert_allclose(signed, [[0.3, -0.9, 0.0]], rtol=1e-6)
    assert opacity.dtype == signed.dtype == np.float32


@pytest.mark.parametrize("limit", [1.0, 0.0])
def test_what_is_not_a_number_is_painted_too(limit: float) -> None:
    opacity, signed = opacities(gap(np.array([[np.nan, np.inf, -np.inf]], np.float32), limit=limit))
    np.testing.assert_allclose(opacity, [[0.1, 0.9, 0.9]], rtol=1e-6)
    np.testing.assert_allclose(signed, [[0.0, 0.9, -0.9]], rtol=1e-6)
    assert pixels(painted(gap(np.full((4, 5), np.nan, np.float32)))).any()


def test_numbers_may_be_computed_when_they_are_asked_for() -> None:
    weight, source = noise(4, 5), np.array([1, 0, 2, 0.5, -1], np.float32)
    lazy = replace(gap(weight), values=EdgeNumbers(np.multiply, weight, source))
    assert painted(lazy) == painted(gap(weight * source))


def test_the_order_of_edges_does_not_matter() -> None:
    whole = gap(noise(9, 40))
    turned = np.random.default_rng(1).permutation(40)
    shuffled = replace(whole, starts=whole.starts[turned], values=whole.values[:][:, turned])
    difference = np.abs(pixels(painted(whole)) - pixels(painted(shuffled)))
    assert difference.max() <= 4  # sums are rounded in another order


def test_strong_edges_cover_more() -> None:
    weak, strong = (pixels(painted(gap(np.full((5, 5), value, np.float32))))[..., 3].sum() for value in (0.2, 0.9))
    assert strong > 2 * weak


def test_a_known_geometry_gives_the_picture_of_a_new_one() -> None:
    painter = CoveragePainter()
    first = painted(gap(noise(9, 40)), painter=painter)
    second = painted(gap(noise(9, 40, seed=1)), painter=painter)
    assert first != second
    assert second == painted(gap(noise(9, 40, seed=1)))


def test_zooming_in_and_out_gives_the_same_picture() -> None:
    painter = CoveragePainter()
    before, zoomed = gap(noise(9, 40)), gap(noise(9, 40), left=-200, right=700)
    first = painted(before, painter=painter)
    assert painted(zoomed, painter=painter) != first
    assert painted(before, painter=painter) == first


def test_gaps_of_any_size_can_be_painted() -> None:
    painter = CoveragePainter()
    assert not pixels(painted(painter=painter)).any()
    assert not pixels(painted(gap(np.empty((3, 0), np.float32)), painter=painter)).any()
    one = pixels(painted(gap(np.ones((1, 1), np.float32)), painter=painter))
    assert one[..., 3].any()
    both = painted(
        gap(np.ones((1, 1), np.float32), right=90), gap(np.ones((2, 1), np.float32), left=110), painter=painter
    )
    assert pixels(both)[:, 20, 3].any()
    assert pixels(both)[:, 80, 3].any()
    assert not pixels(both)[:, 50, 3].any()


def test_painting_stops_when_nobody_wants_it_any_more_and_can_go_on_later() -> None:
    painter, wanted = CoveragePainter(), gap(noise(9, 40))
    asked: list[int] = []
    assert (
        painter.paint(EdgePicture(WIDTH, HEIGHT, (wanted,), RED, GREEN), lambda: asked.append(1) or len(asked) > 2)
        is None
    )
    assert len(asked) == 3
    assert painted(wanted, painter=painter) == painted(wanted)


def test_tones_go_from_nothing_to_everything() -> None:
    table = tone_table(RED, GREEN)
    alpha = np.array([qAlpha(int(word)) for word in table[:, 0]])
    assert table.shape == (DENSITIES, BALANCES)
    assert alpha[0] == 0
    assert (np.diff(alpha) >= 0).all()
    assert np.diff(alpha).max() <= 2  # no step that could be seen
    assert alpha[-1] == round(255 * (1 - np.exp(-DENSEST)))
    for words, red, green in (
        (table[-1, 0], 255, 0),
        (table[-1, -1], 0, 255),
        (table[-1, BALANCES // 2], 127.5, 127.5),
    ):
        share = alpha[-1] / 255
        assert (qRed(int(words)), qGreen(int(words)), qBlue(int(words))) == pytest.approx(
            (red * share, green * share, 0), abs=1
        )


def test_density_and_balance_find_their_tone() -> None:
    table = tone_table(RED, GREEN)
    density = np.array([0.0, DENSEST, 9.0, DENSEST / 4], np.float32)
    found = tones(density, density * np.array([0, 1, -1, 0], np.float32), table)
    half = (DENSITIES - 1) / 2
    assert found[:3].tolist() == [0, table[-1, -1], table[-1, 0]]
    assert found[3] in table[[int(half), int(half + 1)], BALANCES // 2]
