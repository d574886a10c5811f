"""What is told of an edit that replaces the network, and that Ctrl+Z keeps the promise."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from nnviz.core.facts import Loaded
from nnviz.core.pokes import NO_POKES, SetWeight, WeightPlace
from nnviz.core.race import StartFrom
from nnviz.core.spec import NetworkSpec, OptimizerSpec
from nnviz.engine.catalogue import catalogue
from nnviz.engine.layers import Dense
from nnviz.session.race import RaceState
from tests.support.program import REDO, UNDO, Program

CIRCLE = catalogue().presets["circle"]
AFRESH, GOES_ON = "Training begins afresh. Ctrl+Z", "Training goes on from there. Ctrl+Z"


def take(program: Program, steps: int) -> None:
    for _ in range(steps):
        program.session.next_batch()
        program.wait(lambda: program.session.can_step)


def load(program: Program, act) -> Loaded:
    """Do what ends with another network."""
    with program.qtbot.waitSignal(program.session.loaded, timeout=20_000) as loaded:
        act()
    program.wait(lambda: program.session.can_step and not program.session.pokes.under_way)
    return loaded.args[0]


def undo(program: Program) -> Loaded:
    return load(program, lambda: program.trigger(UNDO))


def poke_and_reset(program: Program) -> None:
    session = program.session
    program.open(CIRCLE)
    take(program, 3)
    session.pokes.poke(SetWeight(WeightPlace(1, 0, 0), 3.0))
    program.wait(lambda: bool(session.pokes.present) and session.can_step)
    load(program, lambda: program.key(Qt.Key.Key_R))


def told(program: Program, text: str) -> bool:
    return any(notice.startswith(text) for notice in program.notices())


@pytest.mark.parametrize("again", ["open", "reset"])
def test_the_same_preset_again_can_be_taken_back(program: Program, again: str) -> None:
    program.open(CIRCLE)
    take(program, 3)
    load(program, lambda: program.window.open_preset(CIRCLE) if again == "open" else program.key(Qt.Key.Key_R))
    assert program.session.trace.step == 0
    assert told(program, AFRESH)
    assert program.action(UNDO).text() == "Undo: weights"
    undo(program)
    assert program.session.trace.step == 3
    assert not program.action(UNDO).isEnabled()
    load(program, lambda: program.trigger(REDO))
    assert program.session.trace.step == 0


def test_where_nothing_was_learned_a_reset_is_no_edit(program: Program) -> None:
    load(program, lambda: program.key(Qt.Key.Key_R))
    assert not program.action(UNDO).isEnabled()
    assert not told(program, AFRESH)


def test_a_poke_before_a_reset_comes_back_and_is_taken_back(program: Program) -> None:
    session = program.session
    poke_and_reset(program)
    assert session.pokes.present == NO_POKES
    undo(program)
    assert session.pokes.present != NO_POKES
    program.trigger(UNDO)
    program.wait(lambda: session.pokes.present == NO_POKES and session.can_step)
    assert not program.action(UNDO).isEnabled()


def test_a_poke_that_there_was_no_memory_for_does_not_block_the_way_back(program: Program) -> None:
    session = program.session
    poke_and_reset(program)
    session.set_memory_limit(1)
    undo(program)
    assert session.pokes.present == NO_POKES
    assert told(program, "There was no memory")
    assert program.action(REDO).isEnabled()


def test_a_racer_goes_on_and_gives_the_network_of_before_back(program: Program) -> None:
    session = program.session
    program.open(CIRCLE)
    take(program, 3)
    present = CIRCLE.training.optimizer
    session.race.start((present, OptimizerSpec("adam", {"lr": 0.01})), 1, StartFrom.PRESENT)
    program.wait(lambda: session.race.state is RaceState.STOPPED and all(each.epochs for each in session.race.racers))
    loaded = load(program, lambda: session.race.take_over(0))
    assert loaded.step > 3
    assert told(program, GOES_ON)
    assert not told(program, AFRESH)
    assert program.action(UNDO).text() == "Undo: weights"
    assert undo(program).step == 3


def test_what_there_is_no_memory_for_is_not_promised(program: Program) -> None:
    session = program.session
    program.open(CIRCLE)
    session.set_memory_limit(1)
    take(program, 3)
    layers = CIRCLE.network.layers
    wider = NetworkSpec((*layers[:-1], Dense(5), layers[-1]))
    load(program, lambda: session.set_network(wider, keep_weights=False))
    assert not told(program, AFRESH)
    assert program.action(UNDO).isEnabled()


def test_other_data_that_are_taken_back_without_memory_end_no_history(program: Program) -> None:
    session = program.session
    program.open(CIRCLE)
    session.set_training(replace(CIRCLE.training, l2=0.5))
    program.wait(lambda: session.preset.training.l2 == 0.5 and session.can_step)
    take(program, 3)
    load(program, lambda: session.set_data(replace(CIRCLE.data, name="xor")))
    session.set_memory_limit(1)
    loaded = undo(program)
    assert loaded.preset.data == CIRCLE.data
    assert loaded.brought_back is None
    assert program.action(REDO).isEnabled()
    assert program.action(UNDO).isEnabled()
