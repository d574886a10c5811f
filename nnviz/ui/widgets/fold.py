"""A heading that folds away what stands under it, so that a panel stays short until somebody asks for more."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QMoveEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from nnviz.ui.widgets.layout import ROW_GAP, scroll_area_around

LONGEST_WAIT = 1500  # ms for an answer of the engine that fills it

STYLE = """
QToolButton { border: none; padding: 2px 0; font-weight: 600; }
QToolButton:focus { text-decoration: underline; }
"""


class Fold(QWidget):
    """A heading with an arrow; its contents are added to `column`. What is opened by hand comes into view.

    Parameters
    ----------
    name : str
        Object name of the heading: ``fold_<name>``.

    Signals
    -------
    toggled(bool)
        It was opened or closed.
    """

    toggled = Signal(bool)

    def __init__(self, name: str, title: str, is_open: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heading = QToolButton(self)
        self._heading.setObjectName(f"fold_{name}")
        self._heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._heading.setAutoRaise(True)
        self._heading.setCheckable(True)
        self._heading.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._heading.setStyleSheet(STYLE)
        self._heading.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._heading.setMinimumWidth(1)  # a long heading does not widen a narrow dock
        self._contents = QWidget(self)
        self.column = QVBoxLayout(self._contents)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(ROW_GAP)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(ROW_GAP // 2)
        outer.addWidget(self._heading, 0, Qt.AlignmentFlag.AlignLeft)
        outer.addWidget(self._contents, 1)
        self.set_title(title)
        self._heading.setChecked(is_open)
        self._heading.toggled.connect(self._turn)
        self._heading.clicked.connect(self._begin_coming)
        self._coming = QTimer(self, singleShot=True, interval=LONGEST_WAIT)
        self._laid_out = QTimer(self, singleShot=True, interval=0)  # the column around it is laid out after it
        self._laid_out.timeout.connect(self._come_into_view)
        self._turn(is_open)

    @property
    def is_open(self) -> bool:
        """Whether the contents are shown."""
        return self._heading.isChecked()

    def set_title(self, title: str) -> None:
        """Name it otherwise."""
        self._heading.setText(title)
        self._heading.setAccessibleName(title)

    def _turn(self, is_open: bool) -> None:
        self._heading.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self._contents.setVisible(is_open)
        self.toggled.emit(is_open)

    # --- coming into view ---------------------------------------------------------------------------------------------

    def _begin_coming(self, is_open: bool) -> None:
        if not is_open:
            self._coming.stop()
            return
        self._coming.start()
        self._laid_out.start()
        if (area := scroll_area_around(self)) is not None:  # it learns last how far it can be scrolled
            area.verticalScrollBar().rangeChanged.connect(self._look_again, Qt.ConnectionType.UniqueConnection)

    @Slot()
    def _look_again(self) -> None:
        if self._coming.isActive():
            self._laid_out.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Bring into view what has only now been filled, too."""
        super().resizeEvent(event)
        self._look_again()

    def moveEvent(self, event: QMoveEvent) -> None:
        """Follow it where what stands above it has only now been filled."""
        super().moveEvent(event)
        self._look_again()

    def _come_into_view(self) -> None:
        """Scroll down as far as it takes to see all of it, but not beyond the heading."""
        area = scroll_area_around(self)
        if area is None:
            return
        top = self.mapTo(area.widget(), QPoint(0, 0)).y()
        bar = area.verticalScrollBar()
        lowest = top + self.height() + ROW_GAP - area.viewport().height()
        bar.setValue(min(top, max(bar.value(), lowest)))
