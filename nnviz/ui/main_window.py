"""The window: the network in the middle, docks around it, menus above, the status bar below."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.facts import Loaded, RunState
from nnviz.core.playback import Frame
from nnviz.core.spec import Preset
from nnviz.session.player import Player
from nnviz.session.session import Session
from nnviz.ui.actions import Actions
from nnviz.ui.arrival import Arrival
from nnviz.ui.caption import Caption
from nnviz.ui.docks import Docks
from nnviz.ui.files import dropped_file
from nnviz.ui.graph.view import NetworkView
from nnviz.ui.health_notices import HealthNotices
from nnviz.ui.key_guard import KeyGuard, leave_focus_to_tab
from nnviz.ui.log import LogWindow
from nnviz.ui.menus import Menus
from nnviz.ui.messages import Messages
from nnviz.ui.notices import Notices
from nnviz.ui.overlay_actions import OverlayActions
from nnviz.ui.panels.inspector import InspectorPanel
from nnviz.ui.preferences import Preferences
from nnviz.ui.presenter import Presenter
from nnviz.ui.project_file import ProjectFile
from nnviz.ui.stage_bar import StageBar
from nnviz.ui.status import Status
from nnviz.ui.theme import ThemeChoice, theme_manager
from nnviz.ui.time_actions import TimeActions
from nnviz.ui.training_actions import TrainingActions
from nnviz.ui.transport import Transport
from nnviz.ui.undo import EditHistory
from nnviz.ui.widgets.loss_corner import LossCorner
from nnviz.ui.widgets.niche import Niche
from nnviz.ui.widgets.way_out import WayOut

FIRST_SIZE = QSize(1600, 1000)
FRAME = QSize(8, 40)  # what a window manager may draw around it


class MainWindow(QMainWindow):
    """Puts the parts together. It owns the session from now on, and closes it when it is closed."""

    def __init__(self, session: Session, catalogue: Catalogue) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowTitle("nnviz")
        self.setAcceptDrops(True)
        self.resize(FIRST_SIZE.boundedTo(QGuiApplication.primaryScreen().availableSize() - FRAME))
        self._session = session
        self._open = True
        self._preferences = Preferences()
        theme_manager().choose(self._preferences.theme)
        self._player = Player(session, self)
        self._player.set_speed(self._preferences.speed)
        session.set_memory_limit(self._preferences.memory_limit)
        self._files = ProjectFile(session, self)
        self._actions = Actions(self)
        TrainingActions(session, self._player, self._actions)
        time_actions = TimeActions(session, self._actions)
        edits = EditHistory(session, catalogue, self._actions, self)
        self._view = NetworkView()
        self._caption = Caption(catalogue)
        self._arrival = Arrival(self._view, self._player, self)
        self._arrival.waiting_changed.connect(self._caption.set_waiting)
        self._stage_bar = StageBar(session)
        self._build_centre()
        self._docks = Docks(self, session, catalogue)
        OverlayActions(session, self._actions, self._view, self._docks, self._preferences)
        self._set_reduced_motion(self._preferences.reduced_motion)
        self._status = Status(session)
        self.setStatusBar(self._status)
        time_actions.tell(self._status, self._caption)
        self._presenter = Presenter(
            self,
            self._docks,
            self._actions,
            self._caption,
            enlarged=(self._view, self._stage_bar, self._loss_corner),
            hidden=(self.menuBar(), self._status, self._transport, *self._view.findChildren(QComboBox)),
            shown=(self._loss_corner,),
            way_out=self._way_out,
        )
        self._add_actions()
        self._build_menus(catalogue)
        Messages(session, catalogue, self._notices, self._docks, self._preferences)
        HealthNotices(session, catalogue, self._notices, self._docks)
        edits.tell(self._notices)
        KeyGuard(self)
        leave_focus_to_tab(self)
        self._connect(session)
        self._restore_layout()

    # --- opening ------------------------------------------------------------------------------------------------------

    def complete(self) -> None:
        """Prepare what was left out for the sake of the first picture, piece by piece, so that it opens at once."""
        self._docks.complete()

    def open_preset(self, preset: Preset) -> None:
        """Draw the preset's network at once, and load it."""
        if self._session.preset is None:
            self._view.show_network(preset.network)
            self._status.say(self.tr("Starting PyTorch…"))
        self._files.expect(None)
        self._session.load_preset(preset)

    def open_path(self, path: Path) -> None:
        """Open a preset or project file."""
        if self._session.preset is None:
            self._status.say(self.tr("Starting PyTorch…"))
        self._files.open_path(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome a file that can be opened."""
        if dropped_file(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the file."""
        path = dropped_file(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.open_path(path)

    # --- building -----------------------------------------------------------------------------------------------------

    def _build_centre(self) -> None:
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._view, 1)
        self._notices = Notices(self._view)
        column.addWidget(self._notices)
        self._transport = Transport(self._actions, self._player)
        self._loss_corner = LossCorner(self._session)
        self._loss_corner.hide()
        words = QHBoxLayout()
        words.addWidget(Niche(self._caption), 1)
        self._way_out = WayOut()
        self._way_out.hide()
        corner = QVBoxLayout()
        corner.setSpacing(0)
        corner.addWidget(self._way_out, 0, Qt.AlignmentFlag.AlignRight)
        corner.addWidget(self._loss_corner, 1)
        words.addLayout(corner)
        column.addLayout(words)
        column.addWidget(self._transport)
        column.addWidget(self._stage_bar)
        self.setCentralWidget(centre)

    def _add_actions(self) -> None:
        add = self._actions.add
        add("action_open", self.tr("Open…"), self._files.open, "Ctrl+O", "open", self.tr("Open a file"))
        add("action_save", self.tr("Save"), self._files.save, "Ctrl+S", "save", self.tr("Save the network"))
        add("action_save_as", self.tr("Save as…"), self._files.save_as, "Ctrl+Shift+S")
        add(
            "action_export_step",
            self.tr("Export step…"),
            self._files.export_step,
            tip=self.tr("Write all numbers of the shown step to a NumPy file"),
        )
        add("action_quit", self.tr("Quit"), self.close, "Ctrl+Q")
        add("action_fit", self.tr("Fit"), self._view.fit, "F", "fit", self.tr("Show the whole network"))
        add("action_drawing_pad", self.tr("Drawing pad"), lambda: self._docks.show("drawing"), "D", "draw")
        self._worksheet_action = self._actions.add_switch(
            "action_worksheet", self.tr("Predict, then reveal"), self._set_worksheet
        )
        numbers = self._preferences.numbers_on_edges
        switch = self._actions.add_switch
        switch("action_numbers_on_edges", self.tr("Numbers on the edges"), self._show_numbers, numbers, "N")
        self._player.set_numbers(numbers)
        self._view.follow(self._player)
        self._actions.add_switch(
            "action_reduce_motion", self.tr("Reduce motion"), self._reduce_motion, self._preferences.reduced_motion
        )
        add("action_reset_layout", self.tr("Reset window layout"), self._docks.reset)
        add("action_help", self.tr("Help"), self._show_help, "F1", "help")
        add("action_show_log", self.tr("Show log"), lambda: LogWindow(self).show())
        add("action_about", self.tr("About nnviz"), self._show_about)

    def _build_menus(self, catalogue: Catalogue) -> None:
        menus = Menus(self, self._actions)
        menus.add_file_menu(catalogue.presets, self.open_preset)
        menus.add_edit_menu()
        menus.add_run_menu()
        menus.add_step_menu()
        menus.add_view_menu(self._docks.toggle_actions(), self._preferences.theme, self._choose_theme)
        menus.add_help_menu()

    def _connect(self, session: Session) -> None:
        session.loaded.connect(self._on_loaded)
        session.frame_changed.connect(self._show_frame)
        session.foresight.expected.connect(self._prepare)
        session.run_state_changed.connect(self._on_run_state)
        session.worksheet.changed.connect(lambda: self._worksheet_action.setChecked(session.worksheet.active))
        self._show_frame(None)
        self._docks.when_made("inspector", self._connect_pins)

    def _connect_pins(self, inspector: InspectorPanel) -> None:
        """What is clicked in the picture is written out in the caption and in the inspector."""
        self._view.neuron_pinned.connect(self._caption.set_focus)
        self._view.neuron_pinned.connect(inspector.pin_neuron)
        self._view.edge_pinned.connect(self._caption.set_focus)
        self._view.edge_pinned.connect(inspector.pin_edge)
        for pinned in (self._view.neuron_pinned, self._view.edge_pinned):
            pinned.connect(self._show_inspector)
        self._view.unpinned.connect(inspector.clear_pin)
        self._view.unpinned.connect(self._caption.clear_focus)
        inspector.neuron_picked.connect(self._view.pin_neuron)
        inspector.pin_cleared.connect(self._view.unpin)
        inspector.effect_wanted.connect(lambda: self._docks.show("poke"))

    # --- facts --------------------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_loaded(self, fact: Loaded) -> None:
        self._view.show_network(fact.preset.network)
        self._view.set_summary(fact.summary)

    @Slot(object)
    def _show_frame(self, frame: Frame | None) -> None:
        if frame is None:
            self._view.show_frame(None)
            self._caption.show_frame(None)
        else:
            self._view.show_frame(self._session.worksheet.masked(frame))
            self._caption.show_frame(frame, self._session.worksheet.permission(frame))
        self._arrival.look_again()
        self._stage_bar.show_frame(frame)
        self._enable_saving()

    @Slot(object)
    def _prepare(self, frames: tuple[Frame, ...]) -> None:
        if not self._session.worksheet.active:  # it hides what comes next, and counts answers by the step that is shown
            self._view.prepare(frames)

    def _enable_saving(self) -> None:
        for name in ("action_save", "action_save_as"):
            self._actions[name].setEnabled(self._session.preset is not None)
        self._actions["action_export_step"].setEnabled(self._session.can_step)

    @Slot(object)
    def _on_run_state(self, state: RunState) -> None:
        self._view.set_running(state is RunState.RUNNING)
        self._enable_saving()

    def _set_worksheet(self, on: bool) -> None:
        if on:
            self._docks.show("worksheet")
        self._session.worksheet.set_active(on)

    def _show_help(self) -> None:
        from nnviz.ui.help import HelpWindow  # not needed for the first picture

        HelpWindow(self).show()

    def _show_about(self) -> None:
        from nnviz.ui.help import show_about

        show_about(self)

    def _show_inspector(self) -> None:
        if not self._presenter.active:
            self._docks.show("inspector")

    # --- preferences --------------------------------------------------------------------------------------------------

    def _choose_theme(self, choice: ThemeChoice) -> None:
        self._preferences.theme = choice
        theme_manager().choose(choice)

    def _show_numbers(self, shown: bool) -> None:
        self._preferences.numbers_on_edges = shown
        self._player.set_numbers(shown)
        self._view.refresh_numbers()
        self._arrival.look_again()

    def _reduce_motion(self, reduced: bool) -> None:
        self._preferences.reduced_motion = reduced
        self._set_reduced_motion(reduced)

    def _set_reduced_motion(self, reduced: bool) -> None:
        self._view.set_reduced_motion(reduced)
        self._arrival.look_again()
        self._docks.when_made("drawing", lambda drawing: drawing.set_reduced_motion(reduced))

    def _restore_layout(self) -> None:
        saved = self._preferences.layout
        if saved is not None:
            self.restoreGeometry(saved[0])
        self._docks.restore(None if saved is None else saved[1])
        self._shares_room = saved is None

    def showEvent(self, event: QShowEvent) -> None:
        """Share the room among the docks, once there is some."""
        super().showEvent(event)
        if self._shares_room:
            self._shares_room = False
            self._docks.share_room()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the layout, end the training and its thread; but first ask about a project that has changed."""
        if self._open and not self._files.may_close():
            event.ignore()
            return
        if self._open:
            self._open = False
            self._player.pause()
            self._presenter.leave()
            self._preferences.speed = self._player.speed
            self._preferences.memory_limit = self._session.memory_limit
            self._preferences.layout = (self.saveGeometry(), self._docks.save())
            self._preferences.save()
            self.hide()  # at once: a thread that is importing torch cannot be interrupted, only waited for
            self._session.close()
        super().closeEvent(event)
