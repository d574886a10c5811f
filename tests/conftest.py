"""Fixtures for all tests: a headless Qt, settings that touch nobody's files, and checks for what is left behind."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.threads import qt_threads_ended

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")
settings.register_profile("unhurried", deadline=None)  # two tests share the machine: minutes say nothing there
settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, caches and data go to a temporary folder."""
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


@pytest.fixture(autouse=True)
def no_thread_left_behind() -> Iterator[None]:
    """Fail a test that leaves a thread running, Python's or Qt's."""
    before = set(threading.enumerate())
    with qt_threads_ended():
        yield
    left = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    assert not left, f"threads left behind: {left}"


@pytest.fixture(autouse=True)
def garbage_is_collected_again() -> Iterator[None]:
    """Fail a test that leaves Python's garbage collection switched off."""
    before = gc.isenabled()
    yield
    assert gc.isenabled() is before


@pytest.fixture(autouse=True)
def no_widget_left_behind() -> Iterator[None]:
    """Destroy what a test has given up, and fail it for windows that it leaves behind."""
    yield
    if "PySide6.QtWidgets" not in sys.modules:
        return
    from PySide6.QtCore import QEvent
    from PySide6.QtWidgets import QApplication

    if not isinstance(QApplication.instance(), QApplication):
        return
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    left = [widget for widget in QApplication.topLevelWidgets() if type(widget).__module__.startswith("nnviz")]
    names = [f"{type(widget).__name__} {widget.objectName()!r}" for widget in left]
    for widget in left:
        widget.deleteLater()
    del left
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not names, f"windows left behind: {names}"


@pytest.fixture(scope="session")
def mnist_folder() -> Path:
    """The folder with the four MNIST files; skips where there is none."""
    folder = os.environ.get("NNVIZ_DATA_DIR")
    if not folder or not any(Path(folder).glob("train-images*")):
        pytest.skip("needs the MNIST files: set NNVIZ_DATA_DIR to the folder that holds them")
    return Path(folder)
