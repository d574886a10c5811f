"""Colours and type, the same meaning everywhere, in a light and a dark version that follow the system's."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

SMALLEST_POINT_SIZE = 11
OUTLINED = ("QAbstractButton", "QAbstractSpinBox", "QComboBox", "QLineEdit", "QSlider", "QMenu")
FUSION_DARKENS = 140  # per cent: how Fusion makes the outline of a widget from the colour of its window


class ThemeChoice(StrEnum):
    """What the user chose."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, eq=False)  # compared by identity, which is fast: there are but two
class Theme:
    """One version of the colours.

    `negative`, `zero`, `positive` are for values and weights, the `gradient_…` pair for gradients and updates.
    What is asked for again and again is kept: there are but a few themes, and they live as long as the program.
    `line` divides and frames what is only looked at; `outline` is the edge of what can be operated, and stands out from
    every ground by 3:1 (a test measures it). `tint_outer` and `tint_hidden` lie under the headers of input/output and
    of hidden layers. `runs` tell runs and racers apart, for the colour-blind, too: with simulated protanopia,
    deuteranopia and tritanopia any two of them are still far apart, and so is each from the ground (another test does).
    """

    dark: bool
    window: str
    panel: str
    canvas: str
    text: str
    muted: str
    line: str
    outline: str
    accent: str
    on_accent: str
    negative: str
    zero: str
    positive: str
    gradient_negative: str
    gradient_positive: str
    tint_outer: str
    tint_hidden: str
    unknown: str
    warning: str
    error: str
    good: str
    runs: tuple[str, ...]

    @lru_cache(maxsize=256)  # noqa: B019
    def color(self, name: str, alpha: float = 1.0) -> QColor:
        """Return the colour called `name`, with an opacity from 0 to 1. Made once, and not to be changed."""
        color = QColor(getattr(self, name))
        color.setAlphaF(alpha)
        return color

    def run_color(self, number: int, alpha: float = 1.0) -> QColor:
        """Return the colour of a run, counted from 0; after the last one the colours begin again."""
        color = QColor(self.runs[number % len(self.runs)])
        color.setAlphaF(alpha)
        return color

    @lru_cache(maxsize=8)  # noqa: B019
    def scale(self, gradient: bool = False) -> NDArray[np.uint8]:
        """Return the diverging scale, shape (255, 4) RGBA uint8: row 0 is −1, row 127 is 0, row 254 is +1.

        Made once, and not to be written to.
        """
        low, high = (self.gradient_negative, self.gradient_positive) if gradient else (self.negative, self.positive)
        stops = np.array([QColor(name).getRgb() for name in (low, self.zero, high)], np.float64)
        places = np.linspace(-1.0, 1.0, 255)
        # np.interp rather than pyqtgraph's colour map, which takes a third of a second to import at every start
        bands = [np.interp(places, (-1, 0, 1), stops[:, c]) for c in range(4)]
        scale = np.stack(bands, axis=1).round().astype(np.uint8)
        scale.setflags(write=False)
        return scale

    @lru_cache(maxsize=8)  # noqa: B019
    def pixels(self, gradient: bool = False) -> NDArray[np.uint32]:
        """Return the same scale as pixels of the screen, 0xffRRGGBB; shape (255,). Not to be written to."""
        red, green, blue, _ = self.scale(gradient).astype(np.uint32).T
        pixels: NDArray[np.uint32] = np.uint32(0xFF000000) | red << 16 | green << 8 | blue
        pixels.setflags(write=False)
        return pixels


LIGHT = Theme(
    dark=False,
    window="#f3f4f7",
    panel="#ffffff",
    canvas="#fbfbfd",
    text="#1b2130",
    muted="#566072",
    line="#d5d9e2",
    outline="#737c8d",
    accent="#4b4fc9",
    on_accent="#ffffff",
    negative="#f59322",
    zero="#e8eaeb",
    positive="#0877bd",
    gradient_negative="#c2388f",
    gradient_positive="#2f8f3f",
    tint_outer="#dfe9f6",
    tint_hidden="#ebe6f4",
    unknown="#c3c8d2",
    warning="#9a5b00",
    error="#b3261e",
    good="#1f7a34",
    runs=("#1414ff", "#ae8f13", "#990000", "#00995c", "#ff3db1", "#194b57", "#d83dff", "#710f8a"),
)

DARK = Theme(
    dark=True,
    window="#1b1e25",
    panel="#22262f",
    canvas="#171a20",
    text="#e8ebf1",
    muted="#a4adbd",
    line="#3b4250",
    outline="#7b8599",
    accent="#8d91ff",
    on_accent="#12141a",
    negative="#f59322",
    zero="#3a404b",
    positive="#2f9be6",
    gradient_negative="#e561b4",
    gradient_positive="#4fb862",
    tint_outer="#263448",
    tint_hidden="#332e46",
    unknown="#4a515f",
    warning="#f0b45a",
    error="#ff8a80",
    good="#6fd087",
    runs=("#b13dff", "#f0d775", "#ff1414", "#51ecae", "#9988dd", "#bceb00", "#009999", "#ca4949"),
)


