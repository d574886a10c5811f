"""What the curves say at one place: of the run that is trained, and at the same moment of all others that are seen."""

from __future__ import annotations

from collections.abc import Callable

from nnviz.ui.widgets.curve_key import KeyRow, LineLook
from nnviz.ui.widgets.curves import Curves, Line, Reading, read_curves
from nnviz.ui.widgets.other_curves import RunCurves
from nnviz.ui.widgets.readout import ReadoutRow, ReadoutText

NEAR = 0.5  # epochs: farther from its ends a line says nothing


def read_runs(curves: Curves, others_end: float, x: float) -> Reading:
    """Read as `read_curves` does; beyond the end of the present run, at the epoch that the others have come to."""
    if curves.end + NEAR < x <= others_end + NEAR:
        return Reading(min(float(round(x)), others_end), True, (None, None, None))
    return read_curves(curves, x)


def readout_of(
    title: str,
    present: RunCurves,
    reading: Reading,
    others: tuple[RunCurves, ...],
    names: tuple[str, str, str],
    looks: tuple[LineLook, LineLook, LineLook],
    read: Callable[[float], str],
) -> ReadoutText:
    """Set the values in rows: one for each line, or one for each run where there are several."""
    if not others:
        rows = tuple(
            ReadoutRow(look.shade(), name, (_text(value, read),))
            for look, name, value, line in zip(looks, names, reading.values, present.curves.lines, strict=True)
            if len(line)
        )
        return ReadoutText(title, (), rows)
    values = [(present, reading.values)]
    values += [(run, tuple(_value(line, reading.epoch) for line in run.curves.lines)) for run in others]
    known = [at for at in range(3) if any(each[at] is not None for _, each in values)]
    if 0 in known and all(each[0] is not None or each[2] is None for _, each in values):
        known = [at for at in known if at < 2]  # single batches say little beside means of epochs
    return ReadoutText(
        title,
        tuple(names[at] for at in known),
        tuple(ReadoutRow(run.shade(), run.name, tuple(_text(each[at], read) for at in known)) for run, each in values),
    )


def key_rows(
    looks: tuple[LineLook, LineLook, LineLook],
    names: tuple[str, str, str],
    briefs: tuple[str, str, str],
    reading: Reading,
    curves: Curves,
    read: Callable[[float], str],
) -> tuple[KeyRow, ...]:
    """Make the rows of the key: one for each line that there is, all values of the same number of characters."""
    blank = "–".ljust(len(read(0.0)))
    values = (blank if value is None else read(value) for value in reading.values)
    rows = zip(looks, names, values, briefs, curves.lines, strict=True)
    return tuple(KeyRow(look, name, value, brief) for look, name, value, brief, line in rows if len(line))


def _value(line: Line, epoch: float) -> float | None:
    if not len(line) or not line.x[0] - NEAR <= epoch <= line.x[-1] + NEAR:
        return None
    return line.at(epoch)


def _text(value: float | None, read: Callable[[float], str]) -> str:
    return "–" if value is None else read(value).strip()
