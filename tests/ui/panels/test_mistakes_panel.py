"""The mistakes dock, with the real engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QLabel,
    QListView,
    QPushButton,
    QTableView,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from nnviz.core.confusion import Mistakes
from nnviz.core.facts import RunState
from nnviz.core.spec import DataSpec, NetworkSpec, Preset
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.layers import Dense
from nnviz.engine.trainer import Trainer
from nnviz.session.session import Session
from nnviz.ui.panels.confusion import MistakesPanel
from nnviz.ui.panels.inspector import InspectorPanel
from nnviz.ui.theme import ThemeChoice, theme_manager
from nnviz.ui.widgets.confusion_table import ConfusionModel, ConfusionTable
from nnviz.ui.widgets.fact_sheet import FactSheet
from nnviz.ui.widgets.sample_model import ThumbnailRole

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


def matrix_of(confused: dict[tuple[int, int], int]) -> Mistakes:
    """Make a matrix of ten classes with 1,135 samples each, most of them right."""
    counts = np.diag(np.full(10, 1135))
    for (row, column), count in confused.items():
        counts[row, column], counts[row, row] = count, counts[row, row] - count
    no_samples = np.zeros(0, np.int64)
    return Mistakes(
        counts=counts,
        available=int(counts.sum()),
        indices=no_samples,
        inputs=np.zeros((0, 8, 8), np.float32),
        targets=no_samples,
        predictions=no_samples,
        outputs=np.zeros(0, np.float32),
        losses=np.zeros(0, np.float32),
    )


@pytest.mark.parametrize("width", [240, 266, 460])
def test_every_number_of_the_matrix_can_be_seen(qtbot: QtBot, width: int) -> None:
    """There is ink in each cell, and the middle of its edge is free."""
    theme_manager().choose(ThemeChoice.LIGHT)
    model = ConfusionModel()
    table = ConfusionTable(model)
    qtbot.addWidget(table)
    model.show_mistakes(matrix_of({(4, 6): 412, (9, 8): 37, (2, 1): 1}), tuple("0123456789"))
    table.resize(width, 300)
    table.show()
    qtbot.waitExposed(table)
    image = table.viewport().grab().toImage()
    for row, column in ((0, 0), (4, 4), (4, 6), (9, 8), (2, 1)):
        cell = table.visualRect(model.index(row, column))
        ground = image.pixelColor(cell.topLeft() + QPoint(2, 2)).green()
        ink = np.array(
            [
                [abs(image.pixelColor(x, y).green() - ground) for x in range(cell.left() + 1, cell.right())]
                for y in range(cell.top() + 2, cell.bottom() - 1)
            ]
        )
        assert ink.max() > 100, (row, column)
        assert np.median(ink[:, 0]) == np.median(ink[:, -1]) == 0, (row, column)


def test_rare_and_frequent_mistakes_differ_in_colour() -> None:
    theme_manager().choose(ThemeChoice.LIGHT)
    model = ConfusionModel()
    model.show_mistakes(matrix_of({(4, 6): 412, (9, 8): 37, (2, 1): 1}), tuple("0123456789"))
    grounds = [model.cell(*place).ground for place in ((2, 1), (9, 8), (4, 6))]
    depth = [ground.saturation() for ground in grounds]
    assert depth[0] + 15 < depth[1]
    assert depth[1] + 30 < depth[2]


@pytest.mark.parametrize("samples", ["Validation data", "Training data"])
def test_learning_from_validation_data_is_said_beforehand(bench: Bench, samples: str) -> None:
    settled(bench, steps=20)
    combo, hint = bench.child(QComboBox, "mistakes_samples_combo"), bench.child(QLabel, "learn_mistake_hint")
    learn = bench.child(QPushButton, "learn_mistake_button")
    combo.setCurrentText(samples)
    bench.wait(lambda: ("359" if samples == "Validation data" else "1,438") in bench.result)
    warned = samples == "Validation data"
    assert ("although it is validation data" in learn.toolTip()) is warned
    bench.click(bench.list, bench.list.model().index(0, 0))
    bench.wait(learn.isEnabled)
    assert hint.isHidden()
    bench.press("learn_mistake_button")
    bench.wait(lambda: bench.session.can_step and bench.session.trace.is_drawing)
    bench.wait(lambda: hint.isVisible() is warned)
    bench.session.previous_batch()
    bench.wait(hint.isHidden)


def test_worst_mistakes_come_first_and_say_target_prediction_and_sureness(bench: Bench) -> None:
    found = settled(bench)
    wrong = found.wrong
    assert f"{wrong} of 359" in bench.result
    texts = bench.shown_mistakes()
    assert len(texts) == min(60, wrong)
    target, predicted = found.targets[0], found.predictions[0]
    assert f"target {target}, predicted {predicted} ({100 * found.outputs[0]:.0f} %), loss " in texts[0]
    model = bench.list.model()
    notes = [float(model.index(row, 0).data(ThumbnailRole).note) for row in range(model.rowCount())]
    assert notes == sorted(notes, reverse=True)  # what is shown is what they are sorted by
    assert notes[0] == pytest.approx(found.losses[0], rel=0.01)


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


# --- the sample in the picture ----------------------------------------------------------------------------------------


def show_first(bench: Bench) -> Mistakes:
    found = settled(bench, 100)
    bench.click(bench.list, bench.list.model().index(0, 0))
    bench.wait(lambda: bench.session.frame.trace.is_drawing)
    return found


@pytest.fixture
def gradients(bench: Bench) -> list[np.ndarray | None]:
    taken: list[np.ndarray | None] = []
    bench.panel.pixels.changed.connect(taken.append)
    return taken


def test_the_picture_knows_what_is_right_and_computes_no_loss(bench: Bench) -> None:
    found = show_first(bench)
    frame = bench.session.frame
    assert int(frame.target.argmax()) == found.targets[0]
    assert frame.target.sum() == 1
    assert not frame.trace.has_backward
    inspector = InspectorPanel(bench.session, CATALOGUE)
    bench.qtbot.addWidget(inspector)
    inspector.pin_neuron(4, int(found.predictions[0]))
    sheet = inspector.findChild(FactSheet, "inspector_facts")
    assert "target y\t0" in sheet.plain_text()
    assert "It has only passed forward. Step through it" in sheet.plain_text()
    assert "Without a target" not in sheet.plain_text()
    heading = inspector.findChild(QToolButton, "fold_rivals")
    assert heading.text() == f"Why {found.predictions[0]} rather than {found.targets[0]}?"


def test_the_pixels_that_matter_are_shown_and_hidden_again(bench: Bench, gradients: list[np.ndarray | None]) -> None:
    bench.load(DIGITS)
    button = bench.child(QPushButton, "mistakes_pixels_button")
    assert not button.isEnabled()
    found = show_first(bench)
    bench.press("mistakes_pixels_button")
    bench.wait(lambda: bool(gradients) and gradients[-1] is not None)
    assert gradients[-1].shape == (8, 8)
    assert f"more like {found.predictions[0]}" in bench.child(QLabel, "mistakes_pixels_text").text()
    first, count = gradients[-1], len(gradients)
    bench.click(bench.list, bench.list.model().index(1, 0))  # it goes on with another mistake
    bench.wait(lambda: len(gradients) > count and not np.array_equal(gradients[-1], first))
    bench.press("mistakes_pixels_button")
    assert gradients[-1] is None
    assert not bench.child(QLabel, "mistakes_pixels_text").isVisible()


@pytest.mark.parametrize("leave", ["button", "step", "hide"])
def test_the_pixels_go_with_their_sample_and_their_panel(
    bench: Bench, gradients: list[np.ndarray | None], leave: str
) -> None:
    show_first(bench)
    button = bench.child(QPushButton, "mistakes_pixels_button")
    bench.press("mistakes_pixels_button")
    bench.wait(lambda: bool(gradients) and gradients[-1] is not None)
    match leave:
        case "button":
            bench.press("leave_mistake_button")
        case "step":
            bench.session.step_forward()
        case "hide":
            bench.panel.hide()
    bench.wait(lambda: gradients[-1] is None)
    assert not button.isChecked()


def test_the_pixels_stay_while_their_sample_is_stepped_through(
    bench: Bench, gradients: list[np.ndarray | None]
) -> None:
    show_first(bench)
    bench.press("mistakes_pixels_button")
    bench.wait(lambda: bool(gradients) and gradients[-1] is not None)
    bench.press("learn_mistake_button")
    bench.wait(lambda: bench.session.can_step and bench.session.frame.trace.has_backward)
    bench.session.step_forward()
    assert bench.child(QPushButton, "mistakes_pixels_button").isChecked()
    assert all(each is not None for each in gradients)


def test_points_have_no_pixels(bench: Bench) -> None:
    bench.load(CATALOGUE.presets["circle"])
    bench.wait(lambda: bool(bench.answers))
    assert not bench.child(QPushButton, "mistakes_pixels_button").isVisible()
