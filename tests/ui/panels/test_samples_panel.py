from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListView

from nnviz.core import facts as f
from nnviz.core.playback import Phase
from nnviz.ui.panels.samples import SamplesPanel
from nnviz.ui.widgets.sample_model import Thumbnail, ThumbnailRole, Verdict, loss_text
from tests.support.reference import point_network
from tests.ui.panels.trace_bench import MakeTraceBench, TraceBench, make_bench

__all__ = ["make_bench"]

LAST = -1


@pytest.fixture
def bench(make_bench: MakeTraceBench) -> TraceBench:
    return make_bench(SamplesPanel)


def view(bench: TraceBench) -> QListView:
    return bench.widget(QListView, "sample_list")


def thumbnail(bench: TraceBench, row: int) -> Thumbnail:
    found = view(bench).model().index(row, 0).data(ThumbnailRole)
    assert isinstance(found, Thumbnail)
    return found


def sentence(bench: TraceBench, row: int) -> str:
    return str(view(bench).model().index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole))


def click(bench: TraceBench, row: int) -> None:
    index = view(bench).model().index(row, 0)
    bench.qtbot.mouseClick(
        view(bench).viewport(), Qt.MouseButton.LeftButton, pos=view(bench).visualRect(index).center()
    )


def forward_end(bench: TraceBench) -> int:
    return max(i for i, stage in enumerate(bench.session.walk) if stage.phase is Phase.FORWARD)


def test_the_mean_and_all_samples_of_the_batch_are_listed(bench: TraceBench) -> None:
    assert view(bench).model().rowCount() == 9
    trace = bench.session.trace
    assert trace is not None
    np.testing.assert_allclose(thumbnail(bench, 0).inputs, trace.inputs.mean(axis=0), rtol=1e-6)
    np.testing.assert_array_equal(thumbnail(bench, 3).inputs, trace.inputs[2])


def test_predictions_are_told_from_the_end_of_the_forward_pass_on(bench: TraceBench) -> None:
    trace = bench.session.trace
    assert trace is not None
    assert trace.targets is not None
    target, predicted = int(trace.targets[2]), int(trace.outputs[2].argmax())
    bench.go_to(forward_end(bench) - 1)
    assert thumbnail(bench, 3).captions == (f"{target} → ?",)
    assert thumbnail(bench, 3).verdict is Verdict.UNKNOWN
    assert "predicted" not in sentence(bench, 3)
    bench.go_to(forward_end(bench))
    assert thumbnail(bench, 3).captions == (f"{target} → {predicted}",)
    assert thumbnail(bench, 3).verdict is (Verdict.RIGHT if target == predicted else Verdict.WRONG)
    assert thumbnail(bench, 3).note == ""
    bench.go_to(forward_end(bench) + 1)
    assert trace.sample_losses is not None
    assert float(thumbnail(bench, 3).note) == pytest.approx(float(trace.sample_losses[2]), abs=1e-4)
    assert f"target {target}, predicted {predicted}" in sentence(bench, 3)
    bench.go_to(0)
    assert thumbnail(bench, 3).captions == (f"{target} → ?",)


@pytest.mark.parametrize(
    ("loss", "text"),
    [(0.0, "0.0000"), (-0.0, "0.0000"), (-3e-8, "< 0.0001"), (4.9e-5, "< 0.0001"), (5.1e-5, "0.0001"), (2.5, "2.5000")],
)
def test_no_loss_is_written_below_zero(loss: float, text: str) -> None:
    assert loss_text(loss) == text


def test_right_and_wrong_are_marked_and_said(bench: TraceBench) -> None:
    bench.go_to(LAST)
    trace = bench.session.trace
    assert trace is not None
    right = trace.outputs.argmax(axis=1) == trace.targets
    for row, is_right in enumerate(right.tolist()):
        assert thumbnail(bench, row + 1).verdict is (Verdict.RIGHT if is_right else Verdict.WRONG)
        assert ("right" if is_right else "wrong") in sentence(bench, row + 1)


def test_a_click_chooses_the_sample_that_the_picture_shows(bench: TraceBench) -> None:
    click(bench, 4)
    assert bench.session.cursor.sample == 3
    click(bench, 0)
    assert bench.session.cursor.sample is None


def test_arrow_keys_choose_the_sample(bench: TraceBench) -> None:
    view(bench).setFocus()
    assert bench.session.cursor.sample == 0
    bench.qtbot.keyClick(view(bench), Qt.Key.Key_Right)
    assert bench.session.cursor.sample == 1
    bench.qtbot.keyClick(view(bench), Qt.Key.Key_Home)
    assert bench.session.cursor.sample is None


