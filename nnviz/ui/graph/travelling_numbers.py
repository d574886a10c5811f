"""Numbers on their way through a gap: dots on many edges, and on a few edges labels that add up at a neuron."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from nnviz.core.playback import Frame
from nnviz.core.spec import Picture
from nnviz.session.player import Player
from nnviz.ui.graph.flow import AT_MIDDLE, LANDED, ON_AGAIN, flights, lanes, on_lane, place_on_the_way, progress_at
from nnviz.ui.graph.items.brush import UNKNOWN_TILE, draw_circles
from nnviz.ui.graph.items.headers import header_bottom
from nnviz.ui.graph.journeys import Journey, Label, Picked, Traveller, journey_at
from nnviz.ui.graph.layout import Column
from nnviz.ui.graph.look import sign_color
from nnviz.ui.graph.painting import flow_area, paint_flow
from nnviz.ui.graph.state import PictureState

ROOM, WHOLE = 0.7, 1.1  # of the gap between two layers: what labels may take at rest, and for a moment
LINE, RIM = 2.4, 5.4  # px across a lane, and across the light line that sets it off from the other edges
READABLE_MS = 500  # of a stage: shorter, labels would only flicker
FADING = 0.08  # of a flight
PADDING = 6.0
FALL = 46.0  # px above its edge, from where Δw comes
AIRY = 2.5  # heights of a label, from neuron to neuron: so much leaves room for a second line
AWAY = 6.0  # px from a neuron to its sum

Lane = NDArray[np.float64]


class TravellingNumbers:
    """Knows what travels now, and paints it: dots for a moment, labels as far as the player's clock has come."""

    def __init__(self) -> None:
        self.reduced_motion = False
        self._player: Player | None = None
        self._stage_began = 0.0
        self._journey: tuple[Frame, Picked, Journey | None] | None = None

    def follow(self, player: Player) -> None:
        """Let the labels go as fast as this player does; without one, none are shown."""
        self._player = player

    def begin_stage(self) -> None:
        """Let the dots set off."""
        self._stage_began = perf_counter()

    def paint_below(self, painter: QPainter, state: PictureState, height: float) -> QRectF:
        """Paint, in a view of this height, what lies under the neurons; returns where something still moves."""
        journey, frame = self.journey(state), state.frame
        if journey is not None:
            _Picture(painter, state, height).paint_lanes(journey)
            if self._share < 1.0:
                return QRectF()
        if frame is None or frame.flow_gap is None or state.running or frame.cursor.overview or state.lit_pick:
            return QRectF()
        progress = progress_at(perf_counter() - self._stage_began, self.reduced_motion)
        if journey is not None and not progress.moving:  # dots at rest would only be in the way of the labels
            return QRectF()
        paint_flow(painter, state.brush, frame, state.seen, state.look, state.shown, progress)
        return flow_area(state.seen, frame.flow_gap, height) if progress.moving else QRectF()

    def journey(self, state: PictureState) -> Journey | None:
        """Find what travels in this picture, and can be read."""
        frame, picked, player = state.frame, state.lit_pick, self._player
        if frame is None or state.running or player is None or not player.numbers:
            return None
        if player.playing and player.interval < READABLE_MS:
            return None
        kept = self._journey
        if kept is None or kept[0] is not frame or kept[1] != picked:
            kept = self._journey = (frame, picked, journey_at(frame, picked))
        return kept[2]

    def are_on_the_way(self, state: PictureState) -> bool:
        """Whether they are seen to travel in this picture, and what they come to is still open."""
        journey = self.journey(state) if self._share < LANDED else None
        if journey is None:
            return False
        return journey.goal is not None or _Picture(QPainter(), state, 0.0).has_room(journey)

    @property
    def _share(self) -> float:
        """How far the stage has come, 0 to 1; where nothing should move, everything has arrived."""
        return 1.0 if self._player is None or self.reduced_motion else self._player.share

    @property
    def _moving(self) -> bool:
        return self._player is not None and self._player.playing and self._share < 1.0

    def paint_above(self, painter: QPainter, state: PictureState, height: float) -> QRectF:
        """Paint the labels, in a view of this height; returns where they will have moved in a moment."""
        journey = self.journey(state)
        if journey is None:
            return QRectF()
        share = self._share
        picture = _Picture(painter, state, height)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(state.brush.font)
        if journey.travellers and journey.goal is not None and share < LANDED:
            picture.hide_results(journey.goal.layer)
        flown = flights(share, len(journey.travellers))
        picture.paint_travellers(journey, flown)
        picture.paint_sum(journey, flown, share)
        painter.restore()
        return picture.area(journey) if self._moving else QRectF()


