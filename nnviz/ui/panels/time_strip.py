"""The time machine under the loss plot: the timeline, and the two ways on from a moment of the past."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QToolButton

from nnviz.core.facts import RunState
from nnviz.session.session import Session
from nnviz.ui.icons import icon
from nnviz.ui.theme import Theme, theme_manager
from nnviz.ui.widgets.curve_plot import CurvePlot
from nnviz.ui.widgets.timeline import Timeline, TimelineState

WIDE = 560


class TimeStrip(QObject):
    """Keeps the timeline true, and turns drags and clicks into intents.

    There is nothing to be seen of it before the first step.
    """

    def __init__(self, session: Session, plot: CurvePlot) -> None:
        super().__init__(plot)
        self._session, self._machine = session, session.time_machine
        self.timeline = Timeline(plot, plot)
        self.timeline.hide()
        self.timeline.step_wished.connect(self._machine.look)
        self._back = self._button(
            "back_to_now_button", self.tr("Back to now"), self.tr("Back to now: show the present again")
        )
        self._back.clicked.connect(self._machine.back_to_now)
        self._onward = self._button(
            "continue_here_button",
            self.tr("Continue from here"),
            self.tr("Continue from here: begin a new run at this moment; the curves of the old one stay"),
        )
        self._onward.clicked.connect(self._continue)
        for button in (self._back, self._onward):
            plot.add_tool(button)
        self._machine.moved.connect(self.refresh)
        self._machine.runs_changed.connect(self.refresh)
        session.frame_changed.connect(self._refresh_unless_running)
        self._plot = plot
        plot.axis_moved.connect(self._fit_buttons)
        theme_manager().changed.connect(self._style)
        self._style(theme_manager().theme)
        self.refresh()

    def _button(self, name: str, text: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    @Slot()
    def _continue(self) -> None:
        self._machine.continue_from_here()

    @Slot()
    def _refresh_unless_running(self) -> None:
        if self._session.run_state is not RunState.RUNNING:  # the plot, when it is redrawn, takes it along
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show where one is."""
        machine = self._machine
        newest, step = machine.newest, machine.step
        away = machine.looking or machine.on_the_way
        for button in (self._back, self._onward):
            button.setVisible(away)
        if newest is None or step is None or newest == 0:
            self.timeline.hide()
            return
        branches = tuple(
            (run.info.begun, run.color)
            for run in machine.runs
            if run.info.parent is not None and run.shown and machine.oldest <= run.info.begun <= newest
        )
        self.timeline.show_state(TimelineState(machine.oldest, newest, step, branches), self._session.history)
        self.timeline.show()

    @Slot()
    def _fit_buttons(self) -> None:
        """Leave the words out where the plot is narrow: its key needs the room."""
        style = Qt.ToolButtonStyle
        wide = self._plot.width() >= WIDE
        for button in (self._back, self._onward):
            button.setToolButtonStyle(style.ToolButtonTextBesideIcon if wide else style.ToolButtonIconOnly)

    @Slot(object)
    def _style(self, theme: Theme) -> None:
        self._back.setIcon(icon("now", theme))
        self._onward.setIcon(icon("branch", theme))
        for button in (self._back, self._onward):
            button.setStyleSheet(
                f"QToolButton {{ background: {theme.tint_hidden}; border: 1px solid {theme.accent};"
                " border-radius: 4px; padding: 1px 6px; margin: 0 2px; }"
                f" QToolButton:hover {{ background: {theme.line}; }}"
            )
