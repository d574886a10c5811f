"""Transport, stage bar and player, used as a person uses them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QSlider, QToolButton, QToolTip
from pytestqt.qtbot import QtBot

from nnviz.core import facts as f
from nnviz.core.facts import RunState
from nnviz.core.playback import Phase, frame_at
from nnviz.core.spec import NetworkSpec
from nnviz.engine.layers import Dense, Input
from nnviz.session.player import FIRST_PASS_MS, Player
from nnviz.session.session import Session
from nnviz.ui.main_window import MainWindow
from nnviz.ui.stage_bar import StageBar
from nnviz.ui.stage_names import stage_name
from tests.support.fake_trainer import FakeTrainer
from tests.support.reference import example_trace


def button(window: MainWindow, name: str) -> QToolButton:
    found = window.findChild(QToolButton, f"button_{name}")
    assert found is not None, name
    return found


def press(qtbot: QtBot, window: MainWindow, name: str) -> None:
    qtbot.mouseClick(button(window, name), Qt.MouseButton.LeftButton)


def bar(window: MainWindow) -> StageBar:
    found = window.findChild(StageBar, "stage_bar")
    assert found is not None
    return found


def middle(stage_bar: StageBar, position: int) -> QPoint:
    return stage_bar.segments()[position].center().toPoint()


# --- buttons ----------------------------------------------------------------------------------------------------------


def test_steps_forward_and_back(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    assert not button(window, "step_back").isEnabled()
    press(qtbot, window, "step_forward")
    press(qtbot, window, "step_forward")
    assert session.cursor.position == 2
    assert button(window, "step_back").isEnabled()
    press(qtbot, window, "step_back")
    assert session.cursor.position == 1
    press(qtbot, window, "next_layer")
    assert session.cursor.position == 2


def test_goes_from_batch_to_batch(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    assert not button(window, "previous_batch").isEnabled()
    press(qtbot, window, "next_batch")
    qtbot.waitUntil(lambda: session.trace is not None and session.trace.step == 1)
    assert button(window, "previous_batch").isEnabled()
    press(qtbot, window, "previous_batch")
    qtbot.waitUntil(lambda: session.trace is not None and session.trace.step == 0)


def test_run_becomes_pause(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    run = button(window, "run")
    assert run.text() == "Run"
    press(qtbot, window, "run")
    qtbot.waitUntil(lambda: session.run_state is RunState.RUNNING)
    assert run.text() == "Pause"
    for name in ("step_forward", "step_back", "next_batch", "previous_batch", "next_epoch", "play", "next_layer"):
        assert not button(window, name).isEnabled(), name
    press(qtbot, window, "run")
    qtbot.waitUntil(lambda: session.can_step)
    assert run.text() == "Run"
    assert button(window, "step_forward").isEnabled()


def test_epoch_and_reset(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    press(qtbot, window, "next_epoch")
    qtbot.waitUntil(lambda: session.run_state is RunState.RUNNING)
    assert button(window, "reset").isEnabled()
    press(qtbot, window, "reset")
    qtbot.waitUntil(lambda: session.can_step)
    assert session.trace is not None
    assert session.trace.step == 0


def test_every_button_says_its_key(window: MainWindow) -> None:
    tips = {
        name: button(window, name).toolTip() for name in ("run", "step_forward", "next_layer", "next_batch", "reset")
    }
    assert tips["run"] == "Train until you pause (Space)"
    assert "Shift+Right" in tips["next_layer"]
    assert all("(" in tip for tip in tips.values())


# --- stage bar --------------------------------------------------------------------------------------------------------


def test_a_click_goes_to_the_stage(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    stage_bar = bar(window)
    for position in (5, 0, len(session.walk) - 1):
        qtbot.mouseClick(stage_bar, Qt.MouseButton.LeftButton, pos=middle(stage_bar, position))
        assert session.cursor.position == position
        assert stage_bar.value() == position


def test_the_cursor_can_be_dragged(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    stage_bar = bar(window)
    qtbot.mousePress(stage_bar, Qt.MouseButton.LeftButton, pos=middle(stage_bar, 1))
    for position in (2, 4, 6):
        qtbot.mouseMove(stage_bar, middle(stage_bar, position))
        QApplication.processEvents()
        assert session.cursor.position == position
    qtbot.mouseRelease(stage_bar, Qt.MouseButton.LeftButton, pos=middle(stage_bar, 6))
    qtbot.mouseMove(stage_bar, middle(stage_bar, 2))
    QApplication.processEvents()
    assert session.cursor.position == 6


def test_the_stage_bar_obeys_the_keyboard(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    stage_bar = bar(window)
    stage_bar.setFocus()
    qtbot.keyClick(stage_bar, Qt.Key.Key_End)
    assert session.cursor.position == len(session.walk) - 1
    qtbot.keyClick(stage_bar, Qt.Key.Key_Left)
    assert session.frame is not None
    assert session.frame.phase is Phase.BACKWARD
    qtbot.keyClick(stage_bar, Qt.Key.Key_Home)
    assert session.cursor.position == 0
    assert stage_bar.accessibleDescription() == "Forward, Input: output"


def test_the_stage_bar_stays_where_the_cursor_is_while_it_cannot_move(
    qtbot: QtBot, window: MainWindow, session: Session
) -> None:
    press(qtbot, window, "run")
    qtbot.waitUntil(lambda: session.frame is not None and session.frame.cursor.overview)
    stage_bar = bar(window)
    before = stage_bar.value()
    qtbot.mouseClick(stage_bar, Qt.MouseButton.LeftButton, pos=middle(stage_bar, 2))
    assert stage_bar.value() == before
    press(qtbot, window, "run")
    qtbot.waitUntil(lambda: session.can_step)


@pytest.mark.qt_log_ignore("does not support raise", extend=True)  # the offscreen platform
def test_each_stage_has_a_tool_tip(window: MainWindow, session: Session) -> None:
    stage_bar = bar(window)
    position = 3
    place = middle(stage_bar, position)
    QApplication.sendEvent(stage_bar, QHelpEvent(QHelpEvent.Type.ToolTip, place, stage_bar.mapToGlobal(place)))
    assert session.trace is not None
    assert QToolTip.text() == stage_name(session.walk[position], session.trace.network)
    QToolTip.hideText()


def test_the_segments_lie_in_order_and_fill_the_bar(window: MainWindow, session: Session) -> None:
    stage_bar = bar(window)
    places = stage_bar.segments()
    assert len(places) == len(session.walk)
    assert all(left.right() <= right.left() + 0.01 for left, right in pairwise(places))
    assert places[-1].right() == pytest.approx(stage_bar.width() - 2, abs=1)
    for position, place in enumerate(places):
        assert stage_bar.position_at(place.center().x()) == position


def test_a_long_network_fits_into_a_narrow_bar(qtbot: QtBot, session: Session) -> None:
    network = NetworkSpec((Input((2,)), *(Dense(2, "tanh") for _ in range(60)), Dense(1, "sigmoid")))
    trace = example_trace(network, 2)
    stage_bar = StageBar(session)
    qtbot.addWidget(stage_bar)
    stage_bar.resize(500, stage_bar.sizeHint().height())
    stage_bar.show_frame(frame_at(trace, session.cursor))
    stage_bar.show()
    places = stage_bar.segments()
    assert places[-1].right() <= 500
    assert all(place.width() > 0 for place in places)
    assert not stage_bar.grab().isNull()


def test_an_empty_stage_bar_can_be_clicked(qtbot: QtBot, session: Session) -> None:
    stage_bar = StageBar(session)
    qtbot.addWidget(stage_bar)
    stage_bar.show_frame(None)
    stage_bar.show()
    qtbot.mouseClick(stage_bar, Qt.MouseButton.LeftButton)
    assert stage_bar.segments() == []


# --- player -----------------------------------------------------------------------------------------------------------


def test_play_walks_by_itself_until_it_is_stopped(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    speed = window.findChild(QSlider, "speed_slider")
    assert speed is not None
    speed.setFocus()
    qtbot.keyClick(speed, Qt.Key.Key_End)
    press(qtbot, window, "play")
    assert session.cursor.position == 1
    assert button(window, "play").toolTip().startswith("Stop")
    qtbot.waitUntil(lambda: session.cursor.position >= 3)
    press(qtbot, window, "play")
    assert button(window, "play").toolTip().startswith("Walk")


def test_a_step_by_hand_takes_over_from_the_player(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, "play")
    press(qtbot, window, "step_back")
    assert button(window, "play").toolTip().startswith("Walk")


def test_the_speed_slider_has_a_number(qtbot: QtBot, window: MainWindow) -> None:
    slider = window.findChild(QSlider, "speed_slider")
    assert slider is not None
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert slider.value() == 0
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert slider.value() == 1


def test_the_player_is_slow_once_and_faster_later(qtbot: QtBot, session: Session) -> None:
    player = Player(session)
    player.set_speed(4.0)
    assert player.interval == round(FIRST_PASS_MS / 4)
    session.go_to_position(len(session.walk) - 2)
    first = player.interval
    player.play()
    assert player.playing
    qtbot.waitUntil(lambda: session.trace is not None and session.trace.step == 1, timeout=3000)
    assert player.interval < first
    session.run()
    assert not player.playing
    session.pause()
    qtbot.waitUntil(lambda: session.can_step)


def test_the_speed_is_kept_in_bounds(qtbot: QtBot, session: Session) -> None:
    player = Player(session)
    with qtbot.waitSignal(player.speed_changed) as changed:
        player.set_speed(99)
    assert changed.args == [4.0]
    player.set_speed(0.0)
    assert player.speed == 0.25


def test_the_player_waits_for_a_slow_trainer(qtbot: QtBot, session: Session, trainer: FakeTrainer) -> None:
    player = Player(session)
    player.set_speed(4.0)
    session.go_to_position(len(session.walk) - 1)
    trainer.hold.clear()
    player.play()
    assert not session.can_step
    trainer.hold.set()
    qtbot.waitUntil(lambda: session.trace is not None and session.trace.step == 1)
    assert player.playing
    player.pause()


@pytest.mark.parametrize(
    "fact", [f.Failed("It went wrong."), f.Diverged(0, "Hidden 1", "activations", True)], ids=["failed", "diverged"]
)
def test_the_player_stops_when_something_goes_wrong(
    qtbot: QtBot, session: Session, trainer: FakeTrainer, fact: f.Fact
) -> None:
    player = Player(session)
    player.play()
    trainer.answer = [fact]
    with qtbot.waitSignal(player.playing_changed) as changed:
        session.set_memory_limit(2**20)
    assert changed.args == [False]


def test_nothing_plays_without_a_trace(qtbot: QtBot, trainer: FakeTrainer) -> None:
    session = Session(lambda: trainer)
    player = Player(session)
    player.toggle()
    assert not player.playing
    session.close()
