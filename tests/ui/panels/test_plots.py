"""The loss and accuracy docks, driven as a user would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.catalogue import Catalogue, LossEntry
from nnviz.core.data import DataSummary, Task
from nnviz.core.history import BatchPoints, EpochResult, Mark
from nnviz.session.session import Session
from nnviz.ui.panels.plots import AccuracyPanel, LossPanel
from nnviz.ui.theme import ThemeChoice, theme_manager
from tests.support.reference import example_preset

CATALOGUE = Catalogue(
    (),
    (),
    (LossEntry("categorical_crossentropy", "categorical cross-entropy", "", ""),),
    (),
    {"digits": example_preset()},
)
BATCHES = 10
WRAPPED = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap


def summary(classes: tuple[str, ...]) -> DataSummary:
    return DataSummary(
        name="digits",
        title="Digits",
        sample_shape=(8, 8),
        training_samples=320,
        validation_samples=80,
        test_samples=0,
        divisor=16.0,
        classes=classes,
        task=Task.CLASSES if classes else Task.VALUES,
        feature_names=(),
        value_range=(0.0, 16.0),
        stored_type="uint8",
        preview_raw=np.zeros((1, 8, 8), np.uint8),
        preview_targets=np.zeros(1, np.int64),
    )


@dataclass
class ScriptedTrainer:
    """Tells what it is given: the next report at each `Run`."""

    classes: tuple[str, ...] = tuple("0123456789")
    reports: list[f.Progress] = field(default_factory=list)
    running: bool = False

    def execute(self, command: c.Command) -> Iterable[f.Fact]:
        match command:
            case c.LoadPreset():
                yield f.Loaded(command.preset, summary(self.classes), revision=1, step=0)
            case c.Run():
                yield self.reports.pop(0)
                yield f.Stopped()

    def advance(self, seconds: float) -> Iterable[f.Fact]:
        return ()

    def stop(self) -> None:
        pass


def report(
    first_epoch: int, epochs: int, marks: tuple[Mark, ...] = (), loss: float = 2.0, extra_batches: int = 0
) -> f.Progress:
    """Epochs in which the loss halves each time; accuracy rises with it."""
    first_step = (first_epoch - 1) * BATCHES
    numbers = np.arange(epochs * BATCHES + extra_batches)
    losses = (loss * 0.5 ** (numbers // BATCHES + first_epoch - 1)).astype(np.float32)
    results = tuple(
        EpochResult(n, n * BATCHES, loss * 0.5 ** (n - 1), 1 - 0.5**n, loss * 0.55 ** (n - 1), 1 - 0.55**n, 0.1)
        for n in range(first_epoch, first_epoch + epochs)
    )
    return f.Progress(
        revision=1,
        step=first_step + len(numbers),
        epoch=first_epoch + epochs - 1,
        batch=extra_batches,
        batches=BATCHES,
        oldest_step=0,
        samples_per_second=1.0,
        points=(BatchPoints(first_step, losses, 1 - losses / 3),),
        epochs=results,
        marks=marks,
    )


@pytest.fixture
def trainer() -> ScriptedTrainer:
    return ScriptedTrainer()


@pytest.fixture
def session(qtbot, trainer) -> Iterator[Session]:
    session = Session(lambda: trainer)
    yield session
    session.close()


def load(qtbot, session: Session) -> None:
    with qtbot.waitSignal(session.loaded):
        session.load_preset(example_preset())


def run(qtbot, session: Session) -> None:
    qtbot.waitUntil(lambda: session.run_state is f.RunState.PAUSED)
    with qtbot.waitSignal(session.progressed):
        session.run()


def opened(qtbot, panel: QWidget, width: int = 900, height: int = 240) -> QWidget:
    qtbot.addWidget(panel)
    panel.resize(width, height)
    with qtbot.waitExposed(panel):
        panel.show()
    qtbot.waitUntil(lambda: panel.curve_plot.width() >= width - 20)  # the plot is made after the window stands
    return panel


@pytest.fixture
def loss(qtbot, session, trainer) -> LossPanel:
    """A loss dock after six epochs and a bit."""
    trainer.reports.append(report(1, 6, (Mark(25, "Adam → SGD"),), extra_batches=4))
    panel = opened(qtbot, LossPanel(session, CATALOGUE))
    load(qtbot, session)
    run(qtbot, session)
    qtbot.waitUntil(lambda: "Training" in described(panel, "loss_plot"))
    return panel


def plot_of(panel: QWidget, name: str) -> QWidget:
    found = panel.findChild(QWidget, name)
    assert found is not None
    return found


def described(panel: QWidget, name: str) -> str:
    return plot_of(panel, name).accessibleDescription()


def move_to(qtbot, panel: LossPanel, epoch: float, value: float) -> None:
    plot = panel.curve_plot.plot
    qtbot.mouseMove(plot.viewport(), panel.curve_plot.position_of(epoch, value).toPoint())


def zoom_in(panel: LossPanel) -> None:
    viewport = panel.curve_plot.plot.viewport()
    centre = QPointF(viewport.rect().center())
    nothing = Qt.KeyboardModifier.NoModifier
    wheel = QWheelEvent(
        centre,
        viewport.mapToGlobal(centre),
        QPoint(),
        QPoint(0, 480),
        Qt.MouseButton.NoButton,
        nothing,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, wheel)


def test_before_the_first_step_the_plots_say_what_to_do(qtbot, session):
    for panel, name in ((LossPanel, "loss_plot"), (AccuracyPanel, "accuracy_plot")):
        shown = opened(qtbot, panel(session, CATALOGUE))
        load(qtbot, session)
        qtbot.waitUntil(lambda shown=shown, name=name: "Press Space" in described(shown, name))


def test_the_plot_follows_the_training(qtbot, session, trainer, loss):
    assert described(loss, "loss_plot") == "Latest, Training 0.0625, Validation 0.1007, Batch 0.0312"
    trainer.reports.append(report(7, 3))
    run(qtbot, session)
    qtbot.waitUntil(lambda: "Training 0.0078" in described(loss, "loss_plot"))
    (left, right), (low, high) = loss.curve_plot.shown_range
    assert left == 0.0
    assert 9.0 < right < 10.0
    assert low == 0.0
    assert high > 0.0078


def test_hover_reads_the_end_of_the_nearest_epoch(qtbot, loss):
    move_to(qtbot, loss, 3.2, 0.5)
    assert described(loss, "loss_plot") == "Epoch 3, Training 0.5000, Validation 0.6050, Batch 0.5000"
    move_to(qtbot, loss, 0.21, 0.5)
    assert described(loss, "loss_plot").startswith("Epoch 0.20, Training –, Validation –, Batch 2.0000")


def test_a_mark_under_the_pointer_tells_what_was_changed(qtbot, loss):
    move_to(qtbot, loss, 2.5, 0.5)
    assert plot_of(loss, "loss_plot").toolTip() == "Adam → SGD"
    move_to(qtbot, loss, 4.0, 0.5)
    assert plot_of(loss, "loss_plot").toolTip() == ""


@pytest.mark.parametrize("way", ["button", "key", "double click"])
def test_zoom_holds_until_everything_is_asked_for_again(qtbot, session, trainer, loss, way):
    plot = plot_of(loss, "loss_plot")
    view_all = loss.findChild(QToolButton, "loss_plot_view_all")
    assert not view_all.isVisible()
    before = loss.curve_plot.shown_range
    zoom_in(loss)
    zoomed = loss.curve_plot.shown_range
    assert zoomed != before
    assert view_all.isVisible()
    trainer.reports.append(report(7, 1))
    run(qtbot, session)
    qtbot.waitUntil(lambda: "Training 0.0312" in described(loss, "loss_plot"))
    assert loss.curve_plot.shown_range == zoomed
    if way == "button":
        qtbot.mouseClick(view_all, Qt.MouseButton.LeftButton)
    elif way == "key":
        loss.activateWindow()
        plot.setFocus()
        qtbot.waitUntil(plot.hasFocus)
        qtbot.keyClick(plot, Qt.Key.Key_A)
    else:
        qtbot.mouseDClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=plot.viewport().rect().center())
    assert loss.curve_plot.shown_range[0][0] == 0.0
    assert loss.curve_plot.shown_range[0][1] > 7.0
    assert not view_all.isVisible()


def test_the_loss_can_be_seen_on_a_logarithmic_scale(qtbot, loss):
    button = loss.findChild(QToolButton, "loss_plot_scale")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    _, (low, high) = loss.curve_plot.shown_range
    assert low < np.log10(0.0625)
    assert 0.0 < high < 1.0
    equal_steps = [loss.curve_plot.position_of(n, 2.0 * 0.5**n).y() for n in (1, 2, 3)]
    assert np.diff(equal_steps)[0] == pytest.approx(np.diff(equal_steps)[1])
    move_to(qtbot, loss, 3.0, 0.5)
    assert "Training 0.5000" in described(loss, "loss_plot")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert loss.curve_plot.shown_range[1][0] == 0.0


def test_losses_that_are_not_finite_do_not_break_the_plot(qtbot, session, trainer, loss):
    bad = report(7, 1, loss=float("nan"))
    trainer.reports.append(bad)
    run(qtbot, session)
    qtbot.waitUntil(lambda: "Training –" in described(loss, "loss_plot"))
    qtbot.mouseClick(loss.findChild(QToolButton, "loss_plot_scale"), Qt.MouseButton.LeftButton)
    assert np.isfinite(loss.curve_plot.shown_range).all()


def test_accuracy_is_shown_in_percent_and_can_be_magnified(qtbot, session, trainer):
    trainer.reports.append(report(1, 6))
    panel = opened(qtbot, AccuracyPanel(session, CATALOGUE))
    load(qtbot, session)
    run(qtbot, session)
    qtbot.waitUntil(lambda: "Training 98.4 %, Validation 97.2 %" in described(panel, "accuracy_plot"))
    assert panel.curve_plot.shown_range[1] == (0.0, 105.0)
    qtbot.mouseClick(panel.findChild(QToolButton, "accuracy_plot_scale"), Qt.MouseButton.LeftButton)
    low, high = panel.curve_plot.shown_range[1]
    assert 50.0 <= low < 90.0
    assert high <= 105.0


def test_where_there_are_no_classes_the_accuracy_dock_says_so(qtbot, session, trainer):
    trainer.classes = ()
    panel = opened(qtbot, AccuracyPanel(session, CATALOGUE))
    load(qtbot, session)
    qtbot.waitUntil(lambda: "predicts numbers" in described(panel, "accuracy_plot"))


@pytest.mark.parametrize(("width", "height"), [(300, 110), (300, 160), (900, 240)])
def test_the_message_is_never_cut(qtbot, session, trainer, width, height):
    trainer.classes = ()
    panel = opened(qtbot, AccuracyPanel(session, CATALOGUE), width, height)
    load(qtbot, session)
    qtbot.waitUntil(lambda: "predicts numbers" in described(panel, "accuracy_plot"))
    metrics = panel.fontMetrics()
    rect = panel.curve_plot.plot.rect()
    assert rect.contains(metrics.boundingRect(rect, WRAPPED, described(panel, "accuracy_plot")))


def test_the_first_batch_can_be_seen(qtbot, session, trainer):
    trainer.reports.append(report(1, 0, extra_batches=1))
    panel = opened(qtbot, LossPanel(session, CATALOGUE))
    load(qtbot, session)
    run(qtbot, session)
    qtbot.waitUntil(lambda: "Batch 2.0000" in described(panel, "loss_plot"))
    image = panel.curve_plot.plot.grab().toImage()
    dot = panel.curve_plot.position_of(0.1, 2.0).toPoint()
    assert image.pixelColor(dot) == theme_manager().theme.color("muted")


def test_a_hidden_dock_catches_up_when_it_is_shown(qtbot, session, trainer, loss):
    loss.hide()
    trainer.reports.append(report(7, 1))
    run(qtbot, session)
    with qtbot.waitExposed(loss):
        loss.show()
    assert "Training 0.0312" in described(loss, "loss_plot")


def test_a_fresh_start_empties_the_plot_and_ends_the_zoom(qtbot, session, loss):
    zoom_in(loss)
    load(qtbot, session)
    qtbot.waitUntil(lambda: "Press Space" in described(loss, "loss_plot"))
    assert not loss.curve_plot.is_zoomed


def colours(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(0, image.width()) for y in range(0, image.height(), 2)}


def test_the_theme_changes_live_and_the_lines_keep_their_colours(qtbot, loss):
    manager = theme_manager()
    for choice in (ThemeChoice.DARK, ThemeChoice.LIGHT):
        manager.choose(choice)
        seen = colours(loss.grab().toImage())
        theme = manager.theme
        assert {theme.panel, theme.accent, theme.warning} <= seen
    manager.choose(ThemeChoice.SYSTEM)


@pytest.mark.parametrize(("width", "height"), [(300, 160), (1900, 260)])
def test_small_and_wide_docks_keep_room_for_the_curves(qtbot, loss, width, height):
    loss.resize(width, height)
    qtbot.waitUntil(lambda: plot_of(loss, "loss_plot").width() > width - 20)
    left, right = (loss.curve_plot.position_of(x, 0.0).x() for x in loss.curve_plot.shown_range[0])
    low, high = (loss.curve_plot.position_of(0.0, y).y() for y in loss.curve_plot.shown_range[1])
    assert right - left > 0.65 * width
    assert low - high > 0.45 * height


def test_everything_that_can_be_operated_has_a_name(qtbot, session, loss):
    accuracy = opened(qtbot, AccuracyPanel(session, CATALOGUE))
    for panel in (loss, accuracy):
        for widget in (*panel.findChildren(QToolButton), panel.curve_plot.plot):
            assert widget.objectName()
            assert widget.accessibleName()
