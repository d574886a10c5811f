"""Where a network is computed: the choices, and what a step takes on each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nnviz.core.questions import Question

AUTO = "auto"
CPU = "cpu"
CHOICES = (AUTO, CPU, "cuda", "mps")


@dataclass(frozen=True)
class Devices:
    """Where the present network is computed.

    Attributes
    ----------
    wish : str
        One of `CHOICES`; "auto" leaves small networks on the CPU.
    used : str
    labels : mapping of str to str
        All devices that there are, by name, with what people call them.
    """

    wish: str = AUTO
    used: str = CPU
    labels: Mapping[str, str] = field(default_factory=lambda: {CPU: "CPU"})

    @property
    def label(self) -> str:
        """What people call the device in use."""
        return self.labels[self.used]


@dataclass(frozen=True)
class DeviceSpeeds(Question):
    """How long does a training step of the present network take on each device? Answered by seconds, by name."""
