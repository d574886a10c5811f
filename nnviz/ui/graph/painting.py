"""Puts the picture together, from the back to the front. Knows what is lit and what recedes; keeps no state."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from nnviz.core.playback import Direction, Frame
from nnviz.core.pokes import NO_POKES, Pokes
from nnviz.core.spec import Picture, Wiring
from nnviz.ui.graph.edge_paint import at, draw_lines
from nnviz.ui.graph.edge_sets import ShownEdges, has_bands
from nnviz.ui.graph.flow import MOST_EDGES, Progress, comets
from nnviz.ui.graph.hit_test import EdgePick, TogglePick, UnitPick
from nnviz.ui.graph.items import ITEMS
from nnviz.ui.graph.items.brush import Brush
from nnviz.ui.graph.items.headers import header_bottom, paint_active_frames, paint_headers
from nnviz.ui.graph.items.heat import paint_heat_maps
from nnviz.ui.graph.items.labels import OutputLabels, paint_input_labels, paint_loss
from nnviz.ui.graph.items.pixels import paint_bands, paint_lit_band
from nnviz.ui.graph.items.pokes import paint_poked_edges, paint_poked_units
from nnviz.ui.graph.items.saliency import paint_saliency
from nnviz.ui.graph.items.units import paint_toggle
from nnviz.ui.graph.layout import Camera, Column, NetworkLayout
from nnviz.ui.graph.look import Look, sign_color
from nnviz.ui.graph.overlays import Seen

FADED = 0.15  # what edges recede to while something is lit
FADED_COLUMN = 0.35
HEAD = 7.5  # px across the head of a number on its way, with its rim
REACH = 70.0  # px that labels and buttons may stand out of the block of a column


@dataclass(frozen=True)
class Lit:
    """What is lit because the pointer is there, or because it is pinned.

    `units` are the values themselves, `columns` all layers that do not recede.
    """

    units: tuple[UnitPick, ...] = ()
    edge: EdgePick | None = None
    columns: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything is lit."""
        return bool(self.units or self.edge)


@dataclass(frozen=True)
class Images:
    """What lies under everything; all edges (faint, painted for a camera), the strongest, and those that are lit."""

    backdrop: QImage
    full: QImage | None
    full_camera: Camera | None
    full_opacity: float
    crisp: QImage
    lit: QImage | None


@dataclass(frozen=True)
class Scene:
    """One picture, ready to be painted."""

    layout: NetworkLayout
    camera: Camera
    look: Look
    input_names: tuple[str, ...]
    output_labels: OutputLabels
    loss: float | None
    is_mean: bool
    lit: Lit
    hovered_toggle: TogglePick | None
    active: frozenset[int]
    headers: tuple[tuple[str, str, str], ...]
    overlays: Seen
    pokes: Pokes = NO_POKES


def paint_scene(painter: QPainter, brush: Brush, scene: Scene, area: QRectF, images: Images) -> None:
    """Paint, in the part of the view that is `area`, what lies under the numbers on their way and the columns."""
    view = QRectF(painter.window())
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    _blit(painter, images.backdrop, area)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
    painter.setClipRect(view.adjusted(0, header_bottom(scene.layout), 0, 0))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_active_frames(painter, brush, scene.layout, scene.active)
    _paint_lit_bands(painter, brush, scene)
    _paint_edge_images(painter, scene, area, images)


def paint_columns(painter: QPainter, brush: Brush, scene: Scene, area: QRectF) -> None:
    """Paint, in the part of the view that is `area`, circles, images, strips and labels."""
    if scene.pokes:
        paint_poked_edges(painter, brush, scene.layout, scene.pokes)
    for column in scene.layout.columns:
        if _reaches_into(column, area):
            _paint_column(painter, brush, scene, column)


def _reaches_into(column: Column, area: QRectF) -> bool:
    """Whether a column, with its labels and its button, may be seen in `area`."""
    return column.block.x - REACH <= area.right() and area.left() <= column.block.right + REACH


def _paint_body(
    painter: QPainter, brush: Brush, scene: Scene, column: Column, opacity: float, keep: bool = True
) -> None:
    look, heat = scene.look.layers[column.index], scene.overlays.heats.get(column.index)
    if heat is None:
        ITEMS[column.picture].paint(painter, brush, column, look, opacity)
    else:
        paint_heat_maps(painter, brush, column, look, heat, opacity, keep)
    if column.index == 0 and scene.overlays.saliency is not None and look.values is not None:
        paint_saliency(painter, brush, column, scene.overlays.saliency, look.values)


