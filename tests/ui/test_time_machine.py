"""The time machine as a person uses it: the real engine under the real window, with mouse and keys."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QTextDocument
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QDoubleSpinBox,
    QLabel,
    QPushButton,
    QToolButton,
    QTreeWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from nnviz.core import facts as f
from nnviz.core.runs import Memory
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.trainer import Trainer
from nnviz.session.session import Session
from nnviz.ui.main_window import MainWindow
from nnviz.ui.panels.plots import AccuracyPanel, LossPanel
from nnviz.ui.panels.runs import ACCURACY, LOSS, NAME, NOTE, OPTIMIZER, STEPS, RunsPanel
from nnviz.ui.theme import ThemeChoice, theme_manager
from nnviz.ui.widgets.curve_plot import CurvePlot
from nnviz.ui.widgets.readout import Readout
from nnviz.ui.widgets.timeline import Timeline

CLICK = Qt.MouseButton.LeftButton
STEPS_TAKEN = 90  # two epochs


@pytest.fixture
def session(qtbot: QtBot, tmp_path) -> Iterator[Session]:
    session = Session(lambda: Trainer(catalogue(), DataPlaces(None, tmp_path)))
    yield session
    session.close()


@pytest.fixture
def window(qtbot: QtBot, session: Session) -> Iterator[MainWindow]:
    """A window that has trained the digits for two epochs."""
    window = MainWindow(session, catalogue())
    window.resize(1440, 900)
    window.show()
    window.activateWindow()
    qtbot.waitExposed(window)
    window.open_preset(catalogue().presets["digits"])
    qtbot.waitUntil(lambda: session.can_step, timeout=20_000)
    for _ in range(2):
        train_an_epoch(qtbot, window, session)
    qtbot.waitUntil(lambda: timeline(window).maximum() == STEPS_TAKEN - 1)
    yield window
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents()
    theme_manager().choose(ThemeChoice.SYSTEM)


def train_an_epoch(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    qtbot.keyClick(window, Qt.Key.Key_E)
    assert session.run_state is f.RunState.RUNNING
    qtbot.waitUntil(lambda: session.run_state is f.RunState.PAUSED and session.can_step)


def timeline(window: MainWindow) -> Timeline:
    found = window.findChild(Timeline, "timeline")
    assert found is not None
    return found


def child(window: QWidget, kind: type, name: str):
    found = window.findChild(kind, name)
    assert found is not None, name
    return found


def place(bar: Timeline, step: int) -> QPoint:
    return QPoint(round(bar.x_of(step)), bar.height() // 2)


def click_at(qtbot: QtBot, window: MainWindow, session: Session, step: int) -> int:
    """Click into the timeline; return the step that is shown then."""
    bar = timeline(window)
    qtbot.mouseClick(bar, CLICK, pos=place(bar, step))
    qtbot.waitUntil(lambda: session.can_step)
    assert session.trace is not None
    return session.trace.step


def open_runs(qtbot: QtBot, window: MainWindow) -> QTreeWidget:
    panels = child(window, QWidget, "dock_runs")
    next(action for action in window.findChildren(QAction) if action is panels.toggleViewAction()).trigger()
    panels.raise_()
    table = child(window, QTreeWidget, "runs_table")
    qtbot.waitUntil(table.isVisible)
    return table


def texts(table: QTreeWidget, column: int = NAME) -> list[str]:
    return [table.topLevelItem(row).text(column) for row in range(table.topLevelItemCount())]


def branch_with(qtbot: QtBot, window: MainWindow, session: Session, step: int, rate: float) -> None:
    """Go back, type another learning rate, and train on."""
    shown = click_at(qtbot, window, session, step)
    field = child(window, QDoubleSpinBox, "learning_rate_spin")
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, f"{rate:g}")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.time_machine.present > 1 and session.can_step)
    assert session.trace is not None
    assert session.trace.step == shown + 1  # the batch that was shown had just been learned
    window.setFocus()
    train_an_epoch(qtbot, window, session)


def test_before_the_first_step_there_is_nothing_of_it_to_be_seen(qtbot, session) -> None:
    window = MainWindow(session, catalogue())
    qtbot.addWidget(window)
    window.show()
    window.open_preset(catalogue().presets["digits"])
    qtbot.waitUntil(lambda: session.can_step and window.findChild(Timeline) is not None, timeout=20_000)
    assert not timeline(window).isVisible()
    for name in ("back_to_now_button", "continue_here_button"):
        assert not child(window, QToolButton, name).isVisible()
    assert not child(window, QWidget, "dock_runs").isVisible()
    window.close()


def test_at_every_stage_of_the_past_it_says_what_one_can_do(qtbot, window, session) -> None:
    caption = child(window, QLabel, "caption")
    session.time_machine.look(30)
    qtbot.waitUntil(lambda: session.time_machine.looking and session.trace.step == 30)
    widest = caption.width()
    for position in range(len(session.walk)):
        session.go_to_position(position)
        text = QTextDocument()
        text.setHtml(caption.text())
        assert text.toPlainText().splitlines()[-1].startswith("This is the past: drag on")
        formula = text.toPlainText().splitlines()[1]
        assert caption.fontMetrics().horizontalAdvance(formula) < 1.2 * widest, formula


def test_a_click_shows_that_moment_everywhere(qtbot, window, session) -> None:
    now = session.trace
    step = click_at(qtbot, window, session, 30)
    assert abs(step - 30) <= 1
    assert child(window, QLabel, "status_epoch").text() == "1"
    assert child(window, QLabel, "status_batch").text() == f"{step + 1}/45"
    assert child(window, QLabel, "status_work").text() == f"The past: step {step + 1}"
    assert f"Batch {step + 1} of epoch 1 has just been learned" in child(window, QLabel, "caption").text()
    assert child(window, QAction, "action_run").text() == "From here"
    assert "This is the past" in child(window, QLabel, "caption").text()
    assert window.findChild(QLabel, "notice_text") is None  # nothing covers the picture
    assert f"Step {step + 1}, epoch 1" in timeline(window).accessibleDescription()
    plot = child(window, QWidget, "loss_plot")
    qtbot.waitUntil(lambda: plot.accessibleDescription().startswith("Epoch "))
    assert session.trace.loss == pytest.approx(float(plot.accessibleDescription().split("Batch ")[1]), abs=6e-5)
    qtbot.mouseClick(child(window, QToolButton, "back_to_now_button"), CLICK)
    assert session.trace is now
    assert "This is the past" not in child(window, QLabel, "caption").text()
    assert child(window, QLabel, "status_work").text() == ""
    assert child(window, QAction, "action_run").text() == "Run"
    assert plot.accessibleDescription().startswith("Latest")
    assert timeline(window).value() == timeline(window).maximum()


def test_the_first_moment_is_the_first_step(qtbot, window, session) -> None:
    bar = timeline(window)
    bar.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(bar, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: session.can_step)
    assert bar.accessibleDescription() == "Step 1, epoch 1"
    assert child(window, QLabel, "status_batch").text() == "1/45"
    assert "Batch 1 of epoch 1 has just been learned" in child(window, QLabel, "caption").text()


def test_the_last_batch_of_an_epoch_ends_it(qtbot, window, session) -> None:
    bar = timeline(window)
    bar.setFocus(Qt.FocusReason.TabFocusReason)
    accuracy = f"{100 * session.history.epochs[0].val_accuracy:.1f} %"
    for key, step, epoch in ((Qt.Key.Key_PageDown, 44, 1), (Qt.Key.Key_Right, 45, 2)):
        qtbot.keyClick(bar, key)
        qtbot.waitUntil(lambda: session.can_step)
        assert session.trace.step == step
        assert bar.accessibleDescription() == f"Step {step + 1}, epoch {epoch}"
        assert child(window, QLabel, "status_epoch").text() == str(epoch)
        assert child(window, QLabel, "status_validation").text() == accuracy


def test_a_run_that_goes_on_from_a_learned_batch_has_its_weights(qtbot, window, session) -> None:
    step = click_at(qtbot, window, session, 30)
    learned = [record.after for layer in session.trace.layers for record in layer.parameters.values()]
    qtbot.mouseClick(child(window, QToolButton, "continue_here_button"), CLICK)
    qtbot.waitUntil(lambda: session.can_step and session.time_machine.present == 2)
    table = open_runs(qtbot, window)
    assert texts(table) == ["Run 1", f"Run 2 · from step {step + 1}"]
    assert texts(table, STEPS) == ["90", str(step + 1)]
    now = [record.before for layer in session.trace.layers for record in layer.parameters.values()]
    for one, other in zip(learned, now, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_timeline_is_dragged_and_let_go(qtbot, window, session) -> None:
    bar = timeline(window)
    seen: list[int] = []
    session.trace_recorded.connect(lambda trace: seen.append(trace.step))
    qtbot.mousePress(bar, CLICK, pos=place(bar, 80))
    for step in (70, 60, 50, 40, 30, 20):
        qtbot.mouseMove(bar, place(bar, step))
    qtbot.mouseRelease(bar, CLICK, pos=place(bar, 20))
    qtbot.waitUntil(lambda: session.can_step)
    assert abs(seen[-1] - 20) <= 1
    qtbot.mouseMove(bar, place(bar, 60))  # nothing is held any more
    assert bar.value() == seen[-1]
    qtbot.mouseClick(bar, CLICK, pos=place(bar, STEPS_TAKEN - 1))
    assert not session.time_machine.looking


def test_keys_move_the_handle_when_tab_has_put_the_focus_there(qtbot, window, session) -> None:
    bar = timeline(window)
    bar.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(bar.hasFocus)
    for key, step in ((Qt.Key.Key_Left, 88), (Qt.Key.Key_PageDown, 43), (Qt.Key.Key_Home, 0)):
        qtbot.keyClick(bar, key)
        qtbot.waitUntil(lambda: session.can_step)
        assert session.trace.step == step
    qtbot.keyClick(bar, Qt.Key.Key_End)
    assert not session.time_machine.looking


def test_arrows_walk_through_the_past(qtbot, window, session) -> None:
    step = click_at(qtbot, window, session, 30)
    qtbot.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.can_step)
    assert session.trace.step == step + 1
    qtbot.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.can_step)
    assert session.trace.step == step
    qtbot.keyClick(window, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert not session.time_machine.looking


def test_a_tenth_of_the_learning_rate_from_then_on(qtbot, window, session) -> None:
    branch_with(qtbot, window, session, 30, 0.0001)
    table = open_runs(qtbot, window)
    begun = session.time_machine.runs[1].info.begun
    assert texts(table) == ["Run 1", f"Run 2 · lr 0.0001 from step {begun}"]
    assert texts(table, STEPS) == ["90", "45"]
    assert all(text.endswith("%") for text in texts(table, ACCURACY))
    one, two = session.time_machine.runs
    assert two.history.epochs[-1].train_loss > one.history.epochs[0].train_loss


def test_continue_from_here_takes_the_same_steps_again(qtbot, window, session) -> None:
    before = session.history.batch_losses.points()[1].copy()
    click_at(qtbot, window, session, 30)
    qtbot.mouseClick(child(window, QToolButton, "continue_here_button"), CLICK)
    qtbot.waitUntil(lambda: session.can_step and session.time_machine.present == 2)
    for _ in range(2):
        train_an_epoch(qtbot, window, session)
    np.testing.assert_array_equal(session.history.batch_losses.points()[1], before)


def test_old_curves_are_drawn_in_their_colours_and_can_be_hidden(qtbot, window, session) -> None:
    branch_with(qtbot, window, session, 30, 0.0001)
    table = open_runs(qtbot, window)
    loss = window.findChild(LossPanel)
    color = theme_manager().theme.run_color(0).name()

    def is_drawn() -> bool:
        image = loss.curve_plot.plot.grab().toImage()
        return any(
            image.pixelColor(x, y).name() == color for x in range(image.width()) for y in range(0, image.height(), 2)
        )

    assert is_drawn()
    row = table.visualItemRect(table.topLevelItem(0))
    box = QPoint(row.left() + 9, row.center().y())
    qtbot.mouseClick(table.viewport(), CLICK, pos=box)
    assert table.topLevelItem(0).checkState(NAME) is Qt.CheckState.Unchecked
    assert not is_drawn()
    qtbot.mouseClick(table.viewport(), CLICK, pos=box)
    assert is_drawn()
    for choice in (ThemeChoice.DARK, ThemeChoice.LIGHT):
        theme_manager().choose(choice)
        color = theme_manager().theme.run_color(0).name()
        assert is_drawn()


def test_a_run_is_renamed_by_typing(qtbot, window, session) -> None:
    branch_with(qtbot, window, session, 30, 0.0001)
    table = open_runs(qtbot, window)
    table.setCurrentItem(table.topLevelItem(0))
    for name, expected in (("fast", "fast"), (" ", "Run 1")):
        qtbot.mouseClick(child(window, QPushButton, "rename_run_button"), CLICK)
        editor = QApplication.focusWidget()
        qtbot.keyClick(editor, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        qtbot.keyClicks(editor, name)
        qtbot.keyClick(editor, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda expected=expected: texts(table)[0] == expected)


def test_an_old_run_is_continued_and_the_other_one_deleted(qtbot, window, session) -> None:
    branch_with(qtbot, window, session, 30, 0.0001)
    table = open_runs(qtbot, window)
    onward, delete = (child(window, QPushButton, f"{name}_run_button") for name in ("continue", "delete"))
    table.setCurrentItem(table.topLevelItem(1))
    assert not onward.isEnabled()
    assert not delete.isEnabled()
    table.setCurrentItem(table.topLevelItem(0))
    qtbot.mouseClick(onward, CLICK)
    qtbot.waitUntil(lambda: session.time_machine.present == 1 and session.can_step)
    assert session.trace.step == STEPS_TAKEN
    assert child(window, QDoubleSpinBox, "learning_rate_spin").value() == pytest.approx(0.001)
    qtbot.waitUntil(lambda: timeline(window).maximum() == STEPS_TAKEN)
    table.setCurrentItem(table.topLevelItem(1))
    qtbot.mouseClick(delete, CLICK)
    qtbot.waitUntil(lambda: texts(table) == ["Run 1"])


def test_the_list_says_when_memory_was_too_short(qtbot, window, session) -> None:
    branch_with(qtbot, window, session, 30, 0.0001)
    table = open_runs(qtbot, window)
    session.set_memory_limit(1)
    qtbot.waitUntil(lambda: session.time_machine.runs[0].info.memory is Memory.CURVES)
    assert texts(table, NOTE) == ["only curves left", ""]
    table.setCurrentItem(table.topLevelItem(0))
    assert not child(window, QPushButton, "continue_run_button").isEnabled()


@pytest.mark.qt_log_ignore("does not support raise", extend=True)  # the offscreen platform does not
def test_the_list_of_runs_never_scrolls_sideways(qtbot, window, session) -> None:
    branch_with(qtbot, window, session, 30, 0.0001)
    table = open_runs(qtbot, window)
    dock = child(window, QDockWidget, "dock_runs")
    dock.setFloating(True)
    for width, hidden in ((1000, False), (330, True)):
        dock.resize(width, 240)
        qtbot.waitUntil(lambda width=width: dock.width() == width)
        qtbot.waitUntil(lambda hidden=hidden: table.isColumnHidden(OPTIMIZER) is hidden)
        qtbot.waitUntil(lambda: table.header().length() <= table.viewport().width())
        assert not table.isColumnHidden(LOSS)
    assert "Optimizer: Adam" in table.topLevelItem(1).toolTip(NAME)
    assert "lr 0.0001" in table.topLevelItem(1).toolTip(LOSS)


def test_the_accuracy_shows_the_other_runs_and_the_moment_too(qtbot, window, session) -> None:
    branch_with(qtbot, window, session, 30, 0.0001)
    click_at(qtbot, window, session, 10)
    accuracy = window.findChild(AccuracyPanel)
    qtbot.waitUntil(lambda: "Epoch" in child(accuracy, QWidget, "accuracy_plot").accessibleDescription())


def test_everything_that_can_be_operated_has_a_name(qtbot, window, session) -> None:
    window.findChild(QDockWidget, "dock_runs").toggleViewAction().trigger()
    runs = window.findChild(RunsPanel)
    strip = (timeline(window), *(child(window, QToolButton, f"{n}_button") for n in ("back_to_now", "continue_here")))
    for widget in (*runs.findChildren(QPushButton), runs.findChild(QTreeWidget), *strip):
        assert widget.objectName()
        assert widget.accessibleName()


def test_a_short_run_after_a_long_run_before_it_has_the_axis_and_the_groove(qtbot, window, session) -> None:
    for _ in range(13):
        train_an_epoch(qtbot, window, session)
    session.reset()
    qtbot.waitUntil(lambda: session.can_step and session.trace.step == 0)
    train_an_epoch(qtbot, window, session)
    plot = window.findChild(CurvePlot)
    qtbot.waitUntil(lambda: 10 <= plot.shown_range[0][1] < 11)
    bar, everything = timeline(window), child(window, QToolButton, "loss_plot_view_all")
    for seen in (lambda: plot.shown_range[0][1] >= 13, lambda: plot.shown_range[0][1] < 11):
        qtbot.mouseClick(everything, CLICK)
        qtbot.waitUntil(seen)
        assert bar.x_of(44) - bar.x_of(0) > 0.6 * (plot.sides[1] - plot.sides[0])
        assert abs(bar.step_at(bar.x_of(20)) - 20) <= 1
    viewport = plot.plot.viewport()
    qtbot.mouseMove(viewport, plot.position_of(8.0, 0.5).toPoint())
    qtbot.mouseMove(viewport, plot.position_of(1.0, 0.5).toPoint())
    readout = next(each for each in window.findChildren(Readout) if each.isVisible())
    assert readout.accessibleDescription().startswith("Epoch 1: Run 2 Training ")
    assert "; Run 1 Training " in readout.accessibleDescription()


def test_where_a_run_branches_off_the_handle_stands_at_once(qtbot, window, session) -> None:
    for _ in range(5):
        train_an_epoch(qtbot, window, session)
    qtbot.waitUntil(lambda: timeline(window).maximum() == 7 * STEPS_TAKEN // 2 - 1)
    timeline(window).setValue(147)
    qtbot.waitUntil(lambda: session.time_machine.looking and not session.time_machine.on_the_way)
    begun = session.trace.step
    qtbot.mouseClick(child(window, QToolButton, "continue_here_button"), CLICK)
    qtbot.waitUntil(lambda: session.can_step and session.time_machine.present == 2)
    plot, bar = window.findChild(CurvePlot), timeline(window)
    qtbot.waitUntil(lambda: abs(bar.x_of(session.trace.step) - plot.x_of(begun / 45)) < 12)
