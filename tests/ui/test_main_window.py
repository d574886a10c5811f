"""The window as a whole: menus, keys, docks, notices, files, what it remembers."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QDockWidget,
    QFileDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListWidget,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QScrollBar,
    QTabBar,
    QTextBrowser,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.history import BatchPoints, EpochResult
from nnviz.core.playback import Frame, Phase
from nnviz.core.runs import MEGABYTE
from nnviz.session.session import Session
from nnviz.ui.actions import Actions
from nnviz.ui.caption import Caption
from nnviz.ui.files import dropped_file
from nnviz.ui.graph.legend import Legend
from nnviz.ui.graph.view import NetworkView
from nnviz.ui.help import help_pages
from nnviz.ui.log import log_file, start_logging
from nnviz.ui.main_window import MainWindow
from nnviz.ui.notices import Level, Notices
from nnviz.ui.panels import PANELS
from nnviz.ui.panels.panel import Panel
from nnviz.ui.preferences import Preferences
from nnviz.ui.status import loss_text
from nnviz.ui.theme import ThemeChoice, theme_manager
from tests.support.fake_trainer import FakeTrainer, faster
from tests.support.reference import example_preset
from tests.ui.conftest import MakeWindow

FIXED_ACTIONS = {
    "action_run": "Space",
    "action_step_forward": "Right",
    "action_step_back": "Left",
    "action_next_layer": "Shift+Right",
    "action_previous_layer": "Shift+Left",
    "action_next_batch": "Ctrl+Right",
    "action_previous_batch": "Ctrl+Left",
    "action_next_epoch": "E",
    "action_reset": "R",
    "action_reset_new_weights": "Shift+R",
    "action_play": "P",
    "action_fit": "F",
    "action_drawing_pad": "D",
    "action_open": "Ctrl+O",
    "action_save": "Ctrl+S",
    "action_save_as": "Ctrl+Shift+S",
    "action_undo": "Ctrl+Z",
    "action_redo": "Ctrl+Shift+Z",
    "action_help": "F1",
    "action_quit": "Ctrl+Q",
}


def action(window: MainWindow, name: str) -> QAction:
    found = window.findChild(QAction, name)
    assert found is not None, name
    return found


def text_of(window: QWidget, name: str) -> str:
    label = window.findChild(QLabel, name)
    assert label is not None, name
    return label.text()


def notices(window: MainWindow) -> list[str]:
    return [label.text() for label in window.findChildren(QLabel, "notice_text")]


def dock(window: MainWindow, name: str) -> QDockWidget:
    found = window.findChild(QDockWidget, f"dock_{name}")
    assert found is not None
    return found


def in_menus(window: MainWindow) -> set[str]:
    return {entry.objectName() for menu in window.findChildren(QMenu) for entry in menu.actions()}


# --- actions and keys -------------------------------------------------------------------------------------------------


def test_the_fixed_actions_have_their_keys_and_are_in_menus(window: MainWindow) -> None:
    listed = in_menus(window)
    for name, key in FIXED_ACTIONS.items():
        assert action(window, name).shortcut().toString() == key
        assert name in listed
        assert f"({key})" in action(window, name).toolTip()


def test_every_action_is_in_a_menu(window: MainWindow) -> None:
    actions = window.findChild(Actions)
    assert actions is not None
    listed = in_menus(window)
    assert [entry.objectName() for entry in actions if entry.objectName() not in listed] == []


def test_no_key_has_two_meanings(window: MainWindow) -> None:
    actions = window.findChild(Actions)
    assert actions is not None
    keys = [entry.shortcut().toString() for entry in actions if not entry.shortcut().isEmpty()]
    assert len(keys) == len(set(keys))


def test_the_help_lists_every_key(window: MainWindow) -> None:
    page = next(text for heading, text in help_pages().items() if heading == "Keys")
    names = {"Right": "→", "Left": "←"}
    for key in FIXED_ACTIONS.values():
        shown = "+".join(names.get(part, part) for part in key.split("+"))
        assert re.search(rf"(\| |and ){re.escape(shown)} (\||and)", page), key


def test_keys_walk(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    qtbot.keyClick(window, Qt.Key.Key_Right)
    qtbot.keyClick(window, Qt.Key.Key_Right)
    assert session.cursor.position == 2
    qtbot.keyClick(window, Qt.Key.Key_Left)
    assert session.cursor.position == 1
    qtbot.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert session.cursor.position == 2
    qtbot.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert session.cursor.position == 1
    qtbot.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.trace is not None and session.trace.step == 1)
    qtbot.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.trace is not None and session.trace.step == 0)


def test_keys_run_and_reset(qtbot: QtBot, window: MainWindow, session: Session, trainer: FakeTrainer) -> None:
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: session.run_state is f.RunState.RUNNING)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: session.can_step)
    qtbot.keyClick(window, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: c.Run(to_end_of_epoch=True) in trainer.commands)
    qtbot.keyClick(window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: c.Reset() in trainer.commands)
    qtbot.waitUntil(lambda: session.can_step)
    qtbot.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: c.Reset(new_weights=True) in trainer.commands)


def test_digits_pick_the_sample(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    qtbot.keyClick(window, Qt.Key.Key_3)
    assert session.cursor.sample == 2
    qtbot.keyClick(window, Qt.Key.Key_0)
    assert session.cursor.sample is None
    qtbot.keyClick(window, Qt.Key.Key_9)  # there are only four
    assert session.cursor.sample is None
    assert not action(window, "action_sample_9").isEnabled()


def test_an_edit_field_keeps_its_keys(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    field = QLineEdit(window)
    field.show()
    field.setFocus()
    for key in (Qt.Key.Key_Space, Qt.Key.Key_E, Qt.Key.Key_R, Qt.Key.Key_3):
        qtbot.keyClick(field, key)
    qtbot.keyClick(field, Qt.Key.Key_Left)
    qtbot.keyClick(field, Qt.Key.Key_Right)
    assert field.text() == " er3"
    assert session.run_state is f.RunState.PAUSED
    assert (session.cursor.position, session.cursor.sample) == (0, 0)
    qtbot.keyClick(field, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert session.trace is not None
    assert session.trace.step == 0


def test_a_number_field_keeps_its_keys(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    spin = window.findChild(QAbstractSpinBox, "batch_size_spin")
    assert spin is not None
    spin.setFocus()
    spin.selectAll()
    for key in (Qt.Key.Key_3, Qt.Key.Key_1, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_E):
        qtbot.keyClick(spin, key)
    assert spin.text().startswith("31")
    assert (session.cursor.position, session.cursor.sample) == (0, 0)
    assert session.run_state is f.RunState.PAUSED
    qtbot.keyClick(spin, Qt.Key.Key_Space)  # means nothing in a number
    qtbot.waitUntil(lambda: session.run_state is f.RunState.RUNNING)


def test_lists_keep_arrows_and_space_but_not_letters(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    rows = QListWidget(window)
    rows.addItems(["one", "two"])
    rows.setCurrentRow(0)
    rows.show()
    rows.setFocus()
    qtbot.keyClick(rows, Qt.Key.Key_Down)
    qtbot.keyClick(rows, Qt.Key.Key_Right)
    qtbot.keyClick(rows, Qt.Key.Key_Space)
    assert rows.currentRow() == 1
    assert session.cursor.position == 0
    assert session.run_state is f.RunState.PAUSED
    qtbot.keyClick(rows, Qt.Key.Key_3)
    assert session.cursor.sample == 2


def test_a_clicked_list_leaves_arrows_and_space_to_the_window(
    qtbot: QtBot, window: MainWindow, session: Session
) -> None:
    rows = window.findChild(QAbstractItemView, "sample_list")
    assert rows is not None
    middle = rows.visualRect(rows.model().index(1, 0)).center()
    qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    qtbot.waitUntil(rows.hasFocus)
    sample = session.cursor.sample
    qtbot.keyClick(rows, Qt.Key.Key_Right)
    qtbot.keyClick(rows, Qt.Key.Key_Right)
    qtbot.keyClick(rows, Qt.Key.Key_Left)
    assert (session.cursor.position, session.cursor.sample) == (1, sample)
    window.setFocus()
    rows.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(rows, Qt.Key.Key_Right)
    assert session.cursor.position == 1


def test_space_presses_a_button_that_was_reached_with_tab(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    button = window.findChild(QToolButton, "button_step_forward")
    assert button is not None
    button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert session.cursor.position == 1
    assert session.run_state is f.RunState.PAUSED


def test_a_clicked_button_does_not_take_space_away_from_run(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    button = window.findChild(QToolButton, "button_step_forward")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not button.hasFocus()
    for each in window.findChildren(QAbstractButton):
        assert not each.focusPolicy() & Qt.FocusPolicy.ClickFocus, each.objectName()


def test_save_and_export_wait_for_something_to_save(make_window: MakeWindow) -> None:
    window, _ = make_window()
    for name in (
        "action_save",
        "action_save_as",
        "action_export_step",
        "action_run",
        "action_reset",
        "action_step_forward",
    ):
        assert not action(window, name).isEnabled(), name


def made_by_qt(widget: QWidget) -> bool:
    """Scroll bars, the list of a combo box, the buttons of a tab bar or of a dock's title; and what is hidden."""
    ancestor = widget.parentWidget()
    while ancestor is not None and not isinstance(ancestor, (Panel, MainWindow)):
        if isinstance(ancestor, (QComboBox, QTabBar, QAbstractItemView)):
            return True
        ancestor = ancestor.parentWidget()
    return (
        (ancestor is not None and not widget.isVisibleTo(ancestor))
        or isinstance(widget, (QScrollBar, QHeaderView))
        or isinstance(widget.parentWidget(), QDockWidget)
        or widget.objectName().startswith("qt_")
    )


