"""The icons: small drawings in one colour, tinted by the theme."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from nnviz.core.resources import resources
from nnviz.ui.theme import Theme

PIXELS = 64  # on a screen with three pixels to one, too
DISABLED_OPACITY = 0.4


@lru_cache
def _drawn(name: str) -> QImage:
    """Render the shape of an icon, black: Qt's renderer does not know ``currentColor``."""
    svg = (resources() / "icons" / f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", "black")
    image = QImage(PIXELS, PIXELS, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(svg.encode())).render(painter)
    painter.end()
    return image


def _tinted(name: str, color: QColor) -> QPixmap:
    pixmap = QPixmap.fromImage(_drawn(name))
    painter = QPainter(pixmap)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(pixmap.rect(), color)
    painter.end()
    return pixmap


def icon(name: str, theme: Theme, color: str = "text") -> QIcon:
    """Return the icon in ``resources/icons/<name>.svg``, in a colour of the theme, fainter where it is disabled."""
    drawn = QIcon(_tinted(name, theme.color(color)))
    drawn.addPixmap(_tinted(name, theme.color("muted", DISABLED_OPACITY)), QIcon.Mode.Disabled)
    return drawn
