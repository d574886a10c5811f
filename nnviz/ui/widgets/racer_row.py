"""One racer in the form: its colour, its optimizer, its learning rate, and a button for its other settings."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QToolButton, QVBoxLayout, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.settings import Number, Option
from nnviz.core.spec import OptimizerSpec
from nnviz.ui.icons import icon
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.choice_field import ChoiceBox
from nnviz.ui.widgets.layout import MARGIN, heading
from nnviz.ui.widgets.number_field import NumberField
from nnviz.ui.widgets.racer_names import other_settings
from nnviz.ui.widgets.settings_form import SettingsForm
from nnviz.ui.widgets.texts import translated

DOT = 14
RATE_WIDTH = 78
MORE_WIDTH = 24
FORM_WIDTH = 340


class RunDot(QWidget):
    """A dot in the colour of a run."""

    def __init__(self, color: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._color = color
        self.setFixedSize(DOT, DOT)
        theme_manager().changed.connect(self.update)

    def set_color(self, color: int) -> None:
        """Take the colour of another run."""
        self._color = color
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme_manager().theme.color("panel"))
        painter.setBrush(theme_manager().theme.run_color(self._color))
        painter.drawEllipse(self.rect().adjusted(1, 1, -1, -1))


class OtherSettings(QDialog):
    """The settings of an optimizer beside its learning rate; they apply as they are entered.

    Signals
    -------
    changed(dict)
        All of them.
    """

    changed = Signal(dict)

    def __init__(self, catalogue: Catalogue, spec: OptimizerSpec, parent: QWidget) -> None:
        super().__init__(parent)
        entry = catalogue.optimizer(spec.name)
        self.setObjectName("racer_settings")
        self.setWindowTitle(translated(entry.label))
        settings = {name: setting for name, setting in entry.settings.items() if name != "lr"}
        values = entry.complete(spec)
        form = SettingsForm(settings, values, "racer", parent=self)
        form.changed.connect(self.changed)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.addWidget(heading(translated(entry.label)))
        column.addWidget(form)
        column.addWidget(buttons)
        self.setMinimumWidth(FORM_WIDTH)


class RacerRow(QObject):
    """The widgets of one racer, in a row of a grid.

    Signals
    -------
    changed()
        Another optimizer or setting, allowed or not: see `problem`.
    removed()
        The button that takes it out of the race was pressed.
    """

    changed = Signal()
    removed = Signal()

    def __init__(self, catalogue: Catalogue, spec: OptimizerSpec, number: int, color: int, grid: QGridLayout) -> None:
        parent = grid.parentWidget()
        super().__init__(parent)
        self._catalogue = catalogue
        self._spec = spec
        options = [Option(entry.name, entry.label, entry.help) for entry in catalogue.optimizers]
        self._dot = RunDot(color, parent)
        self._optimizer = ChoiceBox(options, parent)
        self._optimizer.settled.connect(self._choose_optimizer)
        self._rate = NumberField(self._rate_setting(), self._rate_value(), parent)
        self._rate.setFixedWidth(RATE_WIDTH)
        self._rate.setToolTip(translated(self._rate_setting().help))
        self._rate.settled.connect(self._choose_rate)
        self._more = QToolButton(parent)
        self._more.setFixedWidth(MORE_WIDTH)
        self._more.clicked.connect(self._open_settings)
        self._remove = QToolButton(parent)
        self._remove.setAutoRaise(True)
        self._remove.setIconSize(QSize(DOT, DOT))
        self._remove.clicked.connect(self.removed)
        self._widgets = (self._dot, self._optimizer, self._rate, self._more, self._remove)
        for column, widget in enumerate(self._widgets):
            grid.addWidget(widget, number + 1, column)
        self._name_widgets(number + 1)
        self._apply_theme()
        self._show()
        theme_manager().changed.connect(self._apply_theme)

    def _name_widgets(self, place: int) -> None:
        for widget, name, label in (
            (self._optimizer, "optimizer", self.tr("Racer {0}: optimizer")),
            (self._rate, "lr_spin", self.tr("Racer {0}: learning rate")),
            (self._more, "more", self.tr("Racer {0}: other settings")),
            (self._remove, "remove", self.tr("Take racer {0} out of the race")),
        ):
            widget.setObjectName(f"racer_{place}_{name}")
            widget.setAccessibleName(label.format(place))
        self._remove.setToolTip(self._remove.accessibleName())

    @property
    def spec(self) -> OptimizerSpec:
        """The optimizer with its settings, all of them allowed."""
        return self._spec

    @property
    def problem(self) -> str | None:
        """What is wrong with the learning rate, or None."""
        return self._rate.problem

    def set_color(self, color: int) -> None:
        """Let it race in another colour."""
        self._dot.set_color(color)

    def set_removable(self, removable: bool) -> None:
        """Whether it can be taken out of the race."""
        self._remove.setEnabled(removable)

    def delete(self) -> None:
        """Remove the widgets from the form."""
        self._rate.blockSignals(True)  # a field that loses the focus while it goes away must not settle
        for widget in self._widgets:
            widget.setParent(None)
            widget.deleteLater()
        self.deleteLater()

    def _rate_setting(self) -> Number:
        setting = self._catalogue.optimizer(self._spec.name).settings["lr"]
        assert isinstance(setting, Number)
        return setting

    def _rate_value(self) -> float:
        return float(self._catalogue.optimizer(self._spec.name).complete(self._spec)["lr"])

    def _choose_optimizer(self) -> None:
        self._spec = self._catalogue.optimizer(self._optimizer.entry).usual
        self._show()
        self.changed.emit()

    def _choose_rate(self) -> None:
        if self.problem is None:
            self._change({"lr": self._rate.entry})
        else:
            self.changed.emit()

    def _open_settings(self) -> None:
        dialog = OtherSettings(self._catalogue, self._spec, self._more.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.changed.connect(self._change)
        dialog.open()

    def _change(self, values: dict[str, float]) -> None:
        defaults = self._catalogue.optimizer(self._spec.name).defaults
        settings = {**self._spec.settings, **values}
        kept = {name: value for name, value in settings.items() if name == "lr" or value != defaults[name]}
        self._spec = replace(self._spec, settings=kept)
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        self._optimizer.show_value(self._spec.name)
        self._rate.show_value(self._rate_value())
        others = other_settings(self._catalogue, self._spec)
        self._more.setText("…*" if others else "…")
        self._more.setToolTip(others or self.tr("Momentum, weight decay and the like"))

    def _apply_theme(self) -> None:
        self._remove.setIcon(icon("close", theme_manager().theme))
