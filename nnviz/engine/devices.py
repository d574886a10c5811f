"""Which devices torch can compute on, which one suits a network, and what a step takes on each."""

from __future__ import annotations

import time
from dataclasses import replace
from statistics import median

import torch

from nnviz.core.devices import AUTO, CPU, Devices, DeviceSpeeds
from nnviz.core.settings import SettingError
from nnviz.core.spec import Preset
from nnviz.engine.run import Run
from nnviz.engine.stepper import Stepper

# A step on a GPU takes some hundred microseconds however small it is, since each of its operations has to be launched;
# the CPU does the article's network (16,000 parameters) in 150 µs, and loses from about this size on.
LARGE_NETWORK = 1_000_000
WARM_UP, MEASURED = 5, 15  # steps


def labels() -> dict[str, str]:
    """All devices that there are, by name, with what people call them; the CPU first."""
    found = {CPU: "CPU"}
    if torch.cuda.is_available():
        found["cuda"] = torch.cuda.get_device_name()
    if torch.backends.mps.is_available():
        found["mps"] = "Apple GPU"
    return found


def devices_for(wish: str, preset: Preset) -> Devices:
    """Decide where a network is computed.

    Raises
    ------
    SettingError
        If that device is not there.
    """
    there = labels()
    used = wish
    if wish == AUTO:
        others = [name for name in there if name != CPU]
        used = others[0] if others and preset.network.parameter_count() >= LARGE_NETWORK else CPU
    if used not in there:
        raise SettingError("device", f"There is no device {wish!r} here; there is: {', '.join(there)}.")
    return Devices(wish, used, there)


def device_speeds(stepper: Stepper, question: DeviceSpeeds) -> dict[str, float]:
    """Answer `DeviceSpeeds`."""
    del question
    return {name: seconds_per_step(stepper.run, name) for name in labels()}


def seconds_per_step(run: Run, device: str) -> float:
    """Median time of a training step of the network of `run` on a device; `run` stays as it is."""
    needed = min(len(run.dataset), 2 * run.training.batch_size)
    few = replace(run.dataset, raw=run.dataset.raw[:needed], targets=run.dataset.targets[:needed], added=0)
    data = replace(run.preset.data, validation_split=0.0)
    trial = Run(replace(run.preset, data=data, training=run.training), few, run.revision, device)
    times = []
    for _ in range(WARM_UP + MEASURED):
        started = time.perf_counter()
        taken = len(trial.plain_steps(1))
        times.append((time.perf_counter() - started) / taken)
        if trial.epoch_is_over:
            trial.offset = 0
    return median(times[WARM_UP:])
