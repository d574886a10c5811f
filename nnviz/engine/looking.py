"""The commands that look at what is trained, or write it down, and change nothing of the training."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.spec import Preset
from nnviz.engine.export import export_trace
from nnviz.engine.files import write_preset
from nnviz.engine.inquiries import Inquirer
from nnviz.engine.project import save_project
from nnviz.engine.stepper import Stepper

log = logging.getLogger(__name__)


class Looking:
    """Carries the commands out on what `present` returns: the preset in force, and what is trained."""

    def __init__(self, present: Callable[[], tuple[Preset, Stepper]]) -> None:
        self._present = present
        self._inquirer = Inquirer()
        self.handlers: Mapping[type, Callable[..., Iterable[f.Fact]]] = {
            c.SaveFile: self._save_file,
            c.ExportStep: self._export_step,
            c.Predict: self._predict,
            c.Ask: self._ask,
            c.Foresee: self._foresee,
        }

    def _save_file(self, command: c.SaveFile) -> Iterator[f.Fact]:
        preset, stepper = self._present()
        if command.path.suffix.lower() == ".json":
            write_preset(command.path, preset)
        else:
            save_project(command.path, preset, stepper.run, stepper.epochs)
        yield f.Saved(command.path)

    def _export_step(self, command: c.ExportStep) -> Iterator[f.Fact]:
        _, stepper = self._present()
        export_trace((stepper.proposal or stepper.propose()).trace, command.path)
        yield f.Saved(command.path)

    def _predict(self, command: c.Predict) -> Iterator[f.Fact]:
        _, stepper = self._present()
        if command.inputs.shape == stepper.run.network_spec.output_shapes()[0]:  # else drawn for a former network
            yield f.Predicted(stepper.run.forward_trace(command.inputs, command.sample, command.label))

    def _ask(self, command: c.Ask) -> Iterator[f.Fact]:
        _, stepper = self._present()
        yield self._inquirer.answer(stepper, command.question)

    def _foresee(self, command: c.Foresee) -> Iterator[f.Fact]:
        """Nobody has asked for it: where there is no memory for it, it is not missed."""
        del command
        _, stepper = self._present()
        try:
            foreseen = stepper.foresee()
        except (MemoryError, RuntimeError) as error:
            log.info("nothing is foreseen: %s", error)
            return
        if foreseen is not None:
            yield f.Foreseen(foreseen.trace)
