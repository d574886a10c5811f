"""What other threads send, on the thread of the one who waits for it.

To emit a signal of a Python object, and to call its slot, PySide looks up the object's type without holding Python's
lock. Before Python 3.12 that reads a table which is being written while another thread meets classes of Qt for the
first time, as the window does when it makes a panel (seen with PySide 6.11: ``MetaObjectBuilder::update`` crashed at
the first command to a worker object, about once in fifty starts of a busy machine). So no other thread has objects with
slots, nor emits signals: it posts events, for which Qt asks nobody.
"""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal


class Mailbox(QObject):
    """Takes values from any thread, and hands them out one by one, in their order, on the thread it lives on.

    Signals
    -------
    arrived(object)
        A value.
    """

    arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._values: deque[object] = deque()

    def put(self, value: object) -> None:
        """Send a value; may be called on every thread."""
        self._values.append(value)
        QCoreApplication.postEvent(self, QEvent(QEvent.Type.User))

    def customEvent(self, event: QEvent) -> None:
        """Hand out the next value."""
        self.arrived.emit(self._values.popleft())
