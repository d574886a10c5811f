"""The loss, large enough for the last row of a class, and how it has gone so far as a small curve."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnviz.core.data import FloatArray
from nnviz.session.session import Session
from nnviz.ui.status import shown_loss
from nnviz.ui.theme import number_font, theme_manager

POINTS = 24
WIDTH = 240
MARGIN = 8.0
MOST_DOTS = 200  # that the curve is made of


class LossCorner(QWidget):
    """Follows the session while it can be seen."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("loss_corner")
        self.setAccessibleName(self.tr("Batch loss"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._session = session
        self._font = number_font(POINTS)
        session.frame_changed.connect(self._take)
        session.history_changed.connect(self._take)
        theme_manager().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Room for the number, and for a curve under it."""
        return QSize(WIDTH, round(2 * QFontMetricsF(self._font).height()))

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up."""
        super().showEvent(event)
        self._take()

    @Slot()
    def _take(self) -> None:
        if self.isVisible():
            self.setAccessibleDescription(shown_loss(self._session))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the number, and under it the curve from 0 to its largest value."""
        theme = theme_manager().theme
        area = QRectF(self.rect()).adjusted(MARGIN, 0, -MARGIN, -MARGIN)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetricsF(self._font)
        line = QRectF(area.left(), area.top(), area.width(), metrics.height())
        painter.setPen(theme.color("muted"))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.tr("Batch loss"))
        painter.setFont(self._font)
        painter.setPen(theme.color("text"))
        text = shown_loss(self._session)
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        area.setTop(line.bottom() + 2.0)
        painter.setPen(QPen(theme.color("line"), 1.0))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.setPen(QPen(theme.color("accent"), 2.0))
        painter.drawPolyline(_curve(self._session.history.batch_losses.points()[1], area))
        painter.end()


def _curve(losses: FloatArray, area: QRectF) -> QPolygonF:
    """Lay the curve into an area; neighbours share a dot, which has their mean."""
    losses = losses[np.isfinite(losses)]
    if len(losses) < 2:
        return QPolygonF()
    starts = np.unique(np.linspace(0, len(losses), MOST_DOTS, endpoint=False).astype(np.intp))
    means = np.add.reduceat(losses, starts) / np.diff(starts, append=len(losses))
    x = np.linspace(area.left(), area.right(), len(means))
    y = area.bottom() - means / (float(means.max()) or 1.0) * area.height()
    return QPolygonF([QPointF(*dot) for dot in zip(x.tolist(), y.tolist(), strict=True)])
