"""What runs are called where nobody has given them a name."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from nnviz.session.time_machine import SessionRun
from nnviz.ui.widgets.texts import translated


def _tr(text: str) -> str:
    return QCoreApplication.translate("run_names", text)


def short_name(run: SessionRun) -> str:
    """Name for narrow places: what a person called it, or its number and what sets it apart."""
    if run.name:
        return run.name
    name = _tr("Run {number}").format(number=run.info.number)
    return f"{name} · {translated(run.change)}" if run.change else name


def usual_name(run: SessionRun) -> str:
    """Number, what sets it apart from its beginning, and where that was: Run 2 · lr 0.01 from step 1,200."""
    name = _tr("Run {number}").format(number=run.info.number)
    change = translated(run.change)
    if run.info.parent is None:
        return f"{name} · {change}" if change else name
    start = _tr("from step {step}").format(step=f"{run.info.begun:,}")
    return f"{name} · {change} {start}" if change else f"{name} · {start}"


def full_name(run: SessionRun) -> str:
    """What a person called it, or the usual name."""
    return run.name or usual_name(run)
