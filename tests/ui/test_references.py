"""PySide6 6.12.0 with Python 3.11 loses a reference to None in every Qt call that returns nothing.

After some thousand calls the process dies with ``none_dealloc``. The dependencies exclude that version; this test fails
where they no longer do. From Python 3.12 on None is immortal (PEP 683): its count never changes, nothing can be lost,
and what is left to check is just that, and that the installed PySide6 lies in the range that was asked for.
"""

from __future__ import annotations

import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from PySide6.QtGui import QImage, QPainter

CALLS = 500
NOISE = 50  # the interpreter itself takes and returns a few references meanwhile


def test_qt_calls_that_return_nothing_keep_the_references_to_none() -> None:
    image = QImage(16, 16, QImage.Format.Format_ARGB32_Premultiplied)
    painter = QPainter(image)
    painter.drawLine(0, 0, 1, 1)
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        painter.drawLine(0, 0, 15, 15)
    lost = before - sys.getrefcount(None)
    painter.end()
    assert abs(lost) < NOISE


@pytest.mark.skipif(sys.version_info < (3, 12), reason="None is counted before Python 3.12: the test above says it all")
def test_none_is_immortal() -> None:
    before = sys.getrefcount(None)
    kept = [None] * CALLS
    assert sys.getrefcount(None) == before
    assert len(kept) == CALLS


def test_the_bad_versions_are_excluded() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = next(line for line in project["dependencies"] if line.startswith("PySide6"))
    assert "<6.12" in asked
    for bad in ("!=6.11.0", "!=6.11.1"):
        assert bad in asked
    installed = tuple(int(number) for number in version("PySide6-Essentials").split(".")[:2])
    assert (6, 10) <= installed < (6, 12)
