"""What can be typed. Ranges of training settings are not checked here but where they are declared."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from nnviz import __version__
from nnviz.cli.errors import CommandError
from nnviz.core.devices import AUTO, CHOICES
from nnviz.core.playback import Phase

COMMANDS = ("presets", "train", "trace", "render", "open")
MOST_EPOCHS = 1_000_000
MOST_BATCHES = 100_000_000
LARGEST_SIDE = 16_384

_EXAMPLES = """examples:
  nnviz                                    open the window, with handwritten digits
  nnviz spiral                             open the window with another preset
  nnviz my-network.nnviz                   open a saved project
  nnviz train digits --epochs 20           train without a window
  nnviz train mnist --download             the same with MNIST, fetched first if it is not here
  nnviz trace mazur                        print loss and weights of one training step
  nnviz trace xor --out step.npz           write all its numbers
  nnviz render digits --stage forward:2 --out window.png
"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, instead of printing the usage first."""

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{message} (see {self.prog} --help)")


def _whole_number(minimum: int, maximum: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = minimum - 1
        if not minimum <= number <= maximum:
            raise argparse.ArgumentTypeError(f"a whole number from {minimum} to {maximum:,} is wanted, not {text!r}")
        return number

    return parse


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a number is wanted, not {text!r}") from None


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {text!r}")
    return path


def _new_file(text: str) -> Path:
    """A file that can probably be written; better to know before an hour of training than after it."""
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a folder, a file is wanted")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {str(path.parent)!r} to write {path.name!r} into")
    return path


def _new_file_or_dash(text: str) -> Path | None:
    return None if text == "-" else _new_file(text)


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", text)
    size = (int(match[1]), int(match[2])) if match else (0, 0)
    if not all(0 < side <= LARGEST_SIDE for side in size):
        raise argparse.ArgumentTypeError(f"a size such as 1440x900 is wanted, not {text!r}")
    return size


def _stage(text: str) -> tuple[Phase, int]:
    """``forward:2`` → (FORWARD, 2). Loss and update have no number; theirs is 0."""
    match = re.fullmatch(r"(forward|backward):(\d{1,4})|(loss|update)", text)
    if not match or match[2] == "0":
        raise argparse.ArgumentTypeError(
            f"a stage such as forward:2, loss, backward:1 or update is wanted, not {text!r}"
        )
    return Phase(match[1] or match[3]), int(match[2] or 0)


def _options_anywhere() -> _Parser:
    """The options that may stand anywhere."""
    parser = _Parser(prog="nnviz", add_help=False, allow_abbrev=False)
    parser.add_argument(
        "--data-dir",
        type=_folder,
        metavar="FOLDER",
        help="look for data files (the four of MNIST) here first; overrides NNVIZ_DATA_DIR",
    )
    parser.add_argument(
        "--device",
        choices=CHOICES,
        default=AUTO,
        help="where to compute; auto leaves small networks on the CPU, where they are faster",
    )
    return parser


def _add_preset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("preset", metavar="PRESET", help="name of a preset (see nnviz presets), a .json or .nnviz file")


def _add_training(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--optimizer",
        metavar="NAME",
        help="sgd, momentum, nesterov, adagrad, rmsprop, adam or adamw, with PyTorch's defaults",
    )
    parser.add_argument("--lr", type=_number, metavar="X", help="learning rate")
    parser.add_argument("--seed", type=_number, metavar="N", help="start of all chance")


def _add_download(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--download", action="store_true", help="fetch the data first if they are not here")


def build_parser() -> argparse.ArgumentParser:
    """Make the parser. `open` is what is meant when there is no command."""
    shared = _options_anywhere()
    parser = _Parser(
        prog="nnviz",
        usage="nnviz [PRESET|FILE] | nnviz COMMAND …",
        description="See a neural network learn. Without a command a window is opened, with a preset or a saved file.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[shared],
    )
    parser.add_argument("--version", action="version", version=f"nnviz {__version__}")
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", parser_class=_Parser, title="commands", prog="nnviz"
    )

    def add(name: str, help_text: str) -> argparse.ArgumentParser:
        description = f"{help_text[0].upper()}{help_text[1:]}."
        return commands.add_parser(name, help=help_text, description=description, parents=[shared], allow_abbrev=False)

    opening = add("open", "open the window (the same as no command)")
    opening.add_argument("words", nargs="*", metavar="PRESET|FILE", help="what to start with (digits)")

    add("presets", "list the presets")

    train = add("train", "train a network without a window, and print its loss and accuracy")
    _add_preset(train)
    train.add_argument("--epochs", type=_whole_number(1, MOST_EPOCHS), default=10, metavar="N", help="how long (10)")
    _add_training(train)
    train.add_argument("--batch-size", type=_number, metavar="N", help="samples per step")
    train.add_argument(
        "--json",
        type=_new_file_or_dash,
        default=argparse.SUPPRESS,
        metavar="FILE",
        help="write the results as JSON; - writes them, and nothing else, to the standard output",
    )
    _add_download(train)

    trace = add("trace", "compute one training step, and print it or write all its numbers as NumPy arrays (.npz)")
    _add_preset(trace)
    trace.add_argument(
        "--batch",
        type=_whole_number(0, MOST_BATCHES),
        default=0,
        metavar="K",
        help="which step: the number of steps that are taken before it (0)",
    )
    _add_training(trace)
    trace.add_argument(
        "--out", type=_new_file, metavar="FILE.npz", help="file to write (none: only print the loss, and few weights)"
    )
    _add_download(trace)

    render = add("render", "write a picture of the window")
    _add_preset(render)
    render.add_argument(
        "--epochs", type=_whole_number(0, MOST_EPOCHS), default=0, metavar="N", help="train this long first (0)"
    )
    render.add_argument(
        "--stage", type=_stage, metavar="STAGE", help="forward:N, loss, backward:N or update; N counts layers from 1"
    )
    render.add_argument(
        "--size", type=_size, default=(1440, 900), metavar="WxH", help="width and height in pixels (1440x900)"
    )
    render.add_argument("--theme", choices=("light", "dark"), default="light", help="colours (light)")
    render.add_argument("--out", type=_new_file, required=True, metavar="FILE.png", help="file to write")
    _add_download(render)
    return parser


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read the arguments.

    Raises
    ------
    CommandError
        For anything that makes no sense.
    SystemExit
        After ``--help`` and ``--version``.
    """
    anywhere, rest = _options_anywhere().parse_known_args(argv)
    if not rest or (rest[0] not in COMMANDS and not rest[0].startswith("-")):
        rest = ["open", *rest]
    arguments = build_parser().parse_args(rest)
    if arguments.command is None:
        raise CommandError("an option is not enough: name a preset, a file or a command (see nnviz --help)")
    if arguments.command == "open":
        if len(arguments.words) > 1:
            known = ", ".join(COMMANDS)
            raise CommandError(f"there is no command {arguments.words[0]!r}; there are: {known} (see nnviz --help)")
        arguments.preset = next(iter(arguments.words), None)
    arguments.data_dir, arguments.device = anywhere.data_dir, anywhere.device
    return arguments
