from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QKeySequence, QWheelEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QDoubleSpinBox, QLabel, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.settings import Choice, Number, Option, Switch
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.number_field import parsed, stepped, written
from nnviz.ui.widgets.settings_form import SettingsForm

RATE = Number("Learning rate", "Size of a step.", 1e-6, 10.0, logarithmic=True)
PENALTY = Number("Penalty", "Keeps weights small.", 0.0, 10.0, step=0.001, logarithmic=True)
UNITS = Number("Units", "Neurons.", 1, 16_384, integer=True)
SHARE = Number("Share", "Of all.", 0.0, 0.9, step=0.05)
MEMORY = Number("Memory", "For going back.", 1, 1024, integer=True, step=64, unit="MB")
KIND = Choice("Kind", "Which.", (Option("a", "Alpha", "The first."), Option("b", "Beta")))
BIAS = Switch("Bias", "Add a number.")
SETTINGS = {"lr": RATE, "units": UNITS, "share": SHARE, "memory": MEMORY, "kind": KIND, "bias": BIAS}
VALUES = {"lr": 0.001, "units": 20, "share": 0.2, "memory": 256, "kind": "a", "bias": True}


class Received(list):
    """What a form has sent."""


@pytest.fixture
def form(qtbot: QtBot) -> SettingsForm:
    theme_manager()
    form = SettingsForm(SETTINGS, VALUES, "test", {"lr": "learning_rate_spin"})
    qtbot.addWidget(form)
    form.show()
    qtbot.waitExposed(form)
    return form


@pytest.fixture
def received(form: SettingsForm) -> Received:
    received = Received()
    form.changed.connect(received.append)
    return received


def spin(form: QWidget, name: str = "learning_rate_spin") -> QDoubleSpinBox:
    return form.findChild(QDoubleSpinBox, name)


def problem(form: QWidget, name: str = "learning_rate_spin") -> str:
    label = form.findChild(QLabel, f"{name}_problem")
    return label.text() if label.isVisible() else ""


def enter(qtbot: QtBot, field: QDoubleSpinBox, text: str) -> None:
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def turn_wheel(field: QWidget) -> None:
    middle = QPointF(field.rect().center())
    event = QWheelEvent(
        middle,
        field.mapToGlobal(middle),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(field, event)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3e-4", 3e-4),
        ("0,001", 0.001),
        (" 1 000 ", 1000),
        ("−1", -1),
        ("1E20", 1e20),
        ("abc", None),
        ("", None),
        ("1,000,000", None),
        ("nan", None),
        ("1e999", None),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, value: float | None) -> None:
    assert parsed(text) == value


def test_whole_numbers_may_be_grouped() -> None:
    assert parsed("10,000,000", integer=True) == 10_000_000
    assert parsed("1,5", integer=True) == 1.5


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e100, max_value=1e100))
def test_a_written_number_is_read_back(value: float) -> None:
    read = parsed(written(value))
    assert read is not None
    assert math.isclose(read, value, rel_tol=1e-11)


@pytest.mark.parametrize(
    ("number", "value", "up", "down"),
    [
        (RATE, 0.001, 0.003, 0.0003),
        (RATE, 0.002, 0.003, 0.001),
        (RATE, 10.0, 10.0, 3.0),
        (RATE, 1e-6, 3e-6, 1e-6),
        (RATE, 0.0, 1e-6, 1e-6),
        (RATE, 1e20, 10.0, 10.0),
        (PENALTY, 0.0, 0.001, 0.0),
        (PENALTY, 0.001, 0.003, 0.0),
        (PENALTY, 1e-5, 3e-5, 3e-6),
        (UNITS, 20, 21, 19),
        (UNITS, 1, 2, 1),
        (SHARE, 0.2, 0.25, 0.15),
        (MEMORY, 256, 320, 192),
    ],
)
def test_a_step_fits_the_size_of_the_number(number: Number, value: float, up: float, down: float) -> None:
    assert stepped(number, value, 1) == up
    assert stepped(number, value, -1) == down


