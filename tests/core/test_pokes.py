"""Changes by hand, as values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nnviz.core.pokes import BIAS, NO_POKES, Change, Edited, Freeze, Pokes, SetWeight, SwitchOff, UnitPlace, WeightPlace

W, B, U = WeightPlace(1, 0, 2), WeightPlace(1, 0), UnitPlace(1, 0)
INITIAL = 0.25

weights = st.builds(WeightPlace, st.integers(1, 2), st.integers(0, 1), st.integers(BIAS, 1))
units = st.builds(UnitPlace, st.integers(1, 2), st.integers(0, 1))
changes = st.one_of(
    st.builds(SetWeight, weights, st.sampled_from((-1.0, 0.0, INITIAL, 2.0))),
    st.builds(Freeze, st.one_of(weights, units), st.booleans()),
    st.builds(SwitchOff, units, st.booleans()),
)


def after(pokes: Pokes, values: dict[WeightPlace, float], row: list[Change] | tuple[Change, ...]) -> Pokes:
    """Carry changes out on weights that are all 0.25 at first."""
    for change in row:
        if isinstance(change, SetWeight):
            pokes = pokes.after(change, values.get(change.weight, INITIAL))
            values[change.weight] = change.value
        else:
            pokes = pokes.after(change)
    return pokes


def test_names() -> None:
    assert (W.name, B.name, W.neuron) == ("weight", "bias", U)


def test_nothing_is_false() -> None:
    assert not NO_POKES
    assert Pokes(off=frozenset({U}))


def test_a_weight_that_is_set_remembers_what_it_was_first() -> None:
    once = NO_POKES.after(SetWeight(W, 1.0), 0.5)
    twice = once.after(SetWeight(W, 2.0), 1.0)
    assert twice.edited == (Edited(W, 0.5, 2.0),)
    assert twice.edit_of(W) == Edited(W, 0.5, 2.0)
    assert twice.after(SetWeight(W, 0.5), 2.0) == NO_POKES
    assert twice.after(SetWeight(W, 7.0, forget=True), 2.0) == NO_POKES
    assert NO_POKES.after(SetWeight(W, 0.5), 0.5) == NO_POKES


def test_a_weight_is_frozen_alone_or_with_its_neuron() -> None:
    alone, neuron = NO_POKES.after(Freeze(W, True)), NO_POKES.after(Freeze(U, True))
    assert alone.is_frozen(W)
    assert not alone.is_frozen(B)
    assert neuron.is_frozen(W)
    assert neuron.is_frozen(B)
    assert neuron.after(Freeze(U, False)) == NO_POKES


def test_off_and_on() -> None:
    off = NO_POKES.after(SwitchOff(U, True))
    assert off.is_off(1, 0)
    assert not off.is_off(1, 1)
    assert off.after(SwitchOff(U, False)) == NO_POKES


@given(st.lists(changes, max_size=8), st.lists(changes, max_size=8))
def test_changes_lead_from_anything_to_anything_and_back(first: list[Change], more: list[Change]) -> None:
    values: dict[WeightPlace, float] = {}
    here = after(NO_POKES, values, first)
    weights_here = dict(values)
    there = after(here, values, more)
    back = after(there, values, there.changes_to(here))
    assert (set(back.edited), back.frozen, back.off) == (set(here.edited), here.frozen, here.off)
    assert all(values[weight] == weights_here.get(weight, INITIAL) for weight in values)
    assert after(back, values, back.changes_to(NO_POKES)) == NO_POKES
    assert set(values.values()) <= {INITIAL}
