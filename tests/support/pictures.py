"""The pictures of README and help, taken of the real window, which is driven as a person would.

``QT_QPA_PLATFORM=offscreen python -m tests.support.pictures FOLDER [NAME …]``; without names, all of them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QPushButton, QWidget

from nnviz.app import make_application, make_window
from nnviz.core.playback import Phase
from nnviz.core.pokes import SetWeight, SwitchOff, UnitPlace, WeightPlace
from nnviz.core.spec import OptimizerSpec, Preset
from nnviz.engine.catalogue import catalogue
from nnviz.ui.theme import ThemeChoice, theme_manager

LEFT = Qt.MouseButton.LeftButton
PRESETS = catalogue().presets


class Window:
    """A window and somebody in front of it."""

    def __init__(self, preset: Preset, size: tuple[int, int] = (1440, 900), data: Path | None = None) -> None:
        self.window, self.session = make_window(data)
        theme_manager().choose(ThemeChoice.LIGHT)
        self.window.resize(*size)
        self.window.show()
        self.trigger("action_reset_layout")  # the window before has left its own
        self.window.open_preset(preset)
        self.settle()

    def find(self, kind, name: str):
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    def wait(self, condition: Callable[[], bool], seconds: float = 120.0) -> None:
        end = perf_counter() + seconds
        while not condition():
            QTest.qWait(5)
            assert perf_counter() < end, "timeout"

    def settle(self) -> None:
        """Wait until one can step, and all edges have faded in."""
        self.wait(lambda: self.session.can_step)
        QTest.qWait(900)

    def train(self, epochs: int) -> None:
        for _ in range(epochs):
            done = len(self.session.history.epochs)
            self.session.run_epoch()
            self.wait(lambda done=done: len(self.session.history.epochs) > done and self.session.can_step)

    def go_to(self, phase: Phase, layer: int | None = None) -> None:
        """Go to the last stage of a phase (in a layer) of the next batch."""
        self.session.next_batch()
        self.settle()
        places = enumerate(self.session.walk)
        found = [place for place, stage in places if stage.phase is phase and layer in (None, stage.layer)]
        self.session.go_to_position(found[-1])
        self.settle()

    def open(self, name: str) -> QDockWidget:
        dock = self.find(QDockWidget, f"dock_{name}")
        dock.toggleViewAction().trigger()
        QTest.qWait(300)
        return dock

    def alone(self, name: str, size: tuple[int, int]) -> QWidget:
        """Take a panel out of the window, in this size."""
        dock = self.open(name)
        dock.setFloating(True)
        dock.resize(*size)
        QTest.qWait(500)
        return dock.widget()

    def click(self, name: str) -> None:
        QTest.mouseClick(self.find(QPushButton, name), LEFT)
        QTest.qWait(200)

    def click_neuron(self, layer: int, unit: int) -> None:
        canvas = self.find(QWidget, "network_view")
        QTest.mouseClick(canvas, LEFT, pos=canvas.position_of(layer, unit).toPoint())
        QTest.qWait(400)

    def click_edge(self, layer: int, out: int, source: int, share: float = 0.5) -> None:
        """Click a place of an edge where no other is as near."""
        canvas = self.find(QWidget, "network_view")
        start, end = canvas.position_of(layer - 1, source), canvas.position_of(layer, out)
        QTest.mouseClick(canvas, LEFT, pos=(start + (end - start) * share).toPoint())
        QTest.qWait(400)

    def trigger(self, action: str) -> None:
        self.find(QAction, action).trigger()
        QTest.qWait(400)

    def choose_training(self, **settings: float) -> None:
        training = self.session.preset.training
        optimizer = OptimizerSpec(training.optimizer.name, {**training.optimizer.settings, **settings})
        self.session.set_training(replace(training, optimizer=optimizer))
        QTest.qWait(300)

    def grab(self) -> QImage:
        QTest.mouseMove(self.window, QPoint(5, 5))
        QTest.qWait(1_200)  # short notices have gone, what moves has come to rest
        return self.window.grab().toImage()


@contextmanager
def opened(*arguments, **named) -> Iterator[Window]:
    """Open a window, and close it again."""
    desk = Window(*arguments, **named)
    try:
        yield desk
    finally:
        desk.window.close()
        desk.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def stacked(*images: QImage) -> QImage:
    """Put images below each other."""
    whole = QImage(
        max(image.width() for image in images), sum(image.height() for image in images), QImage.Format.Format_RGB32
    )
    whole.fill(QColor(theme_manager().theme.color("window")))
    painter, top = QPainter(whole), 0
    for image in images:
        painter.drawImage(QPointF(0, top), image)
        top += image.height()
    painter.end()
    return whole


# --- the pictures -----------------------------------------------------------------------------------------------------


def light() -> QImage:
    with opened(PRESETS["digits"]) as desk:
        desk.train(12)
        desk.go_to(Phase.LOSS)
        return desk.grab()


def dark() -> QImage:
    with opened(PRESETS["mnist"], data=Path(os.environ["NNVIZ_DATA_DIR"])) as desk:
        theme_manager().choose(ThemeChoice.DARK)
        desk.train(3)
        desk.go_to(Phase.UPDATE)
        return desk.grab()


def backward() -> QImage:
    with opened(PRESETS["digits"]) as desk:
        desk.train(3)
        desk.go_to(Phase.BACKWARD, 3)
        return desk.grab()


def microscope() -> QImage:
    with opened(PRESETS["circle"]) as desk:
        desk.train(30)
        desk.go_to(Phase.UPDATE)
        desk.click_edge(2, 1, 3, 0.3)
        return desk.grab()


def time_machine() -> QImage:
    with opened(PRESETS["digits"]) as desk:
        desk.train(12)
        for rate in (0.0001, 0.01):
            desk.session.time_machine.look(270)
            desk.settle()
            desk.choose_training(lr=rate)
            desk.settle()
            desk.train(10)
        desk.open("runs")
        desk.session.time_machine.look(500)
        desk.settle()
        return desk.grab()


def race() -> QImage:
    with opened(PRESETS["digits"], (1600, 1000)) as desk:
        alone = desk.alone("race", (1100, 520))
        desk.click("race_start")
        desk.wait(lambda: desk.session.race.state.name == "STOPPED")
        QTest.qWait(800)
        first = alone.grab().toImage()
        surface = desk.alone("surface", (1100, 420))
        desk.click("surface_measure")
        desk.wait(lambda: desk.session.race.surface is not None and desk.session.race.surface.complete)
        QTest.qWait(800)
        return stacked(first, surface.grab().toImage())


def plane() -> QImage:
    with opened(PRESETS["circle"], (1280, 800)) as desk:
        desk.open("plane")
        picture = desk.find(QWidget, "plane_picture")
        for place in ((-4.6, 4.4), (-4.9, 4.0), (-4.2, 4.9)):
            QTest.mouseClick(picture, LEFT, pos=picture.position_of(*place).toPoint())
            desk.settle()
        desk.train(150)
        desk.go_to(Phase.LOSS)
        return desk.grab()


def mistakes() -> QImage:
    with opened(PRESETS["digits"], (1440, 900)) as desk:
        desk.train(25)
        desk.open("confusion")
        desk.wait(lambda: desk.find(QWidget, "mistake_list").model().rowCount() > 0)
        listed = desk.find(QWidget, "mistake_list")
        QTest.mouseClick(listed.viewport(), LEFT, pos=listed.visualRect(listed.model().index(0, 0)).center())
        desk.wait(lambda: desk.session.frame.trace.is_drawing)
        desk.click_neuron(4, int(desk.session.frame.trace.outputs[0].argmax()))
        return desk.grab()


def poke() -> QImage:
    with opened(PRESETS["digits"]) as desk:
        desk.train(12)
        desk.open("poke")
        desk.click_neuron(3, 3)
        desk.session.pokes.poke(SwitchOff(UnitPlace(3, 3), True))
        desk.settle()
        desk.session.pokes.poke(SwitchOff(UnitPlace(3, 8), True), SetWeight(WeightPlace(4, 5, 2), 1.6))
        desk.settle()
        return desk.grab()


def worksheet() -> QImage:
    with opened(PRESETS["mazur"], (1280, 800)) as desk:
        desk.trigger("action_worksheet")
        desk.session.select_sample(0)
        desk.session.go_to_position(1)
        QTest.qWait(600)
        for number, answer in enumerate(("0.3775", "0.0425"), 1):
            field = desk.find(QWidget, f"worksheet_answer_{number}")
            QTest.keyClicks(field, answer)
            QTest.keyClick(field, Qt.Key.Key_Return)
            QTest.qWait(400)
        return desk.grab()


def layers() -> QImage:
    network = PRESETS["digits"].network
    dense = [replace(network.layers[2], activation="sigmoid") for _ in range(6)]
    preset = PRESETS["digits"].with_network(replace(network, layers=(*network.layers[:2], *dense, network.layers[-1])))
    with opened(preset, (1600, 1000)) as desk:
        alone = desk.alone("layers", (1100, 560))
        desk.session.run()
        QTest.qWait(1_500)
        desk.session.pause()
        desk.settle()
        return alone.grab().toImage()


def slow_motion() -> QImage:
    with opened(PRESETS["digits"], (1080, 608)) as desk:
        desk.train(4)
        desk.session.next_batch()
        desk.settle()
        desk.session.go_to_position(3)
        desk.click_neuron(3, 2)
        desk.trigger("action_presenter_view")
        desk.window.resize(1280, 720)
        desk.trigger("action_play")
        desk.wait(lambda: desk.session.cursor.position >= 4)
        QTest.qWait(1_300)
        image = desk.window.grab().toImage()
        desk.trigger("action_play")
        return image


PICTURES = {
    picture.__name__.replace("_", "-"): picture
    for picture in (
        light,
        dark,
        backward,
        microscope,
        time_machine,
        race,
        plane,
        mistakes,
        poke,
        worksheet,
        layers,
        slow_motion,
    )
}


def main(folder: Path, names: list[str]) -> None:
    """Take the pictures that are named, or all."""
    with tempfile.TemporaryDirectory() as settings:
        os.environ["XDG_CONFIG_HOME"] = settings
        make_application()
        for name in names or PICTURES:
            image = PICTURES[name]()
            assert image.convertToFormat(QImage.Format.Format_RGB888).save(str(folder / f"{name}.png"))
            print(folder / f"{name}.png", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
