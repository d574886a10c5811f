"""One bar per class: how sure the network is of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnviz.ui.theme import Theme, number_font, theme_manager
from nnviz.ui.widgets.refresher import Refresher

FRAME_MS = 16
EASING = 0.35  # share of the way that a bar goes in a frame: most of it in about 100 ms
CLOSE_ENOUGH = 0.002
ROWS_IN_A_COLUMN = 13
GAP = 8.0
RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)


@dataclass(frozen=True)
class _Texts:
    """A font, and how wide the widest name and a percentage are in it."""

    font: QFont
    metrics: QFontMetricsF
    widest: float
    share_width: float


@lru_cache(maxsize=8)
def _measured(classes: tuple[str, ...], is_bold: bool, points: int) -> _Texts:
    font = number_font(points)
    font.setBold(is_bold)
    metrics = QFontMetricsF(font)
    widest = max((metrics.horizontalAdvance(name) for name in classes), default=0.0)
    return _Texts(font, metrics, widest, metrics.horizontalAdvance("100.0 %"))


class PredictionBars(QWidget):
    """Bars with labels and percentages; the largest one is emphasised.

    The bars ease towards the newest numbers; the percentages are always the newest.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._classes: tuple[str, ...] = ()
        self._probabilities: NDArray[np.float32] | None = None
        self._shown = np.zeros(0)
        self._reduced_motion = False
        self._refresher = Refresher(self, self._ease, FRAME_MS)
        self.setObjectName("prediction_bars")
        self.setAccessibleName(self.tr("Prediction"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_manager().changed.connect(self.update)

    @property
    def winner(self) -> int | None:
        """The class with the largest probability."""
        return None if self._probabilities is None else int(np.argmax(self._probabilities))

    def set_reduced_motion(self, reduced: bool) -> None:
        """Let the bars jump instead of easing."""
        self._reduced_motion = reduced

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """Show these classes, with nothing predicted."""
        if classes != self._classes:
            self._classes = classes
            self._shown = np.zeros(len(classes))
            self.updateGeometry()
        self.show_probabilities(None)

    def show_probabilities(self, probabilities: NDArray[np.float32] | None) -> None:
        """Show one probability per class, or none."""
        if probabilities is not None and len(probabilities) != len(self._classes):
            probabilities = None
        self._probabilities = None if probabilities is None else np.nan_to_num(probabilities)
        self.setAccessibleDescription(self._description())
        if self._reduced_motion:
            self._shown = self._targets()
            self.update()
        else:
            self._refresher.soon()

    def _description(self) -> str:
        winner = self.winner
        if winner is None or self._probabilities is None:
            return self.tr("Nothing predicted yet")
        share = f"{self._probabilities[winner]:.1%}"
        return self.tr("{label} with {share}").format(label=self._classes[winner], share=share)

    def _targets(self) -> NDArray[np.float64]:
        if self._probabilities is None:
            return np.zeros(len(self._classes))
        return np.clip(self._probabilities.astype(np.float64), 0.0, 1.0)

    def _ease(self) -> None:
        targets = self._targets()
        self._shown = self._shown + (targets - self._shown) * EASING
        if np.all(np.abs(targets - self._shown) < CLOSE_ENOUGH):
            self._shown = targets
        else:
            self._refresher.soon()
        self.update()

    # --- looks --------------------------------------------------------------------------------------------------------

    def _grid(self) -> tuple[int, int]:
        """Columns and rows."""
        columns = max(1, math.ceil(len(self._classes) / ROWS_IN_A_COLUMN))
        return columns, math.ceil(len(self._classes) / columns)

    def _row_height(self) -> int:
        return math.ceil(QFontMetricsF(number_font(self.font().pointSize())).height()) + 2

    def showEvent(self, event: QShowEvent) -> None:
        """Show what was predicted while nobody looked."""
        super().showEvent(event)
        self._shown = self._targets()

    def changeEvent(self, event: QEvent) -> None:
        """Take the room that another type needs."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Return a row for each class."""
        columns, rows = self._grid()
        return QSize(220 * columns, max(1, rows) * self._row_height())

    def minimumSizeHint(self) -> QSize:
        """Return the same height at a smaller width."""
        return QSize(140 * self._grid()[0], self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint all bars."""
        columns, rows = self._grid()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width, height = (self.width() - (columns - 1) * 2 * GAP) / columns, self._row_height()
        winner, points = self.winner, self.font().pointSize()
        plain, bold = _measured(self._classes, False, points), _measured(self._classes, True, points)
        for index in range(len(self._classes)):
            column, row = divmod(index, rows)
            place = QRectF(column * (width + 2 * GAP), row * height, width, height)
            self._paint_row(painter, index, place, bold if index == winner else plain)

    def _paint_row(self, painter: QPainter, index: int, row: QRectF, texts: _Texts) -> None:
        theme, wins = theme_manager().theme, texts.font.bold()
        label_width = min(texts.widest + 2, row.width() * 0.35)
        painter.setFont(texts.font)
        painter.setPen(theme.color("text" if wins and self.isEnabled() else "muted"))
        name = texts.metrics.elidedText(self._classes[index], Qt.TextElideMode.ElideRight, label_width)
        label = QRectF(row.left(), row.top(), label_width, row.height())
        painter.drawText(label, RIGHT, name)
        if self._probabilities is not None:
            painter.drawText(row, RIGHT, f"{100.0 * float(self._probabilities[index]):5.1f} %")
        bar = QRectF(label.right() + GAP, row.top() + 3, 0, row.height() - 6)
        bar.setRight(row.right() - texts.share_width - GAP)
        self._paint_bar(painter, bar, float(self._shown[index]), wins, theme)

    def _paint_bar(self, painter: QPainter, bar: QRectF, share: float, wins: bool, theme: Theme) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("line", 0.45))
        painter.drawRoundedRect(bar, 2, 2)
        if share > 0:
            painter.setBrush(theme.color("accent" if wins else "muted", 1.0 if wins else 0.7))
            painter.drawRoundedRect(QRectF(bar.left(), bar.top(), max(1.5, bar.width() * share), bar.height()), 2, 2)
