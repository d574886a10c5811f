"""The docks: one for each panel there is, their first arrangement, and which of them gets the frames.

A dock that is closed at first stays empty until it is seen, or until `Docks.complete` has come to it: importing and
making all panels would keep the first picture waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.playback import Frame
from nnviz.session.session import Session
from nnviz.ui.dock_looks import show_title_buttons, show_whole_tabs
from nnviz.ui.key_guard import leave_focus_to_tab
from nnviz.ui.panels import BOTTOM, LEFT, PANELS, RIGHT, PanelEntry
from nnviz.ui.panels.panel import Panel
from nnviz.ui.preferences import LAYOUT_VERSION
from nnviz.ui.theme import theme_manager
from nnviz.ui.widgets.texts import translated

# At the sides names in one group are tabs, so that nothing is cut on a small screen; groups stand below (at the bottom:
# beside) each other. A panel that is not named here becomes a tab of the last group of its area.
ARRANGEMENT: dict[Qt.DockWidgetArea, tuple[tuple[str, ...], ...]] = {
    LEFT: (("samples", "data", "drawing"),),
    RIGHT: (("training", "architecture", "inspector"),),
    BOTTOM: (("loss",), ("accuracy",)),
}
SIDE_WIDTHS = {LEFT: 290, RIGHT: 310}
NARROWEST_SIDE = 230
LOW_WINDOW = 800
BOTTOM_SHARES = {True: 0.2, False: 0.24}  # of the window's height, where it is low (the network comes first) and not
TALL_SHARE = 0.27  # of the window's height, for what is opened later at the bottom
MOST_SHARE = 0.43  # of it, for what needs more than that
WIDE_SHARE, WIDEST_SHARE = 58, 74  # per cent of its width
HEIGHTS = {entry.name: entry.height for entry in PANELS if entry.area == BOTTOM and not entry.shown_at_first}
LATE = tuple(entry.name for entry in PANELS if not entry.shown_at_first)


class Docks(QObject):
    """Makes the docks and the panels in them. Frames go only to panels that can be seen."""

    def __init__(self, window: QMainWindow, session: Session, catalogue: Catalogue) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._catalogue = catalogue
        self._visible: set[str] = set()
        self._was_behind = False  # the dock whose action is being triggered
        self._panels: dict[str, Panel] = {}
        self._when_made: dict[str, list[Callable[..., object]]] = {}
        self._docks: dict[str, QDockWidget] = {}
        self._wide = 0
        self._curves_before: list[int] = []  # widths of the curves, before something wide was opened beside them
        self._flat = self._narrow = frozenset(HEIGHTS)  # those that have not had their first room
        window.setDockOptions(
            QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.GroupedDragging
        )
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self._moved = QTimer(self, singleShot=True, interval=0)  # Qt is still at work when it says that a dock moved
        self._moved.timeout.connect(self._dress)
        theme_manager().changed.connect(self._dress)
        window.setCorner(Qt.Corner.BottomRightCorner, RIGHT)
        self._share_corner()
        for entry in PANELS:
            self._add(entry)
        steps = (lambda entry: entry.load(), self._prepare, self._make)
        self._pieces = iter([partial(step, entry) for entry in PANELS for step in steps])
        self._completing = QTimer(self, interval=0)
        self._completing.timeout.connect(self._go_on_completing)
        session.frame_changed.connect(self._show_frame)

    def _add(self, entry: PanelEntry) -> None:
        dock = QDockWidget(translated(entry.title), self._window)
        dock.setObjectName(f"dock_{entry.name}")
        dock.visibilityChanged.connect(partial(self._follow_visibility, entry))
        for moved in (dock.dockLocationChanged, dock.topLevelChanged, dock.visibilityChanged):
            moved.connect(self._moved.start)
        dock.toggleViewAction().toggled.connect(lambda: self._note_place(entry.name))
        dock.toggleViewAction().triggered.connect(lambda opened: self._bring(entry.name, opened))
        self._docks[entry.name] = dock
        if entry.shown_at_first:
            self._make(entry)

    # --- the panels ---------------------------------------------------------------------------------------------------

    def _prepare(self, entry: PanelEntry) -> None:
        """Make a panel, unless it is there."""
        if entry.name in self._panels:
            return
        panel = entry.load()(self._session, self._catalogue)
        if entry.area != BOTTOM:
            panel.setMinimumWidth(max(NARROWEST_SIDE, panel.minimumWidth()))
        leave_focus_to_tab(panel)
        self._panels[entry.name] = panel
        for act in self._when_made.pop(entry.name, ()):
            act(panel)

    def _make(self, entry: PanelEntry) -> None:
        """See to it that a panel is in its dock."""
        self._prepare(entry)
        dock = self._docks[entry.name]
        if dock.widget() is None:
            dock.setWidget(self._panels[entry.name])

    def when_made(self, name: str, act: Callable[..., object]) -> None:
        """Call `act` with a panel: now, or as soon as it is there."""
        if name in self._panels:
            act(self._panels[name])
        else:
            self._when_made.setdefault(name, []).append(act)

    def complete(self) -> None:
        """Make the panels that nobody has opened yet, in small pieces: between them the window goes on living."""
        self._completing.start()

    @Slot()
    def _go_on_completing(self) -> None:
        piece = next(self._pieces, None)
        if piece is None:
            self._completing.stop()
        else:
            piece()

    # --- places -------------------------------------------------------------------------------------------------------

    def _arrange(self) -> None:
        """Put every dock in its first place."""
        self._wide = 0
        self._flat = self._narrow = frozenset(HEIGHTS)
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
        for entry in PANELS:
            self._docks[entry.name].setVisible(entry.shown_at_first)
        self._share_corner()
        layout.setEnabled(True)
        for groups in ARRANGEMENT.values():
            for group in groups:
                self._docks[group[0]].raise_()
        self._dress()

    def _with_others(self, area: Qt.DockWidgetArea, groups: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        """Add the panels of an area that no group names to the last one."""
        named = [name for group in groups for name in group]
        others = tuple(entry.name for entry in PANELS if entry.area == area and entry.name not in named)
        return (*groups[:-1], groups[-1] + others)

    def share_room(self) -> None:
        """Give the sides just what they need, and most of the rest to the network."""
        height = self._window.height()
        for area, extent, direction in (
            (LEFT, SIDE_WIDTHS[LEFT], Qt.Orientation.Horizontal),
            (RIGHT, SIDE_WIDTHS[RIGHT], Qt.Orientation.Horizontal),
            (BOTTOM, round(BOTTOM_SHARES[height < LOW_WINDOW] * height), Qt.Orientation.Vertical),
        ):
            docks = [self._docks[group[0]] for group in ARRANGEMENT[area]]
            self._window.resizeDocks(docks, [extent] * len(docks), direction)
        curves = self._curves
        self._window.resizeDocks(curves, [100] * len(curves), Qt.Orientation.Horizontal)  # equal shares

    def _share_corner(self) -> None:
        """Let the bottom reach below the left side while something is open there that needs the width."""
        area = BOTTOM if any(map(self._is_open_below, LATE)) else LEFT
        if self._window.corner(Qt.Corner.BottomLeftCorner) is not area:
            self._window.setCorner(Qt.Corner.BottomLeftCorner, area)

    def _is_open_below(self, name: str) -> bool:
        dock = self._docks.get(name)
        return (
            dock is not None
            and not dock.isHidden()
            and not dock.isFloating()
            and self._window.dockWidgetArea(dock) == BOTTOM
        )

    @Slot()
    def _dress(self) -> None:
        """See to corner, titles and tabs, after something has moved or the theme has changed."""
        self._share_corner()
        self._give_curves_their_room_back()
        self._trim_titles()
        show_whole_tabs(self._window)
        for dock in self._docks.values():
            if dock.titleBarWidget() is None:
                show_title_buttons(dock, theme_manager().theme)

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
        if name not in self._docks:
            return
        dock = self._docks[name]
        dock.show()
        self._share_corner()
        dock.raise_()  # or it stays behind another tab
        if self._is_open_below(name):
            if name in self._flat:
                self._flat = self._flat - {name}
                self._raise_bottom(dock, HEIGHTS[name])
            if name in self._narrow:
                self._narrow = self._narrow - {name}
                self._widen(dock, WIDEST_SHARE if HEIGHTS[name] else WIDE_SHARE)

    def _raise_bottom(self, dock: QDockWidget, height: int) -> None:
        """Raise the bottom for a panel, most for one of many rows."""
        most = round((MOST_SHARE if height else TALL_SHARE) * self._window.height())
        height = min(height, most) if height else most
        lower = self._curves[0] if self._is_open_below(ARRANGEMENT[BOTTOM][0][0]) else dock
        if lower.height() < height:
            self._window.resizeDocks([lower], [height], Qt.Orientation.Vertical)

    def _widen(self, dock: QDockWidget, wide: int) -> None:
        """Give a panel so many per cent of the bottom: curves need less."""
        curves = self._curves[0]
        beside = self._is_open_below(ARRANGEMENT[BOTTOM][0][0])
        if beside and self._wide < wide and curves not in self._window.tabifiedDockWidgets(dock):
            if not self._wide:
                self._curves_before = [curves.width(), dock.width()]
            self._wide = wide
            self._window.resizeDocks([curves, dock], [100 - wide, wide], Qt.Orientation.Horizontal)

    def _give_curves_their_room_back(self) -> None:
        """Let the curves be as wide as before, once nothing is open any more that took their room."""
        if self._wide and all(self._docks[name].isHidden() for name in HEIGHTS):
            self._wide, self._narrow = 0, frozenset(HEIGHTS)
            self._window.resizeDocks(self._curves, self._curves_before, Qt.Orientation.Horizontal)

    @property
    def _curves(self) -> list[QDockWidget]:
        return [self._docks[group[0]] for group in ARRANGEMENT[BOTTOM]]

    def _note_place(self, name: str) -> None:
        self._was_behind = name not in self._visible

    def _bring(self, name: str, on: bool) -> None:
        """Bring to the front what is opened, and what is there already, but behind another tab."""
        if on or self._was_behind:
            self.show(name)

    def _follow_visibility(self, entry: PanelEntry, visible: bool) -> None:
        if visible:
            self._make(entry)
            self._visible.add(entry.name)
            self._panels[entry.name].show_frame(self._session.frame)
        else:
            self._visible.discard(entry.name)

    @Slot(object)
    def _show_frame(self, frame: Frame | None) -> None:
        for name in self._visible:
            self._panels[name].show_frame(frame)

    # --- layout -------------------------------------------------------------------------------------------------------

    def save(self) -> QByteArray:
        """Return where everything is."""
        return self._window.saveState(LAYOUT_VERSION)

    def restore(self, state: QByteArray | None) -> None:
        """Put everything where it was, or, where that cannot be read, in its first place."""
        if state is None or not self._window.restoreState(state, LAYOUT_VERSION):
            self._arrange()
        else:
            self._flat = self._narrow = frozenset(name for name in self._flat if self._docks[name].isHidden())

    def reset(self) -> None:
        """Put everything in its first place."""
        for dock in self._docks.values():
            dock.setFloating(False)
        self._arrange()
        self.share_room()
