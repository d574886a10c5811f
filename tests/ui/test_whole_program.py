"""The whole program, window and engine, driven as a user would."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLabel, QWidget

from nnviz.core.facts import RunState
from nnviz.core.playback import Phase
from nnviz.core.spec import OptimizerSpec
from nnviz.engine.catalogue import catalogue
from nnviz.ui.graph.view import NetworkView
from tests.support.program import Program


def test_a_walk_through_a_whole_step_and_all_the_way_back(program: Program) -> None:
    session = program.session
    before = program.weights()
    phases = [session.frame.phase]
    while session.cursor.position < len(session.walk) - 1:
        program.key(Qt.Key.Key_Right)
        phases.append(session.frame.phase)
    assert [phase for i, phase in enumerate(phases) if i == 0 or phases[i - 1] is not phase] == list(Phase)
    assert not np.array_equal(program.weights(), before)
    program.key(Qt.Key.Key_Right)
    program.wait(lambda: session.can_step and session.trace.step == 1)
    second = program.weights()
    program.key(Qt.Key.Key_Left)
    program.wait(lambda: session.can_step and session.trace.step == 0)
    assert session.frame.phase is Phase.UPDATE
    np.testing.assert_array_equal(program.weights(), second)
    while session.cursor.position > 0:
        program.key(Qt.Key.Key_Left)
    np.testing.assert_array_equal(program.weights(), before)


def test_running_stepping_back_and_running_again_is_the_same_run(program: Program) -> None:
    session = program.session
    program.train_for(60)
    reached, weights = session.trace.step, program.weights()
    for _ in range(3):
        step = session.trace.step
        program.key(Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
        program.wait(lambda step=step: session.can_step and session.trace.step == step - 1)
    for _ in range(3):
        step = session.trace.step
        program.key(Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
        program.wait(lambda step=step: session.can_step and session.trace.step == step + 1)
    assert session.trace.step == reached
    assert session.frame.phase is Phase.UPDATE
    np.testing.assert_array_equal(program.weights(), weights)


def test_every_optimizer_can_be_chosen_while_it_trains(program: Program) -> None:
    session = program.session
    combo = program.child(QComboBox, "optimizer_combo")
    program.key(Qt.Key.Key_Space)
    for index in [*range(combo.count()), 0]:
        combo.setCurrentIndex(index)
        name = catalogue().optimizers[index].name
        program.wait(lambda name=name: session.preset.training.optimizer.name == name)
        program.child(QDoubleSpinBox, "learning_rate_spin").setValue(0.004)
        program.wait(lambda: session.preset.training.optimizer.settings.get("lr") == 0.004)
        step = session.progress.step if session.progress else 0
        program.wait(lambda step=step: session.progress is not None and session.progress.step > step + 5)
    program.key(Qt.Key.Key_Space)
    program.wait(lambda: session.run_state is RunState.PAUSED)
    assert len(session.history.marks) >= combo.count()
    _, losses = session.history.batch_losses.points()
    assert np.isfinite(losses).all()


def test_drawing_is_recognised_live_and_learned(program: Program) -> None:
    session = program.session
    program.train_for(200)
    program.key(Qt.Key.Key_D)
    pad = program.child(QWidget, "drawing_pad")
    program.wait(pad.isVisible)
    middle = pad.rect().center()
    reach = min(pad.width(), pad.height()) // 3
    program.qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=middle - QPoint(0, reach))
    for y in range(-reach, reach, 6):
        program.qtbot.mouseMove(pad, middle + QPoint(0, y))
    program.qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=middle + QPoint(0, reach))
    program.wait(lambda: session.frame.trace.is_drawing and not session.frame.trace.has_backward)
    program.child(QComboBox, "drawing_label_combo").setCurrentIndex(1)
    program.qtbot.mouseClick(program.child(QWidget, "learn_drawing_button"), Qt.MouseButton.LeftButton)
    program.wait(lambda: session.can_step and session.frame.trace.has_backward)
    assert session.frame.trace.is_drawing
    assert session.frame.trace.targets.tolist() == [1]
    for _ in range(len(session.walk) - 1):
        program.key(Qt.Key.Key_Right)
    assert session.frame.phase is Phase.UPDATE
    program.key(Qt.Key.Key_Right)
    program.wait(lambda: session.can_step and not session.trace.is_drawing)


def test_going_back_from_a_drawing_leads_to_where_one_was(program: Program) -> None:
    session = program.session
    for forwards in (3, len(session.walk) - 1):
        while session.cursor.position < forwards:
            program.key(Qt.Key.Key_Right)
        place, before = session.cursor, program.weights()
        step = session.trace.step
        session.show_drawing(np.full((8, 8), 0.5, np.float32))
        session.learn_drawing(3)
        program.wait(lambda: session.can_step and session.trace.is_drawing)
        while session.frame.phase is not Phase.UPDATE:
            program.key(Qt.Key.Key_Right)
        program.key(Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
        program.wait(lambda: session.can_step and not session.trace.is_drawing)
        assert (session.cursor, session.trace.step) == (place, step)
        np.testing.assert_array_equal(program.weights(), before)


def test_commands_in_a_hurry_never_part_the_screen_from_the_engine(program: Program) -> None:
    session = program.session
    session.reset()
    session.run()  # refused while it loads
    program.wait(lambda: session.can_step)
    assert session.run_state is RunState.PAUSED
    session.set_training(replace(session.preset.training, optimizer=OptimizerSpec("sgd", {"lr": 0.1})))
    session.go_to_position(len(session.walk) - 1)  # the step of before, which is being recorded anew
    program.wait(lambda: session.trace.optimizer.name == "sgd")
    shown = program.weights()
    program.key(Qt.Key.Key_Space)
    program.wait(lambda: session.progress is not None and session.progress.step > 3)
    session.reset()
    session.set_network(session.preset.network, keep_weights=False)
    program.wait(lambda: session.can_step and session.trace.step == 0)
    np.testing.assert_array_equal(program.weights(), shown)


def test_the_architecture_changes_while_it_trains_and_ctrl_z_takes_it_back(program: Program) -> None:
    session = program.session
    network = session.preset.network
    program.key(Qt.Key.Key_Space)
    program.wait(lambda: session.progress is not None and session.progress.step > 5)
    wider = type(network)((*network.layers[:2], type(network.layers[2])(units=33), *network.layers[3:]))
    session.set_network(wider)
    program.wait(lambda: session.preset.network == wider and session.can_step)
    assert session.trace.layers[2].parameters["weight"].before.shape == (33, 64)
    program.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    program.wait(lambda: session.preset.network == network and session.can_step)
    program.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    program.wait(lambda: session.preset.network == wider and session.can_step)


def test_other_presets_and_sizes_in_the_middle_of_everything(program: Program) -> None:
    session = program.session
    for name in ("circle", "xor", "spiral", "digits"):
        program.key(Qt.Key.Key_Space)
        program.window.open_preset(catalogue().presets[name])
        program.window.resize(900 + 40 * len(name), 600)
        program.wait(lambda name=name: session.preset == catalogue().presets[name] and session.can_step)
        program.train_for(10)
    assert program.child(QLabel, "status_epoch").text()


def test_a_learning_rate_that_explodes_is_stopped_and_undone(program: Program) -> None:
    session = program.session
    program.train_for(20)
    combo = program.child(QComboBox, "optimizer_combo")
    combo.setCurrentIndex(combo.findData("sgd"))
    program.wait(lambda: session.preset.training.optimizer.name == "sgd")
    program.child(QDoubleSpinBox, "learning_rate_spin").setValue(100.0)
    program.wait(lambda: session.preset.training.optimizer.settings.get("lr") == 100.0)
    layers = session.preset.network.layers
    linear = [type(layers[2])(20, "linear"), type(layers[2])(14, "linear")]
    session.set_network(type(session.preset.network)((*layers[:2], *linear, layers[4])))
    program.wait(lambda: session.preset.network.layers[2].activation == "linear" and session.can_step)
    with program.qtbot.waitSignal(session.diverged, timeout=20_000) as diverged:
        program.key(Qt.Key.Key_Space)
    assert diverged.args[0].can_recover
    program.wait(lambda: session.run_state is RunState.PAUSED)
    session.recover_from_divergence()
    program.wait(lambda: session.preset.training.optimizer.settings.get("lr") == 10.0 and session.can_step)
    assert np.isfinite(program.weights()).all()


def test_it_closes_in_the_middle_of_training(program: Program) -> None:
    program.key(Qt.Key.Key_Space)
    program.wait(lambda: program.session.progress is not None and program.session.progress.step > 3)
    program.window.close()
    assert not program.window.isVisible()


def test_what_is_pinned_stays_so_over_a_reset_in_picture_caption_and_inspector(program: Program) -> None:
    session = program.session
    view, caption = program.window.findChild(NetworkView), program.child(QLabel, "caption")
    layer = session.preset.network.layers_with_parameters[0]
    view.pin_neuron(layer, 7)
    for _ in range(2):
        position = next(
            at for at, stage in enumerate(session.walk) if (stage.layer, stage.part) == (layer, "activation")
        )
        session.go_to_position(position)
        assert "a₇" in caption.text()
        assert "neuron 7" in program.child(QLabel, "inspector_title").text()
        with program.qtbot.waitSignal(session.loaded):
            program.key(Qt.Key.Key_R)
        program.wait(lambda: session.can_step)