def test_the_selection_follows_the_session(bench: TraceBench) -> None:
    bench.session.select_sample(5)
    assert [index.row() for index in view(bench).selectedIndexes()] == [6]
    bench.session.select_sample(None)
    assert [index.row() for index in view(bench).selectedIndexes()] == [0]


def test_a_new_batch_of_another_size(bench: TraceBench) -> None:
    bench.session.select_sample(7)
    bench.trainer.batch = 3
    with bench.qtbot.waitSignal(bench.session.trace_recorded):
        bench.session.next_batch()
    assert view(bench).model().rowCount() == 4
    assert [index.row() for index in view(bench).selectedIndexes()] == [3]


def test_a_drawing_is_not_part_of_the_batch(bench: TraceBench) -> None:
    bench.session.show_drawing(np.ones((8, 8), np.float32))
    bench.wait_until(lambda: not view(bench).selectedIndexes())
    assert view(bench).model().rowCount() == 9
    click(bench, 1)
    assert bench.session.frame is not None
    assert not bench.session.frame.trace.is_drawing
    assert [index.row() for index in view(bench).selectedIndexes()] == [1]


def test_a_drawing_that_is_learned_is_the_batch(bench: TraceBench) -> None:
    bench.session.show_drawing(np.ones((8, 8), np.float32))
    with bench.qtbot.waitSignal(bench.session.trace_recorded):
        bench.session.learn_drawing(7)
    assert view(bench).model().rowCount() == 2
    assert thumbnail(bench, 1).captions == ("7 → ?",)
    assert sentence(bench, 1).startswith("Your drawing")


def test_points_in_the_plane_have_long_names_on_two_lines(make_bench: MakeTraceBench) -> None:
    bench = make_bench(SamplesPanel, point_network(), classes=("negative", "positive"))
    bench.go_to(LAST)
    trace = bench.session.trace
    assert trace is not None
    assert trace.targets is not None
    names = ("negative", "positive")
    predicted = names[int(trace.outputs[0, 0] > 0.5)]
    assert thumbnail(bench, 1).captions == (names[int(trace.targets[0])], f"→ {predicted}")
    assert not view(bench).grab().toImage().isNull()


def test_numbers_to_be_predicted_are_neither_right_nor_wrong(make_bench: MakeTraceBench) -> None:
    bench = make_bench(SamplesPanel, point_network(), classes=())
    bench.go_to(LAST)
    trace = bench.session.trace
    assert trace is not None
    assert trace.targets is not None
    assert thumbnail(bench, 1).captions == (f"{float(trace.targets[0]):.2f} → {float(trace.outputs[0, 0]):.2f}",)
    assert thumbnail(bench, 1).verdict is Verdict.NONE


def test_thousands_of_samples_are_listed_and_reached(make_bench: MakeTraceBench) -> None:
    bench = make_bench(SamplesPanel, batch=3000)
    assert view(bench).model().rowCount() == 3001
    view(bench).setFocus()
    bench.qtbot.keyClick(view(bench), Qt.Key.Key_End)
    assert bench.session.cursor.sample == 2999
    index = view(bench).model().index(3000, 0)
    bench.wait_until(lambda: view(bench).viewport().rect().contains(view(bench).visualRect(index).center()))


def test_thumbnails_fill_the_width_without_scrolling_sideways(bench: TraceBench) -> None:
    for width in (260, 300, 420):
        bench.panel.resize(width, 700)
        bench.wait_until(lambda: view(bench).visualRect(view(bench).model().index(1, 0)).top() == 0)
        assert view(bench).horizontalScrollBar().maximum() == 0
    last_in_row = max(view(bench).visualRect(view(bench).model().index(row, 0)).right() for row in range(9))
    assert last_in_row > view(bench).viewport().width() - 12


def test_while_it_runs_the_newest_batch_is_shown(bench: TraceBench) -> None:
    first = bench.session.trace
    bench.session.run()
    bench.wait_until(lambda: thumbnail(bench, 1).note != "" and bench.session.trace is not first)
    bench.session.pause()
    bench.wait_until(lambda: bench.session.run_state is f.RunState.PAUSED)


def test_nothing_is_listed_before_there_is_a_batch(make_bench: MakeTraceBench) -> None:
    bench = make_bench(SamplesPanel, load=False)
    assert view(bench).model().rowCount() == 0
