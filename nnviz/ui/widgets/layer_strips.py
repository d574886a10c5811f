"""The table of the layers panel: for each layer its gradient norm, its dead or saturated units, and its histograms."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from nnviz.core.data import FloatArray
from nnviz.core.layer_statistics import LayerStatistics, Snapshot
from nnviz.ui.formula.numbers import power_of_ten, significant
from nnviz.ui.theme import Theme, number_font, theme_manager
from nnviz.ui.widgets.layer_column_help import column_help
from nnviz.ui.widgets.strip_image import (
    BINS,
    Course,
    course_of,
    decades_around,
    densities,
    nice_range,
    strip_image,
)

NARROWEST = 290
MARGIN = 10.0
GAP, NARROW_GAP = 18.0, 12.0
HEADING_GAP = 4.0
ROW_HEIGHT = 52.0
STRIP_HEIGHT = 44.0
BAR_HEIGHT = 8.0
MOST_COLUMNS = 120  # pixels of a strip that are computed; it is stretched to its width
ALL_STRIPS = 860  # the width from which on there is room for all three histograms
NUMBER_GAP = 5.0
DECADES = 6

WEIGHTS, ACTIVATIONS, GRADIENTS = "weights", "activations", "gradients"
KINDS = (WEIGHTS, ACTIVATIONS, GRADIENTS)


@dataclass(frozen=True)
class LayerRow:
    """What stands in one row: the layer's place, its name, and its activation function."""

    layer: int
    name: str
    detail: str


@dataclass(frozen=True)
class _Strip:
    image: QImage
    top: str
    bottom: str
    zero: float | None  # where 0 lies, as a share of the height from the top


