"""What the window remembers from one start to the next. Whatever cannot be read has its default."""

from __future__ import annotations

import math
from pathlib import Path

from platformdirs import user_config_dir
from PySide6.QtCore import QByteArray, QSettings

from nnviz.core.runs import DEFAULT_MEMORY, LEAST_MEMORY, MOST_MEMORY
from nnviz.session.player import FASTEST, SLOWEST
from nnviz.ui.theme import ThemeChoice

LAYOUT_VERSION = 2  # of the set of docks: another one for other panels


class Preferences:
    """Typed access to the settings file ``nnviz.ini`` in the user's configuration folder."""

    def __init__(self) -> None:
        self._settings = QSettings(str(Path(user_config_dir("nnviz")) / "nnviz.ini"), QSettings.Format.IniFormat)

    @property
    def theme(self) -> ThemeChoice:
        """Light, dark or the system's."""
        value = self._settings.value("theme")
        return ThemeChoice(value) if value in tuple(ThemeChoice) else ThemeChoice.SYSTEM

    @theme.setter
    def theme(self, choice: ThemeChoice) -> None:
        self._settings.setValue("theme", choice.value)

    @property
    def reduced_motion(self) -> bool:
        """Whether nothing in the window should move by itself."""
        return self._flag("reduced_motion")

    @reduced_motion.setter
    def reduced_motion(self, reduced: bool) -> None:
        self._settings.setValue("reduced_motion", reduced)

    @property
    def numbers_on_edges(self) -> bool:
        """Whether numbers travel along the edges."""
        return self._flag("numbers_on_edges", default=True)

    @numbers_on_edges.setter
    def numbers_on_edges(self, shown: bool) -> None:
        self._settings.setValue("numbers_on_edges", shown)

    @property
    def heat_maps(self) -> bool:
        """Whether neurons are shown as maps, for data in the plane."""
        return self._flag("heat_maps", default=True)

    @heat_maps.setter
    def heat_maps(self, shown: bool) -> None:
        self._settings.setValue("heat_maps", shown)

    @property
    def speed(self) -> float:
        """Speed of the player."""
        return min(max(self._number("speed", 1.0), SLOWEST), FASTEST)

    @speed.setter
    def speed(self, speed: float) -> None:
        self._settings.setValue("speed", speed)

    @property
    def memory_limit(self) -> int:
        """Bound on the memory for going back, in bytes."""
        return int(min(max(self._number("memory_limit", DEFAULT_MEMORY), LEAST_MEMORY), MOST_MEMORY))

    @memory_limit.setter
    def memory_limit(self, limit: int) -> None:
        self._settings.setValue("memory_limit", limit)

    @property
    def hint_seen(self) -> bool:
        """Whether the line for the first start has been shown."""
        return self._flag("hint_seen")

    @hint_seen.setter
    def hint_seen(self, seen: bool) -> None:
        self._settings.setValue("hint_seen", seen)

    @property
    def layout(self) -> tuple[QByteArray, QByteArray] | None:
        """Geometry of the window and state of its docks, as Qt writes them; None without them."""
        saved = (self._settings.value("geometry"), self._settings.value("layout"))
        return saved if all(isinstance(value, QByteArray) for value in saved) else None

    @layout.setter
    def layout(self, layout: tuple[QByteArray, QByteArray]) -> None:
        self._settings.setValue("geometry", layout[0])
        self._settings.setValue("layout", layout[1])

    def _flag(self, name: str, default: bool = False) -> bool:
        return str(self._settings.value(name, default)).lower() == "true"

    def _number(self, name: str, default: float) -> float:
        try:
            number = float(self._settings.value(name, default))
        except (TypeError, ValueError):
            return default
        return number if math.isfinite(number) else default

    def save(self) -> None:
        """Write the file now."""
        self._settings.sync()
