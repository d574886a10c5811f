"""Formulas whose result is still to be predicted."""

from __future__ import annotations

import re

NOTE = "   ("
RESULT = re.compile(r" [=≈] ")
BLANK = "?"


def blanked(formula: str) -> str:
    """Put a blank in the place of a formula's result; the rule and the numbers that go into it stay.

    A note behind the formula, which may tell the result, goes, too.
    """
    rule = formula.partition(NOTE)[0]
    signs = list(RESULT.finditer(rule))
    return f"{rule[: signs[-1].start()]} = {BLANK}" if signs else ""
