"""The axes that all plots over epochs have."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.race_plot import RacePlot

LABELS = ("Loss, mean of 5 batches", "Loss")


@pytest.mark.parametrize(("height", "label"), [(600, LABELS[0]), (180, LABELS[1])])
def test_the_name_of_the_values_stands_in_the_middle_of_its_axis(qtbot: QtBot, height: int, label: str) -> None:
    theme_manager()
    plot = RacePlot()
    qtbot.addWidget(plot)
    plot.name_losses(LABELS)
    for size in (400, 180, 600, height):  # it is called otherwise where it is low
        plot.resize(500, size)
        with qtbot.waitExposed(plot):
            plot.show()
    axis = plot.plot.getPlotItem().getAxis("left")
    qtbot.waitUntil(lambda: axis.labelText == label)
    written = axis.label.mapRectToParent(axis.label.boundingRect())
    assert written.center().y() == pytest.approx(axis.size().height() / 2, abs=1)
