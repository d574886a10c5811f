"""The command line, as it is typed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel

from nnviz import __version__
from nnviz.app import main
from nnviz.cli import download as download_module
from nnviz.cli.arguments import COMMANDS, parse
from nnviz.cli.errors import CommandError
from nnviz.core import commands as c
from nnviz.core.spec import DataSpec, NetworkSpec, OptimizerSpec, Preset, TrainingSpec
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets.places import DataError, DataPlaces
from nnviz.engine.files import read_project, write_preset
from nnviz.engine.layers import Dense, Input
from nnviz.engine.trainer import Trainer
from nnviz.ui.log import log_file
from nnviz.ui.main_window import MainWindow

EPOCH_FIELDS = {"epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "seconds"}


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    code = main(argv)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def python(code: str, *arguments: str) -> str:
    """Run a program in a fresh interpreter and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# --- help, listing, imports -------------------------------------------------------------------------------------------


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version") == (0, f"nnviz {__version__}\n", "")
    code, out, _ = run(capsys, "--help")
    assert code == 0
    for word in (*COMMANDS, "--data-dir", "PRESET|FILE"):
        assert word in out
    for command in COMMANDS:
        code, out, _ = run(capsys, command, "--help")
        assert code == 0
        assert out.startswith(f"usage: nnviz {command}")


def test_presets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "presets")
    assert (code, err) == (0, "")
    for line in ("digits    ", "64-20-14-10, 1,744 parameters", "784-20-14-10", "xor", "spiral", "circle"):
        assert line in out


@pytest.mark.parametrize(
    ("argv", "unwanted"),
    [
        (["presets"], ("torch", "PySide6", "sklearn", "scipy")),
        (["train", "xor", "--epochs", "1"], ("PySide6", "pyqtgraph", "sklearn")),
        (["--version"], ("torch", "PySide6", "sklearn", "pydantic")),
    ],
    ids=lambda value: value[0],
)
def test_commands_import_only_what_they_need(argv: list[str], unwanted: tuple[str, ...]) -> None:
    code = (
        "import sys; from nnviz.app import main; code = main(sys.argv[2:]); "
        "print('imported:', [name for name in sys.argv[1].split() if name in sys.modules], code)"
    )
    assert python(code, " ".join(unwanted), *argv).endswith("imported: [] 0")


