"""The way back from a drawing, or from another sample of its own, to the batch that it interrupted."""

from __future__ import annotations

from nnviz.core.playback import Phase
from nnviz.session.session import Session


def go_back_to_data(session: Session) -> None:
    """Leave what was put into the network by hand; a step that was taken on it is kept."""
    frame = session.frame
    if frame is None or not frame.trace.has_backward:
        session.show_drawing(None)
    elif frame.phase is Phase.UPDATE:
        session.go_to_position(len(session.walk))
    else:
        session.previous_batch()
