from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLabel, QTableWidget, QToolButton

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.spec import NetworkSpec
from nnviz.engine.catalogue import catalogue
from nnviz.engine.layers import Dense, Dropout, Flatten, Input
from nnviz.ui.panels.architecture import ArchitecturePanel
from tests.ui.panels.settings_fixtures import Bench, MakeBench, make_bench

__all__ = ["make_bench"]


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    return make_bench(ArchitecturePanel)


def table(bench: Bench) -> QTableWidget:
    return bench.widget(QTableWidget, "architecture_table")


def rows(bench: Bench) -> list[list[str]]:
    cells = table(bench)
    return [[cells.item(row, column).text() for column in range(4)] for row in range(cells.rowCount())]


def select(bench: Bench, row: int) -> None:
    cells = table(bench)
    middle = cells.visualItemRect(cells.item(row, 0)).center()
    bench.qtbot.mouseClick(cells.viewport(), Qt.MouseButton.LeftButton, pos=middle)


def click(bench: Bench, name: str) -> None:
    bench.qtbot.mouseClick(bench.widget(QToolButton, name), Qt.MouseButton.LeftButton)


def add(bench: Bench, kind: str) -> None:
    bench.panel.findChild(QAction, f"action_add_{kind}").trigger()


def layers(bench: Bench) -> tuple:
    assert bench.session.preset is not None
    return bench.session.preset.network.layers


def kinds(bench: Bench) -> list[str]:
    return [layer.kind for layer in layers(bench)]


def problem(bench: Bench, name: str = "architecture_problem") -> str:
    return bench.widget(QLabel, name).text() if bench.is_shown(name) else ""


def enter_units(bench: Bench, text: str) -> None:
    field = bench.widget(QDoubleSpinBox, "layer_units_spin")
    field.selectAll()
    bench.qtbot.keyClicks(field, text)
    bench.qtbot.keyClick(field, Qt.Key.Key_Return)


def test_it_shows_the_layers_in_order(bench: Bench) -> None:
    assert rows(bench) == [
        ["Input", "", "8×8", "0"],
        ["Flatten", "", "64", "0"],
        ["Dense", "ReLU", "20", "1,300"],
        ["Dense", "ReLU", "14", "294"],
        ["Dense", "softmax", "10", "150"],
    ]
    assert bench.widget(QLabel, "parameter_count").text() == "1,744 parameters to learn"
    assert bench.widget(QDoubleSpinBox, "layer_units_spin").value() == 20


def test_nothing_can_be_edited_before_there_is_a_network(make_bench: MakeBench) -> None:
    bench = make_bench(ArchitecturePanel, "")
    assert not bench.panel.isEnabled()
    add(bench, "dense")
    assert bench.trainer.commands == []


def test_a_panel_made_late_shows_the_network(bench: Bench) -> None:
    late = ArchitecturePanel(bench.session, catalogue())
    bench.qtbot.addWidget(late)
    assert late.findChild(QTableWidget, "architecture_table").rowCount() == 5


def test_a_layer_is_added_after_the_selected_one(bench: Bench) -> None:
    select(bench, 2)
    add(bench, "dropout")
    bench.wait_until(lambda: kinds(bench) == ["input", "flatten", "dense", "dropout", "dense", "dense"])
    assert table(bench).currentRow() == 3
    assert bench.widget(QDoubleSpinBox, "layer_rate_spin").value() == 0.2
    assert rows(bench)[3] == ["Dropout", "20%", "20", "0"]


def test_the_output_layer_stays_last(bench: Bench) -> None:
    select(bench, 4)
    add(bench, "dense")
    bench.wait_until(lambda: len(layers(bench)) == 6)
    assert layers(bench)[-1].activation == "softmax"


def test_a_layer_is_removed(bench: Bench) -> None:
    select(bench, 3)
    click(bench, "remove_layer_button")
    bench.wait_until(lambda: len(layers(bench)) == 4)
    assert [row[2] for row in rows(bench)] == ["8×8", "64", "20", "10"]


