"""Paints the loss surface, the paths of the racers on it with where they are now, axes, and the scale of the loss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from nnviz.core.data import FloatArray
from nnviz.core.surface import Surface
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.curves import Ticks, linear_ticks
from nnviz.ui.widgets.surface_paint import log_range, ramp, scale_ticks, surface_image

PAD = 8.0
BAR_WIDTH = 14.0
BAR_GAP = 14.0
TICK = 4.0
TICK_WIDTH, TICK_HEIGHT = 50, 30
LARGEST_SIDE = 280  # pixels that are computed; a larger view stretches them
RADIUS = 5.0
LOW = 220  # pixels
LINE = 2.5


@dataclass(frozen=True)
class SurfacePath:
    """The way of a racer on the plane, shape (points, 2), the last of which is where it is now."""

    number: int
    points: FloatArray


class SurfaceView(QWidget):
    """Shows one `Surface`, or says why there is none.

    Signals
    -------
    pointed(object)
        The point of the plane under the pointer, as a pair of coordinates; None outside.
    """

    pointed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("surface_view")
        self.setAccessibleName(self.tr("Loss surface"))
        self.setMouseTracking(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self._surface: Surface | None = None
        self._paths: tuple[SurfacePath, ...] = ()
        self._axes = ("", "")
        self._message = ""
        self._is_partial = False
        self._image: QImage | None = None
        theme_manager().changed.connect(self._paint_anew)

    def show_surface(self, surface: Surface | None, axes: tuple[str, str], message: str, is_partial: bool) -> None:
        """Show this, with the names of its directions; `message` is said where there is none.

        A `is_partial` one was not measured to the end, and is marked so.
        """
        self._surface, self._axes, self._message, self._is_partial = surface, axes, message, is_partial
        self._paint_anew()

    def show_paths(self, paths: tuple[SurfacePath, ...]) -> None:
        """Draw these over it."""
        self._paths = paths
        self.update()

    def minimumSizeHint(self) -> QSize:
        """Small enough for a low dock."""
        return QSize(220, 130)

    # --- places -------------------------------------------------------------------------------------------------------

    @property
    def area(self) -> QRectF:
        """Where the heat map lies, in pixels."""
        metrics = QFontMetricsF(self.font())
        title = 0.0 if self._is_low else metrics.height()
        right = BAR_GAP + BAR_WIDTH + TICK + metrics.horizontalAdvance("0.005 ") + PAD
        bottom = PAD + metrics.height() + TICK + title
        top = PAD + title
        height = max(1.0, self.height() - top - bottom)
        widest = max((metrics.horizontalAdvance(text) for _, text in self._ticks_upwards(height)), default=0.0)
        left = PAD + title + 6 + widest + TICK + 2
        return QRectF(left, top, max(1.0, self.width() - left - right), height)

    @property
    def _is_low(self) -> bool:
        """Whether there is no room to name the axes."""
        return self.height() < LOW

    def _ticks_upwards(self, height: float) -> Ticks:
        if self._surface is None:
            return []
        return linear_ticks(*self._surface.y, max(2, int(height / TICK_HEIGHT)))

    def position_of(self, x: float, y: float) -> QPointF:
        """Where a point of the plane lies, in pixels."""
        assert self._surface is not None
        (left, right), (low, high) = self._surface.x, self._surface.y
        area = self.area
        return QPointF(
            area.left() + (x - left) / (right - left) * area.width(),
            area.bottom() - (y - low) / (high - low) * area.height(),
        )

    # --- painting -----------------------------------------------------------------------------------------------------

    def _paint_anew(self) -> None:
        self._image = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Paint in the new size."""
        super().resizeEvent(event)
        self._paint_anew()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the map, the axes, the scale and the paths; or the message."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = theme_manager().theme
        if self._surface is None:
            painter.setPen(theme.color("muted"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(self.rect()).adjusted(PAD, PAD, -PAD, -PAD), flags, self._message)
            return
        area = self.area
        painter.drawImage(area, self._picture(self._surface, area))
        painter.setPen(theme.color("line"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area)
        self._paint_axes(painter, self._surface, area)
        self._paint_scale(painter, self._surface, area)
        self._paint_paths(painter, area)
        if self._is_partial:
            self._paint_flag(painter, area)

    def _paint_flag(self, painter: QPainter, area: QRectF) -> None:
        """Say, in as many words as there is room for, that this is not the finest map."""
        theme, metrics = theme_manager().theme, QFontMetricsF(self.font())
        texts = self.tr("coarse: cancelled"), self.tr("coarse")
        fitting = (each for each in texts if metrics.horizontalAdvance(each) + 4 * PAD <= area.width())
        text = next(fitting, texts[-1])
        box = QRectF(area.left() + 6, area.top() + 6, metrics.horizontalAdvance(text) + 2 * PAD, metrics.height() + 4)
        painter.setPen(QPen(theme.color("warning"), 1.5))
        painter.setBrush(theme.color("panel"))
        painter.drawRoundedRect(box, 4, 4)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _picture(self, surface: Surface, area: QRectF) -> QImage:
        if self._image is None:
            width, height = (max(2, min(LARGEST_SIDE, round(side))) for side in (area.width(), area.height()))
            pixels = surface_image(surface, width, height, theme_manager().theme)
            image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
            size = (area.size() * self.devicePixelRatioF()).toSize()
            smooth = Qt.TransformationMode.SmoothTransformation
            self._image = image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
        return self._image

    def _paint_axes(self, painter: QPainter, surface: Surface, area: QRectF) -> None:
        theme, metrics = theme_manager().theme, QFontMetricsF(self.font())
        line = metrics.height()
        painter.setPen(theme.color("text"))
        for place, text in linear_ticks(*surface.x, max(2, int(area.width() / TICK_WIDTH))):
            at = self.position_of(place, surface.y[0])
            painter.drawLine(at, at + QPointF(0, TICK))
            box = QRectF(at.x() - TICK_WIDTH / 2, at.y() + TICK, TICK_WIDTH, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        for place, text in self._ticks_upwards(area.height()):
            at = self.position_of(surface.x[0], place)
            painter.drawLine(at, at - QPointF(TICK, 0))
            box = QRectF(0, at.y() - line / 2, at.x() - TICK - 2, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        if self._is_low:
            return
        painter.setPen(theme.color("muted"))
        below = QRectF(area.left(), area.bottom() + TICK + line, area.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self._fitting(self._axes[0], area.width()))
        painter.save()
        painter.translate(PAD, area.center().y())
        painter.rotate(-90)
        beside = QRectF(-area.height() / 2, 0, area.height(), line)
        painter.drawText(beside, Qt.AlignmentFlag.AlignCenter, self._fitting(self._axes[1], area.height()))
        painter.restore()

    def _fitting(self, text: str, room: float) -> str:
        return QFontMetricsF(self.font()).elidedText(text, Qt.TextElideMode.ElideRight, room)

    def _paint_scale(self, painter: QPainter, surface: Surface, area: QRectF) -> None:
        theme, metrics = theme_manager().theme, QFontMetricsF(self.font())
        bar = QRectF(area.right() + BAR_GAP, area.top(), BAR_WIDTH, area.height())
        column = np.full((256, 1, 4), 255, np.uint8)
        column[:, 0, :3] = ramp(theme)[::-1, ::-1].round()
        painter.drawImage(bar, QImage(column.data, 1, 256, 4, QImage.Format.Format_RGB32))
        painter.setPen(theme.color("line"))
        painter.drawRect(bar)
        low, high = log_range(surface)
        painter.setPen(theme.color("text"))
        for log, text in scale_ticks(low, high, max(2, int(area.height() / TICK_HEIGHT))):
            y = bar.bottom() - (log - low) / (high - low) * bar.height()
            painter.drawLine(QPointF(bar.right(), y), QPointF(bar.right() + TICK, y))
            box = QRectF(bar.right() + TICK + 3, y - metrics.height() / 2, self.width(), metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        if self._is_low:
            return
        painter.setPen(theme.color("muted"))
        above = QRectF(bar.left(), area.top() - metrics.height() - 4, self.width(), metrics.height())
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.tr("Loss"))

    def _paint_paths(self, painter: QPainter, area: QRectF) -> None:
        theme = theme_manager().theme
        painter.setClipRect(area)
        lines = [(path, QPolygonF(self._placed(path))) for path in self._paths]
        # where paths run together, the wider ones below show as stripes at the sides
        wider = range(len(lines) - 1, -1, -1)
        for (path, line), more in zip(lines, wider, strict=True):
            self._paint_line(painter, line, theme.color("panel"), LINE + more + 2.0)
            self._paint_line(painter, line, theme.run_color(path.number), LINE + more)
        for (path, line), more in zip(lines, wider, strict=True):
            painter.setPen(QPen(theme.color("panel"), 1.5))
            painter.setBrush(theme.run_color(path.number))
            painter.drawEllipse(line.last(), RADIUS + 1.5 * more, RADIUS + 1.5 * more)
        if lines:
            painter.setPen(QPen(theme.color("text"), 2))
            painter.setBrush(theme.color("panel"))
            painter.drawEllipse(lines[0][1].first(), RADIUS, RADIUS)
        painter.setClipping(False)

    def _placed(self, path: SurfacePath) -> list[QPointF]:
        return [self.position_of(x, y) for x, y in path.points.tolist()]  # some seventy points at most

    def _paint_line(self, painter: QPainter, line: QPolygonF, color: QColor, width: float) -> None:
        painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.drawPolyline(line)

    # --- pointing -----------------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say which point of the plane is under the pointer."""
        surface, area, at = self._surface, self.area, event.position()
        if surface is None or not area.contains(at):
            self.pointed.emit(None)
            return
        across = (at.x() - area.left()) / area.width()
        up = (area.bottom() - at.y()) / area.height()
        x = surface.x[0] + across * (surface.x[1] - surface.x[0])
        y = surface.y[0] + up * (surface.y[1] - surface.y[0])
        self.pointed.emit((x, y))

    def leaveEvent(self, event: object) -> None:
        """Point nowhere."""
        self.pointed.emit(None)
