"""The colours of what can be operated: it can be seen where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QListWidget,
    QPushButton,
    QRadioButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from nnviz.ui.theme import DARK, LIGHT, Theme, ThemeChoice, theme_manager

ENOUGH = 3.0  # WCAG 2.1, 1.4.11: contrast of what is needed to recognise a control
LEGIBLE = 4.5
GROUNDS = ("window", "panel", "canvas")
THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
CONTROLS: tuple[Callable[[], QWidget], ...] = (
    QCheckBox,
    QRadioButton,
    QComboBox,
    QSpinBox,
    QLineEdit,
    QPushButton,
    lambda: QSlider(Qt.Orientation.Horizontal),
)


def luminance(color: QColor) -> float:
    """Relative luminance, after WCAG 2.1."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: QColor, other: QColor) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture
def choose(qtbot: QtBot) -> Iterator[Callable[[Theme], None]]:
    yield lambda theme: theme_manager().choose(ThemeChoice.DARK if theme.dark else ThemeChoice.LIGHT)
    theme_manager().choose(ThemeChoice.SYSTEM)


@THEMES
@pytest.mark.parametrize("ground", GROUNDS)
def test_the_outline_stands_out_from_every_ground_and_texts_are_legible(theme: Theme, ground: str) -> None:
    assert contrast(theme.color("outline"), theme.color(ground)) >= ENOUGH
    for name in ("text", "muted", "warning", "error", "good"):
        assert contrast(theme.color(name), theme.color(ground)) >= LEGIBLE, name


@THEMES
@pytest.mark.parametrize("kind", CONTROLS)
def test_an_empty_control_can_be_seen(
    qtbot: QtBot, choose: Callable[[Theme], None], theme: Theme, kind: Callable[[], QWidget]
) -> None:
    choose(theme)
    window = QWidget()
    qtbot.addWidget(window)
    control = kind()
    QVBoxLayout(window).addWidget(control)
    window.resize(200, 60)
    with qtbot.waitExposed(window):
        window.show()
    picture = window.grab().toImage()
    box = control.geometry()
    y = box.center().y()
    end = box.left() + 24 if isinstance(control, QAbstractButton) else box.right()
    across = [picture.pixelColor(x, y) for x in range(box.left(), end)]
    assert max(contrast(color, theme.color("window")) for color in across) >= ENOUGH


@THEMES
def test_the_handle_of_a_scroll_bar_can_be_seen(qtbot: QtBot, choose: Callable[[Theme], None], theme: Theme) -> None:
    choose(theme)
    rows = QListWidget()
    qtbot.addWidget(rows)
    rows.addItems([str(row) for row in range(1000)])
    rows.resize(120, 200)
    with qtbot.waitExposed(rows):
        rows.show()
    bar = rows.verticalScrollBar()
    place = bar.rect().translated(bar.mapTo(rows, bar.rect().topLeft()))
    picture = rows.grab(place).toImage()
    middle = [picture.pixelColor(bar.width() // 2, y) for y in range(picture.height())]
    seen = [contrast(color, theme.color("panel")) >= ENOUGH for color in middle]
    assert 20 <= sum(seen) <= 60
