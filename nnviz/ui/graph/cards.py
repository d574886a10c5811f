"""What the picture says about the thing under the pointer, and the weights of a neuron as an image."""

from __future__ import annotations

from math import prod

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from nnviz.core.data import FloatArray
from nnviz.core.playback import PARAMETERS, EdgeMode, EdgeValues, Frame, Phase, edge_values
from nnviz.core.pokes import WeightPlace
from nnviz.core.spec import NetworkSpec, Picture, Wiring
from nnviz.ui.formula.numbers import significant
from nnviz.ui.graph.hit_test import EdgePick, HeaderPick, Pick, TogglePick, UnitPick
from nnviz.ui.graph.items.brush import image_of
from nnviz.ui.graph.look import dead_units
from nnviz.ui.graph.wording import number, shape_text
from nnviz.ui.theme import Theme, diverging, theme_manager


def _tr(text: str) -> str:
    return QCoreApplication.translate("NetworkView", text)


def _known(frame: Frame | None, values: EdgeValues | None, index: int | tuple[int, ...]) -> str:
    if frame is None or values is None:
        return _tr("not computed yet")
    value = float((np.ravel(values) if isinstance(index, int) else values)[index])
    return _tr("not computed yet") if frame.partial and value != value else number(value, 4)


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    cells = "".join(
        f"<tr><td style='padding-right:12px'>{name}</td><td align='right'>{value}</td></tr>" for name, value in rows
    )
    return f"<b>{title}</b>" + (f"<table cellspacing='0' cellpadding='1'>{cells}</table>" if rows else "")


def pick_text(pick: Pick, network: NetworkSpec, frame: Frame | None) -> str:
    """Describe what is under the pointer, as rich text."""
    match pick:
        case UnitPick():
            return _unit_text(pick, network, frame)
        case EdgePick():
            return _edge_text(pick, network, frame)
        case HeaderPick():
            return _header_text(pick.layer, network)
        case TogglePick():
            return _tr("Click to show or hide the neurons between")


def accessible_texts(network: NetworkSpec, frame: Frame | None, running: bool) -> tuple[str, str]:
    """Name and description of the picture for a screen reader."""
    if frame is None:
        stage = _tr("nothing computed yet")
    elif running or frame.cursor.overview:
        stage = _tr("training")
    else:
        words = {
            Phase.FORWARD: _tr("forward pass at {layer}"),
            Phase.LOSS: _tr("loss"),
            Phase.BACKWARD: _tr("backward pass at {layer}"),
            Phase.UPDATE: _tr("update of the weights"),
        }
        stage = words[frame.phase].format(layer=network.layer_name(frame.stage.layer))
    name = _tr("Network, {count} layers").format(count=len(network.layers))
    shapes = network.output_shapes()
    layers = (f"{network.layer_name(i)} {shape_text(shape)}" for i, shape in enumerate(shapes))
    return f"{name}, {stage}", ", ".join(layers)


def _pixel_rows(pick: UnitPick, network: NetworkSpec) -> list[tuple[str, str]]:
    """Row and column of a value that is a pixel, or was one before it was flattened."""
    shapes = network.output_shapes()
    for layer in range(pick.layer, -1, -1):
        if len(shapes[layer]) == 2:
            row, column = divmod(pick.unit, shapes[layer][1])
            return [(_tr("row"), str(row)), (_tr("column"), str(column))]
        if network.layers[layer].wiring not in (Wiring.RESHAPE, Wiring.ONE_TO_ONE):
            break
    return []


