"""Watching over a training: for each run a row of snapshots of the recorded steps, and what they say of its health."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnviz.core.facts import Progress, RunState
from nnviz.core.health import Diagnosis, Finding, Illness, judge
from nnviz.core.layer_statistics import Snapshot, Snapshots, snapshot
from nnviz.core.remedies import Cure, Remedy
from nnviz.core.spec import TrainingSpec
from nnviz.core.trace import Trace

if TYPE_CHECKING:
    from nnviz.session.session import Session

SOON_MS = 60  # the picture comes first
RUNNING_INTERVAL = 0.1  # seconds between two snapshots of a network that runs: each takes about a millisecond …
REST = 50.0  # … and where it takes longer, the rest is that many times as long


@dataclass(frozen=True)
class HealthMemories:
    """The present run, the snapshots of all runs, and what was found."""

    run: int
    rows: Mapping[int, Snapshots]
    findings: tuple[Finding, ...]


class HealthWatch(QObject):
    """Takes a snapshot of what is recorded, now and then, and judges by all of the present run.

    Signals
    -------
    changed()
        There is a new snapshot, or the row is another one; `findings` may be others.
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.findings: tuple[Finding, ...] = ()
        self._session = session
        self._run = 0
        self._rows = {self._run: Snapshots()}
        self._diagnosis = Diagnosis()
        self._overfits: list[tuple[TrainingSpec, int]] = []  # with which settings, seen from which step on
        self._due = 0.0
        self._waiting: list[Trace] = []
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self._tell)
        session.trace_recorded.connect(self._notice)
        session.progressed.connect(self._follow)
        session.training_changed.connect(self._judge_afresh)
        session.loaded.connect(self._start_afresh)
        session.time_machine.runs_changed.connect(self._follow_runs)

    @property
    def row(self) -> Sequence[Snapshot]:
        """The snapshots of the present network in the present run, oldest first."""
        self._take_waiting()
        return self._rows[self._run].row

    def apply(self, remedy: Remedy) -> None:
        """Put the settings of a remedy in force, as if a person had set them."""
        if remedy.cure is Cure.GO_BACK:
            self._session.recover_from_divergence()
        elif remedy.training is not None:
            self._session.set_training(remedy.training)
        if remedy.network is not None:
            self._session.set_network(remedy.network, keep_weights=not remedy.starts_afresh)

    @Slot(object)
    def _notice(self, trace: Trace) -> None:
        """Keep a step in mind until the picture has been painted; a drawing says nothing of the training."""
        is_early = self._session.run_state is RunState.RUNNING and (self._waiting or perf_counter() < self._due)
        if self._session.preset is None or trace.is_drawing or not trace.has_backward or is_early:
            return
        self._waiting.append(trace)
        self._soon.start()

    def _take_waiting(self) -> None:
        """Take a snapshot of each step that is kept in mind, and judge."""
        preset, snapshots = self._session.preset, self._rows[self._run]
        if preset is None:
            return
        waiting, self._waiting = self._waiting, []
        for trace in waiting:
            began = perf_counter()
            snapshots.add(snapshot(trace))
            history, training = self._session.history, preset.training
            found = judge(snapshots.row, history, training.batch_size, self._overfits_since(training))
            self.findings = self._diagnosis.take(found)
            if any(finding.illness is Illness.OVERFITTING for finding in self.findings):
                self._remember_overfitting(training)
            self._due = began + max(RUNNING_INTERVAL, REST * (perf_counter() - began))

    def _overfits_since(self, training: TrainingSpec) -> int | None:
        """Since which step it is known that the network overfits with these settings."""
        return next((since for known, since in self._overfits if known == training), None)

    def _remember_overfitting(self, training: TrainingSpec) -> None:
        """Know it again, should a remedy be taken back."""
        if self._overfits_since(training) is None:
            since = max((mark.step for mark in self._session.history.marks), default=0)
            self._overfits.append((training, since))

    def put_away(self) -> HealthMemories:
        """Return what is known of the network that is shown, for `bring_back`."""
        self._take_waiting()
        rows = {number: row.until(row.row[-1].step) for number, row in self._rows.items() if row.row}
        return HealthMemories(self._run, rows, self.findings)

    def bring_back(self, memories: HealthMemories) -> None:
        """Go on from what was known."""
        self._run, self._rows = memories.run, dict(memories.rows)
        self._rows.setdefault(self._run, Snapshots())
        self.findings = memories.findings
        self._diagnosis.resume(self.findings)
        self.changed.emit()

    @Slot()
    def _tell(self) -> None:
        self._take_waiting()
        self.changed.emit()

    @Slot(object)
    def _follow(self, progress: Progress) -> None:
        """Forget what has been gone back over."""
        if self.row and self.row[-1].step > progress.step:
            self._rows[self._run].forget_after(progress.step)
            self.changed.emit()

    @Slot()
    def _follow_runs(self) -> None:
        """Go on with the row of another run; that of a branch begins with what it has in common with the one before."""
        self._take_waiting()
        machine, left = self._session.time_machine, self._rows[self._run]
        runs = {run.info.number: run.info for run in machine.runs}
        self._rows = {number: row for number, row in self._rows.items() if number in runs or row is left}
        if machine.present == self._run:
            return
        self._run = machine.present
        if self._run not in self._rows:
            info = runs[self._run]
            self._rows[self._run] = Snapshots() if info.parent is None else left.until(info.begun)
        self._judge_afresh()

    @Slot()
    def _judge_afresh(self) -> None:
        """Give other settings a fair chance."""
        self._take_waiting()
        self._diagnosis.clear()
        self.findings = ()
        self.changed.emit()

    @Slot()
    def _start_afresh(self) -> None:
        self._waiting.clear()
        self._overfits.clear()
        self._rows[self._run].clear()
        self._judge_afresh()
