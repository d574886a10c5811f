"""Type for the last row of a class, and back again."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QEvent
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QComboBox, QWidget

LARGE = 1.5  # times the usual size of type


class LargeType:
    """Enlarges the type of widgets, and remembers how it was."""

    def __init__(self) -> None:
        self._before: dict[QWidget, QFont] = {}

    def enlarge(self, widget: QWidget) -> bool:
        """Give a widget, and all that is in it, large type; return whether it has not had it before.

        One by one: where there is a style sheet, as for the whole of this program, widgets do not inherit fonts.
        """
        is_new = widget not in self._before
        fonts = {each: QFont(each.font()) for each in (widget, *widget.findChildren(QWidget))}
        for each, font in fonts.items():
            if each not in self._before:
                self._before[each] = font
                each.setFont(_enlarged(font))
        return is_new

    def enlarge_again(self) -> None:
        """Enlarge what was enlarged: with another style sheet Qt takes back the type of all widgets."""
        for widget, font in self._before.items():
            if shiboken6.isValid(widget):
                widget.setFont(_enlarged(font))

    def restore(self) -> None:
        """Make all type as it was."""
        for widget, font in self._before.items():
            if shiboken6.isValid(widget):  # else it was deleted in the meantime
                widget.setFont(font)
                if isinstance(widget, QComboBox):  # with another font alone, it keeps the least size it had before
                    QApplication.sendEvent(widget, QEvent(QEvent.Type.StyleChange))
        self._before.clear()


def _enlarged(font: QFont) -> QFont:
    large = QFont(font)
    large.setPointSize(round(font.pointSize() * LARGE))
    return large
