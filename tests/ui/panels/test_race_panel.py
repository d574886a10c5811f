"""The race and the loss surface, driven as a user would, with the real engine."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from nnviz.app import make_window
from nnviz.core.facts import RunState
from nnviz.core.spec import OptimizerSpec
from nnviz.core.surface import Plane
from nnviz.engine.catalogue import catalogue
from nnviz.session.race import RaceState
from nnviz.session.session import Session
from nnviz.ui.main_window import MainWindow
from nnviz.ui.theme import ThemeChoice, theme_manager
from nnviz.ui.widgets.race_plot import RacePlot
from nnviz.ui.widgets.race_table import RaceTable
from nnviz.ui.widgets.surface_view import SurfaceView

LONG = 30_000


class Bench:
    """The whole program with one of the docks in front."""

    def __init__(self, qtbot: QtBot, window: MainWindow, session: Session) -> None:
        self.qtbot, self.window, self.session, self.race = qtbot, window, session, session.race
        self.failures: list[str] = []
        session.failed.connect(lambda failed: self.failures.append(failed.message))

    def child(self, kind: type[QWidget], name: str = ""):
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    def open(self, name: str) -> None:
        entry = next(
            each for each in self.window.findChildren(QWidget, f"dock_{name}") if each.objectName() == f"dock_{name}"
        )
        entry.toggleViewAction().trigger()
        entry.raise_()
        self.wait(lambda: entry.widget().isVisible())

    def click(self, name: str, kind: type[QWidget] = QPushButton) -> None:
        button = self.child(kind, name)
        self.wait(button.isEnabled)
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def wait(self, condition) -> None:
        self.qtbot.waitUntil(condition, timeout=LONG)

    def type_number(self, name: str, text: str) -> None:
        field = self.child(QDoubleSpinBox, name)
        field.selectAll()
        self.qtbot.keyClicks(field, text)
        self.qtbot.keyClick(field, Qt.Key.Key_Return)

    def race_for(self, epochs: int) -> None:
        """Race to the end."""
        self.type_number("race_epochs_spin", str(epochs))
        states: list[RaceState] = []  # a short race is over before anybody looks
        noted = self.race.state_changed.connect(lambda: states.append(self.race.state))
        self.click("race_start")
        self.wait(lambda: RaceState.RUNNING in states and self.race.state is RaceState.STOPPED)
        self.race.state_changed.disconnect(noted)
        done = len(self.race.racers[0].epochs)
        self.wait(lambda: f" after {done} epoch" in self.child(QLabel, "race_verdict").text())

    def select(self, number: int) -> None:
        """Click on a racer in the table."""
        item = self.table.item(self.table.order.index(number), 1)
        middle = self.table.visualItemRect(item).center()
        self.qtbot.mouseClick(self.table.viewport(), Qt.MouseButton.LeftButton, pos=middle)

    @property
    def table(self) -> RaceTable:
        return self.child(RaceTable, "race_table")

    def shown(self, row: int, column: int) -> str:
        return self.table.item(row, column).text()

    @property
    def page(self) -> int:
        return self.child(QStackedWidget, "race_pages").currentIndex()


@pytest.fixture
def bench(qtbot: QtBot, request: pytest.FixtureRequest) -> Iterator[Bench]:
    window, session = make_window(None)
    window.resize(*getattr(request, "param", (1500, 950)))
    window.show()
    qtbot.waitExposed(window)
    bench = Bench(qtbot, window, session)
    window.open_preset(catalogue().presets["digits"])
    bench.wait(lambda: session.can_step)
    bench.open("race")
    yield bench
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents()
    theme_manager().choose(ThemeChoice.SYSTEM)


def test_four_optimizers_race_and_are_ranked(bench: Bench) -> None:
    bench.race_for(3)
    assert bench.page == 1
    losses = [float(bench.shown(row, 3)) for row in range(4)]
    assert losses == sorted(losses)
    assert {bench.shown(row, 1) for row in range(4)} == {"SGD", "SGD + momentum", "RMSprop", "Adam"}
    bench.window.resize(2200, 950)
    status = bench.child(QLabel, "race_status")
    bench.wait(lambda: status.text() == "After 3 epochs · from the initial weights")
    verdict = bench.child(QLabel, "race_verdict").text()
    winner = bench.race.racers[bench.table.order[0]]
    assert " won: validation loss " in verdict or verdict.startswith("Too close to call: ")
    assert f"{winner.epochs[-1].val_loss:.2g}"[:3] in verdict
    assert " moved the weights by " in verdict
    assert bench.failures == []
    plot = bench.child(RacePlot)
    assert plot.isVisible()
    assert all(len(racer.losses) == racer.step for racer in bench.race.racers)


def test_a_click_on_a_heading_ranks_by_it(bench: Bench) -> None:
    bench.race_for(2)
    header = bench.table.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(4) + 5, header.height() // 2)
    bench.qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
    accuracies = [float(bench.shown(row, 4).rstrip("%")) for row in range(4)]
    assert accuracies == sorted(accuracies, reverse=True)


def test_the_selection_stays_with_its_racer(bench: Bench) -> None:
    bench.race_for(1)
    row = bench.table.order.index(3)
    bench.qtbot.mouseClick(
        bench.table.viewport(),
        Qt.MouseButton.LeftButton,
        pos=bench.table.visualItemRect(bench.table.item(row, 1)).center(),
    )
    assert bench.table.selected_racer == 3
    bench.click("race_stop")  # it says "Go on" now
    bench.wait(lambda: bench.race.state is RaceState.RUNNING)
    bench.wait(lambda: bench.race.state is RaceState.STOPPED)
    assert bench.table.selected_racer == 3
    bench.wait(lambda: bench.table.currentRow() == bench.table.order.index(3))
    assert all(len(racer.epochs) == 2 for racer in bench.race.racers)


def test_stop_and_set_up_another_race(bench: Bench) -> None:
    bench.type_number("race_epochs_spin", "1000")
    bench.click("race_start")
    bench.wait(lambda: bench.race.state is RaceState.RUNNING and bench.race.racers[-1].step > 20)
    bench.click("race_stop")
    bench.wait(lambda: bench.race.state is RaceState.STOPPED)
    bench.click("race_set_up")
    assert bench.page == 0
    bench.click("race_back")
    assert bench.page == 1
    bench.click("race_set_up")
    for _ in range(3):
        bench.click("racer_1_remove", QToolButton)
    assert not bench.child(QToolButton, "racer_1_remove").isEnabled()
    bench.click("race_add")
    bench.race_for(1)
    adam, slower = bench.race.racers
    assert adam.optimizer == OptimizerSpec("adam", {"lr": 0.001})
    assert slower.optimizer == OptimizerSpec("adam", {"lr": 0.0001})
    bench.wait(lambda: bench.table.order == [0, 1])


def test_learning_rates_race_after_one_click(bench: Bench) -> None:
    bench.click("race_rates")
    assert bench.child(QPushButton, "race_add").text() == "Add Adam, lr 1e-06"
    bench.race_for(1)
    rates = [racer.optimizer.settings["lr"] for racer in bench.race.racers]
    assert rates == [0.01, 0.001, 0.0001, 1e-05]
    assert {racer.optimizer.name for racer in bench.race.racers} == {"adam"}
    bench.click("race_set_up")
    bench.click("race_optimizers")
    assert bench.child(QPushButton, "race_add").text() == "Add Adam, lr 0.0001"


def test_a_race_from_the_middle_of_an_epoch_says_how_long_it_was(bench: Bench) -> None:
    for _ in range(5):
        step = bench.session.trace.step
        bench.session.next_batch()
        bench.wait(lambda step=step: bench.session.can_step and bench.session.trace.step > step)
    combo = bench.child(QComboBox, "race_from_combo")
    combo.setCurrentIndex(combo.findData("present"))
    bench.type_number("race_epochs_spin", "2")
    bench.click("race_start")
    bench.wait(lambda: bench.race.state is RaceState.STOPPED and bench.race.racers != [])
    start = bench.race.start_point.step
    assert 0 < start < 45
    status, passed = bench.child(QLabel, "race_status"), 2 - start / 45
    bench.wait(lambda: status.text() == f"After {passed:.1f} epochs · from step {start}")


@pytest.mark.parametrize("bench", [(1280, 720), (1440, 900)], indirect=True)
def test_all_four_are_to_be_seen_where_the_dock_first_stands(bench: Bench) -> None:
    for row in range(1, 5):
        combo = bench.child(QComboBox, f"racer_{row}_optimizer")
        bench.wait(lambda combo=combo: not combo.visibleRegion().isEmpty())
    start = bench.child(QPushButton, "race_start")
    bench.wait(lambda: start.visibleRegion().boundingRect() == start.rect())
    bench.race_for(1)
    bench.wait(
        lambda: all(
            bench.table.viewport().rect().contains(bench.table.visualItemRect(bench.table.item(row, column)))
            for row in range(4)
            for column in (1, 2, 3)
        )
    )


def test_what_is_not_allowed_is_said_and_not_started(bench: Bench) -> None:
    bench.type_number("racer_2_lr_spin", "-1")
    assert "Learning rate" in bench.child(QLabel, "race_problem").text()
    assert not bench.child(QPushButton, "race_start").isEnabled()
    bench.type_number("racer_2_lr_spin", "0.5")
    assert bench.child(QLabel, "race_problem").text() == ""
    bench.race_for(1)
    assert bench.race.racers[1].optimizer.settings == {"lr": 0.5}


def test_other_settings_open_beside_the_form(bench: Bench) -> None:
    bench.click("racer_2_more", QToolButton)
    dialog = bench.child(QDialog, "racer_settings")
    bench.wait(dialog.isVisible)
    bench.type_number("racer_momentum_spin", "0.5")
    bench.qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert bench.child(QToolButton, "racer_2_more").toolTip() == "momentum 0.5"
    bench.race_for(1)
    assert bench.race.racers[1].optimizer == OptimizerSpec("momentum", {"lr": 0.01, "momentum": 0.5})
    assert "SGD + momentum · momentum 0.5" in [bench.shown(row, 1) for row in range(4)]


def test_another_optimizer_brings_a_learning_rate_that_suits_it(bench: Bench) -> None:
    combo = bench.child(QComboBox, "racer_1_optimizer")
    combo.setCurrentIndex(combo.findData("adam"))
    assert bench.child(QDoubleSpinBox, "racer_1_lr_spin").value() == 0.001


def test_the_training_goes_on_beside_the_race(bench: Bench) -> None:
    bench.session.run()
    bench.type_number("race_epochs_spin", "3")
    bench.click("race_start")
    bench.wait(lambda: bench.race.state is RaceState.RUNNING)
    begun = bench.session.progress.step
    bench.wait(lambda: bench.race.state is RaceState.STOPPED)
    bench.wait(lambda: bench.session.progress.step > begun)
    assert bench.session.run_state is RunState.RUNNING
    bench.session.pause()
    bench.wait(lambda: bench.session.can_step)


def test_the_one_that_is_taken_goes_on_as_the_present_run(bench: Bench) -> None:
    bench.race_for(2)
    row = bench.table.order.index(0)
    assert not bench.child(QPushButton, "race_take").isEnabled()
    bench.qtbot.mouseClick(
        bench.table.viewport(),
        Qt.MouseButton.LeftButton,
        pos=bench.table.visualItemRect(bench.table.item(row, 1)).center(),
    )
    bench.click("race_take")
    steps = bench.race.racers[0].step
    bench.wait(lambda: bench.session.can_step and bench.session.trace.step == steps)
    assert bench.session.preset.training.optimizer == OptimizerSpec("sgd", {"lr": 0.1})
    (present,) = bench.session.time_machine.runs
    assert present.color == bench.race.racers[0].color != 0
    assert [each.epoch for each in bench.session.history.epochs] == [1, 2]
    assert bench.session.history.epochs[-1].val_loss == bench.race.racers[0].epochs[-1].val_loss
    bench.session.run_epoch()
    bench.wait(lambda: len(bench.session.history.epochs) == 3 and bench.session.can_step)
    bench.click("race_stop")  # the racer goes on for two more epochs, and so does the run: the same numbers
    bench.wait(lambda: len(bench.race.racers[0].epochs) == 4)
    assert bench.session.history.epochs[2].val_loss == bench.race.racers[0].epochs[2].val_loss
    assert bench.session.history.epochs[2].train_loss == bench.race.racers[0].epochs[2].train_loss


def test_values_are_read_under_the_pointer(bench: Bench) -> None:
    bench.race_for(2)
    plot = bench.child(RacePlot)
    bench.wait(lambda: plot.plot.viewport().width() > 100)
    bench.qtbot.mouseMove(plot.plot.viewport(), QPoint(0, 0))
    bench.qtbot.mouseMove(plot.plot.viewport(), plot.plot.viewport().rect().center())
    spoken = [child.accessibleDescription() for child in plot.findChildren(QWidget)]
    spoken += [child.accessibleDescription() for child in bench.window.findChildren(QWidget, "readout")]
    assert any(text.startswith("Epoch ") and "Adam" in text and "RMSprop" in text for text in spoken)
    for name in ("race_log", "race_validation"):
        bench.click(name, QToolButton)


@pytest.mark.parametrize("choice", [ThemeChoice.LIGHT, ThemeChoice.DARK])
def test_the_surface_through_the_paths(bench: Bench, choice: ThemeChoice) -> None:
    theme_manager().choose(choice)
    bench.race_for(2)
    bench.open("surface")
    bench.click("surface_measure")
    bench.wait(lambda: bench.race.surface is not None and bench.race.surface.complete and bench.race.measured is None)
    bench.wait(lambda: all(racer.path is not None for racer in bench.race.racers))
    note = bench.child(QLabel, "surface_note")
    bench.wait(lambda: note.text().startswith("Loss on 1,000 training samples. The plane holds"))
    view = bench.child(SurfaceView, "surface_view")
    ends = [view.position_of(*racer.path[-1].tolist()) for racer in bench.race.racers]
    assert all(view.area.contains(end) for end in ends)
    middle = view.area.center().toPoint()
    bench.qtbot.mouseMove(view, middle - QPoint(5, 5))
    bench.qtbot.mouseMove(view, middle)
    assert bench.child(QLabel, "surface_reading").text().startswith("Here: loss ")
    image = view.grab().toImage()
    colors = {theme_manager().theme.run_color(racer.color).name() for racer in bench.race.racers}
    ratio = image.devicePixelRatio()
    seen = {image.pixelColor((end * ratio).toPoint()).name() for end in ends}
    assert seen <= colors


def test_the_surface_around_the_present_weights_needs_no_race(bench: Bench) -> None:
    bench.open("surface")
    assert not bench.child(QPushButton, "surface_measure").isEnabled()
    combo = bench.child(QComboBox, "surface_plane_combo")
    combo.setCurrentIndex(combo.findData(Plane.RANDOM))
    bench.click("surface_measure")
    bench.wait(lambda: bench.race.surface is not None and bench.race.surface.complete)
    first = bench.race.surface
    bench.wait(lambda: bench.child(QPushButton, "surface_measure").isVisible())
    bench.click("surface_measure")
    bench.wait(lambda: bench.race.surface.number > first.number and bench.race.surface.complete)
    np.testing.assert_array_equal(bench.race.surface.losses, first.losses)  # the same directions
    second = bench.race.surface
    assert "random" in bench.child(QLabel, "surface_note").text()
    bench.wait(lambda: bench.child(QPushButton, "surface_other_directions").isVisible())
    bench.click("surface_other_directions")
    bench.wait(lambda: bench.race.surface.number > second.number and bench.race.surface.complete)
    assert not np.array_equal(bench.race.surface.losses, first.losses)
    assert bench.race.surface.loss_at(0.0, 0.0) == first.loss_at(0.0, 0.0)


def test_measuring_can_be_cancelled(bench: Bench) -> None:
    bench.open("surface")
    combo = bench.child(QComboBox, "surface_plane_combo")
    combo.setCurrentIndex(combo.findData(Plane.RANDOM))
    bench.click("surface_measure")
    progress = bench.child(QProgressBar, "surface_progress")
    bench.wait(lambda: progress.isVisible() and bench.race.surface is not None)
    bench.click("surface_cancel")
    bench.wait(lambda: bench.race.measured is None and not progress.isVisible())
    assert not bench.race.surface.complete
    bench.wait(lambda: bench.child(QLabel, "surface_note").text().startswith("Cancelled: a coarse map, of "))


def test_closing_in_the_middle_of_everything(bench: Bench) -> None:
    bench.type_number("race_epochs_spin", "1000")
    bench.click("race_start")
    bench.wait(lambda: bench.race.state is RaceState.RUNNING and bench.race.racers[0].step > 10)
    bench.race.measure(Plane.PATHS)
    bench.session.run()
    bench.window.close()


def test_a_race_from_the_initial_weights_of_a_trained_network(bench: Bench) -> None:
    bench.session.run_epoch()
    bench.wait(lambda: bench.session.can_step and bench.session.history.epochs != [])
    combo = bench.child(QComboBox, "race_from_combo")
    combo.setCurrentIndex(combo.findData("initial"))
    bench.race_for(1)
    assert bench.race.start_point.step == 0
    adam = bench.race.racers[3]
    assert adam.epochs[0].train_loss == bench.session.history.epochs[0].train_loss
