"""The plane is asked about while somebody looks, and answers about former networks are dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnviz.core.commands import Ask
from nnviz.core.facts import Answered, Loaded
from nnviz.core.plane import AskPlane, PlaneAnswer
from nnviz.engine.catalogue import catalogue
from nnviz.session.inquiries import Inquiries
from nnviz.session.plane import PlaneWatch
from tests.support.settings_trainer import example_summary


class Bench:
    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.sent: list[Ask] = []
        self.inquiries = Inquiries(self.sent.append)
        self.watch = PlaneWatch(self.inquiries)
        self.got: list[PlaneAnswer] = []
        self.watch.answered.connect(self.got.append)

    def load(self, name: str, revision: int = 0) -> None:
        preset = catalogue().presets[name]
        self.watch.start_afresh(Loaded(preset, example_summary(preset), revision, 0))

    def answer(self, revision: int) -> None:
        found = PlaneAnswer(revision, 0, 6.0, np.zeros((1, 4, 4), np.float32), 0.0, ())
        self.inquiries.receive(Answered(self.sent[-1].question, found))

    def wait(self, true: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(true)


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    return Bench(qtbot)


def test_nobody_asks_while_nobody_watches(bench: Bench) -> None:
    bench.load("circle")
    bench.watch.look_again()
    bench.watch.watch("me")
    bench.watch.unwatch("me")
    bench.qtbot.waitUntil(lambda: True)
    assert not bench.sent


def test_it_asks_again_when_the_network_may_have_changed(bench: Bench) -> None:
    bench.watch.watch("me")
    bench.load("circle")
    bench.wait(lambda: len(bench.sent) == 1)
    assert bench.sent[0].question == AskPlane(6.0)
    bench.answer(0)
    assert bench.watch.answer is bench.got[0]
    for _ in range(5):
        bench.watch.look_again()
    bench.wait(lambda: len(bench.sent) == 2)


def test_answers_about_another_network_are_dropped(bench: Bench) -> None:
    bench.watch.watch("me")
    bench.load("circle", revision=1)
    bench.wait(lambda: len(bench.sent) == 1)
    bench.load("circle", revision=2)
    bench.answer(1)
    assert bench.watch.answer is None
    bench.wait(lambda: len(bench.sent) == 2)
    bench.answer(2)
    assert bench.watch.answer is not None


def test_images_have_no_plane_and_neither_have_points_with_two_answers(bench: Bench) -> None:
    bench.watch.watch("me")
    bench.load("digits")
    preset = catalogue().presets["circle"]
    two = replace(example_summary(preset), point_targets=np.zeros((500, 2), np.float32))
    bench.watch.start_afresh(Loaded(preset, two, 0, 0))
    bench.watch.look_again()
    bench.load("xor")
    bench.wait(lambda: len(bench.sent) > 0)
    bench.answer(0)
    assert len(bench.got) == len(bench.sent) == 1
