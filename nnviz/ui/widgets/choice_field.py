"""Fields for one of a fixed few, and for yes or no."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from nnviz.core.settings import Choice, Option, Switch
from nnviz.ui.widgets.own_keys import keep_keys
from nnviz.ui.widgets.texts import translated

FEWEST_LETTERS = 8


class ChoiceBox(QComboBox):
    """A combo box of `Option`s whose texts may be longer than the panel is wide.

    The wheel works only while it has the focus, so that scrolling a panel never changes a choice.

    Signals
    -------
    settled()
        Another option was chosen, by a person or by ``setCurrentIndex``; not by `show_value`.
    """

    settled = Signal()

    def __init__(self, options: Iterable[Option] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        keep_keys(self, letters=True)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(FEWEST_LETTERS)
        for option in options:
            self.addItem(translated(option.label), option.value)
            self.setItemData(self.count() - 1, translated(option.help), Qt.ItemDataRole.ToolTipRole)
        self.currentIndexChanged.connect(self.settled)

    @property
    def entry(self) -> str:
        """Value of the chosen option; empty while there is none."""
        return self.currentData() or ""

    def show_value(self, value: str) -> None:
        """Show the option that is in force now; none, if `value` is not among them."""
        self.blockSignals(True)
        self.setCurrentIndex(self.findData(value))
        self.blockSignals(False)
        self.update()

    def set_reason(self, value: str, reason: str | None, help_text: str) -> None:
        """Disable an option for a reason, which its tool tip tells; enable it if there is None."""
        index = self.findData(value)
        model = self.model()
        assert isinstance(model, QStandardItemModel)
        model.item(index).setEnabled(reason is None)
        self.setItemData(index, reason or help_text, Qt.ItemDataRole.ToolTipRole)

    def minimumSizeHint(self) -> QSize:
        """Leave room for about eight letters, however long the texts are."""
        height = super().minimumSizeHint().height()
        return QSize(self.fontMetrics().averageCharWidth() * FEWEST_LETTERS + height, height)

    def showPopup(self) -> None:
        """Open the list, as wide as its longest text."""
        margin = 2 * self.view().frameWidth() + self.fontMetrics().averageCharWidth() * 3
        self.view().setMinimumWidth(max(self.width(), self.view().sizeHintForColumn(0) + margin))
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Change the choice only while it has the focus; scroll the panel otherwise."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ChoiceField(ChoiceBox):
    """A field of a form for a `Choice`."""

    problem = None

    def __init__(self, choice: Choice, value: str, parent: QWidget | None = None) -> None:
        super().__init__(choice.options, parent)
        self.show_value(value)


class SwitchField(QCheckBox):
    """A field of a form for a `Switch`.

    Signals
    -------
    settled()
        It was switched, but not by `show_value`.
    """

    settled = Signal()
    problem = None

    def __init__(self, switch: Switch, value: bool, parent: QWidget | None = None) -> None:
        super().__init__(translated(switch.label), parent)
        keep_keys(self)
        self.show_value(value)
        self.toggled.connect(self.settled)

    @property
    def entry(self) -> bool:
        """Whether it is on."""
        return self.isChecked()

    def show_value(self, value: bool) -> None:
        """Show the value that is in force now."""
        self.blockSignals(True)
        self.setChecked(value)
        self.blockSignals(False)