def test_fields_have_names_and_teach(form: SettingsForm) -> None:
    assert spin(form).accessibleName() == "Learning rate"
    assert "Size of a step." in spin(form).toolTip()
    assert spin(form, "test_units_spin").value() == 20
    assert form.findChild(QComboBox, "test_kind_combo").currentText() == "Alpha"
    assert "The first." in form.findChild(QComboBox, "test_kind_combo").toolTip()
    assert form.findChild(QCheckBox, "test_bias_check").isChecked()
    assert spin(form, "test_memory_spin").text() == "256 MB"


@pytest.mark.parametrize(("text", "value"), [("3e-4", 3e-4), ("0,03", 0.03), ("5", 5.0)])
def test_a_typed_number_is_sent_once(
    qtbot: QtBot, form: SettingsForm, received: Received, text: str, value: float
) -> None:
    enter(qtbot, spin(form), text)
    assert received == [{**VALUES, "lr": value}]
    assert problem(form) == ""
    assert spin(form).value() == value


def test_nothing_is_sent_while_typing(qtbot: QtBot, form: SettingsForm, received: Received) -> None:
    spin(form).selectAll()
    qtbot.keyClicks(spin(form), "0.0")
    assert received == []
    assert problem(form) == ""
    qtbot.keyClicks(spin(form), "5")
    qtbot.keyClick(spin(form), Qt.Key.Key_Return)
    assert received == [{**VALUES, "lr": 0.05}]


@pytest.mark.parametrize("text", ["0", "-1", "1e20", "1e-", ""])
def test_a_wrong_number_stays_is_explained_and_is_not_sent(
    qtbot: QtBot, form: SettingsForm, received: Received, text: str
) -> None:
    spin(form).selectAll()
    qtbot.keyClick(spin(form), Qt.Key.Key_Delete)
    enter(qtbot, spin(form), text)
    assert received == []
    assert problem(form).startswith("Learning rate must be")
    assert spin(form).accessibleDescription() == problem(form)
    assert parsed(spin(form).text()) == parsed(text)
    assert form.values() == VALUES


def test_the_message_stands_below_its_field(qtbot: QtBot, form: SettingsForm) -> None:
    enter(qtbot, spin(form), "0")
    label = form.findChild(QLabel, "learning_rate_spin_problem")
    qtbot.waitUntil(lambda: label.y() >= spin(form).geometry().bottom())
    assert label.geometry().bottom() < spin(form, "test_units_spin").y()
    assert label.property("role") == "error"


def test_a_right_number_clears_the_message(qtbot: QtBot, form: SettingsForm, received: Received) -> None:
    enter(qtbot, spin(form), "e")
    enter(qtbot, spin(form), "0.01")
    assert problem(form) == ""
    assert received == [{**VALUES, "lr": 0.01}]


def test_going_back_to_the_value_in_force_clears_the_message(
    qtbot: QtBot, form: SettingsForm, received: Received
) -> None:
    enter(qtbot, spin(form), "0")
    enter(qtbot, spin(form), "0.001")
    assert problem(form) == ""
    assert received == []


def test_escape_brings_back_the_value_in_force(qtbot: QtBot, form: SettingsForm, received: Received) -> None:
    enter(qtbot, spin(form), "-e")
    qtbot.keyClick(spin(form), Qt.Key.Key_Escape)
    assert spin(form).text() == "0.001"
    assert problem(form) == ""
    assert received == []


def test_set_value_counts_as_entered(form: SettingsForm, received: Received) -> None:
    spin(form).setValue(0.1)
    spin(form).setValue(-1)
    assert received == [{**VALUES, "lr": 0.1}]
    assert spin(form).value() == -1
    assert problem(form)


def test_arrows_step_by_factors(qtbot: QtBot, form: SettingsForm, received: Received) -> None:
    qtbot.keyClick(spin(form), Qt.Key.Key_Up)
    qtbot.keyClick(spin(form), Qt.Key.Key_Up)
    qtbot.keyClick(spin(form), Qt.Key.Key_Down)
    assert [values["lr"] for values in received] == [0.003, 0.01, 0.003]


