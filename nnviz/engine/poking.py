"""The command that changes a network by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from weakref import ref

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.history import Mark
from nnviz.core.pokes import Pokes
from nnviz.core.spec import Preset
from nnviz.engine.stepper import Proposal, Stepper

MARK = "poke"


class Poking:
    """Carries it out on what is trained.

    Parameters
    ----------
    present : callable
        Returns the preset in force, and what is trained.
    report : callable
        Sends a recorded step.
    is_running : callable
        Whether the network trains freely.
    """

    def __init__(
        self,
        present: Callable[[], tuple[Preset, Stepper]],
        report: Callable[[Proposal], Iterator[f.Fact]],
        is_running: Callable[[], bool],
    ) -> None:
        self._present, self._report, self._is_running = present, report, is_running
        self._begun: tuple[ref[Stepper], int, Pokes] | None = None  # where the last change was made, what was changed
        self.handlers: Mapping[type, Callable[..., Iterable[f.Fact]]] = {c.Poke: self._poke}

    def _poke(self, command: c.Poke) -> Iterator[f.Fact]:
        """Change the network, leave a mark on the curves, and show what the step is now.

        What is taken back before anything has been learned with it leaves none.
        """
        _, stepper = self._present()
        run, mark = stepper.run, Mark(stepper.run.step, MARK)
        before = self._before(stepper)
        run.poke(command.changes)
        stepper.stay_here(mark)
        taken_back = run.pokes == before
        if taken_back:
            stepper.take_off(mark)
        yield f.Poked(run.pokes, mark if taken_back else None)
        if not self._is_running():
            yield from self._report(stepper.propose_again())

    def _before(self, stepper: Stepper) -> Pokes:
        """What was changed when the run came to this step, or branched off there."""
        run = stepper.run
        if self._begun is None or self._begun[0]() is not stepper or self._begun[1] != run.step:
            self._begun = ref(stepper), run.step, run.pokes
        return self._begun[2]
