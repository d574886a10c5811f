from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QPointingDevice, QTabletEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton

from nnviz.core import commands as c
from nnviz.core.drawing import prepare_mnist
from nnviz.core.playback import Phase
from nnviz.ui.panels.drawing import DrawingPanel
from nnviz.ui.theme import DARK, ThemeChoice, theme_manager
from nnviz.ui.widgets.pixel_canvas import PixelCanvas
from nnviz.ui.widgets.prediction_bars import PredictionBars
from tests.support.reference import image_network, point_network
from tests.ui.panels.trace_bench import MakeTraceBench, TraceBench, make_bench

__all__ = ["make_bench"]

Stroke = list[tuple[float, float]]
SEVEN: Stroke = [(0.25, 0.2), (0.5, 0.2), (0.75, 0.2), (0.6, 0.5), (0.45, 0.85)]
BAR: Stroke = [(0.3, 0.5), (0.7, 0.5)]


@pytest.fixture
def bench(make_bench: MakeTraceBench) -> TraceBench:
    return make_bench(DrawingPanel)


def pad(bench: TraceBench) -> PixelCanvas:
    return bench.widget(PixelCanvas, "drawing_pad")


def bars(bench: TraceBench) -> PredictionBars:
    return bench.widget(PredictionBars, "prediction_bars")


def button(bench: TraceBench, name: str) -> QPushButton:
    return bench.widget(QPushButton, name)


def press(bench: TraceBench, name: str) -> None:
    bench.qtbot.mouseClick(button(bench, name), Qt.MouseButton.LeftButton)


def place(canvas: PixelCanvas, x: float, y: float) -> QPoint:
    side = min(canvas.width(), canvas.height())
    return QPoint(round((canvas.width() - side) / 2 + x * side), round((canvas.height() - side) / 2 + y * side))


