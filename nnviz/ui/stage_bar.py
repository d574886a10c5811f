"""The stage bar: the whole pass in order, one segment per layer, each divided into what the layer computes."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QRegion, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QToolTip, QWidget

from nnviz.core.playback import Frame, Phase
from nnviz.session.session import Session
from nnviz.ui.stage_names import phase_name, stage_name
from nnviz.ui.theme import Theme, theme_manager

PHASE_COLORS = {
    Phase.FORWARD: "positive",
    Phase.LOSS: "negative",
    Phase.BACKWARD: "gradient_negative",
    Phase.UPDATE: "gradient_positive",
}
TODO_OPACITY, DONE_OPACITY = 0.14, 0.42
GAP = 3.0
MARGIN = 2.0
NARROWEST_PART = 4.0
PADDING = 4.0
NAMED_ABOVE = (Phase.LOSS, Phase.UPDATE)  # their blocks are narrower than their names


def shorter(name: str) -> list[str]:
    """Return a name, and what it may be shortened to: “H1” for Hidden 1, “Flat.” for Flatten, never a mere letter."""
    if name[-1:].isdigit():
        return [name, "".join(word[:1] for word in name.split())]
    return [name, *(f"{name[:end]}." for end in range(min(5, len(name) - 2), 1, -1))]


def _width(metrics: QFontMetricsF, text: str) -> float:
    return metrics.horizontalAdvance(text) + 1.0


class StageBar(QSlider):
    """A slider over the stages of the shown trace; for assistive technology it is just that, a slider."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName("stage_bar")
        self.setAccessibleName(self.tr("Stages of the pass"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setPageStep(3)
        self.setRange(0, 0)
        self._session = session
        self._frame: Frame | None = None
        self._dragging = False
        self.valueChanged.connect(self._go)
        theme_manager().changed.connect(self._repaint)

    def sizeHint(self) -> QSize:
        """Two lines of text high."""
        return QSize(400, 2 * self.fontMetrics().height() + 12)

    def minimumSizeHint(self) -> QSize:
        """As high as it wants to be, and as narrow as need be."""
        return QSize(160, self.sizeHint().height())

    def show_frame(self, frame: Frame | None) -> None:
        """Show where in the pass the cursor is."""
        before, self._frame = self._frame, frame
        if frame is not None and before is not None and before.walk is frame.walk and before.cursor == frame.cursor:
            return  # thirty times a second while it runs: nothing would look different
        self._take_position()
        self.setAccessibleDescription("" if frame is None else stage_name(frame.stage, frame.trace.network))
        self.update()

    def _take_position(self) -> None:
        """Stand where the cursor stands, without moving it."""
        frame = self._frame
        self.blockSignals(True)
        self.setRange(0, 0 if frame is None else len(frame.walk) - 1)
        self.setValue(0 if frame is None else frame.cursor.position)
        self.blockSignals(False)

    # --- moving the cursor --------------------------------------------------------------------------------------------

    @Slot(int)
    def _go(self, position: int) -> None:
        if self._session.can_step and self._session.trace is not None:
            self._session.go_to_position(position)
        else:
            self._take_position()

    def position_at(self, x: float) -> int:
        """Stage under this place."""
        segments = self.segments()
        nearest = min(range(len(segments)), key=lambda i: abs(segments[i].center().x() - x), default=0)
        return next((i for i, segment in enumerate(segments) if segment.left() <= x < segment.right()), nearest)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the stage that was clicked."""
        if event.button() is Qt.MouseButton.LeftButton and self._frame is not None:
            self._dragging = True
            self.setValue(self.position_at(event.position().x()))
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Take the cursor along."""
        if self._dragging:
            self.setValue(self.position_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._dragging = False

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel alone: a step changes the weights, and should not be taken by chance."""
        event.ignore()

    def event(self, event: QEvent) -> bool:
        """Name the stage under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._frame is not None:
            index = self.position_at(event.pos().x())
            name = stage_name(self._frame.walk[index], self._frame.trace.network)
            QToolTip.showText(event.globalPos(), name, self, self.segments()[index].toAlignedRect())
            return True
        return super().event(event)

    # --- painting -----------------------------------------------------------------------------------------------------

    def _groups(self) -> list[tuple[Phase, int, list[int]]]:
        """Stages that belong together: phase, layer and positions."""
        walk = self._frame.walk if self._frame is not None else ()
        by_layer = groupby(range(len(walk)), key=lambda index: (walk[index].phase, walk[index].layer))
        return [(phase, layer, list(positions)) for (phase, layer), positions in by_layer]

    def segments(self) -> list[QRectF]:
        """Place of every stage: a block takes what its name needs, and the rest is shared by number of stages."""
        groups = self._groups()
        if not groups:
            return []
        top = self.fontMetrics().height() + 4.0
        height = self.height() - top - MARGIN
        gap = GAP if self.width() / len(groups) > 4 * GAP else 0.5
        room = self.width() - 2 * MARGIN - gap * (len(groups) - 1)
        needs = [self._needed_width(phase, layer) for phase, layer, _ in groups]
        if sum(needs) > room:
            needs = [need if phase in NAMED_ABOVE else 0.0 for need, (phase, _, _) in zip(needs, groups, strict=True)]
        spare = max(0.0, room - sum(needs)) / sum(len(positions) + 0.5 for _, _, positions in groups)
        places: list[QRectF] = []
        left = MARGIN
        for need, (_, _, positions) in zip(needs, groups, strict=True):
            width = need + spare * (len(positions) + 0.5)
            part = width / len(positions)
            places.extend(QRectF(left + part * index, top, part, height) for index in range(len(positions)))
            left += width + gap
        return places

    def _needed_width(self, phase: Phase, layer: int) -> float:
        """Width of the name in or, for loss and update, above a block."""
        assert self._frame is not None
        metrics = QFontMetricsF(self.font())
        if phase in NAMED_ABOVE:
            return metrics.horizontalAdvance(phase_name(phase)) + PADDING
        return metrics.horizontalAdvance(self._frame.trace.network.layer_name(layer)) + 2 * PADDING

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint phases as headings, layers as blocks, what is done stronger, and the stage at the cursor framed."""
        frame = self._frame
        if frame is None:
            return
        theme = theme_manager().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        places = self.segments()
        at = frame.cursor.position
        for index, place in enumerate(places):
            opacity = DONE_OPACITY if index <= at else TODO_OPACITY
            painter.fillRect(place, theme.color(PHASE_COLORS[frame.walk[index].phase], opacity))
        names = self._names(places)
        painter.fillRect(places[at], theme.color(PHASE_COLORS[frame.phase], 0.55))
        painter.setClipRegion(self._outside([area for area, _ in names]))  # no line cuts through a name
        self._paint_divisions(painter, theme, places)
        painter.setPen(QPen(theme.color("text"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(places[at].adjusted(1, 1, -1, -1), 2, 2)
        painter.setClipping(False)
        painter.setPen(theme.color("text"))
        for area, name in names:
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, name)
        self._paint_phases(painter, theme, places)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("accent"), 1, Qt.PenStyle.DashLine))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _paint_divisions(self, painter: QPainter, theme: Theme, places: list[QRectF]) -> None:
        painter.setPen(QPen(theme.color("window"), 1))
        for _, _, positions in self._groups():
            for index in positions[1:]:
                if places[index].width() >= NARROWEST_PART:
                    painter.drawLine(places[index].topLeft(), places[index].bottomLeft())

    def _outside(self, areas: list[QRectF]) -> QRegion:
        """Everything but these."""
        region = QRegion(self.rect())
        for area in areas:
            region -= area.toAlignedRect()
        return region

    def _names(self, places: list[QRectF]) -> list[tuple[QRectF, str]]:
        """Names of the layers, each as long as its block has room for, and where they stand."""
        assert self._frame is not None
        metrics = QFontMetricsF(self.font())
        network = self._frame.trace.network
        names: list[tuple[QRectF, str]] = []
        for phase, layer, positions in self._groups():
            if phase in NAMED_ABOVE:
                continue
            block = places[positions[0]].united(places[positions[-1]])
            name = next((n for n in shorter(network.layer_name(layer)) if _width(metrics, n) <= block.width()), "")
            area = QRectF(0.0, 0.0, _width(metrics, name), metrics.ascent())
            area.moveCenter(block.center())
            names.append((area, name))
        return names

    def _paint_phases(self, painter: QPainter, theme: Theme, places: list[QRectF]) -> None:
        """Write the phases above their layers."""
        metrics = QFontMetricsF(self.font())
        groups = self._groups()
        painter.setPen(theme.color("muted"))
        spans = [list(members) for _, members in groupby(groups, key=lambda group: group[0])]
        for span, following in zip(spans, [*spans[1:], None], strict=True):
            left = places[span[0][2][0]].left()
            right = places[following[0][2][0]].left() if following else float(self.width())
            name = metrics.elidedText(phase_name(span[0][0]), Qt.TextElideMode.ElideRight, right - left)
            painter.drawText(QPointF(left + 1, metrics.ascent() + 1), name)

    @Slot()
    def _repaint(self) -> None:
        self.update()
