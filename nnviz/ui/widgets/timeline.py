"""The timeline: a slider over the steps of the present run, under a plot and in line with its axis.

A moment is an optimizer step, as a `Trace` holds it: the pass of one batch. Its value counts them from 0, what is
written from 1, as batches are. It stands where the curve shows the loss of that batch; where that would leave too
little to drag (the axis reaches much farther than this run, or shows a part of it), the groove is as wide as the
plot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QSlider, QToolTip, QWidget

from nnviz.core.history import History
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.curve_plot import CurvePlot
from nnviz.ui.widgets.curves import epoch_of_step, epochs_at, steps_at

GROOVE = 4.0
RADIUS = 7.0
BRANCH = 4.0
GAP = 8.0
SHORTEST = 60.0  # pixels: with less one cannot drag


@dataclass(frozen=True)
class TimelineState:
    """What the timeline shows.

    Attributes
    ----------
    oldest, newest : int
        The earliest step that one can look at, and the present one; counted from 0.
    step : int
        The one that is shown.
    branches : tuple of (int, int)
        Where other runs branched off: after how many steps, and colour of the run (counted from 0).
    """

    oldest: int = 0
    newest: int = 0
    step: int = 0
    branches: tuple[tuple[int, int], ...] = ()

    @property
    def is_past(self) -> bool:
        """Whether a moment of the past is shown."""
        return self.step < self.newest


class Timeline(QSlider):
    """A slider from the earliest step that is remembered to the present one; for assistive technology it is just that.

    Signals
    -------
    step_wished(int)
        A person wants to see that moment.
    """

    step_wished = Signal(int)

    def __init__(self, plot: CurvePlot, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName("timeline")
        self.setAccessibleName(self.tr("Timeline"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self._plot = plot
        self._history = History()
        self._state = TimelineState()
        self._dragging = False
        self.valueChanged.connect(self.step_wished)
        plot.axis_moved.connect(self.update)
        theme_manager().changed.connect(self.update)

    def show_state(self, state: TimelineState, history: History) -> None:
        """Show this from now on; `history` says where the epochs are."""
        if state == self._state and history is self._history:
            return
        self._state, self._history = state, history
        self.blockSignals(True)
        self.setRange(state.oldest, state.newest)
        self.setPageStep(history.batches_per_epoch)
        self.setValue(state.step)
        self.blockSignals(False)
        self.setAccessibleDescription(self._sentence(state.step))
        self.update()

    def sizeHint(self) -> QSize:
        """One line of text high."""
        return QSize(200, self.fontMetrics().height() + 6)

    def minimumSizeHint(self) -> QSize:
        """As high as it wants to be, and as narrow as need be."""
        return QSize(80, self.sizeHint().height())

    # --- places -------------------------------------------------------------------------------------------------------

    def x_of(self, step: int) -> float:
        """Where a step lies, in pixels. The present one may not have been taken yet, and lie behind all curves."""
        return self._places(step)[0]

    def _places(self, *steps: int) -> list[float]:
        if self._is_in_line:
            return [self._place_on_axis(step) for step in steps]
        (left, right), (oldest, newest) = self._plot.sides, (self._state.oldest, self._state.newest)
        return [right - (right - left) * (newest - step) / max(1, newest - oldest) for step in steps]

    def _place_on_axis(self, step: int) -> float:
        (_, end), _ = self._plot.shown_range
        epoch = epoch_of_step(step, self._history)
        return self._plot.x_of(min(epoch, end) if step >= self._state.newest else epoch)

    def step_at(self, x: float) -> int:
        """Which step lies there."""
        if x >= self.x_of(self._state.newest) - RADIUS / 2:  # the present is easy to hit
            return self._state.newest
        if not self._is_in_line:
            (left, right), (oldest, newest) = self._plot.sides, (self._state.oldest, self._state.newest)
            return oldest + round((max(x, left) - left) / (right - left) * (newest - oldest))
        ends = steps_at(np.array([max(0.0, self._plot.epoch_at(x))]), self._history)
        return max(0, round(float(ends[0])) - 1)

    @property
    def _is_in_line(self) -> bool:
        """Whether the steps lie where the axis of the plot has them: all to be seen, and far enough from each other."""
        left, right = self._plot.sides
        first, last = (self._place_on_axis(step) for step in (self._state.oldest, self._state.newest))
        return left - 1 <= first and last <= right + 1 and last - first >= min(SHORTEST, 0.7 * (right - left))

    def _sentence(self, step: int) -> str:
        """Say which moment that is."""
        epoch = int(epochs_at(np.array([float(step)]), self._history)[0]) + 1
        is_now = step >= self._state.newest
        words = self.tr("Now: step {step}, epoch {epoch}") if is_now else self.tr("Step {step}, epoch {epoch}")
        return words.format(step=f"{step + 1:,}", epoch=f"{epoch:,}")

    # --- events -------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the moment that was clicked."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._dragging = True
            self.setValue(self.step_at(event.position().x()))
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Take the moment along."""
        if self._dragging:
            self.setValue(self.step_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go, and stay there."""
        self._dragging = False

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel alone: nobody should travel in time by chance."""
        event.ignore()

    def event(self, event: QEvent) -> bool:
        """Name the moment under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self._sentence(self.step_at(event.pos().x()))
            QToolTip.showText(event.globalPos(), self.tr("{moment}. Drag to look back.").format(moment=text), self)
            return True
        return super().event(event)

    # --- painting -----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the groove, where runs branched off, the handle, and beside it which moment it stands at."""
        theme, state = theme_manager().theme, self._state
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        left, right, at = self._places(state.oldest, state.newest, state.step)
        self._paint_groove(painter, left, right, theme.color("line"))
        self._paint_groove(painter, left, at, theme.color("accent", 0.75 if state.is_past else 0.4))
        painter.setBrush(theme.color("accent" if state.is_past else "panel"))
        painter.setPen(QPen(theme.color("accent"), 2))
        painter.drawEllipse(QPointF(at, middle), RADIUS - 1, RADIUS - 1)
        painter.setPen(Qt.PenStyle.NoPen)  # above the handle, which stands there when a run has just begun
        for begun, color in state.branches:
            painter.setBrush(theme.run_color(color))
            painter.drawRect(QRectF(self.x_of(begun - 1) - BRANCH, middle - BRANCH, 2 * BRANCH, 2 * BRANCH))
        if state.is_past:
            self._paint_moment(painter, at)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("accent"), 1, Qt.PenStyle.DashLine))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_groove(self, painter: QPainter, left: float, right: float, color: QColor) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRoundedRect(
            QRectF(left, (self.height() - GROOVE) / 2, right - left, GROOVE), GROOVE / 2, GROOVE / 2
        )

    def _paint_moment(self, painter: QPainter, at: float) -> None:
        """Write which moment it is, right of the handle or else left of it, in as many words as there is room for."""
        theme, metrics = theme_manager().theme, QFontMetricsF(self.font())
        room = max(at, self.width() - at) - RADIUS - 2
        for text in (self._sentence(self._state.step), self.tr("Step {step}").format(step=f"{self._state.step + 1:,}")):
            width = metrics.horizontalAdvance(text) + 2 * GAP
            if width <= room:
                break
        fits_right = at + RADIUS + 2 + width <= self.width()
        box = QRectF(at + RADIUS + 2 if fits_right else at - RADIUS - 2 - width, 0, width, self.height())
        painter.fillRect(box, theme.color("panel", 0.85))
        painter.setPen(theme.color("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
