"""What the list of samples says about numbers that are to be predicted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from nnviz.core.data import Task
from nnviz.core.spec import NetworkSpec
from nnviz.engine.layers import Dense, Input
from nnviz.ui.widgets.sample_model import SampleModel, Thumbnail, ThumbnailRole, numbers_text
from tests.support.reference import example_trace


def test_all_outputs_are_listed(qtbot: QtBot) -> None:
    trace = example_trace(NetworkSpec((Input((2,)), Dense(2, "sigmoid"))), batch=3)
    assert trace.target_values is not None
    assert trace.sample_losses is not None
    trace = replace(trace, targets=trace.target_values)
    model = SampleModel()
    model.set_trace(trace, (), Task.VALUES)
    model.show_progress(True, True)
    thumbnail = model.index(2, 0).data(ThumbnailRole)
    assert isinstance(thumbnail, Thumbnail)
    wanted, answered = (
        ", ".join(f"{value:.2f}" for value in row) for row in (trace.target_values[1], trace.outputs[1])
    )
    assert thumbnail.captions == (wanted, f"→ {answered}")
    sentence = str(model.index(2, 0).data(Qt.ItemDataRole.ToolTipRole))
    assert sentence.endswith(f"target {wanted}, predicted {answered}, loss {trace.sample_losses[1]!s}")


@pytest.mark.parametrize(
    ("values", "text"),
    [([0.01], "0.01"), ([-0.001], "0.00"), ([0.01, 0.99], "0.01, 0.99"), ([1, 2, 3, 4], "1.00, 2.00, 3.00, …")],
)
def test_many_numbers_are_not_all_written(values: list[float], text: str) -> None:
    assert numbers_text(np.array(values, np.float32)) == text
