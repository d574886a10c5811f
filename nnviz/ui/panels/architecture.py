"""The dock where the network is built: its layers in order, and the settings of the selected one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from nnviz.core.catalogue import Catalogue
from nnviz.core.facts import Failed, Loaded, Place, RunState
from nnviz.core.settings import SettingError, settings_of
from nnviz.core.spec import LayerSpec, NetworkSpec, SpecError, Wiring
from nnviz.session.session import Session
from nnviz.ui.panels.latest_wish import LatestWish
from nnviz.ui.panels.panel import Panel
from nnviz.ui.widgets.layer_table import LayerTable
from nnviz.ui.widgets.layout import (
    ROW_GAP,
    SECTION_GAP,
    heading,
    message_label,
    put_in_place,
    scrolled_column,
    show_message,
)
from nnviz.ui.widgets.own_keys import keep_keys
from nnviz.ui.widgets.settings_form import SettingsForm
from nnviz.ui.widgets.texts import translated


class ArchitecturePanel(Panel):
    """Add, remove, move and edit layers. An edit that makes sense is applied at once; another one says why not."""

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self._wish = LatestWish(self._send, self._may_send, self)
        self._column = scrolled_column(self, "architecture")
        self._table = LayerTable(self)
        self._table.layer_selected.connect(self._show_layer)
        self._table.installEventFilter(self)
        self._total = QLabel(self)
        self._total.setObjectName("parameter_count")
        self._problem = message_label("error")
        self._problem.setObjectName("architecture_problem")
        self._keep = QCheckBox(self.tr("Keep weights of equal layers"), self)
        self._keep.setObjectName("keep_weights_check")
        self._keep.setAccessibleName(self._keep.text())
        self._keep.setToolTip(
            self.tr("Layers whose weights keep their shape keep what they have learned; the others start anew.")
        )
        self._keep.setChecked(True)
        keep_keys(self._keep)
        self._column.addWidget(self._table)
        self._column.addWidget(self._total)
        self._column.addLayout(self._build_buttons())
        self._column.addWidget(self._problem)
        self._column.addWidget(self._keep)
        self._column.addSpacing(SECTION_GAP)
        self._layer_heading = heading("")
        self._layer_help = message_label("muted")
        self._form: SettingsForm | None = None
        self._form_of = (-1, "")
        self._form_place = QVBoxLayout()
        self._column.addWidget(self._layer_heading)
        self._column.addWidget(self._layer_help)
        self._column.addLayout(self._form_place)
        self._column.addStretch(1)
        show_message(self._problem, "")
        self.setEnabled(False)
        session.loaded.connect(self._on_loaded)
        session.failed.connect(self._on_failed)
        session.run_state_changed.connect(self._go_on, Qt.ConnectionType.QueuedConnection)  # after all others
        if session.preset is not None:
            self._take(session.preset.network)

    # --- parts --------------------------------------------------------------------------------------------------------

    def _build_buttons(self) -> QHBoxLayout:
        add = QToolButton(self)
        add.setText(self.tr("Add layer"))
        add.setObjectName("add_layer_button")
        add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        add.setToolTip(self.tr("Add a layer after the selected one (before the output layer)"))
        menu = QMenu(add)
        menu.setObjectName("add_layer_menu")
        menu.setToolTipsVisible(True)
        for layer in self.catalogue.layers:
            if layer.wiring is not Wiring.NONE:
                action = menu.addAction(translated(layer.title), lambda kind=layer: self.add_layer(kind))
                action.setObjectName(f"action_add_{layer.kind}")
                action.setToolTip(translated(layer.help))
        add.setMenu(menu)
        self._up = self._button("layer_up_button", "↑", self.tr("Move up (Alt+↑)"), lambda: self.move_layer(-1))
        self._down = self._button("layer_down_button", "↓", self.tr("Move down (Alt+↓)"), lambda: self.move_layer(1))
        self._remove = self._button(
            "remove_layer_button", self.tr("Remove"), self.tr("Remove the selected layer (Del)"), self.remove_layer
        )
        row = QHBoxLayout()
        row.setSpacing(ROW_GAP)
        row.addWidget(add)
        row.addStretch(1)
        for button in (self._up, self._down, self._remove):
            row.addWidget(button)
        for button in (add, self._up, self._down, self._remove):
            keep_keys(button)
            button.setAccessibleName(button.toolTip())
        return row

    def _button(self, name: str, text: str, tool_tip: str, act: Callable[[], None]) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setText(text)
        button.setToolTip(tool_tip)
        button.clicked.connect(act)
        return button

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Alt+↑, Alt+↓ and Del in the table do what the buttons do."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
            if alt and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                self.move_layer(-1 if event.key() == Qt.Key.Key_Up else 1)
                return True
            if event.key() == Qt.Key.Key_Delete:
                self.remove_layer()
                return True
        return super().eventFilter(watched, event)

    # --- edits --------------------------------------------------------------------------------------------------------

    def add_layer(self, kind: type[LayerSpec]) -> None:
        """Add a layer after the selected one, but before the output layer."""
        layers = self._layers()
        if layers:
            place = min(self._table.selected_layer + 1, len(layers) - 1)
            self._apply([*layers[:place], kind(), *layers[place:]], place)

    def remove_layer(self) -> None:
        """Remove the selected layer."""
        layers, here = self._layers(), self._table.selected_layer
        if here > 0:
            self._apply([*layers[:here], *layers[here + 1 :]], min(here, len(layers) - 2))

    def move_layer(self, by: int) -> None:
        """Let the selected layer change places with the one above (−1) or below (+1)."""
        layers, here = self._layers(), self._table.selected_layer
        there = here + by
        if here > 0 and 0 < there < len(layers):
            layers[here], layers[there] = layers[there], layers[here]
            self._apply(layers, there)

    def _layers(self) -> list[LayerSpec]:
        return [] if self._wish.wanted is None else list(self._wish.wanted.layers)

    def _with_settings(self, values: dict[str, object]) -> list[LayerSpec]:
        layers, (here, _) = self._layers(), self._form_of
        layers[here] = replace(layers[here], **values)
        return layers

    def _check(self, name: str, values: dict[str, object]) -> str | None:
        """Say whether the network would still make sense with these settings of the layer in the form."""
        try:
            NetworkSpec(tuple(self._with_settings(values)))
        except (SpecError, SettingError) as error:
            return str(error)
        return None

    def _apply(self, layers: list[LayerSpec], selected: int) -> None:
        """Send the network, if it makes sense; else say why it does not."""
        try:
            network = NetworkSpec(tuple(layers))
        except SpecError as error:
            show_message(self._problem, translated(str(error)))
            return
        show_message(self._problem, "")
        self._wish.wish(network)
        self._show(network, selected)

    def _send(self, network: NetworkSpec) -> None:
        self.session.set_network(network, self._keep.isChecked())

    def _may_send(self) -> bool:
        """Say whether nothing is being loaded: what would come after it may not fit it any more."""
        return self.session.run_state is not RunState.LOADING

    def _go_on(self) -> None:
        self._wish.go_on()

    # --- what has become true -----------------------------------------------------------------------------------------

    def _on_loaded(self, fact: Loaded) -> None:
        show_message(self._problem, "")
        self._take(fact.preset.network)

    def _take(self, network: NetworkSpec) -> None:
        self.setEnabled(True)
        if self._wish.settle(network):
            self._show(network, self._table.selected_layer)

    def _on_failed(self, failure: Failed) -> None:
        if failure.place is Place.ARCHITECTURE:
            show_message(self._problem, failure.message)
        if failure.place in (Place.ARCHITECTURE, Place.WINDOW):  # the latter also for what nobody foresaw
            self._wish.refuse()
            if self._wish.wanted is not None:
                self._show(self._wish.wanted, self._table.selected_layer)

    def _show(self, network: NetworkSpec, selected: int) -> None:
        if not 0 <= selected < len(network.layers):
            selected = (network.layers_with_parameters or (len(network.layers) - 1,))[0]
        self._table.show_network(network, selected)
        self._total.setText(self.tr("{count} parameters to learn").format(count=f"{network.parameter_count():,}"))
        self._show_layer(selected)

    def _show_layer(self, index: int) -> None:
        """Show the settings of a layer: in the form that is there, if it is that layer's."""
        network = self._wish.wanted
        if network is None or not 0 <= index < len(network.layers):
            return
        layer = network.layers[index]
        self._remove.setEnabled(index > 0)
        self._up.setEnabled(index > 1)
        self._down.setEnabled(0 < index < len(network.layers) - 1)
        self._layer_heading.setText(self._heading_of(network, index))
        values = {name: getattr(layer, name) for name in settings_of(layer)}
        if self._form is not None and self._form_of == (index, layer.kind):
            self._form.set_values(values)
            return
        if self._form is not None:
            self._form.retire()  # before it counts as this layer's
        self._form_of = (index, layer.kind)
        self._layer_help.setText(translated(layer.help))
        self._replace_form(SettingsForm(settings_of(layer), values, "layer", check=self._check, parent=self))

    def _heading_of(self, network: NetworkSpec, index: int) -> str:
        """Name of the layer and, where it says more, its type."""
        name, title = translated(network.layer_name(index)), translated(network.layers[index].title)
        return name if name == title else f"{name} · {title}"

    def _replace_form(self, form: SettingsForm) -> None:
        self._form = form
        put_in_place(self._form_place, form)
        form.changed.connect(lambda values: self._apply(self._with_settings(values), self._table.selected_layer))
