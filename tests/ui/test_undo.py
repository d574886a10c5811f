from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtGui import QAction

from nnviz.core.spec import NetworkSpec
from nnviz.engine.presets import read_presets
from nnviz.ui.main_window import MainWindow
from tests.support.program import Program
from tests.support.reference import example_preset, image_network


def action(window: MainWindow, name: str) -> QAction:
    return next(each for each in window.actions() if each.objectName() == name)


def wider() -> NetworkSpec:
    return image_network(8, (30, 14, 10))


def test_edits_are_taken_back_one_by_one_and_made_again(program: Program) -> None:
    qtbot, window, session = program.qtbot, program.window, program.session
    undo, redo = action(window, "action_undo"), action(window, "action_redo")
    assert not undo.isEnabled()
    first = session.preset
    session.set_network(wider())
    qtbot.waitUntil(lambda: session.preset.network == wider() and session.can_step)
    session.set_training(replace(session.preset.training, l2=0.5))
    qtbot.waitUntil(lambda: session.preset.training.l2 == 0.5)
    second = session.preset
    undo.trigger()
    assert not undo.isEnabled()  # until it has been granted
    qtbot.waitUntil(undo.isEnabled)
    assert session.preset.training.l2 == 0
    undo.trigger()
    qtbot.waitUntil(lambda: session.preset == first and session.can_step)
    assert not undo.isEnabled()
    for _ in range(2):
        qtbot.waitUntil(redo.isEnabled)
        redo.trigger()
    qtbot.waitUntil(lambda: session.preset == second and undo.isEnabled())
    assert not redo.isEnabled()


def test_another_preset_is_a_new_start_even_while_an_undo_is_under_way(program: Program) -> None:
    qtbot, window, session = program.qtbot, program.window, program.session
    session.set_network(wider())
    qtbot.waitUntil(lambda: session.preset.network == wider() and session.can_step)
    action(window, "action_undo").trigger()
    session.load_preset(replace(example_preset(), title="Another"))
    qtbot.waitUntil(lambda: session.preset.title == "Another" and session.can_step)
    assert not action(window, "action_undo").isEnabled()
    assert not action(window, "action_redo").isEnabled()


def test_weights_that_were_given_come_back_with_the_network_they_were_given_for(program: Program) -> None:
    qtbot, window, session = program.qtbot, program.window, program.session
    session.load_preset(read_presets()["mazur"])
    qtbot.waitUntil(lambda: session.can_step and session.preset.title == "Mazur's example")
    first = session.preset
    layers = first.network.layers
    session.set_network(NetworkSpec((layers[0], replace(layers[1], units=3), layers[2])), keep_weights=False)
    qtbot.waitUntil(lambda: session.preset != first and session.can_step)
    assert session.preset.weights == ()
    action(window, "action_undo").trigger()
    qtbot.waitUntil(lambda: session.preset == first and session.can_step)
    assert session.trace.layers[1].parameters["weight"].before[0, 0] == np.float32(0.15)
    qtbot.waitUntil(action(window, "action_redo").isEnabled)
    action(window, "action_redo").trigger()
    qtbot.waitUntil(lambda: session.preset.weights == () and session.can_step)
