"""The racers, one below the other, each with a dot in its colour."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnviz.ui.theme import theme_manager

DOT = 11.0
GAP = 7.0


class RaceList(QWidget):
    """Paints numbers (as colours) and names; as high as it needs to be."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._racers: tuple[tuple[int, str], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        theme_manager().changed.connect(self.update)

    def show_racers(self, racers: tuple[tuple[int, str], ...]) -> None:
        """Show these from now on."""
        if racers != self._racers:
            self._racers = racers
            self.setAccessibleDescription(", ".join(name for _, name in racers))
            self.setVisible(bool(racers))
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """One line for each."""
        return QSize(160, round(len(self._racers) * self._line()))

    def _line(self) -> float:
        return QFontMetricsF(self.font()).height() + 3

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint them."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, metrics, line = theme_manager().theme, QFontMetricsF(self.font()), self._line()
        for row, (number, name) in enumerate(self._racers):
            middle = (row + 0.5) * line
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.run_color(number))
            painter.drawEllipse(QRectF(1, middle - DOT / 2, DOT, DOT))
            painter.setPen(theme.color("text"))
            box = QRectF(DOT + GAP, row * line, self.width() - DOT - GAP, line)
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, shown)
