"""A form made from declared settings: one row each, with what is wrong right below the field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from nnviz.core.settings import Choice, Number, Setting, Switch
from nnviz.ui.widgets.choice_field import ChoiceField, SwitchField
from nnviz.ui.widgets.layout import ROW_GAP, message_label
from nnviz.ui.widgets.number_field import NumberField
from nnviz.ui.widgets.texts import translated

Field = NumberField | ChoiceField | SwitchField
Check = Callable[[str, dict[str, object]], str | None]

FIELD_WIDTH = 144


def no_further_check(name: str, values: dict[str, object]) -> None:
    """Accept everything that the settings themselves accept."""


@dataclass(frozen=True)
class _Row:
    setting: Setting
    field: Field
    message: QLabel


class SettingsForm(QWidget):
    """Shows `settings` and lets a person change them. What is not allowed stays in its field, and is not sent.

    Signals
    -------
    changed(dict)
        All values, after one of them was changed to another one that is allowed.

    Parameters
    ----------
    prefix
        Fields are called ``<prefix>_<name>_spin``, ``…_combo`` or ``…_check``, or as `object_names` says.
    check
        Asked with the name of the field that was changed and with all values, after the setting itself has
        accepted it; answers what is wrong, or None.
    """

    changed = Signal(dict)

    def __init__(
        self,
        settings: Mapping[str, Setting],
        values: Mapping[str, object],
        prefix: str,
        object_names: Mapping[str, str] | None = None,
        check: Check = no_further_check,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._check = check
        self._values = {name: values[name] for name in settings}
        self._rows: dict[str, _Row] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(ROW_GAP)
        self._grid.setColumnStretch(0, 1)
        for name, setting in settings.items():
            self._add_row(name, setting, prefix, (object_names or {}).get(name))

    def values(self) -> dict[str, object]:
        """Return the values, all of them allowed: a field with a wrong entry counts with its value before."""
        return dict(self._values)

    def set_values(self, values: Mapping[str, object]) -> None:
        """Show the values that are in force now. Fields whose value is the same are left alone."""
        for name, value in values.items():
            if name in self._rows and value != self._values[name]:
                self._values[name] = value
                self._rows[name].field.show_value(value)  # type: ignore[arg-type]
                self.show_problem(name, None)

    def retire(self) -> None:
        """Take no more entries: a field that loses the focus while the form goes away must not settle."""
        for row in self._rows.values():
            row.field.blockSignals(True)

    def show_problem(self, name: str, problem: str | None) -> None:
        """Say below a field what is wrong with it; nothing, if None."""
        row = self._rows[name]
        row.message.setText(translated(problem or ""))
        row.message.setVisible(problem is not None)
        row.field.setAccessibleDescription(problem or translated(row.setting.help))

    def _add_row(self, name: str, setting: Setting, prefix: str, object_name: str | None) -> None:
        field, kind = self._make_field(setting, self._values[name])
        field.setObjectName(object_name or f"{prefix}_{name}_{kind}")
        field.setAccessibleName(translated(setting.label))
        field.setAccessibleDescription(translated(setting.help))
        field.setToolTip(_tool_tip(setting))
        message = message_label("error")
        message.setObjectName(f"{field.objectName()}_problem")
        message.setVisible(False)
        row = 2 * len(self._rows)
        if isinstance(field, SwitchField):
            self._grid.addWidget(field, row, 0, 1, 2, Qt.AlignmentFlag.AlignLeft)
        else:
            field.setFixedWidth(FIELD_WIDTH)
            label = QLabel(translated(setting.label), self)
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            label.setBuddy(field)
            label.setToolTip(field.toolTip())
            self._grid.addWidget(label, row, 0)
            self._grid.addWidget(field, row, 1)
        self._grid.addWidget(message, row + 1, 0, 1, 2)
        self._rows[name] = _Row(setting, field, message)
        field.settled.connect(lambda: self._take(name))

    def _make_field(self, setting: Setting, value: object) -> tuple[Field, str]:
        match setting:
            case Number():
                return NumberField(setting, value, self), "spin"  # type: ignore[arg-type]
            case Choice():
                return ChoiceField(setting, str(value), self), "combo"
            case Switch():
                return SwitchField(setting, bool(value), self), "check"

    def _take(self, name: str) -> None:
        field = self._rows[name].field
        wanted = {**self._values, name: field.entry}
        problem = field.problem or self._check(name, wanted)
        self.show_problem(name, problem)
        if problem is None and wanted != self._values:
            self._values = wanted
            self.changed.emit(dict(wanted))


def _tool_tip(setting: Setting) -> str:
    """Help as rich text, so that Qt wraps it, with one line for each option."""
    lines = [translated(setting.help)]
    if isinstance(setting, Choice):
        lines += [f"<b>{translated(each.label)}</b>: {translated(each.help)}" for each in setting.options if each.help]
    return "<p>" + "</p><p>".join(lines) + "</p>"
