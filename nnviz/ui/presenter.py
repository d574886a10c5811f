"""The presenter's view: network, stage bar and caption alone on the whole screen, in large type for a projector."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from nnviz.ui.actions import Actions
from nnviz.ui.caption import Caption
from nnviz.ui.docks import Docks
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.large_type import LARGE, LargeType
from nnviz.ui.widgets.niche import Niche
from nnviz.ui.widgets.way_out import WayOut

KEY, WAY_OUT = "F11", "Escape"


class Presenter(QObject):
    """Switches between the window as it is and the presenter's view, and brings everything back where it was.

    Parameters
    ----------
    caption
        Its type has a size of its own.
    enlarged
        Widgets whose type gets large, with all that is in them.
    hidden, shown
        Widgets that are only there outside of the presenter's view, and only in it.
    way_out
        For those who came with the mouse.
    """

    def __init__(
        self,
        window: QMainWindow,
        docks: Docks,
        actions: Actions,
        caption: Caption,
        enlarged: Iterable[QWidget],
        hidden: Iterable[QWidget],
        shown: Iterable[QWidget],
        way_out: WayOut,
    ) -> None:
        super().__init__(window)
        self.active = False
        self._window, self._docks, self._caption = window, docks, caption
        self._enlarged = tuple(enlarged)
        self._hidden, self._shown = tuple(hidden), (*shown, way_out)
        self._type = LargeType()
        way_out.clicked.connect(self.leave)
        theme_manager().changed.connect(self._enlarge_again)
        self._layout, self._window_state = docks.save(), window.windowState()
        self._action = actions.add_switch(
            "action_presenter_view",
            self.tr("Presenter's view"),
            self._switch,
            key=KEY,
            tip=self.tr("The network alone on the whole screen, in large type"),
        )

    def _switch(self, on: bool) -> None:
        if on:
            self.enter()
        else:
            self.leave()

    def enter(self) -> None:
        """Clear the screen for the network."""
        if self.active:
            return
        self.active = True
        self._layout, self._window_state = self._docks.save(), self._window.windowState()
        for dock in self._window.findChildren(QDockWidget):
            dock.hide()
            dock.visibilityChanged.connect(self._enlarge_docks)
        self._window.setWindowState(self._window_state | Qt.WindowState.WindowFullScreen)
        self._rearrange()

    def leave(self) -> None:
        """Bring everything back."""
        if not self.active:
            return
        self.active = False
        for dock in self._window.findChildren(QDockWidget):
            dock.visibilityChanged.disconnect(self._enlarge_docks)
        self._window.setWindowState(self._window_state)
        self._rearrange()
        self._docks.restore(self._layout)

    def _rearrange(self) -> None:
        for widget in self._hidden:
            widget.setHidden(self.active)
        for widget in self._shown:
            widget.setVisible(self.active)
        self._type.restore()
        if self.active:
            for widget in self._enlarged:
                self._type.enlarge(widget)
        self._caption.set_type_scale(LARGE if self.active else 1.0)
        niche = self._caption.parentWidget()
        assert isinstance(niche, Niche)
        niche.measure()
        self._action.setChecked(self.active)
        self._action.setShortcuts([QKeySequence(key) for key in ((KEY, WAY_OUT) if self.active else (KEY,))])
        self._window.setFocus()  # whatever had the keys may be hidden now

    @Slot()
    def _enlarge_again(self) -> None:
        if self.active:
            self._type.enlarge_again()

    @Slot()
    def _enlarge_docks(self) -> None:
        """Give a panel that is opened now large type, too, and the width for it."""
        for dock in self._window.findChildren(QDockWidget):
            if dock.isVisible() and self._type.enlarge(dock) and not dock.isFloating():
                self._window.resizeDocks([dock], [round(dock.width() * LARGE)], Qt.Orientation.Horizontal)
