"""Headers over the columns, and the frame around the layer at work."""

from __future__ import annotations

from math import prod

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from nnviz.core.spec import NetworkSpec
from nnviz.ui.graph.items.brush import Brush
from nnviz.ui.graph.items.kept import area_of
from nnviz.ui.graph.layout import Column, NetworkLayout
from nnviz.ui.graph.wording import shape_text

PADDING = 1.0
TEXT_LEVELS = 5
FRAME_MARGIN = 7.0


def _tr(text: str) -> str:
    return QCoreApplication.translate("NetworkView", text)


def parameter_count(network: NetworkSpec, index: int) -> int:
    """Count what a layer learns."""
    return sum(prod(shape) for shape in network.parameter_shapes()[index].values())


def header_lines(network: NetworkSpec, index: int, level: int) -> tuple[str, str, str]:
    """Name, type and size of a layer; a higher level says it in fewer words."""
    layer, name = network.layers[index], network.layer_name(index)
    shape = shape_text(network.output_shapes()[index])
    learned = parameter_count(network, index)
    kind = " · ".join(word for word in (layer.title if layer.title != name else "", layer.detail) if word)
    if not learned:
        if level >= 3:
            return name, shape, ""
        return name, kind or shape, shape if kind else ""
    count = f"{learned:,}"
    if level == 0:
        neurons = _tr("1 neuron") if shape == "1" else _tr("{shape} neurons").format(shape=shape)
        return name, kind, _tr("{neurons} · {count} parameters").format(neurons=neurons, count=count)
    if level == 1:
        return name, kind, _tr("{shape} · {count} param.").format(shape=shape, count=count)
    if level in (2, 3):
        rounded = f"{learned / 1000:.1f}k" if level == 3 and learned >= 10_000 else count
        return name, f"{shape} · {layer.detail or layer.title}", _tr("{count} param.").format(count=rounded)
    return name, shape, count


def fitting_lines(network: NetworkSpec, column: Column, brush: Brush, three: bool) -> tuple[str, str, str]:
    """The wordiest lines that fit the header of a column; where there is no room for `three`, name and shape."""
    room = column.header.width - 2 * PADDING + 1
    if not three:
        name, shape, _ = header_lines(network, column.index, TEXT_LEVELS - 1)
        return name, shape, ""
    for level in range(TEXT_LEVELS - 1):
        lines = header_lines(network, column.index, level)
        if all(brush.metrics.horizontalAdvance(line) <= room for line in lines[1:]):
            return lines
    return header_lines(network, column.index, TEXT_LEVELS - 1)


def paint_headers(
    painter: QPainter,
    brush: Brush,
    layout: NetworkLayout,
    texts: tuple[tuple[str, str, str], ...],
    active: frozenset[int],
    backdrop: QImage,
) -> None:
    """Paint all headers, on the part of the backdrop that lies under them."""

    def paint(painter: QPainter) -> None:
        painter.drawImage(QPointF(0, 0), backdrop)
        _paint_headers(painter, brush, layout, texts, active)

    area = QRectF(painter.window())
    area.setBottom(header_bottom(layout))
    brush.kept.draw(painter, "headers", area, (layout, texts, active, backdrop.cacheKey()), paint, opaque=True)


def header_bottom(layout: NetworkLayout) -> float:
    """Lower edge of the strip that the headers have for themselves."""
    return layout.columns[0].header.bottom + 3


def _paint_headers(
    painter: QPainter,
    brush: Brush,
    layout: NetworkLayout,
    texts: tuple[tuple[str, str, str], ...],
    active: frozenset[int],
) -> None:
    """Paint all headers; input and output share one tint, layers between them another."""
    last = len(layout.columns) - 1
    line = brush.metrics.height()
    for column in layout.columns:
        header = column.header
        area = QRectF(header.x, header.y, header.width, header.height)
        tint = "tint_outer" if column.index in (0, last) else "tint_hidden"
        at_work = column.index in active
        painter.setPen(QPen(brush.theme.color("accent"), 2.0) if at_work else Qt.PenStyle.NoPen)
        painter.setBrush(brush.theme.color(tint))
        painter.drawRoundedRect(area, 6, 6)
        inside = area.adjusted(PADDING, 0, -PADDING, 0)
        lines = [text for text in texts[column.index] if text]
        y = area.center().y() - line * len(lines) / 2
        for number, text in enumerate(lines):
            font, metrics = (brush.bold, brush.bold_metrics) if number == 0 else (brush.font, brush.metrics)
            painter.setFont(font)
            painter.setPen(brush.theme.color("text" if number < 2 else "muted"))
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, inside.width() + 2)
            painter.drawText(
                QRectF(inside.x() - 1, y + number * line, inside.width() + 2, line),
                Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip,
                shown,
            )


def paint_active_frames(painter: QPainter, brush: Brush, layout: NetworkLayout, active: frozenset[int]) -> None:
    """Frame the layers at work."""
    for column in layout.columns:
        if column.index in active:
            frame = area_of(column.block, FRAME_MARGIN)
            area = area_of(column.block, FRAME_MARGIN + 1.0)
            looks = (column.block,)
            brush.kept.draw(painter, "frame", area, looks, lambda painter, frame=frame: _frame(painter, brush, frame))


def _frame(painter: QPainter, brush: Brush, frame: QRectF) -> None:
    painter.setPen(QPen(brush.theme.color("accent"), 2.0))
    painter.setBrush(brush.theme.color("accent", 0.07))
    painter.drawRoundedRect(frame, 9, 9)
