"""What is written beside the outputs: shares of classes, or numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from nnviz.core.data import DataSummary, Task
from nnviz.core.playback import Cursor, Phase, frame_at, stages_of
from nnviz.core.spec import NetworkSpec
from nnviz.engine.layers import Dense, Input
from nnviz.ui.graph.items.brush import make_brush
from nnviz.ui.graph.state import PictureState
from nnviz.ui.theme import theme_manager
from tests.support.reference import example_preset, example_trace
from tests.support.trace_trainer import summary_of

NETWORK = NetworkSpec((Input((2,)), Dense(2, "sigmoid")))


def state_of(qtbot: QtBot, summary: DataSummary) -> PictureState:
    theme_manager()
    widget = QWidget()
    qtbot.addWidget(widget)
    state = PictureState(make_brush(widget))
    state.set_summary(summary)
    state.show_network(NETWORK)
    return state


@pytest.mark.parametrize(
    ("classes", "in_percent", "names"), [(("a", "b"), True, ("a", "b")), ((), False, ("y₀", "y₁"))]
)
def test_numbers_are_not_written_as_shares(
    qtbot: QtBot, classes: tuple[str, ...], in_percent: bool, names: tuple[str, ...]
) -> None:
    summary = summary_of(example_preset(NETWORK), classes)
    assert (summary.task is Task.CLASSES) is in_percent
    state = state_of(qtbot, summary)
    trace = example_trace(NETWORK, batch=2)
    state.show_frame(frame_at(trace, Cursor(len(stages_of(trace)) - 1)))
    labels = state.scene().output_labels
    assert labels.are_probabilities is in_percent
    assert labels.names == names  # counted from 0, as in the formulas


def test_answers_that_are_not_all_worked_out_are_not_written(qtbot: QtBot) -> None:
    state = state_of(qtbot, summary_of(example_preset(NETWORK), ("a", "b")))
    trace = example_trace(NETWORK, batch=2)
    done = max(place for place, stage in enumerate(stages_of(trace)) if stage.phase is Phase.FORWARD)
    frame = frame_at(trace, Cursor(done))
    output = frame.layers[1].values["activation"].copy()
    output[1] = np.nan
    layer = replace(frame.layers[1], values={**frame.layers[1].values, "activation": output})
    state.show_frame(replace(frame, layers=(frame.layers[0], layer), partial=True))
    assert state.scene().output_labels.values is None
    state.show_frame(frame)
    assert state.scene().output_labels.values is not None
