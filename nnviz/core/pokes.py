"""Pokes: what a person has changed in a network by hand, besides its settings.

A weight or a bias is set to another value, weights are frozen (they keep their value while the network trains), a
neuron is switched off (ablation: its output is 0 for all that follows). `Pokes` says what is changed at a moment; it
belongs to a run and to each of its checkpoints, so that going back is exact. A `Change` leads from one to the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from nnviz.core.data import FloatArray
from nnviz.core.questions import Question


@dataclass(frozen=True, order=True)
class UnitPlace:
    """A neuron: its layer, and its number there, from 0."""

    layer: int
    unit: int


BIAS = -1


@dataclass(frozen=True, order=True)
class WeightPlace:
    """The weight from unit `source` of the layer before to neuron `unit` of `layer`; `BIAS` for the neuron's bias."""

    layer: int
    unit: int
    source: int = BIAS

    @property
    def neuron(self) -> UnitPlace:
        """The neuron that it leads into."""
        return UnitPlace(self.layer, self.unit)

    @property
    def name(self) -> str:
        """Name of the parameter it is a part of, as PyTorch calls it."""
        return "bias" if self.source == BIAS else "weight"


@dataclass(frozen=True)
class Edited:
    """A weight that was set by hand: what it was, and what it was set to (training may have moved it since)."""

    weight: WeightPlace
    before: float
    value: float


@dataclass(frozen=True)
class SetWeight:
    """Set a weight or a bias to a value. With `forget`, it does not count as edited any more."""

    weight: WeightPlace
    value: float
    forget: bool = False


@dataclass(frozen=True)
class Freeze:
    """Freeze a weight, or all that leads into a neuron and its bias; or let them learn again."""

    what: WeightPlace | UnitPlace
    on: bool


@dataclass(frozen=True)
class SwitchOff:
    """Switch a neuron off, or on again."""

    unit: UnitPlace
    on: bool


Change = SetWeight | Freeze | SwitchOff


@dataclass(frozen=True)
class Pokes:
    """What is changed by hand at a moment; false where nothing is.

    Attributes
    ----------
    edited : tuple of Edited
        One for each weight, in the order in which they were first set.
    frozen : frozenset
        Weights, and neurons all of whose weights (with the bias) are frozen.
    off : frozenset of UnitPlace
    """

    edited: tuple[Edited, ...] = ()
    frozen: frozenset[WeightPlace | UnitPlace] = frozenset()
    off: frozenset[UnitPlace] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything is changed."""
        return bool(self.edited or self.frozen or self.off)

    def edit_of(self, weight: WeightPlace) -> Edited | None:
        """How a weight was set, or None."""
        return next((each for each in self.edited if each.weight == weight), None)

    def is_frozen(self, weight: WeightPlace) -> bool:
        """Whether a weight keeps its value, by itself or with its neuron."""
        return weight in self.frozen or weight.neuron in self.frozen

    def is_off(self, layer: int, unit: int) -> bool:
        """Whether a neuron is switched off."""
        return bool(self.off) and UnitPlace(layer, unit) in self.off

    def after(self, change: Change, now: float = 0.0) -> Pokes:
        """Return what is changed after `change`; `now` is what the weight is before it is set."""
        if isinstance(change, SetWeight):
            return self._after_setting(change, now)
        if isinstance(change, Freeze):
            return replace(self, frozen=self.frozen | {change.what} if change.on else self.frozen - {change.what})
        return replace(self, off=self.off | {change.unit} if change.on else self.off - {change.unit})

    def _after_setting(self, change: SetWeight, now: float) -> Pokes:
        known = self.edit_of(change.weight)
        if known is None:
            new = () if change.forget or change.value == now else (Edited(change.weight, now, change.value),)
            return replace(self, edited=self.edited + new)
        if change.forget or change.value == known.before:
            return replace(self, edited=tuple(each for each in self.edited if each is not known))
        row = (replace(each, value=change.value) if each is known else each for each in self.edited)
        return replace(self, edited=tuple(row))

    def changes_to(self, wanted: Pokes) -> tuple[Change, ...]:
        """Find the changes that lead from here to `wanted`: for taking back, and for doing again."""
        return (*self._settings_to(wanted), *self._switches_to(wanted))

    def _settings_to(self, wanted: Pokes) -> Iterator[Change]:
        for each in self.edited:
            if wanted.edit_of(each.weight) is None:
                yield SetWeight(each.weight, each.before, forget=True)
        for each in wanted.edited:
            known = self.edit_of(each.weight)
            if known is None or known.value != each.value:
                yield SetWeight(each.weight, each.value)

    def _switches_to(self, wanted: Pokes) -> Iterator[Change]:
        for what in self.frozen ^ wanted.frozen:
            yield Freeze(what, what in wanted.frozen)
        for unit in self.off ^ wanted.off:
            yield SwitchOff(unit, unit in wanted.off)


NO_POKES = Pokes()


@dataclass(frozen=True, eq=False)
class AskPokeEffect(Question):
    """What do the present pokes do? Answered by `PokeEffect`.

    Attributes
    ----------
    inputs : ndarray, shape input_shape, or None
        The sample that is shown.
    """

    inputs: FloatArray | None


@dataclass(frozen=True)
class Judged:
    """How good the network is on the validation data, and what it answers for one sample.

    Attributes
    ----------
    loss, accuracy : float or None
        None without validation data; `accuracy` is a share, None without classes, too.
    outputs : tuple of float
        For the sample; empty without one. The probabilities, or whatever the last layer gives.
    """

    loss: float | None
    accuracy: float | None
    outputs: tuple[float, ...]


@dataclass(frozen=True)
class PokeEffect:
    """The network of this moment without the pokes (set weights as they were, all neurons on) and with them.

    `judged` of the `available` validation samples are looked at, so that the answer does not take too long.
    """

    without: Judged
    present: Judged
    judged: int
    available: int