@pytest.mark.parametrize("kind", [QAbstractButton, QAbstractSlider, QComboBox, QAbstractSpinBox, QAbstractItemView])
def test_what_a_person_can_operate_has_a_name(qtbot: QtBot, window: MainWindow, kind: type[QWidget]) -> None:
    window.complete()
    qtbot.waitUntil(lambda: all(dock(window, entry.name).widget() for entry in PANELS))
    nameless = [
        f"{type(widget).__name__} {widget.objectName()!r} in {widget.parentWidget()}"
        for widget in window.findChildren(kind)
        if not made_by_qt(widget)
        and not (widget.objectName() and (widget.accessibleName() or getattr(widget, "text", str)()))
    ]
    assert nameless == []


# --- the first moments ------------------------------------------------------------------------------------------------


def test_the_network_is_there_before_the_trainer_is(
    qtbot: QtBot, make_window: MakeWindow, trainer: FakeTrainer
) -> None:
    trainer.hold.clear()
    window, session = make_window()
    window.show()
    view = window.findChild(NetworkView)
    assert view is not None
    empty = view.grab().toImage()
    window.open_preset(example_preset())
    assert text_of(window, "status_work") == "Starting PyTorch…"
    assert view.grab().toImage() != empty
    trainer.hold.set()
    qtbot.waitUntil(lambda: session.can_step)
    assert text_of(window, "status_work") == ""


