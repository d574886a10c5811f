"""The docks: panels that are made only when they are wanted, or in a quiet moment."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QDockWidget, QMenu, QPushButton, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.playback import Frame
from nnviz.ui.main_window import MainWindow
from nnviz.ui.panels import PANELS, PanelEntry
from nnviz.ui.panels.layers import LayersPanel
from nnviz.ui.panels.panel import Panel
from nnviz.ui.theme import ThemeChoice, theme_manager
from tests.support.command import python
from tests.support.reference import example_preset
from tests.ui.conftest import MakeWindow

LATER = [entry for entry in PANELS if not entry.shown_at_first]


def dock(window: MainWindow, name: str) -> QDockWidget:
    found = window.findChild(QDockWidget, f"dock_{name}")
    assert found is not None
    return found


def made(window: MainWindow) -> list[str]:
    return [entry.name for entry in PANELS if dock(window, entry.name).widget() is not None]


def open_from_menu(window: MainWindow, name: str) -> None:
    menu = window.findChild(QMenu, "menu_panels")
    assert menu is not None
    entry = dock(window, name).toggleViewAction()
    assert entry in menu.actions()
    entry.trigger()


# --- the table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", PANELS, ids=lambda entry: entry.name)
def test_every_entry_names_a_panel(entry: PanelEntry) -> None:
    assert issubclass(entry.load(), Panel)


def test_what_stands_there_at_first_is_what_it_was_in_the_first_version() -> None:
    names = ["samples", "data", "drawing", "training", "architecture", "inspector", "loss", "accuracy"]
    assert [entry.name for entry in PANELS if entry.shown_at_first] == names


# --- later ------------------------------------------------------------------------------------------------------------


def test_the_first_picture_does_not_wait_for_panels_that_are_closed() -> None:
    code = """
import sys
from PySide6.QtWidgets import QDockWidget
from nnviz.app import make_application, make_window
from nnviz.ui.panels import PANELS
application = make_application()
window, session = make_window(None)
window.show()
while not window.grab().width():
    application.processEvents()