def diverging(values: NDArray[np.float32], limit: float, theme: Theme, gradient: bool = False) -> NDArray[np.uint8]:
    """Colour numbers on the diverging scale: −limit … 0 … +limit, clamped.

    Returns
    -------
    ndarray of uint8, shape (*values.shape, 4), RGBA
    """
    return theme.scale(gradient)[diverging_index(values, limit)]


def diverging_index(values: NDArray[np.float32], limit: float) -> NDArray[np.uint8]:
    """Row of the diverging scale (0 … 254) for each number; not-a-numbers get the neutral 127."""
    scaled = np.clip(np.asarray(values) / (limit or 1.0), -1.0, 1.0)
    return (np.where(np.isnan(scaled), 0.0, scaled) * 127.0 + 127.5).astype(np.uint8)


def number_font(point_size: int = SMALLEST_POINT_SIZE) -> QFont:
    """Return a monospaced face, so that changing numbers do not jump."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSize(point_size)
    return font


class ThemeManager(QObject):
    """Applies the chosen theme to the application, and follows the system's when that is the choice.

    Signals
    -------
    changed(Theme)
    """

    changed = Signal(object)

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self.choice = ThemeChoice.SYSTEM
        self.theme = LIGHT
        application.styleHints().colorSchemeChanged.connect(self._follow_system)

    def choose(self, choice: ThemeChoice) -> None:
        """Use the light or the dark theme, or the system's."""
        self.choice = choice
        self._apply()

    def _follow_system(self) -> None:
        if self.choice is ThemeChoice.SYSTEM:
            self._apply()

    def _apply(self) -> None:
        system_dark = self._application.styleHints().colorScheme() is Qt.ColorScheme.Dark
        dark = self.choice is ThemeChoice.DARK or (self.choice is ThemeChoice.SYSTEM and system_dark)
        self.theme = DARK if dark else LIGHT
        self._application.setStyle("Fusion")
        self._application.setPalette(_palette(self.theme))
        for kind in OUTLINED:
            self._application.setPalette(_outlined_palette(self.theme), kind)
        font = self._application.font()
        font.setPointSize(max(SMALLEST_POINT_SIZE, font.pointSize()))
        self._application.setFont(font)
        self._application.setStyleSheet(_style_sheet(self.theme))
        self.changed.emit(self.theme)


def theme_manager() -> ThemeManager:
    """Return the application's theme manager, made when first asked for."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    manager = application.findChild(ThemeManager)
    if manager is None:
        manager = ThemeManager(application)
        manager.choose(ThemeChoice.SYSTEM)
    return manager


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for name, roles in {
        "window": (role.Window,),
        "panel": (role.Base, role.Button, role.ToolTipBase),
        "canvas": (role.AlternateBase,),
        "text": (role.WindowText, role.Text, role.ButtonText, role.ToolTipText),
        "muted": (role.PlaceholderText,),
        "accent": (role.Highlight, role.Link),
        "on_accent": (role.HighlightedText,),
        "line": (role.Mid, role.Light),
    }.items():
        for each in roles:
            palette.setColor(each, QColor(getattr(theme, name)))
    for each in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, each, theme.color("muted", 0.6))
    return palette


def _outlined_palette(theme: Theme) -> QPalette:
    """Palette of the widgets that Fusion draws an outline around, which would be all but invisible on a dark ground.

    They paint nothing else in the colour of the window.
    """
    palette = _palette(theme)
    palette.setColor(QPalette.ColorRole.Window, theme.color("outline").lighter(FUSION_DARKENS))
    return palette


def _style_sheet(theme: Theme) -> str:
    return f"""
    QToolTip {{ color: {theme.text}; background: {theme.panel}; border: 1px solid {theme.line}; padding: 4px; }}
    QLabel[role="muted"] {{ color: {theme.muted}; }}
    QLabel[role="heading"] {{ font-weight: 600; }}
    QLabel[role="error"] {{ color: {theme.error}; }}
    QLabel[role="warning"] {{ color: {theme.warning}; }}
    QLabel[role="good"] {{ color: {theme.good}; }}
    QScrollBar {{ background: transparent; border: none; }}
    QScrollBar:vertical {{ width: 12px; }}
    QScrollBar:horizontal {{ height: 12px; }}
    QScrollBar::handle {{ background: {theme.outline}; border-radius: 3px; margin: 3px; }}
    QScrollBar::handle:hover, QScrollBar::handle:pressed {{ background: {theme.muted}; }}
    QScrollBar::handle:vertical {{ min-height: 28px; }}
    QScrollBar::handle:horizontal {{ min-width: 28px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QDockWidget {{ font-weight: 600; border: 1px solid {theme.outline}; }}
    QDockWidget::title {{ background: {theme.window}; padding: 5px 8px; }}
    """