def test_the_first_start_says_what_to_press_once(
    qtbot: QtBot, make_window: MakeWindow, window: MainWindow, session: Session
) -> None:
    assert notices(window) == ["Press Space to train, → to take one step."]
    qtbot.keyClick(window, Qt.Key.Key_Right)
    assert notices(window) == []
    window.close()
    second, session = make_window()
    second.open_preset(example_preset())
    qtbot.waitUntil(lambda: session.can_step)
    assert notices(second) == []


def test_presets_are_in_the_menu(qtbot: QtBot, window: MainWindow, session: Session, trainer: FakeTrainer) -> None:
    with qtbot.waitSignal(session.loaded):
        action(window, "action_preset_xor").trigger()
    qtbot.waitUntil(lambda: session.can_step)
    assert session.preset is not None
    assert session.preset.title in window.windowTitle()


# --- docks ------------------------------------------------------------------------------------------------------------


def test_every_panel_has_a_dock_and_a_menu_entry(window: MainWindow) -> None:
    menu = window.findChild(QMenu, "menu_panels")
    assert menu is not None
    entries = menu.actions()
    assert len(entries) == len(PANELS)
    for entry in PANELS:
        assert window.dockWidgetArea(dock(window, entry.name)) == entry.area
        assert dock(window, entry.name).toggleViewAction() in entries


