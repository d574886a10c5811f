"""Formulas whose result is still to be predicted."""

from __future__ import annotations

import re

NOTE = "   ("
RESULT = re.compile(r" [=≈] ")
ASKED, TO_COME = "?", "…"


def blanked(formula: str, blank: str = ASKED) -> str:
    """Put a `blank` in the place of a formula's result; the rule and the numbers that go into it stay.

    A note behind the formula, which may tell the result, goes, too.
    """
    rule = formula.partition(NOTE)[0]
    signs = list(RESULT.finditer(rule))
    return f"{rule[: signs[-1].start()]} = {blank}" if signs else ""


def shortened(formula: str) -> str:
    """Leave out what stands between the name and the result: ``z₀ = … = 0.45``."""
    rule = formula.partition(NOTE)[0]
    signs = list(RESULT.finditer(rule))
    return f"{rule[: signs[0].start()]} = {TO_COME}{rule[signs[-1].start() :]}" if len(signs) > 1 else formula
