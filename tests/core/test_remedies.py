"""Remedies: what they change, and what they leave alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nnviz.core.health import Illness
from nnviz.core.remedies import Cure, Remedy, remedies
from nnviz.core.spec import NetworkSpec, OptimizerSpec, Preset
from nnviz.engine.catalogue import catalogue
from nnviz.engine.layers import Dense, Dropout, Flatten, Input
from tests.support.reference import example_preset

CATALOGUE = catalogue()


def preset(*hidden: Dense | Dropout, optimizer: OptimizerSpec | None = None) -> Preset:
    made = example_preset(NetworkSpec((Input((8, 8)), Flatten(), *hidden, Dense(10, "softmax"))))
    return made.with_training(replace(made.training, optimizer=optimizer or OptimizerSpec("adam")))


def cures(illness: Illness, made: Preset) -> dict[Cure, Remedy]:
    return {remedy.cure: remedy for remedy in remedies(illness, made, CATALOGUE)}


def test_a_tenth_of_the_learning_rate_and_nothing_else():
    made = preset(Dense(8), optimizer=OptimizerSpec("momentum", {"lr": 0.3, "momentum": 0.8}))
    remedy = cures(Illness.LEARNING_RATE, made)[Cure.LOWER_LEARNING_RATE]
    assert remedy.value == 0.03
    assert remedy.training is not None
    assert remedy.training.optimizer == OptimizerSpec("momentum", {"lr": 0.03, "momentum": 0.8})
    assert replace(remedy.training, optimizer=made.training.optimizer) == made.training
    smallest = preset(Dense(8), optimizer=OptimizerSpec("sgd", {"lr": 1e-7}))
    assert cures(Illness.LEARNING_RATE, smallest) == {}


def test_relu_takes_the_place_of_functions_that_squash_in_hidden_layers():
    made = preset(Dense(8, "sigmoid"), Dense(6, "relu", "zeros"), Dense(4, "tanh"))
    remedy = cures(Illness.VANISHING, made)[Cure.RELU]
    assert remedy.starts_afresh
    assert remedy.network is not None
    hidden = remedy.network.layers[2:]
    assert [layer.activation_name for layer in hidden] == ["relu", "relu", "relu", "softmax"]
    assert [layer.initialisation for layer in hidden] == ["he_uniform", "zeros", "he_uniform", "glorot_uniform"]
    assert Cure.RELU not in cures(Illness.VANISHING, preset(Dense(8)))


def test_other_weights_suit_the_activation_or_else_come_from_another_seed():
    made = preset(Dense(8, "relu", "zeros"), Dense(6, "tanh", "zeros"))
    remedy = cures(Illness.ALIKE, made)[Cure.NEW_WEIGHTS]
    assert remedy.network is not None
    assert remedy.starts_afresh
    assert [layer.initialisation for layer in remedy.network.layers[2:]] == [
        "he_uniform",
        "glorot_uniform",
        "glorot_uniform",
    ]
    suited = made if remedy.network is None else replace(made, network=remedy.network)
    again = cures(Illness.ALIKE, suited)[Cure.NEW_WEIGHTS]
    assert again.network is None
    assert again.training == replace(made.training, seed=made.training.seed + 1)


def test_leaky_relu_keeps_the_weights():
    remedy = cures(Illness.DEAD, preset(Dense(8), Dense(6, "tanh")))[Cure.LEAKY_RELU]
    assert remedy.network is not None
    assert not remedy.starts_afresh
    assert [layer.activation_name for layer in remedy.network.layers[2:]] == ["leaky_relu", "tanh", "softmax"]
    assert Cure.LEAKY_RELU not in cures(Illness.DEAD, preset(Dense(8, "tanh")))


def test_dropout_comes_before_the_output_layer_once():
    remedy = cures(Illness.OVERFITTING, preset(Dense(8)))[Cure.DROPOUT]
    assert remedy.network is not None
    assert [layer.kind for layer in remedy.network.layers] == ["input", "flatten", "dense", "dropout", "dense"]
    assert (remedy.value, remedy.starts_afresh) == (0.2, False)
    assert list(cures(Illness.OVERFITTING, preset(Dense(8), Dropout(0.5)))) == [Cure.PENALTY]


def test_the_penalty_grows_up_to_a_bound():
    made = preset(Dense(8))
    values = []
    while Cure.PENALTY in (found := cures(Illness.OVERFITTING, made)):
        training = found[Cure.PENALTY].training
        assert training is not None
        made = made.with_training(training)
        values.append(training.l2)
    assert values == [0.001, 0.01, 0.1, 1.0]


@pytest.mark.parametrize("illness", list(Illness))
def test_every_illness_has_a_remedy_that_changes_something(illness: Illness):
    made = preset(Dense(8, "sigmoid"), Dense(8, "relu", "zeros"))
    found = remedies(illness, made, CATALOGUE)
    assert found
    for remedy in found:
        assert remedy.training != made.training
        assert remedy.network != made.network
        assert (remedy.training is None) != (remedy.network is None)