def test_frames_go_only_to_panels_that_can_be_seen(
    qtbot: QtBot, window: MainWindow, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Frame | None] = []
    hidden = dock(window, "inspector").widget()
    monkeypatch.setattr(hidden, "show_frame", shown.append)
    session.step_forward()
    assert shown == []
    dock(window, "inspector").raise_()
    qtbot.waitUntil(lambda: shown == [session.frame])
    session.step_forward()
    assert shown[-1] is session.frame


def test_d_brings_the_drawing_pad(qtbot: QtBot, window: MainWindow) -> None:
    pad = dock(window, "drawing").widget()
    assert pad.visibleRegion().isEmpty()
    qtbot.keyClick(window, Qt.Key.Key_D)
    qtbot.waitUntil(lambda: not pad.visibleRegion().isEmpty())


def test_no_tab_bar_is_left_over(qtbot: QtBot, window: MainWindow) -> None:
    action(window, "action_reset_layout").trigger()

    def seen() -> list[int]:
        bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        # Qt keeps the bar of a group with one visible dock outside of the window
        return [bar.count() for bar in bars if bar.isVisible() and window.rect().intersects(bar.geometry())]

    qtbot.waitUntil(lambda: seen() == [3, 3])


def test_the_layout_is_remembered_and_can_be_reset(qtbot: QtBot, window: MainWindow, make_window: MakeWindow) -> None:
    dock(window, "loss").close()
    window.resize(1100, 700)
    action(window, "action_theme_dark").trigger()
    action(window, "action_reduce_motion").trigger()
    window.close()
    second, _ = make_window()
    second.show()
    assert not dock(second, "loss").isVisible()
    assert theme_manager().theme.dark
    assert action(second, "action_reduce_motion").isChecked()
    assert action(second, "action_theme_dark").isChecked()
    action(second, "action_reset_layout").trigger()
    assert dock(second, "loss").isVisible()


def test_the_memory_for_going_back_is_remembered(
    qtbot: QtBot, window: MainWindow, make_window: MakeWindow, trainer: FakeTrainer
) -> None:
    def spin(of: MainWindow) -> QAbstractSpinBox:
        found = of.findChild(QAbstractSpinBox, "training_memory_spin")
        assert found is not None
        return found

    assert not trainer.told(c.SetMemoryLimit)
    spin(window).selectAll()
    qtbot.keyClicks(spin(window), "64")
    qtbot.keyClick(spin(window), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: trainer.told(c.SetMemoryLimit) == [c.SetMemoryLimit(64 * MEGABYTE)])
    window.close()
    second, session = make_window()
    second.show()
    known = len(trainer.commands)
    assert len(trainer.told(c.SetMemoryLimit)) == 1
    second.open_preset(example_preset())
    qtbot.waitUntil(lambda: session.can_step)
    assert trainer.commands[known] == c.SetMemoryLimit(64 * MEGABYTE)
    assert spin(second).text().startswith("64")


@pytest.mark.parametrize("rubbish", ["rubbish", b"\x00\xff\x00", 7, ["a", "b"]])
def test_a_layout_that_cannot_be_read_is_ignored(qtbot: QtBot, make_window: MakeWindow, rubbish: object) -> None:
    Preferences().save()
    window, _ = make_window()
    window.show()
    window.close()
    file = next(Path(log_file().parents[3]).rglob("nnviz.ini"))
    settings = QSettings(str(file), QSettings.Format.IniFormat)
    for name in ("layout", "geometry", "theme", "speed", "reduced_motion", "hint_seen", "memory_limit"):
        settings.setValue(name, rubbish)
    settings.sync()
    second, _ = make_window()
    second.show()
    shown = [entry.name for entry in PANELS if dock(second, entry.name).toggleViewAction().isChecked()]
    assert shown == [entry.name for entry in PANELS if entry.shown_at_first]


def test_a_click_in_the_picture_reaches_caption_and_inspector(window: MainWindow, session: Session) -> None:
    view, caption = window.findChild(NetworkView), window.findChild(Caption)
    assert view is not None
    assert caption is not None
    session.go_to_position(3)
    view.neuron_pinned.emit(2, 7)
    assert "a₇" in caption.text()
    assert not dock(window, "inspector").widget().visibleRegion().isEmpty()
    view.edge_pinned.emit(2, 6, 1)
    assert "a₆" in caption.text()
    view.unpinned.emit()
    session.step_forward()
    assert caption.text()


