"""``nnviz trace``: one training step as arrays."""

from __future__ import annotations

from argparse import Namespace

from nnviz.cli.errors import FAILED, CommandError
from nnviz.cli.headless import HeadlessTrainer
from nnviz.core import commands as c
from nnviz.engine.export import export_trace
from nnviz.engine.files import FileError


def trace(arguments: Namespace) -> int:
    """Write the step, and return the exit code."""
    trainer = HeadlessTrainer(arguments)
    facts = trainer.execute(c.GoTo(arguments.batch))
    recorded = next(fact.trace for fact in facts if isinstance(fact, c.Recorded))
    try:
        export_trace(recorded, arguments.out)
    except FileError as error:
        raise CommandError(str(error), FAILED) from error
    print(
        f"{arguments.out}: step {recorded.step} (epoch {recorded.epoch + 1}, batch {recorded.batch + 1} of "
        f"{recorded.batches}), {recorded.batch_size} samples, loss {recorded.loss:.6g}"
    )
    return 0
