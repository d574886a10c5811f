from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QLabel,
    QProgressBar,
    QPushButton,
    QWidget,
)

from nnviz.core import commands as c
from nnviz.core import facts as f
from nnviz.core.added_points import AddedPoint
from nnviz.core.spec import DataSpec
from nnviz.engine.catalogue import catalogue
from nnviz.ui.panels.data import DataPanel
from nnviz.ui.theme import ThemeChoice, theme_manager
from nnviz.ui.widgets.point_plot import PointPlot
from tests.ui.panels.settings_fixtures import Bench, MakeBench, make_bench

__all__ = ["make_bench"]


class FakeDownload:
    """A download that reports one file, then waits for the test to let it succeed or fail."""

    def __init__(self) -> None:
        self.expected = 2_000_000
        self.error: Exception | None = None
        self.go_on = threading.Event()
        self.calls = 0

    def __call__(self, progress: Callable[[str, int, int], None], cancelled: Callable[[], bool]) -> None:
        self.calls += 1
        progress("train-images-idx3-ubyte.gz", 1_500_000, self.expected)
        while not self.go_on.wait(0.005):
            if cancelled():
                raise InterruptedError
        if self.error is not None:
            raise self.error


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    return make_bench(DataPanel)


@pytest.fixture
def download() -> FakeDownload:
    return FakeDownload()


@pytest.fixture
def missing(make_bench: MakeBench, download: FakeDownload) -> Bench:
    """MNIST was asked for, and is not there."""
    bench = make_bench(DataPanel, "digits", download)
    choose(bench, "dataset_combo", "mnist")
    bench.wait_until(lambda: bench.is_shown("missing_data_box"))
    return bench


def choose(bench: Bench, name: str, value: str) -> None:
    combo = bench.widget(QComboBox, name)
    combo.setCurrentIndex(combo.findData(value))


def enter(bench: Bench, name: str, text: str) -> None:
    field = bench.widget(QDoubleSpinBox, name)
    field.selectAll()
    bench.qtbot.keyClicks(field, text)
    bench.qtbot.keyClick(field, Qt.Key.Key_Return)


def click(bench: Bench, name: str) -> None:
    bench.qtbot.mouseClick(bench.widget(QPushButton, name), Qt.MouseButton.LeftButton)


def label(bench: Bench, name: str) -> str:
    return bench.widget(QLabel, name).text() if bench.is_shown(name) else ""


def data(bench: Bench) -> DataSpec:
    assert bench.session.preset is not None
    return bench.session.preset.data


def current(bench: Bench, name: str) -> str:
    return bench.widget(QComboBox, name).currentData()


def test_it_starts_empty_with_presets_to_choose_from(make_bench: MakeBench) -> None:
    bench = make_bench(DataPanel, "")
    assert current(bench, "preset_combo") is None
    assert not bench.widget(QComboBox, "dataset_combo").isEnabled()
    choose(bench, "preset_combo", "digits")
    bench.wait_until(lambda: current(bench, "dataset_combo") == "digits")
    assert current(bench, "preset_combo") == "digits"


def test_a_panel_made_late_shows_the_data(bench: Bench) -> None:
    late = DataPanel(bench.session, catalogue())
    bench.qtbot.addWidget(late)
    assert late.findChild(QComboBox, "dataset_combo").currentData() == "digits"


def test_images_are_summed_up_with_their_preprocessing(bench: Bench) -> None:
    assert label(bench, "data_summary") == "1,100 images of 8×8 pixels. To be predicted: one of 10 classes."
    assert bench.widget(QWidget, "split_bar").accessibleDescription() == "Training 800, Validation 200, Test 100"
    steps = bench.widget(QWidget, "preprocessing_strip").accessibleDescription()
    assert steps.startswith("8×8 (0 … 255), 64 (in a row), ÷ 255 (0 … 1), one-hot (label ")
    assert "÷\N{NO-BREAK SPACE}255\N{NO-BREAK SPACE}=" in label(bench, "preprocessing_text")
    assert not bench.is_shown("point_plot")


