"""Training at full speed in the real window: how much speed the window costs, and how late its event loop gets.

Network view, plots, samples and status are painted all the while; offscreen, in software, as without a GPU.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import QEventLoop, Qt, QTimer

from nnviz.app import make_window
from nnviz.core import facts as f
from nnviz.core.spec import Preset
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.trainer import Trainer
from nnviz.session.session import Session
from nnviz.ui.main_window import MainWindow
from tests.benchmarks.conftest import Bench
from tests.benchmarks.loops import samples_per_second, tensors, trainer_loop, tutorial_loop

SECONDS = 3.0
WARM_UP_SECONDS = 0.5
TIMER_MS = 16
SIZES = ((1440, 900), (1920, 1080))


def run_event_loop(seconds: float) -> None:
    """Run a real event loop: `processEvents` again and again would not sleep, and so hold the interpreter lock."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


class LiveWindow:
    """The real window, that trains while it is measured and pauses in between."""

    def __init__(self, window: MainWindow, session: Session, samples: int) -> None:
        self._window, self._session, self.samples = window, session, samples
        self.lateness: list[float] = []
        """Of a timer on the GUI thread, in ms."""

    def samples_per_second(self) -> float:
        """Train freely for a while."""
        session = self._session
        session.run()
        run_event_loop(WARM_UP_SECONDS)
        ticks: list[float] = []
        timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=TIMER_MS)
        timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
        assert session.progress is not None
        before, started = session.progress, time.perf_counter()
        timer.start()
        run_event_loop(SECONDS)
        timer.stop()
        now, elapsed = session.progress, time.perf_counter() - started
        assert session.run_state is f.RunState.RUNNING
        session.pause()
        run_event_loop(WARM_UP_SECONDS)
        assert session.run_state is f.RunState.PAUSED
        self.lateness += np.maximum(np.diff(ticks) * 1000 - TIMER_MS, 0.0).tolist()
        return (now.step - before.step) * self.samples / now.batches / elapsed


@pytest.fixture
def live_window(qtbot, mnist_folder: Path):
    """Make windows of a size with a preset."""

    def make(preset: Preset, size: tuple[int, int]) -> LiveWindow:
        window, session = make_window(mnist_folder)
        qtbot.addWidget(window)
        window.resize(*size)
        window.show()
        window.open_preset(preset)
        qtbot.waitUntil(
            lambda: (
                session.run_state is f.RunState.PAUSED and session.trace is not None and session.progress is not None
            ),
            timeout=60_000,
        )
        session.run()
        run_event_loop(WARM_UP_SECONDS)
        session.pause()
        run_event_loop(WARM_UP_SECONDS)
        return LiveWindow(window, session, session.summary.training_samples)

    return make


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_article_network(bench: Bench, live_window, mnist_folder: Path, tmp_path: Path, size: tuple[int, int]) -> None:
    torch.set_num_threads(1)
    preset, places = catalogue().presets["mnist"], DataPlaces(mnist_folder, tmp_path)
    live = live_window(preset, size)
    found = bench.take_turns(
        {
            "tutorial": samples_per_second(tutorial_loop(preset, *tensors(preset, places))),
            "alone": samples_per_second(trainer_loop(Trainer(catalogue(), places), preset, places)),
            "window": live.samples_per_second,
        }
    )
    title = f"{size[0]}×{size[1]}"
    bench.at_least(
        f"training in the window, {title}, against the same without a window",
        f"{found['window']:,.0f} samples/s",
        f"{found['alone']:,.0f} samples/s",
        found["window"] / found["alone"],
        0.75,
    )
    bench.at_least(
        f"training in the window, {title}, against the tutorial's loop that shows nothing",
        f"{found['window']:,.0f} samples/s",
        f"{found['tutorial']:,.0f} samples/s",
        found["window"] / found["tutorial"],
        1.5,
    )
    p50, p99 = np.percentile(live.lateness, (50, 99))
    bench.at_most(
        f"lateness of a {TIMER_MS} ms timer meanwhile, {title}, p99",
        f"p50 {p50:.1f} ms, most {max(live.lateness):.0f} ms",
        "",
        p99,
        20.0,
        "ms",
    )


def test_playground_network(bench: Bench, live_window) -> None:
    preset = catalogue().presets["circle"]
    live = live_window(preset, SIZES[0])
    found = bench.take_turns({"window": live.samples_per_second})
    epochs = found["window"] / live.samples
    bench.at_least(
        "training 2-4-2-1 in the window, epochs a second, against one a frame", f"{epochs:.0f}", "60", epochs / 60, 1.0
    )