# --- notices ----------------------------------------------------------------------------------------------------------


def test_a_failure_is_a_notice_that_can_be_dismissed(
    qtbot: QtBot, window: MainWindow, session: Session, trainer: FakeTrainer
) -> None:
    trainer.answer = [f.Failed("That file is broken.")]
    with qtbot.waitSignal(session.failed):
        session.open_file(Path("broken.json"))
    assert "That file is broken." in notices(window)
    dismiss = window.findChild(QToolButton, "notice_dismiss")
    for _ in range(len(notices(window))):
        dismiss = window.findChild(QToolButton, "notice_dismiss")
        qtbot.mouseClick(dismiss, Qt.MouseButton.LeftButton)
    assert notices(window) == []


def test_a_failure_of_a_panel_is_a_notice_only_while_that_panel_is_hidden(
    qtbot: QtBot, window: MainWindow, session: Session, trainer: FakeTrainer
) -> None:
    for place, expected in ((f.Place.TRAINING, False), (f.Place.ARCHITECTURE, True)):
        trainer.answer = [f.Failed(f"No, says {place}.", place)]
        with qtbot.waitSignal(session.failed):
            session.set_memory_limit(1)
        assert (f"No, says {place}." in notices(window)) is expected


def test_divergence_offers_the_way_back(
    qtbot: QtBot, window: MainWindow, session: Session, trainer: FakeTrainer
) -> None:
    trainer.answer = [f.Diverged(41, "Hidden 2", "weighted sum", can_recover=True)]
    with qtbot.waitSignal(session.diverged):
        session.set_memory_limit(1)
    text = notices(window)[-1]
    assert "Hidden 2" in text
    assert "weighted sum" in text
    assert "step 42" in text
    way_back = window.findChild(QPushButton, "notice_action")
    assert way_back is not None
    for label in window.findChildren(QLabel, "notice_text"):
        qtbot.waitUntil(lambda label=label: label.height() >= label.heightForWidth(label.width()))
    assert way_back.text() == "Go back and use a tenth of the learning rate"
    qtbot.mouseClick(way_back, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(trainer.told(c.RecoverFromDivergence)))
    assert text not in notices(window)


def test_without_a_way_back_the_notice_says_what_to_do_and_goes_with_the_problem(
    qtbot: QtBot, window: MainWindow, session: Session, trainer: FakeTrainer
) -> None:
    trainer.answer = [f.Diverged(0, "Output", "loss", can_recover=False)]
    with qtbot.waitSignal(session.diverged):
        session.set_memory_limit(1)
    assert "Reset" in notices(window)[-1]
    assert window.findChild(QPushButton, "notice_action") is None
    with qtbot.waitSignal(session.trace_recorded):
        session.reset()
    assert not any("no longer a number" in text for text in notices(window))


