"""From what was typed to what is to be trained: a preset by name or from a file, with the changes asked for."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from nnviz.cli.errors import CommandError
from nnviz.core.catalogue import Catalogue
from nnviz.core.settings import SettingError
from nnviz.core.spec import OptimizerSpec, Preset, SpecError, TrainingSpec
from nnviz.engine.files import FileError, read_preset, read_project

PROJECT_SUFFIX = ".nnviz"


def find_preset(text: str, catalogue: Catalogue) -> Preset:
    """Return the preset of that name, or the one in that file (of a project, the preset without the weights).

    Raises
    ------
    CommandError
        If there is none, or the file is damaged.
    """
    if text in catalogue.presets:
        return catalogue.presets[text]
    path = Path(text)
    if not path.suffix and not path.exists():
        names = ", ".join(catalogue.presets)
        raise CommandError(f"there is no preset or file {text!r}; presets: {names}")
    try:
        return read_project(path).preset if is_project(text) else read_preset(path)
    except FileError as error:
        raise CommandError(str(error)) from error


def is_project(text: str) -> bool:
    """Whether this is the name of a file with weights."""
    return Path(text).suffix.lower() == PROJECT_SUFFIX


def changed_training(training: TrainingSpec, arguments: Namespace, catalogue: Catalogue) -> TrainingSpec:
    """Apply ``--optimizer``, ``--lr``, ``--batch-size`` and ``--seed``, where they were given.

    Another optimizer starts from its own defaults; the learning rate of the preset belongs to the preset's optimizer.

    Raises
    ------
    CommandError
        For an unknown optimizer, or a value out of range.
    """
    optimizer = training.optimizer
    if arguments.optimizer is not None:
        optimizer = OptimizerSpec(arguments.optimizer)
    if arguments.lr is not None:
        optimizer = replace(optimizer, settings={**optimizer.settings, "lr": arguments.lr})
    numbers = {
        name: getattr(arguments, name) for name in ("batch_size", "seed") if getattr(arguments, name, None) is not None
    }
    try:
        catalogue.optimizer(optimizer.name).complete(optimizer)
        changed = replace(training, optimizer=optimizer, **numbers)
    except (SpecError, SettingError) as error:
        raise CommandError(str(error)) from error
    return replace(changed, batch_size=int(changed.batch_size), seed=int(changed.seed))
