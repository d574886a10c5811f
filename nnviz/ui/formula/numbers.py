"""Numbers as people write them, and arithmetic that can be checked with a pocket calculator.

An `Expr` is a piece of printed arithmetic together with the value that a reader gets who types it in. So a formula can
be printed with just as many digits as it takes to come out at the result shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from nnviz.core.data import FloatArray

RESULT_DIGITS = 3
CHANGE_DIGITS = 4
OPERAND_DIGITS = range(3, 10)
FEW_DIGITS = range(3, 7)
MINUS = "−"
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def subscript(*indices: int) -> str:
    """Write indices small and low: ₃ or ₃,₁₂."""
    return ",".join(str(index) for index in indices).translate(SUBSCRIPTS)


def significant(value: float, digits: int = RESULT_DIGITS) -> str:
    """Write a number with `digits` significant digits; whole numbers as they are, tiny and huge ones as a·10ⁿ.

    One that lies in the middle gets a fourth digit: 0.3775 is neither 0.377 nor 0.378.
    """
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if value == int(value) and abs(value) < 10**6:
        return str(int(value)).replace("-", MINUS)
    digits += _is_halfway(value, digits)
    power = int(f"{value:.{digits - 1}e}".partition("e")[2])
    if -4 <= power < 6:
        text = f"{value:.{max(0, digits - 1 - power)}f}"
        if "." in text and text.endswith("0") and _is_exactly(value, text):  # 0.1, not 0.100: set by a person
            text = text.rstrip("0")
    else:
        text = scientific(value, digits)
    return text.replace("-", MINUS)


def _is_halfway(value: float, digits: int) -> bool:
    """Whether rounding to the usual digits would be arbitrary, in view of the 32 bits that a network keeps."""
    text = f"{value:.{digits}e}"
    ends_with_five = digits == RESULT_DIGITS and text.partition("e")[0].endswith("5")
    return ends_with_five and math.isclose(value, float(text), rel_tol=2e-7)


def all_digits(value: float) -> str:
    """Write all digits that the 32 bits of a network's number tell: 0.2983711."""
    number = np.float32(value)
    if not np.isfinite(number):
        return significant(value)
    if number == 0 or 1e-4 <= abs(number) < 1e6:
        return np.format_float_positional(number, trim="-").replace("-", MINUS)
    mantissa, _, exponent = np.format_float_scientific(number, trim="-").partition("e")
    return f"{mantissa}·{power_of_ten(int(exponent))}".replace("-", MINUS)


def _is_exactly(value: float, text: str) -> bool:
    """Whether the text is the number itself, of which a network keeps 32 bits."""
    return float(text) == value or float(np.float32(text)) == value


def scientific(value: float, digits: int = RESULT_DIGITS) -> str:
    """Write a finite number with a power of ten: 3.58·10⁻⁷."""
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return f"{mantissa}·{power_of_ten(int(exponent))}".replace("-", MINUS)


def power_of_ten(exponent: int) -> str:
    """Write 10ⁿ."""
    return f"10{str(exponent).translate(SUPERSCRIPTS)}"


def _printed_value(value: float, digits: int) -> float:
    """What a reader takes from the printed number."""
    if not math.isfinite(value) or (value == int(value) and abs(value) < 10**6):
        return value
    digits += _is_halfway(value, digits)
    power = int(f"{value:.{digits - 1}e}".partition("e")[2])
    decimals = max(0, digits - 1 - power) if -4 <= power < 6 else digits - 1 - power
    return round(value, decimals)


@dataclass(frozen=True)
class Expr:
    """Printed arithmetic, and what it comes to. `tight` says that it can stand in a product without parentheses."""

    text: str
    value: float
    tight: bool = True

    @property
    def factor(self) -> str:
        """As it is written after a multiplication or division sign."""
        return self.text if self.tight and not self.text.startswith(MINUS) else f"({self.text})"

    def __mul__(self, other: Expr) -> Expr:
        """Multiply."""
        left = self.text if self.tight else f"({self.text})"
        return Expr(f"{left}·{other.factor}", self.value * other.value)

    def __truediv__(self, other: Expr) -> Expr:
        """Divide."""
        value = self.value / other.value if other.value else math.nan
        denominator = f"({other.text})" if "·" in other.text or "/" in other.text else other.factor
        return Expr(f"{self.factor}/{denominator}", value)

    def __add__(self, other: Expr) -> Expr:
        """Add; a negative number is taken away."""
        if other.text.startswith(MINUS):
            text = f"{self.text} {MINUS} {other.text[1:]}"
        else:
            text = f"{self.text} + {other.text}"
        return Expr(text, self.value + other.value, tight=False)

    def __sub__(self, other: Expr) -> Expr:
        """Take away."""
        return Expr(f"{self.text} {MINUS} {other.factor}", self.value - other.value, tight=False)

    def squared(self) -> Expr:
        """Square."""
        base = f"({self.text})" if "·" in self.text and self.tight else self.factor  # (1.2·10⁻⁷)², not 1.2·10⁻⁷²
        return Expr(f"{base}²", self.value**2)

    def negated(self) -> Expr:
        """Change the sign."""
        return Expr(f"{MINUS}{self.factor}", -self.value)


