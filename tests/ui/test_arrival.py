"""In slow motion the caption tells a result when its terms have arrived, and not before."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.playback import PARAMETERS
from nnviz.session.session import Session
from nnviz.ui.graph.journeys import journey_at
from nnviz.ui.graph.view import NetworkView
from nnviz.ui.main_window import MainWindow

FIRST_SUM = 2


def formula(window: MainWindow) -> str:
    return window.findChild(QLabel, "caption").text().partition("</div>")[2].removesuffix("</div>")


def play(window: MainWindow) -> None:
    window.findChild(QAction, "action_play").trigger()


@pytest.fixture
def before_sum(session: Session) -> Session:
    session.go_to_position(FIRST_SUM - 1)
    return session


def test_the_result_is_told_when_it_is_there(window: MainWindow, before_sum: Session, qtbot: QtBot) -> None:
    play(window)
    assert before_sum.cursor.position == FIRST_SUM
    assert formula(window).endswith("= …")
    qtbot.waitUntil(lambda: not formula(window).endswith("= …"), timeout=15_000)
    assert before_sum.cursor.position == FIRST_SUM  # the stage has a moment left, in which to read it
    play(window)


def test_paused_in_mid_flight_it_stays_open_and_by_hand_it_is_there(window: MainWindow, before_sum: Session) -> None:
    play(window)
    play(window)
    assert formula(window).endswith("= …")
    before_sum.step_back()
    before_sum.step_forward()
    assert not formula(window).endswith("…")


def test_where_nothing_moves_nothing_is_waited_for(window: MainWindow, before_sum: Session) -> None:
    window.findChild(QAction, "action_reduce_motion").trigger()
    play(window)
    assert not formula(window).endswith("…")
    play(window)


def test_without_numbers_on_the_edges_nothing_is_waited_for(window: MainWindow, before_sum: Session) -> None:
    window.findChild(QAction, "action_numbers_on_edges").trigger()
    play(window)
    assert not formula(window).endswith("…")
    play(window)


def test_where_the_picture_has_no_room_for_numbers_nothing_is_waited_for(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    def meets_on_edges(position: int) -> bool:
        session.go_to_position(position)
        journey = journey_at(session.frame, None)
        return journey is not None and journey.goal is None and session.frame.stage.part == PARAMETERS

    stage = next(position for position in range(len(session.walk)) if meets_on_edges(position))
    session.go_to_position(stage - 1)
    play(window)
    assert formula(window).endswith("= …")
    play(window)
    picture = window.findChild(QWidget, "network_view")
    for _ in range(8):
        qtbot.keyClick(picture, Qt.Key.Key_Minus)
    session.go_to_position(stage - 1)
    play(window)
    assert session.cursor.position == stage
    assert not formula(window).endswith("= …")
    play(window)


def test_what_a_worksheet_hides_is_not_on_its_way(window: MainWindow, before_sum: Session) -> None:
    before_sum.worksheet.set_active(True)
    play(window)
    assert before_sum.cursor.position == FIRST_SUM
    assert not window.findChild(NetworkView).numbers_are_on_the_way
    play(window)
