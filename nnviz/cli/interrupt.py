"""Ctrl+C that waits for a good moment."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupt_noted() -> Iterator[Callable[[], bool]]:
    """Only note the first Ctrl+C, and let the block ask whether there was one; the second interrupts at once.

    An exception that comes in the middle of a step leaves half of it done, and where it comes while torch reads its
    arguments, torch makes a RuntimeError of it. To be used in the main thread: only there Python takes signals.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # ignored in a job in the background: nothing to be noted
        yield lambda: False
        return
    noted = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal noted
        noted = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: noted
    finally:
        signal.signal(signal.SIGINT, before)
