"""The actions of the time machine: back to the present, and on from a moment of the past."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from nnviz.session.session import Session
from nnviz.ui.actions import Actions
from nnviz.ui.caption import Caption
from nnviz.ui.status import Status


class TimeActions(QObject):
    """Adds the actions to the window's, keeps them true, and says when the past is shown."""

    def __init__(self, session: Session, actions: Actions) -> None:
        super().__init__(actions)
        self._machine, self._actions = session.time_machine, actions
        actions.add(
            "action_back_to_now",
            self.tr("Back to now"),
            self._machine.back_to_now,
            "Ctrl+End",
            tip=self.tr("Show the present again"),
        )
        actions.add(
            "action_continue_from_here",
            self.tr("Continue from here"),
            self._machine.continue_from_here,
            "Ctrl+Return",
            tip=self.tr("Begin a new run at the moment that is shown"),
        )
        self._machine.moved.connect(self._refresh)
        self._refresh()

    def tell(self, status: Status, caption: Caption) -> None:
        """Say in the status bar when the past is shown, and in the caption what one can do there."""
        self._machine.moved.connect(lambda: status.say(self._sentence()))
        self._machine.moved.connect(lambda: caption.set_note(self._note()))

    def _note(self) -> str:
        if not self._machine.looking:
            return ""
        return self.tr("This is the past: drag on, walk through it, or train from here as a new run.")

    def _sentence(self) -> str:
        machine = self._machine
        if not (machine.looking or machine.on_the_way) or machine.step is None:
            return ""
        return self.tr("The past: step {step}").format(step=f"{machine.step + 1:,}")

    @Slot()
    def _refresh(self) -> None:
        away = self._machine.looking or self._machine.on_the_way
        for name in ("action_back_to_now", "action_continue_from_here"):
            self._actions[name].setEnabled(away)
