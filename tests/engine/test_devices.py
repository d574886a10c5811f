"""Where a network is computed. ``cpu:0`` stands in for a GPU: another name that torch computes on."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.devices import AUTO, DeviceSpeeds
from nnviz.core.settings import SettingError
from nnviz.core.spec import OptimizerSpec
from nnviz.engine import devices
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.layers import Dense, Flatten, Input
from nnviz.engine.optimizers import OPTIMIZERS
from nnviz.engine.run import Run
from nnviz.engine.trainer import Trainer
from tests.engine.support import picture_data, picture_preset

OTHER = "cpu:0"
GPU = next((name for name in devices.labels() if name != "cpu"), None)


@pytest.fixture
def two_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "labels", lambda: {"cpu": "CPU", OTHER: "Other"})


def loaded(trainer: Trainer, command: c.Command) -> f.Loaded:
    return next(fact for fact in trainer.execute(command) if isinstance(fact, f.Loaded))


def test_small_networks_stay_on_the_cpu_and_large_ones_go_elsewhere(two_devices: None) -> None:
    preset = picture_preset()
    assert devices.devices_for(AUTO, preset).used == "cpu"
    large = replace(preset.network, layers=(Input((28, 28)), Flatten(), Dense(2000), Dense(10, "softmax")))
    assert devices.devices_for(AUTO, replace(preset, network=large)).used == OTHER
    assert devices.devices_for("cpu", replace(preset, network=large)).used == "cpu"


def test_a_device_that_is_not_there_is_refused_in_words() -> None:
    with pytest.raises(SettingError, match="no device 'tpu' here; there is: cpu"):
        devices.devices_for("tpu", picture_preset())


def test_changing_the_device_goes_on_from_the_same_weights(two_devices: None) -> None:
    trainer = Trainer(catalogue(), DataPlaces.from_environment())
    first = loaded(trainer, c.LoadPreset(catalogue().presets["digits"]))
    assert (first.devices.wish, first.devices.used) == (AUTO, "cpu")
    list(trainer.execute(c.Run()))
    list(trainer.advance(0.05))
    list(trainer.execute(c.Pause()))
    progress = [fact for fact in trainer.execute(c.Propose()) if isinstance(fact, f.Progress | f.Recorded)]
    moved = list(trainer.execute(c.SetDevice(OTHER)))
    fact = next(fact for fact in moved if isinstance(fact, f.Loaded))
    recorded = next(fact for fact in moved if isinstance(fact, f.Recorded))
    assert not fact.fresh
    assert (fact.devices.wish, fact.devices.used, fact.devices.label) == (OTHER, OTHER, "Other")
    before = next(fact for fact in progress if isinstance(fact, f.Recorded))
    assert recorded.trace.loss == before.trace.loss
    assert recorded.trace.step == before.trace.step
    [answer] = trainer.execute(c.Ask(DeviceSpeeds()))
    assert isinstance(answer, f.Answered)
    assert isinstance(answer.answer, dict)
    assert answer.answer.keys() == {"cpu", OTHER}
    assert all(0 < seconds < 1 for seconds in answer.answer.values())
    refused = [fact for fact in trainer.execute(c.SetDevice("tpu")) if isinstance(fact, f.Failed)]
    assert "no device 'tpu'" in refused[0].message


def test_measuring_leaves_the_run_as_it_is() -> None:
    run = Run(picture_preset(), picture_data(), 1)
    run.plain_steps(3)
    weights, step = run.network.flat.clone(), run.step
    assert devices.seconds_per_step(run, "cpu") > 0
    assert torch.equal(run.network.flat, weights)
    assert run.step == step


@pytest.mark.skipif(GPU is None, reason="needs a GPU that torch can compute on")
@pytest.mark.parametrize("name", [row.name for row in OPTIMIZERS])
def test_a_gpu_computes_the_same_within_rounding(name: str) -> None:
    assert GPU is not None
    preset = picture_preset(optimizer=OptimizerSpec(name))
    here, there = Run(preset, picture_data(), 1), Run(preset, picture_data(), 1, GPU)
    assert torch.equal(here.network.flat, there.network.flat.cpu())
    for _ in range(20):
        here.plain_steps(1)
        there.plain_steps(1)
        for run in (here, there):
            if run.epoch_is_over:
                run.finish_epoch()
    torch.testing.assert_close(there.network.flat.cpu(), here.network.flat, rtol=1e-3, atol=1e-4)
    trace, _ = there.recorded_step()
    assert trace.loss is not None
    there.restore(here.checkpoint())
    assert torch.equal(there.network.flat.cpu(), here.network.flat)
