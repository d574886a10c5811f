"""The dock of the data: which data set, how it is split, and what happens to a sample before the network sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.facts import DataMissing, Failed, Loaded, Place, RunState
from nnviz.core.settings import Option, settings_of
from nnviz.core.spec import DataSpec, Preset
from nnviz.session.session import Session
from nnviz.ui.panels.latest_wish import LatestWish
from nnviz.ui.panels.panel import Panel
from nnviz.ui.widgets.choice_field import ChoiceBox
from nnviz.ui.widgets.data_view import DataView
from nnviz.ui.widgets.layout import (
    ROW_GAP,
    SECTION_GAP,
    heading,
    message_label,
    put_in_place,
    scrolled_column,
    show_message,
)
from nnviz.ui.widgets.missing_data_box import MissingDataBox
from nnviz.ui.widgets.settings_form import SettingsForm
from nnviz.ui.widgets.texts import translated


class DataPanel(Panel):
    """Preset, data set and its settings, and what became of them."""

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self._wish = LatestWish(self._ask, self._may_send, self)
        self._asked: DataSpec | None = None
        self._load_missing: Callable[[], None] | None = None
        column = scrolled_column(self, "data")
        self._build_choices(column)
        self._problem = message_label("error")
        self._problem.setObjectName("data_problem")
        self._box = MissingDataBox(session.downloader, self)
        self._box.downloaded.connect(self._try_again)
        self._box.folder_chosen.connect(self._use_folder)
        self._help = message_label("muted")
        self._form: SettingsForm | None = None
        self._form_of = ""
        self._form_place = QVBoxLayout()
        self._form_place.setContentsMargins(0, 0, 0, 0)
        self._view = DataView(self)
        for widget in (self._problem, self._box, self._help):
            column.addWidget(widget)
        column.addLayout(self._form_place)
        column.addSpacing(SECTION_GAP)
        column.addWidget(self._view)
        column.addStretch(1)
        self._box.hide()
        self._view.hide()
        show_message(self._problem, "")
        session.loaded.connect(self._on_loaded)
        session.training_changed.connect(self._show_preset)
        session.data_missing.connect(self._on_missing)
        session.failed.connect(self._on_failed)
        session.run_state_changed.connect(self._go_on, Qt.ConnectionType.QueuedConnection)  # after all others
        if session.preset is not None:
            self._take(session.preset)

    def _build_choices(self, column: QVBoxLayout) -> None:
        presets = [Option(key, preset.title, preset.description) for key, preset in self.catalogue.presets.items()]
        self._preset_combo = self._combo("preset_combo", self.tr("Preset"), presets)
        self._preset_combo.setPlaceholderText(self.tr("Choose a preset"))
        self._preset_combo.show_value("")
        self._preset_combo.settled.connect(self._choose_preset)
        datasets = [Option(entry.name, entry.label, entry.help) for entry in self.catalogue.datasets]
        self._dataset_combo = self._combo("dataset_combo", self.tr("Data set"), datasets)
        self._dataset_combo.show_value("")
        self._dataset_combo.settled.connect(self._choose_dataset)
        self._dataset_combo.setEnabled(False)
        column.addWidget(heading(self.tr("Preset")))
        column.addWidget(self._preset_combo)
        column.addSpacing(ROW_GAP)
        column.addWidget(heading(self.tr("Data set")))
        column.addWidget(self._dataset_combo)

    def _combo(self, name: str, label: str, options: list[Option]) -> ChoiceBox:
        combo = ChoiceBox(options, self)
        combo.setObjectName(name)
        combo.setAccessibleName(label)
        return combo

    # --- what a person changes ----------------------------------------------------------------------------------------

    def _choose_preset(self) -> None:
        show_message(self._problem, "")
        self.session.load_preset(self.catalogue.presets[self._preset_combo.entry])

    def _choose_dataset(self) -> None:
        if self._wish.wanted is not None:
            show_message(self._problem, "")
            self._wish.wish(replace(self._wish.wanted, name=self._dataset_combo.entry, settings={}, points=()))

    def _choose_settings(self, values: Mapping[str, object]) -> None:
        data = self._wish.wanted
        if data is not None:
            shared = {name: values[name] for name in settings_of(DataSpec)}
            own = data.settings
            if data.name == self._form_of:  # else another data set is on its way, and has settings of its own
                defaults = self.catalogue.dataset(data.name).defaults
                own = {name: values[name] for name in defaults if values[name] != defaults[name]}
            show_message(self._problem, "")
            self._wish.wish_soon(replace(data, settings=own, **shared))  # type: ignore[arg-type]

    def _may_send(self) -> bool:
        """Say whether nothing is being loaded: what would come after it may not fit it any more."""
        return self.session.run_state is not RunState.LOADING

    def _go_on(self) -> None:
        """Send what has waited; what still rests is dropped by whatever else begins."""
        preset = self.session.preset
        if self.session.run_state is not RunState.PAUSED and self._wish.end_rest() and preset is not None:
            self._show(preset)
        self._wish.go_on()

    def _ask(self, data: DataSpec) -> None:
        """Ask for other data for the present network, and keep in mind for what."""
        self._asked = data
        self.session.set_data(data)

    def _try_again(self) -> None:
        if self._load_missing is not None:
            self._load_missing()

    def _use_folder(self, folder: Path) -> None:
        self.session.use_data_folder(folder)
        self._try_again()

    # --- what has become true -----------------------------------------------------------------------------------------

    def _on_loaded(self, fact: Loaded) -> None:
        show_message(self._problem, "")
        if not self._box.busy:
            self._box.hide()
            self._load_missing = None
        self._asked = None
        self._take(fact.preset)

    def _take(self, preset: Preset) -> None:
        self._dataset_combo.setEnabled(True)
        if self._wish.settle(preset.data):
            self._show(preset)

    def _on_missing(self, fact: DataMissing) -> None:
        """Offer to fetch what is missing, and then do what was wanted: fit the present network, or load a preset."""
        if self._asked is None:
            self._load_missing = partial(self.session.load_preset, fact.preset)
        else:
            self._load_missing = partial(self._ask, self._asked)
        self._asked = None
        self._box.show_missing(fact.title, fact.message)
        self._go_back()

    def _on_failed(self, failure: Failed) -> None:
        if failure.place not in (Place.DATA, Place.WINDOW):
            return
        self._asked = None
        if self._load_missing is not None:
            self._box.show_problem(failure.message)
        elif failure.place is Place.DATA:
            show_message(self._problem, failure.message)
        self._go_back()

    def _go_back(self) -> None:
        """Show again what is in force, after a wish was not granted."""
        self._wish.refuse()
        if self.session.preset is not None:
            self._show(self.session.preset)
        else:
            self._preset_combo.show_value("")

    def _show(self, preset: Preset) -> None:
        self._show_preset()
        entry = self.catalogue.dataset(preset.data.name)
        self._dataset_combo.show_value(entry.name)
        self._help.setText(translated(entry.help))
        shared = settings_of(DataSpec)
        values = {**entry.defaults, **preset.data.settings, **{name: getattr(preset.data, name) for name in shared}}
        if self._form is None or self._form_of != entry.name:
            self._form_of = entry.name
            self._replace_form(SettingsForm({**entry.settings, **shared}, values, "data", parent=self))
        else:
            self._form.set_values(values)
        if self.session.summary is not None:
            self._view.show_summary(self.session.summary)

    def _show_preset(self) -> None:
        """Show which preset is in force; with a star, where something of it was changed."""
        preset = self.session.preset
        if preset is None:
            return
        presets = self.catalogue.presets
        same = [key for key, each in presets.items() if each == preset]
        changed = any(each.title == preset.title for each in presets.values())
        title = translated(preset.title)
        self._preset_combo.setPlaceholderText(f"{title} *" if changed else title)
        self._preset_combo.show_value(same[0] if same else "")

    def _replace_form(self, form: SettingsForm) -> None:
        if self._form is not None:
            self._form.retire()
        self._form = form
        put_in_place(self._form_place, form)
        form.changed.connect(self._choose_settings)
