"""The dock where the training is set: optimizer, loss, batch size, penalties. Everything applies live."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnviz.core.catalogue import Catalogue, LossEntry, OptimizerEntry
from nnviz.core.data import Task
from nnviz.core.facts import Failed, Loaded, Place, RunState
from nnviz.core.runs import LEAST_MEMORY, MEGABYTE, MOST_MEMORY
from nnviz.core.settings import Number, Option, settings_of
from nnviz.core.spec import OptimizerSpec, Preset, TrainingSpec
from nnviz.session.session import Session
from nnviz.ui.panels.latest_wish import LatestWish
from nnviz.ui.panels.panel import Panel
from nnviz.ui.theme import number_font
from nnviz.ui.widgets.choice_field import ChoiceBox
from nnviz.ui.widgets.device_section import DeviceSection
from nnviz.ui.widgets.layout import SECTION_GAP, heading, message_label, put_in_place, scrolled_column, show_message
from nnviz.ui.widgets.number_field import written
from nnviz.ui.widgets.settings_form import SettingsForm
from nnviz.ui.widgets.texts import translated

MEMORY_SETTINGS = {
    "memory": Number(
        "Memory",
        "How much memory the way back may take. When it is full, the oldest steps are forgotten.",
        LEAST_MEMORY // MEGABYTE,
        MOST_MEMORY // MEGABYTE,
        integer=True,
        step=64,
        unit="MB",
    )
}


def carried_over(old: OptimizerEntry, settings: Mapping[str, float], new: OptimizerEntry) -> dict[str, float]:
    """Which settings of one optimizer the next one takes over.

    Those that both know with the same default: they mean the same there. The learning rate never: a good one for
    Adam is orders of magnitude from a good one for SGD, so each optimizer starts with its own usual one.
    """
    kept = {
        name: value
        for name, value in settings.items()
        if name != "lr" and name in new.defaults and new.defaults[name] == old.defaults.get(name)
    }
    return kept if new.usual_lr == new.defaults["lr"] else {"lr": new.usual_lr, **kept}


def formula_lines(formula: str) -> str:
    """One assignment per line, and no line break within brackets."""
    lines = translated(formula).replace(";  ", "\n")
    return re.sub(r"\([^()]*\)", lambda brackets: brackets[0].replace(" ", "\N{NO-BREAK SPACE}"), lines)


class TrainingPanel(Panel):
    """Optimizer, loss, batches and penalties, and the memory for going back."""

    def __init__(self, session: Session, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(session, catalogue, parent)
        self._wish = LatestWish(session.set_training, self._may_send, self)
        self._shown_optimizer = ""
        self._optimizer_in_force = ""
        self._switched = False
        self._column = scrolled_column(self, "training")
        self._problem = message_label("error")
        self._problem.setObjectName("training_problem")
        self._column.addWidget(self._problem)
        self._build_optimizer()
        self._build_loss()
        self._build_batches()
        self._build_memory()
        self._column.addWidget(DeviceSection(session, self))
        self._column.addStretch(1)
        show_message(self._problem, "")
        self.setEnabled(False)
        session.loaded.connect(self._on_loaded)
        session.training_changed.connect(self._on_training_changed)
        session.failed.connect(self._on_failed)
        session.run_state_changed.connect(self._go_on, Qt.ConnectionType.QueuedConnection)  # after all others
        if session.preset is not None:
            self._take_preset(session.preset)
            self._on_training_changed(session.preset.training)

    # --- parts --------------------------------------------------------------------------------------------------------

    def _build_optimizer(self) -> None:
        options = [Option(entry.name, entry.label, entry.help) for entry in self.catalogue.optimizers]
        self._optimizer_combo = ChoiceBox(options, self)
        self._optimizer_combo.setObjectName("optimizer_combo")
        self._optimizer_combo.setAccessibleName(self.tr("Optimizer"))
        self._optimizer_combo.settled.connect(self._choose_optimizer)
        self._optimizer_help = message_label("muted")
        self._optimizer_formula = message_label()
        self._optimizer_formula.setObjectName("optimizer_formula")
        self._optimizer_formula.setFont(number_font())
        self._optimizer_note = message_label("muted")
        self._optimizer_note.setObjectName("optimizer_note")
        self._optimizer_place = QVBoxLayout()
        self._optimizer_place.setContentsMargins(0, 0, 0, 0)
        self._optimizer_form: SettingsForm | None = None
        self._column.addWidget(heading(self.tr("Optimizer")))
        for widget in (self._optimizer_combo, self._optimizer_note, self._optimizer_help, self._optimizer_formula):
            self._column.addWidget(widget)
        self._column.addLayout(self._optimizer_place)
        show_message(self._optimizer_note, "")

    def _build_loss(self) -> None:
        options = [Option(entry.name, entry.label, entry.help) for entry in self.catalogue.losses]
        self._loss_combo = ChoiceBox(options, self)
        self._loss_combo.setObjectName("loss_combo")
        self._loss_combo.setAccessibleName(self.tr("Loss"))
        self._loss_combo.settled.connect(self._choose_loss)
        self._loss_help = message_label("muted")
        self._loss_formula = message_label()
        self._loss_formula.setFont(number_font())
        self._column.addSpacing(SECTION_GAP)
        self._column.addWidget(heading(self.tr("Loss")))
        for widget in (self._loss_combo, self._loss_help, self._loss_formula):
            self._column.addWidget(widget)

    def _build_batches(self) -> None:
        declared = settings_of(TrainingSpec)
        defaults = {name: getattr(TrainingSpec(), name) for name in declared}
        self._batch_form = SettingsForm(
            declared, defaults, "training", {"batch_size": "batch_size_spin"}, self._check_batch, self
        )
        self._batch_form.changed.connect(self._choose_batches)
        self._column.addSpacing(SECTION_GAP)
        self._column.addWidget(heading(self.tr("Batches and penalties")))
        self._column.addWidget(self._batch_form)

    def _build_memory(self) -> None:
        form = SettingsForm(MEMORY_SETTINGS, {"memory": self.session.memory_limit // MEGABYTE}, "training", parent=self)
        form.changed.connect(lambda values: self.session.set_memory_limit(int(values["memory"]) * MEGABYTE))
        self._column.addSpacing(SECTION_GAP)
        self._column.addWidget(heading(self.tr("Going back")))
        self._column.addWidget(form)

    # --- what a person changes ----------------------------------------------------------------------------------------

    def _choose_optimizer(self) -> None:
        training = self._wish.wanted
        if training is not None:
            old = self.catalogue.optimizer(training.optimizer.name)
            new = self.catalogue.optimizer(self._optimizer_combo.entry)
            kept = carried_over(old, training.optimizer.settings, new)
            self._apply(replace(training, optimizer=OptimizerSpec(new.name, kept)))

    def _choose_optimizer_settings(self, values: dict[str, float]) -> None:
        if self._wish.wanted is not None:
            entry = self.catalogue.optimizer(self._shown_optimizer)
            own = {name: value for name, value in values.items() if value != entry.defaults[name]}
            self._apply(replace(self._wish.wanted, optimizer=OptimizerSpec(entry.name, own)))

    def _choose_loss(self) -> None:
        if self._wish.wanted is not None:
            self._apply(replace(self._wish.wanted, loss=self._loss_combo.entry))

    def _choose_batches(self, values: dict[str, object]) -> None:
        if self._wish.wanted is not None:
            self._apply(replace(self._wish.wanted, **values))  # type: ignore[arg-type]

    def _check_batch(self, name: str, values: dict[str, object]) -> str | None:
        summary = self.session.summary
        size = values["batch_size"]
        assert isinstance(size, int)
        if name != "batch_size" or summary is None or size <= summary.training_samples:
            return None
        return self.tr("There are only {count} training samples: take a batch size of at most that.").format(
            count=f"{summary.training_samples:,}"
        )

    def _apply(self, training: TrainingSpec) -> None:
        show_message(self._problem, "")
        self._show(training)
        self._wish.wish(training)

    def _may_send(self) -> bool:
        """Say whether nothing is being loaded: what would come after it may not fit it any more."""
        return self.session.run_state is not RunState.LOADING

    def _go_on(self) -> None:
        self._wish.go_on()

    # --- what has become true -----------------------------------------------------------------------------------------

    def _on_loaded(self, fact: Loaded) -> None:
        """Take another network; its training settings follow with ``training_changed``."""
        self._take_preset(fact.preset)
        show_message(self._problem, "")

    def _take_preset(self, preset: Preset) -> None:
        self._optimizer_in_force = preset.training.optimizer.name
        self._switched = False
        show_message(self._optimizer_note, "")
        self.setEnabled(True)
        for entry in self.catalogue.losses:
            self._loss_combo.set_reason(entry.name, self._why_not(entry, preset), translated(entry.help))

    def _why_not(self, entry: LossEntry, preset: Preset) -> str | None:
        """Say why a loss does not fit the last layer, or None."""
        activation = preset.network.layers[-1].activation_name
        summary = self.session.summary
        if entry.fused_activation is not None and summary is not None and summary.task is Task.VALUES:
            return self.tr("Judges classes; this network predicts numbers.")
        if entry.fused_activation not in (None, activation):
            return self.tr("Needs {needed} in the last layer, which has {present}.").format(
                needed=entry.fused_activation, present=activation or self.tr("no activation")
            )
        return None

    def _on_training_changed(self, training: TrainingSpec) -> None:
        name = training.optimizer.name
        if name != self._optimizer_in_force:
            self._optimizer_in_force = name
            self._switched = not self.session.optimizer_restored
            show_message(self._optimizer_note, "")
        if self._switched:
            self._show_note(training.optimizer)
        if self._wish.settle(training):
            self._show(training)

    def _show_note(self, optimizer: OptimizerSpec) -> None:
        """Say what the other optimizer starts with; its learning rate is not the one from before."""
        entry = self.catalogue.optimizer(optimizer.name)
        rate = {**entry.defaults, **optimizer.settings}["lr"]
        text = self.tr("{name}: fresh state, weights kept; learning rate {rate}")
        show_message(self._optimizer_note, text.format(name=translated(entry.label), rate=written(rate)))

    def _on_failed(self, failure: Failed) -> None:
        if failure.place is Place.TRAINING:
            show_message(self._problem, failure.message)
        if failure.place in (Place.TRAINING, Place.WINDOW):  # the latter also for what nobody foresaw
            self._wish.refuse()
            if self._wish.wanted is not None:
                self._show(self._wish.wanted)

    def _show(self, training: TrainingSpec) -> None:
        entry = self.catalogue.optimizer(training.optimizer.name)
        values = {**entry.defaults, **training.optimizer.settings}
        if self._optimizer_form is None or entry.name != self._shown_optimizer:
            self._show_optimizer(entry, values)
        else:
            self._optimizer_form.set_values(values)
        loss = self.catalogue.loss(training.loss)
        self._loss_combo.show_value(loss.name)
        self._loss_help.setText(translated(loss.help))
        self._loss_formula.setText(formula_lines(loss.formula))
        self._batch_form.set_values({name: getattr(training, name) for name in settings_of(training)})

    def _show_optimizer(self, entry: OptimizerEntry, values: dict[str, float]) -> None:
        self._shown_optimizer = entry.name
        self._optimizer_combo.show_value(entry.name)
        self._optimizer_help.setText(translated(entry.help))
        self._optimizer_formula.setText(formula_lines(entry.formula))
        form = SettingsForm(entry.settings, values, "optimizer", {"lr": "learning_rate_spin"}, parent=self)
        form.changed.connect(self._choose_optimizer_settings)
        if self._optimizer_form is not None:
            self._optimizer_form.retire()
        self._optimizer_form = form
        put_in_place(self._optimizer_place, form)
