from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication, QComboBox, QDoubleSpinBox, QLabel

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.devices import Devices
from nnviz.core.spec import DataSpec, OptimizerSpec, TrainingSpec
from nnviz.engine.catalogue import catalogue
from nnviz.engine.optimizers import OPTIMIZERS
from nnviz.ui.panels.training import TrainingPanel
from tests.ui.panels.settings_fixtures import Bench, MakeBench, make_bench

__all__ = ["make_bench"]


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    return make_bench(TrainingPanel)


def spin(bench: Bench, name: str = "learning_rate_spin") -> QDoubleSpinBox:
    return bench.widget(QDoubleSpinBox, name)


def choose(bench: Bench, combo_name: str, value: str) -> None:
    combo = bench.widget(QComboBox, combo_name)
    combo.setCurrentIndex(combo.findData(value))


def enter(bench: Bench, name: str, text: str) -> None:
    spin(bench, name).selectAll()
    bench.qtbot.keyClicks(spin(bench, name), text)
    bench.qtbot.keyClick(spin(bench, name), Qt.Key.Key_Return)


def in_force(bench: Bench) -> TrainingSpec:
    assert bench.session.preset is not None
    return bench.session.preset.training


def label(bench: Bench, name: str) -> str:
    return bench.widget(QLabel, name).text() if bench.is_shown(name) else ""


def test_nothing_can_be_set_before_there_is_a_network(make_bench: MakeBench) -> None:
    bench = make_bench(TrainingPanel, "")
    assert not bench.panel.isEnabled()
    bench.load("digits")
    assert bench.panel.isEnabled()


def test_it_shows_what_is_in_force(bench: Bench) -> None:
    assert bench.widget(QComboBox, "optimizer_combo").currentText() == "Adam"
    assert spin(bench).value() == 0.001
    assert spin(bench, "batch_size_spin").value() == 32
    assert bench.widget(QComboBox, "loss_combo").currentText() == "Categorical cross-entropy"
    assert "m ←" in label(bench, "optimizer_formula")
    assert bench.trainer.sent(c.ChangeTraining) == []


def test_a_panel_made_late_shows_what_is_in_force(bench: Bench) -> None:
    late = TrainingPanel(bench.session, catalogue())
    bench.qtbot.addWidget(late)
    assert late.isEnabled()
    assert late.findChild(QDoubleSpinBox, "learning_rate_spin").value() == 0.001


@pytest.mark.parametrize("entry", OPTIMIZERS, ids=lambda entry: entry.name)
def test_every_optimizer_can_be_chosen(bench: Bench, entry: object) -> None:
    name = entry.name  # type: ignore[attr-defined]
    choose(bench, "optimizer_combo", "adagrad" if name == "adam" else "adam")
    choose(bench, "optimizer_combo", name)
    bench.wait_until(lambda: in_force(bench).optimizer.name == name)
    usual = {**entry.defaults, "lr": entry.usual_lr}  # type: ignore[attr-defined]
    for setting, value in usual.items():
        field = "learning_rate_spin" if setting == "lr" else f"optimizer_{setting}_spin"
        assert spin(bench, field).value() == value


def test_switching_says_that_the_weights_are_kept(bench: Bench) -> None:
    assert not bench.is_shown("optimizer_note")
    choose(bench, "optimizer_combo", "nesterov")
    expected = "SGD + Nesterov: fresh state, weights kept; learning rate 0.01"
    bench.wait_until(lambda: label(bench, "optimizer_note") == expected)
    enter(bench, "learning_rate_spin", "0.5")
    bench.wait_until(lambda: label(bench, "optimizer_note").endswith("; learning rate 0.5"))
    bench.load("circle")
    assert not bench.is_shown("optimizer_note")


def test_the_learning_rate_is_not_carried_over_but_the_rest_is(bench: Bench) -> None:
    """A good learning rate for Adam is far from a good one for SGD; a weight decay means the same in both."""
    enter(bench, "learning_rate_spin", "3e-4")
    enter(bench, "optimizer_weight_decay_spin", "0.01")
    choose(bench, "optimizer_combo", "sgd")
    bench.wait_until(lambda: in_force(bench).optimizer == OptimizerSpec("sgd", {"lr": 0.1, "weight_decay": 0.01}))
    assert spin(bench).value() == catalogue().optimizer("sgd").usual_lr
    choose(bench, "optimizer_combo", "adamw")
    bench.wait_until(lambda: in_force(bench).optimizer == OptimizerSpec("adamw", {}))
    assert spin(bench, "optimizer_weight_decay_spin").value() == 0.01