def test_another_optimizer_is_said_to_start_afresh(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    assert session.preset is not None
    with qtbot.waitSignal(session.training_changed):
        session.set_training(faster(session.preset.training, "adagrad"))
    assert not any("starts afresh" in text for text in notices(window))  # no step, no state
    session.next_batch()
    qtbot.waitUntil(lambda: session.can_step and session.progress is not None and session.progress.step > 0)
    with qtbot.waitSignal(session.training_changed):
        session.set_training(faster(session.preset.training, "rmsprop"))
    assert "RMSprop starts afresh, with learning rate 0.01; the weights are kept." in notices(window)
    before = len(notices(window))
    with qtbot.waitSignal(session.training_changed):
        session.set_training(replace(session.preset.training, batch_size=7))
    assert len(notices(window)) == before


def test_notices_do_not_pile_up(qtbot: QtBot, window: MainWindow, session: Session, trainer: FakeTrainer) -> None:
    strip = window.findChild(Notices)
    assert strip is not None
    strip.show_notice(Level.WARNING, "Careful.")
    for number in (1, 2, 3, 3):
        trainer.answer = [f.Failed(f"Problem {number}")]
        with qtbot.waitSignal(session.failed):
            session.open_file(Path("x.json"))
    hint = "Press Space to train, → to take one step."
    assert sorted(notices(window)) == ["Careful.", hint, "Problem 3"]
    for number in (1, 2, 3):
        strip.show_notice(Level.WARNING, f"Warning {number}")
    assert sorted(notices(window)) == [hint, "Warning 2", "Warning 3"]


def test_two_problems_at_a_time_leave_the_picture_its_room(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1280, 720)
    strip, view, legend = window.findChild(Notices), window.findChild(NetworkView), window.findChild(Legend)
    assert strip is not None
    assert view is not None
    assert legend is not None
    for level, name in ((Level.WARNING, "one"), (Level.WARNING, "two"), (Level.ERROR, "three")):
        strip.show_notice(level, f"{name} went wrong, and there is a lot to be said about it: " + "much more. " * 8)
    qtbot.waitUntil(lambda: strip.geometry().top() > view.geometry().bottom())
    assert legend.geometry().bottom() <= view.height()
    assert view.height() > 200


def test_the_title_follows_the_file(
    qtbot: QtBot, window: MainWindow, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert session.preset is not None
    title = session.preset.title
    assert window.windowTitle() == f"{title} – nnviz"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *arguments: (str(tmp_path / "lesson.nnviz"), ""))
    with qtbot.waitSignal(session.saved):
        qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert window.windowTitle() == f"lesson.nnviz[*] – {title} – nnviz"


def test_of_what_is_merely_worth_knowing_only_the_newest_is_shown(
    qtbot: QtBot, window: MainWindow, session: Session, trainer: FakeTrainer
) -> None:
    for name in ("one.nnviz", "two.nnviz"):
        with qtbot.waitSignal(session.saved):
            session.save_file(Path(name))
    trainer.answer = [f.Failed("That did not work.")]
    with qtbot.waitSignal(session.failed):
        session.open_file(Path("x.json"))
    with qtbot.waitSignal(session.saved):
        session.save_file(Path("three.nnviz"))
    assert sorted(notices(window)) == ["Saved as three.nnviz.", "That did not work."]


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900)])
def test_what_is_said_for_a_moment_leaves_headers_and_output_free(window: MainWindow, size: tuple[int, int]) -> None:
    window.resize(*size)
    QApplication.processEvents()
    area, view = window.findChild(QWidget, "toasts"), window.findChild(NetworkView)
    legend = window.findChild(Legend)
    assert area is not None
    assert view is not None
    assert legend is not None
    assert area.isVisible()
    assert area.height() <= 3 * area.fontMetrics().height()
    assert area.geometry().top() > 0.75 * view.height()
    assert area.geometry().bottom() < legend.geometry().top()
    output = len(view.findChild(QWidget, "network_view").accessibleDescription().split(",")) - 1
    assert area.geometry().right() < view.position_of(output, 0).x() - 5


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900)])
def test_what_lasts_covers_nothing(
    qtbot: QtBot, window: MainWindow, session: Session, trainer: FakeTrainer, size: tuple[int, int]
) -> None:
    window.resize(*size)
    view, before = window.findChild(NetworkView), window.findChild(QWidget, "notices")
    assert view is not None
    assert before is not None
    assert not before.isVisible()
    trainer.answer = [f.Failed("That did not work, and there is a lot to be said about it: " + "much more. " * 8)]
    with qtbot.waitSignal(session.failed):
        session.open_file(Path("x.json"))
    qtbot.waitUntil(before.isVisible)
    label = before.findChild(QLabel, "notice_text")
    assert label is not None
    qtbot.waitUntil(lambda: before.geometry().top() > view.geometry().bottom())
    assert label.height() >= label.heightForWidth(label.width())  # all of it can be read
    qtbot.mouseClick(before.findChild(QToolButton, "notice_dismiss"), Qt.MouseButton.LeftButton)
    assert not before.isVisible()


@pytest.mark.parametrize(
    ("loss", "text"),
    [(137.04, "137.0"), (0.012345, "0.01235"), (9876.5, "9876"), (12345.6, "1.235·10⁴"), (3.584e-7, "3.584·10⁻⁷")],
)
def test_a_loss_has_four_digits(loss: float, text: str) -> None:
    assert loss_text(loss) == text


