"""A session with a trainer that only counts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from nnviz.session.session import Session
from tests.support.fake_trainer import FakeTrainer
from tests.support.reference import example_preset


@pytest.fixture
def trainer() -> FakeTrainer:
    return FakeTrainer()


@pytest.fixture
def session(qtbot: QtBot, trainer: FakeTrainer) -> Iterator[Session]:
    session = Session(lambda: trainer)
    session.load_preset(example_preset())
    qtbot.waitUntil(lambda: session.can_step)
    yield session
    trainer.hold.set()
    session.close()