def test_each_setting_applies_live(bench: Bench) -> None:
    enter(bench, "learning_rate_spin", "0,01")
    enter(bench, "batch_size_spin", "64")
    enter(bench, "training_l1_spin", "0.001")
    enter(bench, "training_l2_spin", "1e-4")
    enter(bench, "training_seed_spin", "7")
    choose(bench, "loss_combo", "mean_squared_error")
    wanted = TrainingSpec(OptimizerSpec("adam", {"lr": 0.01}), "mean_squared_error", 64, 0.001, 1e-4, 7)
    bench.wait_until(lambda: in_force(bench) == wanted)


def test_fast_turning_ends_at_the_last_value_without_jumping_back(bench: Bench) -> None:
    shown = []
    spin(bench).valueChanged.connect(shown.append)
    for _ in range(6):
        bench.qtbot.keyClick(spin(bench), Qt.Key.Key_Up)
    bench.wait_until(lambda: in_force(bench).optimizer.settings["lr"] == 1.0)
    assert shown == sorted(shown)
    assert spin(bench).value() == 1.0
    sent = bench.trainer.sent(c.ChangeTraining)
    assert 1 <= len(sent) <= 6


@pytest.mark.parametrize("text", ["0", "-1", "1e20", "1e-"])
def test_a_wrong_learning_rate_is_explained_at_the_field(bench: Bench, text: str) -> None:
    enter(bench, "learning_rate_spin", text)
    assert label(bench, "learning_rate_spin_problem").startswith("Learning rate must be")
    enter(bench, "training_seed_spin", "2")
    bench.wait_until(lambda: in_force(bench).seed == 2)
    assert in_force(bench).optimizer.settings["lr"] == 0.001
    assert label(bench, "learning_rate_spin_problem")


def test_a_batch_larger_than_the_data_is_explained_at_the_field(bench: Bench) -> None:
    enter(bench, "batch_size_spin", "801")
    assert "only 800 training samples" in label(bench, "batch_size_spin_problem")
    assert bench.trainer.sent(c.ChangeTraining) == []
    enter(bench, "batch_size_spin", "800")
    bench.wait_until(lambda: in_force(bench).batch_size == 800)
    assert not bench.is_shown("batch_size_spin_problem")


def test_a_refusal_is_shown_and_the_fields_return(bench: Bench) -> None:
    bench.trainer.refusal = f.Failed("That does not go together.", f.Place.TRAINING)
    choose(bench, "optimizer_combo", "sgd")
    bench.wait_until(lambda: label(bench, "training_problem") == "That does not go together.")
    assert bench.widget(QComboBox, "optimizer_combo").currentData() == "adam"
    assert spin(bench).value() == 0.001
    assert not bench.is_shown("optimizer_note")
    enter(bench, "learning_rate_spin", "0.01")
    bench.wait_until(lambda: in_force(bench).optimizer.settings["lr"] == 0.01)
    assert label(bench, "training_problem") == ""


def test_failures_elsewhere_are_not_shown_here(bench: Bench) -> None:
    bench.session.failed.emit(f.Failed("No disk.", f.Place.WINDOW))
    assert label(bench, "training_problem") == ""


def test_changes_made_elsewhere_are_shown_and_not_sent_back(bench: Bench) -> None:
    changed = replace(in_force(bench), optimizer=OptimizerSpec("adam", {"lr": 1e-4}), batch_size=8)
    bench.session.set_training(changed)
    bench.wait_until(lambda: spin(bench, "batch_size_spin").value() == 8)
    assert spin(bench).value() == 1e-4
    assert bench.trainer.sent(c.ChangeTraining) == [c.ChangeTraining(changed)]


def test_losses_that_do_not_fit_are_disabled_and_say_why(bench: Bench) -> None:
    combo = bench.widget(QComboBox, "loss_combo")

    def enabled() -> list[str]:
        flags = [combo.model().index(row, 0).flags() for row in range(combo.count())]
        return [combo.itemData(row) for row, flag in enumerate(flags) if flag & Qt.ItemFlag.ItemIsEnabled]

    assert enabled() == ["categorical_crossentropy", "mean_squared_error", "half_squared_error"]
    reason = combo.itemData(combo.findData("binary_crossentropy"), Qt.ItemDataRole.ToolTipRole)
    assert reason == "Needs sigmoid in the last layer, which has softmax."
    bench.load("circle")
    assert enabled() == ["binary_crossentropy", "mean_squared_error", "half_squared_error"]


