"""How a data set is divided: a bar in two or three colours, and the numbers."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnviz.ui.theme import number_font, theme_manager

BAR_HEIGHT = 12
GAP = 8
SWATCH = 10
COLORS = ("accent", "warning", "muted")  # those of the curves


class SplitBar(QWidget):
    """Shares of training, validation and test samples."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[tuple[str, int, str], ...] = ()
        self.setObjectName("split_bar")
        self.setAccessibleName(self.tr("Split of the samples"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_manager().changed.connect(self.update)

    def show_split(self, training: int, validation: int, test: int) -> None:
        """Show these numbers of samples; what there is none of is left out."""
        names = (self.tr("Training"), self.tr("Validation"), self.tr("Test"))
        rows = zip(names, (training, validation, test), COLORS, strict=True)
        self._rows = tuple(row for row in rows if row[1])
        self.setAccessibleDescription(", ".join(f"{name} {count:,}" for name, count, _ in self._rows))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for the bar and a line for each part."""
        return QSize(200, BAR_HEIGHT + GAP + len(self._rows) * self._line())

    def minimumSizeHint(self) -> QSize:
        """Return the same height."""
        return QSize(120, self.sizeHint().height())

    def _line(self) -> int:
        return self.fontMetrics().height() + 2

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar and its lines."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        total = sum(count for _, count, _ in self._rows) or 1
        self._paint_bar(painter, total)
        theme = theme_manager().theme
        for index, (name, count, color) in enumerate(self._rows):
            line = QRectF(0, BAR_HEIGHT + GAP + index * self._line(), self.width(), self._line())
            swatch = QRectF(0, line.center().y() - SWATCH / 2, SWATCH, SWATCH)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(color))
            painter.drawRoundedRect(swatch, 2, 2)
            painter.setPen(theme.color("text"))
            painter.setFont(self.font())
            painter.drawText(line.adjusted(SWATCH + GAP, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, name)
            painter.setFont(number_font())
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(line, right, f"{count:,} {count / total:>4.0%}")

    def _paint_bar(self, painter: QPainter, total: int) -> None:
        bar = QRectF(0, 0, self.width(), BAR_HEIGHT)
        rounded = QPainterPath()
        rounded.addRoundedRect(bar, 3, 3)
        painter.setClipPath(rounded)
        left = 0.0
        for _, count, color in self._rows:
            width = bar.width() * count / total
            painter.fillRect(QRectF(left, 0, max(1.0, width - 1), BAR_HEIGHT), theme_manager().theme.color(color))
            left += width
        painter.setClipping(False)
