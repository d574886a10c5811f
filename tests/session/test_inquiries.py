"""Questions: one of a kind under way, the newest waits, and none is lost to a failure."""

from __future__ import annotations

from dataclasses import dataclass

from nnviz.core.commands import Answered, Ask
from nnviz.core.questions import Question
from nnviz.session.inquiries import Inquiries


@dataclass(frozen=True)
class Height(Question):
    of: str


@dataclass(frozen=True)
class Colour(Question):
    of: str


def test_of_each_kind_one_is_under_way_and_the_newest_waits() -> None:
    sent: list[Ask] = []
    inquiries = Inquiries(sent.append)
    for name in "abc":
        inquiries.ask(Height(name))
    inquiries.ask(Colour("a"))
    assert sent == [Ask(Height("a")), Ask(Colour("a"))]
    got: list[tuple[Question, object]] = []
    inquiries.answered.connect(lambda question, answer: got.append((question, answer)))
    inquiries.receive(Answered(Height("a"), 1))
    assert got == [(Height("a"), 1)]
    assert sent[2:] == [Ask(Height("c"))]


def test_after_a_failure_one_can_ask_again() -> None:
    sent: list[Ask] = []
    inquiries = Inquiries(sent.append)
    inquiries.ask(Height("a"))
    inquiries.ask(Height("b"))
    inquiries.expect_nothing()
    inquiries.ask(Height("c"))
    assert sent == [Ask(Height("a")), Ask(Height("c"))]
