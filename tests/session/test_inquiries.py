"""Questions: one of a kind under way, the newest waits, and none is lost to a failure."""

from __future__ import annotations

from dataclasses import dataclass

from nnviz.core.commands import Ask
from nnviz.core.facts import Answered
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
    inquiries.receive(Answered(sent[0].question, 1))
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


def test_a_long_answer_is_asked_for_until_it_is_complete() -> None:
    sent: list[Ask] = []
    inquiries = Inquiries(sent.append)
    got: list[object] = []
    inquiries.answered.connect(lambda question, answer: got.append(answer))
    inquiries.ask(Height("a"))
    for _ in range(2):
        inquiries.receive(Answered(sent[-1].question, None, complete=False))
    assert [ask.question for ask in sent] == [sent[0].question] * 3
    assert got == []
    inquiries.receive(Answered(sent[-1].question, 7))
    assert got == [7]
    assert len(sent) == 3


def test_a_newer_question_takes_the_place_of_one_whose_answer_is_not_complete() -> None:
    sent: list[Ask] = []
    inquiries = Inquiries(sent.append)
    got: list[object] = []
    inquiries.answered.connect(lambda question, answer: got.append(answer))
    inquiries.ask(Height("a"))
    inquiries.ask(Height("b"))
    inquiries.receive(Answered(sent[0].question, None, complete=False))
    assert sent[1:] == [Ask(Height("b"))]
    inquiries.receive(Answered(sent[1].question, 2))
    assert got == [2]


def test_after_a_failure_nobody_asks_for_the_rest_of_an_old_answer() -> None:
    sent: list[Ask] = []
    inquiries = Inquiries(sent.append)
    inquiries.ask(Height("a"))
    inquiries.expect_nothing()
    inquiries.ask(Height("a"))
    inquiries.receive(Answered(sent[0].question, None, complete=False))
    assert len(sent) == 2
    inquiries.receive(Answered(sent[1].question, None, complete=False))
    assert sent[2].question is sent[1].question


def test_the_questions_of_two_askers_do_not_push_each_other_out() -> None:
    sent: list[Ask] = []
    inquiries = Inquiries(sent.append)
    for asker in ("one", "other", "one"):
        inquiries.ask(Height(asker), asker)
    assert [ask.question for ask in sent] == [Height("one"), Height("other")]
    for ask in tuple(sent):
        inquiries.receive(Answered(ask.question, 1))
    assert [ask.question for ask in sent] == [Height("one"), Height("other"), Height("one")]
