"""The project file that is worked on, in the whole program: the title, saving, and the question before closing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFileDialog, QMessageBox

from nnviz.core.pokes import SetWeight, WeightPlace
from nnviz.engine.catalogue import catalogue
from nnviz.engine.files import read_project, write_preset
from tests.support.program import Program

CTRL = Qt.KeyboardModifier.ControlModifier
SAVE, DISCARD, CANCEL = (
    QMessageBox.StandardButton.Save,
    QMessageBox.StandardButton.Discard,
    QMessageBox.StandardButton.Cancel,
)


@pytest.fixture
def lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that is chosen in every dialog, in a folder of its own."""
    path = tmp_path / "folder" / "lesson.nnviz"
    path.parent.mkdir()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *arguments: (str(path), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: (str(path), ""))
    return path


@pytest.fixture
def saved(program: Program, lesson: Path) -> Program:
    """The program, with a project that was trained and saved."""
    program.train_for(3)
    with program.qtbot.waitSignal(program.session.saved):
        program.trigger("action_save_as")
    assert program.window.windowTitle() == f"lesson.nnviz[*] – {program.session.preset.title} – nnviz"
    assert not program.window.isWindowModified()
    return program


def step(program: Program) -> None:
    before = program.session.progress.step
    program.key(Qt.Key.Key_Right, CTRL)
    program.wait(lambda: program.session.can_step and program.session.progress.step > before)


def save_again(program: Program) -> None:
    with program.qtbot.waitSignal(program.session.saved):
        program.key(Qt.Key.Key_S, CTRL)


def close(program: Program) -> None:
    """Close the window as a person does: while the program runs."""
    QTimer.singleShot(0, program.window, program.window.close)


def question(program: Program) -> QMessageBox | None:
    return program.window.findChild(QMessageBox, "save_before_closing")


def answer(program: Program, button: QMessageBox.StandardButton) -> None:
    close(program)
    program.wait(lambda: question(program) is not None and question(program).isVisible())
    assert "lesson.nnviz" in question(program).text()
    program.qtbot.mouseClick(question(program).button(button), Qt.MouseButton.LeftButton)


# --- what is a change -------------------------------------------------------------------------------------------------


def lower_rate(program: Program) -> None:
    training = program.session.preset.training
    settings = {**training.optimizer.settings, "lr": 0.0005}
    program.session.set_training(replace(training, optimizer=replace(training.optimizer, settings=settings)))


CHANGES: dict[str, Callable[[Program], None]] = {
    "a step": step,
    "other weights": lambda program: program.key(Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier),
    "a weight by hand": lambda program: program.session.pokes.poke(SetWeight(WeightPlace(2, 0, 0), 1.0)),
    "a setting": lower_rate,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_marks_the_title_until_it_is_saved(
    saved: Program, lesson: Path, change: Callable[[Program], None]
) -> None:
    before = lesson.read_bytes()
    change(saved)
    saved.wait(saved.window.isWindowModified)
    saved.wait(lambda: saved.session.can_step)
    save_again(saved)
    assert not saved.window.isWindowModified()
    assert lesson.read_bytes() != before


def test_what_was_opened_is_unchanged_and_known(saved: Program, lesson: Path) -> None:
    learned = saved.session.progress.step
    saved.open(catalogue().presets["xor"])
    saved.wait(lambda: saved.window.windowTitle() == "XOR – nnviz")
    step(saved)
    assert not saved.window.isWindowModified()
    saved.trigger("action_open")
    saved.wait(lambda: saved.window.windowTitle().startswith("lesson.nnviz[*] – "))
    assert saved.session.progress.step == learned
    assert not saved.window.isWindowModified()
    step(saved)
    assert saved.window.isWindowModified()
    save_again(saved)
    assert int(read_project(lesson).metadata["step"]) == learned + 1


def test_a_look_at_the_past_and_the_other_files_are_no_change(saved: Program, tmp_path: Path, monkeypatch) -> None:
    saved.session.time_machine.look(1)
    saved.wait(lambda: saved.session.time_machine.looking and not saved.session.time_machine.on_the_way)
    assert not saved.window.isWindowModified()
    saved.session.time_machine.back_to_now()
    assert not saved.window.isWindowModified()
    step(saved)
    for name in ("plain.json", "step.npz"):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *arguments, name=name: (str(tmp_path / name), ""))
        with saved.qtbot.waitSignal(saved.session.saved):
            saved.trigger("action_save_as" if name.endswith("json") else "action_export_step")
    assert saved.window.windowTitle().startswith("lesson.nnviz[*] – ")
    assert saved.window.isWindowModified()


