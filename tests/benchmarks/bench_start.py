"""Starting: how long until the window stands, and until the first step is shown, each in a fresh process.

The program is started as ``nnviz`` starts it, by ``nnviz.__main__``, with a probe that looks on from inside.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from statistics import median

from tests.benchmarks.conftest import Bench

ROOT = Path(__file__).parents[2]
TIMER_MS = 16
TICKING_MS = 6_000
LATE_MS = 100

QT = "import pyqtgraph"
TORCH = "import torch; torch.optim.Adam([torch.zeros(1, requires_grad=True)])"

# Prints a name and a moment for all that a person sees arrive, and ends the process at the last one that is asked for.
# Nothing of Qt or torch is imported before nnviz does so itself.
PROBE = (
    f"""
TIMER_MS, TICKING_MS = {TIMER_MS}, {TICKING_MS}
"""
    + """\
import os, runpy, sys, time
import nnviz.app

last = sys.argv[1]
make_window = nnviz.app.make_window

def note(name, *figures):
    print(name, time.monotonic(), *figures, flush=True)
    if name == last:
        os._exit(0)

def make_watched_window(*arguments):
    from PySide6.QtCore import QEvent, QObject, Qt, QTimer

    window, session = make_window(*arguments)

    class Watcher(QObject):
        awaited = "window"

        def eventFilter(self, watched, event):
            if event.type() == QEvent.Type.Paint and self.awaited:
                name, self.awaited = self.awaited, ""
                QTimer.singleShot(0, lambda: note(name))  # after the painting
            return False

        def expect_trace(self, trace):
            self.awaited = "trace"

    watcher = Watcher(window)
    window.findChild(QObject, "network_view").installEventFilter(watcher)
    session.trace_recorded.connect(watcher.expect_trace)
    if last == "ticks":
        ticks = []
        timer = QTimer(window, interval=TIMER_MS, timerType=Qt.TimerType.PreciseTimer)
        timer.timeout.connect(lambda: ticks.append(time.monotonic()))
        timer.start()
        QTimer.singleShot(TICKING_MS, window, lambda: note("ticks", *ticks))
    return window, session

nnviz.app.make_window = make_watched_window
sys.argv = ["nnviz"]
runpy.run_module("nnviz", run_name="__main__", alter_sys=True)
"""
)


def run(*arguments: str) -> tuple[float, str]:
    """Run Python, and return when that began, and what it printed."""
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled once, not at every start
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return began, done.stdout


def seconds_of(program: str) -> float:
    began, _ = run("-c", program)
    return time.monotonic() - began


def seconds_until(name: str) -> float:
    began, told = run("-c", PROBE, name)
    moments = dict(line.split() for line in told.splitlines())
    return float(moments[name]) - began


def test_first_window(bench: Bench) -> None:
    seconds_until("window")  # compiles what has changed
    medians = bench.take_turns({"pyqtgraph": lambda: seconds_of(QT), "window": lambda: seconds_until("window")})
    ratio = medians["window"] / medians["pyqtgraph"]
    bench.at_most(
        "process start → first painted window",
        f"{medians['window']:.2f} s",
        f"{QT}: {medians['pyqtgraph']:.2f} s",
        ratio,
        1.2,
    )


def test_first_trace(bench: Bench) -> None:
    medians = bench.take_turns({"torch": lambda: seconds_of(TORCH), "trace": lambda: seconds_until("trace")})
    ratio = medians["trace"] / medians["torch"]
    bench.at_most(
        "process start → first step shown",
        f"{medians['trace']:.2f} s",
        f"import torch, first Adam: {medians['torch']:.2f} s",
        ratio,
        1.3,
    )


def test_window_lives_while_torch_is_imported(bench: Bench) -> None:
    late: list[list[float]] = []

    def latest() -> float:
        ticks = [float(figure) for figure in run("-c", PROBE, "ticks")[1].splitlines()[-1].split()[2:]]
        delays = [(after - before) * 1000 - TIMER_MS for before, after in pairwise(ticks)]
        late.append([delay for delay in delays if delay > LATE_MS])
        return max(delays)

    worst = bench.take_turns({"latest": latest}, rounds=3)["latest"]
    bench.tell(
        f"lateness of a {TIMER_MS} ms timer in the first 6 s",
        f"latest: {worst:.0f} ms",
        result=f"{median(map(len, late)):.0f} times over {LATE_MS} ms",
    )
