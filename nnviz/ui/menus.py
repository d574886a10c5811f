"""The menus: which action stands where."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMainWindow, QMenu

from nnviz.core.spec import Preset
from nnviz.ui.actions import Actions
from nnviz.ui.theme import ThemeChoice
from nnviz.ui.training_actions import SAMPLE_KEYS
from nnviz.ui.widgets.texts import translated


class Menus(QObject):
    """Builds the menu bar out of actions that are there, and the choices that only a menu offers."""

    def __init__(self, window: QMainWindow, actions: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._actions = actions

    def add_file_menu(self, presets: Mapping[str, Preset], open_preset: Callable[[Preset], object]) -> None:
        """File: presets, opening, saving, leaving."""
        menu = self._menu("menu_file", self.tr("&File"))
        new = self._submenu(menu, "menu_presets", self.tr("&New from preset"))
        for name, preset in presets.items():
            action = self._actions.add(
                f"action_preset_{name}",
                translated(preset.title),
                lambda preset=preset: open_preset(preset),
                tip=translated(preset.description),
            )
            new.addAction(action)
        self._fill(menu, "action_open", "action_save", "action_save_as", "", "action_export_step", "", "action_quit")

    def add_edit_menu(self) -> None:
        """Edit: taking back changes of data, network and training."""
        self._fill(self._menu("menu_edit", self.tr("&Edit")), "action_undo", "action_redo")

    def add_run_menu(self) -> None:
        """Run: training freely and starting again."""
        menu = self._menu("menu_run", self.tr("&Run"))
        self._fill(menu, "action_run", "action_next_epoch", "", "action_reset", "action_reset_new_weights")

    def add_step_menu(self) -> None:
        """Step: walking through the pass, and the sample that is shown."""
        menu = self._menu("menu_step", self.tr("&Step"))
        self._fill(menu, "action_play", "", "action_step_forward", "action_step_back", "")
        self._fill(
            menu, "action_next_layer", "action_previous_layer", "", "action_next_batch", "action_previous_batch", ""
        )
        self._fill(menu, "action_back_to_now", "action_continue_from_here", "")
        samples = self._submenu(menu, "menu_samples", self.tr("Sample shown"))
        self._fill(samples, *(f"action_sample_{number}" for number in range(1, SAMPLE_KEYS + 1)))
        self._fill(samples, "", "action_sample_mean")
        self._fill(menu, "", "action_worksheet")

    def add_view_menu(
        self, docks: list[QAction], theme: ThemeChoice, choose_theme: Callable[[ThemeChoice], object]
    ) -> None:
        """View: panels, theme, motion, layout."""
        menu = self._menu("menu_view", self.tr("&View"))
        self._fill(menu, "action_fit", "action_drawing_pad", "action_heat_maps", "action_numbers_on_edges", "")
        self._fill(menu, "action_presenter_view", "")
        panels = self._submenu(menu, "menu_panels", self.tr("&Panels"))
        panels.addActions(docks)
        themes = self._submenu(menu, "menu_theme", self.tr("&Theme"))
        names = {
            ThemeChoice.SYSTEM: self.tr("As the system's"),
            ThemeChoice.LIGHT: self.tr("Light"),
            ThemeChoice.DARK: self.tr("Dark"),
        }
        rows = {f"action_theme_{choice.value}": (text, choice) for choice, text in names.items()}
        self._add_choice(themes, rows, theme, choose_theme)
        self._fill(menu, "action_reduce_motion", "", "action_reset_layout")

    def add_help_menu(self) -> None:
        """Help."""
        menu = self._menu("menu_help", self.tr("&Help"))
        self._fill(menu, "action_help", "action_show_log", "", "action_about")

    # --- how --------------------------------------------------------------------------------------------------------

    def _menu(self, name: str, title: str) -> QMenu:
        menu = self._window.menuBar().addMenu(title)
        menu.setObjectName(name)
        menu.setToolTipsVisible(True)
        return menu

    def _submenu(self, menu: QMenu, name: str, title: str) -> QMenu:
        sub = menu.addMenu(title)
        sub.setObjectName(name)
        sub.setToolTipsVisible(True)
        return sub

    def _fill(self, menu: QMenu, *names: str) -> None:
        """Add actions by name; an empty name is a line."""
        for name in names:
            if name:
                menu.addAction(self._actions[name])
            else:
                menu.addSeparator()

    def _add_choice(
        self,
        menu: QMenu,
        rows: Mapping[str, tuple[str, object]],
        chosen: object,
        choose: Callable[..., object],
    ) -> None:
        """Add actions of which just one is on."""
        group = QActionGroup(menu)
        for name, (text, value) in rows.items():
            action = self._actions.add(name, text, lambda value=value: choose(value))
            action.setCheckable(True)
            action.setChecked(value == chosen)
            group.addAction(action)
            menu.addAction(action)
