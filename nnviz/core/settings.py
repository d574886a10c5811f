"""What a field may hold.

Every number, choice and switch that a person can set is declared once, next to the field it describes. The forms in
the window, the checks on files and the command line are all made from that one declaration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any


class SettingError(ValueError):
    """A value that a field cannot hold.

    Attributes
    ----------
    field_name : str
        The field, as it is called in files and on the command line.
    """

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field_name = field_name


def _number_text(number: float) -> str:
    """Write whole numbers out with thousands separators, as long as they can be read at a glance."""
    whole = abs(number) < 1e12 and float(number).is_integer()
    return f"{int(number):,}" if whole else f"{number:.6g}"


@dataclass(frozen=True, slots=True)
class Number:
    """A whole or real number between two bounds, both included.

    ``logarithmic`` numbers (learning rates) are stepped by factors rather than by additions.
    """

    label: str
    help: str
    minimum: float
    maximum: float
    integer: bool = False
    logarithmic: bool = False
    step: float = 0.1
    unit: str = ""

    def problem(self, value: object) -> str | None:
        """Say what is wrong with `value`, or None."""
        kind = "a whole number" if self.integer else "a number"
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or (self.integer and isinstance(value, float) and not value.is_integer()):
            return f"{self.label} must be {kind}, not {value!r}."
        assert isinstance(value, int | float)
        if not self.minimum <= value <= self.maximum:  # so for not-a-number, too
            shown = f"{value:.6g}" if isinstance(value, float) or abs(value) < 10**18 else "such a large number"
            return f"{self.label} must be between {self.minimum:.6g} and {self.maximum:.6g}, not {shown}."
        return None


@dataclass(frozen=True, slots=True)
class Option:
    """One of the values of a `Choice`."""

    value: str
    label: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value out of a fixed few."""

    label: str
    help: str
    options: tuple[Option, ...]

    def problem(self, value: object) -> str | None:
        """Say what is wrong with `value`, or None."""
        known = [option.value for option in self.options]
        if value in known:
            return None
        return f"{self.label} must be one of {', '.join(known)}, not {value!r}."


@dataclass(frozen=True, slots=True)
class Switch:
    """Yes or no."""

    label: str
    help: str

    def problem(self, value: object) -> str | None:
        """Say what is wrong with `value`, or None."""
        return None if isinstance(value, bool) else f"{self.label} must be true or false, not {value!r}."


Setting = Number | Choice | Switch


def setting(default: Any, declared: Setting) -> Any:
    """Declare a dataclass field that a person can set (`default` may be ``MISSING``)."""
    if default is MISSING:
        return field(metadata={"setting": declared})
    return field(default=default, metadata={"setting": declared})


def settings_of(spec: object) -> dict[str, Setting]:
    """Return the declared settings of a dataclass or of an instance of one, in the order of its fields."""
    return {f.name: f.metadata["setting"] for f in fields(spec) if "setting" in f.metadata}  # type: ignore[arg-type]


def check_settings(spec: object) -> None:
    """Check every declared field of a dataclass instance.

    Raises
    ------
    SettingError
        For the first field whose value is not allowed.
    """
    check_values(settings_of(spec), {name: getattr(spec, name) for name in settings_of(spec)})


def check_values(declared: Mapping[str, Setting], values: Mapping[str, object]) -> None:
    """Check `values` against the settings of the same name.

    Raises
    ------
    SettingError
        For a name that is not declared, or a value that is not allowed.
    """
    for name, value in values.items():
        if name not in declared:
            raise SettingError(name, f"There is no setting {name!r} here; there are: {', '.join(declared) or 'none'}.")
        if problem := declared[name].problem(value):
            raise SettingError(name, problem)
