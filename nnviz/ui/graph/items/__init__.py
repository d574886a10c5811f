"""Graphics items, one per kind of picture."""

from typing import Protocol

from PySide6.QtGui import QPainter

from nnviz.core.spec import Picture
from nnviz.ui.graph.items.brush import Brush
from nnviz.ui.graph.items.pixels import ImageItem, StripItem
from nnviz.ui.graph.items.units import UnitsItem
from nnviz.ui.graph.layout import Column
from nnviz.ui.graph.look import LayerLook


class Item(Protocol):
    """Paints the body of a column."""

    def paint(self, painter: QPainter, brush: Brush, column: Column, look: LayerLook, opacity: float) -> None:
        """Paint the column as it is seen."""


ITEMS: dict[Picture, Item] = {
    Picture.UNITS: UnitsItem(),
    Picture.IMAGE: ImageItem(),
    Picture.STRIP: StripItem(),
}