def _paint_column(painter: QPainter, brush: Brush, scene: Scene, column: Column) -> None:
    opacity = FADED_COLUMN if scene.lit and column.index not in scene.lit.columns else 1.0
    own = [unit.unit for unit in scene.lit.units if unit.layer == column.index]
    _paint_body(painter, brush, scene, column, 0.5 if own and column.picture is Picture.UNITS else opacity)
    if own:
        _paint_lit_values(painter, brush, scene, column, own)
    if scene.pokes:
        paint_poked_units(painter, brush, column, scene.pokes)
    if column.index == 0 and scene.input_names:
        paint_input_labels(painter, brush, column, scene.input_names)
    if column is scene.layout.columns[-1]:
        _paint_output(painter, brush, scene, column)
    hovered = scene.hovered_toggle is not None and scene.hovered_toggle.layer == column.index
    paint_toggle(painter, brush, column, hovered)


def _paint_output(painter: QPainter, brush: Brush, scene: Scene, column: Column) -> None:
    if column.picture is Picture.UNITS and not column.wide:
        scene.output_labels.paint(painter, brush, column, 1.0)
    if scene.loss is not None:
        paint_loss(painter, brush, column, scene.loss, scene.is_mean)


def paint_top(painter: QPainter, brush: Brush, scene: Scene, area: QRectF, backdrop: QImage) -> None:
    """Paint the headers, which lie over everything."""
    painter.setClipRect(QRectF(painter.window()))
    if area.top() < header_bottom(scene.layout):
        paint_headers(painter, brush, scene.layout, scene.headers, scene.active, backdrop)


def paint_backdrop(painter: QPainter, brush: Brush, layout: NetworkLayout, look: Look, area: QRectF) -> None:
    """Paint what lies under everything, and changes only with the layout."""
    painter.fillRect(area, brush.theme.color("canvas"))
    painter.setClipRect(area)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for gap in look.gaps:
        if has_bands(layout, gap):
            paint_bands(painter, brush, layout.columns[gap.layer - 1], layout.columns[gap.layer])


