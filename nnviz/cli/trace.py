"""``nnviz trace``: one training step as arrays."""

from __future__ import annotations

from argparse import Namespace

from nnviz.cli.errors import FAILED, CommandError
from nnviz.cli.headless import HeadlessTrainer
from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.trace import Trace
from nnviz.engine.export import export_trace
from nnviz.engine.files import FileError

MOST_PRINTED = 30


def trace(arguments: Namespace) -> int:
    """Print the step, write it where a file is wanted, and return the exit code."""
    trainer = HeadlessTrainer(arguments)
    facts = trainer.execute(c.GoTo(arguments.batch))
    recorded = next(fact.trace for fact in facts if isinstance(fact, f.Recorded))
    if arguments.out is not None:
        try:
            export_trace(recorded, arguments.out)
        except FileError as error:
            raise CommandError(str(error), FAILED) from error
    where = "" if arguments.out is None else f"{arguments.out}: "
    samples = "1 sample" if recorded.batch_size == 1 else f"{recorded.batch_size} samples"
    print(
        f"{where}step {recorded.step} (epoch {recorded.epoch + 1}, batch {recorded.batch + 1} of "
        f"{recorded.batches}), {samples}, loss {recorded.loss:.8g}"
    )
    if recorded.network.parameter_count() <= MOST_PRINTED:
        _print_weights(recorded)
    elif arguments.out is None:
        print("too many weights to be printed: --out FILE.npz writes all numbers")
    return 0


def _print_weights(trace: Trace) -> None:
    """Print every weight before and after the step, with all digits that 32 bits have."""
    for index in trace.network.layers_with_parameters:
        for name, record in trace.layers[index].parameters.items():
            assert record.after is not None
            print(f"{trace.network.layer_name(index)}, {name}:")
            print(f"  before  {' '.join(map(str, record.before.ravel()))}")
            print(f"  after   {' '.join(map(str, record.after.ravel()))}")
