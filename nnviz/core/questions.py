"""Questions about the network as it is now: they change nothing, and each has an answer of its own type.

A kind of question is a frozen dataclass that derives from `Question`, beside the dataclass of its answer, in a module
of ``core``; what answers it is a function in `nnviz.engine.inquiries`. The window asks through `Session.inquiries`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """Something that can be asked at any time, while the network runs, too."""
