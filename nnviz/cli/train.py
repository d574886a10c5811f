"""``nnviz train``: epochs in a table, or as JSON."""

from __future__ import annotations

import json
import math
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from tqdm import tqdm

from nnviz.cli.errors import FAILED, INTERRUPTED, CommandError, divergence
from nnviz.cli.headless import HeadlessTrainer
from nnviz.cli.interrupt import interrupt_noted
from nnviz.core import facts as f
from nnviz.core.history import EpochResult
from nnviz.engine.files import FileError, atomic_write

_HEADINGS = ("epoch", "train loss", "train acc.", "val. loss", "val. acc.", "seconds")
_FIELDS = ("epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "seconds")


def train(arguments: Namespace) -> int:
    """Train, and return the exit code. What was done is written also when it ends early."""
    to_json = "json" in arguments
    quiet = to_json and arguments.json is None  # the standard output is for the JSON alone
    trainer = HeadlessTrainer(arguments)
    epochs: list[EpochResult] = []
    problem: CommandError | None = None
    try:
        with interrupt_noted() as interrupted:
            _train_epochs(trainer, arguments.epochs, epochs, quiet, interrupted)
    except CommandError as error:
        problem = error
    except KeyboardInterrupt:
        problem = CommandError(f"Stopped after {len(epochs)} of {arguments.epochs} epochs.", INTERRUPTED)
    if to_json:
        _write_json(arguments, _report(arguments.preset, trainer, epochs))
    if problem is not None:
        raise problem
    return 0


def _train_epochs(
    trainer: HeadlessTrainer, count: int, results: list[EpochResult], quiet: bool, interrupted: Callable[[], bool]
) -> None:
    """Train `count` epochs; append to `results` as they end.

    Raises
    ------
    KeyboardInterrupt
        Between two looks at the training, if `interrupted` says so.
    """
    if not quiet:
        print("  ".join(f"{heading:>10}" for heading in _HEADINGS))
    # disable=None: no bar where nobody is watching
    with tqdm(
        total=count, unit=" epochs", disable=None, leave=False, bar_format="{percentage:3.0f}%|{bar}| {desc}"
    ) as bar:
        for number in range(count):
            for fact in trainer.train_epoch():
                if isinstance(fact, f.Diverged):
                    raise divergence(fact)
                if isinstance(fact, f.Progress):
                    _move(bar, number + (1 if fact.epochs else fact.batch / fact.batches), count, fact)
                    results.extend(fact.epochs)
                    for result in fact.epochs if not quiet else ():
                        bar.write(_row(result), file=sys.stdout)
                    if interrupted() and len(results) < count:  # not before the results of an epoch are there
                        raise KeyboardInterrupt


def _move(bar: tqdm, done: float, count: int, fact: f.Progress) -> None:
    bar.n = done
    epoch = min(math.floor(done) + 1, count)
    loss = f", loss {fact.points[-1].losses[-1]:.4f}" if fact.points else ""
    bar.set_description_str(f"epoch {epoch}/{count}{loss}, {fact.samples_per_second:,.0f} samples/s")


def _row(result: EpochResult) -> str:
    def text(value: float | None, pattern: str) -> str:
        return "–" if value is None else format(value, pattern)

    cells = (
        str(result.epoch),
        text(result.train_loss, ".4f"),
        text(result.train_accuracy, ".2%"),
        text(result.val_loss, ".4f"),
        text(result.val_accuracy, ".2%"),
        text(result.seconds, ".2f"),
    )
    return "  ".join(f"{cell:>10}" for cell in cells)


def _report(name: str, trainer: HeadlessTrainer, epochs: Sequence[EpochResult]) -> dict[str, Any]:
    return {
        "preset": name,
        "seed": trainer.preset.training.seed,
        "parameters": trainer.preset.network.parameter_count(),
        "epochs": [
            {field: _finite(value) for field, value in asdict(result).items() if field in _FIELDS} for result in epochs
        ],
    }


def _finite(value: float | None) -> float | None:
    """JSON knows no NaN."""
    return value if value is None or math.isfinite(value) else None


def _write_json(arguments: Namespace, report: dict[str, Any]) -> None:
    text = json.dumps(report, indent=2, allow_nan=False) + "\n"
    if arguments.json is None:
        sys.stdout.write(text)
        return
    try:
        atomic_write(arguments.json, text.encode())
    except FileError as error:
        raise CommandError(str(error), FAILED) from error
