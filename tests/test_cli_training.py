"""Training and tracing from the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nnviz.cli import download as download_module
from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets.places import DataError, DataPlaces
from nnviz.engine.files import read_project
from nnviz.engine.run import Run
from nnviz.engine.trainer import Trainer
from tests.support.command import diverging_preset, run

EPOCH_FIELDS = {"epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "seconds"}


# --- train ------------------------------------------------------------------------------------------------------------


def test_json_on_the_standard_output_is_alone_there(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "train", "digits", "--epochs", "2", "--json", "-")
    assert code == 0
    report = json.loads(out)
    assert report.keys() == {"preset", "seed", "parameters", "epochs"}
    assert (report["preset"], report["seed"], report["parameters"]) == ("digits", 1, 1744)
    assert [epoch["epoch"] for epoch in report["epochs"]] == [1, 2]
    for epoch in report["epochs"]:
        assert epoch.keys() == EPOCH_FIELDS
        assert 0 < epoch["seconds"] < 60
        assert 0 <= epoch["val_accuracy"] <= 1
    assert report["epochs"][1]["train_loss"] < report["epochs"][0]["train_loss"]


def test_table_and_json_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "xor.json"
    code, out, _ = run(capsys, "train", "xor", "--epochs", "3", "--json", str(path))
    assert code == 0
    lines = out.splitlines()
    assert len(lines) == 4
    assert "val. loss" in lines[0]
    epochs = json.loads(path.read_text())["epochs"]
    assert [line.split()[:2] for line in lines[1:]] == [
        [str(epoch["epoch"]), f"{epoch['train_loss']:.4f}"] for epoch in epochs
    ]
    assert all(epoch["val_loss"] is None and epoch["val_accuracy"] is None for epoch in epochs)


def results(capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, Any]]:
    code, out, _ = run(capsys, "train", "circle", "--epochs", "2", "--json", "-", *options)
    assert code == 0
    epochs = json.loads(out)["epochs"]
    return [{name: value for name, value in epoch.items() if name != "seconds"} for epoch in epochs]


def test_same_seed_gives_the_same_run_and_options_change_it(capsys: pytest.CaptureFixture[str]) -> None:
    plain = results(capsys)
    assert results(capsys) == plain
    assert results(capsys, "--seed", "1", "--lr", "0.03", "--batch-size", "10", "--optimizer", "sgd") == plain
    for option in (["--seed", "2"], ["--lr", "0.1"], ["--batch-size", "5"], ["--optimizer", "nesterov"]):
        assert results(capsys, *option) != plain


def test_loss_that_is_no_number_ends_training_with_a_message(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, err = run(capsys, "train", str(diverging_preset(tmp_path)), "--epochs", "3", "--json", "-")
    assert code == 1
    assert "The loss is no longer a number." in err
    assert "lower learning rate" in err
    report = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert len(report["epochs"]) < 3


def test_ctrl_c_stops_and_keeps_what_was_done(tmp_path: Path) -> None:
    path = tmp_path / "digits.json"
    options = ["train", "digits", "--epochs", "100000", "--json", str(path)]
    command = subprocess.Popen(
        [sys.executable, "-u", "-m", "nnviz", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background may ignore it
    )
    assert command.stdout is not None
    rows = [command.stdout.readline() for _ in range(3)]
    command.send_signal(signal.SIGINT)
    out, err = command.communicate(timeout=60)
    assert command.returncode == 130
    assert "Traceback" not in err
    assert "Stopped after" in err
    printed = len(rows) - 1 + len(out.splitlines())
    assert len(json.loads(path.read_text())["epochs"]) == printed


@pytest.mark.parametrize(("at", "epochs", "code"), [(2, 2, 130), (3, 3, 0)])
def test_ctrl_c_at_the_end_of_an_epoch_keeps_that_epoch(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, at: int, epochs: int, code: int
) -> None:
    path = tmp_path / "three.json"
    evaluate, calls = Run.evaluate, []

    def interrupted(run: Run, most: int | None = None) -> tuple[float | None, float | None]:
        calls.append(most)
        if len(calls) == at:
            signal.raise_signal(signal.SIGINT)
        return evaluate(run, most)

    monkeypatch.setattr(Run, "evaluate", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        result, _, err = run(capsys, "train", "digits", "--epochs", "3", "--json", str(path))
    finally:
        signal.signal(signal.SIGINT, before)
    assert result == code
    assert ("Stopped after 2 of 3 epochs" in err) is (code == 130)
    assert len(json.loads(path.read_text())["epochs"]) == epochs


def test_training_goes_on_from_a_project(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "my.nnviz"
    trainer = Trainer(catalogue(), DataPlaces.from_environment())
    list(trainer.execute(c.LoadPreset(catalogue().presets["digits"])))
    for _ in range(3):
        list(trainer.execute(c.Run(to_end_of_epoch=True)))
        while trainer.running:
            list(trainer.advance(1.0))
    assert any(isinstance(fact, f.Saved) for fact in trainer.execute(c.SaveFile(path)))
    assert read_project(path).preset.title.startswith("Handwritten")
    code, out, _ = run(capsys, "train", str(path), "--epochs", "1", "--json", "-")
    assert code == 0
    (epoch,) = json.loads(out)["epochs"]
    assert epoch["epoch"] == 4
    (other,) = json.loads(run(capsys, "train", str(path), "--epochs", "1", "--lr", "0.1", "--json", "-")[1])["epochs"]
    assert other["train_loss"] != epoch["train_loss"]


# --- data -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["train mnist", "trace mnist --out x.npz"])
def test_missing_data_say_how_to_get_them(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.delenv("NNVIZ_DATA_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *command.split())
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "--download" in err
    assert "--data-dir" in err


def test_download_goes_to_the_cache_and_its_failure_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def refuse(target: Path, progress: Any, cancelled: Any) -> None:
        asked.append(target)
        progress("train-images", 1, 0)
        progress("train-images", 2, 4)
        raise DataError("The server has gone.")

    monkeypatch.setattr(download_module, "download", refuse)
    code, _, err = run(capsys, "train", "mnist", "--download")
    assert code == 1
    assert "nnviz: The server has gone." in err
    assert asked == [DataPlaces.from_environment().cache]
    assert run(capsys, "train", "xor", "--epochs", "1", "--download")[0] == 0
    assert len(asked) == 1


def test_mnist_from_a_folder(
    capsys: pytest.CaptureFixture[str], mnist_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NNVIZ_DATA_DIR")
    code, out, _ = run(capsys, "train", "mnist", "--epochs", "1", "--json", "-", "--data-dir", str(mnist_folder))
    assert code == 0
    report = json.loads(out)
    assert report["parameters"] == 16_144
    assert report["epochs"][0]["val_accuracy"] > 0.85


# --- trace ------------------------------------------------------------------------------------------------------------

OPTIMIZERS: dict[str, Any] = {
    "sgd": torch.optim.SGD,
    "momentum": lambda parameters, **lr: torch.optim.SGD(parameters, momentum=0.9, **lr),
    "nesterov": lambda parameters, **lr: torch.optim.SGD(parameters, momentum=0.9, nesterov=True, **lr),
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
}


@pytest.mark.parametrize("lr", [None, 0.05])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_traced_update_is_that_of_the_optimizer_with_its_defaults(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, lr: float | None
) -> None:
    path = tmp_path / "step.npz"
    options = [] if lr is None else ["--lr", str(lr)]
    code, out, _ = run(capsys, "trace", "digits", "--optimizer", name, *options, "--out", str(path))
    assert code == 0
    assert "step 0 (epoch 1, batch 1 of 45), 32 samples" in out
    with np.load(path, allow_pickle=False) as file:
        arrays = {key: torch.from_numpy(np.asarray(array)) for key, array in file.items()}
    for place in (f"layers/{layer}/{kind}" for layer in (1, 2, 3) for kind in ("weight", "bias")):
        parameter = arrays[f"{place}/before"].clone().requires_grad_()
        parameter.grad = arrays[f"{place}/gradient"].clone()
        OPTIMIZERS[name]([parameter], **({} if lr is None else {"lr": lr})).step()
        torch.testing.assert_close(arrays[f"{place}/after"], parameter.detach(), rtol=1e-5, atol=1e-6)


def test_traced_batches_follow_each_other(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    steps = []
    for batch in (0, 1, 46):
        path = tmp_path / f"{batch}.npz"
        code, out, _ = run(capsys, "trace", "digits", "--batch", str(batch), "--out", str(path))
        assert code == 0
        assert f"step {batch} (epoch {batch // 45 + 1}, batch {batch % 45 + 1} of 45)" in out
        with np.load(path, allow_pickle=False) as arrays:
            steps.append(dict(arrays))
    for name in ("layers/1/weight", "layers/3/bias"):
        np.testing.assert_array_equal(steps[0][f"{name}/after"], steps[1][f"{name}/before"])
    assert not np.array_equal(steps[0]["inputs"], steps[1]["inputs"])


def test_without_a_file_the_traced_numbers_are_printed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "trace", "mazur")
    assert code == 0
    assert out.startswith("step 0 (epoch 1, batch 1 of 1), 1 sample, loss 0.2983711")
    assert "after   0.3589165 0.40866616 0.5113013 0.56137013" in out
    code, out, _ = run(capsys, "trace", "digits")
    assert code == 0
    assert "too many weights to be printed: --out FILE.npz writes all numbers" in out
    assert not list(tmp_path.glob("*.npz"))


def test_other_seed_gives_other_weights(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    weights = []
    for seed in (3, 3, 4):
        run(capsys, "trace", "xor", "--seed", str(seed), "--out", str(tmp_path / "x.npz"))
        with np.load(tmp_path / "x.npz") as arrays:
            weights.append(arrays["layers/1/weight/before"])
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


def test_start_is_quick() -> None:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "nnviz", "--version"], check=True, capture_output=True, env=os.environ)
    assert time.perf_counter() - started < 3


def test_the_device_may_stand_anywhere_and_has_to_be_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--device", "cpu", "train", "xor", "--epochs", "1")[0] == 0
    if not torch.cuda.is_available():
        code, _, problem = run(capsys, "train", "xor", "--epochs", "1", "--device", "cuda")
        assert code == 2
        assert "There is no device 'cuda' here; there is: cpu" in problem
