"""The actions that run, walk and reset, enabled just when the session can do what they say."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from nnviz.core.facts import RunState
from nnviz.session.player import Player
from nnviz.session.session import Session
from nnviz.ui.actions import Actions
from nnviz.ui.under_way import batch_is_under_way

SAMPLE_KEYS = 9


class TrainingActions(QObject):
    """Adds the actions for running and walking to the window's, and keeps them true."""

    def __init__(self, session: Session, player: Player, actions: Actions) -> None:
        super().__init__(actions)
        self._session = session
        self._player = player
        self._actions = actions
        self._add_running()
        self._add_walking()
        self._add_samples()
        for fact in (session.frame_changed, session.run_state_changed, session.progressed, session.failed):
            fact.connect(self._refresh)
        player.playing_changed.connect(self._refresh)
        self._refresh()

    def _add_running(self) -> None:
        add, session = self._actions.add, self._session
        add("action_run", self.tr("Run"), session.toggle_run, "Space", "run")
        add(
            "action_next_epoch",
            self.tr("Next epoch"),
            session.run_epoch,
            "E",
            "next_epoch",
            self.tr("Train to the end of the epoch"),
        )
        add(
            "action_reset",
            self.tr("Reset"),
            self._by_hand(session.reset),
            "R",
            "reset",
            self.tr("Start again from the same initial weights"),
        )
        add(
            "action_reset_new_weights",
            self.tr("Reset with new weights"),
            self._by_hand(lambda: session.reset(new_weights=True)),
            "Shift+R",
            "",
            self.tr("Start again from newly drawn initial weights"),
        )
        for name in ("action_run", "action_next_epoch", "action_reset", "action_reset_new_weights"):
            self._actions[name].setAutoRepeat(False)

    def _add_walking(self) -> None:
        session, hand = self._session, self._by_hand
        rows = (
            ("step_forward", self.tr("Step forward"), session.step_forward, "Right", self.tr("One stage forward")),
            ("step_back", self.tr("Step back"), session.step_back, "Left", self.tr("One stage back")),
            ("next_layer", self.tr("Next layer"), session.next_layer, "Shift+Right", self.tr("On to the next layer")),
            (
                "previous_layer",
                self.tr("Previous layer"),
                session.previous_layer,
                "Shift+Left",
                self.tr("Back to the layer before"),
            ),
            (
                "next_batch",
                self.tr("Next batch"),
                session.next_batch,
                "Ctrl+Right",
                self.tr("Take this step and show the next batch"),
            ),
            (
                "previous_batch",
                self.tr("Previous batch"),
                session.previous_batch,
                "Ctrl+Left",
                self.tr("Undo a step and show the batch before"),
            ),
        )
        for name, text, intent, key, tip in rows:
            self._actions.add(f"action_{name}", text, hand(intent), key, name, tip)
        self._actions.add("action_play", self.tr("Play"), self._player.toggle, "P", "play")
        self._actions["action_play"].setAutoRepeat(False)

    def _add_samples(self) -> None:
        select = self._session.select_sample
        for number in range(1, SAMPLE_KEYS + 1):
            text = self.tr("Sample {number}").format(number=number)
            self._actions.add(f"action_sample_{number}", text, lambda number=number: select(number - 1), str(number))
        self._actions.add("action_sample_mean", self.tr("Mean of the batch"), lambda: select(None), "0")

    def _by_hand(self, intent: Callable[[], None]) -> Callable[[], None]:
        """Whoever takes a step by hand takes over from the player."""

        def run() -> None:
            self._player.pause()
            intent()

        return run

    @Slot()
    def _refresh(self) -> None:
        session, actions = self._session, self._actions
        if batch_is_under_way(session):
            return
        running = session.run_state is RunState.RUNNING
        can_run = session.preset is not None and session.run_state is not RunState.LOADING
        if running:
            actions.describe("action_run", self.tr("Pause"), self.tr("Stop training"))
        elif session.time_machine.looking:
            tip = self.tr("Train on from this moment of the past, as a new run")
            actions.describe("action_run", self.tr("From here"), tip)
        else:
            actions.describe("action_run", self.tr("Run"), self.tr("Train until you pause"))
        actions.set_icon("action_run", "pause" if running else "run")
        if self._player.playing:
            actions.describe("action_play", self.tr("Stop playing"), self.tr("Stop walking through the stages"))
        else:
            actions.describe("action_play", self.tr("Play"), self.tr("Walk through the stages"))
        actions.set_icon("action_play", "play_pause" if self._player.playing else "play")
        for name, enabled in {
            "action_run": can_run,
            "action_next_epoch": can_run and not running,
            "action_reset": can_run,
            "action_reset_new_weights": can_run,
            "action_step_forward": session.can_step,
            "action_next_layer": session.can_step,
            "action_next_batch": session.can_step,
            "action_play": session.can_step or self._player.playing,
            "action_step_back": session.can_step_back,
            "action_previous_layer": session.can_step_back,
            "action_previous_batch": session.can_go_to_previous_batch,
            "action_sample_mean": session.trace is not None,
        }.items():
            actions[name].setEnabled(enabled)
        samples = 0 if session.trace is None else session.trace.batch_size
        for number in range(1, SAMPLE_KEYS + 1):
            actions[f"action_sample_{number}"].setEnabled(number <= samples)