def test_missing_data_bring_the_data_panel(
    qtbot: QtBot, window: MainWindow, session: Session, trainer: FakeTrainer
) -> None:
    trainer.answer = [f.DataMissing(example_preset(), "MNIST", "not here")]
    with qtbot.waitSignal(session.data_missing):
        session.load_preset(example_preset())
    qtbot.waitUntil(lambda: not dock(window, "data").widget().visibleRegion().isEmpty())


# --- status bar -------------------------------------------------------------------------------------------------------


def test_the_status_bar_follows(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    assert text_of(window, "status_epoch") == "1"
    assert text_of(window, "status_batch") == "1/5"
    assert text_of(window, "status_loss") == "–"
    session.go_to_position(next(i for i, stage in enumerate(session.walk) if stage.phase is Phase.LOSS))
    assert session.trace is not None
    assert session.trace.loss is not None
    assert float(text_of(window, "status_loss")) == pytest.approx(session.trace.loss, rel=1e-2)
    session.run()
    qtbot.waitUntil(lambda: int(text_of(window, "status_epoch")) > 2)
    assert text_of(window, "status_speed") == "1,234"
    session.pause()
    qtbot.waitUntil(lambda: session.can_step)
    assert text_of(window, "status_speed") == "–"
    assert text_of(window, "status_device") == "CPU"


def test_the_training_accuracy_is_the_engines_and_between_epochs_the_last_ones(
    qtbot: QtBot, window: MainWindow, session: Session, trainer: FakeTrainer
) -> None:
    def shown_after(**facts: object) -> str:
        assert session.progress is not None
        trainer.answer = [replace(session.progress, **{"points": (), "epochs": (), **facts})]
        with qtbot.waitSignal(session.progressed):
            session.set_memory_limit(2**20)
        return text_of(window, "status_accuracy")

    result = EpochResult(1, 3, 1.0, 0.625, 1.0, 0.5, 0.1)
    assert text_of(window, "status_accuracy") == "–"
    # an epoch that has begun at any step: batches were of another size before, or there were drawings among them
    points = (BatchPoints(session.progress.step, np.array([1.0, 1.0], np.float32), np.array([0.0, 1.0], np.float32)),)
    assert shown_after(points=points, epoch_accuracy=0.875) == "87.5 %"
    assert shown_after(epoch_accuracy=None, epochs=(result,)) == "62.5 %"
    assert shown_after(epoch_accuracy=0.25) == "25.0 %"


# --- files ------------------------------------------------------------------------------------------------------------


def test_open_save_and_export_ask_for_a_file(
    qtbot: QtBot,
    window: MainWindow,
    session: Session,
    trainer: FakeTrainer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = {"save": str(tmp_path / "mine"), "open": str(tmp_path / "mine.nnviz")}
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *arguments: (asked["save"], arguments[-1].split(";;")[0])
    )
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: (asked["open"], ""))
    with qtbot.waitSignal(session.saved):
        action(window, "action_save").trigger()
    assert trainer.told(c.SaveFile) == [c.SaveFile(tmp_path / "mine.nnviz")]
    assert any("mine.nnviz" in text for text in notices(window))
    with qtbot.waitSignal(session.saved):
        action(window, "action_export_step").trigger()
    assert trainer.told(c.ExportStep) == [c.ExportStep(tmp_path / "mine.npz")]
    asked["save"] = str(tmp_path / "plain.json")
    with qtbot.waitSignal(session.saved):
        action(window, "action_save_as").trigger()
    assert trainer.told(c.SaveFile)[-1] == c.SaveFile(tmp_path / "plain.json")
    with qtbot.waitSignal(session.loaded):
        action(window, "action_open").trigger()
    asked["save"] = asked["open"] = ""
    before = len(trainer.commands)
    for name in ("action_save_as", "action_open", "action_export_step"):
        action(window, name).trigger()
    assert len(trainer.told(c.SaveFile)) == 2
    assert len(trainer.told(c.OpenFile)) == 1
    assert len(trainer.commands) - before <= 1


