"""Predict, then reveal: in the whole window nothing tells what is still to be worked out."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QDockWidget, QLabel, QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.playback import PARAMETERS, Frame, Phase, Stage
from nnviz.engine.catalogue import catalogue
from nnviz.session.session import Session
from nnviz.session.worksheet import Secrecy
from nnviz.ui.formula.blank import blanked
from nnviz.ui.graph.hit_test import UnitPick
from nnviz.ui.graph.journeys import journey_at
from nnviz.ui.graph.view import NetworkView
from nnviz.ui.main_window import MainWindow
from nnviz.ui.widgets.fact_sheet import FactSheet
from tests.support.program import Program
from tests.support.reference import example_preset, point_network
from tests.ui.conftest import MakeWindow

Z1, A1 = 1, 2


@pytest.fixture
def opened(make_window: MakeWindow, qtbot: QtBot) -> tuple[MainWindow, Session]:
    window, session = make_window()
    window.show()
    window.activateWindow()
    qtbot.waitExposed(window)
    window.open_preset(example_preset(point_network()))
    qtbot.waitUntil(lambda: session.can_step)
    return window, session


@pytest.fixture
def hiding(opened: tuple[MainWindow, Session], window: MainWindow, session: Session) -> Session:
    window.findChild(QAction, "action_worksheet").trigger()
    return session


def frame_of(session: Session) -> Frame:
    assert session.frame is not None
    return session.frame


def caption(window: MainWindow) -> str:
    text = re.sub("<[^>]*>", " ", window.findChild(QLabel, "caption").text())
    return text.replace("&nbsp;", " ")


def card_over(window: MainWindow, qtbot: QtBot, layer: int, unit: int) -> str:
    """What the picture says about a neuron."""
    view = window.findChild(NetworkView)
    canvas = view.findChild(QWidget, "network_view")
    place = canvas.mapFrom(view, view.position_of(layer, unit).toPoint())
    qtbot.mouseMove(canvas, QPoint(2, 2))
    qtbot.mouseMove(canvas, place)
    return re.sub("<[^>]*>", " ", view.findChild(QLabel, "hover_card").text())


def inspected(window: MainWindow) -> str:
    return window.findChild(FactSheet, "inspector_facts").plain_text()


def solve(session: Session, position: int) -> None:
    """Answer everything up to and with a stage."""
    here = session.cursor.position
    for place in range(position + 1):
        session.go_to_position(place)
        for index in range(len(session.worksheet.current(frame_of(session)).items(place))):
            session.worksheet.show_way(frame_of(session), index)
    session.go_to_position(here)


def test_the_menu_switches_it_on_and_opens_the_panel(
    opened: tuple[MainWindow, Session], window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    dock = window.findChild(QDockWidget, "dock_worksheet")
    action = window.findChild(QAction, "action_worksheet")
    assert not dock.isVisible()
    assert not session.worksheet.active
    action.trigger()
    assert session.worksheet.active
    qtbot.waitUntil(lambda: window.findChild(QWidget, "worksheet_switch").isVisible())
    switch = window.findChild(QCheckBox, "worksheet_switch")
    assert switch.isChecked()
    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert not session.worksheet.active
    assert not action.isChecked()


def test_the_caption_keeps_the_formula_and_blanks_the_result(window: MainWindow, hiding: Session) -> None:
    hiding.go_to_position(Z1)
    assert re.search(r"z. = Σ w·x \+ b = .*\d = \?", caption(window))
    hiding.go_to_position(A1)
    assert "=" not in caption(window)  # z, which is still to be worked out, would stand in there
    solve(hiding, Z1)
    assert caption(window).rstrip().endswith("= ?")
    solve(hiding, A1)
    assert "?" not in caption(window)


def test_picture_and_inspector_know_nothing_before_it_is_worked_out(
    window: MainWindow, hiding: Session, qtbot: QtBot
) -> None:
    hiding.go_to_position(Z1)
    window.findChild(NetworkView).pin_neuron(1, 0)
    qtbot.waitUntil(lambda: "z = Σ w·x + b" in inspected(window))
    assert "not computed yet" in inspected(window)
    assert "z (weighted sum) not computed yet" in " ".join(card_over(window, qtbot, 1, 0).split())
    solve(hiding, Z1)
    assert "z (weighted sum) not computed yet" not in " ".join(card_over(window, qtbot, 1, 0).split())
    assert re.search(r"z₀ = Σ w·x \+ b = .*\d = .*\d", inspected(window))


def test_what_one_answer_gives_is_seen_everywhere_and_nothing_else(
    window: MainWindow, hiding: Session, qtbot: QtBot
) -> None:
    hiding.go_to_position(Z1)
    worksheet, view = hiding.worksheet, window.findChild(NetworkView)
    worksheet.show_way(frame_of(hiding), 1)
    assert re.search(r"z₀ = .* = \?", caption(window))  # what is asked next
    z = float(frame_of(hiding).layers[1].values["pre_activation"][1])
    assert f"{z:.4g}".replace("-", "−") in " ".join(card_over(window, qtbot, 1, 1).split())
    assert "z (weighted sum) not computed yet" in " ".join(card_over(window, qtbot, 1, 0).split())
    shown = worksheet.masked(frame_of(hiding)).layers[1].values["pre_activation"]
    assert np.flatnonzero(~np.isnan(shown)).tolist() == [1]
    view.pin_neuron(1, 1)
    qtbot.waitUntil(lambda: "z₁ = Σ w·x + b" in inspected(window))
    assert "a = φ(z)\tnot computed yet" in inspected(window)
    assert "?" not in caption(window)
    view.pin_neuron(1, 0)
    qtbot.waitUntil(lambda: "z = Σ w·x + b\tnot computed yet" in inspected(window))
    assert caption(window).rstrip().endswith("= ?")


def test_the_step_of_one_weight_is_seen_as_soon_as_it_is_answered(
    window: MainWindow, hiding: Session, qtbot: QtBot
) -> None:
    last = len(hiding.walk) - 1
    solve(hiding, last - 1)
    hiding.go_to_position(last)
    worksheet = hiding.worksheet
    first, second = (item.asked for item in worksheet.current(frame_of(hiding)).items(last)[:2])
    worksheet.show_way(frame_of(hiding), 0)
    pin = window.findChild(NetworkView).edge_pinned
    pin.emit(first.layer, first.unit, first.source)
    qtbot.waitUntil(lambda: "∂L/∂w" in inspected(window))
    assert "Δw\tnot computed yet" not in inspected(window)
    assert "w after the step" in inspected(window)
    assert "?" not in caption(window)
    pin.emit(second.layer, second.unit, second.source)
    qtbot.waitUntil(lambda: "Δw\tnot computed yet" in inspected(window))
    assert "w after the step" not in inspected(window)
    assert caption(window).rstrip().endswith("= ?")
    worksheet.show_way(frame_of(hiding), 1)
    assert "w after the step" in inspected(window)


def test_numbers_that_travel_leave_out_what_is_not_answered(hiding: Session) -> None:
    hiding.go_to_position(Z1)
    hiding.worksheet.show_way(frame_of(hiding), 1)
    shown = hiding.worksheet.masked(frame_of(hiding))
    assert shown.partial
    assert journey_at(shown, UnitPick(1, 0)) is None
    assert journey_at(shown, UnitPick(1, 1)) is not None
    gradient = hiding.walk.index(Stage(Phase.BACKWARD, 3, PARAMETERS))
    solve(hiding, gradient - 1)
    hiding.go_to_position(gradient)
    asked = hiding.worksheet.current(frame_of(hiding)).items(gradient)[0].asked
    hiding.worksheet.show_way(frame_of(hiding), 0)
    journey = journey_at(hiding.worksheet.masked(frame_of(hiding)), UnitPick(3, 0))
    assert journey is not None
    assert [each.edge.source for each in journey.travellers] == [asked.source]


def test_the_step_of_a_weight_is_hidden_until_the_update_is_worked_out(
    window: MainWindow, hiding: Session, qtbot: QtBot
) -> None:
    gradient = hiding.walk.index(Stage(Phase.BACKWARD, 1, PARAMETERS))
    solve(hiding, gradient)
    hiding.go_to_position(gradient)
    window.findChild(NetworkView).edge_pinned.emit(1, 0, 0)
    qtbot.waitUntil(lambda: "∂L/∂w" in inspected(window))
    assert "Δw\tnot computed yet" in inspected(window)
    last = len(hiding.walk) - 1
    hiding.go_to_position(last)
    assert caption(window).rstrip().endswith("= ?")
    solve(hiding, last)
    assert "Δw\tnot computed yet" not in inspected(window)


def test_what_the_picture_is_given_moves_on_all_the_same(hiding: Session) -> None:
    hiding.go_to_position(Z1)
    frame = frame_of(hiding)
    shown = hiding.worksheet.masked(frame)
    assert (shown.stage, shown.flow_gap, shown.flow, shown.cursor) == (
        frame.stage,
        frame.flow_gap,
        frame.flow,
        frame.cursor,
    )
    assert [layer.active for layer in shown.layers] == [layer.active for layer in frame.layers]
    assert not shown.layers[1].values
    assert frame.layers[1].values


def test_another_sample_or_step_begins_anew(hiding: Session, qtbot: QtBot) -> None:
    solve(hiding, Z1)
    hiding.go_to_position(Z1)
    worksheet = hiding.worksheet
    assert worksheet.secrecy(frame_of(hiding)) is Secrecy.OPEN
    hiding.select_sample(1)
    assert worksheet.secrecy(frame_of(hiding)) is Secrecy.RESULT_HIDDEN
    hiding.select_sample(0)
    assert worksheet.secrecy(frame_of(hiding)) is Secrecy.OPEN
    before = hiding.trace
    hiding.next_batch()
    qtbot.waitUntil(lambda: hiding.can_step and hiding.trace is not before)
    assert worksheet.secrecy(frame_of(hiding)) is Secrecy.RESULT_HIDDEN


def test_a_drawing_has_no_secrets(window: MainWindow, hiding: Session, qtbot: QtBot) -> None:
    assert hiding.trace is not None
    hiding.show_drawing(hiding.trace.inputs[0])
    qtbot.waitUntil(lambda: hiding.frame is not None and not hiding.frame.trace.has_backward)
    assert hiding.worksheet.known(frame_of(hiding)) is hiding.frame


@pytest.mark.parametrize(
    ("formula", "left"),
    [
        ("z₀ = Σ w·x + b = 0.2·0.1 + 0.35 = 0.37", "z₀ = Σ w·x + b = 0.2·0.1 + 0.35 = ?"),
        ("L ≈ 0.1 + 0.2 ≈ 0.3", "L ≈ 0.1 + 0.2 = ?"),
        ("w ← w + Δw = 1 + 0.1 = 1.1   (Δw from Adam; ∂L/∂w = 0.3)", "w ← w + Δw = 1 + 0.1 = ?"),
        ("z = 0.3", "z = ?"),
        ("", ""),
    ],
)
def test_blanks(formula: str, left: str) -> None:
    assert blanked(formula) == left


def test_answers_stay_while_the_next_step_is_foreseen(program: Program) -> None:
    session = program.session
    program.open(catalogue().presets["circle"])
    program.trigger("action_worksheet")
    session.step_forward()
    here = session.cursor.position
    sheet = session.worksheet.current(frame_of(session))
    for index in range(len(sheet.items(here))):
        session.worksheet.show_way(frame_of(session), index)
    expected: list[tuple[Frame, ...]] = []
    session.foresight.expected.connect(expected.append)
    program.wait(lambda: bool(expected) and expected[-1][-1].trace is not session.trace)
    assert session.worksheet.current(frame_of(session)) is sheet
    assert sheet.is_done(here)
