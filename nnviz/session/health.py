"""Watching over a training: a row of snapshots of the recorded steps, and what they say of its health."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from nnviz.core.commands import Progress, RunState
from nnviz.core.health import Diagnosis, Finding, judge
from nnviz.core.layer_statistics import Snapshot, Snapshots, snapshot
from nnviz.core.remedies import Remedy
from nnviz.core.trace import Trace

if TYPE_CHECKING:
    from nnviz.session.session import Session

RUNNING_INTERVAL = 0.1  # seconds between two snapshots of a network that runs: each takes about a millisecond …
REST = 50.0  # … and where it takes longer, the rest is that many times as long


class HealthWatch(QObject):
    """Takes a snapshot of what is recorded, now and then, and judges by all of them.

    Signals
    -------
    changed()
        There is a new snapshot, or the row was cut; `findings` may be others.
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.findings: tuple[Finding, ...] = ()
        self._session = session
        self._snapshots = Snapshots()
        self._diagnosis = Diagnosis()
        self._due = 0.0
        session.trace_recorded.connect(self._take)
        session.progressed.connect(self._follow)
        session.training_changed.connect(self._judge_afresh)
        session.loaded.connect(self._start_afresh)

    @property
    def row(self) -> Sequence[Snapshot]:
        """The snapshots of the present network, oldest first."""
        return self._snapshots.row

    def apply(self, remedy: Remedy) -> None:
        """Put the settings of a remedy in force, as if a person had set them."""
        if remedy.training is not None:
            self._session.set_training(remedy.training)
        if remedy.network is not None:
            self._session.set_network(remedy.network, keep_weights=not remedy.starts_afresh)

    @Slot(object)
    def _take(self, trace: Trace) -> None:
        """Take a snapshot; a drawing says nothing of the training."""
        preset, began = self._session.preset, perf_counter()
        is_early = self._session.run_state is RunState.RUNNING and began < self._due
        if preset is None or trace.is_drawing or not trace.has_backward or is_early:
            return
        self._snapshots.add(snapshot(trace))
        found = judge(self.row, self._session.history, preset.training.batch_size)
        self.findings = self._diagnosis.take(found)
        self._due = began + max(RUNNING_INTERVAL, REST * (perf_counter() - began))
        self.changed.emit()

    @Slot(object)
    def _follow(self, progress: Progress) -> None:
        """Forget what has been gone back over."""
        if self.row and self.row[-1].step > progress.step:
            self._snapshots.forget_after(progress.step)
            self.changed.emit()

    @Slot()
    def _judge_afresh(self) -> None:
        """Give other settings a fair chance."""
        self._diagnosis.clear()
        self.findings = ()
        self.changed.emit()

    @Slot()
    def _start_afresh(self) -> None:
        self._snapshots.clear()
        self._judge_afresh()
