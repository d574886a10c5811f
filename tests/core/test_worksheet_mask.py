"""Of a stage that is solved in part just the solved numbers are seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from nnviz.core.playback import PARAMETERS, Cursor, EdgeMode, Frame, Phase, edge_values, frame_at, stages_of
from nnviz.core.worksheet import Pass
from nnviz.core.worksheet_mask import with_solved
from nnviz.core.worksheet_quantities import Kind, Place, Quantity
from tests.core.test_worksheet import trace_of

TRACE = trace_of()
ASKING = [place for place in range(len(stages_of(TRACE))) if len(Pass(TRACE, 0).items(place)) > 1]


def shown_number(frame: Frame, asked: Quantity) -> float:
    layer, part = frame.layers[asked.layer], frame.stage.part
    match asked.kind:
        case Kind.SUM | Kind.OUTPUT:
            return float(layer.values[part][asked.unit])
        case Kind.OUTPUT_GRADIENT | Kind.DELTA:
            return float(layer.gradients[part][asked.unit])
        case Kind.WEIGHT_GRADIENT:
            return float(layer.parameter_gradients["weight"][asked.unit, asked.source])
        case Kind.BIAS_GRADIENT:
            return float(layer.parameter_gradients["bias"][asked.unit])
        case _:
            values = edge_values(frame, asked.layer, EdgeMode.UPDATE)
            assert values is not None
            return float(values[asked.unit, asked.source])


def masks(position: int) -> Iterator[tuple[Pass, int, Frame]]:
    """One question solved after the other, but for the last."""
    sheet = Pass(TRACE, 0)
    known, ahead = (frame_at(TRACE, Cursor(place)) for place in (position - 1, position))
    for index in range(len(sheet.items(position)) - 1):
        sheet.show(position, index)
        masked = with_solved(known, ahead, sheet.solved(position))
        yield sheet, index, replace(masked, stage=ahead.stage)


@pytest.mark.parametrize("position", ASKING)
def test_what_is_solved_is_seen_and_nothing_else(position: int) -> None:
    for sheet, solved, frame in masks(position):
        assert frame.partial
        items = [item.asked for item in sheet.items(position)]
        for asked in items[: solved + 1]:
            assert shown_number(frame, asked) == pytest.approx(asked.value, rel=1e-4)
        same_array = [
            asked for asked in items[solved + 1 :] if (asked.layer, asked.kind) == (items[0].layer, items[0].kind)
        ]
        assert all(np.isnan(shown_number(frame, asked)) for asked in same_array)
        hidden = [asked for asked in items[solved + 1 :] if asked.kind is Kind.BIAS_GRADIENT]
        known = frame.layers[items[0].layer].parameter_gradients
        if items[solved].kind is Kind.WEIGHT_GRADIENT and hidden:
            assert "bias" not in known


def test_with_nothing_solved_nothing_is_added() -> None:
    known, ahead = (frame_at(TRACE, Cursor(place)) for place in (0, 1))
    assert with_solved(known, ahead, ()) is known


def test_a_pass_knows_the_places_that_are_solved_and_what_comes_next() -> None:
    sheet = Pass(TRACE, 0)
    assert sheet.asked_next(1) == Place(1, 0)
    assert not sheet.knows(Place(1, 0))
    sheet.show(1, 0)
    assert sheet.knows(Place(1, 0))
    assert not sheet.knows(Place(1, 1))
    assert sheet.asked_next(1) == Place(1, 1)
    assert [asked.place for asked in sheet.solved(1)] == [Place(1, 0)]
    gradients = next(
        place for place, stage in enumerate(sheet.walk) if stage.phase is Phase.BACKWARD and stage.part == PARAMETERS
    )
    for index, item in enumerate(sheet.items(gradients)):
        if item.asked.kind is Kind.WEIGHT_GRADIENT:
            sheet.show(gradients, index)
    assert sheet.asked_next(gradients) is None  # biases alone
    for place in range(len(sheet.walk)):
        for index in range(len(sheet.items(place))):
            sheet.show(place, index)
    assert not sheet.knows(Place(1, 0))