def test_whole_numbers_are_sent_as_such(qtbot: QtBot, form: SettingsForm, received: Received) -> None:
    enter(qtbot, spin(form, "test_units_spin"), "32")
    assert received == [{**VALUES, "units": 32}]
    assert isinstance(received[0]["units"], int)
    enter(qtbot, spin(form, "test_units_spin"), "2.5")
    assert "whole number" in problem(form, "test_units_spin")


def test_a_number_with_its_unit_is_read(qtbot: QtBot, form: SettingsForm, received: Received) -> None:
    enter(qtbot, spin(form, "test_memory_spin"), "512 MB")
    assert received == [{**VALUES, "memory": 512}]


def test_choices_and_switches_are_sent(qtbot: QtBot, form: SettingsForm, received: Received) -> None:
    qtbot.keyClick(form.findChild(QComboBox, "test_kind_combo"), Qt.Key.Key_Down)
    qtbot.keyClick(form.findChild(QCheckBox, "test_bias_check"), Qt.Key.Key_Space)
    assert received == [{**VALUES, "kind": "b"}, {**VALUES, "kind": "b", "bias": False}]


@pytest.mark.parametrize("name", ["learning_rate_spin", "test_kind_combo"])
def test_the_wheel_turns_only_what_has_the_focus(
    qtbot: QtBot, form: SettingsForm, received: Received, name: str
) -> None:
    form.set_values({"kind": "b"})
    field = form.findChild(QWidget, name)
    form.findChild(QCheckBox, "test_bias_check").setFocus()
    turn_wheel(field)
    assert received == []
    form.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    turn_wheel(field)
    assert len(received) == 1


def test_showing_values_sends_nothing(form: SettingsForm, received: Received) -> None:
    form.set_values({"lr": 0.5, "units": 7, "share": 0.0, "memory": 8, "kind": "b", "bias": False})
    assert received == []
    assert spin(form).value() == 0.5
    assert form.findChild(QComboBox, "test_kind_combo").currentText() == "Beta"
    assert not form.findChild(QCheckBox, "test_bias_check").isChecked()


def test_showing_the_same_value_leaves_a_wrong_entry_alone(qtbot: QtBot, form: SettingsForm) -> None:
    enter(qtbot, spin(form), "0")
    form.set_values(VALUES)
    assert spin(form).value() == 0
    assert problem(form)
    form.set_values({"lr": 0.02})
    assert spin(form).value() == 0.02
    assert problem(form) == ""


def test_showing_a_value_does_not_disturb_typing(qtbot: QtBot, form: SettingsForm, received: Received) -> None:
    form.activateWindow()
    spin(form).setFocus()
    qtbot.waitUntil(spin(form).hasFocus)
    spin(form).selectAll()
    qtbot.keyClicks(spin(form), "0.0")
    form.set_values({"lr": 0.5})
    assert spin(form).text() == "0.0"
    qtbot.keyClicks(spin(form), "2")
    qtbot.keyClick(spin(form), Qt.Key.Key_Return)
    assert received == [{**VALUES, "lr": 0.02}]
    form.set_values({"lr": 0.001})
    assert spin(form).text() == "0.001"


def test_typing_the_old_value_after_a_change_is_sent(qtbot: QtBot, form: SettingsForm, received: Received) -> None:
    form.activateWindow()
    spin(form).setFocus()
    qtbot.waitUntil(spin(form).hasFocus)
    spin(form).selectAll()
    qtbot.keyClicks(spin(form), "0.001")
    form.set_values({"lr": 0.5})
    qtbot.keyClick(spin(form), Qt.Key.Key_Return)
    assert received == [{**VALUES, "lr": 0.001}]


def test_a_further_check_is_shown_at_the_field(qtbot: QtBot) -> None:
    theme_manager()
    form = SettingsForm(
        SETTINGS, VALUES, "test", check=lambda name, values: "Too many." if values["units"] > 100 else None
    )
    qtbot.addWidget(form)
    form.show()
    received: list[dict] = []
    form.changed.connect(received.append)
    spin(form, "test_units_spin").setValue(101)
    assert problem(form, "test_units_spin") == "Too many."
    assert received == []
    spin(form, "test_units_spin").setValue(100)
    assert received == [{**VALUES, "units": 100}]


