"""The layers dock: how large activations and gradients are in each layer. Shows dead neurons, vanishing gradients."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.data import FloatArray
from nnviz.core.memo import Memo
from nnviz.core.playback import Frame
from nnviz.session.session import Session
from nnviz.ui.panels.panel import Panel
from nnviz.ui.theme import number_font, theme_manager

DECADES = 6
MARGIN = 10.0
COLUMN_GAP = 22.0
BAR_HEIGHT = 10.0
RELU = "relu"
BLOCK = 64  # rows


@dataclass(frozen=True)
class LayerFigures:
    """Means over all samples and units of one layer; None where it is not known yet.

    `activation` and `gradient` are means of magnitudes (of the outputs; of ∂loss/∂w), `zeros` is the share of outputs
    that a ReLU has set to zero. `is_relu` and `learns` say whether the latter two can be known at all.
    """

    name: str
    is_relu: bool
    learns: bool
    activation: float | None
    zeros: float | None
    gradient: float | None


@Memo
def _mean_size(array: FloatArray) -> float:
    blocks = (array[first : first + BLOCK] for first in range(0, len(array), BLOCK))  # without a huge copy
    return sum(float(np.abs(block).sum()) for block in blocks) / array.size


@Memo
def _share_of_zeros(array: FloatArray) -> float:
    return 1.0 - np.count_nonzero(array) / array.size


def layer_figures(frame: Frame) -> tuple[LayerFigures, ...]:
    """Take the figures of all layers from the whole batch, as far as they are known at the cursor."""
    figures = []
    for layer in frame.layers:
        output = frame.trace.layers[layer.index].parts[layer.spec.parts[-1].name].value
        known = layer.output is not None
        gradient = layer.parameter_gradients.get("weight")
        figures.append(
            LayerFigures(
                name=layer.name,
                is_relu=layer.spec.activation_name == RELU,
                learns="weight" in layer.parameters,
                activation=_mean_size(output) if known else None,
                zeros=_share_of_zeros(output) if known else None,
                gradient=None if gradient is None else _mean_size(gradient),
            )
        )
    return tuple(figures)


@dataclass(frozen=True)
class _Cell:
    """A bar (0 to 1, or None while it is unknown) and what stands beside it; empty where there is nothing to know."""

    length: float | None = None
    text: str = ""


class LayerBars(QWidget):
    """Paints one row per layer: mean |activation|, share of zeros, and mean |gradient| on a logarithmic scale."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layer_bars")
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.setAccessibleName(self.tr("Size of activations and gradients, layer by layer"))
        self._figures: tuple[LayerFigures, ...] = ()
        theme_manager().changed.connect(self.update)

    def show_figures(self, figures: tuple[LayerFigures, ...]) -> None:
        """Show these from now on."""
        grown = len(figures) != len(self._figures)
        self._figures = figures
        if grown:
            self.updateGeometry()
        spoken = (f"{row.name}: " + ", ".join(cell.text for cell in self._cells(row) if cell.text) for row in figures)
        self.setAccessibleDescription("; ".join(spoken))
        self.update()

    def minimumSizeHint(self) -> QSize:
        """As high as the rows; narrow enough for a small dock."""
        numbers = 3 * (_number_width() + COLUMN_GAP)
        height = 2 * MARGIN + self._row_height() * (len(self._figures) + 1)
        return QSize(round(2 * MARGIN + self._name_width() + numbers), round(height))

    def sizeHint(self) -> QSize:
        """No more than needed."""
        return self.minimumSizeHint()

    def _name_width(self) -> float:
        metrics = QFontMetricsF(self.font())
        return max((metrics.horizontalAdvance(row.name) for row in self._figures), default=0.0)

    def _row_height(self) -> float:
        return QFontMetricsF(self.font()).height() + 5

    def _cells(self, row: LayerFigures) -> tuple[_Cell, _Cell, _Cell]:
        largest = max((each.activation or 0.0 for each in self._figures), default=0.0) or 1.0
        activation = None if row.activation is None else row.activation / largest
        return (
            _Cell(activation, _text(row.activation, "{:.3f}")),
            _Cell(row.zeros, _text(row.zeros, "{:.0%}")) if row.is_relu else _Cell(),
            _Cell(self._on_log_scale(row.gradient), _text(row.gradient, "{:.1e}")) if row.learns else _Cell(),
        )

    def _on_log_scale(self, gradient: float | None) -> float | None:
        """Share of the bar: the last of `DECADES` powers of ten ends above the largest gradient of all layers."""
        largest = max((each.gradient or 0.0 for each in self._figures), default=0.0)
        if not gradient or not math.isfinite(largest):
            return None
        top = math.ceil(math.log10(largest) + 1e-9)
        return min(1.0, max(0.0, 1.0 - (top - math.log10(gradient)) / DECADES))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the headings and the rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, metrics, height = theme_manager().theme, QFontMetricsF(self.font()), self._row_height()
        if not self._figures:
            painter.setPen(theme.color("muted"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.tr("No network yet."))
            return
        names = self._name_width()
        left = MARGIN + names + COLUMN_GAP
        width = (self.width() - left - MARGIN + COLUMN_GAP) / 3 - COLUMN_GAP
        headings = (self.tr("Mean |activation|"), self.tr("ReLU at zero"), self.tr("Mean |∂loss/∂w|, log scale"))
        colors = (theme.color("positive"), theme.color("muted"), theme.color("gradient_positive"))
        for column, (heading, color) in enumerate(zip(headings, colors, strict=True)):
            x = left + column * (width + COLUMN_GAP)
            painter.setPen(theme.color("muted"))
            painter.setFont(self.font())
            shown = metrics.elidedText(heading, Qt.TextElideMode.ElideRight, width)
            painter.drawText(QRectF(x, MARGIN, width, height), Qt.AlignmentFlag.AlignVCenter, shown)
            for index, row in enumerate(self._figures):
                cell = QRectF(x, MARGIN + (index + 1) * height, width, height)
                _paint_cell(painter, self._cells(row)[column], cell, color)
        painter.setPen(theme.color("text"))
        painter.setFont(self.font())
        for index, row in enumerate(self._figures):
            place = QRectF(MARGIN, MARGIN + (index + 1) * height, names, height)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, row.name)


