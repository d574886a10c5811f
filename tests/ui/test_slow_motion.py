"""Slow motion: the player as the clock of what flies, and the switch for the numbers."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from nnviz.core.playback import Direction, Phase
from nnviz.session.player import FIRST_PASS_MS, Player
from nnviz.session.session import Session
from nnviz.ui.main_window import MainWindow
from nnviz.ui.preferences import Preferences

FIRST_DENSE = 2  # position of its weighted sum


@pytest.fixture
def player(session: Session) -> Player:
    made = Player(session)
    made.set_speed(4.0)
    return made


def test_a_stage_can_be_paused_in_mid_flight_and_goes_on_from_there(
    qtbot: QtBot, session: Session, player: Player
) -> None:
    session.go_to_position(FIRST_DENSE - 1)
    player.play()
    assert session.cursor.position == FIRST_DENSE
    qtbot.waitUntil(lambda: player.share > 0.2)
    player.pause()
    paused = player.share
    assert 0.2 < paused < 1.0
    player.play()
    assert session.cursor.position == FIRST_DENSE
    assert player.share >= paused
    qtbot.waitUntil(lambda: session.cursor.position == FIRST_DENSE + 1)
    assert player.share < 1.0
    player.pause()


def test_a_stage_entered_by_hand_has_come_to_its_end_at_once(qtbot: QtBot, session: Session, player: Player) -> None:
    player.play()
    qtbot.waitUntil(lambda: player.share > 0.0)
    player.pause()
    session.step_back()
    assert player.share == 1.0
    player.play()  # it has been seen: on to the next one
    assert session.cursor.position == 1
    player.pause()


def test_the_speed_changes_the_pace_and_not_the_place(qtbot: QtBot, session: Session, player: Player) -> None:
    player.play()
    qtbot.waitUntil(lambda: player.share > 0.3)
    before = player.share
    player.set_speed(0.25)
    assert before <= player.share < before + 0.2
    player.pause()


def test_another_sample_does_not_begin_the_stage_anew(qtbot: QtBot, session: Session, player: Player) -> None:
    player.play()
    qtbot.waitUntil(lambda: player.share > 0.2)
    session.select_sample(1)
    assert player.share > 0.2
    player.pause()


def test_stages_where_numbers_travel_take_longer(session: Session, player: Player) -> None:
    usual = FIRST_PASS_MS / player.speed
    for position in range(len(session.walk)):
        session.go_to_position(position)
        assert session.frame is not None
        moves = session.frame.flow is not Direction.NONE or session.frame.phase is Phase.UPDATE
        assert (player.interval > usual) is moves
        player.set_numbers(False)
        assert player.interval == usual
        player.set_numbers(True)


def test_switching_the_numbers_off_keeps_the_place_in_the_stage(qtbot: QtBot, session: Session, player: Player) -> None:
    session.go_to_position(FIRST_DENSE - 1)
    player.play()
    qtbot.waitUntil(lambda: player.share > 0.2)
    before = player.share
    player.set_numbers(False)
    assert player.share >= before
    player.pause()


def test_later_passes_stay_fast_after_a_pause_and_a_run_makes_them_slow_again(
    qtbot: QtBot, session: Session, player: Player
) -> None:
    session.go_to_position(len(session.walk) - 1)
    session.select_sample(0)
    player.play()
    qtbot.waitUntil(lambda: session.trace is not None and session.trace.step == 1)
    fast = player.interval
    assert fast < FIRST_PASS_MS / player.speed
    player.pause()
    player.play()
    session.go_to_position(0)
    assert player.interval == fast
    session.run()
    session.pause()
    qtbot.waitUntil(lambda: session.can_step)
    session.go_to_position(0)
    assert player.interval == FIRST_PASS_MS / player.speed


def test_the_numbers_are_switched_by_a_key_and_remembered(qtbot: QtBot, window: MainWindow) -> None:
    action = window.findChild(QAction, "action_numbers_on_edges")
    assert action is not None
    assert action.isChecked()
    player = window.findChild(Player)
    assert player is not None
    assert player.numbers
    qtbot.keyClick(window, Qt.Key.Key_N)
    assert not action.isChecked()
    assert not player.numbers
    assert not Preferences().numbers_on_edges
    qtbot.keyClick(window, Qt.Key.Key_N)
    assert player.numbers
