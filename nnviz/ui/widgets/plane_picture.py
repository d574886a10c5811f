"""The plane: what the network answers everywhere, the points on it, and a place to add some."""

from __future__ import annotations

from math import ceil

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnviz.core.data import DataSummary
from nnviz.core.plane import LEAST_REACH, PlaneAnswer, plane_reach
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.grey_image import screen_image
from nnviz.ui.widgets.plane_paint import PointPictures, boundaries, ground_pixels, point_colors

SMALLEST, COMFORTABLE, LARGEST = 180, 300, 640
POINT_SIZE = 7.0
CROWD = 1_200  # points: more of them are smaller
KEY_STEP = 0.04  # of the reach
STEPS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
GRAB = 9.0  # px from a point at which it is meant


class PlanePicture(QWidget):
    """A square −reach … reach with axes.

    A click adds a point, a right click takes away an added one. By keyboard, arrows move a cross, Return adds a point
    there, and Delete takes away the nearest one that was added.

    Signals
    -------
    added(float, float)
        Coordinates of a point that a person wants.
    removed(int)
        Which point of the data a person wants to take away, one of those added by hand.
    pointed(object)
        Coordinates under the pointer (or the cross), or None.
    """

    added = Signal(float, float)
    removed = Signal(int)
    pointed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._summary: DataSummary | None = None
        self._answer: PlaneAnswer | None = None
        self._first_added = 0
        self._sample: tuple[float, float] | None = None
        self._ground: QImage | None = None
        self._lines: NDArray[np.float64] = np.empty((0, 4))
        self._points: QPixmap | None = None
        self._cross: QPointF | None = None
        self.setObjectName("plane_picture")
        self.setAccessibleName(self.tr("Plane"))
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click, the arrows step through the network again
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme_manager().changed.connect(self._take_theme)

    # --- what is shown ------------------------------------------------------------------------------------------------

    @property
    def reach(self) -> float:
        """How far the square goes from 0 in each direction."""
        has_points = self._summary is not None and self._summary.points is not None
        return plane_reach(self._summary.points) if has_points else LEAST_REACH

    def show_data(self, summary: DataSummary, first_added: int) -> None:
        """Show the points of `summary`, those from `first_added` on being added by hand.

        The ground stays until there is another answer: it comes in a moment.
        """
        self._summary, self._first_added = summary, first_added
        self._answer = self._points = None
        self.update()

    def show_answer(self, answer: PlaneAnswer) -> None:
        """Show what the network answers."""
        if self._summary is not None:
            self._answer = answer
            self._lines = boundaries(answer, self._summary)
            self._ground = screen_image(ground_pixels(answer, self._summary, theme_manager().theme)).copy()
            self.update()

    def show_sample(self, place: tuple[float, float] | None) -> None:
        """Mark the sample whose numbers the picture of the network shows."""
        if place != self._sample:
            self._sample = place
            self.update()

    def _take_theme(self) -> None:
        self._points = None
        if self._answer is not None:
            self.show_answer(self._answer)
        self.update()

    # --- geometry -----------------------------------------------------------------------------------------------------

    def _margins(self) -> tuple[float, float]:
        metrics = self.fontMetrics()
        return metrics.horizontalAdvance(f"−{self.reach:g}") + 5.0, metrics.height() + 2.0

    def _square(self) -> QRectF:
        left, bottom = self._margins()
        side = max(min(self.width() - left - 2, self.height() - bottom - 2), 10.0)
        return QRectF(left + (self.width() - left - 2 - side) / 2, 1.0, side, side)

    def sizeHint(self) -> QSize:
        """A comfortable square."""
        return QSize(COMFORTABLE, COMFORTABLE)

    def minimumSizeHint(self) -> QSize:
        """A small one."""
        return QSize(SMALLEST, SMALLEST)

    def heightForWidth(self, width: int) -> int:
        """As high as the square is wide."""
        left, bottom = self._margins()
        return ceil(min(max(width, SMALLEST), LARGEST) - left + bottom)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the points anew."""
        self._points = None
        super().resizeEvent(event)

    def position_of(self, x1: float, x2: float) -> QPointF:
        """Where a point of the plane is seen."""
        square, reach = self._square(), self.reach
        return QPointF(
            square.x() + (x1 + reach) / (2 * reach) * square.width(),
            square.y() + (reach - x2) / (2 * reach) * square.height(),
        )

    def _place(self, position: QPointF) -> tuple[float, float] | None:
        """Which point of the plane is seen at a position, to two decimals; None outside of the square."""
        square, reach = self._square(), self.reach
        if not square.contains(position):
            return None
        x = (position.x() - square.x()) / square.width() * 2 * reach - reach
        y = reach - (position.y() - square.y()) / square.height() * 2 * reach
        return round(x, 2), round(y, 2)

    # --- painting -----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground, boundary, points, marks and axes."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        square, theme = self._square(), theme_manager().theme
        painter.fillRect(square, theme.color("canvas"))
        painter.save()
        painter.setClipRect(square)
        if self._ground is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(square, self._ground)
        self._paint_boundary(painter, square)
        if self._summary is not None and self._summary.points is not None:
            painter.drawPixmap(QPointF(0, 0), self._points_pixmap())
        self._paint_marks(painter, square)
        painter.restore()
        self._paint_axes(painter, square)

    def _paint_boundary(self, painter: QPainter, square: QRectF) -> None:
        if not len(self._lines):
            return
        theme = theme_manager().theme
        lines = np.ascontiguousarray(self._lines * square.width() + np.array([square.x(), square.y()] * 2))
        first = shiboken6.wrapInstance(lines.ctypes.data, QLineF)
        for color, width in ((theme.color("canvas", 0.75), 4.5), (theme.color("text"), 1.8)):
            painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap))
            painter.drawLines(first, len(lines))

    def _points_pixmap(self) -> QPixmap:
        """All points, painted once for each size and theme."""
        if self._points is None:
            theme, ratio = theme_manager().theme, self.devicePixelRatioF()
            summary, square, reach = self._summary, self._square(), self.reach
            self._points = QPixmap(self.size() * ratio)
            self._points.setDevicePixelRatio(ratio)
            self._points.fill(Qt.GlobalColor.transparent)
            places = (summary.points * np.array([1.0, -1.0]) + reach) * (square.width() / (2 * reach))
            places += np.array([square.x(), square.y()])
            colors, chosen = point_colors(summary, theme)
            rings = np.zeros(len(places), np.bool_)
            if summary.held_out is not None:
                rings[summary.held_out] = True
            size = POINT_SIZE * min(1.0, max(0.45, (CROWD / max(len(places), 1)) ** 0.5))
            painter = QPainter(self._points)
            PointPictures(colors, theme, size, ratio).draw(painter, places, chosen, rings)
            painter.end()
        return self._points

    def _paint_marks(self, painter: QPainter, square: QRectF) -> None:
        theme = theme_manager().theme
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._sample is not None:
            middle = self.position_of(*self._sample)
            for color, width in (("canvas", 4.5), ("text", 2.2)):
                painter.setPen(QPen(theme.color(color), width))
                painter.drawEllipse(middle, POINT_SIZE, POINT_SIZE)
        if self._cross is not None and self.hasFocus():
            at = self.position_of(self._cross.x(), self._cross.y())
            painter.setPen(QPen(theme.color("text"), 1.2))
            painter.drawLine(QPointF(square.left(), at.y()), QPointF(square.right(), at.y()))
            painter.drawLine(QPointF(at.x(), square.top()), QPointF(at.x(), square.bottom()))

    def _paint_axes(self, painter: QPainter, square: QRectF) -> None:
        theme, height = theme_manager().theme, self.fontMetrics().height()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        focused = self.hasFocus()
        painter.setPen(QPen(theme.color("accent" if focused else "line"), 2.0 if focused else 1.0))
        painter.drawRect(square)
        painter.setPen(theme.color("muted"))
        low, high = f"−{self.reach:g}", f"{self.reach:g}"
        names = self._summary.feature_names if self._summary is not None else ()
        first, second = names if len(names) == 2 else ("", "")
        flag = Qt.AlignmentFlag
        below = QRectF(square.left(), square.bottom() + 2, square.width(), height)
        beside = QRectF(0, square.top(), square.left() - 4, square.height())
        for text, across in ((low, flag.AlignLeft), (first, flag.AlignHCenter), (high, flag.AlignRight)):
            painter.drawText(below, int(across | flag.AlignTop), text)
        for text, along in ((high, flag.AlignTop), (second, flag.AlignVCenter), (low, flag.AlignBottom)):
            painter.drawText(beside, int(flag.AlignRight | along), text)

    # --- pointer ------------------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what is under the pointer."""
        self.pointed.emit(self._place(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        self.pointed.emit(None)
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Add a point, or take one away."""
        place = self._place(event.position())
        if place is None or self._summary is None:
            return
        if event.button() is Qt.MouseButton.LeftButton:
            self.added.emit(*place)
        elif event.button() is Qt.MouseButton.RightButton:
            self._remove_near(place)

    def _remove_near(self, place: tuple[float, float]) -> None:
        added = self._summary.points[self._first_added :] if self._summary is not None else ()
        if len(added):
            distances = np.hypot(*(added - np.array(place, np.float32)).T)
            nearest = int(distances.argmin())
            if distances[nearest] <= GRAB / self._square().width() * 2 * self.reach:
                self.removed.emit(self._first_added + nearest)

    # --- keys ---------------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Claim the arrows while in focus, which Tab alone gives."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
            if plain and event.key() in (*STEPS, *ENTER):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cross, add a point there, or take one away."""
        at = self._cross or QPointF(0.0, 0.0)
        if event.key() in STEPS:
            right, up = STEPS[event.key()]
            step, reach = KEY_STEP * self.reach, self.reach
            x = min(max(at.x() + right * step, -reach), reach)
            y = min(max(at.y() + up * step, -reach), reach)
            self._cross = QPointF(round(x, 2), round(y, 2))
            self.pointed.emit((self._cross.x(), self._cross.y()))
            self.update()
        elif event.key() in ENTER:
            self.added.emit(at.x(), at.y())
        elif event.key() == Qt.Key.Key_Delete:
            self._remove_near((at.x(), at.y()))
        else:
            super().keyPressEvent(event)