def test_a_preset_is_no_file_to_save_to(program: Program, lesson: Path, tmp_path: Path) -> None:
    write_preset(tmp_path / "mine.json", replace(catalogue().presets["xor"], title="Mine"))
    program.window.open_path(tmp_path / "mine.json")
    program.wait(lambda: program.window.windowTitle() == "Mine – nnviz" and program.session.can_step)
    save_again(program)  # asks where
    assert program.window.windowTitle() == "lesson.nnviz[*] – Mine – nnviz"


def test_a_file_that_cannot_be_opened_changes_nothing(saved: Program, tmp_path: Path) -> None:
    (tmp_path / "empty.nnviz").touch()
    with saved.qtbot.waitSignal(saved.session.failed):
        saved.window.open_path(tmp_path / "empty.nnviz")
    saved.wait(lambda: saved.session.can_step)
    assert any("empty.nnviz is empty" in text for text in saved.notices())
    assert saved.window.windowTitle().startswith("lesson.nnviz[*] – ")
    assert not saved.window.isWindowModified()


def test_where_it_is_not_clear_what_came_no_file_is_known(saved: Program, lesson: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.nnviz").touch()
    saved.window.open_preset(catalogue().presets["xor"])
    saved.window.open_path(tmp_path / "empty.nnviz")
    saved.wait(lambda: saved.session.can_step and saved.session.preset.title == "XOR")
    assert saved.window.windowTitle() == "XOR – nnviz"


def test_a_failed_save_leaves_it_changed(saved: Program, lesson: Path) -> None:
    step(saved)
    lesson.unlink()
    lesson.parent.rmdir()
    with saved.qtbot.waitSignal(saved.session.failed):
        saved.key(Qt.Key.Key_S, CTRL)
    assert saved.window.isWindowModified()
    assert saved.window.windowTitle().startswith("lesson.nnviz[*] – ")


# --- closing ----------------------------------------------------------------------------------------------------------


def test_nobody_is_asked_where_nothing_was_saved(program: Program) -> None:
    step(program)
    close(program)
    program.wait(program.window.isHidden)
    assert question(program) is None


def test_nobody_is_asked_where_all_is_saved(saved: Program) -> None:
    close(saved)
    saved.wait(saved.window.isHidden)
    assert question(saved) is None


def test_nobody_is_asked_where_nobody_sits(saved: Program) -> None:
    """As ``nnviz render`` closes the window, too."""
    step(saved)
    saved.window.close()
    assert saved.window.isHidden()
    assert question(saved) is None


def test_cancelling_keeps_the_window_and_discarding_the_file(saved: Program, lesson: Path) -> None:
    before = lesson.read_bytes()
    step(saved)
    answer(saved, CANCEL)
    saved.wait(lambda: question(saved) is None)
    assert saved.window.isVisible()
    assert saved.window.isWindowModified()
    answer(saved, DISCARD)
    saved.wait(saved.window.isHidden)
    assert lesson.read_bytes() == before


def test_saving_writes_the_file_and_closes(saved: Program, lesson: Path) -> None:
    learned = saved.session.progress.step
    saved.key(Qt.Key.Key_Space)  # even while it trains
    saved.wait(lambda: saved.session.progress.step > learned)
    answer(saved, SAVE)
    saved.wait(saved.window.isHidden)
    assert int(read_project(lesson).metadata["step"]) > learned


def test_where_saving_fails_the_window_stays(saved: Program, lesson: Path) -> None:
    step(saved)
    lesson.unlink()
    lesson.parent.rmdir()
    with saved.qtbot.waitSignal(saved.session.failed):
        answer(saved, SAVE)
    saved.wait(lambda: question(saved) is None)
    assert saved.window.isVisible()
    assert any("could not be written" in text for text in saved.notices())
    answer(saved, DISCARD)
    saved.wait(saved.window.isHidden)
