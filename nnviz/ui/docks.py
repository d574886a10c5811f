"""The docks: one for each panel of the catalogue, their first arrangement, and which of them gets the frames."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.playback import Frame
from nnviz.session.session import Session
from nnviz.ui.panels import PANELS
from nnviz.ui.panels.panel import Panel
from nnviz.ui.preferences import LAYOUT_VERSION
from nnviz.ui.widgets.texts import translated

LEFT, RIGHT, BOTTOM = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)
# At the sides names in one group are tabs, so that nothing is cut on a small screen; groups stand below (at the bottom:
# beside) each other. A panel that is not named here becomes a tab of the last group of its area.
ARRANGEMENT: dict[Qt.DockWidgetArea, tuple[tuple[str, ...], ...]] = {
    LEFT: (("samples", "data", "drawing"),),
    RIGHT: (("training", "architecture", "inspector"),),
    BOTTOM: (("loss",), ("accuracy",)),
}
SIDE_WIDTHS = {LEFT: 290, RIGHT: 310}
NARROWEST_SIDE = 230
BOTTOM_SHARE = 0.2


class Docks(QObject):
    """Makes the docks around the panels. Frames go only to panels that can be seen."""

    def __init__(self, window: QMainWindow, session: Session, catalogue: Catalogue) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._visible: set[str] = set()
        self.panels: dict[str, Panel] = {}
        self._docks: dict[str, QDockWidget] = {}
        window.setDockOptions(
            QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.GroupedDragging
        )
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self._moved = QTimer(self, singleShot=True, interval=0)  # Qt is still at work when it says that a dock moved
        self._moved.timeout.connect(self._trim_titles)
        for corner, area in (
            (Qt.Corner.BottomLeftCorner, LEFT),
            (Qt.Corner.BottomRightCorner, RIGHT),
            (Qt.Corner.TopLeftCorner, LEFT),
            (Qt.Corner.TopRightCorner, RIGHT),
        ):
            window.setCorner(corner, area)
        for kind in PANELS:
            self._add(kind(session, catalogue))
        session.frame_changed.connect(self._show_frame)

    def _add(self, panel: Panel) -> None:
        dock = QDockWidget(translated(panel.title), self._window)
        dock.setObjectName(f"dock_{panel.name}")
        dock.setWidget(panel)
        if panel.area != BOTTOM:
            panel.setMinimumWidth(max(NARROWEST_SIDE, panel.minimumWidth()))
        dock.visibilityChanged.connect(partial(self._follow_visibility, panel.name))
        for moved in (dock.dockLocationChanged, dock.topLevelChanged, dock.visibilityChanged):
            moved.connect(self._moved.start)
        self.panels[panel.name] = panel
        self._docks[panel.name] = dock

    def _arrange(self) -> None:
        """Put every dock in its first place."""
        layout = self._window.layout()
        layout.setEnabled(False)  # or Qt leaves a tab bar behind for every dock that joins a group (seen in 6.11)
        for dock in self._docks.values():
            self._window.removeDockWidget(dock)
        for area, groups in ARRANGEMENT.items():
            direction = Qt.Orientation.Horizontal if area is BOTTOM else Qt.Orientation.Vertical
            for group in self._with_others(area, groups):
                first, *others = (self._docks[name] for name in group)
                self._window.addDockWidget(area, first, direction)
                for other in others:
                    self._window.tabifyDockWidget(first, other)
        for name, dock in self._docks.items():
            dock.setVisible(self.panels[name].shown_at_first)
        layout.setEnabled(True)
        for groups in ARRANGEMENT.values():
            for group in groups:
                self._docks[group[0]].raise_()
        self._trim_titles()

    def _with_others(self, area: Qt.DockWidgetArea, groups: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        """Add the panels of an area that no group names to the last one."""
        named = [name for group in groups for name in group]
        others = tuple(name for name, panel in self.panels.items() if panel.area == area and name not in named)
        return (*groups[:-1], groups[-1] + others)

    def share_room(self) -> None:
        """Give the sides just what they need, and most of the rest to the network."""
        for area, extent, direction in (
            (LEFT, SIDE_WIDTHS[LEFT], Qt.Orientation.Horizontal),
            (RIGHT, SIDE_WIDTHS[RIGHT], Qt.Orientation.Horizontal),
            (BOTTOM, round(BOTTOM_SHARE * self._window.height()), Qt.Orientation.Vertical),
        ):
            docks = [self._docks[group[0]] for group in ARRANGEMENT[area]]
            self._window.resizeDocks(docks, [extent] * len(docks), direction)
        bottom = [self._docks[group[0]] for group in ARRANGEMENT[BOTTOM]]
        self._window.resizeDocks(bottom, [100] * len(bottom), Qt.Orientation.Horizontal)  # equal shares

    @Slot()
    def _trim_titles(self) -> None:
        """Leave out the title bar where a tab already bears the title, or the axis of a plot does."""
        for dock in self._docks.values():
            at_bottom = self._window.dockWidgetArea(dock) == BOTTOM
            tabbed = bool(self._window.tabifiedDockWidgets(dock))
            bare = (tabbed or at_bottom) and not dock.isFloating()
            if bare != (dock.titleBarWidget() is not None):
                dock.setTitleBarWidget(QWidget(dock) if bare else None)

    # --- showing and hiding -------------------------------------------------------------------------------------------

    def toggle_actions(self) -> list[QAction]:
        """Return the actions that show and hide the docks."""
        return [dock.toggleViewAction() for dock in self._docks.values()]

    def is_visible(self, name: str) -> bool:
        """Whether a panel can be seen, that is, neither closed nor behind another tab."""
        return name in self._visible

    def show(self, name: str) -> None:
        """Bring a panel to the front."""
        if name in self._docks:
            self._docks[name].show()
            self._docks[name].raise_()

    def _follow_visibility(self, name: str, visible: bool) -> None:
        if visible:
            self._visible.add(name)
            self.panels[name].show_frame(self._session.frame)
        else:
            self._visible.discard(name)

    @Slot(object)
    def _show_frame(self, frame: Frame | None) -> None:
        for name in self._visible:
            self.panels[name].show_frame(frame)

    # --- layout -------------------------------------------------------------------------------------------------------

    def save(self) -> QByteArray:
        """Return where everything is."""
        return self._window.saveState(LAYOUT_VERSION)

    def restore(self, state: QByteArray | None) -> None:
        """Put everything where it was, or, where that cannot be read, in its first place."""
        if state is None or not self._window.restoreState(state, LAYOUT_VERSION):
            self._arrange()

    def reset(self) -> None:
        """Put everything in its first place."""
        for dock in self._docks.values():
            dock.setFloating(False)
        self._arrange()
        self.share_room()
