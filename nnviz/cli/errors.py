"""What ends a command: one line for the person who typed it, and an exit code."""

from __future__ import annotations

from nnviz.core.facts import DataMissing, Diverged

WRONG_VALUE = 2
FAILED = 1
INTERRUPTED = 130


class CommandError(Exception):
    """A command cannot go on.

    Attributes
    ----------
    exit_code : int
        2 for something that was typed wrongly, 1 for something that went wrong.
    """

    def __init__(self, message: str, exit_code: int = WRONG_VALUE) -> None:
        super().__init__(" ".join(message.split()))
        self.exit_code = exit_code


def missing_data(fact: DataMissing) -> CommandError:
    """Say how to get the data from here."""
    return CommandError(
        f"{fact.message} Here, --download fetches them, and --data-dir FOLDER names a folder that has them.", FAILED
    )


def divergence(fact: Diverged) -> CommandError:
    """Say what the window says, and count the steps as it does: from 1."""
    return CommandError(
        f"The loss is no longer a number. {fact.layer_name} overflowed first, in its {fact.what}, at step "
        f"{fact.step + 1}. Take a lower learning rate.",
        FAILED,
    )
