"""Whether it pays to wait a moment before anything is painted."""

from __future__ import annotations

from nnviz.core.facts import RunState
from nnviz.session.session import Session


def batch_is_under_way(session: Session) -> bool:
    """Whether another batch has been asked for and is being recorded, for a few milliseconds.

    Its facts arrive one by one. What follows each of them would flash, and take the interpreter lock from the
    recording; the frame that comes at the end brings all views up to date at once.
    """
    return session.run_state is RunState.PAUSED and session.trace is not None and not session.can_step