class _Picture:
    """One painting: where everything belongs in it."""

    def __init__(self, painter: QPainter, state: PictureState, height: float) -> None:
        self._painter, self._brush, self._layout, self._height = painter, state.brush, state.seen, height
        self._look = state.look
        self._label_height = self._brush.metrics.height() + 4.0

    def area(self, journey: Journey) -> QRectF:
        """Everything that a journey may touch."""
        layers = {layer for each in journey.travellers for layer in (each.edge.layer - 1, each.edge.layer)}
        if journey.goal is not None:
            layers.add(journey.goal.layer)
        blocks = [self._layout.columns[layer].block for layer in layers]
        beside = max((self._width(label) for label in journey.sums), default=0.0) + AWAY + 2.0
        left, right = min(block.x for block in blocks) - beside, max(block.right for block in blocks) + beside
        return QRectF(left, 0.0, right - left, self._height)

    def has_room(self, journey: Journey) -> bool:
        """Whether anything is written on the edges of a journey."""
        return any(
            self._level(layer, [traveller.rests for _, traveller in rows], ROOM) is not None
            for layer, rows in _by_layer(journey)
        )

    def hide_results(self, layer: int) -> None:
        """Show the neurons of a layer as unknown, as long as their sums are not complete."""
        column = self._layout.columns[layer]
        if column.picture is Picture.UNITS:
            unknown = np.full(len(column.circles), UNKNOWN_TILE)
            points = column.points[column.circles]
            draw_circles(self._painter, self._brush, points, column.diameter, unknown, 1.0)

    # --- along the edges ----------------------------------------------------------------------------------------------

    def paint_lanes(self, journey: Journey) -> None:
        """Paint the edges that are followed, coloured like all others; they are kept while numbers fly along them."""
        for layer, rows in _by_layer(journey):
            travellers = tuple(traveller for _, traveller in rows)
            if self._level(layer, [traveller.rests for traveller in travellers], ROOM) is None:
                continue
            own_lanes = self._lanes(layer, travellers)
            colors = tuple(self._look.edge_color(traveller.edge) for traveller in travellers)
            left, top = own_lanes.min(axis=(0, 1)).tolist()
            right, bottom = own_lanes.max(axis=(0, 1)).tolist()
            area = QRectF(left, top, right - left, bottom - top).adjusted(-RIM, -RIM, RIM, RIM)
            self._brush.kept.draw(
                self._painter,
                ("lanes", layer),
                area,
                (colors, own_lanes.tobytes()),
                partial(self._paint_lanes, colors=colors, own_lanes=own_lanes),
            )

    def _paint_lanes(self, painter: QPainter, colors: tuple[str, ...], own_lanes: Lane) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        theme = self._brush.theme
        for name, lane in zip(colors, own_lanes, strict=True):
            start, control, end = (QPointF(*point) for point in lane.tolist())
            path = QPainterPath(start)
            path.quadTo(control, end)
            for color, width in (("canvas", RIM), (name, LINE)):
                painter.setPen(QPen(theme.color(color), width))
                painter.drawPath(path)

    def paint_travellers(self, journey: Journey, flown: NDArray[np.float64]) -> None:
        """Paint what rests on the lanes, and above all what moves."""
        flying = []
        for layer, rows in _by_layer(journey):
            travellers = tuple(traveller for _, traveller in rows)
            rest = self._level(layer, [traveller.rests for traveller in travellers], ROOM)
            work = self._level(layer, [traveller.works for traveller in travellers], WHOLE)
            if rest is None:
                continue
            for (index, traveller), lane in zip(rows, self._lanes(layer, travellers), strict=True):
                share = float(flown[index])
                self._paint_rest(traveller, lane, share, rest)
                flying.append((traveller, lane, share, work))
        for traveller, lane, share, work in reversed(flying):
            self._paint_flying(traveller, lane, share, work, journey.backward)

    def _lanes(self, layer: int, travellers: tuple[Traveller, ...]) -> Lane:
        before, here = self._layout.columns[layer - 1], self._layout.columns[layer]
        starts = before.starts()[[traveller.edge.source for traveller in travellers]]
        ends = here.ends()[[traveller.edge.out for traveller in travellers]]
        low = header_bottom(self._layout) + self._label_height
        high = self._height - self._label_height
        return lanes(np.concatenate([starts, ends], axis=1), self._label_height + 2.0, low, high)

    def _level(self, layer: int, wordings: list[tuple[Label, ...]], share: float) -> int | None:
        """Find the wording for which a share of the gap before a layer has room; None if there is none."""
        before, here = self._layout.columns[layer - 1], self._layout.columns[layer]
        room = (here.body.x - before.body.right) * share
        for level in range(len(wordings[0])):
            if max(self._width(wording[level]) for wording in wordings) <= room:
                return level
        return None

    def _paint_rest(self, traveller: Traveller, lane: Lane, flown: float, level: int) -> None:
        """Leave in the middle what a number has become there; what nobody brings comes from above."""
        x, y = on_lane(lane, 0.5)
        if traveller.leaves is None:
            landed = min(flown / ON_AGAIN, 1.0)
            if landed:
                self._paint_label(traveller.rests[level], x, y - FALL * (1.0 - landed) ** 2, landed)
        elif flown >= (ON_AGAIN if traveller.works else AT_MIDDLE):
            self._paint_label(traveller.rests[level], x, y, 1.0)

    def _paint_flying(self, traveller: Traveller, lane: Lane, flown: float, work: int | None, backward: bool) -> None:
        """Paint what is on its way to the middle, is being changed there, or goes on."""
        place = place_on_the_way(flown)
        place, opposite = (1.0 - place, place) if backward else (place, 1.0 - place)
        if 0.0 < flown < AT_MIDDLE:
            opacity = min(flown / FADING, 1.0)
            for label, where in ((traveller.leaves, place), (traveller.meets, opposite)):
                if label is not None:
                    self._paint_label(label, *on_lane(lane, where), opacity, bold=True)
        elif AT_MIDDLE <= flown < ON_AGAIN and traveller.works:
            label = traveller.leaves if work is None else traveller.works[work]
            assert label is not None
            self._paint_label(label, *on_lane(lane, 0.5), 1.0, bold=True)
        elif ON_AGAIN <= flown < 1.0 and traveller.arrives is not None:
            opacity = min((1.0 - flown) / FADING, 1.0)
            self._paint_label(traveller.arrives, *on_lane(lane, place), opacity, bold=True)

    # --- at the neuron ------------------------------------------------------------------------------------------------

    def paint_sum(self, journey: Journey, flown: NDArray[np.float64], share: float) -> None:
        """Write beside the goal what has come together there by now."""
        label = None if journey.goal is None else _sum_by_now(journey, flown, share)
        if journey.goal is None or label is None:
            return
        column = self._layout.columns[journey.goal.layer]
        x, y = column.points[journey.goal.unit].tolist()
        self._ring(column, x, y)
        width = self._width(label)
        is_last = column is self._layout.columns[-1]
        if journey.backward or (is_last and not journey.travellers):
            x -= column.port_in + column.diameter / 2 + AWAY + width / 2
        elif is_last:  # beyond the name of the class
            x = max(column.block.right - width / 2, x + column.diameter / 2 + AWAY + width / 2)
            if np.diff(column.points[:, 1]).min(initial=np.inf) > AIRY * self._label_height:  # and below its target
                y += self._label_height
        else:
            x += column.port_out + column.diameter / 2 + AWAY + width / 2
        y = self._beside_toggle(column, y)
        self._paint_label(label, x, y, 1.0, bold=True, color=sign_color(label.value, label.is_gradient))

    def _beside_toggle(self, column: Column, y: float) -> float:
        """Move a label up or down that would cover how many neurons are folded away."""
        if column.toggle is None or abs(y - column.toggle[1]) > self._label_height:
            return y
        return column.toggle[1] + (self._label_height + 2.0) * (-1.0 if y <= column.toggle[1] else 1.0)

    def _ring(self, column: Column, x: float, y: float) -> None:
        radius = column.diameter / 2 + 2.5
        self._painter.setPen(QPen(self._brush.theme.color("accent"), 2.0))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.drawEllipse(QPointF(x, y), radius, radius)

    # --- labels -------------------------------------------------------------------------------------------------------

    def _width(self, label: Label) -> float:
        return self._brush.metrics.horizontalAdvance(label.text) + 2 * PADDING

    def _color_on_edge(self, label: Label) -> str:
        """Name the colour of a number's frame: neutral where that of its sign would mean something else on an edge."""
        same = label.is_gradient is self._look.edge_is_gradient
        return sign_color(label.value, label.is_gradient) if same else "muted"

    def _paint_label(
        self, label: Label, x: float, y: float, opacity: float, bold: bool = False, color: str | None = None
    ) -> None:
        """Write a number in its frame, which lies on an edge unless it is given the `color` of something else."""
        painter, theme = self._painter, self._brush.theme
        name = self._color_on_edge(label) if color is None else color
        width = self._width(label)
        area = QRectF(x - width / 2, y - self._label_height / 2, width, self._label_height)
        painter.setOpacity(opacity)
        painter.setPen(QPen(theme.color(name), 2.0 if bold else 1.0))
        painter.setBrush(theme.color("panel"))
        painter.drawRoundedRect(area, PADDING, PADDING)
        painter.setPen(theme.color("text"))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, label.text)
        painter.setOpacity(1.0)


def _by_layer(journey: Journey) -> list[tuple[int, list[tuple[int, Traveller]]]]:
    """Sort the travellers by the layer that their edges lead to; each with its place in the order of leaving."""
    numbered = enumerate(journey.travellers)
    return [(layer, list(rows)) for layer, rows in groupby(numbered, key=lambda row: row[1].edge.layer)]


def _sum_by_now(journey: Journey, flown: NDArray[np.float64], share: float) -> Label | None:
    """The sum so far; once all have arrived, one after the other what is added at the end, and the result."""
    count = len(journey.travellers)
    begin = LANDED if count else 0.0
    tail = journey.sums[count:]
    if tail and share >= begin:
        return tail[min(int((share - begin) / (1.0 - begin) * len(tail)), len(tail) - 1)]
    arrived = int(np.count_nonzero(flown >= 1.0))
    return journey.sums[arrived - 1] if arrived else None
