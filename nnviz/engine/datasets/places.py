"""Where the files of data sets lie, and what is said when they are missing or damaged."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from platformdirs import user_cache_path

from nnviz.core.spec import SpecError

DATA_DIR_VARIABLE = "NNVIZ_DATA_DIR"


class DataError(SpecError):
    """Data that cannot be used or fetched. The message names the file and says what to do."""


class MissingDataError(DataError):
    """Data that are not on this machine yet."""


@dataclass(frozen=True)
class DataPlaces:
    """Where files are looked for: the user's `folder` first, then the `cache`, to which downloads go."""

    folder: Path | None
    cache: Path

    @classmethod
    def from_environment(cls, data_dir: Path | None = None) -> Self:
        """Take `data_dir` (from ``--data-dir``), else the folder in ``NNVIZ_DATA_DIR``, and the user's own cache."""
        named = os.environ.get(DATA_DIR_VARIABLE)
        folder = data_dir or (Path(named).expanduser() if named else None)
        return cls(folder, user_cache_path("nnviz", appauthor=False))

    @property
    def folders(self) -> tuple[Path, ...]:
        """All of them, in the order in which they are searched."""
        return (self.cache,) if self.folder is None else (self.folder, self.cache)
