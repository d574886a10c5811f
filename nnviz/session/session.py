"""The session: what the window talks to. Its methods are intents, its signals are facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.added_points import AddedPoint
from nnviz.core.data import DataSummary, FloatArray
from nnviz.core.history import History, Mark
from nnviz.core.playback import (
    Cursor,
    Frame,
    Phase,
    Stage,
    frame_at,
    next_layer_position,
    previous_layer_position,
    stages_of,
)
from nnviz.core.runs import DEFAULT_MEMORY
from nnviz.core.spec import DataSpec, NetworkSpec, Preset, TrainingSpec
from nnviz.core.trace import Trace
from nnviz.session.attic import Attic, Memories
from nnviz.session.downloader import Download, Downloader
from nnviz.session.drawn import Drawing
from nnviz.session.garbage import GuiThreadCollector
from nnviz.session.health import HealthWatch
from nnviz.session.inquiries import Inquiries
from nnviz.session.link import TrainerLink
from nnviz.session.pace import Pace
from nnviz.session.plane import PlaneWatch
from nnviz.session.pokes import PokeControl
from nnviz.session.race import Race, no_racing
from nnviz.session.time_machine import TimeMachine
from nnviz.session.worker import Trainer
from nnviz.session.worksheet import Worksheet


class Session(QObject):
    """One network being trained: the state the window shows, and the intents it can voice.

    Signals
    -------
    loaded(Loaded)
        There is a new network; everything that was shown before is void (`Loaded.fresh`), or it goes on.
    frame_changed(object)
        The `Frame` that all views paint, or None while there is none.
    trace_recorded(Trace)
        A new batch is shown (sent before the `frame_changed` that belongs to it).
    prediction_made(object)
        The `Trace` of the drawing, or None when there is no drawing any more.
    history_changed()
        `history` has grown or was cut.
    progressed(Progress)
        Epoch, batch, speed.
    run_state_changed(RunState)
    training_changed(TrainingSpec)
    failed(Failed), diverged(Diverged), data_missing(DataMissing), saved(Path), working(str)
    """

    loaded = Signal(object)
    frame_changed = Signal(object)
    trace_recorded = Signal(object)
    prediction_made = Signal(object)
    history_changed = Signal()
    progressed = Signal(object)
    run_state_changed = Signal(object)
    training_changed = Signal(object)
    failed = Signal(object)
    diverged = Signal(object)
    data_missing = Signal(object)
    saved = Signal(object)
    working = Signal(str)

    def __init__(
        self,
        make_trainer: Callable[[], Trainer],
        download: Download | None = None,
        parent: QObject | None = None,
        make_racing: Callable[[], Trainer] = no_racing,
    ) -> None:
        super().__init__(parent)
        self.downloader = None if download is None else Downloader(download, self)
        self.preset: Preset | None = None
        self.summary: DataSummary | None = None
        self.trace: Trace | None = None
        self.frame: Frame | None = None
        self.history = History()
        self.progress: f.Progress | None = None
        self.run_state = f.RunState.LOADING
        self.cursor = Cursor()
        self.memory_limit = DEFAULT_MEMORY
        self.optimizer_restored = False  # with the settings in force: what it remembers, see `TrainingChanged`
        self.revision = -1
        self._attic = Attic()
        self._loads_under_way = 0
        self._committed = False
        self._serial = 0
        self._place_before_drawing = (0, False)
        self._awaited_position: int | None = None
        self._pace = Pace(self)
        self._pace.due.connect(self._look)
        self._link = TrainerLink(make_trainer, self)
        self._link.reported.connect(self._receive)
        self._drawing = Drawing(self._link.send)
        self.inquiries = Inquiries(self._link.send, self)
        self.time_machine = TimeMachine(self._link.send, self, self)
        self.progressed.connect(self.time_machine.follow)
        self.pokes = PokeControl(self._link.send, self, self)
        self.trace_recorded.connect(self.pokes.follow)
        self.plane = PlaneWatch(self.inquiries, self)
        self.health = HealthWatch(self)
        self.loaded.connect(self.plane.start_afresh)
        self.progressed.connect(self.plane.look_again)
        self.trace_recorded.connect(self.plane.look_again)
        self.race = Race(make_racing, self.inquiries, self._load, self.time_machine, self)
        self.race.failed.connect(self.failed)
        self.worksheet = Worksheet(self._emit_frame, self)

    def close(self) -> None:
        """Stop training and downloading, end the threads and wait for them."""
        if self.downloader is not None:
            self.downloader.close()
        self._pace.stop()
        self.race.close()
        self._link.close()

    # --- intents: loading and changing --------------------------------------------------------------------------------

    def load_preset(self, preset: Preset) -> None:
        """Start afresh with a preset."""
        self._load(c.LoadPreset(preset))

    def open_file(self, path: Path) -> None:
        """Open a preset or project file."""
        self._load(c.OpenFile(path))

    def save_file(self, path: Path) -> None:
        """Save the project, weights included."""
        self._link.send(c.SaveFile(path))
        self.time_machine.look_again()

    def export_step(self, path: Path) -> None:
        """Write the shown step to an .npz file."""
        self._link.send(c.ExportStep(path))

    def set_training(self, training: TrainingSpec) -> None:
        """Change the training settings, from the next step on."""
        if self.preset is None or training == self.preset.training:
            return
        if training.seed != self.preset.training.seed:  # other initial weights: a new start
            self._load(c.LoadPreset(self.preset.with_training(training)))
        elif not self.time_machine.continue_from_here(training):
            self._link.send(c.ChangeTraining(training))

    def set_network(self, network: NetworkSpec, keep_weights: bool = True) -> None:
        """Rebuild the network."""
        self._load(c.ChangeNetwork(network, keep_weights))

    def set_data(self, data: DataSpec) -> None:
        """Load other data."""
        self._load(c.ChangeData(data))

    def set_points(self, points: tuple[AddedPoint, ...]) -> None:
        """Let these be the points added to the data, and go on from the same weights."""
        self._load(c.SetPoints(points))

    def bring_back(self, revision: int, otherwise: c.LoadPreset | c.ChangeNetwork | c.SetPoints) -> None:
        """Bring back the network of another revision as it was when an edit replaced it; see `BringBack`."""
        self._load(c.BringBack(revision, otherwise))

    def can_bring_back(self, revision: int) -> bool:
        """Whether an edit has replaced the network of that revision, and it is still kept."""
        return revision in self._attic

    def use_data_folder(self, folder: Path) -> None:
        """Look for data files in this folder, too."""
        self._link.send(c.SetDataFolder(folder))

    def set_device(self, name: str) -> None:
        """Compute elsewhere, from the same weights: "auto" or the name of a device."""
        self._load(c.SetDevice(name))

    def set_memory_limit(self, limit: int) -> None:
        """Bound the memory for going back, in bytes; before anything is loaded, this waits for that."""
        self.memory_limit = limit
        if self._has_trainer:
            self._link.send(c.SetMemoryLimit(limit))
            self.time_machine.look_again()

    def reset(self, new_weights: bool = False) -> None:
        """Go back to the initial weights, or draw new ones."""
        self._load(c.Reset(new_weights))

    def recover_from_divergence(self) -> None:
        """Go back to the last good checkpoint with a tenth of the learning rate."""
        self.time_machine.back_to_now()
        self._link.send(c.RecoverFromDivergence())

    # --- intents: running ---------------------------------------------------------------------------------------------

    def run(self, to_end_of_epoch: bool = False) -> None:
        """Train freely; from a moment of the past, as a new run."""
        if self.run_state is f.RunState.PAUSED:
            self.time_machine.continue_from_here()
            self._set_run_state(f.RunState.RUNNING)
            self._pace.start()
            self._link.send(c.Run(to_end_of_epoch))

    def pause(self) -> None:
        """Stop training freely."""
        if self.run_state is f.RunState.RUNNING:
            self._link.send(c.Pause())

    def toggle_run(self) -> None:
        """Run or pause."""
        if self.run_state is f.RunState.RUNNING:
            self.pause()
        else:
            self.run()

    def run_epoch(self) -> None:
        """Train to the end of the epoch."""
        self.run(to_end_of_epoch=True)

    # --- intents: walking ---------------------------------------------------------------------------------------------

    @property
    def walk(self) -> tuple[Stage, ...]:
        """The stages of the shown trace."""
        return () if self.trace is None else stages_of(self.trace)

    @property
    def can_step(self) -> bool:
        """Whether there is a trace to walk through, and nothing runs or is under way."""
        waits = self._awaited_position is not None or self.time_machine.on_the_way
        return self.trace is not None and self.run_state is f.RunState.PAUSED and not waits

    @property
    def can_step_back(self) -> bool:
        """Whether there is anything to go back to."""
        return self.can_step and (self.cursor.position > 0 or self.can_go_to_previous_batch)

    @property
    def can_go_to_previous_batch(self) -> bool:
        """Whether the batch before this one can be shown again."""
        if not self.can_step or self.trace is None:
            return False
        return self.trace.is_drawing or (self.progress is not None and self.trace.step > self.progress.oldest_step)

    def step_forward(self) -> None:
        """Go on by one stage; after the last, to the next batch."""
        self.go_to_position(self.cursor.position + 1)

    def step_back(self) -> None:
        """Go back by one stage; before the first, to the end of the previous batch."""
        self.go_to_position(self.cursor.position - 1)

    def next_layer(self) -> None:
        """Go on to the next layer or phase."""
        if self.can_step:
            self.go_to_position(next_layer_position(self.walk, self.cursor.position))

    def previous_layer(self) -> None:
        """Go back to where the layer before began."""
        if self.can_step:
            self.go_to_position(previous_layer_position(self.walk, self.cursor.position))

    def go_to_position(self, position: int) -> None:
        """Put the cursor on a stage; −1 and the number of stages stand for the neighbouring batches.

        Entering the update takes the step, leaving it backwards takes it back.
        """
        if not self.can_step:
            return
        if position < 0:
            self._show_previous_batch(len(self.walk) - 1)
        elif position >= len(self.walk):
            self._show_next_batch(0)
        else:
            self._set_committed(self.walk[position].phase is Phase.UPDATE)
            self._move_cursor(self.cursor.moved_to(position))

    def next_batch(self) -> None:
        """Take the step, and show the next batch at the same stage."""
        if self.can_step:
            self._set_committed(True)
            self._show_next_batch(self.cursor.position)

    def previous_batch(self) -> None:
        """Go back by one batch, to the same stage."""
        if self.can_step:
            self._show_previous_batch(self.cursor.position)

    def select_sample(self, sample: int | None) -> None:
        """Choose the row of the batch that the picture shows; None for the mean of the batch."""
        if self.trace is not None and (sample is None or 0 <= sample < self.trace.batch_size):
            self._move_cursor(replace(self.cursor, sample=sample))

    # --- intents: drawing ---------------------------------------------------------------------------------------------

    def show_drawing(self, inputs: FloatArray | None, sample: int = -1, label: int | None = None) -> None:
        """Pass a drawing, or a sample of the data set with its class, through the network and show it; None ends it.

        `inputs` is preprocessed.
        """
        if inputs is None:
            self._leave_drawing()
            self._emit_frame()
        else:
            self._drawing.show(inputs, sample, label)

    def learn_drawing(self, label: int) -> None:
        """Step through the drawing with its label, as a batch of one."""
        inputs, sample = self._drawing.inputs, self._drawing.sample
        if inputs is not None and self.can_step:
            self._leave_drawing()
            self.time_machine.back_to_now()
            if self.trace is not None and not self.trace.is_drawing:
                self._place_before_drawing = (self.cursor.position, self._committed)
            self._awaited_position = 0
            self._link.send(c.ProposeDrawing(inputs, label, sample))

    # --- behind the intents -------------------------------------------------------------------------------------------

    @property
    def _has_trainer(self) -> bool:
        """Whether there is one: it comes with the first thing to be loaded, and takes a second."""
        return self.preset is not None or self._loads_under_way > 0

    def _load(self, command: c.Command) -> None:
        """Send a command that ends with another network, or a refusal; until then there is nothing to walk or run."""
        self._pace.stop()
        if not self._has_trainer and self.memory_limit != DEFAULT_MEMORY:
            self._link.send(c.SetMemoryLimit(self.memory_limit))
        self._loads_under_way += 1
        self._set_run_state(f.RunState.LOADING)
        self._link.send(command)

    def _on_loading_ended(self) -> None:
        self._loads_under_way -= 1
        if self._loads_under_way == 0 and self.preset is not None:
            self._set_run_state(f.RunState.PAUSED)
            self.time_machine.expect_racer(None)
            self.time_machine.look_again()  # where a load was refused: the engine had come back to the present for it

    def _set_run_state(self, state: f.RunState) -> None:
        if state is not self.run_state:
            self.run_state = state
            self.run_state_changed.emit(state)

    def _set_committed(self, committed: bool) -> None:
        if committed != self._committed and not self.time_machine.looking:
            self._committed = committed
            self._link.send(c.Commit(self._serial) if committed else c.Revert(self._serial))

    def _show_next_batch(self, position: int) -> None:
        if self.trace is not None and self.time_machine.looking:
            self.time_machine.look(self.trace.step + 1, position)
            return
        self._awaited_position = position
        self._link.send(c.Propose())

    def _show_previous_batch(self, position: int) -> None:
        if not self.can_go_to_previous_batch or self.trace is None:
            return
        if self.time_machine.looking:
            self.time_machine.look(self.trace.step - 1, position)
            return
        self._awaited_position = position
        if self.trace.is_drawing:  # back to where one was when it interrupted the walk
            self._set_committed(False)
            self._awaited_position, was_committed = self._place_before_drawing
            self._link.send(c.GoTo(self.trace.step - 1, commit=True) if was_committed else c.Propose())
        else:
            in_update = self.walk[position].phase is Phase.UPDATE
            self._link.send(c.GoTo(self.trace.step - 1, commit=in_update))

    def _leave_drawing(self) -> None:
        if self._drawing.inputs is not None:
            self._drawing.show(None)
            self.prediction_made.emit(None)

    def _move_cursor(self, cursor: Cursor) -> None:
        self._leave_drawing()
        self.cursor = cursor
        self._emit_frame()

    def _emit_frame(self) -> None:
        drawn = self._drawing.trace
        if drawn is not None:
            self.frame = frame_at(drawn, Cursor(len(stages_of(drawn)) - 1, 0, overview=True))
        elif self.trace is not None:
            self.frame = frame_at(self.trace, self.cursor)
        else:
            self.frame = None
        self.frame_changed.emit(self.frame)

    def _look(self) -> None:
        self._link.send(c.Look())

    def await_place(self, position: int) -> None:
        """Show what is recorded next at this stage; until then nobody steps."""
        self._awaited_position = position

    def change_history(self, history: History) -> None:
        """Go on with the curves of another run."""
        self.history = history
        self.history_changed.emit()

    def show_trace(self, trace: Trace, position: int, overview: bool = False) -> None:
        """Show a trace from now on; for the parts of the session."""
        sample = self.cursor.sample
        if sample is not None and sample >= trace.batch_size:
            sample = trace.batch_size - 1
        self.trace = trace
        self.cursor = Cursor(min(position, len(stages_of(trace)) - 1), sample, overview)
        self.trace_recorded.emit(trace)
        if self._drawing.inputs is None:
            self._emit_frame()
        else:  # the picture stays with the drawing, and shows what the network of this moment makes of it
            self._drawing.predict()

    # --- facts --------------------------------------------------------------------------------------------------------

    @Slot(object)
    def _receive(self, fact: f.Fact) -> None:
        match fact:
            case f.Loaded():
                self._on_loaded(fact)
            case f.PutAway():
                machine = self.time_machine
                memories = Memories(self.history, machine.runs, machine.present, self.health.put_away())
                self._attic.put(fact.revision, memories)
            case f.Progress():
                self._on_progress(fact)
            case f.Recorded():
                self._on_recorded(fact)
            case f.Predicted():
                self._on_predicted(fact)
            case f.Answered():
                self.inquiries.receive(fact)
            case f.Visited() | f.RunsChanged():
                self.time_machine.receive(fact)
            case f.Poked():
                self._take_off(fact.unmarked)
                self.pokes.receive(fact)
            case f.TrainingChanged():
                if self.preset is not None:
                    self.preset = self.preset.with_training(fact.training)
                self.optimizer_restored = fact.restored
                self.training_changed.emit(fact.training)
            case f.Stopped():
                self._pace.stop()
                self._awaited_position = None
                if self.run_state is f.RunState.RUNNING:
                    self._set_run_state(f.RunState.PAUSED)
            case f.LoadingEnded():
                self._on_loading_ended()
            case f.Rewound():
                self.history.truncate(fact.step)
                self.history_changed.emit()
            case f.Saved():
                self.saved.emit(fact.path)
            case f.Working():
                self.working.emit(fact.text)
            case f.Failed():
                self._awaited_position = None
                self._drawing.expect_nothing()
                self.inquiries.expect_nothing()
                self.time_machine.expect_nothing()
                self.race.expect_nothing()
                self.pokes.expect_nothing()
                self.failed.emit(fact)
            case f.DataMissing():
                self.data_missing.emit(fact)
            case f.Diverged():
                self.diverged.emit(fact)

    def _on_loaded(self, fact: f.Loaded) -> None:
        GuiThreadCollector.leave_out_what_is_loaded()
        is_same_data = self._is_same_data(fact)
        self.preset, self.summary, self.revision = fact.preset, fact.summary, fact.revision
        self._pace.stop()
        self._drawing.start_over(fact.preset.network.output_shapes()[0], is_same_data)
        self.time_machine.forget()
        self.pokes.start_with(fact.pokes)
        self._committed = False
        self._awaited_position = None
        self.trace = None
        if fact.fresh or fact.brought_back is not None:
            self.history = History()
            self.history.epochs.extend(fact.epochs)
            self.progress = None
        memories = None if fact.brought_back is None else self._attic.take(fact.brought_back)
        if memories is not None:
            self.history = memories.history
            self.time_machine.bring_back(memories.runs, memories.present)
        self._attic.keep_only(fact.kept)
        self.cursor = Cursor()
        self.loaded.emit(fact)
        self.optimizer_restored = False
        self.training_changed.emit(fact.preset.training)
        if memories is not None:
            self.health.bring_back(memories.health)
        self.history_changed.emit()
        if self._drawing.inputs is None:
            self.prediction_made.emit(None)
        self._emit_frame()

    def _is_same_data(self, fact: f.Loaded) -> bool:
        """Whether the samples are the same as before: with another seed, points that are made are others."""
        if self.preset is None or self.summary is None or self.preset.data != fact.preset.data:
            return False
        return np.array_equal(self.summary.preview_raw, fact.summary.preview_raw)

    def _take_off(self, mark: Mark | None) -> None:
        if mark in self.history.marks:
            self.history.marks.remove(mark)
            self.history_changed.emit()

    def _on_progress(self, fact: f.Progress) -> None:
        if fact.revision != self.revision:
            return
        if self.run_state is f.RunState.RUNNING:
            self._pace.answered()
        self.progress = fact
        self.history.batches_per_epoch = fact.batches
        for points in fact.points:
            self.history.append(points)
        self.history.epochs.extend(fact.epochs)
        self.history.marks.extend(mark for mark in fact.marks if mark not in self.history.marks)
        if fact.points or fact.epochs or fact.marks:
            self.history_changed.emit()
        self.progressed.emit(fact)
        if fact.trace is not None and self.run_state is f.RunState.RUNNING:
            self._committed = True
            self.show_trace(fact.trace, len(stages_of(fact.trace)) - 1, overview=True)

    def _on_recorded(self, fact: f.Recorded) -> None:
        if fact.trace.revision != self.revision:
            return
        last = len(stages_of(fact.trace)) - 1
        awaited = self._awaited_position
        self._awaited_position = None
        self._committed, self._serial = fact.committed, fact.serial
        if awaited is None:  # nobody asked for a place: the end of a run, or the same batch recorded anew
            keep = min(self.cursor.position, last - 1)
            self.show_trace(fact.trace, last if fact.committed else keep, overview=fact.committed)
        else:
            self._leave_drawing()
            self.show_trace(fact.trace, awaited)
            if self.walk[self.cursor.position].phase is Phase.UPDATE:
                self._set_committed(True)

    def _on_predicted(self, fact: f.Predicted) -> None:
        if fact.trace.revision == self.revision and self._drawing.receive(fact.trace):
            self.prediction_made.emit(fact.trace)
            self._emit_frame()
