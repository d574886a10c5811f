"""What it costs to record a step: everything that it computes, kept and handed over as arrays."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from nnviz.core.trace import Trace
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces, load_dataset
from nnviz.engine.run import Run
from tests.benchmarks.conftest import Bench

STEPS = 400


def arrays(trace: Trace) -> dict[str, np.ndarray]:
    """All arrays of a trace, by name."""
    found = {"inputs": trace.inputs}
    for number, layer in enumerate(trace.layers):
        for name, part in layer.parts.items():
            found |= {f"{number}.{name}": part.value, f"∂{number}.{name}": part.gradient}
        for name, learned in layer.parameters.items():
            found |= {f"{number}.{name}.{kind}": getattr(learned, kind) for kind in ("before", "gradient", "after")}
    return found


def bytes_held(trace: Trace) -> tuple[int, int]:
    """Bytes of all arrays as they are shown, and bytes of memory that hold them (shared memory counted once)."""
    held = {}
    for array in arrays(trace).values():
        owner = array
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        held[owner.ctypes.data] = owner.nbytes
    return sum(array.nbytes for array in arrays(trace).values()), sum(held.values())


def test_recorded_step(bench: Bench, mnist_folder: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    preset = catalogue().presets["mnist"]
    dataset = load_dataset(preset.data, preset.training.seed, DataPlaces(mnist_folder, tmp_path))
    run = Run(preset, dataset, 1)

    def seconds(step: Callable[[], object], per_call: int = 1) -> Callable[[], float]:
        def measure() -> float:
            started = time.perf_counter()
            for _ in range(STEPS // per_call):
                step()
                if run.epoch_is_over:
                    run.finish_epoch()
            return (time.perf_counter() - started) / STEPS

        step()
        return measure

    gc.disable()  # as in the program, where garbage is collected on the GUI thread alone
    found = bench.take_turns(
        {
            "in slices": seconds(lambda: run.plain_steps(50), 50),
            "plain": seconds(run._plain_step),
            "recorded": seconds(run.recorded_step),
        },
        rounds=9,
    )
    gc.enable()
    bench.at_most(
        "a recorded step, against the same step through autograd, not recorded",
        f"{found['recorded'] * 1e6:.0f} µs",
        f"{found['plain'] * 1e6:.0f} µs",
        found["recorded"] / found["plain"],
        1.5,
    )
    bench.tell(
        "… against a step in a slice, without Python and autograd",
        f"{found['recorded'] * 1e6:.0f} µs",
        f"{found['in slices'] * 1e6:.0f} µs",
        f"{found['recorded'] / found['in slices']:.2f} ×",
    )
    trace, _ = run.recorded_step()
    shown, held = bytes_held(trace)
    bench.at_most(
        "… memory held, against one copy of each array", f"{held:,} bytes", f"{shown:,} bytes", held / shown, 1.0
    )
