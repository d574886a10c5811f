"""One wish at a time: what a panel asks of the trainer, without flooding it and without being overtaken by echoes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer

T = TypeVar("T")
REST_MS = 300


class LatestWish(Generic[T]):
    """Sends a value, waits for the answer, then sends the newest value wished meanwhile, if any.

    A person turns a number faster than a network is rebuilt. Without this, each late answer would set the field back
    to a value that is long outdated. What is wished while something else is being loaded waits, too: it was meant
    for what is shown, and is dropped if that has changed.

    A wish may rest for a moment, so that several clicks on an arrow are one edit; whatever else happens meanwhile ends
    it.
    """

    def __init__(self, send: Callable[[T], None], may_send: Callable[[], bool], parent: QObject) -> None:
        self._send = send
        self._may_send = may_send
        self._sent: T | None = None
        self._wanted: T | None = None
        self._in_force: T | None = None
        self._rest = QTimer(parent, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.go_on)

    @property
    def wanted(self) -> T | None:
        """The newest wish, or what is in force; None as long as nothing is."""
        return self._wanted

    def wish(self, value: T) -> None:
        """Ask for `value`, now or as soon as that is possible."""
        self._rest.stop()
        self._wanted = value
        self.go_on()

    def wish_soon(self, value: T) -> None:
        """Ask for `value` once nothing else has been wished for a moment; at once, where it has to wait anyway."""
        self._wanted = value
        if self._may_send():
            self._rest.start()

    def end_rest(self) -> bool:
        """Drop a wish that rests. Returns whether there was one."""
        rested = self._rest.isActive()
        if rested:
            self._rest.stop()
            self._wanted = self._in_force
        return rested

    def settle(self, value: T) -> bool:
        """Note that `value` is in force now. Returns whether to show it: not while there is a newer wish."""
        self.end_rest()
        expected = self._in_force if self._sent is None else self._sent
        self._sent, self._in_force = None, value
        if value != expected:
            self._wanted = value
        self.go_on()
        return self._wanted == value

    def refuse(self) -> None:
        """Note that the last wish was refused: what was in force still is."""
        self._rest.stop()
        self._sent, self._wanted = None, self._in_force

    def go_on(self) -> None:
        """Send the newest wish, if there is one that waits and may be sent now."""
        waits = self._sent is None and self._wanted is not None and self._wanted != self._in_force
        if waits and self._may_send() and not self._rest.isActive():
            self._sent = self._wanted
            self._send(self._wanted)
