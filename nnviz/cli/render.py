"""``nnviz render``: a picture of the window, without a screen."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nnviz.cli.download import download_if_asked
from nnviz.cli.errors import FAILED, CommandError, divergence, missing_data
from nnviz.cli.source import find_preset, is_project
from nnviz.core.facts import DataMissing, Diverged, Failed, RunState
from nnviz.core.playback import Phase, Stage
from nnviz.core.spec import NetworkSpec
from nnviz.engine.catalogue import catalogue
from nnviz.engine.files import FileError, atomic_write

if TYPE_CHECKING:
    from nnviz.session.session import Session
    from nnviz.ui.main_window import MainWindow

log = logging.getLogger(__name__)

STILL_SECONDS = 0.8
GIVE_UP_SECONDS = 30.0
POLL_SECONDS = 0.02

MakeWindow = Callable[[Path | None], tuple["MainWindow", "Session"]]


def render(arguments: Namespace, make_window: MakeWindow) -> int:
    """Write the picture, and return the exit code."""
    from PySide6.QtWidgets import QApplication

    preset = find_preset(arguments.preset, catalogue())
    download_if_asked(arguments, preset, catalogue())
    if arguments.stage is not None:
        _layer_of(arguments.stage, preset.network)
    if QApplication.instance() is None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        QApplication(["nnviz"])
    with _own_preferences(arguments.theme), _quiet_qt():
        window, session = make_window(arguments.data_dir)
        try:
            picture = _Photographer(window, session).picture(arguments)
        finally:
            window.close()
            window.deleteLater()
    try:
        atomic_write(arguments.out, picture)
    except FileError as error:
        raise CommandError(str(error), FAILED) from error
    return 0


@contextmanager
def _own_preferences(theme: str) -> Iterator[None]:
    """Neither read nor change what the user's own window remembers: layout, theme, hints."""
    from nnviz.ui.preferences import Preferences
    from nnviz.ui.theme import ThemeChoice

    variable = "XDG_CONFIG_HOME"
    before = os.environ.get(variable)
    with tempfile.TemporaryDirectory() as folder:
        os.environ[variable] = folder
        try:
            preferences = Preferences()
            preferences.theme = ThemeChoice(theme)
            preferences.hint_seen = True
            preferences.reduced_motion = True  # a picture of things that move is never finished
            preferences.save()
            yield
        finally:
            del os.environ[variable]
            if before is not None:
                os.environ[variable] = before


@contextmanager
def _quiet_qt() -> Iterator[None]:
    """Send Qt's messages to the log: the offscreen platform complains about what it cannot do, and nobody minds."""
    from PySide6.QtCore import qInstallMessageHandler

    before = qInstallMessageHandler(lambda kind, context, text: log.info("%s", text))
    try:
        yield
    finally:
        qInstallMessageHandler(before)


def _layer_of(wanted: tuple[Phase, int], network: NetworkSpec) -> int | None:
    """Index of the layer that a stage names; None where it names none."""
    phase, number = wanted
    learning = network.layers_with_parameters
    if number > len(learning):
        raise CommandError(f"there is no {phase}:{number}: {len(learning)} layers have parameters")
    return learning[number - 1] if number else None


def _position(wanted: tuple[Phase, int], walk: tuple[Stage, ...], network: NetworkSpec) -> int:
    """Where in the walk the named layer's phase ends."""
    phase, layer = wanted[0], _layer_of(wanted, network)
    return max(
        position
        for position, stage in enumerate(walk)
        if stage.phase is phase and (layer is None or stage.layer == layer)
    )


class _Photographer:
    """Brings the window into the wanted state, as a user would, and waits until it is painted."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        self._window, self._session = window, session
        self._problems: list[CommandError] = []
        session.failed.connect(self._on_failed)
        session.data_missing.connect(self._on_data_missing)
        session.diverged.connect(self._on_diverged)

    def _on_failed(self, fact: Failed) -> None:
        self._problems.append(CommandError(fact.message))

    def _on_data_missing(self, fact: DataMissing) -> None:
        self._problems.append(missing_data(fact))

    def _on_diverged(self, fact: Diverged) -> None:
        self._problems.append(divergence(fact))

    def picture(self, arguments: Namespace) -> bytes:
        """Return the picture as a PNG file."""
        window, session = self._window, self._session
        window.resize(*arguments.size)
        window.show()
        if is_project(arguments.preset):
            window.open_path(Path(arguments.preset))
        else:
            window.open_preset(find_preset(arguments.preset, catalogue()))
        self._wait(lambda: session.can_step)
        for _ in range(arguments.epochs):
            self._train_epoch()
        if arguments.stage is not None:
            self._go_to(arguments.stage, trained=arguments.epochs > 0)
        self._wait_until_still()
        if (window.width(), window.height()) != arguments.size:
            print(f"nnviz: the window needs {window.width()}x{window.height()} at least", file=sys.stderr)
        return self._grab()

    def _train_epoch(self) -> None:
        session = self._session
        wanted = len(session.history.epochs) + 1
        session.run_epoch()
        self._wait(
            lambda: (
                session.run_state is RunState.PAUSED
                and len(session.history.epochs) >= wanted
                and session.trace is not None
                and session.progress is not None
                and session.trace.step + 1 == session.progress.step
            )  # the last step is shown
        )

    def _go_to(self, wanted: tuple[Phase, int], trained: bool) -> None:
        session = self._session
        if trained and wanted[0] is not Phase.UPDATE:
            # not back into the last batch of the epoch: that would take its result out of the curves again
            shown = session.trace
            session.next_batch()
            self._wait(lambda: session.can_step and session.trace is not shown)
        assert session.preset is not None
        session.go_to_position(_position(wanted, session.walk, session.preset.network))

    def _wait(self, condition: Callable[[], bool]) -> None:
        """Let the window live until `condition` holds."""
        from PySide6.QtCore import QCoreApplication

        while not condition():
            QCoreApplication.processEvents()
            if self._problems:
                raise self._problems[0]
            time.sleep(POLL_SECONDS)

    def _wait_until_still(self) -> None:
        """Wait until nothing has changed for a while, and nothing is being painted in the background."""
        from PySide6.QtCore import QThreadPool

        started = since = time.monotonic()
        last = self._window.grab().toImage()

        def still() -> bool:
            nonlocal since, last
            image = self._window.grab().toImage()
            now = time.monotonic()
            if image != last or QThreadPool.globalInstance().activeThreadCount() > 0:
                since, last = now, image
            return now - since >= STILL_SECONDS or now - started >= GIVE_UP_SECONDS

        self._wait(still)

    def _grab(self) -> bytes:
        from PySide6.QtCore import QBuffer, QIODevice

        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self._window.grab().save(buffer, "PNG")
        return bytes(buffer.data().data())
