"""The mistakes dock, with the real engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QLabel, QListView, QPushButton, QTableView, QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.commands import RunState
from nnviz.core.confusion import Mistakes
from nnviz.core.spec import DataSpec, NetworkSpec, Preset
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.layers import Dense
from nnviz.engine.trainer import Trainer
from nnviz.session.session import Session
from nnviz.ui.panels.confusion import MistakesPanel
from nnviz.ui.theme import ThemeChoice, theme_manager

CATALOGUE = catalogue()
DIGITS = CATALOGUE.presets["digits"]


class Bench:
    """The panel on a session with the real engine, and the answers that came."""

    def __init__(self, qtbot: QtBot) -> None:
        theme_manager()
        self.qtbot = qtbot
        self.session = Session(lambda: Trainer(CATALOGUE, DataPlaces(None, Path())))
        self.answers: list[Mistakes] = []
        self.session.inquiries.answered.connect(self.note)
        self.panel = MistakesPanel(self.session, CATALOGUE)
        self.session.frame_changed.connect(self.panel.show_frame)
        qtbot.addWidget(self.panel)
        self.panel.resize(300, 900)
        with qtbot.waitExposed(self.panel):
            self.panel.show()

    def note(self, question: object, answer: object) -> None:
        if isinstance(answer, Mistakes):
            self.answers.append(answer)

    def load(self, preset: Preset) -> None:
        self.session.load_preset(preset)
        self.wait(lambda: self.session.can_step)

    def wait(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=20_000)

    def train(self, steps: int) -> None:
        begun = self.session.progress.step if self.session.progress else 0
        self.session.run()
        self.wait(lambda: self.session.progress is not None and self.session.progress.step >= begun + steps)
        self.session.pause()
        self.wait(lambda: self.session.run_state is RunState.PAUSED and self.session.can_step)

    def child(self, kind: type[QWidget], name: str):
        (found,) = self.panel.findChildren(kind, name)
        return found

    @property
    def result(self) -> str:
        return self.child(QLabel, "mistakes_result").text()

    @property
    def list(self) -> QListView:
        return self.child(QListView, "mistake_list")

    @property
    def table(self) -> QTableView:
        return self.child(QTableView, "confusion_table")

    def click(self, view: QAbstractItemView, index: QModelIndex) -> None:
        view.scrollTo(index)
        self.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())

    def press(self, name: str) -> None:
        button = self.child(QPushButton, name)
        assert button.isEnabled()
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def cells(self) -> np.ndarray:
        model = self.table.model()
        texts = [[model.index(r, c).data() for c in range(model.columnCount())] for r in range(model.rowCount())]
        return np.array([[int(text or 0) for text in row] for row in texts])

    def shown_mistakes(self) -> list[str]:
        model = self.list.model()
        return [model.index(row, 0).data() for row in range(model.rowCount())]


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    bench = Bench(qtbot)
    yield bench
    bench.session.close()
    theme_manager().choose(ThemeChoice.SYSTEM)


def settled(bench: Bench, steps: int = 300) -> Mistakes:
    """Load and train the digits, and wait for the matrix of the final weights."""
    bench.load(DIGITS)
    bench.train(steps)
    for key, samples in ((Qt.Key.Key_Down, "1,438 samples"), (Qt.Key.Key_Up, "359 samples")):
        bench.qtbot.keyClick(bench.child(QComboBox, "mistakes_samples_combo"), key)
        bench.wait(lambda samples=samples: samples in bench.result)
    return bench.answers[-1]


def test_the_matrix_counts_the_validation_data_at_once(bench: Bench) -> None:
    bench.load(DIGITS)
    bench.wait(lambda: "359 samples" in bench.result)
    assert bench.cells().sum() == 359
    assert bench.table.model().headerData(3, Qt.Orientation.Horizontal) == "3"


def test_worst_mistakes_come_first_and_say_target_prediction_and_sureness(bench: Bench) -> None:
    found = settled(bench)
    wrong = found.wrong
    assert f"{wrong} of 359" in bench.result
    texts = bench.shown_mistakes()
    assert len(texts) == min(60, wrong)
    target, predicted = found.targets[0], found.predictions[0]
    assert f"target {target}, predicted {predicted} ({100 * found.outputs[0]:.0f} %), loss " in texts[0]


def test_a_cell_shows_its_samples_and_a_button_all_again(bench: Bench) -> None:
    found = settled(bench)
    row, column = (int(place[0]) for place in np.nonzero(found.counts * (1 - np.eye(10, dtype=int))))
    count = int(found.counts[row, column])
    bench.click(bench.table, bench.table.model().index(row, column))
    heading = bench.child(QLabel, "mistakes_heading")
    bench.wait(lambda: heading.text() == f"{row} taken for {column}: {count}" and len(bench.shown_mistakes()) == count)
    assert all(f"target {row}, predicted {column}" in text for text in bench.shown_mistakes())
    bench.press("all_mistakes_button")
    bench.wait(lambda: len(bench.shown_mistakes()) == min(60, found.wrong))
    assert heading.text() == "Worst mistakes"


def test_shares_are_percent_of_the_row(bench: Bench) -> None:
    found = settled(bench)
    bench.qtbot.keyClick(bench.child(QComboBox, "mistakes_unit_combo"), Qt.Key.Key_Down)
    np.testing.assert_array_equal(bench.cells(), np.rint(100 * found.shares()))


def test_training_data_can_be_judged_too(bench: Bench) -> None:
    bench.load(DIGITS)
    bench.qtbot.keyClick(bench.child(QComboBox, "mistakes_samples_combo"), Qt.Key.Key_Down)
    bench.wait(lambda: "1,438 samples" in bench.result)


def test_a_sample_goes_into_the_network_and_can_be_stepped_through_and_left(bench: Bench) -> None:
    found = settled(bench)
    bench.click(bench.list, bench.list.model().index(1, 0))
    bench.wait(lambda: bench.session.frame.trace.is_drawing)
    shown = bench.session.frame.trace
    assert shown.sample_indices.tolist() == [found.indices[1]]
    np.testing.assert_array_equal(shown.inputs[0], found.inputs[1])
    assert shown.outputs[0].argmax() == found.predictions[1]
    bench.press("learn_mistake_button")
    bench.wait(lambda: bench.session.can_step and bench.session.frame.trace.has_backward)
    trace = bench.session.trace
    assert trace is not None
    assert trace.is_drawing
    assert trace.targets.tolist() == [found.targets[1]]
    assert trace.loss == pytest.approx(float(found.losses[1]), rel=1e-4)
    bench.press("leave_mistake_button")
    bench.wait(lambda: bench.session.can_step and not bench.session.frame.trace.is_drawing)


def test_it_is_judged_anew_when_a_step_is_taken_or_taken_back(bench: Bench) -> None:
    bench.load(DIGITS)
    bench.wait(lambda: bool(bench.answers))
    count = len(bench.answers)
    bench.session.go_to_position(3)  # forward: the weights are the same
    bench.session.go_to_position(len(bench.session.walk) - 1)
    bench.wait(lambda: len(bench.answers) == count + 1)
    bench.session.step_back()
    bench.wait(lambda: len(bench.answers) == count + 2)


def test_it_follows_a_running_network_now_and_then(bench: Bench) -> None:
    bench.load(DIGITS)
    bench.wait(lambda: bool(bench.answers))
    first = bench.answers[-1].wrong
    bench.session.run()
    bench.wait(lambda: bench.answers[-1].wrong < first / 2)
    assert bench.session.run_state is RunState.RUNNING
    bench.session.pause()
    bench.wait(lambda: bench.session.can_step)


def test_it_asks_for_nothing_while_it_is_hidden(bench: Bench) -> None:
    bench.load(DIGITS)
    bench.wait(lambda: bool(bench.answers))
    bench.panel.hide()
    count = len(bench.answers)
    bench.train(50)
    assert len(bench.answers) == count
    bench.panel.show()
    bench.wait(lambda: len(bench.answers) == count + 1)


def test_points_are_judged_by_their_two_classes(bench: Bench) -> None:
    bench.load(CATALOGUE.presets["circle"])
    bench.wait(lambda: "250 samples" in bench.result)
    assert bench.cells().shape == (2, 2)
    assert not bench.panel.grab().isNull()


def test_without_validation_data_the_training_data_are_judged(bench: Bench) -> None:
    bench.load(CATALOGUE.presets["xor"])
    bench.wait(lambda: "12 samples" in bench.result)
    assert bench.child(QComboBox, "mistakes_samples_combo").currentText() == "Training data"


def test_networks_that_predict_numbers_have_nothing_to_confuse(bench: Bench) -> None:
    circle = CATALOGUE.presets["circle"]
    network = NetworkSpec((circle.network.layers[0], Dense(1, "linear")))
    training = replace(circle.training, loss="mean_squared_error")
    bench.load(replace(circle, data=DataSpec("plane"), network=network, training=training))
    assert bench.child(QLabel, "mistakes_message").text().startswith("This network predicts numbers")
    assert not bench.table.isVisible()


def test_cells_can_be_read_in_both_themes(bench: Bench) -> None:
    settled(bench)
    model = bench.table.model()
    for choice in (ThemeChoice.DARK, ThemeChoice.LIGHT):
        theme_manager().choose(choice)
        for row in range(10):
            for column in range(10):
                index = model.index(row, column)
                ground, ink = index.data(Qt.ItemDataRole.BackgroundRole), index.data(Qt.ItemDataRole.ForegroundRole)
                if ground is not None:
                    assert contrast(ground.getRgbF()[:3], ink.getRgbF()[:3]) >= 4.5


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    def luminance(color: tuple[float, ...]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
        return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_beside_the_matrix_where_there_is_room(bench: Bench) -> None:
    bench.load(DIGITS)
    bench.wait(lambda: bool(bench.answers))
    assert bench.list.mapTo(bench.panel, bench.list.rect().topLeft()).y() > bench.table.geometry().bottom()
    bench.panel.resize(900, 420)
    bench.wait(lambda: bench.list.mapTo(bench.panel, bench.list.rect().topLeft()).x() > bench.table.geometry().right())