class LayerStrips(QWidget):
    """Paints the rows. In a narrow dock there is one histogram for each layer, of the chosen kind; else all three.

    Parameters
    ----------
    choice
        Chooses the kind; it stands over the one histogram, instead of a heading.
    """

    def __init__(self, choice: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choice = choice
        choice.setParent(self)
        self.setObjectName("layer_strips")
        self.setAccessibleName(self.tr("Gradients, weights and activations, layer by layer"))
        self.setMouseTracking(True)
        self.kinds: tuple[str, ...] = (GRADIENTS,)
        self._rows: tuple[LayerRow, ...] = ()
        self._snapshots: Sequence[Snapshot] = ()
        self._shown: Snapshot | None = None
        self._dead: dict[int, float] = {}
        self._strips: dict[tuple[int, str], _Strip | None] = {}
        theme_manager().changed.connect(self._repaint)

    def show_rows(
        self,
        rows: tuple[LayerRow, ...],
        snapshots: Sequence[Snapshot],
        shown: Snapshot | None,
        dead: dict[int, float],
    ) -> None:
        """Show these layers.

        Parameters
        ----------
        snapshots : sequence of Snapshot
            Oldest first, for the histograms.
        shown : Snapshot or None
            Whose numbers are written, and where in the histograms the mark is.
        dead : dict of int to float
            Share of units that have been silent for a while, by layer.
        """
        resized = len(rows) != len(self._rows)
        self._rows, self._snapshots, self._shown, self._dead = rows, tuple(snapshots), shown, dead
        if resized:
            self.updateGeometry()
        self.setAccessibleDescription("; ".join(self._sentence(row) for row in rows))
        self._repaint()

    def show_kinds(self, kinds: tuple[str, ...]) -> None:
        """Choose the histograms: those that there is room for."""
        if kinds != self.kinds:
            self.kinds = kinds
            self.updateGeometry()
            self._repaint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Paint the histograms for their new width."""
        super().resizeEvent(event)
        self._repaint()

    def sizeHint(self) -> QSize:
        """As high as the rows, and narrow enough for a small dock."""
        height = self._top() + MARGIN + ROW_HEIGHT * len(self._rows)
        return QSize(NARROWEST, round(height))

    def minimumSizeHint(self) -> QSize:
        """No less."""
        return self.sizeHint()

    def _repaint(self) -> None:
        self._strips.clear()
        self._choice.setVisible(not self._is_wide)
        if not self._is_wide:
            left, width = self._columns()[-1]
            size = self._choice.sizeHint().boundedTo(QSize(round(width), self._choice.sizeHint().height()))
            self._choice.setGeometry(QRect(QPoint(round(left + width) - size.width(), round(HEADING_GAP)), size))
        self.update()

    def _top(self) -> float:
        """Where the first row begins."""
        line = self._line()
        return MARGIN + line if self._is_wide else HEADING_GAP + max(2 * line, self._choice.sizeHint().height())

    def _line(self) -> float:
        return QFontMetricsF(self.font()).height()

    # --- texts --------------------------------------------------------------------------------------------------------

    def _statistics(self, row: LayerRow) -> LayerStatistics | None:
        layers = self._shown.layers if self._shown is not None else ()
        return next((each for each in layers if each.layer == row.layer), None)

    def _norm_text(self, row: LayerRow) -> str:
        statistics = self._statistics(row)
        norm = statistics.gradient_norm if statistics is not None else None
        return "–" if norm is None else significant(norm, 2)

    def _idle(self, row: LayerRow) -> tuple[float, str] | None:
        """Share of the layer's units that do not learn at the moment, and how it is called."""
        if row.layer in self._dead:
            return self._dead[row.layer], self.tr("dead")
        statistics = self._statistics(row)
        if statistics is not None and statistics.saturated is not None:
            return statistics.saturated, self.tr("saturated")
        return None

    def _idle_text(self, row: LayerRow) -> str:
        idle = self._idle(row)
        return "–" if idle is None else f"{100 * idle[0]:.0f} % {idle[1]}"

    def _detail(self, row: LayerRow) -> str:
        """The activation function; in a narrow dock its idle units, which have no column there, in a short word."""
        if self._is_wide or self._idle(row) is None:
            return row.detail
        return self._idle_text(row).replace(self.tr("saturated"), self.tr("satur."))

    @property
    def _is_wide(self) -> bool:
        return len(self.kinds) > 1

    def _sentence(self, row: LayerRow) -> str:
        norm = self.tr("gradient norm {number}").format(number=self._norm_text(row))
        return f"{row.name}: {norm}, {self._idle_text(row)}"

    def _heading(self, kind: str) -> str:
        return {
            WEIGHTS: self.tr("Weights"),
            ACTIVATIONS: self.tr("Activations"),
            GRADIENTS: self.tr("|∂loss/∂w|, log scale"),
        }[kind]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Explain the column under the mouse."""
        lefts = [left for left, _ in self._columns()]
        column = max(0, bisect_right(lefts, event.position().x()) - 1)
        if column > 2:
            column = 3 + KINDS.index(self.kinds[column - 3])
        self.setToolTip(f"<p>{column_help(column)}</p>")

    # --- places -------------------------------------------------------------------------------------------------------

    def _columns(self) -> list[tuple[float, float]]:
        """Left edge and width of: name, gradient norm, idle units (none if narrow), and each histogram."""
        metrics = QFontMetricsF(self.font())
        gap = GAP if self._is_wide else NARROW_GAP
        texts = [text for row in self._rows for text in (row.name, self._detail(row))]
        heading = self.tr("Gradient norm")
        words = [heading] if self._is_wide else heading.split()  # a narrow heading has two lines
        number = QFontMetricsF(number_font()).horizontalAdvance("0" * 8)
        norm = max(number, *map(metrics.horizontalAdvance, words))
        widths = [max(map(metrics.horizontalAdvance, texts), default=0.0), norm, -gap]
        if self._is_wide:
            widths[1:] = [max(norm, 0.13 * self.width()), metrics.horizontalAdvance(f"100 % {self.tr('saturated')}")]
        places, left = [], MARGIN
        for width in widths:
            places.append((left, width))
            left += width + gap
        room = (self.width() - MARGIN - left + gap) / len(self.kinds) - gap
        return places + [(left + place * (room + gap), room) for place in range(len(self.kinds))]

    # --- histograms ---------------------------------------------------------------------------------------------------

    def _course(self, row: LayerRow, kind: str) -> Course | None:
        steps: list[int] = []
        quantiles: list[FloatArray | None] = []
        for each in self._snapshots:
            statistics = next((layer for layer in each.layers if layer.layer == row.layer), None)
            steps.append(each.step)
            quantiles.append(None if statistics is None else getattr(statistics, kind))
        return course_of(steps, quantiles)

    def _make_strips(self) -> None:
        """Make the images that are missing; gradients share one scale, to be compared from layer to layer."""
        theme = theme_manager().theme
        for kind in self.kinds:
            courses = {row.layer: self._course(row, kind) for row in self._rows}
            there = [course for course in courses.values() if course is not None]
            common = decades_around([course.inner_range() for course in there]) if kind == GRADIENTS and there else None
            for layer, course in courses.items():
                if (layer, kind) not in self._strips:
                    self._strips[layer, kind] = None if course is None else self._strip(course, common, theme)

    def _strip(self, course: Course, decades: tuple[int, int] | None, theme: Theme) -> _Strip:
        first, last = self._steps()
        low, high = nice_range(*course.inner_range()) if decades is None else decades
        columns = int(min(MOST_COLUMNS, max(8, self._columns()[-1][1])))
        shares = densities(course, low, high, first, last, columns)
        if decades is None:
            colors = theme.color("positive"), theme.color("negative")
            texts = significant(high, 2), significant(low, 2)
        else:
            colors = theme.color("gradient_positive"), theme.color("gradient_positive")
            texts = power_of_ten(decades[1]), power_of_ten(decades[0])
        turn = round(BINS * min(max(high / (high - low), 0.0), 1.0))
        zero = high / (high - low) if low < 0 < high and decades is None else None
        return _Strip(strip_image(shares, *colors, turn, theme.color("canvas")), *texts, zero)

    def _steps(self) -> tuple[float, float]:
        first, last = self._snapshots[0].step, self._snapshots[-1].step
        return first, max(last, first + 1)

    # --- painting -----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the headings and the rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = theme_manager().theme
        if not self._rows or not self._snapshots:
            painter.setPen(theme.color("muted"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.tr("No network yet."))
            return
        self._make_strips()
        columns = self._columns()
        self._paint_headings(painter, columns, theme)
        norms = [norm for row in self._rows if math.isfinite(norm := _log(self._statistics(row)))]
        decade = math.ceil(max(norms, default=0.0) + 1e-9)
        for place, row in enumerate(self._rows):
            top = self._top() + place * ROW_HEIGHT
            self._paint_row(painter, row, top, columns, decade, theme)

    def _paint_headings(self, painter: QPainter, columns: list[tuple[float, float]], theme: Theme) -> None:
        """Write what the columns are, at the bottom of the room above the rows; over one histogram is the choice."""
        histograms = map(self._heading, self.kinds) if self._is_wide else [""]
        headings = [self.tr("Layer"), self.tr("Gradient norm"), self.tr("Idle units"), *histograms]
        painter.setPen(theme.color("muted"))
        for place, (heading, (left, width)) in enumerate(zip(headings, columns, strict=True)):
            if width >= 0:
                indent = self._gutter() if place > 2 else 0.0
                box = QRectF(left + indent, 0.0, width - indent, self._top())
                painter.drawText(box, Qt.AlignmentFlag.AlignBottom | Qt.TextFlag.TextWordWrap, heading)

    def _paint_row(
        self,
        painter: QPainter,
        row: LayerRow,
        top: float,
        columns: list[tuple[float, float]],
        decade: int,
        theme: Theme,
    ) -> None:
        line, middle = self._line(), top + ROW_HEIGHT / 2
        left, _ = columns[0]
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(left, middle - line, 400, line), Qt.AlignmentFlag.AlignVCenter, row.name)
        painter.setPen(theme.color("muted"))
        painter.drawText(QRectF(left, middle, 400, line), Qt.AlignmentFlag.AlignVCenter, self._detail(row))
        norm = _log(self._statistics(row))
        length = max(0.0, 1.0 - (decade - norm) / DECADES) if math.isfinite(norm) else 0.0
        _paint_bar(painter, columns[1], top, self._norm_text(row), length, theme.color("gradient_positive"), DECADES)
        if self._is_wide:
            idle = self._idle(row)
            share = None if idle is None else idle[0]
            _paint_bar(painter, columns[2], top, self._idle_text(row), share, theme.color("warning"), 2)
        for kind, (left, width) in zip(self.kinds, columns[3:], strict=True):
            gutter = self._gutter()
            box = QRectF(left + gutter, top + (ROW_HEIGHT - STRIP_HEIGHT) / 2, width - gutter, STRIP_HEIGHT)
            self._paint_strip(painter, row, self._strips[row.layer, kind], box, gutter, theme)

    def _gutter(self) -> float:
        return QFontMetricsF(number_font()).horizontalAdvance("10⁻¹¹") + NUMBER_GAP

    def _gap_text(self, row: LayerRow) -> str:
        """Why there is nothing to be seen."""
        statistics = self._statistics(row)
        norm = statistics.gradient_norm if statistics is not None else None
        return self.tr("all 0") if norm == 0.0 else self.tr("no numbers")

    def _paint_strip(
        self, painter: QPainter, row: LayerRow, strip: _Strip | None, box: QRectF, gutter: float, theme: Theme
    ) -> None:
        if strip is None:
            painter.setPen(theme.color("muted"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._gap_text(row))
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # five times as fast
            painter.drawImage(box.toAlignedRect(), strip.image)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if strip.zero is not None:
                painter.setPen(QPen(theme.color("muted", 0.5), 1.0, Qt.PenStyle.DotLine))
                level = round(box.top() + strip.zero * box.height()) + 0.5
                painter.drawLine(QPointF(box.left(), level), QPointF(box.right(), level))
            painter.setFont(number_font())
            painter.setPen(theme.color("muted"))
            numbers = QRectF(box.left() - gutter, box.top() - 1, gutter - NUMBER_GAP, box.height() + 2)
            painter.drawText(numbers, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight, strip.top)
            painter.drawText(numbers, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignRight, strip.bottom)
            painter.setFont(self.font())
            self._paint_mark(painter, box, theme)
        painter.setPen(theme.color("line"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)

    def _paint_mark(self, painter: QPainter, box: QRectF, theme: Theme) -> None:
        """Show where the batch in the picture is, unless that is the newest."""
        first, last = self._steps()
        if self._shown is None or self._shown.step >= self._snapshots[-1].step:
            return
        x = box.left() + (self._shown.step - first) / (last - first) * box.width()
        painter.setPen(QPen(theme.color("text"), 1.0))
        painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))


def _log(statistics: LayerStatistics | None) -> float:
    """log₁₀ of the gradient norm; −∞ where there is none."""
    norm = statistics.gradient_norm if statistics is not None else None
    return math.log10(norm) if norm and math.isfinite(norm) else -math.inf


def _paint_bar(
    painter: QPainter,
    column: tuple[float, float],
    top: float,
    text: str,
    length: float | None,
    color: QColor,
    parts: int,
) -> None:
    """Paint a number, and under it a bar (0 to 1) on a track with marks; no track where there is nothing to know."""
    theme, line = theme_manager().theme, QFontMetricsF(number_font()).height()
    left, width = column
    middle = top + ROW_HEIGHT / 2
    painter.setPen(theme.color("muted" if length is None else "text"))
    painter.drawText(QRectF(left, middle - line, width + GAP, line), Qt.AlignmentFlag.AlignVCenter, text)
    if length is None:
        return
    track = QRectF(left, middle + 5, width, BAR_HEIGHT)
    painter.fillRect(track, theme.color("line", 0.45))
    painter.fillRect(QRectF(left, track.top(), width * min(length, 1.0), BAR_HEIGHT), color)
    painter.setPen(theme.color("panel"))
    for mark in range(1, parts):
        x = left + width * mark / parts
        painter.drawLine(QPointF(x, track.top()), QPointF(x, track.bottom()))
