"""What lies over the picture: the card beside the pointer, the pinned neuron's weights, and words in the corner."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QPoint, QPointF, QRectF, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnviz.ui.graph.cards import HoverCard, WeightInset, pick_text
from nnviz.ui.graph.hit_test import UnitPick
from nnviz.ui.graph.items.headers import FRAME_MARGIN
from nnviz.ui.graph.items.kept import area_of
from nnviz.ui.graph.layout import NetworkLayout, Rect
from nnviz.ui.graph.placing import BODY, Obstacle, clearest_place, obstacles_in
from nnviz.ui.graph.state import InsetContent, PictureState

CORNER = 10  # px from the left edge
CARD_ROOM = (16.0, 8.0)  # lines of text, wide and high, that are left right of the pinned neuron to its card
CARD = 12.0  # how much that matters: more than anything else


class Popups:
    """Keeps them up to date, and out of each other's way."""

    def __init__(self, canvas: QWidget) -> None:
        self._canvas = canvas
        self._card = HoverCard(canvas)
        self._inset = WeightInset(canvas)
        self._words: QWidget | None = None
        self._placed: tuple[NetworkLayout, UnitPick, tuple[int, ...]] | None = None

    def put_in_corner(self, words: QWidget) -> None:
        """Show a few words in the lower left corner: under the input there is room for them, unless the view is low."""
        self._words = words
        words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        corner = QVBoxLayout(self._canvas)
        corner.setContentsMargins(CORNER, 4, CORNER, 4)
        corner.addStretch(1)
        corner.addWidget(words, 0, Qt.AlignmentFlag.AlignLeft)

    def hover(self, state: PictureState, position: QPointF) -> None:
        """Show what is hovered beside `position`, or nothing."""
        text = ""
        if state.hovered is not None and state.network is not None:
            text = pick_text(state.hovered, state.network, state.frame)
        self._card.show_text(text, position, self._inset.geometry() if self._inset.isVisible() else None)

    def hide_card(self) -> None:
        """Show no card until the pointer moves again."""
        self._card.hide()

    @property
    def anchor(self) -> QPointF | None:
        """Where the pointer was for the card; None while there is none."""
        return self._card.anchor if self._card.isVisible() else None

    def refresh(self, state: PictureState) -> None:
        """Bring them up to date with the frame."""
        self._show_words_where_free(state)
        content = state.inset() if state.network is not None else None
        if content is None:
            self._inset.hide()
        else:
            self._show_inset(state, content)
        if self._card.isVisible():
            self.hover(state, self._card.anchor)

    def _show_words_where_free(self, state: PictureState) -> None:
        """Rather no words than words over a column, while the whole picture is seen."""
        if state.network is None or self._words is None:
            return
        width, height = self._words.size().toTuple()
        area = QRectF(CORNER, self._canvas.height() - 4 - height, width, height)
        free = not any(area_of(column.block, FRAME_MARGIN).intersects(area) for column in state.base.columns)
        if free != self._words.isVisibleTo(self._canvas):
            self._words.setVisible(free)

    def _show_inset(self, state: PictureState, content: InsetContent) -> None:
        title = QCoreApplication.translate("NetworkCanvas", "{symbol} into neuron {unit}")
        title = title.format(symbol=content.symbol, unit=content.unit.unit)
        self._inset.show_weights(title, content.values, content.limit, content.is_gradient)
        canvas, inset, unit = self._canvas, self._inset, content.unit
        key = state.seen, unit, (*canvas.size().toTuple(), *inset.size().toTuple())
        if key == self._placed:
            return
        self._placed = key
        x, y = state.seen.columns[unit.layer].points[unit.unit].tolist()
        wide, high = (lines * self._card.fontMetrics().height() for lines in CARD_ROOM)
        room = Rect(x - high / 4, min(max(y - high / 2, 0.0), canvas.height() - high), wide, high)
        obstacles = [*obstacles_in(state.seen), Obstacle(room, CARD)]
        for other in canvas.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if other.isVisible() and other not in (self._card, inset):
                obstacles.append(Obstacle(Rect(*map(float, other.geometry().getRect())), BODY))
        size = (float(inset.width()), float(inset.height()))
        place = clearest_place(size, (float(canvas.width()), float(canvas.height())), obstacles, (x, y))
        inset.move(QPoint(*map(round, place)))
