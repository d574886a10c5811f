"""The presets that are shipped: one file each in ``resources/presets``."""

from __future__ import annotations

from nnviz.core.resources import resources
from nnviz.core.spec import Preset
from nnviz.engine.files import read_preset

DEFAULT = "digits"


def read_presets() -> dict[str, Preset]:
    """Read all presets, by name: first the one that nnviz starts with, then in alphabetical order.

    Raises
    ------
    FileError
        If one of the files is damaged.
    """
    files = [file for file in (resources() / "presets").iterdir() if file.name.endswith(".json")]
    by_name = {file.name.removesuffix(".json"): file for file in files}
    names = sorted(by_name, key=lambda name: (name != DEFAULT, name))
    return {name: read_preset(by_name[name]) for name in names}