@pytest.mark.parametrize(("name", "key"), [("circle", "negative"), ("plane", "1")])
def test_points_are_summed_up_with_a_picture(bench: Bench, name: str, key: str) -> None:
    choose(bench, "dataset_combo", name)
    bench.wait_until(lambda: data(bench).name == name)
    assert label(bench, "data_summary").startswith("500 points with x₁ and x₂. To be predicted:")
    assert bench.is_shown("point_plot")
    assert not bench.is_shown("preprocessing_strip")
    assert key in label(bench, "point_key")


def test_many_points_are_thinned_out_evenly(bench: Bench) -> None:
    """Where the classes come one after the other, both are still in the picture."""
    bench.load("circle")
    plot = bench.widget(PointPlot, "point_plot")
    rng = np.random.default_rng(0)
    points, targets = rng.normal(size=(9_000, 2)).astype(np.float32), np.repeat([0, 1], 4_500)
    assert bench.session.summary is not None
    plot.show_points(replace(bench.session.summary, points=points, point_targets=targets))
    image = plot.grab().toImage()
    colours = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert {theme_manager().theme.negative, theme_manager().theme.positive} <= colours


def test_the_colours_follow_the_theme(bench: Bench) -> None:
    bench.load("circle")
    light = label(bench, "point_key")
    theme_manager().choose(ThemeChoice.DARK)
    assert label(bench, "point_key") != light
    bench.panel.grab()
    theme_manager().choose(ThemeChoice.SYSTEM)


def test_settings_of_the_data_apply(bench: Bench) -> None:
    bench.load("circle")
    split = data(bench).validation_split
    enter(bench, "data_noise_spin", "0.2")
    enter(bench, "data_samples_spin", "200")
    bench.wait_until(lambda: data(bench) == DataSpec("circle", {"noise": 0.2, "samples": 200}, split))
    enter(bench, "data_validation_split_spin", "0.25")
    bench.widget(QCheckBox, "data_shuffle_check").click()
    bench.wait_until(lambda: data(bench) == DataSpec("circle", {"noise": 0.2, "samples": 200}, 0.25, False))
    assert bench.widget(QWidget, "split_bar").accessibleDescription() == "Training 150, Validation 50"


def test_a_wrong_setting_is_explained_at_the_field(bench: Bench) -> None:
    enter(bench, "data_validation_split_spin", "2")
    assert label(bench, "data_validation_split_spin_problem").startswith("Validation split must be")
    assert bench.trainer.sent(c.ChangeData) == []


def test_a_change_of_the_preset_is_told(bench: Bench) -> None:
    assert current(bench, "preset_combo") == "digits"
    enter(bench, "data_validation_split_spin", "0.5")
    bench.wait_until(lambda: data(bench).validation_split == 0.5)
    assert current(bench, "preset_combo") is None
    assert bench.widget(QComboBox, "preset_combo").placeholderText().endswith(" *")
    choose(bench, "preset_combo", "digits")
    bench.wait_until(lambda: data(bench).validation_split == 0.2)


def test_a_failure_is_shown_and_the_choice_returns(bench: Bench) -> None:
    bench.trainer.refusal = f.Failed("These data do not fit.", f.Place.DATA)
    choose(bench, "dataset_combo", "spiral")
    bench.wait_until(lambda: label(bench, "data_problem") == "These data do not fit.")
    assert current(bench, "dataset_combo") == "digits"
    choose(bench, "dataset_combo", "moons")
    bench.wait_until(lambda: data(bench).name == "moons")
    assert label(bench, "data_problem") == ""


def test_a_failure_elsewhere_is_not_shown_here(bench: Bench) -> None:
    bench.session.failed.emit(f.Failed("Not this one.", f.Place.TRAINING))
    assert label(bench, "data_problem") == ""


def test_missing_data_leave_the_network_in_force(missing: Bench) -> None:
    assert data(missing).name == "digits"
    assert current(missing, "dataset_combo") == "digits"
    assert missing.is_shown("download_button")
    assert missing.is_shown("open_folder_button")
    assert not missing.is_shown("cancel_download_button")
    enter(missing, "data_validation_split_spin", "0.5")
    missing.wait_until(lambda: data(missing).validation_split == 0.5)


