"""The composition root: the one place that sees everything, and ties window, session and engine together."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from nnviz.cli.arguments import parse
from nnviz.cli.errors import FAILED, INTERRUPTED, CommandError
from nnviz.core.devices import AUTO

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget

    from nnviz.session.session import Session
    from nnviz.ui.main_window import MainWindow

# A thread that waits for Python's interpreter lock asks for it after this long (seconds; Python's own default is ten
# times as much). The window then gets its turn while the network trains at full speed.
SWITCH_INTERVAL = 0.0005


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program.

    Parameters
    ----------
    argv : sequence of str or None
        Arguments without the program's name; None takes those of the process.

    Returns
    -------
    int
        Exit code: 0, 1 if something went wrong, 2 if something was typed wrongly, 130 after Ctrl+C.
    """
    try:
        arguments = parse(sys.argv[1:] if argv is None else argv)
        return _run(arguments)
    except CommandError as error:
        print(f"nnviz: {error}", file=sys.stderr)
        return error.exit_code
    except SystemExit as end:  # argparse, after --help and --version
        return end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt:
        print("nnviz: stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has had enough (nnviz presets | head -1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _run(arguments: argparse.Namespace) -> int:
    """Carry out a command. Each imports only what it needs: listing presets must not wait for torch or Qt."""
    if arguments.command == "presets":
        from nnviz.cli.presets import list_presets

        return list_presets()
    if arguments.command == "train":
        from nnviz.cli.train import train

        return train(arguments)
    if arguments.command == "trace":
        from nnviz.cli.trace import trace

        return trace(arguments)
    if arguments.command == "render":
        from nnviz.cli.render import render

        return render(arguments, make_window)
    return open_window(arguments.preset, arguments.data_dir, arguments.device)


@contextmanager
def _collecting_left_to_session() -> Iterator[None]:
    """Do not look for garbage before there is a session: importing modules makes little of it, and much else."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@_collecting_left_to_session()
def open_window(start: str | None, data_dir: Path | None, device: str) -> int:
    """Show the window, load what `start` names, and return when the window is closed.

    Raises
    ------
    CommandError
        If there is no such preset or file, or no screen.
    """
    from PySide6.QtCore import Qt, QThreadPool

    from nnviz.cli.source import find_preset, is_project
    from nnviz.engine.catalogue import catalogue
    from nnviz.engine.presets import DEFAULT

    start = start or DEFAULT
    preset = find_preset(start, catalogue())
    project = Path(start) if is_project(start) else None
    application = make_application()
    window, session = make_window(data_dir, device)
    gc.freeze()  # or the session's first look for garbage, through all of this, would delay the first picture
    with _problems_noted(session):
        window.show()
        # the first command makes the worker import torch, and that would make the first picture late
        _when_painted(window, lambda: window.open_path(project) if project else window.open_preset(preset))
        # only now is torch there: two threads that import at the same time hold each other up
        session.trace_recorded.connect(window.complete, Qt.ConnectionType.SingleShotConnection)
        exit_code: int = application.exec()
        window.close()  # also where something else has ended the event loop: it ends the training thread
        QThreadPool.globalInstance().waitForDone()  # a picture under way is given up, but has to come to its end
        window.deleteLater()
    return exit_code


def _when_painted(window: QWidget, act: Callable[[], None]) -> None:
    """Call `act` once, when the window has been painted for the first time."""
    from PySide6.QtCore import QEvent, QObject, QTimer

    class FirstPaint(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:  # comes before the painting, and the timer after it
                window.removeEventFilter(self)
                QTimer.singleShot(0, window, act)
                self.deleteLater()
            return False

    window.installEventFilter(FirstPaint(window))


def make_application() -> QApplication:
    """Return the application, made if there is none yet.

    Raises
    ------
    CommandError
        If there is no screen to show a window on.
    """
    from PySide6.QtWidgets import QApplication

    if (present := QApplication.instance()) is not None:
        assert isinstance(present, QApplication)
        return present
    has_screen = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    if sys.platform == "linux" and not has_screen:  # Qt would end the process
        raise CommandError("there is no screen to open a window on (DISPLAY is not set)", FAILED)
    application = QApplication(["nnviz"])
    application.setApplicationName("nnviz")
    application.setOrganizationName("nnviz")
    application.setDesktopFileName("nnviz")
    return application


def make_window(data_dir: Path | None, device: str = AUTO) -> tuple[MainWindow, Session]:
    """Make the window and its session. Nothing is loaded yet, and nothing here imports torch."""
    from nnviz.engine.catalogue import catalogue
    from nnviz.engine.datasets.mnist import download
    from nnviz.engine.datasets.places import DataPlaces
    from nnviz.session.session import Session
    from nnviz.session.worker import Trainer
    from nnviz.ui.main_window import MainWindow

    sys.setswitchinterval(SWITCH_INTERVAL)
    places = DataPlaces.from_environment(data_dir)
    known = catalogue()

    def make_trainer() -> Trainer:
        from nnviz.engine.trainer import Trainer

        return Trainer(known, places, device)

    def make_racing() -> Trainer:
        from nnviz.engine.race import RaceTrainer

        return RaceTrainer()

    session = Session(
        make_trainer,
        download=lambda progress, cancelled: download(places.cache, progress, cancelled),
        make_racing=make_racing,
    )
    return MainWindow(session, known), session


@contextmanager
def _problems_noted(session: Session) -> Iterator[None]:
    """Send what goes wrong to the log, and a plain notice to the window; let Ctrl+C in the terminal end the program."""
    from nnviz.core.facts import Failed
    from nnviz.ui.log import start_logging

    before, interrupt = sys.excepthook, signal.getsignal(signal.SIGINT)
    handler = start_logging()
    to_log = sys.excepthook

    def note(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        to_log(kind, error, trace)
        session.failed.emit(Failed(f"Something went wrong inside nnviz: {error}. Help ▸ Show log has the details."))

    sys.excepthook = note
    # Python's own handler would wait until Qt's event loop next runs a line of Python
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, interrupt)
        sys.excepthook = before
        if handler is not None:
            logging.getLogger().removeHandler(handler)
            handler.close()