def draw(bench: TraceBench, stroke: Stroke, with_button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
    places = [place(pad(bench), x, y) for x, y in stroke]
    bench.qtbot.mousePress(pad(bench), with_button, pos=places[0])
    for each in places[1:]:
        bench.qtbot.mouseMove(pad(bench), each)
    bench.qtbot.mouseRelease(pad(bench), with_button, pos=places[-1])


def draw_and_wait(bench: TraceBench, stroke: Stroke = SEVEN) -> None:
    draw(bench, stroke)
    bench.wait_until(lambda: bars(bench).winner is not None)


def label_it(bench: TraceBench, label: str) -> None:
    combo = bench.widget(QComboBox, "drawing_label_combo")
    combo.setFocus()
    bench.qtbot.keyClicks(combo, label)


def ink(bench: TraceBench) -> int:
    return int(pad(bench).pixels().astype(np.int64).sum())


def test_a_drawing_goes_through_the_network_while_the_pen_moves(bench: TraceBench) -> None:
    bench.qtbot.mousePress(pad(bench), Qt.MouseButton.LeftButton, pos=place(pad(bench), 0.3, 0.2))
    bench.qtbot.mouseMove(pad(bench), place(pad(bench), 0.6, 0.7))
    bench.wait_until(lambda: bars(bench).winner is not None)
    (first, *_) = bench.trainer.sent(c.Predict)
    assert isinstance(first, c.Predict)
    assert first.inputs.shape == (8, 8)
    assert first.inputs.max() > 0.5
    frame = bench.session.frame
    assert frame is not None
    assert frame.trace.is_drawing
    bench.qtbot.mouseRelease(pad(bench), Qt.MouseButton.LeftButton, pos=place(pad(bench), 0.6, 0.7))


def test_the_bars_show_what_the_network_says(bench: TraceBench) -> None:
    assert bars(bench).accessibleDescription() == "Nothing predicted yet"
    draw_and_wait(bench)
    frame = bench.session.frame
    assert frame is not None
    outputs = frame.trace.outputs[0]
    assert bars(bench).winner == int(outputs.argmax())
    assert bars(bench).accessibleDescription() == f"{outputs.argmax()} with {outputs.max():.1%}"


def test_strokes_look_like_those_of_mnist(make_bench: MakeTraceBench) -> None:
    bench = make_bench(DrawingPanel, image_network(28))
    draw(bench, [(0.4, 0.12), (0.5, 0.5), (0.6, 0.88)])
    prepared = prepare_mnist(pad(bench).pixels().astype(np.float32) / 255)
    assert prepared is not None
    widths = prepared.inputs[8:20].sum(axis=1)
    assert 1.5 < float(widths.mean()) < 3.0  # pixels of ink across the stroke
    assert float(widths.std()) < 0.3
    between = (prepared.inputs > 0.02) & (prepared.inputs < 0.98)
    assert between.sum() > 20  # a soft rim


def test_a_stroke_has_no_gaps_and_no_corners(bench: TraceBench) -> None:
    angles = np.linspace(0, np.pi, 7)
    draw(bench, [(0.5 + 0.35 * np.cos(a), 0.7 - 0.35 * np.sin(a)) for a in angles])
    rows, columns = np.nonzero(pad(bench).pixels() > 200)
    radius = np.hypot(columns / 280 - 0.5, rows / 280 - 0.7)
    assert radius.min() > 0.3
    assert radius.max() < 0.4
    seen = np.histogram(np.arctan2(0.7 - rows / 280, columns / 280 - 0.5), bins=40, range=(0.1, 3.0))[0]
    assert (seen > 0).all()


def test_a_click_is_a_dot(bench: TraceBench) -> None:
    bench.qtbot.mouseClick(pad(bench), Qt.MouseButton.LeftButton, pos=place(pad(bench), 0.5, 0.5))
    assert pad(bench).pixels()[140, 140] == 255
    assert 200 < (pad(bench).pixels() > 128).sum() < 500


@pytest.mark.parametrize("how", ["right button", "eraser"])
def test_erasing(bench: TraceBench, how: str) -> None:
    draw(bench, BAR)
    assert pad(bench).pixels()[140, 140] > 200
    if how == "eraser":
        press(bench, "erase_button")
        draw(bench, [(0.5, 0.4), (0.5, 0.6)])
    else:
        draw(bench, [(0.5, 0.4), (0.5, 0.6)], Qt.MouseButton.RightButton)
    assert pad(bench).pixels()[140, 140] == 0
    assert pad(bench).pixels()[140, 95] > 200


def test_undo_takes_back_strokes_and_clearing_one_by_one(bench: TraceBench) -> None:
    assert not button(bench, "undo_stroke_button").isEnabled()
    draw(bench, BAR)
    one = ink(bench)
    draw(bench, SEVEN)
    two = ink(bench)
    bench.wait_until(button(bench, "clear_drawing_button").isEnabled)
    press(bench, "clear_drawing_button")
    assert ink(bench) == 0
    press(bench, "undo_stroke_button")
    assert ink(bench) == two
    pad(bench).setFocus()
    bench.qtbot.keyClick(pad(bench), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert ink(bench) == one
    bench.qtbot.keyClick(pad(bench), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert ink(bench) == 0
    assert not button(bench, "undo_stroke_button").isEnabled()


def test_delete_wipes_and_the_picture_goes_back_to_the_data(bench: TraceBench) -> None:
    draw_and_wait(bench)
    pad(bench).setFocus()
    bench.qtbot.keyClick(pad(bench), Qt.Key.Key_Delete)
    bench.wait_until(lambda: bars(bench).winner is None)
    assert bench.session.frame is not None
    assert not bench.session.frame.trace.is_drawing


def test_learning_from_a_drawing(bench: TraceBench) -> None:
    learn = button(bench, "learn_drawing_button")
    assert not learn.isEnabled()
    draw_and_wait(bench)
    assert not learn.isEnabled()  # not before somebody has said what it shows
    assert bench.widget(QComboBox, "drawing_label_combo").placeholderText() == "which digit?"
    label_it(bench, "7")
    assert learn.isEnabled()
    press(bench, "learn_drawing_button")
    bench.wait_until(lambda: bench.session.trace is not None and bench.session.trace.is_drawing)
    (sent,) = bench.trainer.sent(c.ProposeDrawing)
    assert isinstance(sent, c.ProposeDrawing)
    assert sent.label == 7
    assert bench.session.trace is not None
    assert bench.session.trace.batch_size == 1
    assert bench.session.trace.has_backward


def test_learning_from_a_drawing_that_was_left_for_a_sample(bench: TraceBench) -> None:
    draw_and_wait(bench)
    label_it(bench, "7")
    bench.session.select_sample(3)
    press(bench, "learn_drawing_button")
    bench.wait_until(lambda: bench.session.trace is not None and bench.session.trace.is_drawing)


def test_back_to_the_data(bench: TraceBench) -> None:
    back = button(bench, "back_to_data_button")
    assert not back.isEnabled()
    draw_and_wait(bench)
    bench.wait_until(back.isEnabled)
    press(bench, "back_to_data_button")
    assert bench.session.frame is not None
    assert not bench.session.frame.trace.is_drawing
    assert bars(bench).winner is not None
    assert "What the network last saw in it" in [label.text() for label in bench.panel.findChildren(QLabel)]
    assert not back.isEnabled()
    assert ink(bench) > 0
    press(bench, "clear_drawing_button")
    bench.wait_until(lambda: bars(bench).winner is None)


def test_another_drawing_needs_another_label(bench: TraceBench) -> None:
    draw_and_wait(bench)
    label_it(bench, "7")
    press(bench, "clear_drawing_button")
    bench.wait_until(lambda: bench.widget(QComboBox, "drawing_label_combo").currentIndex() == -1)
    draw_and_wait(bench)
    assert not button(bench, "learn_drawing_button").isEnabled()


@pytest.mark.parametrize("taken", [True, False], ids=["step taken", "step not taken"])
def test_back_to_the_data_after_learning(bench: TraceBench, taken: bool) -> None:
    draw_and_wait(bench)
    label_it(bench, "7")
    press(bench, "learn_drawing_button")
    bench.wait_until(
        lambda: bench.session.can_step and bench.session.trace is not None and bench.session.trace.is_drawing
    )
    assert bars(bench).winner is not None
    if taken:
        bench.go_to(-1)
        assert bench.session.frame is not None
        assert bench.session.frame.phase is Phase.UPDATE
    press(bench, "back_to_data_button")
    bench.wait_until(lambda: bench.session.trace is not None and not bench.session.trace.is_drawing)
    assert len(bench.trainer.sent(c.Commit)) == int(taken)
    assert not bench.trainer.sent(c.Revert)
    assert bars(bench).winner is not None


def test_points_in_the_plane_cannot_be_drawn(make_bench: MakeTraceBench) -> None:
    bench = make_bench(DrawingPanel, point_network(), classes=("negative", "positive"))
    assert "handwritten digits" in bench.widget(QLabel, "drawing_message").text()
    assert not pad(bench).isEnabled()
    assert not button(bench, "erase_button").isEnabled()
    assert not bars(bench).isVisible()
    draw(bench, BAR)
    assert ink(bench) == 0


def test_pictures_of_things_cannot_be_written(make_bench: MakeTraceBench) -> None:
    bench = make_bench(DrawingPanel, image_network(28), classes=tuple(f"thing {i}" for i in range(10)))
    assert not pad(bench).isEnabled()


def test_letters_can(make_bench: MakeTraceBench) -> None:
    letters = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    bench = make_bench(DrawingPanel, image_network(28, (20, 14, 26)), classes=letters)
    draw_and_wait(bench)
    assert bars(bench).winner is not None
    assert bars(bench).height() < 300  # two columns


def test_it_says_what_it_is_for_before_the_data_are_there(make_bench: MakeTraceBench) -> None:
    bench = make_bench(DrawingPanel, load=False)
    assert "as soon as the data are loaded" in bench.widget(QLabel, "drawing_message").text()
    bench.load()
    assert not bench.widget(QLabel, "drawing_message").isVisible()
    assert pad(bench).isEnabled()


def test_a_pen_draws_and_its_other_end_erases(bench: TraceBench) -> None:
    def stroke(kind: QPointingDevice.PointerType, *points: tuple[float, float]) -> None:
        device = QPointingDevice(
            "pen", 1, QPointingDevice.DeviceType.Stylus, kind, QPointingDevice.Capability.Position, 1, 1
        )
        types = [QEvent.Type.TabletPress, *[QEvent.Type.TabletMove] * (len(points) - 2), QEvent.Type.TabletRelease]
        for event_type, (x, y) in zip(types, points, strict=True):
            at = QPointF(place(pad(bench), x, y))
            event = QTabletEvent(
                event_type, device, at, at, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0,
                Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton,
            )  # fmt: skip
            QApplication.sendEvent(pad(bench), event)
            assert event.isAccepted()

    stroke(QPointingDevice.PointerType.Pen, (0.3, 0.5), (0.5, 0.5), (0.7, 0.5))
    assert pad(bench).pixels()[140, 140] > 200
    stroke(QPointingDevice.PointerType.Eraser, (0.5, 0.4), (0.5, 0.5), (0.5, 0.6))
    assert pad(bench).pixels()[140, 140] == 0


def test_the_winner_stands_out(bench: TraceBench) -> None:
    draw_and_wait(bench)
    accent = theme_manager().theme.color("accent").rgb()

    def shown() -> int:
        image = bars(bench).grab().toImage()
        return sum(image.pixel(x, y) == accent for x in range(0, image.width(), 2) for y in range(0, image.height(), 2))

    bench.wait_until(lambda: shown() > 20)


def test_with_reduced_motion_the_bars_jump(bench: TraceBench) -> None:
    assert isinstance(bench.panel, DrawingPanel)
    bench.panel.set_reduced_motion(True)
    draw_and_wait(bench)
    settled = bars(bench).grab().toImage()
    bars(bench).show_probabilities(None)
    assert bars(bench).grab().toImage() != settled
    assert bench.session.frame is not None
    bars(bench).show_probabilities(bench.session.frame.trace.outputs[0])
    assert bars(bench).grab().toImage() == settled


@pytest.mark.parametrize("width", [260, 300, 560])
def test_the_pad_stays_square_and_nothing_is_cut_off(bench: TraceBench, width: int) -> None:
    draw_and_wait(bench)
    bench.panel.resize(width, 760)
    bench.wait_until(lambda: pad(bench).height() <= pad(bench).width())
    for each in (pad(bench), bars(bench), button(bench, "learn_drawing_button"), button(bench, "clear_drawing_button")):
        assert each.mapTo(bench.panel, QPoint(each.width(), 0)).x() <= width


@pytest.mark.parametrize("choice", [ThemeChoice.LIGHT, ThemeChoice.DARK])
def test_the_hint_wears_the_colour_for_words_on_dark(bench: TraceBench, choice: ThemeChoice) -> None:
    theme_manager().choose(choice)
    sheet = pad(bench).grab().toImage()
    colours = {sheet.pixelColor(x, y).name() for x in range(sheet.width()) for y in range(sheet.height())}
    theme_manager().choose(ThemeChoice.SYSTEM)
    assert DARK.muted in colours
