"""The type of the confusion matrix."""

from __future__ import annotations

import numpy as np

from tests.ui.panels.test_mistakes_panel import DIGITS, Bench, bench

__all__ = ["bench"]


def test_numbers_in_the_cells_are_as_large_as_the_type_of_the_table(bench: Bench) -> None:
    bench.load(DIGITS)
    bench.panel.resize(900, 900)
    bench.wait(lambda: bool(bench.answers) and bench.table.columnWidth(0) > 36)
    counts = bench.cells()
    row, column = np.argwhere(counts > 9)[0].tolist()

    def height() -> int:
        """How high the number in a cell is, in pixels."""
        image = bench.table.viewport().grab(bench.table.visualRect(bench.table.model().index(row, column))).toImage()
        inside = range(4, image.width() - 4)
        lines = [{image.pixel(x, y) for x in inside} for y in range(image.height() - 2)]
        return sum(len(colors) > 1 for colors in lines)

    usual, font = height(), bench.table.font()
    font.setPointSize(round(1.5 * font.pointSize()))
    bench.table.setFont(font)
    assert height() > 1.3 * usual > 0
    assert bench.table.rowHeight(0) >= bench.table.fontMetrics().height()
