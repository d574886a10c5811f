"""The picture itself: a widget that paints the network, and answers to pointer and keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from nnviz.core.data import DataSummary
from nnviz.core.playback import EdgeMode, Frame
from nnviz.core.spec import NetworkSpec
from nnviz.ui.graph.ahead import Ahead
from nnviz.ui.graph.cards import accessible_texts
from nnviz.ui.graph.edge_images import EdgeImageKeeper, visible_edge_count
from nnviz.ui.graph.edge_paint import LinePainter
from nnviz.ui.graph.edge_sets import pick_edge
from nnviz.ui.graph.full_picture import EdgeScene
from nnviz.ui.graph.hit_test import EdgePick, HeaderPick, Pick, TogglePick, UnitPick, neighbour, pick_column
from nnviz.ui.graph.items.brush import make_brush
from nnviz.ui.graph.legend import LegendContent
from nnviz.ui.graph.overlays import Overlays
from nnviz.ui.graph.painting import paint_columns, paint_lit_edge, paint_scene, paint_top
from nnviz.ui.graph.popups import Popups
from nnviz.ui.graph.scale import ScaleChoice
from nnviz.ui.graph.state import PictureState
from nnviz.ui.graph.travelling_numbers import TravellingNumbers
from nnviz.ui.theme import theme_manager

SETTLE_MS = 150
EDGE_REACH = 5.0
DRAG_DISTANCE = 5.0
STEPS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class NetworkCanvas(QWidget):
    """The picture of the network.

    Signals
    -------
    neuron_pinned(int, int)
        Layer and unit (a pixel is the unit that it becomes when the image is flattened).
    edge_pinned(int, int, int)
        Layer, neuron in it, and value of the layer before.
    unpinned()
    legend_changed(LegendContent)
    """

    neuron_pinned = Signal(int, int)
    edge_pinned = Signal(int, int, int)
    unpinned = Signal()
    legend_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("network_view")
        self.setAccessibleName(self.tr("Network"))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(360, 220)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._state = PictureState(make_brush(self))
        self._edges = EdgeImageKeeper(LinePainter(), self)
        self._edges.all_painted.connect(self._refresh)
        self._legend: LegendContent | None = None
        self._numbers = TravellingNumbers()
        self._focus_visible = False
        self._pressed: QPointF | None = None
        self._dragged = False
        self._popups = Popups(self)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._paint_all_edges)
        self._edges_due, self._rest_due = QTimer(self, singleShot=True), QTimer(self, singleShot=True)
        for timer, paint in ((self._edges_due, self._paint_edges), (self._rest_due, self._refresh)):
            timer.timeout.connect(paint)
        self._ahead = Ahead(self._state, self._edges, self)
        self._moving = QRectF()
        self._motion = QTimer(self, interval=16)
        self._motion.timeout.connect(self._move_on)
        theme_manager().changed.connect(self._take_theme)

    # --- what is shown ------------------------------------------------------------------------------------------------

    def show_network(self, network: NetworkSpec) -> None:
        """Show a network of which nothing is known yet."""
        pinned = self._state.pinned
        self._state.show_network(network)
        self._tell_if_unpinned(pinned)
        self._changed()

    def show_frame(self, frame: Frame | None) -> None:
        """Show what is known at a cursor; None leaves the bare network."""
        self._ahead.give_up()
        before, pinned = self._state.frame, self._state.pinned
        self._state.show_frame(frame)
        self._tell_if_unpinned(pinned)
        if frame is not None and (before is None or before.stage != frame.stage or before.trace is not frame.trace):
            self._numbers.begin_stage()
        self._changed()

    def prepare(self, frames: tuple[Frame, ...]) -> None:
        """Paint, when there is time, the edges of frames that will probably be shown next; while hidden, none."""
        if self.isVisible() and self._state.network is not None:
            self._ahead.prepare(frames, self._edge_scene())

    def set_running(self, running: bool) -> None:
        """While the network runs, fewer edges are painted crisply, and nothing else moves."""
        if running != self._state.running:
            self._state.set_running(running)
            self._changed()

    def set_summary(self, summary: DataSummary | None) -> None:
        """Take the names of features and classes."""
        self._state.set_summary(summary)
        self._changed()

    def set_edge_mode(self, mode: EdgeMode) -> None:
        """Choose what the edges show."""
        self._state.set_edge_mode(mode)
        self._changed()

    def set_scale(self, choice: ScaleChoice) -> None:
        """Choose over what the colour scale reaches."""
        self._state.set_scale(choice)
        self._changed()

    def overlays(self) -> Overlays:
        """What may lie over the neurons and the input; whoever asks for it changes it."""
        if not self._state.running:  # else the next frame comes soon
            self.update()
        return self._state.overlays

    def numbers(self) -> TravellingNumbers:
        """The numbers that travel along the edges; whoever asks for them changes them."""
        self.update()
        return self._numbers

    @property
    def numbers_are_on_the_way(self) -> bool:
        """Whether numbers are seen to travel whose result is still to come."""
        return self._numbers.are_on_the_way(self._state)

    def set_reduced_motion(self, reduced: bool) -> None:
        """Switch off everything that moves by itself."""
        self._edges.reduced_motion = self._numbers.reduced_motion = reduced
        self.update()

    def fit(self) -> None:
        """Show the whole picture."""
        if self._state.network is not None:
            self._state.fit()
            self._changed()

    def position_of(self, layer: int, unit: int) -> QPointF:
        """Where a value is seen, in the coordinates of this widget."""
        return QPointF(*self._state.seen.columns[layer].points[unit].tolist())

    def room_before_output(self) -> QRect:
        """Where there are neither headers nor the output with its names, while the whole picture is seen."""
        return self.rect() if self._state.network is None else self._state.room_before_output()

    def put_in_corner(self, words: QWidget) -> None:
        """Show a few words in the lower left corner, where there is room for them."""
        self._popups.put_in_corner(words)

    def _tell_if_unpinned(self, before: UnitPick | EdgePick | None) -> None:
        if before is not None and self._state.pinned is None:
            self.unpinned.emit()

    def _changed(self) -> None:
        """Repaint, and paint all edges once nothing has changed for a while."""
        if self._state.running:
            self._settle.stop()
        else:
            self._settle.start()
        if self._state.network is not None:  # for screen readers
            name, description = accessible_texts(self._state.network, self._state.frame, self._state.running)
            if name != self.accessibleName():
                self.setAccessibleName(name)
                self.setAccessibleDescription(description)
        self._popups.refresh(self._state)
        if self._state.running:
            self._edges_due.start()
        else:
            self._refresh()

    def _paint_edges(self) -> None:
        """Paint edges now and the rest in a paint event: two short pieces, between which the window can answer."""
        if self._state.network is not None:
            self._edges.images(self._state, self._edge_scene())
        self._rest_due.start()

    def _refresh(self) -> None:
        """Repaint, and let the legend be painted together with the picture."""
        if self._state.network is not None:
            self._tell_legend(self._edges.shows_all(self._edge_scene()))
        self.update()

    def _take_theme(self) -> None:
        self._state.set_brush(make_brush(self))
        self._changed()

    def changeEvent(self, event: QEvent) -> None:
        """Measure texts again when the font changes."""
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self._take_theme()
        super().changeEvent(event)

    # --- painting -----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the part of the picture that has to be painted anew."""
        painter = QPainter(self)
        area = QRectF(event.rect())
        if self._state.network is None:
            painter.fillRect(area, theme_manager().theme.color("canvas"))
        else:
            if self._state.brush.ratio != self.devicePixelRatioF():
                self._state.set_brush(make_brush(self))
            self._paint(painter, area)
        if self._focus_visible:
            painter.setPen(QPen(theme_manager().theme.color("accent"), 2.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()

    def _paint(self, painter: QPainter, area: QRectF) -> None:
        """Paint the network where it has to be painted anew, and see to it that what moves goes on."""
        state, brush = self._state, self._state.brush
        scene = state.scene()
        images = self._edges.images(state, self._edge_scene())
        paint_scene(painter, brush, scene, area, images)
        paint_lit_edge(painter, brush, scene)
        flowing = self._numbers.paint_below(painter, state, self.height())
        paint_columns(painter, brush, scene, area)
        flowing = flowing.united(self._numbers.paint_above(painter, state, self.height()))
        paint_top(painter, brush, scene, area, images.backdrop)
        self._tell_legend(images.full_opacity > 0)
        self._moving = QRectF(self.rect()) if 0 < images.full_opacity < 1 else flowing
        if self._moving.isEmpty():
            self._motion.stop()
        elif not self._motion.isActive():
            self._motion.start()

    def _edge_scene(self) -> EdgeScene:
        ratio = self._state.brush.ratio
        return self._state.edge_scene(round(self.width() * ratio), round(self.height() * ratio))

    def _move_on(self) -> None:
        self.update(self._moving.toAlignedRect())

    def _paint_all_edges(self) -> None:
        if self._state.network is not None:
            self._edges.paint_all(self._state, self._edge_scene())

    def _tell_legend(self, all_are_shown: bool) -> None:
        content = self._state.legend(visible_edge_count(self._state, all_are_shown))
        if content != self._legend:
            self._legend = content
            self.legend_changed.emit(content)

    # --- pointer ------------------------------------------------------------------------------------------------------

    def _pick(self, position: QPointF) -> Pick | None:
        if self._state.network is None:
            return None
        x, y = position.x(), position.y()
        picked: Pick | None = pick_column(self._state.seen, x, y)
        if picked is None:
            lit = self._state.lit_edges() if isinstance(self._state.pinned, UnitPick) else ()
            picked = pick_edge(lit or self._state.shown, x, y, EDGE_REACH)
        return picked

    def _hover(self, picked: Pick | None, position: QPointF) -> None:
        if picked != self._state.hovered:
            self._state.hovered = picked
            hand = isinstance(picked, UnitPick | EdgePick | TogglePick)
            self.setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)
            self._refresh()
        below = self._state.base.columns[0].header.bottom + 50 if isinstance(picked, HeaderPick) else 0.0
        self._popups.hover(self._state, QPointF(position.x(), max(position.y(), below)))

    def pin(self, picked: UnitPick | EdgePick | None) -> None:
        """Keep a value or an edge lit, or nothing, and say so."""
        before, self._state.pinned = self._state.pinned, picked
        if isinstance(picked, UnitPick):
            self.neuron_pinned.emit(picked.layer, picked.unit)
        elif isinstance(picked, EdgePick):
            self.edge_pinned.emit(picked.layer, picked.out, picked.source)
        self._tell_if_unpinned(before)
        self._popups.refresh(self._state)
        self._refresh()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a drag."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._pressed, self._dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Hover, or drag the picture."""
        position = event.position()
        if self._pressed is None:
            self._hover(self._pick(position), position)
            return
        way = position - self._pressed
        if self._dragged or way.manhattanLength() > DRAG_DISTANCE:
            self._dragged = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._state.camera = self._state.camera.panned(way.x(), way.y())
            self._pressed = position
            self._popups.hide_card()
            self._changed()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Pin what was clicked; a click on nothing unpins."""
        if event.button() is not Qt.MouseButton.LeftButton or self._pressed is None:
            return
        self._pressed = None
        if self._dragged:
            self.setCursor(Qt.CursorShape.ArrowCursor)
            return
        picked = self._pick(event.position())
        if isinstance(picked, TogglePick):
            self._state.toggle(picked.layer)
            self._changed()
        else:
            self.pin(picked if isinstance(picked, UnitPick | EdgePick) else None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fit, on a double click on nothing."""
        if self._pick(event.position()) is None:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer."""
        if self._state.network is not None and event.angleDelta().y():
            self._zoom(1.0015 ** event.angleDelta().y(), event.position())
            event.accept()

    def _zoom(self, factor: float, about: QPointF) -> None:
        self._state.camera = self._state.camera.zoomed(factor, about.x(), about.y())
        self._changed()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        self._hover(None, QPointF())
        super().leaveEvent(event)

    # --- keys ---------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Alt+arrows move the pinned neuron, + and − zoom, Enter folds and unfolds, Escape unpins."""
        state, key = self._state, event.key()
        if state.network is None:
            super().keyPressEvent(event)
        elif event.modifiers() & Qt.KeyboardModifier.AltModifier and key in STEPS:
            pinned = state.pinned
            first = UnitPick(pinned.layer, pinned.out) if isinstance(pinned, EdgePick) else pinned
            self.pin(neighbour(state.seen, first, *STEPS[key]) if first is not None else UnitPick(0, 0))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._zoom(0.8 if key == Qt.Key.Key_Minus else 1.25, QRectF(self.rect()).center())
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and state.wide_layers:
            pinned_layer = state.pinned.layer if state.pinned is not None else None
            for layer in (pinned_layer,) if pinned_layer in state.wide_layers else state.wide_layers:
                state.toggle(layer)
            self._changed()
        elif key == Qt.Key.Key_Escape and state.pinned is not None:
            self.pin(None)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus to those who came by keyboard."""
        self._focus_visible = event.reason() in KEYBOARD
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show no focus any more."""
        self._focus_visible = False
        super().focusOutEvent(event)

    # --- life ---------------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the picture out anew."""
        self._state.set_size(event.size().width(), event.size().height())
        anchor = self._popups.anchor
        if anchor is not None and self._pick(anchor) != self._state.hovered:  # it has moved away from the pointer
            self._hover(None, QPointF())
        self._changed()
        super().resizeEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: stop everything that moves or paints."""
        for timer in (self._settle, self._edges_due, self._rest_due, self._motion, self._ahead):
            timer.stop()
        self._edges.cancel()
        super().hideEvent(event)
