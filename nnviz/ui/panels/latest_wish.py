"""One wish at a time: what a panel asks of the trainer, without flooding it and without being overtaken by echoes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestWish(Generic[T]):
    """Sends a value, waits for the answer, then sends the newest value wished meanwhile, if any.

    A person turns a number faster than a network is rebuilt. Without this, each late answer would set the field back
    to a value that is long outdated.
    """

    def __init__(self, send: Callable[[T], None]) -> None:
        self._send = send
        self._sent: T | None = None
        self._wanted: T | None = None
        self._in_force: T | None = None

    @property
    def wanted(self) -> T | None:
        """The newest wish, or what is in force; None as long as nothing is."""
        return self._wanted

    def wish(self, value: T) -> None:
        """Ask for `value`, now or as soon as the last wish is answered."""
        self._wanted = value
        self._send_if_new()

    def settle(self, value: T) -> bool:
        """Note that `value` is in force now. Returns whether to show it: not while a newer wish is under way."""
        granted = value == self._sent
        self._sent, self._in_force = None, value
        if not granted:
            self._wanted = value
        self._send_if_new()
        return self._sent is None

    def refuse(self) -> None:
        """Note that the last wish was refused: what was in force still is."""
        self._sent, self._wanted = None, self._in_force

    def _send_if_new(self) -> None:
        if self._sent is None and self._wanted is not None and self._wanted != self._in_force:
            self._sent = self._wanted
            self._send(self._wanted)
