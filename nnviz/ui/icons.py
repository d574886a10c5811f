"""The icons: small drawings in one colour, tinted by the theme."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from nnviz.core.resources import resources
from nnviz.ui.theme import Theme

PIXELS = 96
DISABLED_OPACITY = 0.4


def _drawn(svg: str, color: QColor) -> QPixmap:
    """Render `svg` with `color` for ``currentColor`` (which Qt's renderer does not know)."""
    tinted = svg.replace("currentColor", color.name())
    pixmap = QPixmap(PIXELS, PIXELS)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(color.alphaF())
    QSvgRenderer(QByteArray(tinted.encode())).render(painter)
    painter.end()
    return pixmap


def icon(name: str, theme: Theme, color: str = "text") -> QIcon:
    """Return the icon in ``resources/icons/<name>.svg``, in a colour of the theme, fainter where it is disabled."""
    svg = (resources() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    drawn = QIcon(_drawn(svg, theme.color(color)))
    drawn.addPixmap(_drawn(svg, theme.color("muted", DISABLED_OPACITY)), QIcon.Mode.Disabled)
    return drawn
