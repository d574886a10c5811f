"""Whose the keys are after a click, after Tab, and in an edit field. Clicks arrive at the window, as from a mouse."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from nnviz.core.facts import RunState
from nnviz.session.session import Session
from nnviz.ui.main_window import MainWindow

LEFT = Qt.MouseButton.LeftButton
ARROWS_OF_SPIN = QPoint(8, 6)  # from its upper right corner


def click(qtbot: QtBot, window: MainWindow, widget: QWidget, place: QPoint | None = None) -> None:
    """Click into a widget, by way of the window."""
    place = widget.rect().center() if place is None else place
    qtbot.mouseClick(window.windowHandle(), LEFT, pos=widget.mapTo(window, place))


def press(qtbot: QtBot, window: MainWindow, key: Qt.Key) -> None:
    qtbot.keyClick(window.windowHandle(), key)


def show(qtbot: QtBot, window: MainWindow, name: str, panel: str) -> QWidget:
    """Find a widget, with its panel in front."""
    dock = window.findChild(QDockWidget, f"dock_{panel}")
    if not dock.isVisible():
        dock.toggleViewAction().trigger()
    dock.raise_()
    qtbot.waitUntil(lambda: window.findChild(QWidget, name) is not None)
    widget = window.findChild(QWidget, name)
    qtbot.waitUntil(lambda: widget.isVisible() and not widget.visibleRegion().isEmpty())
    return widget


def assert_the_keys_are_the_windows(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    begun = session.cursor.position
    for key, position in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_Right, 2), (Qt.Key.Key_Left, 1)):
        press(qtbot, window, key)
        assert session.cursor.position == begun + position
    for state in (RunState.RUNNING, RunState.PAUSED):
        press(qtbot, window, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda state=state: session.run_state is state)


@pytest.mark.parametrize(
    ("panel", "name"),
    [
        ("samples", "sample_list"),
        ("inspector", "poke_slider"),
        ("inspector", "inspector_facts"),
        ("training", "training_scroll"),
        ("confusion", "confusion_table"),
        ("drawing", "drawing_pad"),
    ],
)
def test_after_a_click_the_keys_are_the_windows(
    qtbot: QtBot, window: MainWindow, session: Session, panel: str, name: str
) -> None:
    if panel == "inspector":
        layer = len(session.trace.layers) - 1
        window.findChild(QWidget, "network_view").edge_pinned.emit(layer, 0, 0)
    widget = show(qtbot, window, name, panel)
    click(qtbot, window, widget, widget.visibleRegion().boundingRect().center())
    if name == "drawing_pad":  # that was a dot, through which the keys walk now
        qtbot.waitUntil(lambda: session.cursor.overview)
        press(qtbot, window, Qt.Key.Key_Left)
        assert session.cursor.position == len(session.walk) - 2
        session.show_drawing(None)
    assert_the_keys_are_the_windows(qtbot, window, session)


def test_a_dragged_slider_is_not_moved_by_the_arrows(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    window.findChild(QWidget, "network_view").edge_pinned.emit(len(session.trace.layers) - 1, 0, 0)
    slider = show(qtbot, window, "poke_slider", "inspector")
    assert isinstance(slider, QAbstractSlider)
    click(qtbot, window, slider)
    press(qtbot, window, Qt.Key.Key_Right)
    assert session.cursor.position == 1
    window.setFocus()
    before = slider.value()
    slider.setFocus(Qt.FocusReason.TabFocusReason)
    press(qtbot, window, Qt.Key.Key_Right)
    assert slider.value() != before
    assert session.cursor.position == 1
    click(qtbot, window, window.findChild(QTabBar))  # which takes no focus: the slider keeps it, but not the keys
    press(qtbot, window, Qt.Key.Key_Left)
    assert session.cursor.position == 0


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
@pytest.mark.parametrize("key", [None, Qt.Key.Key_Space], ids=["opened by a click", "opened with Space"])
def test_a_list_that_was_chosen_from_leaves_space_to_the_window(
    qtbot: QtBot, window: MainWindow, session: Session, key: Qt.Key | None
) -> None:
    combo = window.findChild(QComboBox, "edge_mode_combo")
    if key is None:
        click(qtbot, window, combo)
    else:
        combo.setFocus(Qt.FocusReason.TabFocusReason)
        press(qtbot, window, key)
    qtbot.waitUntil(combo.view().isVisible)
    row = combo.view().visualRect(combo.model().index(3, 0)).center()
    popup = combo.view().window()
    place = combo.view().viewport().mapTo(popup, row)

    def choose() -> bool:
        """Qt takes no click until a moment after the list has opened: that may be a double click."""
        if combo.view().isVisible():
            qtbot.mouseClick(popup.windowHandle(), LEFT, pos=place)
        return combo.currentIndex() == 3

    qtbot.waitUntil(choose)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is None)
    assert_the_keys_are_the_windows(qtbot, window, session)
    assert QApplication.activePopupWidget() is None


@pytest.mark.parametrize("name", ["edge_mode_combo", "scale_combo"])
def test_the_choice_is_written_in_full(qtbot: QtBot, window: MainWindow, name: str) -> None:
    combo = window.findChild(QComboBox, name)
    for index in range(combo.count()):
        combo.setCurrentIndex(index)
        needed = combo.fontMetrics().horizontalAdvance(combo.currentText())
        qtbot.waitUntil(lambda needed=needed: combo.width() >= needed + combo.height() // 2)


def test_a_click_on_the_arrows_of_a_number_leaves_the_keys_to_the_window(
    qtbot: QtBot, window: MainWindow, session: Session
) -> None:
    field = show(qtbot, window, "batch_size_spin", "training")
    assert isinstance(field, QAbstractSpinBox)
    before = field.text()
    click(qtbot, window, field, QPoint(field.width() - ARROWS_OF_SPIN.x(), ARROWS_OF_SPIN.y()))
    assert field.text() != before
    assert_the_keys_are_the_windows(qtbot, window, session)


def test_a_field_keeps_its_keys_until_somebody_clicks_beside_it(
    qtbot: QtBot, window: MainWindow, session: Session
) -> None:
    field = show(qtbot, window, "learning_rate_spin", "training")
    assert isinstance(field, QAbstractSpinBox)
    click(qtbot, window, field, QPoint(20, field.height() // 2))
    field.selectAll()
    for key in (Qt.Key.Key_0, Qt.Key.Key_Period, Qt.Key.Key_2, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_5):
        press(qtbot, window, key)
    assert field.text() == "0.25"
    assert session.cursor.position == 0
    click(qtbot, window, window.findChild(QTabBar))
    assert not field.hasFocus()
    assert session.preset is not None
    qtbot.waitUntil(lambda: session.preset.training.optimizer.settings.get("lr") == 0.25)
    assert_the_keys_are_the_windows(qtbot, window, session)


def test_a_list_reached_with_tab_keeps_its_arrows(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    rows = show(qtbot, window, "sample_list", "samples")
    assert isinstance(rows, QAbstractItemView)
    rows.setFocus(Qt.FocusReason.TabFocusReason)
    press(qtbot, window, Qt.Key.Key_Right)
    assert session.cursor.position == 0


@pytest.mark.parametrize("by_tab", [False, True], ids=["clicked", "reached with Tab"])
def test_a_menu_gives_the_keys_back_to_whom_they_belonged(
    qtbot: QtBot, window: MainWindow, session: Session, by_tab: bool
) -> None:
    rows = show(qtbot, window, "sample_list", "samples")
    if by_tab:
        rows.setFocus(Qt.FocusReason.TabFocusReason)
    else:
        click(qtbot, window, rows, rows.visibleRegion().boundingRect().center())
    window.menuBar().setFocus(Qt.FocusReason.MenuBarFocusReason)  # as Alt+F does
    rows.setFocus(Qt.FocusReason.MenuBarFocusReason)
    press(qtbot, window, Qt.Key.Key_Right)
    assert session.cursor.position == (0 if by_tab else 1)
