"""The session: what the window talks to. Its methods are intents, its signals are facts; its parts do the work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.added_points import AddedPoint
from nnviz.core.data import DataSummary, FloatArray
from nnviz.core.history import History
from nnviz.core.playback import Cursor, Frame, Stage
from nnviz.core.runs import DEFAULT_MEMORY
from nnviz.core.spec import DataSpec, NetworkSpec, Preset, TrainingSpec
from nnviz.core.trace import Trace
from nnviz.session.activity import Activity
from nnviz.session.attic import Attic, Memories
from nnviz.session.curves import Curves
from nnviz.session.downloader import Download, Downloader
from nnviz.session.foresight import Foresight
from nnviz.session.garbage import GuiThreadCollector
from nnviz.session.health import HealthWatch
from nnviz.session.inquiries import Inquiries
from nnviz.session.link import TrainerLink
from nnviz.session.plane import PlaneWatch
from nnviz.session.pokes import PokeControl
from nnviz.session.race import Race, no_racing
from nnviz.session.shown import Shown
from nnviz.session.time_machine import TimeMachine
from nnviz.session.walking import Walking
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
        self.memory_limit = DEFAULT_MEMORY
        self.optimizer_restored = False  # with the settings in force: what it remembers, see `TrainingChanged`
        self.revision = -1
        self._attic = Attic()
        self._link = TrainerLink(make_trainer, self)
        self._link.reported.connect(self._receive)
        self._activity = Activity(self._link.send, self)
        self._curves = Curves(self)
        self._shown = Shown(self._link.send, self)
        self.inquiries = Inquiries(self._link.send, self)
        self.time_machine = TimeMachine(self._link.send, self._shown, self._curves, self._activity, self)
        self._walking = Walking(self._link.send, self._shown, self._activity, self.time_machine)
        self.pokes = PokeControl(self._link.send, self._shown, self._activity, self.time_machine, self)
        self.foresight = Foresight(self._link.send, self._shown, self._walking, self.time_machine, self)
        self._activity.changed.connect(self.run_state_changed)
        self._curves.history_changed.connect(self.history_changed)
        self._curves.progressed.connect(self.progressed)
        self._shown.trace_recorded.connect(self.trace_recorded)
        self._shown.frame_changed.connect(self.frame_changed)
        self._shown.prediction_made.connect(self.prediction_made)
        self.plane = PlaneWatch(self.inquiries, self)
        self.health = HealthWatch(self)
        self.training_changed.connect(self.foresight.wait)
        self.loaded.connect(self.plane.start_afresh)
        self.progressed.connect(self.plane.look_again)
        self.trace_recorded.connect(self.plane.look_again)
        self.race = Race(make_racing, self.inquiries, self._load, self.time_machine, self)
        self.race.failed.connect(self.failed)
        self.worksheet = Worksheet(self._shown.show_again, self)

    def close(self) -> None:
        """Stop training and downloading, end the threads and wait for them."""
        if self.downloader is not None:
            self.downloader.close()
        self._activity.stop_looking()
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
        if self._activity.has_trainer:
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
            self._activity.run(to_end_of_epoch)

    def pause(self) -> None:
        """Stop training freely."""
        self._activity.pause()

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
    def can_step(self) -> bool:
        """Whether there is a trace to walk through, and nothing runs or is under way."""
        return self._walking.can_step

    @property
    def can_step_back(self) -> bool:
        """Whether there is anything to go back to."""
        return self._walking.can_step_back

    @property
    def can_go_to_previous_batch(self) -> bool:
        """Whether the batch before this one can be shown again."""
        return self._walking.can_go_to_previous_batch

    def step_forward(self) -> None:
        """Go on by one stage; after the last, to the next batch."""
        self.go_to_position(self.cursor.position + 1)

    def step_back(self) -> None:
        """Go back by one stage; before the first, to the end of the previous batch."""
        self.go_to_position(self.cursor.position - 1)

    def next_layer(self) -> None:
        """Go on to the next layer or phase."""
        self._walking.next_layer()

    def previous_layer(self) -> None:
        """Go back to where the layer before began."""
        self._walking.previous_layer()

    def go_to_position(self, position: int) -> None:
        """Put the cursor on a stage; −1 and the number of stages stand for the neighbouring batches.

        Entering the update takes the step, leaving it backwards takes it back. Beside a drawing's stages is the batch.
        """
        self._walking.go_to(position)

    def next_batch(self) -> None:
        """Take the step, and show the next batch at the same stage."""
        self._walking.next_batch()

    def previous_batch(self) -> None:
        """Go back by one batch, to the same stage."""
        self._walking.previous_batch()

    def select_sample(self, sample: int | None) -> None:
        """Choose the row of the batch that the picture shows; None for the mean of the batch."""
        self._shown.select_sample(sample)

    # --- intents: drawing ---------------------------------------------------------------------------------------------

    def show_drawing(self, inputs: FloatArray | None, sample: int = -1, label: int | None = None) -> None:
        """Pass a drawing, or a sample of the data set with its class, through the network and show it; None ends it.

        `inputs` is preprocessed.
        """
        self._shown.show_drawing(inputs, sample, label)

    def learn_drawing(self, label: int) -> None:
        """Step through the drawing with its label, as a batch of one."""
        self._walking.learn_drawing(label)

    # --- what is shown ------------------------------------------------------------------------------------------------

    @property
    def trace(self) -> Trace | None:
        """The batch that is shown; None while there is none."""
        return self._shown.trace

    @property
    def walk(self) -> tuple[Stage, ...]:
        """The stages of what is shown: of the batch, or of the drawing."""
        return self._shown.walk_on_screen

    @property
    def cursor(self) -> Cursor:
        """Where in that walk one is."""
        return self._shown.cursor_on_screen

    @property
    def batch_cursor(self) -> Cursor:
        """Where in the batch one is, also while a drawing is shown."""
        return self._shown.cursor

    @property
    def frame(self) -> Frame | None:
        """What all views paint: the trace seen from the cursor, or the drawing."""
        return self._shown.frame

    @property
    def history(self) -> History:
        """The curves of the present run."""
        return self._curves.history

    @property
    def progress(self) -> f.Progress | None:
        """How far the training is, by the newest report."""
        return self._curves.progress

    @property
    def run_state(self) -> f.RunState:
        """What the trainer is doing."""
        return self._activity.state

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
            case f.Progress() if fact.revision == self.revision:
                self._activity.notice_progress()
                self._curves.receive(fact)
                self._walking.follow(fact)
            case f.Recorded() if fact.trace.revision == self.revision:
                self._walking.receive(fact)
            case f.Foreseen():
                self.foresight.receive(fact)
            case f.Predicted() if fact.trace.revision == self.revision:
                self._shown.receive_prediction(fact.trace)
            case f.Answered():
                self.inquiries.receive(fact)
            case f.Visited() | f.RunsChanged():
                self.time_machine.receive(fact)
            case f.Poked():
                self._curves.take_off(fact.unmarked)
                self.pokes.receive(fact)
            case f.TrainingChanged():
                if self.preset is not None:
                    self.preset = self.preset.with_training(fact.training)
                self.optimizer_restored = fact.restored
                self.training_changed.emit(fact.training)
            case f.Stopped():
                self._shown.awaited_place = None
                self._activity.end_running()
            case f.LoadingEnded():
                if self._activity.end_loading():
                    self.time_machine.settle()
            case f.Rewound():
                self._curves.rewind(fact.step)
            case f.Saved():
                self.saved.emit(fact.path)
            case f.Working():
                self.working.emit(fact.text)
            case f.Failed():
                self._shown.expect_nothing()
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
        self.preset, self.summary, self.revision = fact.preset, fact.summary, fact.revision
        self._activity.notice_network()
        self.time_machine.forget()
        self.pokes.start_with(fact.pokes)
        self._walking.start_over()
        self._shown.start_over(fact)
        memories = None if fact.brought_back is None else self._attic.take(fact.brought_back)
        if memories is not None:
            self._curves.start_over(memories.history)
            self.time_machine.bring_back(memories.runs, memories.present)
        elif fact.fresh or fact.brought_back is not None:
            self._curves.start_over(History(epochs=list(fact.epochs)))
        self._attic.keep_only(fact.kept)
        self.loaded.emit(fact)
        self.optimizer_restored = False
        self.training_changed.emit(fact.preset.training)
        if memories is not None:
            self.health.bring_back(memories.health)
        self.history_changed.emit()
        self._shown.tell()

    def _load(self, command: c.Command) -> None:
        """Send a command that ends with another network, or a refusal."""
        if not self._activity.has_trainer and self.memory_limit != DEFAULT_MEMORY:
            self._link.send(c.SetMemoryLimit(self.memory_limit))
        self._activity.load(command)
