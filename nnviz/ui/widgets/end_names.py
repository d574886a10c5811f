"""The names of lines, right of the plot, each at the height at which its line ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from nnviz.ui.theme import theme_manager

CHIP = 10.0
GAP = 4.0
LEADER = 10.0  # pixels: a name that is farther from its line is tied to it
SHARE = 0.3  # of the width, for the names
NARROW = 330  # pixels: there the curves need all the room


@dataclass(frozen=True)
class NameTag:
    """The name of a line, in pixels where it ends, and its colour."""

    end: QPointF
    text: str
    color: QColor


def room_for(texts: Sequence[str], metrics: QFontMetricsF, width: float) -> float:
    """How much of a plot of that width the names take; 0 where it is too narrow for them."""
    if not texts or width < NARROW:
        return 0.0
    return min(SHARE * width, max(_width(text, metrics) for text in texts))


def _width(text: str, metrics: QFontMetricsF) -> float:
    return metrics.horizontalAdvance(text) + CHIP + 4 * GAP


def place_names(ends: Sequence[float], height: float, area: QRectF) -> list[QRectF]:
    """Find a place in `area` for the name of each line, as near to the height of its end as the others allow.

    Only as many of them as fit below each other, the first ones, get a place.
    """
    fitting = range(min(len(ends), int(area.height() // height)))
    order = sorted(fitting, key=lambda index: ends[index])
    tops: dict[int, float] = {}
    free = area.top()
    for index in order:  # down from the top, and then up again from the bottom as far as need be
        tops[index] = max(ends[index] - height / 2, free)
        free = tops[index] + height
    free = area.bottom()
    for index in reversed(order):
        tops[index] = free = min(tops[index], free - height)
    return [QRectF(area.left(), tops[index], area.width(), height) for index in fitting]


def paint_names(painter: QPainter, tags: Sequence[NameTag], area: QRectF, metrics: QFontMetricsF) -> None:
    """Write the names in `area`, each behind a patch of its colour and tied to the end of its line."""
    theme = theme_manager().theme
    boxes = place_names([tag.end.y() for tag in tags], metrics.height(), area)
    for tag, box in zip(tags, boxes, strict=False):
        at = QPointF(box.left() + GAP, box.center().y())
        if (at - tag.end).manhattanLength() > LEADER:
            painter.setPen(QPen(tag.color, 1, Qt.PenStyle.DotLine))
            painter.drawLine(tag.end, at)
        painter.fillRect(QRectF(at.x(), at.y() - CHIP / 2, CHIP, CHIP), tag.color)
        painter.setPen(theme.color("text"))
        room = box.adjusted(CHIP + 2 * GAP, 0, 0, 0)
        text = metrics.elidedText(tag.text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
