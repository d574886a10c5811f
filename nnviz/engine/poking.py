"""The command that changes a network by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from nnviz.core import commands as c
from nnviz.core.history import Mark
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
        report: Callable[[Proposal], Iterator[c.Fact]],
        is_running: Callable[[], bool],
    ) -> None:
        self._present, self._report, self._is_running = present, report, is_running
        self.handlers: Mapping[type, Callable[..., Iterable[c.Fact]]] = {c.Poke: self._poke}

    def _poke(self, command: c.Poke) -> Iterator[c.Fact]:
        """Change the network, leave a mark on the curves, and show what the step is now."""
        _, stepper = self._present()
        stepper.run.poke(command.changes)
        stepper.stay_here(Mark(stepper.run.step, MARK))
        yield c.Poked(stepper.run.pokes)
        if not self._is_running():
            yield from self._report(stepper.propose_again())