read = {name.rpartition(".")[2] for name in sys.modules if name.startswith("nnviz.ui.panels.")}
empty = [dock.objectName() for dock in window.findChildren(QDockWidget) if dock.widget() is None]
print([entry.name for entry in PANELS if entry.place.partition(":")[0] not in read], empty, sep="; ")
window.close()
"""
    names = [entry.name for entry in LATER]
    assert python(code) == f"{names}; {[f'dock_{name}' for name in names]}"


@pytest.mark.parametrize("entry", LATER, ids=lambda entry: entry.name)
def test_a_panel_that_is_opened_is_there_at_once(window: MainWindow, entry: PanelEntry) -> None:
    assert entry.name not in made(window)
    open_from_menu(window, entry.name)
    assert dock(window, entry.name).widget().isVisible()
    assert made(window) == [each.name for each in PANELS if each.shown_at_first or each is entry]


def test_a_panel_that_is_opened_late_knows_that_there_is_a_network(window: MainWindow) -> None:
    open_from_menu(window, "race")
    start = window.findChild(QPushButton, "race_start")
    assert start is not None
    assert start.isEnabled()


def test_what_is_chosen_in_the_menu_comes_to_the_front(qtbot: QtBot, window: MainWindow) -> None:
    open_from_menu(window, "plane")
    open_from_menu(window, "confusion")
    panel, other = dock(window, "confusion").widget(), dock(window, "plane").widget()
    qtbot.waitUntil(lambda: not panel.visibleRegion().isEmpty() and other.visibleRegion().isEmpty())
    open_from_menu(window, "plane")  # which is there, behind the other
    qtbot.waitUntil(lambda: panel.visibleRegion().isEmpty() and not other.visibleRegion().isEmpty())
    open_from_menu(window, "plane")
    assert dock(window, "plane").isHidden()


def test_a_panel_behind_a_tab_is_made_when_it_comes_to_the_front(
    qtbot: QtBot, window: MainWindow, make_window: MakeWindow
) -> None:
    open_from_menu(window, "layers")
    dock(window, "accuracy").raise_()
    window.close()
    second, _ = make_window()
    second.show()
    qtbot.waitExposed(second)
    assert dock(second, "layers").toggleViewAction().isChecked()
    assert "layers" not in made(second)
    dock(second, "layers").raise_()
    qtbot.waitUntil(lambda: "layers" in made(second))


def test_a_layout_with_a_late_panel_is_restored(
    qtbot: QtBot, window: MainWindow, make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Frame | None] = []
    open_from_menu(window, "layers")
    qtbot.waitUntil(lambda: dock(window, "layers").width() > dock(window, "loss").width())
    width = dock(window, "layers").width()
    window.close()
    monkeypatch.setattr(LayersPanel, "show_frame", lambda panel, frame: shown.append(frame))
    second, session = make_window()
    second.show()
    qtbot.waitExposed(second)
    panel = dock(second, "layers").widget()
    assert panel.isVisible()
    assert abs(dock(second, "layers").width() - width) < 40  # the window has another frame
    second.open_preset(example_preset())
    qtbot.waitUntil(lambda: session.can_step)
    session.step_forward()
    assert shown[-1] is session.frame


def test_a_late_panel_that_needs_much_room_gets_it_once_and_is_restored_as_it_was_left(
    qtbot: QtBot, window: MainWindow, make_window: MakeWindow
) -> None:
    open_from_menu(window, "race")
    race, loss = dock(window, "race"), dock(window, "loss")
    qtbot.waitUntil(lambda: loss.height() > 0.33 * window.height() and race.width() > 2 * loss.width())
    window.resizeDocks([race], [150], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: race.height() < 200)
    left = race.height()
    window.close()
    second, _ = make_window()
    second.show()
    qtbot.waitExposed(second)
    restored = dock(second, "race")
    qtbot.waitUntil(restored.widget().isVisible)
    open_from_menu(second, "layers")  # its first room comes after the one that the race might take
    open_from_menu(second, "race")
    open_from_menu(second, "race")
    assert abs(restored.height() - left) < 60


def test_a_late_check_box_shows_what_is_chosen(window: MainWindow) -> None:
    action = window.findChild(QAction, "action_heat_maps")
    assert action is not None
    action.trigger()
    open_from_menu(window, "plane")
    check = window.findChild(QCheckBox, "heat_maps_check")
    assert check is not None
    assert not action.isChecked()
    assert not check.isChecked()
    check.click()
    assert action.isChecked()
    action.trigger()
    assert not check.isChecked()


# --- room and looks ---------------------------------------------------------------------------------------------------


def test_a_panel_that_is_opened_later_gets_height_once_and_leaves_the_network_most(
    qtbot: QtBot, window: MainWindow
) -> None:
    bottom, view = dock(window, "loss"), window.findChild(QWidget, "network_view")
    low = bottom.height()
    open_from_menu(window, "layers")
    qtbot.waitUntil(lambda: bottom.height() > 1.1 * low)
    assert bottom.height() < 0.3 * window.height()
    assert view.height() > bottom.height()
    window.resizeDocks([bottom], [low], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: bottom.height() <= low)
    open_from_menu(window, "layers")
    open_from_menu(window, "layers")
    assert dock(window, "layers").widget().isVisible()
    assert bottom.height() <= low


def test_the_curves_are_as_wide_as_before_when_the_race_is_closed(qtbot: QtBot, window: MainWindow) -> None:
    loss, accuracy, race = (dock(window, name) for name in ("loss", "accuracy", "race"))
    before = loss.width()
    for _ in range(2):
        open_from_menu(window, "race")
        qtbot.waitUntil(lambda: race.width() > 2 * loss.width())
        race.close()
        qtbot.waitUntil(lambda: abs(loss.width() - before) < 20 and abs(accuracy.width() - loss.width()) < 20)


def test_names_on_tabs_are_whole_and_the_one_in_front_is_seen(qtbot: QtBot, window: MainWindow) -> None:
    for name in ("layers", "runs", "race", "surface", "poke"):
        open_from_menu(window, name)
    bar = next(bar for bar in window.findChildren(QTabBar) if bar.tabText(bar.count() - 1) == "Poke")

    def shows_it() -> bool:
        place = bar.currentIndex()
        return bar.tabText(place) == "Poke" and bar.rect().contains(bar.tabRect(place).center())

    qtbot.waitUntil(shows_it)
    qtbot.waitUntil(lambda: bar.elideMode() is Qt.TextElideMode.ElideNone)
    for place in range(bar.count()):
        assert bar.tabRect(place).width() > bar.fontMetrics().horizontalAdvance(bar.tabText(place))


def test_the_bottom_reaches_below_the_left_side_while_something_is_open_there(qtbot: QtBot, window: MainWindow) -> None:
    left, loss = dock(window, "samples"), dock(window, "loss")
    assert loss.x() > left.geometry().right()
    open_from_menu(window, "runs")
    qtbot.waitUntil(lambda: loss.x() == left.x() and left.geometry().bottom() < loss.y())
    open_from_menu(window, "runs")
    qtbot.waitUntil(lambda: loss.x() > left.geometry().right())


@pytest.mark.parametrize("theme", [ThemeChoice.LIGHT, ThemeChoice.DARK])
def test_the_buttons_of_a_title_bar_can_be_seen(qtbot: QtBot, window: MainWindow, theme: ThemeChoice) -> None:
    theme_manager().choose(theme)
    dock(window, "data").close()
    dock(window, "drawing").close()
    alone = dock(window, "samples")
    close = alone.findChild(QAbstractButton, "qt_dockwidget_closebutton")
    assert close is not None

    def lightness() -> list[int]:
        picture = alone.grab(close.geometry()).toImage()
        return [picture.pixelColor(x, y).lightness() for x in range(picture.width()) for y in range(picture.height())]

    qtbot.waitUntil(lambda: close.isVisible() and max(lightness()) - min(lightness()) > 100)


# --- in a quiet moment ------------------------------------------------------------------------------------------------


def test_the_rest_is_made_between_other_things(qtbot: QtBot, window: MainWindow) -> None:
    there = [len(made(window))]
    assert there == [len(PANELS) - len(LATER)]
    other = QTimer(window, interval=0)
    other.timeout.connect(lambda: there.append(len(made(window))))
    other.start()
    window.complete()
    qtbot.waitUntil(lambda: there[-1] == len(PANELS))
    other.stop()
    assert max(now - before for before, now in pairwise(there)) == 1
    assert [entry.name for entry in LATER if dock(window, entry.name).isVisible()] == []
    for button in window.findChildren(QAbstractButton):
        assert not button.focusPolicy() & Qt.FocusPolicy.ClickFocus, button.objectName()


def test_the_race_is_furnished_when_it_is_seen(qtbot: QtBot, window: MainWindow) -> None:
    window.complete()
    qtbot.waitUntil(lambda: len(made(window)) == len(PANELS))
    assert window.findChild(QPushButton, "race_start") is None
    open_from_menu(window, "race")
    assert window.findChild(QPushButton, "race_start").isEnabled()
    assert window.findChild(QPushButton, "race_stop") is None  # nothing has been raced yet


def test_what_is_opened_meanwhile_is_not_made_twice(qtbot: QtBot, window: MainWindow) -> None:
    window.complete()
    open_from_menu(window, "poke")
    panel = dock(window, "poke").widget()
    qtbot.waitUntil(lambda: len(made(window)) == len(PANELS))
    assert dock(window, "poke").widget() is panel
    assert panel.isVisible()
