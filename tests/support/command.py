"""Running the command line in tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nnviz.app import main
from nnviz.core.spec import DataSpec, NetworkSpec, OptimizerSpec, Preset, TrainingSpec
from nnviz.engine.files import write_preset
from nnviz.engine.layers import Dense, Input


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


def diverging_preset(folder: Path) -> Path:
    """A preset file whose loss overflows within an epoch."""
    path = folder / "wild.json"
    network = NetworkSpec((Input((2,)), Dense(8, "linear"), Dense(1, "linear")))
    training = TrainingSpec(OptimizerSpec("sgd", {"lr": 100.0}), "mean_squared_error", 10)
    write_preset(path, Preset("Wild", "", DataSpec("plane"), network, training))
    return path
