"""Numbers that travel along the edges, as they are seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QComboBox, QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.playback import PARAMETERS, Cursor, Phase, frame_at, stages_of
from nnviz.core.trace import Trace
from nnviz.session.player import Player
from nnviz.session.session import Session
from nnviz.ui.graph.view import NetworkView
from nnviz.ui.theme import ThemeChoice, theme_manager
from tests.support.fake_trainer import FakeTrainer
from tests.support.reference import example_trace, image_network


class HeldPlayer(Player):
    """A player whose clock stands where a test wants it."""

    held = 1.0

    @property
    def playing(self) -> bool:
        return self.held < 1.0

    @property
    def share(self) -> float:
        return self.held


@pytest.fixture
def player(qtbot: QtBot) -> Iterator[HeldPlayer]:
    session = Session(FakeTrainer)
    yield HeldPlayer(session)
    session.close()


@pytest.fixture
def view(qtbot: QtBot, player: HeldPlayer) -> Iterator[NetworkView]:
    theme_manager().choose(ThemeChoice.LIGHT)
    made = NetworkView()
    qtbot.addWidget(made)
    made.resize(1000, 480)
    made.follow(player)
    made.show()
    qtbot.waitExposed(made)
    yield made
    theme_manager().choose(ThemeChoice.SYSTEM)


@pytest.fixture(scope="module")
def trace() -> Trace:
    return example_trace(image_network())


def canvas(view: NetworkView) -> QWidget:
    found = view.findChild(QWidget, "network_view")
    assert found is not None
    return found


def picture(view: NetworkView, player: HeldPlayer, held: float) -> QImage:
    player.held = held
    view.refresh_numbers()
    return canvas(view).grab().toImage()


def show(view: NetworkView, trace: Trace, phase: Phase, layer: int, part: str = "") -> None:
    walk = stages_of(trace)
    position = next(i for i, s in enumerate(walk) if (s.phase, s.layer, s.part) == (phase, layer, part))
    view.show_frame(frame_at(trace, Cursor(position)))


@pytest.mark.parametrize(
    ("phase", "layer", "part"),
    [
        (Phase.FORWARD, 2, "pre_activation"),
        (Phase.FORWARD, 2, "activation"),
        (Phase.FORWARD, 4, "pre_activation"),
        (Phase.FORWARD, 4, "activation"),
        (Phase.BACKWARD, 3, "activation"),
        (Phase.BACKWARD, 3, "pre_activation"),
        (Phase.BACKWARD, 2, PARAMETERS),
        (Phase.UPDATE, 4, ""),
    ],
)
@pytest.mark.parametrize("theme", [ThemeChoice.LIGHT, ThemeChoice.DARK])
def test_numbers_move_and_stand_still_when_the_clock_does(
    view: NetworkView, player: HeldPlayer, trace: Trace, phase: Phase, layer: int, part: str, theme: ThemeChoice
) -> None:
    theme_manager().choose(theme)
    view.set_reduced_motion(False)
    show(view, trace, phase, layer, part)
    early, middle = picture(view, player, 0.2), picture(view, player, 0.55)
    assert early != middle
    assert picture(view, player, 0.2) == early


def families_between(view: NetworkView, image: QImage, layer: int) -> set[str]:
    """Whose colours are seen between a layer and the one before it: those of weights and values, of gradients."""
    theme = theme_manager().theme
    left, right = (_place(view, each, 0).x() for each in (layer - 1, layer))
    top = 110  # under the headers
    seen = {
        image.pixelColor(x, y).name() for x in range(left + 40, right - 40) for y in range(top, image.height() - 20)
    }
    families = {
        "value": (theme.positive, theme.negative),
        "gradient": (theme.gradient_positive, theme.gradient_negative),
    }
    return {family for family, colors in families.items() if seen & {color.lower() for color in colors}}


@pytest.mark.parametrize(
    ("mode", "phase", "layer", "part", "families"),
    [
        ("auto", Phase.FORWARD, 3, "pre_activation", {"value"}),
        ("auto", Phase.BACKWARD, 2, "activation", {"gradient"}),
        ("auto", Phase.UPDATE, 4, "", {"gradient"}),
        ("weight", Phase.BACKWARD, 2, "activation", {"value"}),
        ("weight", Phase.UPDATE, 4, "", {"value"}),
    ],
)
def test_followed_edges_wear_the_colours_that_the_legend_names(
    view: NetworkView, player: HeldPlayer, trace: Trace, mode: str, phase: Phase, layer: int, part: str, families: set
) -> None:
    modes = view.findChild(QComboBox, "edge_mode_combo")
    assert modes is not None
    modes.setCurrentIndex(modes.findData(mode))
    show(view, trace, phase, layer, part)
    assert families_between(view, picture(view, player, 1.0), 3) == families


def test_with_reduced_motion_everything_has_arrived_at_once(
    view: NetworkView, player: HeldPlayer, trace: Trace
) -> None:
    view.set_reduced_motion(True)
    show(view, trace, Phase.FORWARD, 2, "pre_activation")
    assert picture(view, player, 0.1) == picture(view, player, 0.9) == picture(view, player, 1.0)


def test_the_numbers_can_be_hidden(view: NetworkView, player: HeldPlayer, trace: Trace) -> None:
    view.set_reduced_motion(True)
    show(view, trace, Phase.FORWARD, 2, "pre_activation")
    shown = picture(view, player, 1.0)
    player.set_numbers(False)
    assert picture(view, player, 1.0) != shown
    player.set_numbers(True)
    assert picture(view, player, 1.0) == shown


def test_what_goes_by_too_fast_to_be_read_is_not_shown(view: NetworkView, player: HeldPlayer, trace: Trace) -> None:
    show(view, trace, Phase.FORWARD, 2, "activation")
    slow = picture(view, player, 0.5)
    player.set_speed(4.0)
    fast = picture(view, player, 0.5)
    assert fast != slow
    player.set_numbers(False)
    assert picture(view, player, 0.5) == fast


def test_results_are_unknown_until_their_sum_is_complete(view: NetworkView, player: HeldPlayer, trace: Trace) -> None:
    show(view, trace, Phase.FORWARD, 2, "pre_activation")
    where = canvas(view).mapFrom(view, view.position_of(2, 0).toPoint())
    before, after = (picture(view, player, held).pixelColor(where) for held in (0.5, 1.0))
    view.show_network(trace.network)
    assert canvas(view).grab().toImage().pixelColor(where) == before
    assert after != before


def test_the_neuron_under_the_pointer_is_followed(
    qtbot: QtBot, view: NetworkView, player: HeldPlayer, trace: Trace
) -> None:
    view.set_reduced_motion(True)
    show(view, trace, Phase.FORWARD, 2, "pre_activation")
    pictures = []
    for unit in (0, 19):
        qtbot.mouseClick(canvas(view), Qt.MouseButton.LeftButton, pos=_place(view, 2, unit))
        pictures.append(picture(view, player, 1.0))
    assert pictures[0] != pictures[1]


def _place(view: NetworkView, layer: int, unit: int) -> QPoint:
    return canvas(view).mapFrom(view, view.position_of(layer, unit).toPoint())


def test_where_columns_are_close_only_the_sum_is_written(view: NetworkView, player: HeldPlayer) -> None:
    deep = example_trace(image_network(8, (6,) * 14 + (10,)), 2)
    view.set_reduced_motion(True)
    view.resize(700, 400)
    show(view, deep, Phase.FORWARD, 5, "pre_activation")
    shown = picture(view, player, 1.0)
    player.set_numbers(False)
    assert picture(view, player, 1.0) != shown
