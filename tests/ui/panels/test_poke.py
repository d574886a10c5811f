"""Poking a network, as a person does it, on the real engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QDockWidget,
    QLabel,
    QPushButton,
    QSlider,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from nnviz.core.facts import RunState
from nnviz.core.playback import Phase
from nnviz.core.pokes import NO_POKES, Freeze, Pokes, SetWeight, SwitchOff, UnitPlace, WeightPlace
from nnviz.core.spec import NetworkSpec, OptimizerSpec
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.trainer import Trainer
from nnviz.session.session import Session
from nnviz.ui.graph.view import NetworkView
from nnviz.ui.main_window import MainWindow
from nnviz.ui.theme import ThemeChoice, theme_manager
from nnviz.ui.widgets.fact_sheet import FactSheet
from nnviz.ui.widgets.number_field import NumberField
from nnviz.ui.widgets.poke_list import PokeList

LEFT = Qt.MouseButton.LeftButton


class Bench:
    """A window on the circle: 2 inputs, 4 neurons, 2 neurons, 1 output."""

    def __init__(self, qtbot: QtBot, preset: str = "circle") -> None:
        self.qtbot = qtbot
        theme_manager().choose(ThemeChoice.LIGHT)
        self.session = Session(lambda: Trainer(catalogue(), DataPlaces(None, Path("/nonexistent"))))
        self.window = MainWindow(self.session, catalogue())
        self.window.resize(1500, 1000)
        self.window.show()
        qtbot.waitExposed(self.window)
        self.action("action_reduce_motion").trigger()
        self.load(preset)
        self.window.findChild(QWidget, "dock_poke").show()
        self.window.findChild(QWidget, "dock_poke").raise_()
        self.wait(lambda: self.child(QWidget, "poke_hint").isVisible())

    def load(self, preset: str) -> None:
        self.window.open_preset(catalogue().presets[preset])
        self.settle()

    def child(self, kind: type[QWidget], name: str):
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    def action(self, name: str) -> QAction:
        return self.window.findChild(QAction, name)

    def wait(self, true) -> None:
        self.qtbot.waitUntil(true, timeout=20_000)

    def settle(self) -> None:
        self.wait(lambda: self.session.can_step)

    def click(self, widget: QWidget) -> None:
        place = QPoint(10, widget.height() // 2) if isinstance(widget, QCheckBox) else widget.rect().center()
        self.qtbot.mouseClick(widget, LEFT, pos=place)

    def pin(self, layer: int, unit: int) -> None:
        view = self.window.findChild(NetworkView)
        canvas = self.child(QWidget, "network_view")
        self.qtbot.mouseClick(canvas, LEFT, pos=canvas.mapFrom(view, view.position_of(layer, unit)).toPoint())
        self.wait(lambda: self.child(QCheckBox, "poke_freeze_check").isVisible())

    def pin_edge(self, layer: int, out: int, inp: int) -> None:
        view = self.window.findChild(NetworkView)
        canvas = self.child(QWidget, "network_view")
        ends = (view.position_of(layer - 1, inp), view.position_of(layer, out))
        place = canvas.mapFrom(view, ends[0] * 0.6 + ends[1] * 0.4).toPoint()
        self.qtbot.mouseClick(canvas, LEFT, pos=place)
        self.wait(lambda: self.child(NumberField, "poke_value_spin").isVisible())

    @property
    def pokes(self) -> Pokes:
        """Those of the step that is shown."""
        return NO_POKES if self.session.trace is None else self.session.trace.pokes

    def weight(self, layer: int, out: int, inp: int) -> float:
        return float(self.session.frame.layers[layer].parameters["weight"][out, inp])

    def type(self, text: str) -> None:
        field = self.child(NumberField, "poke_value_spin")
        field.setFocus()
        field.selectAll()
        self.qtbot.keyClicks(field, text)
        self.qtbot.keyClick(field, Qt.Key.Key_Return)

    @property
    def effect(self) -> str:
        return self.child(FactSheet, "poke_effect").plain_text()

    @property
    def rows(self) -> list[str]:
        tree = self.child(PokeList, "poke_list")
        return [
            f"{tree.topLevelItem(row).text(0).splitlines()[0]} {tree.topLevelItem(row).text(1)}"
            for row in range(tree.topLevelItemCount())
        ]

    def color_at(self, layer: int, unit: int, dx: float = 0.0) -> QColor:
        view, canvas = self.window.findChild(NetworkView), self.child(QWidget, "network_view")
        image = canvas.grab().toImage()
        place = canvas.mapFrom(view, view.position_of(layer, unit)).toPoint() + QPoint(round(dx), 0)
        return image.pixelColor(place * image.devicePixelRatio())


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = Bench(qtbot)
    yield made
    made.window.close()
    made.window.deleteLater()
    theme_manager().choose(ThemeChoice.SYSTEM)


def test_typing_a_weight_changes_prediction_and_loss_at_once(bench: Bench) -> None:
    before = bench.session.trace
    bench.pin_edge(2, 0, 1)
    assert bench.child(NumberField, "poke_value_spin").value() == pytest.approx(bench.weight(2, 0, 1), rel=1e-5)
    bench.type("2,5")
    bench.wait(lambda: bool(bench.pokes))
    bench.settle()
    assert bench.weight(2, 0, 1) == 2.5
    assert bench.session.trace.loss != before.loss
    np.testing.assert_array_equal(bench.session.trace.inputs, before.inputs)
    assert bench.rows == ["Hidden 2 · 0 ← 1 = 2.5"]
    bench.wait(lambda: "val. loss" in bench.effect)
    assert bench.session.history.marks[-1].label == "poke"


def test_the_inspector_leads_to_the_panel(bench: Bench) -> None:
    bench.window.findChild(QWidget, "dock_poke").hide()
    bench.pin(1, 2)
    button = bench.child(QPushButton, "poke_effect_button")
    assert not button.isVisible()
    bench.click(bench.child(QCheckBox, "poke_off_check"))
    bench.wait(button.isVisible)
    bench.click(button)
    bench.wait(lambda: bench.child(PokeList, "poke_list").isVisible() and "val. loss" in bench.effect)


def test_a_wrong_entry_says_why_and_changes_nothing(bench: Bench) -> None:
    bench.pin_edge(2, 0, 1)
    bench.type("1e9")
    assert bench.child(QLabel, "poke_value_problem").isVisible()
    bench.qtbot.keyClick(bench.child(NumberField, "poke_value_spin"), Qt.Key.Key_Escape)
    assert not bench.child(QLabel, "poke_value_problem").isVisible()
    assert bench.pokes == NO_POKES


def test_dragging_is_one_edit_with_one_mark_and_can_be_undone_and_redone(bench: Bench) -> None:
    bench.pin_edge(2, 0, 1)
    first = bench.weight(2, 0, 1)
    slider = bench.child(QSlider, "poke_slider")
    slider.setSliderDown(True)
    for step in (300, 500, 700, 900):
        slider.setSliderPosition(step)
        values = [step / 1000 * reach for reach in (1, 2, 5)]
        bench.wait(lambda values=values: bench.weight(2, 0, 1) in [pytest.approx(value, abs=1e-6) for value in values])
    last = bench.weight(2, 0, 1)
    assert last != first
    slider.setSliderDown(False)
    bench.wait(bench.action("action_undo").isEnabled)
    assert [mark.label for mark in bench.session.history.marks] == ["poke"]
    bench.action("action_undo").trigger()
    bench.wait(lambda: bench.pokes == NO_POKES and bench.weight(2, 0, 1) == first)
    assert bench.session.history.marks == []  # nothing was trained with it
    assert not bench.action("action_undo").isEnabled()
    bench.action("action_redo").trigger()
    bench.wait(lambda: bench.weight(2, 0, 1) == last)
    bench.wait(bench.action("action_undo").isEnabled)
    bench.click(bench.child(QPushButton, "poke_reset_button"))
    bench.wait(lambda: bench.weight(2, 0, 1) == first)


def test_what_is_frozen_stays_while_it_trains(bench: Bench) -> None:
    bench.pin_edge(2, 0, 1)
    before = bench.weight(2, 0, 1)
    bench.click(bench.child(QCheckBox, "poke_freeze_check"))
    bench.wait(lambda: bench.pokes.is_frozen(WeightPlace(2, 0, 1)))
    bench.settle()
    bench.session.run_epoch()
    bench.wait(lambda: len(bench.session.history.epochs) == 1 and bench.session.can_step)
    assert bench.weight(2, 0, 1) == before
    assert bench.rows == ["Hidden 2 · 0 ← 1 frozen"]
    bench.click(bench.child(QCheckBox, "poke_freeze_check"))
    bench.wait(lambda: bench.pokes == NO_POKES)
    bench.settle()
    bench.session.run_epoch()
    bench.wait(lambda: len(bench.session.history.epochs) == 2 and bench.session.can_step)
    assert bench.weight(2, 0, 1) != before


def test_a_frozen_neuron_freezes_its_edges(bench: Bench) -> None:
    bench.pin(2, 0)
    bench.click(bench.child(QCheckBox, "poke_freeze_check"))
    bench.wait(lambda: UnitPlace(2, 0) in bench.pokes.frozen)
    bench.pin_edge(2, 0, 1)
    box = bench.child(QCheckBox, "poke_freeze_check")
    assert box.isChecked()
    assert not box.isEnabled()
    assert "All weights of this neuron" in bench.child(QLabel, "poke_note").text()


def test_switching_a_neuron_off_and_on(bench: Bench) -> None:
    loss = bench.session.trace.loss
    bench.pin(1, 2)
    bench.click(bench.child(QCheckBox, "poke_off_check"))
    bench.wait(lambda: bench.pokes.is_off(1, 2))
    bench.settle()
    trace = bench.session.trace
    assert not trace.layers[1].parts["activation"].value[:, 2].any()
    assert trace.loss != loss
    assert bench.rows == ["Hidden 1 · 2 off"]
    bench.wait(lambda: "val. acc." in bench.effect)
    positions = [stage.phase for stage in bench.session.walk]
    bench.session.go_to_position(positions.index(Phase.LOSS))
    assert "(switched off)" in bench.child(FactSheet, "inspector_facts").plain_text()
    bench.click(bench.child(QToolButton, "poke_take_back_button"))
    bench.wait(lambda: bench.pokes == NO_POKES and bench.session.trace.loss == loss)
    assert bench.child(QLabel, "poke_hint").isVisible()


def test_the_output_layer_cannot_be_switched_off_and_inputs_cannot_be_poked(bench: Bench) -> None:
    bench.pin(3, 0)
    assert not bench.child(QCheckBox, "poke_off_check").isVisible()
    view, canvas = bench.window.findChild(NetworkView), bench.child(QWidget, "network_view")
    bench.qtbot.mouseClick(canvas, LEFT, pos=canvas.mapFrom(view, view.position_of(0, 0)).toPoint())
    assert not bench.child(QCheckBox, "poke_freeze_check").isVisible()


def test_everything_is_reset_at_once(bench: Bench) -> None:
    before = bench.weight(1, 0, 1)
    bench.session.pokes.poke(
        SetWeight(WeightPlace(1, 0, 1), 1.5), Freeze(WeightPlace(1, 0, 0), True), SwitchOff(UnitPlace(1, 2), True)
    )
    bench.wait(lambda: len(bench.rows) == 3)
    bench.settle()
    bench.click(bench.child(QPushButton, "poke_reset_all_button"))
    bench.wait(lambda: bench.pokes == NO_POKES and bench.weight(1, 0, 1) == before)
    bench.wait(bench.action("action_undo").isEnabled)
    bench.action("action_undo").trigger()
    bench.wait(lambda: len(bench.rows) == 3 and bench.weight(1, 0, 1) == 1.5)


def test_the_menu_names_the_edit_and_what_is_undone_leaves_no_mark(bench: Bench) -> None:
    undo, redo = bench.action("action_undo"), bench.action("action_redo")
    assert (undo.text(), redo.text()) == ("Undo edit", "Redo edit")
    bench.pin_edge(2, 0, 1)
    bench.type("0.5")
    bench.wait(lambda: undo.text() == "Undo: Hidden 2 · 0 ← 1 = 0.5")
    assert "Hidden 2" in undo.toolTip()
    assert [mark.label for mark in bench.session.history.marks] == ["poke"]
    undo.trigger()
    bench.wait(lambda: redo.text() == "Redo: Hidden 2 · 0 ← 1 = 0.5")
    assert undo.text() == "Undo edit"
    assert bench.session.history.marks == []
    bench.session.pokes.poke(SwitchOff(UnitPlace(1, 2), True))
    bench.wait(lambda: undo.text() == "Undo: switch Hidden 1 · 2 off")
    bench.session.pokes.poke(Freeze(WeightPlace(1, 2), True))
    bench.wait(lambda: undo.text() == "Undo: freeze Hidden 1 · 2, bias")
    bench.session.pokes.change_to(NO_POKES)
    bench.wait(lambda: undo.text() == "Undo: let Hidden 1 · 2, bias learn …")
    training = bench.session.preset.training
    bench.session.set_training(replace(training, batch_size=7))
    bench.wait(lambda: undo.text() == "Undo: Batch size 7")
    bench.session.set_training(replace(training, batch_size=7, optimizer=OptimizerSpec("momentum")))
    bench.wait(lambda: undo.text() == "Undo: SGD + momentum")
    bench.session.set_data(replace(bench.session.preset.data, settings={"noise": 0.2}))
    bench.wait(lambda: undo.text() == "Undo: data" and bench.session.can_step)
    layers = bench.session.preset.network.layers
    bench.session.set_network(NetworkSpec((*layers[:2], *layers[3:])))
    bench.wait(lambda: undo.text() == "Undo: architecture" and bench.session.can_step)


def test_what_is_changed_stands_before_its_effect(bench: Bench) -> None:
    bench.session.pokes.poke(SwitchOff(UnitPlace(1, 0), True))
    bench.wait(lambda: bench.child(PokeList, "poke_list").isVisible() and bool(bench.effect))
    dock = bench.child(QDockWidget, "dock_poke")
    rows, effect = bench.child(PokeList, "poke_list"), bench.child(FactSheet, "poke_effect")
    bench.wait(lambda: rows.mapTo(dock, QPoint()).x() < effect.mapTo(dock, QPoint()).x())
    bench.window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    bench.wait(lambda: rows.mapTo(dock, QPoint()).y() < effect.mapTo(dock, QPoint()).y())


def test_undo_waits_until_the_edit_before_it_is_in_force(bench: Bench) -> None:
    undo = bench.action("action_undo")
    bench.session.pokes.poke(SetWeight(WeightPlace(1, 0, 1), 1.5))
    assert not undo.isEnabled()
    bench.wait(undo.isEnabled)
    bench.click(bench.child(QPushButton, "poke_reset_all_button"))
    assert not undo.isEnabled()
    bench.wait(undo.isEnabled)
    undo.trigger()
    bench.wait(lambda: bench.weight(1, 0, 1) == 1.5 and len(bench.rows) == 1)


def test_stepping_back_over_a_poke_takes_it_away_and_the_way_forward_is_free(bench: Bench) -> None:
    bench.session.next_batch()
    bench.settle()
    bench.session.pokes.poke(SwitchOff(UnitPlace(1, 2), True))
    bench.wait(lambda: bool(bench.pokes) and bench.session.can_step)
    bench.session.next_batch()
    bench.settle()
    assert bench.pokes.is_off(1, 2)
    bench.session.previous_batch()
    bench.settle()
    assert bench.pokes.is_off(1, 2)
    bench.session.previous_batch()
    bench.settle()
    assert bench.pokes == NO_POKES


def test_after_a_run_the_next_batch_shows_it_up_to_its_loss(bench: Bench) -> None:
    bench.session.run_epoch()
    bench.wait(lambda: bool(bench.session.history.epochs) and bench.session.can_step)
    step = bench.session.trace.step
    bench.session.pokes.poke(SwitchOff(UnitPlace(1, 2), True))
    bench.wait(lambda: bool(bench.pokes) and bench.session.can_step)
    assert bench.session.trace.step == step + 1
    assert bench.session.frame.phase is Phase.LOSS
    assert bench.session.frame.layers[1].output[2] == 0
    bench.wait(lambda: "now the next one is shown" in bench.effect)
    validation = bench.child(QLabel, "status_validation")
    assert "after epoch 1. What was learned or changed by hand since then is not in it" in validation.toolTip()
    bench.session.pokes.poke(SwitchOff(UnitPlace(1, 1), True))  # this time the same batch is shown again
    bench.wait(lambda: bench.pokes.is_off(1, 1) and bench.session.can_step)
    assert bench.session.trace.step == step + 1
    bench.wait(lambda: "now the next one is shown" not in bench.effect)


def test_while_it_runs(bench: Bench) -> None:
    bench.pin(1, 2)
    bench.session.run()
    bench.wait(lambda: bench.session.progress.step > 20)
    bench.click(bench.child(QCheckBox, "poke_off_check"))
    bench.wait(lambda: bench.session.trace.pokes.is_off(1, 2))
    assert bench.session.run_state is RunState.RUNNING
    bench.wait(lambda: "val. loss" in bench.effect)
    bench.session.pause()
    bench.settle()


def test_a_poke_in_the_past_begins_a_new_run(bench: Bench) -> None:
    for _ in range(3):
        bench.session.next_batch()
        bench.settle()
    bench.session.time_machine.look(1)
    bench.wait(lambda: bench.session.time_machine.looking and bench.session.can_step)
    bench.session.pokes.poke(SwitchOff(UnitPlace(1, 2), True))
    bench.wait(lambda: bool(bench.pokes) and bench.session.can_step)
    assert bench.session.trace.step == 1
    assert [run.info.number for run in bench.session.time_machine.runs] == [1, 2]
    bench.session.time_machine.switch_to(1)
    bench.wait(lambda: bench.session.time_machine.present == 1 and bench.session.can_step)
    assert bench.pokes == NO_POKES


def test_the_picture_marks_what_is_changed(bench: Bench) -> None:
    plain = bench.color_at(1, 2)
    bench.session.pokes.poke(SwitchOff(UnitPlace(1, 2), True))
    bench.wait(lambda: bool(bench.pokes) and bench.session.can_step)
    text = QColor(theme_manager().theme.text)
    bench.wait(lambda: abs(bench.color_at(1, 2).lightness() - text.lightness()) < 40)
    assert plain.lightness() > text.lightness() + 60
    bench.session.pokes.change_to(NO_POKES)
    bench.wait(lambda: bench.color_at(1, 2) == plain)


def test_another_preset_forgets_everything(bench: Bench) -> None:
    bench.session.pokes.poke(SwitchOff(UnitPlace(1, 2), True), SetWeight(WeightPlace(1, 0), 0.5))
    bench.wait(lambda: len(bench.rows) == 2)
    bench.settle()
    bench.load("digits")
    assert bench.pokes == NO_POKES
    assert bench.child(QLabel, "poke_hint").isVisible()
    bench.session.pokes.poke(SwitchOff(UnitPlace(2, 2), True), SwitchOff(UnitPlace(3, 2), True))
    bench.wait(lambda: "prediction" in bench.effect)
    bench.session.select_sample(None)
    bench.wait(lambda: "prediction" not in bench.effect)


def test_a_project_brings_them_back(bench: Bench, tmp_path: Path) -> None:
    bench.session.pokes.poke(SwitchOff(UnitPlace(1, 2), True), SetWeight(WeightPlace(1, 0), 0.5))
    bench.wait(lambda: bool(bench.pokes) and bench.session.can_step)
    pokes = bench.pokes
    with bench.qtbot.waitSignal(bench.session.saved, timeout=10_000):
        bench.session.save_file(tmp_path / "a.nnviz")
    bench.load("xor")
    bench.session.open_file(tmp_path / "a.nnviz")
    bench.wait(lambda: bench.pokes == pokes and bench.session.can_step)
    assert len(bench.rows) == 2
