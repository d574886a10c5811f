"""The window as the command line opens it, and pictures of it."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel

from nnviz.app import main
from nnviz.engine.catalogue import catalogue
from nnviz.engine.files import write_preset
from nnviz.ui.log import log_file
from nnviz.ui.main_window import MainWindow
from nnviz.ui.panels import PANELS
from tests.support.command import diverging_preset, python, run

# --- the window -------------------------------------------------------------------------------------------------------


def test_window_stands_before_torch_is_imported() -> None:
    code = """
import sys
from nnviz.app import make_application, make_window
application = make_application()
window, session = make_window(None)
window.show()
print([name for name in ("torch", "sklearn", "scipy") if name in sys.modules], window.isVisible())
window.close()
"""
    assert python(code) == "[] True"


class Visitor(QObject):
    """Waits inside of `main` until the window has come so far, looks at it, and closes it."""

    def __init__(self, ready: Callable[[MainWindow], bool], look: Callable[[MainWindow], None]) -> None:
        super().__init__()
        self._ready, self._look = ready, look
        self._given_up = time.monotonic() + 60
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._visit)
        self._timer.start(10)

    def _visit(self) -> None:
        windows = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow)]
        for window in (each for each in windows if each.isVisible()):
            if self._ready(window):
                self._timer.stop()
                self._look(window)
                window.close()
            elif time.monotonic() > self._given_up:
                window.close()


@pytest.mark.parametrize(
    ("argv", "title"), [([], "Handwritten digits"), (["xor"], "XOR"), (["open", "circle"], "Circle")]
)
def test_window_opens_with_what_was_named(qapp: QApplication, argv: list[str], title: str) -> None:
    titles: list[str] = []
    visitor = Visitor(lambda window: title in window.windowTitle(), lambda window: titles.append(window.windowTitle()))
    assert main(argv) == 0
    visitor.deleteLater()
    assert len(titles) == 1


def test_window_opens_files(qapp: QApplication, tmp_path: Path) -> None:
    preset = replace(catalogue().presets["xor"], title="Mine")
    write_preset(tmp_path / "my.json", preset)
    seen: list[str] = []
    visitor = Visitor(lambda window: "Mine" in window.windowTitle(), lambda window: seen.append(window.windowTitle()))
    assert main([str(tmp_path / "my.json")]) == 0
    visitor.deleteLater()
    assert seen


def test_panels_that_nobody_has_opened_are_made_when_the_window_stands(qapp: QApplication) -> None:
    panels: list[bool] = []

    def docks(window: MainWindow) -> list[bool]:
        return [dock.widget() is not None for dock in window.findChildren(QDockWidget)]

    visitor = Visitor(lambda window: all(docks(window)), lambda window: panels.extend(docks(window)))
    assert main(["xor"]) == 0
    visitor.deleteLater()
    assert len(panels) == len(PANELS)


def test_the_session_alone_collects_garbage_and_leaves_it_as_it_was(qapp: QApplication) -> None:
    enabled: list[bool] = []
    visitor = Visitor(lambda window: "XOR" in window.windowTitle(), lambda window: enabled.append(gc.isenabled()))
    assert main(["xor"]) == 0
    visitor.deleteLater()
    assert enabled == [False]
    assert gc.isenabled()


def test_uncaught_problem_is_logged_and_noted(qapp: QApplication, capfd: pytest.CaptureFixture[str]) -> None:
    hook = sys.excepthook
    notes: list[str] = []

    def look(window: MainWindow) -> None:
        try:
            raise KeyError("nobody expected this")
        except KeyError as error:
            sys.excepthook(KeyError, error, error.__traceback__)
        notes.extend(label.text() for label in window.findChildren(QLabel) if label.isVisible())

    visitor = Visitor(lambda window: "XOR" in window.windowTitle(), look)
    assert main(["xor"]) == 0
    visitor.deleteLater()
    assert any("Something went wrong inside nnviz" in text and "Traceback" not in text for text in notes)
    assert "nobody expected this" in log_file().read_text()
    assert sys.excepthook is hook
    capfd.readouterr()


def test_no_screen_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    code = "from nnviz.app import main; print(main(['xor']))"
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environment)
    assert done.stdout.strip() == "1"
    assert "no screen" in done.stderr


# --- render -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", [None, "forward:2", "loss", "backward:1", "update"])
def test_render_writes_the_window(
    qapp: QApplication, capsys: pytest.CaptureFixture[str], tmp_path: Path, stage: str | None
) -> None:
    path = tmp_path / "window.png"
    options = [] if stage is None else ["--stage", stage]
    code, _, err = run(capsys, "render", "circle", "--epochs", "1", *options, "--size", "1300x850", "--out", str(path))
    assert (code, err) == (0, "")
    image = QImage(str(path))
    assert (image.width(), image.height()) == (1300, 850)
    assert len({image.pixel(x, y) for x in range(0, 1300, 13) for y in range(0, 850, 17)}) > 20


def test_render_knows_themes_and_touches_no_preferences(
    qapp: QApplication, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = os.environ["XDG_CONFIG_HOME"]
    brightness = {}
    for theme in ("dark", "light"):
        path = tmp_path / f"{theme}.png"
        code, _, _ = run(capsys, "render", "xor", "--theme", theme, "--out", str(path))
        assert code == 0
        brightness[theme] = QImage(str(path)).scaled(1, 1).pixelColor(0, 0).lightness()
    assert brightness["dark"] < 90
    assert brightness["light"] > 180
    assert os.environ["XDG_CONFIG_HOME"] == before
    assert not Path(before).exists()


def test_render_reports_what_goes_wrong(
    qapp: QApplication, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NNVIZ_DATA_DIR", raising=False)
    path = tmp_path / "window.png"
    assert run(capsys, "render", "mnist", "--out", str(path))[0] == 1
    code, _, err = run(capsys, "render", str(diverging_preset(tmp_path)), "--epochs", "3", "--out", str(path))
    assert code == 1
    assert "The loss is no longer a number." in err
    assert not path.exists()
