"""Memory: what free running in the window adds to it, with stepping back enabled.

The window runs in a process of its own (this file, run as a program), so that nothing else is measured with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.benchmarks.conftest import Bench

ROOT = Path(__file__).parents[2]
STATUS = Path("/proc/self/status")
STEPS = (1_000, 50_000)
REST_MS = 2_000  # before running and measuring: nothing is on its way between threads any more
MEGABYTE = 1_000_000


def resident_bytes() -> int:
    """Resident memory of this process, after what is free has been handed back to the system."""
    import ctypes
    import gc

    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def run_window(preset: str) -> None:
    """Open the window as ``nnviz PRESET`` does, train, pause at `STEPS`, and print step, memory and oldest step."""
    from PySide6.QtCore import QThreadPool, QTimer

    from nnviz import app
    from nnviz.core.facts import Progress, RunState

    make_window, waiting = app.make_window, list(STEPS)

    def make_watched_window(*arguments):
        window, session = make_window(*arguments)
        rest = QTimer(window, singleShot=True, interval=REST_MS)

        def pause_at_step(fact: Progress) -> None:
            if waiting and fact.step >= waiting[0]:
                session.pause()

        def rest_when_paused(state: RunState) -> None:
            if state is RunState.PAUSED:
                rest.start()

        def go_on() -> None:
            if QThreadPool.globalInstance().activeThreadCount():  # edges are still being painted
                rest.start()
                return
            fact = session.progress
            if fact.step >= waiting[0]:
                waiting.pop(0)
                print(fact.step, resident_bytes(), fact.oldest_step, flush=True)
            if waiting:
                session.run()
            else:
                window.close()

        session.progressed.connect(pause_at_step)
        session.run_state_changed.connect(rest_when_paused)
        rest.timeout.connect(go_on)
        return window, session

    app.make_window = make_watched_window
    sys.exit(app.main([preset]))


@pytest.mark.skipif(not STATUS.exists(), reason="resident memory is read from /proc")
def test_memory(bench: Bench) -> None:
    preset = "mnist" if os.environ.get("NNVIZ_DATA_DIR") else "digits"
    told: list[list[int]] = []

    def growth() -> float:
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.bench_memory", preset],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            timeout=240,
            check=True,
        )
        told[:] = [[int(word) for word in line.split()] for line in done.stdout.splitlines()]
        return float(told[-1][1] - told[0][1])

    grown = bench.take_turns({"growth": growth}, rounds=1)["growth"]
    (first, before, _), (last, after, oldest) = told
    assert oldest == 0  # the way back is open to the beginning
    bench.at_most(
        f"memory of the window, free running on {preset}",
        f"after {last:,} batches: {after / MEGABYTE:.0f} MB",
        f"after {first:,}: {before / MEGABYTE:.0f} MB",
        grown / MEGABYTE,
        10,
        "MB",
    )


if __name__ == "__main__":
    run_window(sys.argv[1])
