"""What lies over the curves: labelled marks of live changes, the crosshair, or a sentence while there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.curve_key import LineLook
from nnviz.ui.widgets.end_names import NameTag, paint_names

PADDING = 7.0
RING = 7.0


@dataclass(frozen=True)
class OverlayState:
    """What to paint, in pixels.

    Attributes
    ----------
    area : QRectF
        Inside of the axes.
    marks : positions and labels of the live changes, from left to right.
    marks_at_bottom : bool
        Where their labels are out of the way of the curves.
    crosshair : x of the place that is read, or None.
    rings : the points that are read, with their looks.
    message : what is said instead of curves while there are none.
    moment : x of the moment of the past that is shown, or None.
    names, beside : names of the runs at the ends of their lines, and where there is room for them.
    """

    area: QRectF
    marks: tuple[tuple[float, str], ...] = ()
    marks_at_bottom: bool = False
    crosshair: float | None = None
    rings: tuple[tuple[QPointF, LineLook], ...] = ()
    message: str = ""
    moment: float | None = None
    names: tuple[NameTag, ...] = ()
    beside: QRectF = field(default_factory=QRectF)


def place_labels(
    lines: Sequence[float],
    widths: Sequence[float],
    height: float,
    area: QRectF,
    at_bottom: bool,
    moment: float | None = None,
) -> list[QRectF | None]:
    """Find a place for the label of each vertical line, right of it or else left of it, in as many rows as needed.

    Labels lie inside `area`, off each other, and off the line of the `moment` that is shown; rows are filled from its
    top, or from its bottom. The last (newest) label chooses first; those that find no place in two thirds of the area
    get None.
    """
    result: list[QRectF | None] = [None] * len(lines)
    rows = int(area.height() * 2 / 3 / height)
    for index in range(len(lines) - 1, -1, -1):
        x, width = lines[index], widths[index]
        for place in range(2 * rows):
            row, to_left = divmod(place, 2)
            top = area.bottom() - (row + 1) * height if at_bottom else area.top() + row * height
            box = QRectF(x - width if to_left else x, top, width, height)
            crossed = moment is not None and box.left() < moment < box.right()
            taken = crossed or any(other is not None and box.intersects(other) for other in result)
            if area.contains(box) and not taken:
                result[index] = box
                break
    return result


class CurveOverlay(QWidget):
    """Paints an `OverlayState` over its parent; the mouse goes through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._state = OverlayState(QRectF())

    def show_state(self, state: OverlayState) -> None:
        """Paint this from now on."""
        if state != self._state:
            self._state = state
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the message, or else the lines of marks, moment and pointer, and then what is written."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._state.message:
            self._paint_message(painter)
        else:
            self._paint_mark_lines(painter)
            self._paint_moment(painter)
            self._paint_crosshair(painter)
            self._paint_labels(painter)  # over the lines: they are to be read
            if self._state.names:
                paint_names(painter, self._state.names, self._state.beside, QFontMetricsF(self.font()))
            self._paint_rings(painter)

    def _paint_message(self, painter: QPainter) -> None:
        theme, flags = theme_manager().theme, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        inside = self._state.area.adjusted(PADDING, PADDING, -PADDING, -PADDING)
        if not inside.contains(painter.boundingRect(inside, flags, self._state.message)):
            inside = QRectF(self.rect())  # then rather no axes than half a sentence
            painter.fillRect(inside, theme.color("panel"))
        painter.setPen(theme.color("muted"))
        painter.drawText(inside, flags, self._state.message)

    def _paint_mark_lines(self, painter: QPainter) -> None:
        painter.setPen(QPen(theme_manager().theme.color("muted"), 1, Qt.PenStyle.DotLine))
        for x, _ in self._state.marks:
            self._paint_line(painter, x)

    def _paint_line(self, painter: QPainter, x: float) -> None:
        painter.drawLine(QPointF(x, self._state.area.top()), QPointF(x, self._state.area.bottom()))

    def _paint_labels(self, painter: QPainter) -> None:
        theme, state = theme_manager().theme, self._state
        metrics = QFontMetricsF(self.font())
        lines = [x for x, _ in state.marks]
        widths = [metrics.horizontalAdvance(label) + 2 * PADDING for _, label in state.marks]
        height = metrics.height() + 2
        boxes = place_labels(lines, widths, height, state.area, state.marks_at_bottom, state.moment)
        for (x, label), box in zip(state.marks, boxes, strict=True):
            if box is not None:
                painter.fillRect(box.adjusted(2, 1, -2, -1), theme.color("panel", 0.9))
                painter.setPen(theme.color("text"))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label)
                painter.setPen(QPen(theme.color("text"), 2))  # the flag's pole: to which line the label belongs
                painter.drawLine(QPointF(x, box.top() + 2), QPointF(x, box.bottom() - 2))

    def _paint_moment(self, painter: QPainter) -> None:
        if self._state.moment is not None:
            painter.setPen(QPen(theme_manager().theme.color("text"), 2))
            self._paint_line(painter, self._state.moment)

    def _paint_crosshair(self, painter: QPainter) -> None:
        if self._state.crosshair is not None:
            painter.setPen(QPen(theme_manager().theme.color("muted"), 1))
            self._paint_line(painter, self._state.crosshair)

    def _paint_rings(self, painter: QPainter) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for point, look in self._state.rings:
            painter.setPen(QPen(look.shade(), 2))
            painter.drawEllipse(point, RING, RING)
