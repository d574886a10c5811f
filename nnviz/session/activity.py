"""What the trainer does: it loads, trains freely, or waits to be told."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from nnviz.core import commands as c
from nnviz.core.facts import RunState
from nnviz.session.pace import Pace


class Activity(QObject):
    """Has the trainer load, run and pause, knows what it does, and looks at it again and again while it runs.

    Signals
    -------
    changed(RunState)
    """

    changed = Signal(object)

    def __init__(self, send: Callable[[c.Command], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._send = send
        self.state = RunState.LOADING
        self._has_network = False
        self._loads_under_way = 0
        self._pace = Pace(self)
        self._pace.due.connect(self._look)

    @property
    def has_trainer(self) -> bool:
        """Whether there is one: it comes with the first thing to be loaded, and takes a second."""
        return self._has_network or self._loads_under_way > 0

    # --- intents ------------------------------------------------------------------------------------------------------

    def load(self, command: c.Command) -> None:
        """Send a command that ends with another network, or a refusal; until then there is nothing to walk or run."""
        self._pace.stop()
        self._loads_under_way += 1
        self._set_state(RunState.LOADING)
        self._send(command)

    def run(self, to_end_of_epoch: bool) -> None:
        """Train freely."""
        self._set_state(RunState.RUNNING)
        self._pace.start()
        self._send(c.Run(to_end_of_epoch))

    def pause(self) -> None:
        """Stop training freely."""
        if self.state is RunState.RUNNING:
            self._send(c.Pause())

    def stop_looking(self) -> None:
        """Look no more, before the end."""
        self._pace.stop()

    # --- facts --------------------------------------------------------------------------------------------------------

    def notice_network(self) -> None:
        """Know that there is one now."""
        self._pace.stop()
        self._has_network = True

    def end_loading(self) -> bool:
        """Know that a load has been carried out, or refused.

        Returns
        -------
        bool
            Whether it was the last one, and there is a network to go on with.
        """
        self._loads_under_way -= 1
        if self._loads_under_way > 0 or not self._has_network:
            return False
        self._set_state(RunState.PAUSED)
        return True

    def notice_progress(self) -> None:
        """Know that the trainer has reported how far it is: an answer to a look, where it runs."""
        if self.state is RunState.RUNNING:
            self._pace.answered()

    def end_running(self) -> None:
        """Know that the training does not run any more."""
        self._pace.stop()
        if self.state is RunState.RUNNING:
            self._set_state(RunState.PAUSED)

    @Slot()
    def _look(self) -> None:
        self._send(c.Look())

    def _set_state(self, state: RunState) -> None:
        if state is not self.state:
            self.state = state
            self.changed.emit(state)