def _unit_text(pick: UnitPick, network: NetworkSpec, frame: Frame | None) -> str:
    name = network.layer_name(pick.layer)
    picture = network.pictures()[pick.layer]
    if picture is Picture.UNITS:
        title = _tr("{layer}, neuron {unit}")
    elif picture is Picture.IMAGE:
        title = _tr("{layer}, pixel")
    else:
        title = _tr("{layer}, value {unit}")
    title = title.format(layer=name, unit=pick.unit)
    rows = _pixel_rows(pick, network)
    layer = frame.layers[pick.layer] if frame is not None else None
    spec = network.layers[pick.layer]
    for part in spec.parts:
        values = layer.values.get(part.name) if layer else None
        rows.append((f"{part.symbol} ({part.label})", _known(frame, values, pick.unit)))
    by_hand = _poked_unit(frame, pick)
    rows += by_hand
    dead = dead_units(frame, layer) if frame is not None and layer is not None else None
    if dead is not None and dead[pick.unit] and not by_hand:
        rows.append((_tr("dead"), _tr("0 for every sample of the batch")))
    for part in spec.parts if _has_gradients(frame, pick.layer) else ():
        gradient = layer.gradients.get(part.name) if layer else None
        rows.append((f"∂L/∂{part.symbol}", _known(frame, gradient, pick.unit)))
    return _table(title, rows)


def _has_gradients(frame: Frame | None, layer: int) -> bool:
    """Whether the way back passes this layer at all."""
    return frame is not None and any(
        stage.phase is Phase.BACKWARD and stage.layer == layer and stage.part != PARAMETERS for stage in frame.walk
    )


def _edge_text(pick: EdgePick, network: NetworkSpec, frame: Frame | None) -> str:
    title = _tr("{source} #{i} → {layer} #{j}").format(
        source=network.layer_name(pick.layer - 1),
        i=pick.source,
        layer=network.layer_name(pick.layer),
        j=pick.out,
    )
    where = (pick.out, pick.source)
    shown = (
        (_tr("weight w"), EdgeMode.WEIGHT),
        (_tr("gradient ∂L/∂w"), EdgeMode.GRADIENT),
        (_tr("update Δw"), EdgeMode.UPDATE),
    )
    rows = [
        (label, _known(frame, edge_values(frame, pick.layer, mode) if frame is not None else None, where))
        for label, mode in shown
    ]
    return _table(title, rows + _poked_weight(frame, WeightPlace(pick.layer, pick.out, pick.source)))


def _poked_unit(frame: Frame | None, pick: UnitPick) -> list[tuple[str, str]]:
    """Say what was changed by hand in a neuron."""
    rows = _poked_weight(frame, WeightPlace(pick.layer, pick.unit), _tr("bias was {value}"))
    if frame is not None and frame.trace.pokes.is_off(pick.layer, pick.unit):
        rows.append((_tr("by hand"), _tr("switched off")))
    return rows


def _poked_weight(frame: Frame | None, weight: WeightPlace, was: str = "") -> list[tuple[str, str]]:
    """Say whether a weight was set by hand, and whether it is frozen."""
    if frame is None or not frame.trace.pokes:
        return []
    pokes, rows = frame.trace.pokes, []
    edit = pokes.edit_of(weight)
    if edit is not None:
        rows.append((_tr("by hand"), (was or _tr("was {value}")).format(value=number(edit.before))))
    if pokes.is_frozen(weight):
        rows.append((_tr("by hand"), _tr("frozen")))
    return rows


def _header_text(index: int, network: NetworkSpec) -> str:
    layer = network.layers[index]
    rows = [
        (_tr("type"), " · ".join(word for word in (layer.title, layer.detail) if word)),
        (_tr("output shape"), shape_text(network.output_shapes()[index])),
    ]
    shapes = network.parameter_shapes()[index]
    for name, shape in shapes.items():
        rows.append((name, f"{shape_text(shape)} = {prod(shape):,}" if len(shape) > 1 else shape_text(shape)))
    if len(shapes) > 1:
        rows.append((_tr("parameters"), f"{sum(prod(shape) for shape in shapes.values()):,}"))
    return _table(network.layer_name(index), rows)


