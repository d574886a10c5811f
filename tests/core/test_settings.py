"""What fields may hold, and what is said about values that they cannot hold."""

from __future__ import annotations

import math
from dataclasses import MISSING, dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnviz.core.settings import (
    Choice,
    Number,
    Option,
    SettingError,
    Switch,
    check_settings,
    check_values,
    setting,
    settings_of,
)

RATE = Number("Rate", "", 0.0, 1.0)
UNITS = Number("Units", "", 1, 1000, integer=True)
COLOUR = Choice("Colour", "", (Option("red", "Red"), Option("blue", "Blue")))
BIAS = Switch("Bias", "")


@dataclass(frozen=True)
class Form:
    units: int = setting(MISSING, UNITS)
    rate: float = setting(0.5, RATE)
    bias: bool = setting(True, BIAS)
    remark: str = ""


@pytest.mark.parametrize("value", [0.0, 1.0, 0.25, 1, 0])
def test_a_number_in_range_is_fine_bounds_included(value):
    assert RATE.problem(value) is None


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (-0.1, "Rate must be between 0 and 1, not -0.1."),
        (1e20, "Rate must be between 0 and 1, not 1e+20."),
        pytest.param(10**5000, "Rate must be between 0 and 1, not such a large number.", id="5001 digits"),
        (-(10**400), "Rate must be between 0 and 1, not such a large number."),
        (math.nan, "Rate must be between 0 and 1, not nan."),
        (math.inf, "Rate must be between 0 and 1, not inf."),
        ("0.5", "Rate must be a number, not '0.5'."),
        (None, "Rate must be a number, not None."),
        (True, "Rate must be a number, not True."),
    ],
)
def test_a_wrong_number_is_told_in_plain_words(value, says):
    assert RATE.problem(value) == says


@pytest.mark.parametrize("value", [1.5, "3", True, math.nan, math.inf, 10**400])
def test_a_whole_number_is_whole(value):
    assert UNITS.problem(value) is not None


@pytest.mark.parametrize("value", [1, 1000, 20.0])
def test_whole_numbers_may_be_written_as_reals(value):
    assert UNITS.problem(value) is None


@given(st.one_of(st.floats(), st.integers(), st.text(max_size=5), st.none(), st.booleans(), st.lists(st.integers())))
def test_any_value_is_either_accepted_in_range_or_told_off(value):
    for number in (RATE, UNITS):
        if number.problem(value) is None:
            assert number.minimum <= value <= number.maximum
            assert not isinstance(value, bool)
            assert not number.integer or value == int(value)
        else:
            assert number.problem(value).startswith(number.label)


def test_a_choice_names_what_there_is():
    assert COLOUR.problem("red") is None
    assert COLOUR.problem("green") == "Colour must be one of red, blue, not 'green'."


@pytest.mark.parametrize("value", [1, 0, "true", None])
def test_a_switch_is_true_or_false_and_nothing_like_it(value):
    assert BIAS.problem(True) is None
    assert BIAS.problem(value) == f"Bias must be true or false, not {value!r}."


def test_declared_fields_are_found_in_order_on_class_and_instance():
    assert list(settings_of(Form)) == ["units", "rate", "bias"]
    assert settings_of(Form(units=3)) == {"units": UNITS, "rate": RATE, "bias": BIAS}


def test_a_setting_without_default_has_to_be_given():
    with pytest.raises(TypeError, match="units"):
        Form()
    assert Form(units=3).rate == 0.5


def test_the_first_wrong_field_is_named():
    check_settings(Form(units=3))
    with pytest.raises(SettingError, match="Rate must be between") as caught:
        check_settings(Form(units=3, rate=2.0, bias="no"))
    assert caught.value.field_name == "rate"


def test_unknown_values_are_refused_with_the_names_there_are():
    check_values({"rate": RATE}, {})
    with pytest.raises(SettingError, match=r"There is no setting 'speed' here; there are: rate\.") as caught:
        check_values({"rate": RATE}, {"speed": 1.0})
    assert caught.value.field_name == "speed"
    with pytest.raises(SettingError, match="there are: none"):
        check_values({}, {"speed": 1.0})
