"""The presets that are shipped: one file each in ``resources/presets``."""

from __future__ import annotations

import json

from nnviz.core.resources import resources
from nnviz.core.spec import Preset
from nnviz.engine.preset_values import preset_from

DEFAULT = "digits"


def read_presets() -> dict[str, Preset]:
    """Read all presets, by name: first the one that nnviz starts with, then in alphabetical order.

    A test, not every start, puts these files to the checks for files of unknown origin: those need pydantic, whose
    import takes as long as that of NumPy.
    """
    files = [file for file in (resources() / "presets").iterdir() if file.name.endswith(".json")]
    by_name = {file.name.removesuffix(".json"): file for file in files}
    names = sorted(by_name, key=lambda name: (name != DEFAULT, name))
    return {name: preset_from(json.loads(by_name[name].read_text(encoding="utf-8"))) for name in names}