def place_beside(widget: QWidget, point: QPointF, avoid: QRect | None = None, distance: int = 16) -> None:
    """Move `widget` beside a point of its parent, where it fits and hides as little as can be of `avoid`."""
    parent = widget.parentWidget()
    assert parent is not None
    size, about = widget.size(), point.toPoint()
    right, bottom = parent.width() - size.width() - 4, parent.height() - size.height() - 4
    places = [
        QRect(QPoint(max(min(left, right), 4), max(min(top, bottom), 4)), size)
        for top in (about.y() - size.height() // 2, about.y() + distance, about.y() - distance - size.height())
        for left in (about.x() + distance, about.x() - distance - size.width())
    ]

    def hidden(place: QRect) -> int:
        overlap = place.intersected(avoid) if avoid is not None else QRect()
        return overlap.width() * overlap.height() + (size.width() * size.height() if place.contains(about) else 0)

    widget.move(min(places, key=hidden).topLeft())


class HoverCard(QLabel):
    """A card beside the pointer. It never gets in the way of the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("hover_card")
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setContentsMargins(10, 7, 10, 7)
        self.anchor = QPointF()
        self._avoid: QRect | None = None
        self._take_theme(theme_manager().theme)
        theme_manager().changed.connect(self._take_theme)
        self.hide()

    def _take_theme(self, theme: Theme) -> None:
        self.setStyleSheet(
            f"#hover_card {{ background: {theme.panel}; color: {theme.text};"
            f" border: 1px solid {theme.line}; border-radius: 7px; }}"
        )

    def show_text(self, text: str, point: QPointF, avoid: QRect | None = None) -> None:
        """Show `text` beside a point of the picture, and not over `avoid`; nothing for no text."""
        self.anchor, self._avoid = point, avoid
        if text != self.text():
            self.setText(text)
            self.adjustSize()
        self.setVisible(bool(text))
        if text:
            place_beside(self, point, avoid)
            self.raise_()

    def changeEvent(self, event: QEvent) -> None:
        """Take the room that another type needs."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.adjustSize()
            place_beside(self, self.anchor, self._avoid)


class _WeightImage(QWidget):
    """Numbers as pixels in the colours of the diverging scale."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._pixels: FloatArray | None = None
        self._limit, self._gradient = 1.0, False
        self.setFixedSize(112, 112)

    def show_values(self, values: FloatArray, limit: float, gradient: bool) -> None:
        self._pixels, self._limit, self._gradient = values, limit, gradient
        self.setFixedSize(112, max(20, min(112, round(112 * values.shape[0] / values.shape[1]))))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint one square per weight."""
        del event
        if self._pixels is None:
            return
        theme = theme_manager().theme
        painter = QPainter(self)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawImage(area, image_of(diverging(self._pixels, self._limit, theme, self._gradient)))
        painter.setPen(QPen(theme.color("muted", 0.7), 1.0))
        painter.drawRect(area)
        painter.end()


class WeightInset(QFrame):
    """The numbers on the edges from an image into one neuron, as an image."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("weight_inset")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._title = QLabel(self)
        self._image = _WeightImage(self)
        self._range = QLabel(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(9, 6, 9, 7)
        column.setSpacing(4)
        for widget in (self._title, self._image, self._range):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        self._take_theme(theme_manager().theme)
        theme_manager().changed.connect(self._take_theme)
        self.hide()

    def _take_theme(self, theme: Theme) -> None:
        self.setStyleSheet(
            f"#weight_inset {{ background: {theme.panel}; border: 1px solid {theme.line}; border-radius: 7px; }}"
            f"QLabel {{ color: {theme.text}; }}"
        )

    def show_weights(self, title: str, values: FloatArray, limit: float, gradient: bool) -> None:
        """Show numbers of shape (rows, columns); `limit` gets the full colour."""
        self._title.setText(title)
        self._range.setText(f"−{significant(limit)} … +{significant(limit)}")
        self._image.show_values(values, limit, gradient)
        self.setAccessibleName(f"{title}, {self._range.text()}")
        self.adjustSize()
        self.show()
        self.raise_()
