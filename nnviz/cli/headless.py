"""The trainer without a window: commands in, facts out, and every refusal a `CommandError`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path

from nnviz.cli.download import download_if_asked
from nnviz.cli.errors import CommandError, missing_data
from nnviz.cli.source import changed_training, find_preset, is_project
from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.spec import Preset
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets.places import DataPlaces
from nnviz.engine.trainer import Trainer

SLICE_SECONDS = 0.1


class HeadlessTrainer:
    """A trainer that has loaded what the command line names.

    Raises
    ------
    CommandError
        If that cannot be done.
    """

    def __init__(self, arguments: Namespace) -> None:
        places = DataPlaces.from_environment(arguments.data_dir)
        known = catalogue()
        preset = find_preset(arguments.preset, known)
        training = changed_training(preset.training, arguments, known)
        download_if_asked(arguments, preset, known)
        self._trainer = Trainer(known, places, arguments.device)
        self.preset: Preset = preset.with_training(training)
        if is_project(arguments.preset):
            self.execute(c.OpenFile(Path(arguments.preset)))
            if training != preset.training:
                self.execute(c.ChangeTraining(training))
        else:
            self.execute(c.LoadPreset(self.preset))

    def execute(self, command: c.Command) -> list[f.Fact]:
        """Carry out a command.

        Raises
        ------
        CommandError
            If it is refused.
        """
        return list(_checked(self._trainer.execute(command)))

    def train_epoch(self) -> Iterator[f.Fact]:
        """Train to the end of the epoch, reporting now and then how far it is."""
        yield from self.execute(c.Run(to_end_of_epoch=True))
        while self._trainer.running:
            yield from _checked(self._trainer.advance(SLICE_SECONDS))
            if self._trainer.running:
                yield from self.execute(c.Look())


def _checked(facts: Iterable[f.Fact]) -> Iterator[f.Fact]:
    for fact in facts:
        if isinstance(fact, f.Failed):
            raise CommandError(fact.message)
        if isinstance(fact, f.DataMissing):
            raise missing_data(fact)
        yield fact
