"""What is painted once and copied: equal to painting it directly, and painted anew exactly when it looks different."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from nnviz.core.playback import EdgeMode
from nnviz.core.spec import Wiring
from nnviz.ui.graph.items.kept import KeptPictures
from nnviz.ui.graph.look import GapLook, Look, with_known_edges
from nnviz.ui.widgets.niche import Niche

AREA = QRectF(10.3, 12.6, 30.0, 20.0)


def sheet(ratio: float = 1.0) -> QImage:
    image = QImage(round(60 * ratio), round(50 * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.white)
    return image


def pixels(image: QImage) -> np.ndarray:
    found = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return found.astype(int)


def paint_frame(painter: QPainter) -> None:
    painter.setPen(QPen(QColor(20, 40, 200), 2.0))
    painter.setBrush(QColor(200, 40, 20, 120))
    painter.drawRoundedRect(AREA.adjusted(2, 2, -2, -2), 4, 4)


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_a_copy_looks_like_what_was_painted(qapp, ratio):
    direct, copied = sheet(ratio), sheet(ratio)
    painter = QPainter(direct)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_frame(painter)
    painter.end()
    kept = KeptPictures(ratio)
    painter = QPainter(copied)
    kept.draw(painter, "frame", AREA, (), paint_frame)
    painter.end()
    assert (pixels(direct) != 255).any()
    assert np.abs(pixels(direct) - pixels(copied)).max() <= 2  # rounding, where it is half transparent


def test_it_is_painted_anew_only_when_it_looks_different_or_is_elsewhere(qapp):
    painted: list[str] = []
    kept, image = KeptPictures(1.0), sheet()
    painter = QPainter(image)

    def draw(part: str, looks: tuple[object, ...], area: QRectF = AREA) -> int:
        kept.draw(painter, part, area, looks, lambda painter: painted.append(part))
        return len(painted)

    assert draw("image", (1, b"0")) == 1
    assert draw("image", (1, b"0")) == 1
    assert draw("strip", (1, b"0")) == 2
    assert draw("image", (1, b"1")) == 3
    assert draw("image", (1, b"1"), AREA.translated(5, 0)) == 4
    assert draw("image", (1, b"1"), AREA.translated(500, 0)) == 4  # out of view
    painter.end()


def look_with(*values: np.ndarray | None) -> Look:
    gaps = tuple(
        GapLook(layer, Wiring.DENSE, (2, 3), each, 1.0, None, 1.0) for layer, each in enumerate(values, start=1)
    )
    return Look((), gaps, EdgeMode.WEIGHT)


def test_copies_of_known_edges_are_recognised():
    known, other = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones((2, 3), np.float32)
    changed = known.copy()
    changed[1, 2] = 7.0
    before = look_with(known, other)
    assert with_known_edges(look_with(known.copy(), None), before).gaps[0].values is known
    assert with_known_edges(look_with(changed, None), before).gaps[0].values is changed
    assert with_known_edges(look_with(None, other.copy()), before).gaps[0].values is None
    assert with_known_edges(look_with(other[:1], other), before).gaps[0].values.shape == (1, 3)
    assert with_known_edges(look_with(changed), before).gaps[0].values is changed


def test_a_niche_asks_for_the_same_size_whatever_its_label_says(qtbot):
    window, label = QWidget(), QLabel("short")
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    niche = Niche(label)
    column.addWidget(niche)
    window.resize(200, 80)
    window.show()
    wanted = niche.sizeHint(), niche.minimumSizeHint()
    assert label.geometry() == niche.rect()
    label.setText("a very long text indeed\nwith a second line")
    qtbot.waitUntil(lambda: label.text().startswith("a very"))
    assert (niche.sizeHint(), niche.minimumSizeHint()) == wanted
    window.resize(300, 90)
    qtbot.waitUntil(lambda: label.geometry() == niche.rect())