def test_missing_data_at_the_first_start(make_bench: MakeBench) -> None:
    bench = make_bench(DataPanel, "")
    choose(bench, "preset_combo", "mnist")
    bench.wait_until(lambda: bench.is_shown("missing_data_box"))
    assert current(bench, "preset_combo") is None
    assert not bench.is_shown("download_button")  # this session has no downloader
    choose(bench, "preset_combo", "digits")
    bench.wait_until(lambda: not bench.is_shown("missing_data_box"))


def test_the_download_shows_its_progress_and_fits_the_present_network(missing: Bench, download: FakeDownload) -> None:
    click(missing, "download_button")
    missing.wait_until(lambda: "1.5 of 2.0 MB" in label(missing, "download_text"))
    assert "train-images-idx3-ubyte.gz" in label(missing, "download_text")
    bar = missing.widget(QProgressBar, "download_progress")
    assert (bar.value(), bar.maximum()) == (1_500_000, 2_000_000)
    assert not missing.is_shown("download_button")
    missing.trainer.has_mnist = True
    download.go_on.set()
    missing.wait_until(lambda: data(missing).name == "mnist")
    assert not missing.is_shown("missing_data_box")
    assert [sent.data.name for sent in missing.trainer.sent(c.ChangeData)] == ["mnist", "mnist"]
    assert [sent.preset.data.name for sent in missing.trainer.sent(c.LoadPreset)] == ["digits"]


def test_a_preset_that_lacks_its_data_is_loaded_when_they_have_come(missing: Bench, download: FakeDownload) -> None:
    choose(missing, "preset_combo", "mnist")
    missing.wait_until(lambda: len(missing.trainer.sent(c.LoadPreset)) == 2)
    missing.wait_until(lambda: current(missing, "preset_combo") == "digits")
    missing.trainer.has_mnist = True
    download.go_on.set()
    click(missing, "download_button")
    missing.wait_until(lambda: current(missing, "preset_combo") == "mnist")