def _number_width() -> float:
    return QFontMetricsF(number_font()).horizontalAdvance("0" * 8)


def _text(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def _paint_cell(painter: QPainter, cell: _Cell, place: QRectF, color: QColor) -> None:
    """Paint a bar on its track, and the number right of it; the number alone where it is narrow."""
    if not cell.text:
        return
    theme, number = theme_manager().theme, _number_width()
    track = QRectF(place.left(), place.center().y() - BAR_HEIGHT / 2, place.width() - number, BAR_HEIGHT)
    if track.width() > 2 * BAR_HEIGHT:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("line", 0.45))
        painter.drawRoundedRect(track, 3, 3)
        if cell.length and math.isfinite(cell.length):
            painter.setBrush(color)
            painter.drawRoundedRect(QRectF(track.left(), track.top(), track.width() * cell.length, BAR_HEIGHT), 3, 3)
    painter.setPen(theme.color("text" if cell.text != "–" else "muted"))
    painter.setFont(number_font())
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, cell.text)


class LayersPanel(Panel):
    """Size of activations and gradients in each layer, over the whole batch."""

    name: ClassVar[str] = "layers"
    title: ClassVar[str] = "Layers"
    area: ClassVar[Qt.DockWidgetArea] = Qt.DockWidgetArea.BottomDockWidgetArea
    shown_at_first: ClassVar[bool] = False

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self._bars = LayerBars()
        area = QScrollArea(self)
        area.setObjectName("layers_scroll")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(self._bars)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)

    def show_frame(self, frame: Frame | None) -> None:
        """Show what is known at the cursor."""
        self._bars.show_figures(() if frame is None else layer_figures(frame))
