"""Where the files in ``resources/`` are: inside the installed package, or beside it in a checkout."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def resources() -> Traversable:
    """Return the folder of icons, presets, data and texts that are shipped with the program."""
    installed = files("nnviz") / "resources"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "resources"
