"""The layers dock."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnviz.core.catalogue import Catalogue
from nnviz.core.playback import Cursor, frame_at, stages_of
from nnviz.core.trace import ParameterRecord, PartRecord
from nnviz.session.session import Session
from nnviz.ui.panels.layers import LayersPanel, layer_figures
from nnviz.ui.theme import ThemeChoice, theme_manager
from tests.support.reference import example_trace

TRACE = example_trace()
LAST = len(stages_of(TRACE)) - 1


@pytest.fixture
def panel(qtbot):
    session = Session(lambda: None)
    panel = LayersPanel(session, Catalogue((), (), (), (), {}))
    qtbot.addWidget(panel)
    panel.resize(900, 200)
    with qtbot.waitExposed(panel):
        panel.show()
    yield panel
    session.close()


def description(panel: LayersPanel) -> str:
    return panel.findChild(object, "layer_bars").accessibleDescription()


def test_figures_are_means_over_the_whole_batch_whatever_sample_is_shown():
    for sample in (0, 3, None):
        figures = layer_figures(frame_at(TRACE, Cursor(LAST, sample)))
        assert [row.name for row in figures] == ["Input", "Flatten", "Hidden 1", "Hidden 2", "Output"]
        hidden, record = figures[2], TRACE.layers[2]
        outputs = record.parts["activation"].value
        assert hidden.activation == pytest.approx(np.abs(outputs).mean())
        assert hidden.zeros == pytest.approx((outputs == 0).mean())
        assert hidden.gradient == pytest.approx(np.abs(record.parameters["weight"].gradient).mean())
        assert (hidden.is_relu, hidden.learns) == (True, True)
        assert (figures[0].is_relu, figures[0].learns) == (False, False)


def test_nothing_is_told_before_it_is_computed():
    figures = layer_figures(frame_at(TRACE, Cursor(0)))
    assert figures[0].activation is not None
    assert all(row.activation is None and row.gradient is None for row in figures[1:])


def test_the_dock_says_what_is_known_and_nothing_where_there_is_nothing_to_know(panel):
    panel.show_frame(frame_at(TRACE, Cursor(0)))
    assert description(panel).startswith("Input: 0.5")
    assert "Hidden 1: –, –, –" in description(panel)
    assert description(panel).endswith("Output: –, –")
    panel.show_frame(frame_at(TRACE, Cursor(LAST)))
    assert "–" not in description(panel)
    panel.show_frame(None)
    assert description(panel) == ""


@pytest.mark.parametrize("value", [0.0, np.inf, np.nan, 1e-30])
def test_vanished_and_exploded_numbers_can_be_painted(panel, value):
    record = TRACE.layers[4]
    weight = record.parameters["weight"]
    wild = ParameterRecord(weight.before, np.full_like(weight.before, value), weight.after)
    output = PartRecord(np.full_like(record.parts["activation"].value, value), None)
    layer = replace(
        record,
        parts={**record.parts, "activation": output},
        parameters={**record.parameters, "weight": wild},
    )
    trace = replace(TRACE, layers=(*TRACE.layers[:4], layer))
    panel.show_frame(frame_at(trace, Cursor(LAST)))
    assert not panel.grab().isNull()


def test_it_follows_the_theme(panel):
    panel.show_frame(frame_at(TRACE, Cursor(LAST)))
    for choice in (ThemeChoice.DARK, ThemeChoice.LIGHT):
        theme_manager().choose(choice)
        image = panel.grab().toImage()
        assert image.pixelColor(3, 3).name() == theme_manager().theme.panel
    theme_manager().choose(ThemeChoice.SYSTEM)
