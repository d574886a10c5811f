"""The layers dock: histograms, gradient norms, idle units, and the health line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.facts import RunState
from nnviz.core.remedies import Cure, Remedy
from nnviz.core.spec import OptimizerSpec, Preset
from nnviz.engine.catalogue import catalogue
from nnviz.engine.datasets import DataPlaces
from nnviz.engine.trainer import Trainer
from nnviz.session.session import Session
from nnviz.ui.panels.layers import LayersPanel
from nnviz.ui.theme import ThemeChoice, theme_manager
from nnviz.ui.widgets.health_line import HealthLine
from nnviz.ui.widgets.strip_image import BINS, Course, course_of, decades_around, densities, nice_range

CATALOGUE = catalogue()
DIGITS = CATALOGUE.presets["digits"]


class Bench:
    """The panel on a session with the real engine."""

    def __init__(self, qtbot: QtBot, width: int = 1000) -> None:
        theme_manager()
        self.qtbot = qtbot
        self.session = Session(lambda: Trainer(CATALOGUE, DataPlaces(None, Path())))
        self.panel = LayersPanel(self.session, CATALOGUE)
        self.session.frame_changed.connect(self.panel.show_frame)
        qtbot.addWidget(self.panel)
        self.panel.resize(width, 260)
        with qtbot.waitExposed(self.panel):
            self.panel.show()

    def load(self, preset: Preset) -> None:
        self.session.load_preset(preset)
        self.wait(lambda: self.session.can_step)

    def wait(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=20_000)

    def next_batches(self, count: int) -> None:
        for _ in range(count):
            with self.qtbot.waitSignal(self.session.trace_recorded):
                self.session.next_batch()
            self.wait(lambda: self.session.can_step)

    def train_until(self, condition: Callable[[], bool]) -> None:
        self.session.run()
        self.wait(condition)
        self.session.pause()
        self.wait(lambda: self.session.run_state is RunState.PAUSED and self.session.can_step)

    def child(self, kind: type[QWidget], name: str) -> QWidget:
        return self.panel.findChildren(kind, name)[0]

    @property
    def described(self) -> str:
        return self.child(QWidget, "layer_strips").accessibleDescription()

    @property
    def health(self) -> str:
        return self.child(QLabel, "health_text").text()


MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(qtbot: QtBot) -> Iterator[MakeBench]:
    benches: list[Bench] = []

    def make(width: int = 1000) -> Bench:
        benches.append(Bench(qtbot, width))
        return benches[-1]

    yield make
    for bench in benches:
        bench.session.close()
    theme_manager().choose(ThemeChoice.SYSTEM)


def with_lr(preset: Preset, name: str, lr: float) -> Preset:
    return preset.with_training(replace(preset.training, optimizer=OptimizerSpec(name, {"lr": lr})))


def with_hidden(preset: Preset, **changes: object) -> Preset:
    learning = preset.network.layers_with_parameters[:-1]
    layers = tuple(
        replace(layer, **changes) if index in learning else layer for index, layer in enumerate(preset.network.layers)
    )
    return replace(preset, network=replace(preset.network, layers=layers))


def test_one_row_for_each_layer_with_weights_tells_norm_and_idle_units(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.load(DIGITS)
    rows = bench.described.split("; ")
    assert [row.partition(":")[0] for row in rows] == ["Hidden 1", "Hidden 2", "Output"]
    trace = bench.session.trace
    assert trace is not None
    gradient = trace.layers[2].parameters["weight"].gradient
    assert f"gradient norm {np.linalg.norm(gradient):.2g}" in rows[0]
    assert rows[0].endswith("% dead")
    assert rows[2].endswith("–")


def test_saturated_units_are_told_for_tanh(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.load(CATALOGUE.presets["circle"])
    assert bench.described.split("; ")[0].endswith("% saturated")


def test_it_is_empty_before_there_is_a_network(make_bench: MakeBench) -> None:
    bench = make_bench()
    assert not bench.panel.grab().isNull()
    assert bench.described == ""


def test_a_sound_training_gets_a_calm_line(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.load(DIGITS)
    assert bench.health.startswith("Train for a while")
    bench.next_batches(21)
    assert bench.health == "Nothing unusual."
    assert not bench.panel.findChildren(QPushButton)


def test_too_high_a_learning_rate_is_named_and_cured_by_a_button(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.load(with_lr(CATALOGUE.presets["circle"], "sgd", 10.0))
    bench.train_until(lambda: "too high" in bench.health)
    button = bench.child(QPushButton, "remedy_lower_learning_rate_button")
    assert button.text() == "Learning rate 1"
    with bench.qtbot.waitSignal(bench.session.training_changed):
        bench.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert bench.session.preset is not None
    assert bench.session.preset.training.optimizer.settings["lr"] == 1.0
    bench.wait(lambda: not bench.panel.findChildren(QPushButton))


def test_equal_weights_are_named_and_drawn_anew_by_a_button(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.load(with_hidden(DIGITS, initialisation="zeros"))
    bench.next_batches(1)
    assert bench.health.startswith("All 20 neurons of Hidden 1 have the same weights")
    with bench.qtbot.waitSignal(bench.session.loaded):
        button = bench.child(QPushButton, "remedy_new_weights_button")
        bench.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    bench.wait(lambda: bench.session.can_step)
    assert bench.session.preset is not None
    assert bench.session.preset.network.layers[2].initialisation == "he_uniform"
    bench.next_batches(1)
    assert not bench.panel.findChildren(QPushButton)


def test_a_narrow_dock_shows_one_histogram_to_be_chosen(make_bench: MakeBench) -> None:
    bench = make_bench(width=420)
    bench.load(DIGITS)
    bench.next_batches(3)
    combo = bench.child(QComboBox, "layer_histogram_combo")
    assert combo.isVisible()
    pictures = []
    for _ in range(3):
        pictures.append(bench.panel.grab().toImage())
        bench.qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert all(one != other for one, other in pairwise(pictures))
    bench.panel.resize(1000, 260)
    bench.wait(lambda: not combo.isVisible())


def test_columns_are_explained_under_the_mouse(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.load(DIGITS)
    strips = bench.child(QWidget, "layer_strips")
    tips = set()
    for x in range(5, strips.width(), 20):
        bench.qtbot.mouseMove(strips, QPoint(x, 40))
        tips.add(strips.toolTip())
    tips.discard("")
    assert len(tips) == 6


def test_it_does_nothing_while_it_is_hidden_and_catches_up(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.load(DIGITS)
    before = bench.described
    bench.panel.hide()
    bench.next_batches(2)
    assert bench.described == before
    bench.panel.show()
    assert bench.described != before


def test_going_back_shows_the_numbers_of_that_batch_again(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.load(DIGITS)
    first = bench.described.partition(",")[0]
    bench.next_batches(2)
    assert bench.described.partition(",")[0] != first
    for _ in range(2):
        with bench.qtbot.waitSignal(bench.session.trace_recorded):
            bench.session.previous_batch()
        bench.wait(lambda: bench.session.can_step)
    assert bench.described.partition(",")[0] == first


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_networks_that_have_got_lost_can_be_painted(make_bench: MakeBench, optimizer: str) -> None:
    bench = make_bench()
    bench.load(with_lr(DIGITS, optimizer, 100.0))
    for _ in range(8):
        if not bench.session.can_step:
            break
        bench.next_batches(1)
        assert not bench.panel.grab().isNull()


def test_it_follows_the_theme(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.load(DIGITS)
    for choice in (ThemeChoice.DARK, ThemeChoice.LIGHT):
        theme_manager().choose(choice)
        assert bench.panel.grab().toImage().pixelColor(3, 3).name() == theme_manager().theme.panel


def test_densities_are_shares_of_what_lies_in_a_bin() -> None:
    quantiles = np.array([np.linspace(0.0, 1.0, 33), np.full(33, -0.99)], np.float32)
    course = Course(np.array([10.0, 20.0]), quantiles)
    shares = densities(course, -1.0, 1.0, 0.0, 20.0, 5)  # at the steps 0, 5, 10, 15, 20
    assert shares.shape == (BINS, 5)
    np.testing.assert_allclose(shares.sum(axis=0), [0, 0, 1, 1, 1], rtol=1e-5)
    np.testing.assert_allclose(shares[: BINS // 2, 2], 2 / BINS, atol=0.02)  # evenly over the upper half
    assert shares[BINS // 2 :, 2].sum() == pytest.approx(0.0, abs=0.02)
    assert shares[-1, 4] == pytest.approx(1.0)


def test_moments_without_numbers_are_gaps() -> None:
    known = np.linspace(0.0, 1.0, 33, dtype=np.float32)
    course = course_of([0, 10, 20, 30], [known, None, np.full(33, np.nan, np.float32), known])
    assert course is not None
    assert course.inner_range() == (pytest.approx(1 / 32), pytest.approx(31 / 32))
    shares = densities(course, -1.0, 1.0, 0.0, 30.0, 4)
    np.testing.assert_allclose(shares.sum(axis=0), [1, 0, 0, 1], rtol=1e-5)
    assert course_of([0, 10], [None, np.full(33, np.nan, np.float32)]) is None


def test_ranges_have_round_ends_and_zero_in_them() -> None:
    assert nice_range(-0.3, 0.7) == (-1.0, 1.0)
    assert nice_range(0.0, 1.7) == (0.0, 2.0)
    assert nice_range(-0.04, -0.01) == (-0.05, 0.0)
    assert nice_range(0.0, 0.0) == (-1.0, 1.0)
    assert decades_around([(-3.2, -1.1), (-2.0, 0.4)]) == (-4, 1)
    assert decades_around([(-0.5, -0.2)]) == (-3, 0)
    assert decades_around([(-30.0, 0.0)]) == (-8, 1)


# --- in a small dock --------------------------------------------------------------------------------------------------


def test_in_a_small_dock_the_choice_stands_in_the_row_of_headings(make_bench: MakeBench) -> None:
    bench = make_bench(width=400)
    bench.load(DIGITS)
    strips, choice = bench.child(QWidget, "layer_strips"), bench.child(QComboBox, "layer_histogram_combo")
    assert choice.isVisible()
    assert choice.parentWidget() is strips
    assert choice.geometry().bottom() < 50
    assert strips.rect().contains(choice.geometry())
    assert strips.sizeHint().height() < 3 * 52 + 60
    bench.panel.resize(1000, 260)
    bench.qtbot.waitUntil(lambda: not choice.isVisible())


def test_a_long_finding_leaves_room_for_the_rows_and_its_buttons_stand_beside_it(
    qtbot: QtBot, make_bench: MakeBench
) -> None:
    line = HealthLine()
    qtbot.addWidget(line)
    text = "Overfitting: " + "the validation loss has risen to a multiple of its best. " * 4
    line.show_advice(((text, (Remedy(Cure.DROPOUT, 0.2), Remedy(Cure.PENALTY, 0.001))),), "")
    line.resize(400, 100)
    with qtbot.waitExposed(line):
        line.show()
    label, buttons = line.findChild(QLabel, "health_text"), line.findChildren(QPushButton)
    assert label is not None
    qtbot.waitUntil(lambda: label.text().endswith("…"))
    assert label.toolTip() == label.accessibleName() == text
    assert label.heightForWidth(label.width()) <= 3 * label.fontMetrics().lineSpacing() + 2
    assert all(button.x() > label.geometry().right() for button in buttons)
    line.resize(4000, 100)
    qtbot.waitUntil(lambda: label.text() == text)
    assert label.toolTip() == ""
    qtbot.waitUntil(lambda: len({button.y() for button in buttons}) == 1)