def test_a_folder_without_the_files_leaves_the_wish(
    missing: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    click(missing, "open_folder_button")
    missing.wait_until(lambda: len(missing.trainer.sent(c.ChangeData)) == 2)
    missing.wait_until(lambda: missing.session.run_state is f.RunState.PAUSED)
    missing.trainer.has_mnist = True
    click(missing, "open_folder_button")
    missing.wait_until(lambda: data(missing).name == "mnist")
    assert len(missing.trainer.sent(c.ChangeData)) == 3


def test_a_download_of_unknown_size_shows_what_has_come(missing: Bench, download: FakeDownload) -> None:
    download.expected = 0
    click(missing, "download_button")
    missing.wait_until(lambda: "1.5 MB" in label(missing, "download_text"))
    assert missing.widget(QProgressBar, "download_progress").maximum() == 0


def test_the_download_can_be_cancelled_and_begun_again(missing: Bench, download: FakeDownload) -> None:
    click(missing, "download_button")
    missing.wait_until(lambda: download.calls == 1)
    click(missing, "cancel_download_button")
    missing.wait_until(lambda: missing.is_shown("download_button"))
    assert "cancelled" in label(missing, "missing_data_problem")
    assert data(missing).name == "digits"
    click(missing, "download_button")
    missing.wait_until(lambda: download.calls == 2)
    assert label(missing, "missing_data_problem") == ""


def test_a_failed_download_says_why_and_can_be_repeated(missing: Bench, download: FakeDownload) -> None:
    download.error = OSError("There is no network connection. Try again later.")
    download.go_on.set()
    click(missing, "download_button")
    missing.wait_until(lambda: "no network connection" in label(missing, "missing_data_problem"))
    assert missing.is_shown("download_button")
    assert missing.is_shown("open_folder_button")


def test_training_on_while_downloading_keeps_the_box(missing: Bench, download: FakeDownload) -> None:
    click(missing, "download_button")
    missing.wait_until(lambda: download.calls == 1)
    enter(missing, "data_validation_split_spin", "0.5")
    missing.wait_until(lambda: data(missing).validation_split == 0.5)
    assert missing.is_shown("cancel_download_button")


def test_a_folder_can_be_opened(missing: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    missing.trainer.has_mnist = True
    click(missing, "open_folder_button")
    missing.wait_until(lambda: data(missing).name == "mnist")
    assert missing.trainer.sent(c.SetDataFolder) == [c.SetDataFolder(tmp_path)]
    assert not missing.is_shown("missing_data_box")


def test_no_folder_chosen_changes_nothing(missing: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    click(missing, "open_folder_button")
    assert missing.trainer.sent(c.SetDataFolder) == []
    assert missing.is_shown("missing_data_box")


def test_damaged_files_are_told_in_the_box(missing: Bench) -> None:
    missing.session.failed.emit(f.Failed("train-images is cut off. Download it again.", f.Place.WINDOW))
    assert "cut off" in label(missing, "missing_data_problem")


@pytest.mark.parametrize("preset", ["digits", "circle"])
def test_it_fits_a_narrow_dock(make_bench: MakeBench, preset: str) -> None:
    assert make_bench(DataPanel, preset).fits()


def test_the_box_fits_a_narrow_dock(missing: Bench) -> None:
    assert missing.fits()


def test_an_unforeseen_error_does_not_block_further_changes(bench: Bench) -> None:
    bench.trainer.refusal = f.Failed("Something went wrong inside nnviz.", f.Place.WINDOW)
    choose(bench, "dataset_combo", "circle")
    bench.wait_until(lambda: current(bench, "dataset_combo") == "digits")
    choose(bench, "dataset_combo", "xor")
    bench.wait_until(lambda: data(bench).name == "xor")


def test_failures_of_the_training_are_not_told_in_the_box(missing: Bench) -> None:
    missing.session.failed.emit(f.Failed("Too large.", f.Place.TRAINING))
    assert label(missing, "missing_data_problem") == ""


def test_a_setting_changed_while_another_data_set_is_on_its_way_goes_with_it(bench: Bench) -> None:
    bench.load("circle")
    choose(bench, "dataset_combo", "digits")
    bench.widget(QCheckBox, "data_shuffle_check").click()
    bench.wait_until(lambda: (data(bench).name, data(bench).shuffle) == ("digits", False))
    choose(bench, "dataset_combo", "spiral")
    bench.widget(QCheckBox, "data_shuffle_check").click()
    bench.wait_until(lambda: (data(bench).name, data(bench).shuffle) == ("spiral", True))


def test_what_is_set_while_a_preset_is_loaded_is_dropped(bench: Bench) -> None:
    bench.load("circle")
    with bench.qtbot.waitSignal(bench.session.loaded):
        bench.session.load_preset(catalogue().presets["digits"])
        enter(bench, "data_noise_spin", "0.5")
    bench.wait_until(lambda: bench.session.run_state is f.RunState.PAUSED)
    assert current(bench, "dataset_combo") == "digits"
    enter(bench, "data_validation_split_spin", "0.5")
    bench.wait_until(lambda: data(bench).validation_split == 0.5)
    assert [sent.data.name for sent in bench.trainer.sent(c.ChangeData)] == ["digits"]


def test_the_folder_button_says_what_the_message_says(missing: Bench) -> None:
    text = missing.widget(QPushButton, "open_folder_button").accessibleName()
    assert text == "Open a folder with the four MNIST files…"


def test_what_rests_gives_way_to_what_happens_meanwhile(bench: Bench) -> None:
    bench.load("circle")
    noise = bench.widget(QDoubleSpinBox, "data_noise_spin")
    noise.stepUp()
    bench.session.set_data(replace(data(bench), points=(AddedPoint(3.0, 3.0, 1),)))
    bench.wait_until(lambda: len(data(bench).points) == 1)
    assert noise.value() == 0.0
    noise.stepUp()
    bench.wait_until(lambda: data(bench).settings.get("noise", 0.0) > 0.0)
    assert len(data(bench).points) == 1
    assert len(bench.trainer.sent(c.ChangeData)) == 2


def test_running_within_the_rest_goes_on(bench: Bench) -> None:
    bench.load("circle")
    noise = bench.widget(QDoubleSpinBox, "data_noise_spin")
    noise.stepUp()
    assert noise.value() > 0.0
    bench.session.run()
    bench.wait_until(lambda: noise.value() == 0.0)
    assert bench.session.run_state is f.RunState.RUNNING
