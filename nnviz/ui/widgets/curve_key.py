"""The key of a curve plot: how each line looks, what it is called, and the value that is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnviz.ui.theme import number_font, theme_manager

SAMPLE = 28.0
SHORT_SAMPLE = 14.0
GAP = 6.0
CELL_GAP = 18.0
RADIUS = 4.5


def _cosmetic(pen: QPen) -> QPen:
    """Keep a pen's width in pixels, whatever the scale of the plot."""
    pen.setCosmetic(True)
    return pen


@dataclass(frozen=True)
class LineLook:
    """How a line looks: colour of the theme and its opacity, width in pixels, dashes, and the symbol of its points.

    With a `run` (counted from 0) it has the colour of that run instead.
    """

    color: str
    opacity: float
    width: float
    style: Qt.PenStyle
    symbol: str | None
    run: int | None = None

    def shade(self, opacity: float = 1.0) -> QColor:
        """Colour in the theme in force."""
        theme = theme_manager().theme
        return theme.color(self.color, opacity) if self.run is None else theme.run_color(self.run, opacity)

    def pen(self) -> QPen:
        """Pen in the colours of the theme in force."""
        return _cosmetic(QPen(self.shade(self.opacity), self.width, self.style))

    def symbol_pen(self) -> QPen:
        """Pen around the points."""
        return _cosmetic(QPen(self.shade(), 1.5))

    def symbol_brush(self) -> QBrush:
        """Filling of the points: circles ("o") are full, diamonds ("d") are hollow."""
        return QBrush(self.shade() if self.symbol == "o" else theme_manager().theme.color("panel"))

    def paint_symbol(self, painter: QPainter, centre: QPointF) -> None:
        """Paint one point of the line."""
        painter.setPen(self.symbol_pen())
        painter.setBrush(self.symbol_brush())
        if self.symbol == "o":
            painter.drawEllipse(centre, RADIUS, RADIUS)
        elif self.symbol == "d":
            corners = ((0, -RADIUS - 1), (RADIUS, 0), (0, RADIUS + 1), (-RADIUS, 0))
            painter.drawPolygon(QPolygonF([centre + QPointF(x, y) for x, y in corners]))


@dataclass(frozen=True)
class KeyRow:
    """One line in the key: its look, its name, and the value that is read, always of the same number of characters.

    `brief` is its name where there is little room.
    """

    look: LineLook
    label: str
    value: str
    brief: str

    @property
    def is_known(self) -> bool:
        """Whether there is a value."""
        return not self.value.startswith("–")


@dataclass(frozen=True)
class KeyText:
    """What the key says: where it reads (an epoch, or the newest values), and the lines.

    `pointed` says that the values are what matters, because somebody points at them.
    """

    title: str = ""
    rows: tuple[KeyRow, ...] = ()
    pointed: bool = False


class CurveKey(QWidget):
    """Shows a `KeyText` in one row.

    Where that is narrow, title and batch line make room, then the values, or the names while somebody points.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._text = KeyText()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            self.tr(
                "<p>Training: mean over the batches of an epoch. Validation: at its end. Batch: one batch alone. The"
                " latest are those of the last epoch that is over, and of the last batch.</p>"
            )
        )

    def show_text(self, text: KeyText) -> None:
        """Show this from now on."""
        if text != self._text:
            self._text = text
            spoken = ", ".join(f"{row.label} {row.value.strip()}" for row in text.rows)
            self.setAccessibleDescription(f"{text.title}: {spoken}" if spoken else "")
            self.update()

    def sizeHint(self) -> QSize:
        """One line high."""
        return QSize(200, round(QFontMetricsF(self.font()).height()) + 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the most that fits."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for text, sample in self._versions():
            if self._width(text, sample) <= self.width():
                break
        x = 0.0
        if text.title:
            painter.setPen(theme_manager().theme.color("muted"))
            self._write(painter, x, text.title, is_number=True)
            x += self._title_width(text.title)
        for row in text.rows:
            x = self._paint_row(painter, row, x, sample) + CELL_GAP

    def _versions(self) -> Iterator[tuple[KeyText, float]]:
        full = self._text
        two = full.rows[:2] or full.rows
        yield full, SAMPLE
        yield KeyText("", full.rows), SAMPLE
        yield KeyText("", two), SAMPLE
        yield KeyText("", two), SHORT_SAMPLE
        brief = tuple(replace(row, label=row.brief) for row in two)
        yield KeyText("", brief), SHORT_SAMPLE
        if full.pointed:
            bare = tuple(replace(row, label="") for row in two)
            yield KeyText("", bare), SHORT_SAMPLE
            yield KeyText("", bare[:1]), SHORT_SAMPLE
        else:
            yield KeyText("", tuple(replace(row, value="") for row in two)), SHORT_SAMPLE
            yield KeyText("", tuple(replace(row, value="") for row in brief)), SHORT_SAMPLE
        yield KeyText(), SHORT_SAMPLE

    def _title_width(self, title: str) -> float:
        return QFontMetricsF(number_font()).horizontalAdvance(title) + CELL_GAP if title else 0.0

    def _width(self, text: KeyText, sample: float) -> float:
        cells = [sample + self._label_width(row) + self._value_width(row) for row in text.rows]
        return self._title_width(text.title) + sum(cells) + CELL_GAP * (len(cells) - 1)

    def _label_width(self, row: KeyRow) -> float:
        return QFontMetricsF(self.font()).horizontalAdvance(row.label) + GAP if row.label else 0.0

    def _value_width(self, row: KeyRow) -> float:
        return QFontMetricsF(number_font()).horizontalAdvance(row.value) + GAP if row.value else 0.0

    def _paint_row(self, painter: QPainter, row: KeyRow, x: float, sample: float) -> float:
        middle = self.height() / 2
        painter.setPen(row.look.pen())
        painter.drawLine(QPointF(x, middle), QPointF(x + sample, middle))
        row.look.paint_symbol(painter, QPointF(x + sample / 2, middle))
        painter.setPen(theme_manager().theme.color("text"))
        label_end = x + sample + self._label_width(row)
        self._write(painter, x + sample + GAP, row.label)
        self._write(painter, label_end + GAP, row.value, is_number=True)
        return label_end + self._value_width(row)

    def _write(self, painter: QPainter, x: float, text: str, is_number: bool = False) -> None:
        painter.setFont(number_font() if is_number else self.font())
        painter.drawText(QRectF(x, 0, self.width(), self.height()), Qt.AlignmentFlag.AlignVCenter, text)