def test_a_loss_for_classes_does_not_fit_numbers(bench: Bench) -> None:
    bench.session.set_data(DataSpec("plane"))
    combo = bench.widget(QComboBox, "loss_combo")
    row = combo.findData("categorical_crossentropy")
    bench.wait_until(lambda: "predicts numbers" in combo.itemData(row, Qt.ItemDataRole.ToolTipRole))


def test_the_memory_for_going_back_is_bounded(bench: Bench) -> None:
    enter(bench, "training_memory_spin", "64")
    bench.wait_until(lambda: bench.trainer.sent(c.SetMemoryLimit) == [c.SetMemoryLimit(64 * 2**20)])


def test_it_fits_a_narrow_dock(bench: Bench) -> None:
    assert bench.fits()


def test_an_unforeseen_error_does_not_block_further_changes(bench: Bench) -> None:
    bench.trainer.refusal = f.Failed("Something went wrong inside nnviz.", f.Place.WINDOW)
    enter(bench, "learning_rate_spin", "0.5")
    bench.wait_until(lambda: spin(bench).value() == 0.001)
    enter(bench, "learning_rate_spin", "0.01")
    bench.wait_until(lambda: in_force(bench).optimizer.settings["lr"] == 0.01)


def test_an_entry_that_was_not_finished_goes_with_the_form_of_its_optimizer(bench: Bench) -> None:
    bench.panel.activateWindow()
    spin(bench, "optimizer_beta1_spin").setFocus()
    bench.qtbot.waitUntil(spin(bench, "optimizer_beta1_spin").hasFocus)
    bench.qtbot.keyClicks(spin(bench, "optimizer_beta1_spin"), "0.5")
    choose(bench, "optimizer_combo", "momentum")
    choose(bench, "optimizer_combo", "rmsprop")
    bench.wait_until(lambda: in_force(bench).optimizer == OptimizerSpec("rmsprop", {"lr": 0.001}))
    enter(bench, "optimizer_alpha_spin", "0.5")
    bench.wait_until(lambda: in_force(bench).optimizer == OptimizerSpec("rmsprop", {"lr": 0.001, "alpha": 0.5}))


def test_what_is_set_while_another_network_is_loaded_is_dropped_if_its_training_differs(bench: Bench) -> None:
    with bench.qtbot.waitSignal(bench.session.loaded):
        bench.session.load_preset(catalogue().presets["circle"])
        enter(bench, "batch_size_spin", "64")
    assert bench.session.preset is not None
    with bench.qtbot.waitSignal(bench.session.loaded):
        bench.session.set_network(bench.session.preset.network)
        enter(bench, "training_l2_spin", "0.5")
    bench.wait_until(lambda: in_force(bench).l2 == 0.5)
    assert in_force(bench).batch_size == catalogue().presets["circle"].training.batch_size
    assert len(bench.trainer.sent(c.ChangeTraining)) == 1


def test_where_there_is_only_a_cpu_there_is_nothing_to_choose(bench: Bench) -> None:
    assert not bench.is_shown("device_combo")


def test_another_device_can_be_chosen_and_tells_what_a_step_takes_there(bench: Bench) -> None:
    bench.trainer.devices = Devices(labels={"cpu": "CPU", "cuda": "NVIDIA H100"})
    bench.load("xor")
    combo = bench.widget(QComboBox, "device_combo")
    assert [combo.itemText(i) for i in range(combo.count())] == ["automatic: CPU", "CPU", "NVIDIA H100"]
    assert combo.currentText() == "automatic: CPU"
    assert not bench.trainer.sent(c.Ask)
    bench.panel.show()
    bench.qtbot.waitExposed(bench.panel)
    section = combo.parentWidget()
    middle = QPointF(section.rect().center())
    QApplication.sendEvent(section, QEnterEvent(middle, middle, middle))
    bench.wait_until(lambda: "0.16 ms on CPU, 0.90 ms on NVIDIA H100" in combo.toolTip())
    QApplication.sendEvent(section, QEnterEvent(middle, middle, middle))
    assert len(bench.trainer.sent(c.Ask)) == 1
    choose(bench, "device_combo", "cuda")
    bench.wait_until(lambda: combo.currentText() == "NVIDIA H100" and combo.findText("automatic: NVIDIA H100") == 0)
    assert bench.trainer.sent(c.SetDevice) == [c.SetDevice("cuda")]
