"""Numbers and names as the picture writes them."""

from __future__ import annotations

from math import floor, isfinite, log10

from nnviz.core.playback import EdgeMode

MINUS = "−"
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
EDGE_SYMBOLS = {
    EdgeMode.WEIGHT: "w",
    EdgeMode.GRADIENT: "∂L/∂w",
    EdgeMode.CONTRIBUTION: "w·a",
    EdgeMode.UPDATE: "Δw",
}


def number(value: float, digits: int = 3) -> str:
    """Write a number with `digits` significant digits: −0.834, 12.5, 3.1·10⁻⁶."""
    if not isfinite(value):
        return "NaN" if value != value else ("∞" if value > 0 else f"{MINUS}∞")
    size = abs(value)
    if size == 0:
        return "0"
    if size < 1e-4 or size >= 1e6:
        mantissa, exponent = f"{value:.{max(digits - 2, 0)}e}".split("e")
        text = f"{mantissa}·10{str(int(exponent)).translate(SUPERSCRIPT)}"
    else:
        rounded = float(f"{size:.{digits}g}")  # 0.0099999998, the 32 bits nearest to 0.01, is 0.0100
        text = f"{value:,.{max(digits - 1 - floor(log10(rounded)), 0)}f}"
    return text.replace("-", MINUS)


def short_number(value: float, most: int = 3) -> str:
    """Write a number for the inside of a circle: −0.83, 12.3, 0.013; tiny ones are about zero.

    It gets `most` decimals at the most.
    """
    size = abs(value)
    if not isfinite(value) or size == 0:
        return number(value)
    if size < 0.5 * 10**-most:
        return "≈0"
    places = min(most, 3 if size < 0.0995 else 2 if size < 9.995 else 1 if size < 99.95 else 0)
    return f"{value:.{places}f}".replace("-", MINUS)


def limit_text(limit: float) -> str:
    """Write a limit, which has two significant digits."""
    return number(limit, 3 if limit < 1e-4 or limit >= 1e6 else 2)


def percentage(share: float) -> str:
    """Write a probability: 93 %, <1 %, >99 %; 0 and 100 % are just that."""
    if not isfinite(share):
        return "NaN"
    if 0.995 <= share < 1:
        return ">99 %"
    return "<1 %" if 0 < share < 0.005 else f"{share:.0%}".replace("%", " %")


def shape_text(shape: tuple[int, ...]) -> str:
    """Write a shape: 28×28."""
    return "×".join(f"{extent:,}" for extent in shape)
