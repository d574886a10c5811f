"""Pictures without a session, which keeps Python's garbage collector off the threads that paint."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QThreadPool


@pytest.fixture(autouse=True)
def garbage_waits_for_the_painters() -> Iterator[None]:
    """As in the program (`nnviz.session.garbage`): a widget that hangs in a cycle is destroyed on this thread alone."""
    gc.disable()
    yield
    QThreadPool.globalInstance().waitForDone()
    gc.enable()
