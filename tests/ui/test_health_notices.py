"""The notice that something keeps the network from learning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from nnviz.core import commands as c
from nnviz.core.trace import ParameterRecord, Trace
from nnviz.session.session import Session
from nnviz.ui.main_window import MainWindow
from nnviz.ui.notices import Level, Notice
from tests.support.fake_trainer import FakeTrainer


class AlikeTrainer(FakeTrainer):
    """All weights of its first hidden layer are equal while `alike`."""

    alike = True

    def _trace(self) -> Trace:
        trace = super()._trace()
        if not self.alike:
            return trace
        record = trace.layers[2]
        weight = record.parameters["weight"]
        equal = ParameterRecord(np.ones_like(weight.before), weight.gradient, weight.after)
        layer = replace(record, parameters={**record.parameters, "weight": equal})
        return replace(trace, layers=(*trace.layers[:2], layer, *trace.layers[3:]))


@pytest.fixture
def trainer() -> FakeTrainer:
    return AlikeTrainer()


def warnings(window: MainWindow) -> list[Notice]:
    return [notice for notice in window.findChildren(Notice) if notice.level is Level.WARNING]


def next_batches(session: Session, qtbot: QtBot, count: int) -> None:
    for _ in range(count):
        with qtbot.waitSignal(session.trace_recorded):
            session.next_batch()
        qtbot.waitUntil(lambda: session.can_step)


@pytest.fixture
def warned(window: MainWindow, session: Session, qtbot: QtBot) -> Iterator[Notice]:
    next_batches(session, qtbot, 2)
    qtbot.waitUntil(lambda: len(warnings(window)) == 1)
    yield warnings(window)[0]
    QApplication.sendPostedEvents()


def test_it_names_what_is_wrong_and_offers_what_to_do(
    warned: Notice, window: MainWindow, session: Session, trainer: FakeTrainer, qtbot: QtBot
) -> None:
    assert warned.text.startswith("All 20 neurons of Hidden 1 have the same weights")
    button = warned.findChild(QPushButton, "notice_action")
    assert button.text() == "Start again with other weights"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(trainer.told(c.LoadPreset)) + len(trainer.told(c.ChangeNetwork)) == 2)
    assert not warnings(window)


def test_who_has_put_it_away_is_not_told_again(
    warned: Notice, window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    qtbot.mouseClick(warned.findChild(QToolButton, "notice_dismiss"), Qt.MouseButton.LeftButton)
    next_batches(session, qtbot, 3)
    assert not warnings(window)


def test_it_goes_when_all_is_well_again(
    warned: Notice, window: MainWindow, session: Session, trainer: FakeTrainer, qtbot: QtBot
) -> None:
    trainer.alike = False
    next_batches(session, qtbot, 4)
    qtbot.waitUntil(lambda: not warnings(window))


def test_the_layers_panel_tells_it_itself(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    dock = window.findChild(QWidget, "dock_layers")
    dock.show()
    dock.raise_()
    qtbot.waitUntil(lambda: window.findChild(QWidget, "layer_strips").isVisible())
    next_batches(session, qtbot, 3)
    assert not warnings(window)
    assert window.findChild(QPushButton, "remedy_new_weights_button").isVisible()
