"""Walking through a drawing or a sample of its own: a pass without a way back, beside the batch that it interrupts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.playback import Phase, Stage
from nnviz.core.pokes import SetWeight, WeightPlace
from nnviz.core.trace import Trace
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.trainer import Trainer
from nnviz.session.player import Player
from nnviz.session.session import Session
from tests.support.trainer import assert_same


class Listening(Trainer):
    """The real trainer, which remembers what it was told."""

    def __init__(self) -> None:
        super().__init__(catalogue(), DataPlaces(None, Path("/nonexistent")))
        self.told: list[c.Command] = []

    def execute(self, command: c.Command) -> Iterator[f.Fact]:
        if not isinstance(command, c.Foresee | c.Predict | c.Ask):
            self.told.append(command)
        return super().execute(command)


class Bench:
    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.trainer = Listening()
        self.session = Session(lambda: self.trainer)
        self.session.load_preset(catalogue().presets["digits"])
        self.settle()

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: self.session.can_step, timeout=20_000)

    def draw(self, value: float = 0.5) -> None:
        with self.qtbot.waitSignal(self.session.prediction_made):
            self.session.show_drawing(np.full((8, 8), value, np.float32))

    @property
    def stage(self) -> Stage:
        assert self.session.frame is not None
        return self.session.frame.stage

    @property
    def is_drawing(self) -> bool:
        return self.session.frame is not None and self.session.frame.trace is not self.session.trace


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = Bench(qtbot)
    yield made
    made.session.close()


def forward_length(bench: Bench) -> int:
    return sum(stage.phase is Phase.FORWARD for stage in bench.session.walk)


def test_a_drawing_shows_its_overview_and_its_own_walk(bench: Bench) -> None:
    before = forward_length(bench)
    bench.draw()
    session = bench.session
    assert session.frame.cursor.overview
    assert session.walk == session.frame.walk
    assert len(session.walk) == before
    assert session.cursor == session.frame.cursor
    assert session.cursor.position == before - 1
    assert session.can_step
    assert session.can_step_back


def test_it_is_walked_to_its_input_and_on_again_without_asking_the_trainer(bench: Bench) -> None:
    bench.draw()
    session, told = bench.session, len(bench.trainer.told)
    walk = session.walk
    seen = []
    for _ in walk[1:]:
        session.step_back()
        assert bench.is_drawing
        seen.append(bench.stage)
    assert seen == list(reversed(walk[:-1]))
    assert session.frame.layers[1].output is None
    for stage in walk[1:]:
        session.step_forward()
        assert bench.is_drawing
        assert bench.stage == stage
    assert not session.cursor.overview
    assert len(bench.trainer.told) == told


def test_layers_and_clicked_stages_stay_inside(bench: Bench) -> None:
    bench.draw()
    session = bench.session
    session.previous_layer()
    session.previous_layer()
    assert bench.is_drawing
    layer = bench.stage.layer
    assert layer < len(session.frame.layers) - 1
    session.next_layer()
    assert bench.stage.layer == layer + 1
    session.go_to_position(0)
    assert bench.is_drawing
    assert session.can_step_back
    np.testing.assert_array_equal(session.frame.layers[0].values["output"], np.full((8, 8), 0.5, np.float32))


@pytest.mark.parametrize("place", [2, -1])
@pytest.mark.parametrize("leave", ["forward", "back", "next_layer", "previous_layer"])
def test_leaving_it_leads_to_where_one_was(bench: Bench, place: int, leave: str) -> None:
    """Also to the update, whose step has been taken and stays so."""
    session = bench.session
    session.go_to_position(place % len(session.walk))
    batch, was = session.trace, session.frame
    bench.draw()
    told = len(bench.trainer.told)
    session.go_to_position(0 if leave in ("back", "previous_layer") else len(session.walk) - 1)
    step = {
        "forward": session.step_forward,
        "back": session.step_back,
        "next_layer": session.next_layer,
        "previous_layer": session.previous_layer,
    }
    with bench.qtbot.waitSignal(session.prediction_made) as made:
        step[leave]()
    assert made.args == [None]
    assert session.trace is batch
    assert (session.frame.trace, session.frame.cursor) == (was.trace, was.cursor)
    assert session.cursor == was.cursor
    assert session.walk == was.walk
    assert len(bench.trainer.told) == told


def test_a_new_stroke_shows_the_overview_again(bench: Bench) -> None:
    bench.draw()
    bench.session.go_to_position(1)
    assert not bench.session.cursor.overview
    bench.draw(0.6)
    assert bench.session.frame.cursor.overview
    assert bench.session.cursor == bench.session.frame.cursor


def test_a_changed_weight_leaves_one_at_the_same_stage(bench: Bench) -> None:
    bench.draw()
    session = bench.session
    session.go_to_position(1)
    before = session.frame.trace
    session.pokes.poke(SetWeight(WeightPlace(len(session.frame.layers) - 1, 0, 0), 2.0))
    bench.qtbot.waitUntil(lambda: bench.is_drawing and session.frame.trace is not before)
    assert session.cursor.position == 1
    assert session.frame.layers[-1].parameters["weight"][0, 0] == 2.0


def test_free_training_shows_the_overview_of_it(bench: Bench) -> None:
    bench.draw()
    session = bench.session
    session.go_to_position(1)
    session.run()
    bench.qtbot.waitUntil(lambda: session.cursor.overview, timeout=20_000)
    assert bench.is_drawing
    session.pause()
    bench.settle()


def test_whole_batches_leave_it(bench: Bench) -> None:
    session = bench.session
    loss = forward_length(bench)
    session.go_to_position(loss)
    bench.draw()
    session.go_to_position(1)
    session.next_batch()
    bench.settle()
    assert not bench.is_drawing
    assert (session.trace.step, session.cursor.position) == (1, loss)
    bench.draw()
    session.go_to_position(1)
    session.previous_batch()
    bench.settle()
    assert not bench.is_drawing
    assert (session.trace.step, session.cursor.position) == (0, loss)


def test_the_player_walks_it_and_returns_to_the_batch(bench: Bench) -> None:
    bench.draw()
    session = bench.session
    player = Player(session)
    player.set_speed(4.0)
    player.set_numbers(False)
    session.go_to_position(len(session.walk) - 3)
    place = session.cursor.position
    player.play()
    assert bench.is_drawing
    assert session.cursor.position == place + 1
    bench.qtbot.waitUntil(lambda: not bench.is_drawing)
    player.pause()
    assert session.cursor.position == 0


def test_training_is_the_same_to_the_bit(qtbot: QtBot) -> None:
    def train(with_drawings: bool) -> list[Trace]:
        bench, traces = Bench(qtbot), []
        session = bench.session
        for _ in range(3):
            for phase in Phase:
                session.go_to_position(next(i for i, stage in enumerate(session.walk) if stage.phase is phase))
                if with_drawings:
                    bench.draw()
                    session.go_to_position(0)
                    session.next_layer()
                    session.go_to_position(len(session.walk) - 1)
                    session.step_back()
                    session.go_to_position(len(session.walk))
                    assert bench.stage.phase is phase
            traces.append(session.trace)
            session.step_forward()
            bench.settle()
        traces.append(session.trace)
        session.close()
        return traces

    for one, other in zip(train(False), train(True), strict=True):
        assert_same(one, other)
