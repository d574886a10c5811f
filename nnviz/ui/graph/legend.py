"""What the colours mean, with numbers, and the choice of what the edges show."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from nnviz.core.playback import EdgeMode
from nnviz.core.spec import Picture
from nnviz.ui.graph.items.brush import image_of
from nnviz.ui.graph.look import Look
from nnviz.ui.graph.scale import ScaleChoice
from nnviz.ui.graph.wording import EDGE_SYMBOLS, limit_text
from nnviz.ui.theme import theme_manager

SHORTEST_BAR = 44.0
SHORTEST_LEVEL = 3  # of wording
SPACE = 6.0


@dataclass(frozen=True)
class Swatch:
    """One diverging scale: what it stands for, where it ends, and whose colours it wears.

    `span` is None where one limit holds; else the smallest and largest limit of the layers.
    """

    symbol: str
    limit: float
    span: tuple[float, float] | None
    is_gradient: bool
    where: str = ""


@dataclass(frozen=True)
class LegendContent:
    """All that the legend says."""

    neurons: Swatch | None
    edges: Swatch | None
    has_unknown: bool
    has_dead: bool
    shown_edges: int
    all_edges: int


def _swatch(symbol: str, limits: dict[int, float], focus: int | None, gradient: bool, name: str) -> Swatch | None:
    if not limits:
        return None
    low, high = min(limits.values()), max(limits.values())
    if focus in limits:
        return Swatch(symbol, limits[focus], None, gradient, name if low != high else "")
    return Swatch(symbol, high, (low, high) if low != high else None, gradient)


def legend_content(
    look: Look, pictures: tuple[Picture, ...], names: tuple[str, ...], focus: int | None, shown: int
) -> LegendContent:
    """Say what `look` means. `focus` is the layer whose numbers matter most now; `shown` counts visible edges."""
    units = [
        layer if picture is Picture.UNITS and layer.values is not None else None
        for layer, picture in zip(look.layers, pictures, strict=True)
    ]
    focused = units[focus] if focus is not None else None
    gradient = focused.is_gradient if focused else any(layer is not None and layer.is_gradient for layer in units)
    alike = {i: layer for i, layer in enumerate(units) if layer is not None and layer.is_gradient is gradient}
    symbols = sorted({layer.part.symbol for layer in alike.values()})
    symbol = focused.part.symbol if focused else ", ".join(symbols)
    if gradient:
        symbol = f"∂L/∂{symbol}"
    name = names[focus] if focus is not None else ""
    edge_limits = {gap.layer: gap.limit for gap in look.gaps if gap.values is not None}
    return LegendContent(
        neurons=_swatch(symbol, {i: layer.limit for i, layer in alike.items()}, focus, gradient, name),
        edges=_swatch(EDGE_SYMBOLS[look.mode], edge_limits, focus, look.edge_is_gradient, name),
        has_unknown=any(layer.values is None for layer in look.layers),
        has_dead=any(layer.dead is not None for layer in look.layers),
        shown_edges=shown,
        all_edges=sum(gap.edge_count for gap in look.gaps),
    )


class _Swatches(QWidget):
    """The scales, painted side by side."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._content: LegendContent | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_manager().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """One line of text, and as much width as there is."""
        return QSize(420, round(QFontMetricsF(self.font()).height()) + 8)

    def show_content(self, content: LegendContent) -> None:
        self._content = content
        self.update()

    def words(self) -> str:
        """Say the same for a screen reader."""
        content = self._content
        if content is None:
            return ""
        texts = []
        for title, swatch in self._titled(content):
            left, right, note = self._ends(swatch)
            texts.append(f"{title}: {f'{left} … 0 … ' if left else ''}{right} {note}".strip())
        if hatched := self._hatched(content):
            texts.append(self.tr("hatched: {what}").format(what=hatched))
        return "; ".join(texts)

    def _hatched(self, content: LegendContent, level: int = 0) -> str:
        """What hatching means now; in a word where room is scarce."""
        if level == SHORTEST_LEVEL and content.has_unknown:
            return self.tr("not yet")
        if content.has_unknown and content.has_dead:
            return self.tr("not computed, or dead")
        if content.has_unknown:
            return self.tr("not computed yet")
        if not content.has_dead:
            return ""
        return self.tr("dead") if level == SHORTEST_LEVEL else self.tr("dead neuron")

    def _titled(self, content: LegendContent) -> list[tuple[str, Swatch]]:
        return [
            (f"{title} {swatch.symbol}", swatch)
            for title, swatch in ((self.tr("Neurons"), content.neurons), (self.tr("Edges"), content.edges))
            if swatch is not None
        ]

    def _ends(self, swatch: Swatch) -> tuple[str, str, str]:
        if swatch.span is not None:
            low, high = (limit_text(limit) for limit in swatch.span)
            return "", f"±{low} … {high}", ""
        text = limit_text(swatch.limit)
        return f"−{text}", f"+{text}", swatch.where

    def _short_end(self, swatch: Swatch, level: int) -> str:
        """Both ends in one, where room is scarce; and where it is scarcer, those of the widest scale alone."""
        low, high = (limit_text(limit) for limit in swatch.span or (swatch.limit, swatch.limit))
        if swatch.span is None:
            return f"±{low}"
        return f"±{low} … {high}" if level == 2 else f"±{high}"

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint from left to right; notes are left out where there is no room."""
        del event
        if self._content is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics, theme = QFontMetricsF(self.font()), theme_manager().theme
        level = next(
            (level for level in range(SHORTEST_LEVEL) if self._needed(metrics, level) <= self.width()), SHORTEST_LEVEL
        )
        spare = max(self.width() - self._needed(metrics, level), 0.0)
        bar = min(SHORTEST_BAR + spare / 3, 110.0)
        x = 0.0
        for title, (left, right, note), is_gradient in self._entries(level):
            x = self._text(painter, metrics, x, title, theme.color("text")) + SPACE
            if left:
                x = self._text(painter, metrics, x, left, theme.color("muted")) + SPACE
            self._scale(painter, x, bar, is_gradient)
            x = self._text(painter, metrics, x + bar + SPACE, right, theme.color("muted"))
            x = self._text(painter, metrics, x + SPACE, note, theme.color("muted")) + 2 * SPACE
        hatched, side = self._hatched(self._content, level), metrics.height() * 0.8
        if hatched and x + side + SPACE + metrics.horizontalAdvance(hatched) <= self.width():
            box = QRectF(x + 0.5, (self.height() - side) / 2, side, side)
            painter.setBrush(QBrush(theme.color("muted"), Qt.BrushStyle.BDiagPattern))
            painter.setPen(QPen(theme.color("muted"), 1.0))
            painter.drawEllipse(box)
            self._text(painter, metrics, x + side + SPACE, hatched, theme.color("text"))
        painter.end()

    def _entries(self, level: int) -> list[tuple[str, tuple[str, str, str], bool]]:
        """Title, ends with note, and colours of each scale; a higher level says it in fewer words."""
        entries = []
        for title, swatch in self._titled(self._content) if self._content else ():
            ends = self._ends(swatch) if level < 2 else ("", self._short_end(swatch, level), "")
            entries.append((swatch.symbol if level else title, ends, swatch.is_gradient))
        return entries

    def _needed(self, metrics: QFontMetricsF, level: int) -> float:
        """Width of everything at `level`, with the shortest bars."""
        total = 0.0
        for title, texts, _ in self._entries(level):
            total += sum(metrics.horizontalAdvance(text) for text in (title, *texts)) + SHORTEST_BAR + 6 * SPACE
        if self._content is not None and (hatched := self._hatched(self._content)):
            total += metrics.height() + SPACE + metrics.horizontalAdvance(hatched)
        return total

    def _text(self, painter: QPainter, metrics: QFontMetricsF, x: float, text: str, color: QColor) -> float:
        painter.setPen(color)
        width = metrics.horizontalAdvance(text)
        painter.drawText(QRectF(x, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        return x + width

    def _scale(self, painter: QPainter, x: float, width: float, is_gradient: bool) -> None:
        theme = theme_manager().theme
        area = QRectF(x, self.height() / 2 - 6, width, 12)
        painter.drawImage(area, image_of(theme.scale(is_gradient)[None]))
        painter.setPen(QPen(theme.color("muted", 0.7), 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area)
        painter.drawLine(area.center(), area.center() + (area.bottomLeft() - area.topLeft()) / 2)


def _give_room(combo: QComboBox, text: str) -> None:
    """Make a box as wide as what is chosen now, and no wider: the scales beside it need the rest."""
    metrics = combo.fontMetrics()
    combo.setMinimumContentsLength(math.ceil(metrics.horizontalAdvance(text) / metrics.horizontalAdvance("X")))


class Legend(QWidget):
    """The slim bar under the picture.

    Signals
    -------
    edge_mode_chosen(EdgeMode), scale_chosen(ScaleChoice)

    Attributes
    ----------
    count : QLabel
        How many edges are painted; may be shown elsewhere.
    """

    edge_mode_chosen = Signal(object)
    scale_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("legend")
        self.setAccessibleName(self.tr("Legend"))
        self._content: LegendContent | None = None
        self._modes = self._combo(
            "edge_mode_combo",
            self.tr("What the edges show"),
            [
                (
                    EdgeMode.AUTO,
                    self.tr("edges: auto"),
                    self.tr("Weights going forward, gradients going back, and at the update what is added: Δw"),
                ),
                (EdgeMode.WEIGHT, self.tr("edges: weights w"), self.tr("The number that each edge multiplies by")),
                (
                    EdgeMode.GRADIENT,
                    self.tr("edges: gradients ∂L/∂w"),
                    self.tr("How the loss changes with each weight"),
                ),
                (
                    EdgeMode.CONTRIBUTION,
                    self.tr("edges: contributions w·a"),
                    self.tr("Weight times the value coming in"),
                ),
                (EdgeMode.UPDATE, self.tr("edges: updates Δw"), self.tr("What this step adds to each weight")),
            ],
        )
        self._scales = self._combo(
            "scale_combo",
            self.tr("Over what the colour scale reaches"),
            [
                (ScaleChoice.LAYER, self.tr("scale: per layer"), self.tr("Each layer uses the full range of colours")),
                (ScaleChoice.NETWORK, self.tr("scale: whole network"), self.tr("One range for all layers")),
                (ScaleChoice.FIXED, self.tr("scale: fixed"), self.tr("The range stays as it is now")),
            ],
        )
        # Qt hands a StrEnum back as a plain string
        self._modes.currentIndexChanged.connect(lambda: self.edge_mode_chosen.emit(EdgeMode(self._modes.currentData())))
        self._scales.currentIndexChanged.connect(
            lambda: self.scale_chosen.emit(ScaleChoice(self._scales.currentData()))
        )
        self.count = QLabel(self)
        self.count.setObjectName("edge_count")
        self.count.setProperty("role", "muted")
        self.count.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        self._swatches = _Swatches(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(self._modes)
        row.addWidget(self._scales)
        row.addWidget(self._swatches, 1)

    def _combo(self, name: str, accessible: str, entries: list[tuple[object, str, str]]) -> QComboBox:
        combo = QComboBox(self)
        combo.setObjectName(name)
        combo.setAccessibleName(accessible)
        combo.setToolTip(accessible)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setIconSize(QSize(0, 0))
        for place, (value, text, help_text) in enumerate(entries):
            combo.addItem(text, value)
            combo.setItemData(place, help_text, Qt.ItemDataRole.ToolTipRole)
        combo.view().setMinimumWidth(combo.view().sizeHintForColumn(0) + 24)  # the list may be wider than the box
        combo.currentTextChanged.connect(lambda text: _give_room(combo, text))
        _give_room(combo, combo.currentText())
        return combo

    def minimumSizeHint(self) -> QSize:
        """Narrow windows cut the scales, they do not grow."""
        return QSize(300, super().minimumSizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        """Measure again when the font changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self._content is not None:
            self._fit_count(self._content.all_edges)

    def show_content(self, content: LegendContent) -> None:
        """Say what the picture shows now."""
        if content == self._content:
            return
        if self._content is None or content.all_edges != self._content.all_edges:
            self._fit_count(content.all_edges)
        self._content = content
        self.count.setText(self._count_text(content))
        self._swatches.show_content(content)
        count = self.count.text().replace("\n", " ")
        self.setAccessibleDescription(f"{self._swatches.words()}; {count}")

    def _count_text(self, content: LegendContent) -> str:
        unknown, every, strongest = self._count_texts(content.shown_edges, content.all_edges)
        if content.edges is None:
            return unknown
        return every if content.shown_edges >= content.all_edges else strongest

    def _count_texts(self, shown: int, all_edges: int) -> tuple[str, str, str]:
        """What it says while nothing is known, when all edges are painted, and when only the strongest are."""
        numbers = {"shown": f"{shown:,}", "all": f"{all_edges:,}"}
        return (
            self.tr("{all} edges,\nnot computed yet").format(**numbers),
            self.tr("all {all} edges").format(**numbers),
            self.tr("strongest {shown}\nof {all} edges").format(**numbers),
        )

    def _fit_count(self, all_edges: int) -> None:
        """Give all texts room: a label of another size has the window laid out, and the picture painted, anew."""
        self.ensurePolished()
        sizes = [self.fontMetrics().size(0, text) for text in self._count_texts(all_edges, all_edges)]
        self.count.setFixedSize(max(size.width() for size in sizes) + 2, max(size.height() for size in sizes))
