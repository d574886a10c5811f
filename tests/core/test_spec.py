"""Descriptions of networks, data and training: what fits together, and what is refused."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnviz.core.settings import SettingError
from nnviz.core.spec import DataSpec, NetworkSpec, Picture, SpecError, TrainingSpec, Wiring
from nnviz.engine.layers import LAYERS, Dense, Dropout, Flatten, Input
from tests.support.reference import example_preset, image_network, point_network

ARTICLE = image_network(28)


def test_the_articles_network_in_numbers():
    assert ARTICLE.output_shapes() == ((28, 28), (784,), (20,), (14,), (10,))
    assert ARTICLE.input_shapes() == ((28, 28), (28, 28), (784,), (20,), (14,))
    assert ARTICLE.parameter_count() == 784 * 20 + 20 + 20 * 14 + 14 + 14 * 10 + 10 == 16_144
    assert ARTICLE.layers_with_parameters == (2, 3, 4)
    assert [ARTICLE.layer_name(i) for i in range(5)] == ["Input", "Flatten", "Hidden 1", "Hidden 2", "Output"]
    assert ARTICLE.pictures() == (Picture.IMAGE, Picture.STRIP, Picture.UNITS, Picture.UNITS, Picture.UNITS)
    assert ARTICLE.parameter_shapes()[2] == {"weight": (20, 784), "bias": (20,)}


def test_a_network_without_a_learning_layer_has_no_output_by_name():
    assert [NetworkSpec((Input((2, 2)), Flatten())).layer_name(i) for i in range(2)] == ["Input", "Flatten"]


def test_layers_that_learn_nothing_keep_their_titles_at_the_end():
    network = NetworkSpec((Input((4,)), Dense(3), Dropout(0.1)))
    assert [network.layer_name(i) for i in range(3)] == ["Input", "Output", "Dropout"]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), st.integers(1, 12), st.booleans())
def test_parameters_are_counted_as_by_hand(units, features, bias):
    network = NetworkSpec((Input((features,)), *(Dense(n, bias=bias) for n in units)))
    sizes = [features, *units]
    expected = sum(a * b + (b if bias else 0) for a, b in pairwise(sizes))
    assert network.parameter_count() == expected


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ((), "needs an input layer and at least one more"),
        ((Input((2,)),), "needs an input layer and at least one more"),
        ((Dense(2), Dense(2)), "input layer comes first"),
        ((Input((2,)), Input((2,))), "there is only one"),
        ((Input((4, 4)), Dense(2)), "put a Flatten layer in front"),
        ((Input((1_000_000,)), Dense(16_384)), "take fewer units"),
        ((Input(()), Dense(2)), "is not possible"),
        ((Input((0,)), Dense(2)), "is not possible"),
    ],
)
def test_layers_that_do_not_fit_are_refused_with_a_reason(layers, says):
    with pytest.raises(SpecError, match=says):
        NetworkSpec(layers)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Dense(0), "units"),
        (lambda: Dense(10_000_000), "units"),
        (lambda: Dense(2.5), "units"),
        (lambda: Dense(4, "softplus"), "activation"),
        (lambda: Dropout(1.0), "rate"),
        (lambda: TrainingSpec(batch_size=0), "batch_size"),
        (lambda: TrainingSpec(l2=-1.0), "l2"),
        (lambda: TrainingSpec(seed=-1), "seed"),
        (lambda: DataSpec(validation_split=1.0), "validation_split"),
        (lambda: DataSpec(shuffle="yes"), "shuffle"),
    ],
)
def test_values_out_of_range_are_refused_when_the_description_is_made(make, name):
    with pytest.raises(SettingError) as caught:
        make()
    assert caught.value.field_name == name


def test_equal_descriptions_are_equal_and_can_be_kept_in_sets():
    assert image_network() == image_network()
    assert len({point_network(), point_network(), image_network()}) == 2


def test_a_preset_with_other_training_keeps_the_rest():
    preset = example_preset()
    changed = preset.with_training(TrainingSpec(batch_size=8))
    assert changed.training.batch_size == 8
    assert (changed.data, changed.network, changed.title) == (preset.data, preset.network, preset.title)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.kind)
def test_every_layer_of_the_catalogue_describes_itself(layer):
    assert layer.kind.isidentifier()
    assert layer.title
    assert layer.help.endswith(".")
    assert layer.wiring in Wiring
    assert len({part.name for part in layer.parts}) == len(layer.parts) >= 1
    spec = layer()
    shape = (4, 4) if layer is Flatten else (6,)
    assert spec.picture(shape) in Picture
    assert all(min(own) > 0 for own in spec.parameter_shapes(shape).values())
