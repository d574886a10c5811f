"""The status bar: how far the training is, in numbers that stay where they are."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from nnviz.core.facts import Loaded, RunState
from nnviz.core.history import EpochResult
from nnviz.core.playback import Phase
from nnviz.session.session import Session
from nnviz.ui.formula.numbers import scientific, significant
from nnviz.ui.theme import number_font
from nnviz.ui.under_way import batch_is_under_way

UNKNOWN = "–"
DIGITS, MOST = 4, 10_000


class Status(QStatusBar):
    """Epoch, batch, loss, accuracy, speed and device; and on the left what is being done at the moment."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setContentsMargins(6, 0, 6, 0)
        self._session = session
        self._work = QLabel()
        self._work.setObjectName("status_work")
        self.addWidget(self._work, 1)
        self._epoch = self._field("status_epoch", self.tr("Epoch"), "00000")
        self._batch = self._field("status_batch", self.tr("Batch"), "00000/00000")
        self._loss = self._field("status_loss", self.tr("Batch loss"), "−0.000·10⁻⁰⁰")
        self._accuracy = self._field("status_accuracy", self.tr("Training"), "100.0 %")
        self._val_accuracy = self._field("status_validation", self.tr("Validation"), "100.0 %")
        self._speed = self._field("status_speed", self.tr("Samples/s"), "000,000")
        self._device = self._field("status_device", self.tr("Device"), "CUDA")
        self._device.setText("CPU")
        self._loss.setToolTip(
            self.tr("<p>Mean loss of the batch that is shown. The loss of each sample is in the list beside it.</p>")
        )
        session.frame_changed.connect(self._show)
        session.progressed.connect(self._show)
        session.history_changed.connect(self._show)
        session.loaded.connect(self._show)
        session.loaded.connect(self._show_device)
        session.run_state_changed.connect(self._show)
        session.failed.connect(self._show)
        session.working.connect(self._work.setText)
        self._show()

    def say(self, text: str) -> None:
        """Say what is being done."""
        self._work.setText(text)

    def _field(self, name: str, title: str, widest: str) -> QLabel:
        heading = QLabel(title)
        heading.setProperty("role", "muted")
        heading.setContentsMargins(10, 0, 0, 0)
        value = QLabel(UNKNOWN)
        value.setObjectName(name)
        value.setAccessibleName(title)
        value.setFont(number_font())
        value.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        # a fixed size, or the whole window would be laid out anew for each number
        value.setFixedSize(value.fontMetrics().horizontalAdvance(widest), value.sizeHint().height())
        self.addPermanentWidget(heading)
        self.addPermanentWidget(value)
        return value

    @Slot(object)
    def _show_device(self, fact: Loaded) -> None:
        self._device.setText(fact.devices.used.upper())
        self._device.setToolTip(fact.devices.label)

    @Slot()
    def _show(self) -> None:
        if batch_is_under_way(self._session):
            return
        trace, progress = self._session.trace, self._session.progress
        if trace is not None and not trace.is_drawing:
            self._epoch.setText(str(trace.epoch + 1))
            self._batch.setText(f"{trace.batch + 1}/{trace.batches}")
        self._loss.setText(shown_loss(self._session))
        epochs = self._epochs_so_far()
        now = None if progress is None or self._session.time_machine.looking else progress.epoch_accuracy
        last = epochs[-1] if epochs else None
        self._accuracy.setText(_percent(last.train_accuracy if now is None and last is not None else now))
        self._val_accuracy.setText(_percent(None if last is None else last.val_accuracy))
        self._say_of_when(last, None if now is None or progress is None else progress.epoch + 1)
        running = self._session.run_state is RunState.RUNNING
        speed = progress.samples_per_second if running and progress is not None else 0.0
        self._speed.setText(f"{speed:,.0f}" if speed else UNKNOWN)

    def _epochs_so_far(self) -> list[EpochResult]:
        """The epochs up to the moment that is shown."""
        epochs, trace = self._session.history.epochs, self._session.trace
        if trace is None or not self._session.time_machine.looking:
            return epochs
        return [result for result in epochs if result.step <= trace.step + self._session.batch_cursor.overview]

    def _say_of_when(self, last: EpochResult | None, begun: int | None) -> None:
        """Say of which epoch the shares are: the one that has been `begun`, or the `last` that is over."""
        if begun is not None:
            when = self.tr("in epoch {epoch}, so far").format(epoch=f"{begun:,}")
        elif last is not None:
            when = self.tr("in the whole of epoch {epoch}").format(epoch=f"{last.epoch:,}")
        else:
            when = self.tr("in this epoch, so far")
        text = self.tr("<p>Share of training samples that were right {when}: each just before it was learned.</p>")
        self._accuracy.setToolTip(text.format(when=when))
        if last is None:
            text = self.tr("<p>Share of validation samples that are right: judged at the end of each epoch.</p>")
        else:
            text = self.tr(
                "<p>Share of validation samples that were right after epoch {epoch}. What was learned or changed by"
                " hand since then is not in it.</p>"
            ).format(epoch=f"{last.epoch:,}")
        self._val_accuracy.setToolTip(text)


def shown_loss(session: Session) -> str:
    """Loss of the batch on the screen, from the stage on at which it is known."""
    trace, frame = session.trace, session.frame
    if trace is None or frame is None or trace.loss is None:
        return UNKNOWN
    known = session.worksheet.known(frame)
    if frame.trace is trace and known.phase is Phase.FORWARD and not known.cursor.overview:
        return UNKNOWN
    return loss_text(trace.loss)


def loss_text(loss: float) -> str:
    """Write a loss with four significant digits, from ten thousand on with a power of ten."""
    return scientific(loss, DIGITS) if math.isfinite(loss) and abs(loss) >= MOST else significant(loss, DIGITS)


def _percent(share: float | None) -> str:
    return UNKNOWN if share is None else f"{100 * share:.1f} %"