@pytest.mark.parametrize(("name", "welcome"), [("a.nnviz", True), ("a.JSON", True), ("a.png", False)])
def test_a_dropped_file_is_opened(
    qtbot: QtBot, window: MainWindow, session: Session, trainer: FakeTrainer, name: str, welcome: bool
) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(f"/somewhere/{name}")])
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, none)
    enter.ignore()
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted() is welcome
    drop = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, none)
    QApplication.sendEvent(window, drop)
    if welcome:
        qtbot.waitUntil(lambda: trainer.told(c.OpenFile) == [c.OpenFile(Path(f"/somewhere/{name}"))])
        qtbot.waitUntil(lambda: session.can_step)


def test_only_one_local_file_can_be_dropped() -> None:
    data = QMimeData()
    assert dropped_file(data) is None
    data.setUrls([QUrl("https://example.org/a.json")])
    assert dropped_file(data) is None
    data.setUrls([QUrl.fromLocalFile("/a.json"), QUrl.fromLocalFile("/b.json")])
    assert dropped_file(data) is None


# --- help and log -----------------------------------------------------------------------------------------------------


def test_f1_opens_the_help(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F1)
    help_window = window.findChild(QDialog, "help_window")
    assert help_window is not None
    assert not help_window.isModal()
    contents = help_window.findChild(QListWidget, "help_contents")
    page = help_window.findChild(QTextBrowser, "help_page")
    assert contents is not None
    assert page is not None
    assert "First steps" in page.toPlainText()
    headings = [contents.item(row).text() for row in range(contents.count())]
    widest = max(contents.fontMetrics().horizontalAdvance(heading) for heading in headings)
    qtbot.waitUntil(lambda: contents.viewport().width() >= widest)
    contents.setFocus()
    for _ in range(contents.count() - 1):
        qtbot.keyClick(contents, Qt.Key.Key_Down)
    assert "Space" in page.toPlainText()
    help_window.close()


def test_the_log_can_be_seen(qtbot: QtBot, window: MainWindow, session: Session, trainer: FakeTrainer) -> None:
    handler = start_logging()
    assert handler is not None
    trainer.answer = [f.Failed("Not like this.", details="line 7")]
    with qtbot.waitSignal(session.failed):
        session.open_file(Path("x.json"))
    action(window, "action_show_log").trigger()
    log_window = window.findChild(QDialog, "log_window")
    assert log_window is not None
    text = log_window.findChild(QPlainTextEdit, "log_text")
    assert text is not None
    assert "Not like this. line 7" in text.toPlainText()
    log_window.close()
    logging.getLogger().removeHandler(handler)
    handler.close()


def test_without_a_log_the_log_window_says_so(qtbot: QtBot, window: MainWindow) -> None:
    action(window, "action_show_log").trigger()
    text = window.findChild(QPlainTextEdit, "log_text")
    assert text is not None
    assert text.toPlainText() == "Nothing has been logged yet."


def test_a_log_that_cannot_be_written_stops_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert start_logging() is None


def test_about_blocks_nothing(qtbot: QtBot, window: MainWindow) -> None:
    action(window, "action_about").trigger()
    box = window.findChild(QDialog, "about_box")
    assert box is not None
    assert not box.isModal()
    box.close()


# --- looks and the end ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", [ThemeChoice.LIGHT, ThemeChoice.DARK])
def test_both_themes_can_be_chosen(window: MainWindow, choice: ThemeChoice) -> None:
    action(window, f"action_theme_{choice}").trigger()
    picture = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    corner = picture.pixelColor(3, window.height() - 3).lightnessF()
    assert (corner < 0.5) is (choice is ThemeChoice.DARK)


@pytest.mark.parametrize("width", [1280, 1920])
def test_the_caption_never_moves_the_picture(qtbot: QtBot, window: MainWindow, session: Session, width: int) -> None:
    window.resize(width, 720)
    view = window.findChild(NetworkView)
    assert view is not None
    QApplication.processEvents()
    height = view.height()
    for _ in range(len(session.walk) - 1):
        session.step_forward()
        QApplication.processEvents()
        assert view.height() == height


def test_closes_while_training(qtbot: QtBot, window: MainWindow, session: Session, trainer: FakeTrainer) -> None:
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: trainer.step > 3)
    assert window.close()
    assert window.close()  # a second time does no harm


def test_quits(qtbot: QtBot, window: MainWindow) -> None:
    action(window, "action_quit").trigger()
    assert not window.isVisible()