def function(name: str, argument: Expr, compute: Callable[[float], float]) -> Expr:
    """Print ``name(argument)``; what cannot be computed is not a number."""
    try:
        value = compute(argument.value)
    except (ValueError, OverflowError):
        value = math.nan
    return Expr(f"{name}({argument.text})", value)


class Num(Protocol):
    """Prints one number, with the number of digits that is being tried."""

    def __call__(self, value: float) -> Expr:
        """Print `value`."""


def total(num: Num, sizes: ArrayLike, term: Callable[[int], Expr], count: int, more: str, *extra: Expr) -> Expr:
    """Print a long sum: its largest terms one by one, the others together.

    Parameters
    ----------
    sizes : array, shape (terms,)
        What each term comes to.
    term : callable
        Prints the term with that index.
    count : int
        How many terms to print. Where only one would be left over, it is printed, too.
    more : str
        Note behind the sum of the others, such as ``"({count} more)"``.
    extra
        Added at the end (a bias).
    """
    amounts = np.asarray(sizes, np.float64).ravel()
    kept = len(amounts) if len(amounts) <= count + 1 else count
    largest = np.argsort(-np.abs(np.nan_to_num(amounts, posinf=np.inf)), kind="stable")[:kept]
    terms: list[Expr] = [term(int(index)) for index in largest]
    if kept < len(amounts):
        rest = num(float(amounts.sum() - amounts[largest].sum()))
        note = more.format(count=len(amounts) - kept)
        terms.append(Expr(f"{rest.text} {note}", rest.value))
    result = terms[0]
    for each in (*terms[1:], *extra):
        result = result + each
    return result


_result_digits = ContextVar("result_digits", default=RESULT_DIGITS)


@contextmanager
def result_digits(digits: int) -> Iterator[None]:
    """Write the results of all formulas with so many digits: where somebody works them out, with more than usual."""
    token = _result_digits.set(digits)
    try:
        yield
    finally:
        _result_digits.reset(token)


def come_to(left: str, arithmetic: Callable[[Num], Expr], value: float, digits: int | None = None) -> str:
    """Print ``left = arithmetic = value`` with the fewest digits for which that is true.

    Where no number of digits makes it come out (cancellation in float32), it says ≈; where the arithmetic is not
    what the engine computed, only the value is printed. `digits` is the precision of the result; it gets one more
    where that saves many in the arithmetic.
    """
    digits = _result_digits.get() if digits is None else digits
    for operands, results in (FEW_DIGITS, digits), (FEW_DIGITS, digits + 1), (OPERAND_DIGITS, digits):
        shown = significant(value, results)
        for tried in operands:
            expression = arithmetic(partial(_num, digits=tried))
            if significant(expression.value, results) == shown:
                return f"{left} = {shown}" if expression.text == shown else f"{left} = {expression.text} = {shown}"
    if not math.isclose(expression.value, value, rel_tol=0.02, abs_tol=1e-12):
        return f"{left} = {shown}"
    return f"{left} ≈ {arithmetic(partial(_num, digits=digits)).text} ≈ {shown}"


def _num(value: float, digits: int) -> Expr:
    return Expr(significant(value, digits), _printed_value(float(value), digits))


def digits_to_tell(before: float, after: float) -> int:
    """How many digits it takes to see that a number has changed."""
    change, size = abs(after - before), max(abs(before), abs(after))
    if not change or not math.isfinite(change):
        return 3
    return min(max(3, math.ceil(math.log10(size / change)) + 2), 8)


def written_change(change: float, weight: float) -> str:
    """Write by how much a weight moves: everywhere alike, with as many digits as 32-bit weights leave it, 4 at most."""
    return significant(change, _change_digits(change, weight))


def change_expr(change: float, weight: float) -> Expr:
    """Print `written_change` as a part of a formula."""
    return _num(change, _change_digits(change, weight))


def _change_digits(change: float, weight: float) -> int:
    if not change or not math.isfinite(change) or not math.isfinite(weight):
        return CHANGE_DIGITS
    spacing = float(np.spacing(np.float32(max(abs(weight), abs(weight + change)))))
    return min(max(1, math.floor(math.log10(abs(change) / spacing))), CHANGE_DIGITS)


def at(array: FloatArray, index: int) -> float:
    """Return the number with this flat index."""
    return float(np.ravel(array)[index])
