"""The presenter's view: network, stage bar and caption alone on the whole screen, in large type for a projector."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QFont, QKeySequence
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from nnviz.ui.actions import Actions
from nnviz.ui.caption import Caption
from nnviz.ui.docks import Docks
from nnviz.ui.widgets.niche import Niche

LARGE = 1.5  # times the usual size of type
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
    ) -> None:
        super().__init__(window)
        self.active = False
        self._window, self._docks, self._caption = window, docks, caption
        self._enlarged, self._hidden, self._shown = tuple(enlarged), tuple(hidden), tuple(shown)
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
        self._window.setWindowState(self._window_state | Qt.WindowState.WindowFullScreen)
        self._rearrange()

    def leave(self) -> None:
        """Bring everything back."""
        if not self.active:
            return
        self.active = False
        self._window.setWindowState(self._window_state)
        self._rearrange()
        self._docks.restore(self._layout)

    def _rearrange(self) -> None:
        for widget in self._hidden:
            widget.setHidden(self.active)
        for widget in self._shown:
            widget.setVisible(self.active)
        scale = LARGE if self.active else 1.0
        for widget in self._enlarged:
            _set_type(widget, scale)
        self._caption.set_type_scale(scale)
        niche = self._caption.parentWidget()
        assert isinstance(niche, Niche)
        niche.measure()
        self._action.setChecked(self.active)
        self._action.setShortcuts([QKeySequence(key) for key in ((KEY, WAY_OUT) if self.active else (KEY,))])
        self._window.setFocus()  # whatever had the keys may be hidden now


def _set_type(widget: QWidget, scale: float) -> None:
    """Give a widget, and all that is in it, type of another size.

    One by one: where there is a style sheet, as for the whole of this program, widgets do not inherit fonts.
    """
    font = QFont()
    if scale != 1.0:
        font.setPointSize(round(font.pointSize() * scale))
    for each in (widget, *widget.findChildren(QWidget)):
        each.setFont(font)
