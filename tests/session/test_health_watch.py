"""Watching over a training: snapshots of what is recorded, and remedies as if a person had chosen them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnviz.core import commands as c
from nnviz.core.health import Illness
from nnviz.core.remedies import Cure, Remedy
from nnviz.core.spec import NetworkSpec
from nnviz.core.trace import ParameterRecord, Trace
from nnviz.session.session import Session
from tests.support.fake_trainer import FakeTrainer, faster
from tests.support.reference import example_preset


class AlikeTrainer(FakeTrainer):
    """All weights of its first hidden layer are equal."""

    def _trace(self) -> Trace:
        trace = super()._trace()
        record = trace.layers[2]
        weight = record.parameters["weight"]
        equal = ParameterRecord(np.ones_like(weight.before), weight.gradient, weight.after)
        layer = replace(record, parameters={**record.parameters, "weight": equal})
        return replace(trace, layers=(*trace.layers[:2], layer, *trace.layers[3:]))


@pytest.fixture
def trainer() -> FakeTrainer:
    return AlikeTrainer()


@pytest.fixture
def session(trainer: FakeTrainer, qtbot: QtBot) -> Iterator[Session]:
    session = Session(lambda: trainer)
    with qtbot.waitSignal(session.trace_recorded):
        session.load_preset(example_preset())
    qtbot.waitUntil(lambda: session.can_step)
    yield session
    session.close()


def next_batch(session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.trace_recorded):
        session.next_batch()
    qtbot.waitUntil(lambda: session.can_step)


def steps(session: Session) -> list[int]:
    return [each.step for each in session.health.row]


def test_every_step_taken_by_hand_is_kept_and_what_is_taken_back_goes(session: Session, qtbot: QtBot) -> None:
    for _ in range(3):
        next_batch(session, qtbot)
    assert steps(session) == [0, 1, 2, 3]
    for _ in range(2):
        with qtbot.waitSignal(session.trace_recorded):
            session.previous_batch()
        qtbot.waitUntil(lambda: session.can_step)
    assert steps(session) == [0, 1]


def test_an_illness_is_told_when_it_is_seen_again(session: Session, qtbot: QtBot) -> None:
    assert session.health.findings == ()
    with qtbot.waitSignal(session.health.changed):
        next_batch(session, qtbot)
    (finding,) = session.health.findings
    assert (finding.illness, finding.layer, finding.measure) == (Illness.ALIKE, 2, 20)


def test_other_settings_get_a_fair_chance(session: Session, qtbot: QtBot) -> None:
    next_batch(session, qtbot)
    with qtbot.waitSignal(session.training_changed):
        session.set_training(faster(example_preset().training))
    assert session.health.findings == ()


def test_another_network_starts_afresh(session: Session, qtbot: QtBot) -> None:
    for _ in range(3):
        next_batch(session, qtbot)
    with qtbot.waitSignal(session.trace_recorded):
        session.reset()
    assert steps(session) == [0]


def test_a_drawing_says_nothing_of_the_training(session: Session, qtbot: QtBot) -> None:
    before = steps(session)
    with qtbot.waitSignal(session.prediction_made):
        session.show_drawing(np.ones((8, 8), np.float32), 7)
    with qtbot.waitSignal(session.trace_recorded):
        session.learn_drawing(3)
    assert session.trace is not None
    assert session.trace.is_drawing
    assert steps(session) == before


def test_the_sample_of_a_drawing_goes_with_it(session: Session, trainer: FakeTrainer, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.prediction_made):
        session.show_drawing(np.ones((8, 8), np.float32), 7)
    session.learn_drawing(3)
    qtbot.waitUntil(lambda: bool(trainer.told(c.ProposeDrawing)))
    assert [command.sample for command in trainer.told(c.Predict) + trainer.told(c.ProposeDrawing)] == [7, 7]


def test_a_remedy_is_an_edit_like_any_other(session: Session, trainer: FakeTrainer, qtbot: QtBot) -> None:
    training = faster(example_preset().training)
    with qtbot.waitSignal(session.training_changed):
        session.health.apply(Remedy(Cure.LOWER_LEARNING_RATE, training=training, value=0.1))
    assert trainer.told(c.ChangeTraining) == [c.ChangeTraining(training)]
    network = NetworkSpec((*example_preset().network.layers[:3], example_preset().network.layers[-1]))
    session.health.apply(Remedy(Cure.RELU, network=network, starts_afresh=True))
    session.health.apply(Remedy(Cure.DROPOUT, network=network))
    qtbot.waitUntil(lambda: len(trainer.told(c.ChangeNetwork)) == 2)
    assert trainer.told(c.ChangeNetwork) == [c.ChangeNetwork(network, False), c.ChangeNetwork(network, True)]
