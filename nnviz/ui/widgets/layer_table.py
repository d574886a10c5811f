"""The layers of a network as a table."""

from __future__ import annotations

from math import prod

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from nnviz.core.spec import NetworkSpec, Shape
from nnviz.ui.theme import number_font, theme_manager
from nnviz.ui.widgets.row_table import make_row_table
from nnviz.ui.widgets.texts import translated

FEWEST_ROWS = 4
MOST_ROWS = 9


def shape_text(shape: Shape) -> str:
    """Write a shape as people do: 28×28."""
    return "×".join(str(extent) for extent in shape)


class LayerTable(QTableWidget):
    """One row for each layer: type, what sets it apart, shape of its output, number of parameters.

    Signals
    -------
    layer_selected(int)
        A person selected another layer.
    """

    layer_selected = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 4, parent)
        self.setObjectName("architecture_table")
        self.setAccessibleName(self.tr("Layers of the network"))
        self.setHorizontalHeaderLabels([self.tr("Layer"), self.tr("Setting"), self.tr("Output"), self.tr("Params")])
        self.horizontalHeaderItem(2).setToolTip(self.tr("Shape of what the layer passes on, for one sample"))
        self.horizontalHeaderItem(3).setToolTip(self.tr("Parameters: how many weights and biases the layer learns"))
        make_row_table(self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._size_columns()
        self.currentCellChanged.connect(self._select)
        theme_manager().changed.connect(self._fit_height)

    @property
    def selected_layer(self) -> int:
        """Position of the selected layer; −1 for none."""
        return self.currentRow()

    def show_network(self, network: NetworkSpec, selected: int) -> None:
        """Show the layers of `network` and select one, without telling so."""
        self.blockSignals(True)
        self.setRowCount(len(network.layers))
        shapes = zip(network.output_shapes(), network.parameter_shapes(), strict=True)
        for row, (output, parameters) in enumerate(shapes):
            layer = network.layers[row]
            count = sum(prod(shape) for shape in parameters.values())
            self._fill_row(row, translated(layer.title), translated(layer.detail), shape_text(output), f"{count:,}")
            self.item(row, 0).setToolTip(f"{network.layer_name(row)}. {translated(layer.help)}")
        self.item(0, 0).setToolTip(self.tr("The input layer stays: its shape is that of the data."))
        self.selectRow(selected)
        self.blockSignals(False)
        self._fit_height()

    def _fill_row(self, row: int, *texts: str) -> None:
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            if column >= 2:
                item.setFont(number_font())
                item.setTextAlignment(right)
            self.setItem(row, column, item)

    def _size_columns(self) -> None:
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(30)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for column, alignment in enumerate((left, left, right, right)):
            self.horizontalHeaderItem(column).setTextAlignment(alignment)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def _fit_height(self) -> None:
        """Be as high as the layers need, within limits."""
        row_height = self.fontMetrics().height() + 10
        self.verticalHeader().setDefaultSectionSize(row_height)
        rows = min(max(self.rowCount(), FEWEST_ROWS), MOST_ROWS)
        self.setFixedHeight(rows * row_height + self.horizontalHeader().sizeHint().height() + 2 * self.frameWidth())

    def _select(self, row: int) -> None:
        self.layer_selected.emit(row)
