"""The measures that all panels share, and the few labels they are made of."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

MARGIN = 12
ROW_GAP = 6
SECTION_GAP = 14
UNLIMITED = 16_777_215  # Qt's QWIDGETSIZE_MAX, which PySide does not have


def scrolled(contents: QWidget, name: str, parent: QWidget | None = None) -> QScrollArea:
    """Let `contents` scroll up and down, never sideways."""
    area = QScrollArea(parent)
    area.setObjectName(name)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(contents)
    return area


def scrolled_column(panel: QWidget, name: str) -> QVBoxLayout:
    """Give `panel` one column of contents that scrolls up and down, never sideways; return the column."""
    contents = QWidget()
    area = scrolled(contents, f"{name}_scroll", panel)
    outer = QVBoxLayout(panel)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.addWidget(area)
    column = QVBoxLayout(contents)
    column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
    column.setSpacing(ROW_GAP)
    return column


def scroll_area_around(widget: QWidget) -> QScrollArea | None:
    """Find what `widget` scrolls in; None where it does not."""
    around = widget.parentWidget()
    while around is not None and not isinstance(around, QScrollArea):
        around = around.parentWidget()
    return around


def heading(text: str) -> QLabel:
    """Make the heading of a section."""
    label = message_label()
    label.setText(text)
    label.setProperty("role", "heading")
    return label


def message_label(role: str = "") -> QLabel:
    """Make a label for sentences, which wrap; `role` is one of the style sheet's: muted, warning, error."""
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    if role:
        label.setProperty("role", role)
    return label


def push_button(name: str, text: str, tip: str, parent: QWidget) -> QPushButton:
    """Make a button that says what it does, and that Return does not press from elsewhere."""
    button = QPushButton(text, parent)
    button.setObjectName(name)
    button.setToolTip(tip)
    button.setAccessibleDescription(tip)
    button.setAutoDefault(False)
    return button


def show_message(label: QLabel, text: str) -> None:
    """Show `text` in a label that takes no room while it is empty."""
    label.setText(text)
    label.setVisible(bool(text))


def put_in_place(place: QVBoxLayout, widget: QWidget) -> None:
    """Show `widget` as the only one in a layout; what was there is deleted."""
    while (item := place.takeAt(0)) is not None:
        old = item.widget()
        old.hide()
        old.setParent(None)  # so that nobody finds it by its name any more
        old.deleteLater()
    place.addWidget(widget)
    widget.show()