def _paint_lit_bands(painter: QPainter, brush: Brush, scene: Scene) -> None:
    for gap in scene.look.gaps:
        if has_bands(scene.layout, gap):
            image, strip = scene.layout.columns[gap.layer - 1], scene.layout.columns[gap.layer]
            for unit in scene.lit.units:
                if unit.layer == image.index:
                    paint_lit_band(painter, brush, image, strip, unit.unit // image.shape[1])


def _paint_edge_images(painter: QPainter, scene: Scene, area: QRectF, images: Images) -> None:
    """Edges gap by gap, since gaps that are not at work recede."""
    receding = FADED if scene.lit else 1.0
    for gap in scene.look.gaps:
        left = scene.layout.columns[gap.layer - 1].body.center_x
        right = scene.layout.columns[gap.layer].body.center_x
        region = QRectF(left, area.top(), right - left, area.height()).intersected(area)
        if region.isEmpty():
            continue
        if images.full is not None and images.full_opacity > 0:
            painter.save()
            painter.setClipRect(region, Qt.ClipOperation.IntersectClip)
            painter.setOpacity(images.full_opacity * gap.emphasis * receding)
            _blit_moved(painter, images.full, images.full_camera or scene.camera, scene.camera)
            painter.restore()
        painter.setOpacity(gap.emphasis * receding)
        _blit(painter, images.crisp, region)
    painter.setOpacity(1.0)
    if images.lit is not None:
        _blit(painter, images.lit, area)


def _blit(painter: QPainter, image: QImage, region: QRectF) -> None:
    ratio = image.devicePixelRatio()
    source = QRectF(region.x() * ratio, region.y() * ratio, region.width() * ratio, region.height() * ratio)
    painter.drawImage(region, image, source)


def _blit_moved(painter: QPainter, image: QImage, painted_for: Camera, camera: Camera) -> None:
    """Show an image that was painted for another camera where it belongs now, until a sharp one is there."""
    k = camera.zoom / painted_for.zoom
    size = image.deviceIndependentSize()
    target = QRectF(camera.x - painted_for.x * k, camera.y - painted_for.y * k, size.width() * k, size.height() * k)
    painter.drawImage(target, image)


def _paint_lit_values(painter: QPainter, brush: Brush, scene: Scene, column: Column, units: list[int]) -> None:
    """Paint lit values again, at full strength, with a ring around them."""
    chosen = np.array(units, np.intp)
    painter.setPen(QPen(brush.theme.color("accent"), 2.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    circled = np.intersect1d(chosen, column.circles)
    if len(circled):
        alone = replace(column, circles=circled, folded=column.folded[:0], fold=None, wide=False)
        _paint_body(painter, brush, scene, alone, 1.0, keep=False)
        painter.setPen(QPen(brush.theme.color("accent"), 2.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        radius = column.diameter / 2 + 2.5
        rounding = column.diameter * 0.16 if column.index in scene.overlays.heats else radius
        for x, y in column.points[circled].tolist():
            painter.drawRoundedRect(QRectF(x - radius, y - radius, 2 * radius, 2 * radius), rounding, rounding)
        return
    body = column.fold or column.body
    height = max(column.diameter, 3.0) if column.picture is not Picture.UNITS else 3.0
    width = height if column.picture is Picture.IMAGE else body.width
    for x, y in column.points[chosen].tolist():
        left = x - width / 2
        painter.drawRect(QRectF(left, y - height / 2, width, height).adjusted(-1.5, -1.5, 1.5, 1.5))


def paint_lit_edge(painter: QPainter, brush: Brush, scene: Scene) -> None:
    """Paint the edge under the pointer boldly, and ring its ends."""
    edge = scene.lit.edge
    if edge is None:
        return
    before, here = scene.layout.columns[edge.layer - 1], scene.layout.columns[edge.layer]
    start, end = before.starts()[edge.source], here.ends()[edge.out]
    color_name = scene.look.edge_color(edge)
    for color, width in ((brush.theme.color("canvas"), 6.0), (brush.theme.color(color_name), 3.0)):
        painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(*start.tolist()), QPointF(*end.tolist()))


def flow_lines(
    layout: NetworkLayout, look: Look, gap_layer: int, shown: tuple[ShownEdges, ...]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Edges along which numbers are seen to move: the strongest of a gap; and which of them are positive."""
    gap = look.gaps[gap_layer - 1]
    if has_bands(layout, gap):
        image, strip = layout.columns[gap_layer - 1].body, layout.columns[gap_layer].body
        rows = min(layout.columns[gap_layer - 1].shape[0], 28)
        share = (np.arange(rows) + 0.5) / rows
        lines = np.empty((rows, 4))
        lines[:, 0], lines[:, 1] = image.right, image.y + share * image.height
        lines[:, 2], lines[:, 3] = strip.x, strip.y + share * strip.height
        return lines, np.ones(rows, np.bool_)
    for edges in shown:
        if edges.gap.layer == gap_layer:
            if edges.gap.values is None:
                step = max(1, len(edges.lines) // MOST_EDGES)
                lines = edges.lines[::step][:MOST_EDGES]
                return lines, np.ones(len(lines), np.bool_)
            lines = edges.lines[-MOST_EDGES:]  # the strongest come last
            return lines, at(edges.gap.values, edges.chosen[-MOST_EDGES:]) > 0
    return np.empty((0, 4)), np.empty(0, np.bool_)


def flow_area(layout: NetworkLayout, gap_layer: int, height: float) -> QRectF:
    """Where numbers are seen to move through a gap, in a view of this height."""
    left, right = layout.columns[gap_layer - 1].body, layout.columns[gap_layer].body
    return QRectF(left.x, 0.0, right.right - left.x, height).adjusted(-HEAD, 0.0, HEAD, 0.0)


def paint_flow(
    painter: QPainter,
    brush: Brush,
    frame: Frame,
    layout: NetworkLayout,
    look: Look,
    shown: tuple[ShownEdges, ...],
    progress: Progress,
) -> None:
    """Paint the numbers on their way through the gap at which `frame` is."""
    lines, positive = flow_lines(layout, look, frame.flow_gap, shown)
    is_backward = frame.flow is Direction.BACKWARD
    gap = look.gaps[frame.flow_gap - 1]
    if gap.wiring is Wiring.DENSE and gap.values is None:  # what the edges would show is not known yet
        _paint_comets(painter, brush, lines, "muted", progress, is_backward)
        return
    for sign, chosen in ((-1.0, ~positive), (1.0, positive)):
        _paint_comets(painter, brush, lines[chosen], sign_color(sign, look.edge_is_gradient), progress, is_backward)


def _paint_comets(
    painter: QPainter,
    brush: Brush,
    lines: NDArray[np.float64],
    color_name: str,
    progress: Progress,
    backward: bool,
) -> None:
    """Paint a head and a short tail each."""
    tails = comets(lines, progress, backward)
    if not len(tails):
        return
    painter.setPen(QPen(brush.theme.color(color_name), 2.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    draw_lines(painter, tails)
    heads = np.ascontiguousarray(tails[:, 2:])
    for name, width in (("canvas", HEAD), (color_name, HEAD - 2.0)):
        painter.setPen(QPen(brush.theme.color(name), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawPoints(shiboken6.wrapInstance(heads.ctypes.data, QPointF), len(heads))
