"""The commands about the past and about other runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.catalogue import Catalogue
from nnviz.core.settings import SettingError
from nnviz.core.spec import Preset, SpecError
from nnviz.engine.branches import Branches
from nnviz.engine.change_label import change_label
from nnviz.engine.stepper import Stepper


class TimeTravel:
    """Carries the commands out on the trainer's branches.

    Parameters
    ----------
    present : callable
        Returns the preset in force, and what is trained.
    go_on_with : callable
        Makes another run the one that is trained, and reports it; the second argument is
        `TrainingChanged.restored`.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        branches: Branches,
        present: Callable[[], tuple[Preset, Stepper]],
        go_on_with: Callable[[Stepper, bool], Iterator[f.Fact]],
    ) -> None:
        self._catalogue, self._branches = catalogue, branches
        self._present, self._go_on_with = present, go_on_with
        self.handlers: Mapping[type, Callable[..., Iterable[f.Fact]]] = {
            c.Visit: self._visit,
            c.Return: self._return,
            c.Branch: self._branch,
            c.SwitchRun: self._switch,
            c.DeleteRun: self._delete,
        }

    def _visit(self, command: c.Visit) -> Iterator[f.Fact]:
        yield self._branches.visit(self._present()[1], command.step)

    def _return(self, command: c.Return) -> Iterator[f.Fact]:
        """Do nothing: any command that is not about the moment that is visited comes back to the present first."""
        yield from ()

    def _branch(self, command: c.Branch) -> Iterator[f.Fact]:
        _, stepper = self._present()
        yield stepper.progress(0.0)
        branch, refusal = self._branches.branch(stepper, command.step), None
        if command.training is not None:
            try:
                label = change_label(self._catalogue, branch.run.training, command.training)
                branch.change_training(command.training, label)
            except (SpecError, SettingError) as error:  # the branch goes on with the settings of then
                refusal = error
        yield from self._go_on_with(branch, command.training is None)
        if refusal is not None:
            raise refusal

    def _switch(self, command: c.SwitchRun) -> Iterator[f.Fact]:
        _, stepper = self._present()
        yield stepper.progress(0.0)
        yield from self._go_on_with(self._branches.switch(stepper, command.number), True)

    def _delete(self, command: c.DeleteRun) -> Iterator[f.Fact]:
        self._branches.delete(command.number)
        yield self._branches.report(self._present()[1])
