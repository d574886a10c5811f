"""A look at the past: the run stands at an earlier moment for a while, and nothing that came later is forgotten."""

from __future__ import annotations

from time import perf_counter

from nnviz.core.facts import Visited
from nnviz.engine.checkpoint import Checkpoint
from nnviz.engine.replay import replay
from nnviz.engine.stepper import Stepper

LONGEST = 0.04  # seconds that one piece of the way may take: training, stepping and questions wait meanwhile


class Visit:
    """Puts the present aside, goes to moments of the past, and comes back.

    While it lasts, the stepper's proposal is the step of the moment that is visited: everything that can be asked
    about the network is answered about that moment.
    """

    def __init__(self, stepper: Stepper) -> None:
        self._stepper = stepper
        self._present = stepper.run.checkpoint()
        self._held = stepper.proposal, stepper.committed
        self._place = self._present
        self._pace = 0.0  # seconds for a step, as soon as that is known

    def go_to(self, step: int) -> Visited:
        """Go to the moment before `step`, or a piece of the way.

        Where the way takes more than one piece, the first one shows the checkpoint that it begins at.
        """
        stepper, run = self._stepper, self._stepper.run
        start = stepper.timeline.start_for(step, self._place)
        stepper.proposal, stepper.committed = None, False
        run.restore(start)
        if start is not self._place and (step - start.step) * self._pace > LONGEST:  # show something at once
            self._place = start
            return Visited(stepper.propose_again().trace, step, arrived=False)
        arrived = self._replay(step)
        goes_on, self._place = start is self._place, run.checkpoint()
        if not arrived and goes_on:
            return Visited(None, step, arrived=False)
        if not arrived:
            run.restore(start)
        return Visited(stepper.propose_again().trace, step, arrived)

    def _replay(self, step: int) -> bool:
        """Go a piece of the way; whether it was all of it."""
        started, first = perf_counter(), self._stepper.run.step
        arrived = replay(self._stepper.run, step, LONGEST)
        if taken := self._stepper.run.step - first:
            self._pace = (perf_counter() - started) / taken
        return arrived

    def end(self) -> Checkpoint:
        """Come back to the present, as if nothing had been; return the place where the visit has ended."""
        self._stepper.run.restore(self._present)
        self._stepper.proposal, self._stepper.committed = self._held
        return self._place
