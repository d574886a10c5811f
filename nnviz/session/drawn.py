"""The drawing on its way through the network: at most one prediction under way, and the newest stroke wins."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnviz.core.commands import Command, Predict
from nnviz.core.data import FloatArray
from nnviz.core.facts import Loaded
from nnviz.core.playback import Cursor, Stage, stages_of
from nnviz.core.trace import Trace


class Drawing:
    """What is on the pad, its newest forward pass, and where in that one is.

    Attributes
    ----------
    position : int or None
        The stage of the forward pass that is shown; None for its end, as an overview.
    """

    def __init__(self, send: Callable[[Command], None]) -> None:
        self._send = send
        self.inputs: FloatArray | None = None
        self.sample = -1
        self.label: int | None = None
        self.trace: Trace | None = None
        self.position: int | None = None
        self._asked: FloatArray | None = None
        self._under_way = False
        self._loaded: Loaded | None = None

    @property
    def walk(self) -> tuple[Stage, ...]:
        """The stages of the forward pass; none while it is not known."""
        return () if self.trace is None else stages_of(self.trace)

    @property
    def cursor(self) -> Cursor:
        """Where in that walk one is."""
        last = max(0, len(self.walk) - 1)
        return Cursor(last, overview=True) if self.position is None else Cursor(min(self.position, last))

    def show(self, inputs: FloatArray | None, sample: int = -1, label: int | None = None) -> None:
        """Draw something else, or take a sample of the data set, with its class; None ends it."""
        self.inputs, self.sample, self.label, self.position = inputs, sample, label, None
        if inputs is None:
            self.trace = None
        self.predict()

    def predict(self) -> None:
        """Ask for a forward pass with the weights of this moment."""
        if self.inputs is not None and not self._under_way:
            self._under_way = True
            self._asked = self.inputs
            self._send(Predict(self.inputs, self.sample, self.label))

    def receive(self, trace: Trace) -> bool:
        """Take the answer; False if the pad has been emptied meanwhile."""
        self._under_way = False
        if self.inputs is None:
            return False
        self.trace = trace
        if self._asked is not self.inputs:  # the pen has gone on meanwhile
            self.predict()
        return True

    def expect_nothing(self) -> None:
        """Know that an answer that is still under way may not come."""
        self._under_way = False

    def start_over(self, fact: Loaded) -> None:
        """Pass it through another network; forget it if it does not fit.

        A sample of other data is forgotten, too: its number would say something else.
        """
        before, self._loaded = self._loaded, fact
        self.trace = self.position = None
        self.expect_nothing()
        fits = self.inputs is not None and self.inputs.shape == fact.preset.network.output_shapes()[0]
        if not fits or (self.sample >= 0 and not _have_same_data(before, fact)):
            self.inputs = None
        self.predict()


def _have_same_data(before: Loaded | None, after: Loaded) -> bool:
    """Whether the samples are the same as before: with another seed, points that are made are others."""
    if before is None or before.preset.data != after.preset.data:
        return False
    return np.array_equal(before.summary.preview_raw, after.summary.preview_raw)