def test_module_can_be_run() -> None:
    done = subprocess.run([sys.executable, "-m", "nnviz", "presets"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0
    assert "digits" in done.stdout


def test_reader_that_has_had_enough_gets_no_traceback() -> None:
    code = "import sys; from nnviz.app import main; sys.stdout.reconfigure(write_through=True); sys.exit(main())"
    command = subprocess.Popen(
        [sys.executable, "-c", code, "presets"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.close()
    assert command.stderr.read() == ""
    assert command.wait(60) == 1
    command.stderr.close()


# --- wrong values -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nosuch", "there is no preset or file 'nosuch'; presets: digits, "),
        ("nosuch.json", "nosuch.json does not exist"),
        ("nosuch.nnviz", "nosuch.nnviz does not exist"),
        ("trian digits", "there is no command 'trian'"),
        ("train nosuch", "there is no preset or file 'nosuch'"),
        ("train", "required: PRESET"),
        ("train digits --lr 0", "Learning rate must be between 1e-07 and 100, not 0"),
        ("train digits --lr -1", "Learning rate must be between"),
        ("train digits --lr 1e20", "Learning rate must be between"),
        ("train digits --lr nan", "Learning rate must be between"),
        ("train digits --lr fast", "--lr: a number is wanted, not 'fast'"),
        ("train digits --optimizer lion", "There is no optimizer 'lion'; there are: sgd, momentum"),
        ("train digits --batch-size 0", "Batch size must be between 1 and"),
        ("train digits --batch-size 2.5", "Batch size must be a whole number"),
        ("train digits --batch-size 1439", "Batch size must be at most 1438"),
        ("train digits --seed -1", "Seed must be between"),
        ("train digits --seed inf", "Seed must be"),
        ("train digits --epochs 0", "--epochs: a whole number from 1"),
        ("train digits --epochs 1.5", "--epochs: a whole number from 1"),
        ("train digits --json no/such/folder.json", "there is no folder 'no/such'"),
        ("train digits --size 3x3", "unrecognized arguments: --size 3x3"),
        ("trace digits", "required: --out"),
        ("trace digits --batch -1 --out x.npz", "--batch: a whole number from 0"),
        ("trace digits --out .", "'.' is a folder, a file is wanted"),
        ("render digits --out x.png --size big", "a size such as 1440x900"),
        ("render digits --out x.png --size 0x100", "a size such as 1440x900"),
        ("render digits --out x.png --stage sideways", "a stage such as forward:2"),
        ("render digits --out x.png --stage loss:2", "a stage such as forward:2"),
        ("render digits --out x.png --stage forward:0", "a stage such as forward:2"),
        ("render digits --out x.png --stage forward:4", "there is no forward:4: 3 layers have parameters"),
        ("render digits --out x.png --theme pink", "invalid choice: 'pink'"),
        ("--data-dir no/such presets", "there is no folder 'no/such'"),
        ("presets --data-dir", "--data-dir: expected one argument"),
        ("--fast", "unrecognized arguments: --fast"),
    ],
)
def test_wrong_values_are_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *line.split())
    assert code == 2
    assert out == ""
    assert err.startswith("nnviz: ")
    assert err.count("\n") == 1
    assert message in err
    assert list(tmp_path.glob("x.*")) == []


def test_damaged_preset_file_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "my.json"
    path.write_text('{"format": 1}')
    for command in (["train", str(path)], [str(path)]):
        code, _, err = run(capsys, *command)
        assert code == 2
        assert "my.json is not a preset that nnviz can read: title is missing" in err


@settings(deadline=None)
@given(st.lists(st.sampled_from([*COMMANDS, "--lr", "--out", "x", "-", "--", "-1", "--seed", "--json", "--x=y", ""])))
def test_no_line_raises_anything_else(words: list[str]) -> None:
    with suppress(CommandError):
        parse(words)


def test_data_dir_may_stand_anywhere(tmp_path: Path) -> None:
    for line in (["--data-dir", str(tmp_path), "train", "xor"], ["train", "xor", f"--data-dir={tmp_path}"]):
        assert parse(line).data_dir == tmp_path
    assert parse(["xor", "--data-dir", str(tmp_path)]).data_dir == tmp_path
    assert parse(["xor"]).data_dir is None


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


def diverging_preset(folder: Path) -> Path:
    """A preset file whose loss overflows within an epoch."""
    path = folder / "wild.json"
    network = NetworkSpec((Input((2,)), Dense(8, "linear"), Dense(1, "linear")))
    training = TrainingSpec(OptimizerSpec("sgd", {"lr": 100.0}), "mean_squared_error", 10)
    write_preset(path, Preset("Wild", "", DataSpec("plane"), network, training))
    return path


def test_loss_that_is_no_number_ends_training_with_a_message(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, err = run(capsys, "train", str(diverging_preset(tmp_path)), "--epochs", "3", "--json", "-")
    assert code == 1
    assert "the loss is not a number any more" in err
    assert "lower learning rate" in err
    report = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert len(report["epochs"]) < 3


def test_ctrl_c_stops_and_keeps_what_was_done(tmp_path: Path) -> None:
    path = tmp_path / "digits.json"
    options = ["train", "digits", "--epochs", "100000", "--json", str(path)]
    command = subprocess.Popen(
        [sys.executable, "-u", "-m", "nnviz", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
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


def test_training_goes_on_from_a_project(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "my.nnviz"
    trainer = Trainer(catalogue(), DataPlaces.from_environment())
    list(trainer.execute(c.LoadPreset(catalogue().presets["digits"])))
    for _ in range(3):
        list(trainer.execute(c.Run(to_end_of_epoch=True)))
        while trainer.running:
            list(trainer.advance(1.0))
    assert any(isinstance(fact, c.Saved) for fact in trainer.execute(c.SaveFile(path)))
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


# --- the window -------------------------------------------------------------------------------------------------------


def test_window_stands_before_torch_is_imported() -> None:
    code = """
import sys
from nnviz.app import make_application, make_window
application = make_application()
window, session = make_window(None)
window.show()
print([name for name in ("torch", "sklearn", "scipy") if name in sys.modules], window.isVisible())
window.close()
"""
    assert python(code) == "[] True"


class Visitor(QObject):
    """Waits inside of `main` until the window has come so far, looks at it, and closes it."""

    def __init__(self, ready: Callable[[MainWindow], bool], look: Callable[[MainWindow], None]) -> None:
        super().__init__()
        self._ready, self._look = ready, look
        self._given_up = time.monotonic() + 60
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._visit)
        self._timer.start(10)

    def _visit(self) -> None:
        windows = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow)]
        for window in (each for each in windows if each.isVisible()):
            if self._ready(window):
                self._timer.stop()
                self._look(window)
                window.close()
            elif time.monotonic() > self._given_up:
                window.close()


@pytest.mark.parametrize(
    ("argv", "title"), [([], "Handwritten digits"), (["xor"], "XOR"), (["open", "circle"], "Circle")]
)
def test_window_opens_with_what_was_named(qapp: QApplication, argv: list[str], title: str) -> None:
    titles: list[str] = []
    visitor = Visitor(lambda window: title in window.windowTitle(), lambda window: titles.append(window.windowTitle()))
    assert main(argv) == 0
    visitor.deleteLater()
    assert len(titles) == 1


def test_window_opens_files(qapp: QApplication, tmp_path: Path) -> None:
    preset = replace(catalogue().presets["xor"], title="Mine")
    write_preset(tmp_path / "my.json", preset)
    seen: list[str] = []
    visitor = Visitor(lambda window: "Mine" in window.windowTitle(), lambda window: seen.append(window.windowTitle()))
    assert main([str(tmp_path / "my.json")]) == 0
    visitor.deleteLater()
    assert seen


def test_uncaught_problem_is_logged_and_noted(qapp: QApplication, capfd: pytest.CaptureFixture[str]) -> None:
    hook = sys.excepthook
    notes: list[str] = []

    def look(window: MainWindow) -> None:
        try:
            raise KeyError("nobody expected this")
        except KeyError as error:
            sys.excepthook(KeyError, error, error.__traceback__)
        notes.extend(label.text() for label in window.findChildren(QLabel) if label.isVisible())

    visitor = Visitor(lambda window: "XOR" in window.windowTitle(), look)
    assert main(["xor"]) == 0
    visitor.deleteLater()
    assert any("Something went wrong inside nnviz" in text and "Traceback" not in text for text in notes)
    assert "nobody expected this" in log_file().read_text()
    assert sys.excepthook is hook
    capfd.readouterr()


def test_no_screen_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    code = "from nnviz.app import main; print(main(['xor']))"
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environment)
    assert done.stdout.strip() == "1"
    assert "no screen" in done.stderr


# --- render -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", [None, "forward:2", "loss", "backward:1", "update"])
def test_render_writes_the_window(
    qapp: QApplication, capsys: pytest.CaptureFixture[str], tmp_path: Path, stage: str | None
) -> None:
    path = tmp_path / "window.png"
    options = [] if stage is None else ["--stage", stage]
    code, _, err = run(capsys, "render", "circle", "--epochs", "1", *options, "--size", "1300x850", "--out", str(path))
    assert (code, err) == (0, "")
    image = QImage(str(path))
    assert (image.width(), image.height()) == (1300, 850)
    assert len({image.pixel(x, y) for x in range(0, 1300, 13) for y in range(0, 850, 17)}) > 20


def test_render_knows_themes_and_touches_no_preferences(
    qapp: QApplication, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = os.environ["XDG_CONFIG_HOME"]
    brightness = {}
    for theme in ("dark", "light"):
        path = tmp_path / f"{theme}.png"
        code, _, _ = run(capsys, "render", "xor", "--theme", theme, "--out", str(path))
        assert code == 0
        brightness[theme] = QImage(str(path)).scaled(1, 1).pixelColor(0, 0).lightness()
    assert brightness["dark"] < 90
    assert brightness["light"] > 180
    assert os.environ["XDG_CONFIG_HOME"] == before
    assert not Path(before).exists()


def test_render_reports_what_goes_wrong(
    qapp: QApplication, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NNVIZ_DATA_DIR", raising=False)
    path = tmp_path / "window.png"
    assert run(capsys, "render", "mnist", "--out", str(path))[0] == 1
    code, _, err = run(capsys, "render", str(diverging_preset(tmp_path)), "--epochs", "3", "--out", str(path))
    assert code == 1
    assert "the loss is not a number any more" in err
    assert not path.exists()
