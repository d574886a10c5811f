"""The exported step: names and shapes as documented, numbers checked against plain autograd."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.spec import NetworkSpec, Preset
from nnviz.core.trace import LayerRecord, ParameterRecord, PartRecord, Trace
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets.places import DataPlaces
from nnviz.engine.export import export_trace
from nnviz.engine.files import FileError
from nnviz.engine.layers import Dense
from nnviz.engine.presets import read_presets
from nnviz.engine.trainer import Trainer
from tests.support.reference import example_trace, point_network


def arrays_of(trace: Trace, path: Path) -> dict[str, np.ndarray]:
    export_trace(trace, path)
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def recorded(preset: Preset, step: int = 0) -> Trace:
    trainer = Trainer(catalogue(), DataPlaces.from_environment())
    facts = [*trainer.execute(c.LoadPreset(preset)), *trainer.execute(c.GoTo(step))]
    return next(fact.trace for fact in reversed(facts) if isinstance(fact, f.Recorded))


def test_names_and_shapes(tmp_path: Path) -> None:
    arrays = arrays_of(example_trace(batch=8), tmp_path / "step.npz")
    assert arrays["inputs"].shape == (8, 8, 8)
    assert arrays["targets"].shape == (8,)
    assert arrays["targets"].dtype.kind == "i"
    assert arrays["loss"].shape == ()
    sizes = [64, 20, 14, 10]
    names = {"inputs", "targets", "loss"}
    for number, (before, units) in enumerate(pairwise(sizes), start=1):
        for part in ("pre_activation", "activation", "grad_pre_activation", "grad_activation"):
            assert arrays[f"layers/{number}/{part}"].shape == (8, units)
            names.add(f"layers/{number}/{part}")
        for when in ("before", "gradient", "after"):
            assert arrays[f"layers/{number}/weight/{when}"].shape == (units, before)
            assert arrays[f"layers/{number}/bias/{when}"].shape == (units,)
            names |= {f"layers/{number}/weight/{when}", f"layers/{number}/bias/{when}"}
    assert set(arrays) == names


def test_what_a_trace_does_not_have_is_left_out(tmp_path: Path) -> None:
    whole = example_trace()
    forward_only = replace(
        whole,
        targets=None,
        target_values=None,
        loss=None,
        sample_losses=None,
        layers=tuple(
            LayerRecord(
                {name: PartRecord(part.value, None) for name, part in layer.parts.items()},
                {name: ParameterRecord(p.before, None, None) for name, p in layer.parameters.items()},
            )
            for layer in whole.layers
        ),
    )
    arrays = arrays_of(forward_only, tmp_path / "step.npz")
    assert "layers/1/activation" in arrays
    assert not any("grad" in name or "after" in name or name in ("targets", "loss") for name in arrays)


def test_layer_without_bias_has_none(tmp_path: Path) -> None:
    network = NetworkSpec((*point_network().layers[:-1], Dense(1, "sigmoid", bias=False)))
    arrays = arrays_of(example_trace(network), tmp_path / "step.npz")
    assert "layers/3/weight/before" in arrays
    assert "layers/3/bias/before" not in arrays


@pytest.mark.parametrize("step", [0, 3])
def test_digits_agree_with_plain_autograd(tmp_path: Path, step: int) -> None:
    arrays = {
        name: torch.from_numpy(np.asarray(array))
        for name, array in arrays_of(recorded(read_presets()["digits"], step), tmp_path / "step.npz").items()
    }
    weights = [arrays[f"layers/{n}/weight/before"].clone().requires_grad_() for n in (1, 2, 3)]
    biases = [arrays[f"layers/{n}/bias/before"].clone().requires_grad_() for n in (1, 2, 3)]
    a = arrays["inputs"].flatten(1)
    zs, activations = [], []
    for weight, bias in zip(weights, biases, strict=True):
        zs.append(functional.linear(a, weight, bias))
        a = zs[-1].relu() if len(zs) < 3 else zs[-1].softmax(dim=1)
        activations.append(a)
        zs[-1].retain_grad()
        a.retain_grad()
    loss = functional.nll_loss(a.log(), arrays["targets"])
    loss.backward()
    torch.testing.assert_close(loss.item(), arrays["loss"].item(), rtol=1e-5, atol=1e-7)
    for n, (z, a, weight, bias) in enumerate(zip(zs, activations, weights, biases, strict=True), start=1):
        for name, expected in (
            ("pre_activation", z),
            ("activation", a),
            ("grad_pre_activation", z.grad),
            ("grad_activation", a.grad),
            ("weight/gradient", weight.grad),
            ("bias/gradient", bias.grad),
        ):
            torch.testing.assert_close(arrays[f"layers/{n}/{name}"], expected.detach(), rtol=1e-4, atol=1e-6)
    if step == 0:  # Adam remembers nothing yet
        parameters = [*weights, *biases]
        torch.optim.Adam(parameters, lr=1e-3).step()
        names = [f"layers/{n}/{kind}/after" for kind in ("weight", "bias") for n in (1, 2, 3)]
        for name, parameter in zip(names, parameters, strict=True):
            # Adam divides tiny gradients by themselves, so their rounding shows in full: look at the others
            sure = parameter.grad.abs() > 1e-6
            torch.testing.assert_close(arrays[name][sure], parameter.detach()[sure], rtol=1e-5, atol=1e-6)


def test_single_output_exports_class_indices(tmp_path: Path) -> None:
    preset = read_presets()["circle"]
    arrays = arrays_of(recorded(preset), tmp_path / "step.npz")
    assert arrays["targets"].shape == (preset.training.batch_size,)
    assert set(arrays["targets"].tolist()) <= {0, 1}
    probability = arrays["layers/3/activation"][:, 0].astype(np.float64)
    chosen = np.where(arrays["targets"] == 1, probability, 1 - probability)
    assert arrays["loss"] == pytest.approx(-np.log(chosen).mean(), rel=1e-5)
    for n in (1, 2, 3):
        for kind in ("weight", "bias"):
            before, gradient, after = (arrays[f"layers/{n}/{kind}/{when}"] for when in ("before", "gradient", "after"))
            np.testing.assert_allclose(after, before - 0.03 * gradient, rtol=1e-5, atol=1e-7)


def test_unwritable_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"step\.npz could not be written"):
        export_trace(example_trace(), tmp_path / "no" / "step.npz")
