"""Ctrl+C is noted, not thrown into the middle of a step."""

import signal
from collections.abc import Iterator

import pytest

from nnviz.cli.interrupt import interrupt_noted


@pytest.fixture(autouse=True)
def python_takes_ctrl_c() -> Iterator[None]:
    """As in a terminal; a test run in the background may have been told to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press() -> None:
    signal.raise_signal(signal.SIGINT)  # and Python handles it before it goes on


def test_the_first_is_noted_and_the_second_interrupts() -> None:
    with interrupt_noted() as interrupted:
        assert not interrupted()
        press()
        assert interrupted()
        with pytest.raises(KeyboardInterrupt):
            press()


def test_afterwards_it_interrupts_as_before() -> None:
    with interrupt_noted():
        press()
    with pytest.raises(KeyboardInterrupt):
        press()


def test_what_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupt_noted() as interrupted:
        press()
        assert not interrupted()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