@pytest.fixture
def shortcuts(qtbot: QtBot, form: SettingsForm) -> Iterator[list[str]]:
    """Put the form into a window with shortcuts on plain keys; gives which of them were used."""
    window, used = QMainWindow(), []
    qtbot.addWidget(window)
    for key in ("Space", "E", "B", "1", "Right"):
        action = QAction(key, window)
        action.setShortcut(QKeySequence(key))
        action.triggered.connect(lambda _=False, key=key: used.append(key))
        window.addAction(action)
    window.setCentralWidget(form)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield used
    form.setParent(None)


def test_typing_a_number_triggers_no_shortcut_but_space_does(
    qtbot: QtBot, form: SettingsForm, received: Received, shortcuts: list[str]
) -> None:
    spin(form).setFocus()
    spin(form).selectAll()
    qtbot.keyClicks(spin(form), "1e-2")
    qtbot.keyClick(spin(form), Qt.Key.Key_Right)
    qtbot.keyClick(spin(form), Qt.Key.Key_Return)
    assert shortcuts == []
    qtbot.keyClick(spin(form), Qt.Key.Key_Space)
    assert shortcuts == ["Space"]
    assert spin(form).text() == "0.01"
    assert received == [{**VALUES, "lr": 0.01}]


def test_choices_and_switches_keep_their_keys_when_reached_by_tab(
    qtbot: QtBot, form: SettingsForm, received: Received, shortcuts: list[str]
) -> None:
    combo, check = form.findChild(QComboBox, "test_kind_combo"), form.findChild(QCheckBox, "test_bias_check")
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_B)
    check.setFocus()
    qtbot.keyClick(check, Qt.Key.Key_Space)
    assert shortcuts == []
    assert received[-1] == {**VALUES, "kind": "b", "bias": False}
    qtbot.keyClick(check, Qt.Key.Key_E)
    assert shortcuts == ["E"]


def test_a_click_leaves_space_to_the_window(
    qtbot: QtBot, form: SettingsForm, received: Received, shortcuts: list[str]
) -> None:
    check = form.findChild(QCheckBox, "test_bias_check")
    qtbot.mouseClick(check, Qt.MouseButton.LeftButton, pos=QPoint(8, check.height() // 2))
    assert received == [{**VALUES, "bias": False}]
    assert not check.hasFocus()


def test_letters_are_the_windows_and_never_part_of_a_number(
    qtbot: QtBot, form: SettingsForm, received: Received, shortcuts: list[str]
) -> None:
    spin(form).setFocus()
    spin(form).selectAll()
    qtbot.keyClicks(spin(form), "0b.0x2")
    assert shortcuts == ["B"]
    assert spin(form).text() == "0.02"
    assert received == []


@pytest.mark.parametrize("text", ["0.5", ""])
@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Escape])
def test_return_and_escape_give_the_keys_back_to_the_window(
    qtbot: QtBot, form: SettingsForm, shortcuts: list[str], text: str, key: Qt.Key
) -> None:
    spin(form).setFocus()
    qtbot.waitUntil(spin(form).hasFocus)
    spin(form).selectAll()
    qtbot.keyClicks(spin(form), text)
    qtbot.keyClick(spin(form), key)
    assert not spin(form).hasFocus()
    qtbot.keyClick(form.window(), Qt.Key.Key_Right)
    qtbot.keyClick(form.window(), Qt.Key.Key_1)
    assert shortcuts == ["Right", "1"]
    assert spin(form).value() == (0.5 if text and key is Qt.Key.Key_Return else 0.001)


def test_a_wrong_entry_keeps_the_focus_until_escape(qtbot: QtBot, form: SettingsForm, shortcuts: list[str]) -> None:
    spin(form).setFocus()
    qtbot.waitUntil(spin(form).hasFocus)
    enter(qtbot, spin(form), "0")
    assert spin(form).hasFocus()
    qtbot.keyClick(spin(form), Qt.Key.Key_Escape)
    assert not spin(form).hasFocus()
    assert spin(form).text() == "0.001"