def test_the_input_layer_is_locked(bench: Bench) -> None:
    select(bench, 0)
    assert not bench.widget(QToolButton, "remove_layer_button").isEnabled()
    assert not bench.widget(QToolButton, "layer_down_button").isEnabled()
    bench.qtbot.keyClick(table(bench), Qt.Key.Key_Delete)
    bench.qtbot.keyClick(table(bench), Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert len(rows(bench)) == 5
    assert bench.trainer.sent(c.ChangeNetwork) == []


def test_layers_change_places_by_button_and_by_key(bench: Bench) -> None:
    select(bench, 2)
    click(bench, "layer_down_button")
    bench.wait_until(lambda: [layer.units for layer in layers(bench)[2:]] == [14, 20, 10])
    assert table(bench).currentRow() == 3
    bench.qtbot.keyClick(table(bench), Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    bench.wait_until(lambda: [layer.units for layer in layers(bench)[2:]] == [20, 14, 10])
    assert table(bench).currentRow() == 2


def test_a_move_that_does_not_fit_is_explained_and_not_sent(bench: Bench) -> None:
    select(bench, 2)
    click(bench, "layer_up_button")
    assert "put a Flatten layer in front of it" in problem(bench)
    assert rows(bench)[1][0] == "Flatten"
    assert bench.trainer.sent(c.ChangeNetwork) == []


def test_removing_what_is_needed_is_explained_and_not_sent(bench: Bench) -> None:
    select(bench, 1)
    bench.qtbot.keyClick(table(bench), Qt.Key.Key_Delete)
    assert "flat input" in problem(bench)
    assert len(rows(bench)) == 5
    select(bench, 3)
    click(bench, "remove_layer_button")
    bench.wait_until(lambda: len(layers(bench)) == 4)
    assert problem(bench) == ""


def test_settings_of_the_selected_layer_apply_at_once(bench: Bench) -> None:
    select(bench, 3)
    enter_units(bench, "32")
    combo = bench.widget(QComboBox, "layer_activation_combo")
    combo.setCurrentIndex(combo.findData("tanh"))
    bench.qtbot.mouseClick(bench.widget(QCheckBox, "layer_bias_check"), Qt.MouseButton.LeftButton)
    bench.wait_until(lambda: layers(bench)[3] == Dense(32, "tanh", bias=False))
    assert rows(bench)[3] == ["Dense", "tanh", "32", "640"]


def test_selecting_a_layer_by_key_shows_its_settings(bench: Bench) -> None:
    select(bench, 3)
    bench.qtbot.keyClick(table(bench), Qt.Key.Key_Down)
    assert bench.widget(QDoubleSpinBox, "layer_units_spin").value() == 10
    assert bench.trainer.sent(c.ChangeNetwork) == []


@pytest.mark.parametrize("text", ["0", "10000000", "10,000,000", "-3", "1.5", "1e"])
def test_an_impossible_number_of_units_is_explained_at_the_field(bench: Bench, text: str) -> None:
    enter_units(bench, text)
    assert problem(bench, "layer_units_spin_problem").startswith("Units must be")
    assert bench.trainer.sent(c.ChangeNetwork) == []


def test_too_many_weights_are_explained_at_the_field(bench: Bench) -> None:
    enter_units(bench, "16384")
    bench.wait_until(lambda: layers(bench)[2].units == 16384)
    select(bench, 3)
    enter_units(bench, "16384")
    assert "too many" in problem(bench, "layer_units_spin_problem")
    assert layers(bench)[3].units == 14


def test_weights_are_kept_if_wanted(bench: Bench) -> None:
    enter_units(bench, "21")
    bench.wait_until(lambda: len(bench.trainer.sent(c.ChangeNetwork)) == 1)
    bench.widget(QCheckBox, "keep_weights_check").click()
    enter_units(bench, "22")
    bench.wait_until(lambda: len(bench.trainer.sent(c.ChangeNetwork)) == 2)
    assert [command.keep_weights for command in bench.trainer.sent(c.ChangeNetwork)] == [True, False]


def test_fast_turning_ends_at_the_last_value(bench: Bench) -> None:
    field = bench.widget(QDoubleSpinBox, "layer_units_spin")
    shown: list[float] = []
    field.valueChanged.connect(shown.append)
    for _ in range(10):
        bench.qtbot.keyClick(field, Qt.Key.Key_Up)
    bench.wait_until(lambda: layers(bench)[2].units == 30)
    assert shown == sorted(shown)
    assert field.value() == 30


def test_a_refusal_is_shown_and_the_table_returns(bench: Bench) -> None:
    bench.trainer.refusal = f.Failed("Digits has 10 classes, so the last layer needs 10 units.", f.Place.ARCHITECTURE)
    select(bench, 4)
    enter_units(bench, "9")
    bench.wait_until(lambda: "needs 10 units" in problem(bench))
    assert rows(bench)[4][2] == "10"
    assert bench.widget(QDoubleSpinBox, "layer_units_spin").value() == 10
    enter_units(bench, "11")
    bench.wait_until(lambda: layers(bench)[4].units == 11)
    assert problem(bench) == ""


def test_a_failure_elsewhere_is_not_shown_here(bench: Bench) -> None:
    bench.session.failed.emit(f.Failed("No disk.", f.Place.WINDOW))
    assert problem(bench) == ""


def test_a_network_loaded_elsewhere_is_shown(bench: Bench) -> None:
    bench.load("circle")
    assert rows(bench)[0] == ["Input", "", "2", "0"]
    assert bench.trainer.sent(c.ChangeNetwork) == []


def test_a_shorter_network_selects_a_layer_that_exists(bench: Bench) -> None:
    select(bench, 4)
    short = NetworkSpec((Input((8, 8)), Flatten(), Dense(10, "softmax")))
    bench.session.set_network(short)
    bench.wait_until(lambda: len(rows(bench)) == 3)
    assert table(bench).currentRow() == 2


def test_every_layer_of_the_catalogue_is_offered(bench: Bench) -> None:
    names = {action.objectName() for action in bench.panel.findChildren(QAction)} - {""}
    assert {f"action_add_{layer.kind}" for layer in catalogue().layers[1:]} <= names
    assert "action_add_input" not in names
    assert Dropout.kind in {layer.kind for layer in catalogue().layers}


def test_it_fits_a_narrow_dock(bench: Bench) -> None:
    assert bench.fits()


def test_an_unforeseen_error_does_not_block_further_changes(bench: Bench) -> None:
    bench.trainer.refusal = f.Failed("Something went wrong inside nnviz.", f.Place.WINDOW)
    enter_units(bench, "50")
    bench.wait_until(lambda: rows(bench)[2][2] == "20")
    enter_units(bench, "30")
    bench.wait_until(lambda: layers(bench)[2].units == 30)


def test_an_unfinished_entry_does_not_settle_in_another_layer(bench: Bench) -> None:
    bench.panel.activateWindow()
    field = bench.widget(QDoubleSpinBox, "layer_units_spin")
    field.setFocus()
    bench.qtbot.waitUntil(field.hasFocus)
    bench.qtbot.keyClicks(field, "5")
    table(bench).selectRow(0)
    table(bench).selectRow(3)
    assert bench.widget(QDoubleSpinBox, "layer_units_spin").value() == 14
    enter_units(bench, "15")
    bench.wait_until(lambda: [layer.units for layer in layers(bench)[2:]] == [20, 15, 10])


def test_an_edit_during_the_load_of_another_preset_is_dropped(bench: Bench) -> None:
    with bench.qtbot.waitSignal(bench.session.loaded):
        bench.session.load_preset(catalogue().presets["circle"])
        enter_units(bench, "33")
    bench.wait_until(lambda: bench.session.run_state is f.RunState.PAUSED)
    assert layers(bench) == catalogue().presets["circle"].network.layers
    select(bench, 1)
    enter_units(bench, "7")
    bench.wait_until(lambda: layers(bench)[1].units == 7)
    assert len(bench.trainer.sent(c.ChangeNetwork)) == 1
