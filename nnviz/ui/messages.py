"""What the session reports, as notices at the picture and lines in the log."""

from __future__ import annotations

import logging
import math
from pathlib import Path

import shiboken6
from PySide6.QtCore import QObject, Slot

from nnviz.core import facts as f
from nnviz.core.catalogue import Catalogue
from nnviz.core.spec import OptimizerSpec, TrainingSpec
from nnviz.core.trace import Trace
from nnviz.session.session import Session
from nnviz.ui.docks import Docks
from nnviz.ui.notices import Level, Notice, Notices
from nnviz.ui.preferences import Preferences
from nnviz.ui.widgets.number_field import written
from nnviz.ui.widgets.texts import translated

log = logging.getLogger(__name__)


class Messages(QObject):
    """Turns facts into notices. What belongs to a panel is shown there; here only while that panel is hidden."""

    def __init__(
        self, session: Session, catalogue: Catalogue, notices: Notices, docks: Docks, preferences: Preferences
    ) -> None:
        super().__init__(notices)
        self._session = session
        self._catalogue = catalogue
        self._notices = notices
        self._docks = docks
        self._preferences = preferences
        self._optimizer = ""
        self._divergence: Notice | None = None
        self._hint: Notice | None = None
        session.loaded.connect(self._on_loaded)
        session.training_changed.connect(self._on_training_changed)
        session.trace_recorded.connect(self._on_trace)
        session.frame_changed.connect(self._put_hint_away)
        session.failed.connect(self._on_failed)
        session.diverged.connect(self._on_diverged)
        session.data_missing.connect(self._on_data_missing)
        session.saved.connect(self._on_saved)

    @Slot(object)
    def _on_loaded(self, fact: f.Loaded) -> None:
        self._optimizer = fact.preset.training.optimizer.name
        if not self._preferences.hint_seen:
            self._preferences.hint_seen = True
            text = self.tr("Press Space to train, → to take one step.")
            self._hint = self._notices.show_hint(text)

    @Slot()
    def _put_hint_away(self) -> None:
        """The hint has done its work as soon as somebody has stepped or trained."""
        if self._hint is not None and self._session.batch_cursor.position > 0:
            _dismiss(self._hint)
            self._hint = None

    @Slot(object)
    def _on_training_changed(self, training: TrainingSpec) -> None:
        name = training.optimizer.name
        progress = self._session.progress
        began = progress is not None and progress.step > 0 and not self._session.optimizer_restored
        if began and self._optimizer and name != self._optimizer:
            self._notices.show_notice(Level.INFO, self._fresh_start(training.optimizer))
        self._optimizer = name

    def _fresh_start(self, optimizer: OptimizerSpec) -> str:
        """Say what is new with another optimizer: its learning rate, too, is not the one from before."""
        entry = self._catalogue.optimizer(optimizer.name)
        rate = entry.complete(optimizer)["lr"]
        if rate == entry.usual_lr:
            text = self.tr("{optimizer} starts afresh, with learning rate {rate}, usual for it; the weights are kept.")
        else:
            text = self.tr("{optimizer} starts afresh, with learning rate {rate}; the weights are kept.")
        return text.format(optimizer=translated(entry.label), rate=written(rate))

    @Slot(object)
    def _on_trace(self, trace: Trace) -> None:
        """A sound loss: whatever went wrong is over."""
        past = self._session.time_machine.looking  # which was sound, and is no news
        if self._divergence is not None and not past and trace.loss is not None and math.isfinite(trace.loss):
            _dismiss(self._divergence)
            self._divergence = None

    @Slot(object)
    def _on_failed(self, fact: f.Failed) -> None:
        log.error("%s %s", fact.message, fact.details)
        if fact.place is f.Place.WINDOW or not self._docks.is_visible(fact.place.value):
            self._notices.show_notice(Level.ERROR, fact.message)

    @Slot(object)
    def _on_diverged(self, fact: f.Diverged) -> None:
        if self._divergence is not None:
            _dismiss(self._divergence)
        text = self.tr(
            "The loss is no longer a number. {layer} overflowed first, in its {what}, at step {step}."
        ).format(layer=fact.layer_name, what=translated(fact.what), step=fact.step + 1)
        log.warning("diverged: %s", text)
        if not fact.can_recover:
            text += " " + self.tr("Reset the network, and take a lower learning rate.")
        self._divergence = self._notices.show_notice(Level.WARNING, text)
        if fact.can_recover:
            self._divergence.add_action(
                self.tr("Go back and use a tenth of the learning rate"), self._session.recover_from_divergence
            )

    @Slot(object)
    def _on_data_missing(self, fact: f.DataMissing) -> None:
        """The data panel offers what can be done."""
        log.info("%s: %s", fact.title, fact.message)
        self._docks.show("data")

    @Slot(object)
    def _on_saved(self, path: Path) -> None:
        self._notices.show_notice(Level.INFO, self.tr("Saved as {path}.").format(path=path))


def _dismiss(notice: Notice) -> None:
    """Put a notice away, unless a person has already done so."""
    if shiboken6.isValid(notice):
        notice.dismiss()
