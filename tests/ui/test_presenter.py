"""The presenter's view, as a teacher uses it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QDockWidget, QLabel, QMenuBar, QSlider, QStatusBar, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.history import BatchPoints
from nnviz.core.playback import Phase
from nnviz.session.session import Session
from nnviz.ui.graph.view import NetworkView
from nnviz.ui.help import help_pages
from nnviz.ui.main_window import MainWindow
from nnviz.ui.theme import SMALLEST_POINT_SIZE, ThemeChoice, theme_manager
from tests.support.fake_trainer import FakeTrainer
from tests.ui.conftest import MakeWindow


def child(window: MainWindow, name: str) -> QWidget:
    found = window.findChild(QWidget, name)
    assert found is not None, name
    return found


def visible_docks(window: MainWindow) -> set[str]:
    return {dock.objectName() for dock in window.findChildren(QDockWidget) if dock.isVisible()}


def clutter(window: MainWindow) -> list[QWidget]:
    combos = [child(window, name) for name in ("edge_mode_combo", "scale_combo")]
    kinds = (QMenuBar, QStatusBar)
    return [child(window, "transport"), *combos, *(window.findChild(kind) for kind in kinds)]


def enter(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert window.isFullScreen()


def test_it_leaves_the_network_the_stage_bar_and_the_caption_alone(qtbot: QtBot, window: MainWindow) -> None:
    enter(qtbot, window)
    assert visible_docks(window) == set()
    assert not any(widget.isVisible() for widget in clutter(window))
    for name in ("network_view", "stage_bar", "caption", "legend", "loss_corner"):
        assert child(window, name).isVisible(), name


@pytest.mark.parametrize("key", [Qt.Key.Key_F11, Qt.Key.Key_Escape])
def test_both_keys_bring_everything_back(qtbot: QtBot, window: MainWindow, key: Qt.Key) -> None:
    docks, size = visible_docks(window), window.size()
    window.findChild(QDockWidget, "dock_data").raise_()
    front = child(window, "dataset_combo")
    qtbot.waitUntil(front.isVisible)
    enter(qtbot, window)
    assert not front.isVisible()
    qtbot.keyClick(window, key)
    assert not window.isFullScreen()
    assert visible_docks(window) == docks
    qtbot.waitUntil(front.isVisible)
    qtbot.waitUntil(lambda: window.size() == size)
    assert all(widget.isVisible() for widget in clutter(window))
    assert not child(window, "loss_corner").isVisible()


def test_type_is_large_and_small_again(qtbot: QtBot, window: MainWindow) -> None:
    names = ("network_view", "stage_bar", "caption", "legend", "edge_count")
    before = {name: child(window, name).font().pointSize() for name in names}
    caption = child(window, "caption").parentWidget().height()
    enter(qtbot, window)
    for name in names:
        assert child(window, name).font().pointSize() >= 1.4 * before[name], name
    qtbot.waitUntil(lambda: child(window, "caption").parentWidget().height() > 1.3 * caption)
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert {name: child(window, name).font().pointSize() for name in names} == before
    qtbot.waitUntil(lambda: child(window, "caption").parentWidget().height() == caption)


def test_the_keys_work_and_a_click_opens_no_panel(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    enter(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_Right)
    assert session.cursor.position == 1
    view = window.findChild(NetworkView)
    assert view is not None
    canvas = child(window, "network_view")
    where = canvas.mapFrom(view, view.position_of(2, 3).toPoint())
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=where)
    assert visible_docks(window) == set()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=_place(window, 2, 5))
    qtbot.waitUntil(lambda: window.findChild(QWidget, "inspector").isVisible())


def _place(window: MainWindow, layer: int, unit: int):
    view, canvas = window.findChild(NetworkView), child(window, "network_view")
    assert view is not None
    return canvas.mapFrom(view, view.position_of(layer, unit).toPoint())


def test_the_menu_entry_says_whether_it_is_on(qtbot: QtBot, window: MainWindow) -> None:
    action = window.findChild(QAction, "action_presenter_view")
    assert action is not None
    assert action.shortcut().toString() == "F11"
    action.trigger()
    assert action.isChecked()
    action.trigger()
    assert not action.isChecked()
    assert [key.toString() for key in action.shortcuts()] == ["F11"]


def test_a_window_closed_in_the_presenters_view_opens_as_it_was_before(qtbot: QtBot, make_window: MakeWindow) -> None:
    window, _ = make_window()
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    docks = visible_docks(window)
    enter(qtbot, window)
    window.close()
    again, _ = make_window()
    again.show()
    qtbot.waitExposed(again)
    assert not again.isFullScreen()
    assert visible_docks(again) == docks
    assert not child(again, "loss_corner").isVisible()


def test_the_loss_and_its_curve_stand_in_the_corner(
    qtbot: QtBot, window: MainWindow, session: Session, trainer: FakeTrainer
) -> None:
    enter(qtbot, window)
    corner = child(window, "loss_corner")
    assert corner.accessibleDescription() == "–"
    before = corner.grab().toImage()
    loss = next(i for i, stage in enumerate(session.walk) if stage.phase is Phase.LOSS)
    slider = child(window, "stage_bar")
    assert isinstance(slider, QSlider)
    slider.setValue(loss)
    known = window.findChild(QLabel, "status_loss")
    assert known is not None
    assert corner.accessibleDescription() == known.text() != "–"
    number = corner.grab().toImage()
    assert number != before
    losses = np.linspace(2.0, 0.1, 500, dtype=np.float32)
    session.history.append(BatchPoints(0, losses, None))
    session.history_changed.emit()
    assert corner.grab().toImage() != number


def test_what_is_still_to_be_predicted_is_not_told_in_the_corner(
    qtbot: QtBot, window: MainWindow, session: Session
) -> None:
    enter(qtbot, window)
    session.go_to_position(len(session.walk) - 1)
    corner = child(window, "loss_corner")
    assert corner.accessibleDescription() != "–"
    session.worksheet.set_active(True)
    assert corner.accessibleDescription() == "–"


def test_one_who_came_with_the_mouse_gets_out_with_the_mouse(qtbot: QtBot, window: MainWindow) -> None:
    button = window.findChild(QToolButton, "leave_presenter_button")
    assert button is not None
    assert not button.isVisible()
    enter(qtbot, window)
    assert button.isVisible()
    assert button.accessibleName()
    assert "F11" in button.text()
    assert "Esc" in button.text()
    assert button.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonTextBesideIcon
    with_words = button.sizeHint().width()
    qtbot.waitUntil(lambda: button.sizeHint().width() < with_words / 2, timeout=10_000)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not window.isFullScreen()
    assert not button.isVisible()
    assert child(window, "transport").isVisible()


def test_a_card_is_laid_out_anew_for_large_type(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    canvas, card = child(window, "network_view"), child(window, "hover_card")
    qtbot.mouseMove(canvas, _place(window, 2, 3))
    qtbot.waitUntil(card.isVisible)
    enter(qtbot, window)
    qtbot.waitUntil(lambda: not card.isVisible() or card.size() == card.sizeHint())
    qtbot.mouseMove(canvas, _place(window, 2, 4))
    qtbot.waitUntil(card.isVisible)
    assert card.width() >= card.sizeHint().width()
    assert card.height() >= card.sizeHint().height()
    qtbot.keyClick(window, Qt.Key.Key_F11)
    qtbot.waitUntil(lambda: not card.isVisible() or card.size() == card.sizeHint())


def test_a_panel_opened_meanwhile_has_large_type_and_small_type_again(qtbot: QtBot, window: MainWindow) -> None:
    label = child(window, "drawing_label_combo")
    small = label.font().pointSize()
    enter(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_D)
    pad = child(window, "drawing_pad")
    qtbot.waitUntil(pad.isVisible)
    assert label.font().pointSize() >= 1.4 * small
    assert visible_docks(window) == {"dock_drawing"}
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert label.font().pointSize() == small


def test_the_keys_are_in_the_help() -> None:
    assert "| F11 |" in help_pages()["Keys"]
    assert "| N |" in help_pages()["Keys"]
    assert "F11" in help_pages()["Slow motion and the presenter's view"]


def test_the_hint_leaves_the_caption_its_room(qtbot: QtBot, window: MainWindow) -> None:
    window.findChild(QAction, "action_presenter_view").trigger()
    caption, button = child(window, "caption"), window.findChild(QToolButton, "leave_presenter_button")
    corner = child(window, "loss_corner")
    qtbot.waitUntil(lambda: button.isVisible() and corner.isVisible())
    qtbot.waitUntil(lambda: caption.width() > window.width() - corner.width() - 20)
    assert button.mapTo(window, button.rect().bottomLeft()).y() <= corner.mapTo(window, corner.rect().topLeft()).y() + 1


def test_another_theme_leaves_the_type_as_large_as_it_was(qtbot: QtBot, window: MainWindow) -> None:
    usual = child(window, "caption").font().pointSize()
    theme_manager().choose(ThemeChoice.DARK)
    assert child(window, "caption").font().pointSize() == usual
    enter(qtbot, window)
    parts = [child(window, name) for name in ("network_view", "stage_bar", "caption")]
    large = [part.font().pointSize() for part in parts]
    assert min(large) > 1.3 * SMALLEST_POINT_SIZE
    theme_manager().choose(ThemeChoice.LIGHT)
    assert [part.font().pointSize() for part in parts] == large


def test_another_theme_meanwhile_leaves_no_large_fields_behind(qtbot: QtBot, window: MainWindow) -> None:
    combos = window.findChildren(QComboBox)
    assert combos != []
    usual = [combo.minimumSizeHint() for combo in combos]
    enter(qtbot, window)
    theme_manager().choose(ThemeChoice.DARK)
    assert [combo.minimumSizeHint() for combo in combos] != usual  # Qt keeps what it is asked for here
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert [combo.minimumSizeHint() for combo in combos] == usual
