"""The command line, as it is typed: help, listing, and wrong values."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnviz import __version__
from nnviz.cli.arguments import COMMANDS, parse
from nnviz.cli.errors import CommandError
from tests.support.command import python, run

# --- help, listing, imports -------------------------------------------------------------------------------------------


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version") == (0, f"nnviz {__version__}\n", "")
    code, out, _ = run(capsys, "--help")
    assert code == 0
    for word in (*COMMANDS, "--data-dir", "PRESET|FILE"):
        assert word in out
    for command in COMMANDS:
        code, out, _ = run(capsys, command, "--help")
        assert code == 0
        assert out.startswith(f"usage: nnviz {command}")


def test_presets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "presets")
    assert (code, err) == (0, "")
    for line in ("digits    ", "64-20-14-10, 1,744 parameters", "784-20-14-10", "xor", "spiral", "circle"):
        assert line in out


@pytest.mark.parametrize(
    ("argv", "unwanted"),
    [
        (["presets"], ("torch", "PySide6", "sklearn", "scipy")),
        (["train", "xor", "--epochs", "1"], ("PySide6", "pyqtgraph", "sklearn")),
        (["--version"], ("torch", "PySide6", "sklearn", "pydantic")),
    ],
    ids=lambda value: value[0],
)
def test_commands_import_only_what_they_need(argv: list[str], unwanted: tuple[str, ...]) -> None:
    code = (
        "import sys; from nnviz.app import main; code = main(sys.argv[2:]); "
        "print('imported:', [name for name in sys.argv[1].split() if name in sys.modules], code)"
    )
    assert python(code, " ".join(unwanted), *argv).endswith("imported: [] 0")


def test_module_can_be_run() -> None:
    done = subprocess.run([sys.executable, "-m", "nnviz", "presets"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0
    assert "digits" in done.stdout


def test_reader_that_has_had_enough_gets_no_traceback() -> None:
    code = "import sys; from nnviz.app import main; sys.stdout.reconfigure(write_through=True); sys.exit(main())"
    command = subprocess.Popen(
        [sys.executable, "-c", code, "presets"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.close()
    assert command.stderr.read() == ""
    assert command.wait(60) == 1
    command.stderr.close()


# --- wrong values -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nosuch", "there is no preset or file 'nosuch'; presets: digits, "),
        ("nosuch.json", "nosuch.json does not exist"),
        ("nosuch.nnviz", "nosuch.nnviz does not exist"),
        ("trian digits", "there is no command 'trian'"),
        ("train nosuch", "there is no preset or file 'nosuch'"),
        ("train", "required: PRESET"),
        ("train digits --lr 0", "Learning rate must be between 1e-07 and 100, not 0"),
        ("train digits --lr -1", "Learning rate must be between"),
        ("train digits --lr 1e20", "Learning rate must be between"),
        ("train digits --lr nan", "Learning rate must be between"),
        ("train digits --lr fast", "--lr: a number is wanted, not 'fast'"),
        ("train digits --optimizer lion", "There is no optimizer 'lion'; there are: sgd, momentum"),
        ("train digits --batch-size 0", "Batch size must be between 1 and"),
        ("train digits --batch-size 2.5", "Batch size must be a whole number"),
        ("train digits --batch-size 1439", "Batch size must be at most 1438"),
        ("train digits --seed -1", "Seed must be between"),
        ("train digits --seed inf", "Seed must be"),
        ("train digits --epochs 0", "--epochs: a whole number from 1"),
        ("train digits --epochs 1.5", "--epochs: a whole number from 1"),
        ("train digits --json no/such/folder.json", "there is no folder 'no/such'"),
        ("train digits --size 3x3", "unrecognized arguments: --size 3x3"),
        ("trace digits --batch -1 --out x.npz", "--batch: a whole number from 0"),
        ("trace digits --out .", "'.' is a folder, a file is wanted"),
        ("render digits --out x.png --size big", "a size such as 1440x900"),
        ("render digits --out x.png --size 0x100", "a size such as 1440x900"),
        ("render digits --out x.png --stage sideways", "a stage such as forward:2"),
        ("render digits --out x.png --stage loss:2", "a stage such as forward:2"),
        ("render digits --out x.png --stage forward:0", "a stage such as forward:2"),
        ("render digits --out x.png --stage forward:4", "there is no forward:4: 3 layers have parameters"),
        ("render digits --out x.png --theme pink", "invalid choice: 'pink'"),
        ("--data-dir no/such presets", "there is no folder 'no/such'"),
        ("presets --data-dir", "--data-dir: expected one argument"),
        ("--fast", "unrecognized arguments: --fast"),
    ],
)
def test_wrong_values_are_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *line.split())
    assert code == 2
    assert out == ""
    assert err.startswith("nnviz: ")
    assert err.count("\n") == 1
    assert message in err
    assert list(tmp_path.glob("x.*")) == []


def test_damaged_preset_file_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "my.json"
    path.write_text('{"format": 1}')
    for command in (["train", str(path)], [str(path)]):
        code, _, err = run(capsys, *command)
        assert code == 2
        assert "my.json is not a preset that nnviz can read: title is missing" in err


@settings(deadline=None)
@given(st.lists(st.sampled_from([*COMMANDS, "--lr", "--out", "x", "-", "--", "-1", "--seed", "--json", "--x=y", ""])))
def test_no_line_raises_anything_else(words: list[str]) -> None:
    with suppress(CommandError):
        parse(words)


def test_data_dir_may_stand_anywhere(tmp_path: Path) -> None:
    for line in (["--data-dir", str(tmp_path), "train", "xor"], ["train", "xor", f"--data-dir={tmp_path}"]):
        assert parse(line).data_dir == tmp_path
    assert parse(["xor", "--data-dir", str(tmp_path)]).data_dir == tmp_path
    assert parse(["xor"]).data_dir is None
