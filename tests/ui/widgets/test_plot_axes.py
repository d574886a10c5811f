"""The axes that all plots over epochs have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication
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


@pytest.fixture
def large_font(qapp: QApplication) -> Iterator[None]:
    """The system's font is larger than usual."""
    manager = theme_manager()
    before = qapp.font()
    larger = QFont(before)
    larger.setPointSize(16)
    qapp.setFont(larger)
    manager.choose(manager.choice)
    yield
    qapp.setFont(before)
    manager.choose(manager.choice)
    qapp.processEvents()  # or the plot is deleted before it is laid out anew


@pytest.mark.usefixtures("large_font")
def test_the_name_of_the_epochs_is_there_as_a_whole_with_a_larger_font(qtbot: QtBot) -> None:
    plot = RacePlot()
    qtbot.addWidget(plot)
    plot.name_losses(LABELS)
    plot.resize(500, 200)
    with qtbot.waitExposed(plot):
        plot.show()
    label = plot.plot.getPlotItem().getAxis("bottom").label
    qtbot.waitUntil(lambda: label.mapRectToScene(label.boundingRect()).left() >= 0)
    assert label.boundingRect().height() > 20
